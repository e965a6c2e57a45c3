# SPDX-License-Identifier: Apache-2.0
"""An origin that answers every request after some seconds: slow_origin.py PORT SECONDS."""
import asyncio
import sys

ANSWER = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok"


async def serve(reader, writer):
    try:
        while await reader.readuntil(b"\r\n\r\n"):
            await asyncio.sleep(float(sys.argv[2]))
            writer.write(ANSWER)
    except (asyncio.IncompleteReadError, ConnectionError):
        writer.close()


async def main():
    server = await asyncio.start_server(serve, "127.0.0.1", int(sys.argv[1]), backlog=8192)
    await server.serve_forever()

asyncio.run(main())

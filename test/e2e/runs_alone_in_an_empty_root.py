# SPDX-License-Identifier: Apache-2.0
"""The binary alone in an empty root serves, in a network namespace without routes too, and connects
to configured addresses only."""
import pathlib
import re
import shutil
import subprocess
import sys

import pytest

from config_files import open_config
from gateway import Gateway, binary

pytestmark = pytest.mark.native
SUPPORT = pathlib.Path(__file__).resolve().parent.parent / "support"


def test_binary_is_static_pie():
    assert "static-pie linked" in subprocess.run(["file", binary()], capture_output=True, text=True).stdout


def test_binary_is_stripped_and_its_debug_file_fits():
    debug = binary() + ".debug"
    build_id = lambda path: re.search(r"BuildID\[sha1\]=(\w+)", subprocess.run(
        ["file", path], capture_output=True, text=True).stdout).group(1)
    assert build_id(binary()) == build_id(debug)


@pytest.mark.parametrize("namespace", [[], ["unshare", "--net"]], ids=["chroot", "no_routes"])
def test_demo_in_an_empty_root(io, tmp_path, namespace):
    shutil.copy(binary(), tmp_path / "zerq-gateway")
    done = subprocess.run([*namespace, sys.executable, str(SUPPORT / "empty_root_demo.py"), str(tmp_path), io],
                          capture_output=True, text=True, timeout=60)
    assert done.returncode == 0, done.stdout + done.stderr
    assert "served" in done.stdout


def test_no_call_home(origin, tmp_path):
    # On epoll, where connecting is a system call that strace sees; the code that asks is the same.
    trace = tmp_path / "trace"
    gateway = Gateway(open_config(origin.port), "epoll",
                      wrapper=["strace", "-D", "-f", "-e", "trace=connect", "-o", str(trace)])
    for _ in range(5):
        assert gateway.fetch("GET", "/open/a").status == 200
    gateway.dispose()
    calls = re.findall(r"connect\(.*", trace.read_text())
    assert calls
    for call in calls:
        assert f'sin_port=htons({origin.port}), sin_addr=inet_addr("127.0.0.1")' in call, call

# SPDX-License-Identifier: Apache-2.0
"""Each layer rule is shown a tree that breaks it, and one that does not."""
import pathlib
import tempfile
import unittest

import check_layers

GRAPH = """
zerq_module(base  FLOOR 0)
zerq_module(text  FLOOR 1)
zerq_module(http  FLOOR 2 USES text LIBS dep::x)
zerq_module(io    FLOOR 2)
zerq_module(proxy FLOOR 6 USES http io)
"""
CLEAN = {
    "src/CMakeLists.txt": GRAPH,
    "src/base/result.h": "",
    "src/text/json.h": '#include "base/result.h"\n#include <boost/json.hpp>\n',
    "src/http/head.h": '#include "text/json.h"\n',
    "src/http/h1/h1_parser.h": "",
    "src/io/socket.h": "#include <liburing.h>\n",
    "src/proxy/listener.cc": '#include "proxy/exchange.h"\n#include "io/socket.h"\n',
    "src/proxy/exchange.h": '#include "http/head.h"\n#include "proxy/snapshot.h"\n',
    "src/proxy/snapshot.h": "",
    "ARCHITECTURE.md": "<!-- walk -->\n| 1 | `proxy/listener.cc` | x |\n"
                       "| 2 | `proxy/exchange.cc` | x |\n<!-- /walk -->\n",
}


class CheckLayers(unittest.TestCase):
    def findings(self, **changes):
        files = dict(CLEAN)
        for path, text in changes.get("files", {}).items():
            files[path] = files.get(path, "") + text
        with tempfile.TemporaryDirectory() as directory:
            root = pathlib.Path(directory)
            for path, text in files.items():
                (root / path).parent.mkdir(parents=True, exist_ok=True)
                (root / path).write_text(text)
            return [str(f) for f in check_layers.find_all(root)]

    def assert_one(self, path, part, text):
        found = self.findings(files={path: text})
        self.assertEqual(len(found), 1, found)
        self.assertIn(part, found[0])

    def test_clean_tree_passes(self):
        self.assertEqual(self.findings(), [])

    def test_edge_up_fails(self):
        self.assert_one("src/text/json.h", "includes up to http", '#include "http/head.h"\n')

    def test_edge_sideways_fails(self):
        self.assert_one("src/http/head.h", "includes sideways to io", '#include "io/socket.h"\n')

    def test_undeclared_edge_fails(self):
        self.assert_one("src/proxy/snapshot.h", "without declaring", '#include "text/json.h"\n')

    def test_unused_edge_fails(self):
        found = self.findings(files={
            "src/CMakeLists.txt": "zerq_module(auth FLOOR 2 USES text)\n", "src/auth/token.h": ""})
        self.assertEqual(len(found), 1)
        self.assertIn("declares text but includes nothing", found[0])

    def test_a_test_does_not_count_as_use(self):
        found = self.findings(files={
            "src/CMakeLists.txt": "zerq_module(auth FLOOR 2 USES text)\n",
            "src/auth/token_test.cc": '#include "text/json.h"\n'})
        self.assertEqual(len(found), 1)

    def test_private_folder_fails(self):
        self.assert_one("src/proxy/snapshot.h", "private to http",
                        '#include "http/h1/h1_parser.h"\n')

    def test_wrapped_library_fails_elsewhere(self):
        self.assert_one("src/proxy/snapshot.h", "belongs to crypto/", "#include <openssl/evp.h>\n")
        self.assert_one("src/io/socket.h", "belongs to store/sqlite/", "#include <sqlite3.h>\n")
        self.assertEqual(self.findings(files={"src/io/tls_stream.cc": "#include <openssl/ssl.h>\n"}), [])

    def test_http_without_sockets(self):
        self.assert_one("src/http/head.h", "no I/O", "#include <sys/socket.h>\n")

    def test_walk_goes_forward_only(self):
        found = self.findings(files={"src/proxy/listener.h": "",
                                     "src/proxy/exchange.h": '#include "proxy/listener.h"\n'})
        self.assertEqual(len(found), 1)
        self.assertIn("earlier in the request walk", found[0])

    def test_file_beside_the_walk_is_a_leaf(self):
        self.assert_one("src/proxy/snapshot.h", "earlier", '#include "proxy/exchange.h"\n')

    def test_source_beside_the_walk_may_use_it(self):
        self.assertEqual(self.findings(files={
            "src/proxy/snapshot.cc": '#include "proxy/exchange.h"\n'}), [])

    def test_missing_header_fails(self):
        self.assert_one("src/io/socket.h", "does not exist", '#include "io/gone.h"\n')

    def test_too_many_headers_fail(self):
        many = {f"src/base/h{i}.h": "" for i in range(61)}
        many["src/base/heavy.cc"] = "".join(f'#include "base/h{i}.h"\n' for i in range(61))
        found = self.findings(files=many)
        self.assertEqual(len(found), 1)
        self.assertIn("61 project headers", found[0])

    def test_undeclared_folder_fails(self):
        found = self.findings(files={"src/extra/x.h": ""})
        self.assertIn("not declared", found[0])

    def test_declared_edge_up_fails(self):
        found = self.findings(files={"src/CMakeLists.txt": "zerq_module(low FLOOR 1 USES proxy)\n"})
        self.assertIn("on floor 6", found[0])


if __name__ == "__main__":
    unittest.main()

# SPDX-License-Identifier: Apache-2.0
"""Each house rule is shown one small tree that breaks it, and the clean one."""
import pathlib
import tempfile
import unittest

import house_rules

SPDX = "// SPDX-License-Identifier: Apache-2.0\n"
HEADER = SPDX + "// What it is. Rung: Shard.\n#pragma once\n"
README = ("# io\n\n- **Is for** sockets.\n- **Is not for** codecs.\n- **Start reading at** `a.h`.\n"
          "- **Owns** sockets.\n- **Threads**: one.\n- **Uses** base, text.\n- **Used by** proxy.\n")
CLEAN = {
    "src/CMakeLists.txt": "# SPDX-License-Identifier: Apache-2.0\n"
                          "zerq_module(base FLOOR 0)\nzerq_module(text FLOOR 1)\n"
                          "zerq_module(io FLOOR 2 USES text)\nzerq_module(proxy FLOOR 6 USES io)\n",
    "src/io/README.md": README,
    "src/io/wire.h": HEADER,
    "src/io/wire.cc": SPDX + "int f() { return 0; }\n",
    "src/proxy/README.md": README.replace("base, text", "`io`"),
    "src/proxy/exchange.cc": SPDX,
    "ARCHITECTURE.md": "<!-- walk -->\n| 1 | `proxy/exchange.cc` | x |\n<!-- /walk -->\n",
}


class HouseRules(unittest.TestCase):
    def findings(self, files):
        tree = dict(CLEAN)
        tree.update(files)
        with tempfile.TemporaryDirectory() as directory:
            root = pathlib.Path(directory)
            for path, text in tree.items():
                if text is None:
                    continue
                (root / path).parent.mkdir(parents=True, exist_ok=True)
                (root / path).write_text(text)
            return [str(f) for f in house_rules.find_all(root)]

    def assert_one(self, files, part):
        found = self.findings(files)
        self.assertEqual(len(found), 1, found)
        self.assertIn(part, found[0])

    def assert_code(self, code, part, path="src/proxy/x.cc"):
        self.assert_one({path: SPDX + code + "\n"}, part)

    def test_clean_tree_passes(self):
        self.assertEqual(self.findings({}), [])

    def test_thread_constructs_fail_on_a_shard(self):
        for code in ("std::mutex m;", "std::atomic<int> a;", "thread_local int t;",
                     "void f() { std::this_thread::sleep_for(x); }",
                     "auto t = std::chrono::system_clock::now();",
                     "int r = getaddrinfo(a, b, c, d);", "std::lock_guard<M> g(m);",
                     "auto t = time(nullptr);"):
            self.assert_code(code, "is not used here")

    def test_thread_constructs_pass_where_they_live(self):
        code = SPDX + "std::mutex m; std::atomic<int> a; thread_local int t;\n"
        self.assertEqual(self.findings({"src/io/lock.cc": code}), [])

    def test_only_the_spin_word_in_limits(self):
        tree = {"src/CMakeLists.txt": CLEAN["src/CMakeLists.txt"] + "zerq_module(limits FLOOR 4)\n",
                "src/limits/README.md": README.replace("base, text", "base")}
        self.assertEqual(self.findings(tree | {"src/limits/w.cc": SPDX + "std::atomic<int> a;\n"}), [])
        self.assert_one(tree | {"src/limits/w.cc": SPDX + "std::mutex m;\n"}, "std::mutex")

    def test_a_test_may_use_threads_but_not_sleep(self):
        self.assertEqual(self.findings({"src/proxy/x_test.cc": SPDX + "std::atomic<int> a;\n"}), [])
        self.assert_code("void f() { std::this_thread::sleep_for(x); }", "sleep_for",
                         "src/proxy/x_test.cc")

    def test_shared_pointers(self):
        self.assert_code("std::shared_ptr<int> p;", "one owner")
        self.assert_code("std::shared_ptr<const int> p;", "only control")

    def test_words_in_comments_and_strings_are_not_code(self):
        self.assertEqual(self.findings(
            {"src/proxy/x.cc": SPDX + '// No std::mutex here.\nconst char* s = "std::atomic";\n'}), [])

    def test_notes_and_suppressions_fail(self):
        self.assert_code("// TODO: later", "TODO")
        self.assert_code("int a;  // NOLINT", "NOLINT")
        self.assert_code("// f(x);", "code in a comment")
        self.assert_code("TEST(A, B) { GTEST_SKIP(); }", "GTEST_SKIP", "src/proxy/x_test.cc")

    def test_vague_names_fail(self):
        for code in ("class RouteManager {};", "int record_data = 0;", "struct ConnInfo {};",
                     "void process_request();", "void do_it();", "struct FilterImpl {};",
                     "class CodecBase {};", "int data = 0;", "class RequestHandler {};"):
            self.assert_code(code, "say")

    def test_foreign_and_product_names_pass(self):
        code = ("auto p = v.data(); int data_dir = 0; class AdminHandler : public http::LocalHandler {};\n"
                "auto u = cqe->user_data; io_uring_sqe_set_data64(s, 1); const char* data() const;\n"
                "std::string base_path; std::common_type_t<int> t;\n")
        self.assertEqual(self.findings({"src/proxy/x.cc": SPDX + code}), [])

    def test_vague_file_name_fails(self):
        self.assert_one({"src/proxy/route_utils.cc": SPDX}, "file name")

    def test_same_base_name_fails(self):
        self.assert_one({"src/proxy/wire.cc": SPDX}, "base name is taken")

    def test_long_file_fails(self):
        self.assert_one({"src/proxy/x.cc": SPDX + "int a;\n" * 600}, "601 lines")
        self.assertEqual(self.findings({"src/proxy/x_test.cc": SPDX + "int a;\n" * 600}), [])

    def test_spdx_is_first(self):
        self.assert_one({"src/proxy/x.cc": "int a;\n"}, "SPDX")
        self.assert_one({"tools/x.py": "print(1)\n"}, "SPDX")

    def test_header_form(self):
        self.assert_one({"src/io/b.h": SPDX + "// What.\n"}, "pragma once")
        self.assert_one({"src/io/b.h": SPDX + "#pragma once\n"}, "begins with a comment")
        self.assert_one({"src/io/b.h": SPDX + "// x\n" * 9 + "#pragma once\n"}, "at most 8")

    def test_parser_without_fuzz_target_fails(self):
        parser = {"src/proxy/line_parser.cc": SPDX}
        self.assert_one(parser, "_fuzz.cc")
        self.assertEqual(self.findings(parser | {
            "src/proxy/line_parser_fuzz.cc": SPDX + '#include "proxy/line_parser.h"\n'}), [])

    def test_reversed_word_fails(self):
        self.assert_one({"docs/x.md": "the " + "down" + "stream side\n"}, "opposite things")

    def test_test_names_are_facts(self):
        self.assert_code("TEST(Pool, WorksCorrectly) {}", "name the fact", "src/proxy/x_test.cc")

    def test_readme_heads_and_uses(self):
        self.assert_one({"src/io/README.md": None}, "missing")
        self.assert_one({"src/io/README.md": README.replace("Owns", "Has")}, "`Owns` is missing")
        self.assert_one({"src/io/README.md": README.replace("base, text", "base")}, "Uses says")
        self.assert_one({"src/io/README.md": README + "x\n" * 30}, "more than 25")

    def test_architecture_names_what_exists(self):
        walk = CLEAN["ARCHITECTURE.md"]
        self.assert_one({"ARCHITECTURE.md": walk + "`proxy/gone.cc`\n"}, "does not exist")
        self.assert_one({"ARCHITECTURE.md": "x\n"}, "no request walk")

    def test_error_page_is_complete(self):
        files = {"src/CMakeLists.txt": CLEAN["src/CMakeLists.txt"] + "zerq_module(http FLOOR 2)\n",
                 "src/http/README.md": README.replace("base, text", "base"),
                 "src/http/reply_code.h": HEADER + "enum class ReplyCode { kNone, kAccessDenied, kCount };\n"}
        self.assertEqual(self.findings(files | {"docs/guide/errors.md": "`access_denied`\n"}), [])
        self.assert_one(files | {"docs/guide/errors.md": "none\n"}, "`access_denied`")

    def test_walk_budget(self):
        files = {f"src/proxy/w{i}.cc": SPDX for i in range(14)}
        rows = "".join(f"| {i} | `proxy/w{i}.cc` | x |\n" for i in range(14))
        self.assert_one(files | {"ARCHITECTURE.md": f"<!-- walk -->\n{rows}<!-- /walk -->\n"},
                        "14 files")
        files = {f"src/proxy/w{i}.cc": SPDX + "int a;\n" * 590 for i in range(6)}
        rows = "".join(f"| {i} | `proxy/w{i}.cc` | x |\n" for i in range(6))
        self.assert_one(files | {"ARCHITECTURE.md": f"<!-- walk -->\n{rows}<!-- /walk -->\n"},
                        "3546 lines")


if __name__ == "__main__":
    unittest.main()

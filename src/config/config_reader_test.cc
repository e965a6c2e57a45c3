// SPDX-License-Identifier: Apache-2.0
#include "config/config_reader.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <stdlib.h>
#include <unistd.h>

#include <cstdio>

namespace zerq::config {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

struct Reading {
  std::unique_ptr<ConfigNode> root;
  std::vector<std::string> lines;
};

Reading read(const std::string& text) {
  Diagnostics problems;
  Reading reading{.root = read_document("f.yaml", text, problems)};
  for (const Diagnostic& problem : problems.sorted()) {
    reading.lines.push_back(to_line(problem));
  }
  return reading;
}

std::string place_text(const ConfigNode& node) { return to_text(node.place()); }

TEST(ConfigReader, EveryValueKnowsItsPlaceAndPath) {
  const Reading reading = read("a: 1\nb:\n  - x\n  - {c: [y]}\n");
  ASSERT_THAT(reading.lines, IsEmpty());
  const ConfigNode& root = *reading.root;
  EXPECT_EQ(place_text(root), "f.yaml:1:1");
  EXPECT_EQ(root.path(), "");
  EXPECT_EQ(place_text(*root.find("a")), "f.yaml:1:4");
  const ConfigNode& list = *root.find("b");
  EXPECT_EQ(place_text(list.items()[0]), "f.yaml:3:5");
  EXPECT_EQ(list.items()[0].path(), "b[0]");
  const ConfigNode& deep = list.items()[1].find("c")->items()[0];
  EXPECT_EQ(place_text(deep), "f.yaml:4:10");
  EXPECT_EQ(deep.path(), "b[1].c[0]");
  EXPECT_EQ(to_text(root.entries()[1].place), "f.yaml:2:1");
  EXPECT_EQ(root.find("z"), nullptr);
}

TEST(ConfigReader, ColumnsCountCharactersAsEditorsDo) {
  EXPECT_EQ(place_text(*read("{é: ü, b: x}\n").root->find("b")), "f.yaml:1:11");
  EXPECT_EQ(place_text(*read("\xEF\xBB\xBF{é: ü, b: x}\n").root->find("b")), "f.yaml:1:11");
}

TEST(ConfigReader, QuotesKeepAScalarText) {
  const Reading block = read("a: |\n  1\n");
  const Reading list = read("[null, ~, '', \"null\", 'true', true]");
  const std::vector<ConfigNode>& items = list.root->items();
  EXPECT_TRUE(items[0].is_null());
  EXPECT_TRUE(items[1].is_null());
  EXPECT_FALSE(items[2].is_null());
  EXPECT_FALSE(items[3].is_null());
  EXPECT_TRUE(items[4].is_quoted());
  EXPECT_FALSE(items[5].is_quoted());
  EXPECT_TRUE(block.root->find("a")->is_quoted());
}

struct RefusedCase {
  std::string text;
  std::vector<std::string> lines;
  bool is_document = false;  // Whether what is left is still read.
};

TEST(ConfigReader, RefusesWhatIsNoPlainDocument) {
  const std::vector<RefusedCase> cases = {
      {"", {"f.yaml:1:1: an empty document; a map of fields"}},
      {"a: 1\na: 2\n", {"f.yaml:2:1: a: duplicate key; first in line 1"}, true},
      {"x: {b: 1, b: 2, b: 3}\n",
       {"f.yaml:1:11: x.b: duplicate key; first in line 1",
        "f.yaml:1:17: x.b: duplicate key; first in line 1"},
       true},
      {"a: !!str 1\n",
       {"f.yaml:1:4: a: the tag tag:yaml.org,2002:str; tags are not allowed"},
       true},
      {"a: !mine {b: 1}\n", {"f.yaml:1:4: a: the tag !mine; tags are not allowed"}, true},
      {"<<: {a: 1}\n", {"f.yaml:1:1: <<: a merge key; write the fields out"}, true},
      {"? [a]\n: 1\n", {"f.yaml:1:3: a key that is no text; a field name"}},
      {"~: 1\n", {"f.yaml:1:1: a key that is no text; a field name"}},
      {"a: 1\n---\nb: 2\n", {"f.yaml:3:1: a second YAML document; one a file"}},
      {"a: &x [*x]\n",
       {"f.yaml:1:8: a: an alias inside what it stands for; a value that ended before"}},
      {"a: &x b\n*x : 1\n", {"f.yaml:2:1: an alias as a key; a value that ended before"}},
      {"a: *nobody\n", {"f.yaml:1:4: not valid YAML: the referenced anchor is not defined"}},
      {"a: [1\n", {"f.yaml:2:1: not valid YAML: end of sequence flow not found"}},
      {"a: 1\n\tb: 2\n", {"f.yaml:2:1: not valid YAML: illegal tab when looking for indentation"}},
      {"a: \x01\n", {"f.yaml:1:4: the byte 0x01; UTF-8 text without control characters"}},
      {"a: 1\nb: \x04 c: [\n",
       {"f.yaml:2:4: the byte 0x04; UTF-8 text without control characters"}},
      {"a: \xff\n", {"f.yaml:1:4: the byte 0xFF; UTF-8 text without control characters"}},
      {"a: \"\\N\"\n",
       {"f.yaml:1:4: an escape that is no UTF-8; the character itself, or \\u and four digits"}},
      {std::string("a: \0", 4),
       {"f.yaml:1:4: the byte 0x00; UTF-8 text without control characters"}},
  };
  for (const RefusedCase& refused : cases) {
    const Reading reading = read(refused.text);
    EXPECT_EQ(reading.lines, refused.lines) << refused.text;
    EXPECT_EQ(reading.root != nullptr, refused.is_document) << refused.text;
  }
}

TEST(ConfigReader, QuotedMergeKeyIsAnOrdinaryName) {
  EXPECT_THAT(read("'<<': 1\n").lines, IsEmpty());
}

TEST(ConfigReader, LevelsAreLimited) {
  EXPECT_THAT(read(std::string(64, '[') + std::string(64, ']')).lines, IsEmpty());
  EXPECT_THAT(read(std::string(65, '[') + std::string(65, ']')).lines,
              ElementsAre("f.yaml:1:65: " + [] {
                std::string path;
                for (int i = 0; i < 63; ++i) {
                  path += "[0]";
                }
                return path;
              }() + ": too deep; at most 64 levels"));
  EXPECT_EQ(read(std::string(20000, '[')).root, nullptr);
}

TEST(ConfigReader, AliasesBringInAtMostTenThousandNodes) {
  // A list of 99 and itself is 100 nodes.
  std::string text = "a: &a [" + std::string("x, ");
  for (int i = 0; i < 98; ++i) {
    text += i == 97 ? "x" : "x, ";
  }
  text += "]\nb: [";
  std::string good = text;
  for (int i = 0; i < 100; ++i) {
    good += "*a, ";
  }
  EXPECT_THAT(read(good + "]\n").lines, IsEmpty());
  const Reading bad = read(good + "*a]\n");
  ASSERT_EQ(bad.lines.size(), 1);
  EXPECT_THAT(bad.lines[0],
              testing::HasSubstr(": b: aliases that expand too far; at most 10000 values"));
  // Each line ten times the one before: a billion laughs end at once.
  std::string laughs = "l0: &l0 ha\n";
  for (int i = 1; i < 10; ++i) {
    laughs += "l" + std::to_string(i) + ": &l" + std::to_string(i) + " [";
    for (int j = 0; j < 10; ++j) {
      laughs += "*l" + std::to_string(i - 1) + ",";
    }
    laughs += "]\n";
  }
  EXPECT_EQ(read(laughs).root, nullptr);
}

TEST(ConfigReader, AliasSaysWhatItsAnchorSays) {
  const Reading reading = read("a: &x {b: [1, 2]}\nc: *x\nd: &y e\nf: *y\n");
  ASSERT_THAT(reading.lines, IsEmpty());
  EXPECT_EQ(text::json::serialize(reading.root->to_json()),
            R"({"a":{"b":[1,2]},"c":{"b":[1,2]},"d":"e","f":"e"})");
}

TEST(ConfigNode, ContentIsTheSameWhereverItStands) {
  const auto content = [](const std::string& text) {
    std::string content;
    read(text).root->append_content(content);
    return content;
  };
  EXPECT_EQ(content("{a: [1, b]}"), content("\n\na:\n  - 1\n  - b\n"));
  EXPECT_NE(content("{a: 1}"), content("{a: '1'}"));
  EXPECT_NE(content("{a: [b, c]}"), content("{a: [bc]}"));
  EXPECT_NE(content("{a: null}"), content("{a: 'null'}"));
  EXPECT_NE(content("{a: {b: c}}"), content("{a: [b, c]}"));
}

TEST(ConfigNode, ScalarsFollowTheCoreSchema) {
  const std::string json = text::json::serialize(
      read("[1, -1, +2, 0x1F, 0o17, 1.5, 1e3, .5, nan, inf, yes, True, FALSE, 1_000, '7', 1.2.3]")
          .root->to_json());
  EXPECT_EQ(json,
            R"([1,-1,2,31,15,1.5E0,1E3,5E-1,"nan","inf","yes",true,false,"1_000","7","1.2.3"])");
  EXPECT_EQ(parse_core_int("9223372036854775807"), INT64_MAX);
  EXPECT_EQ(parse_core_int("9223372036854775808"), std::nullopt);
  EXPECT_EQ(parse_core_int("0x-1"), std::nullopt);
  EXPECT_EQ(parse_core_int("+-1"), std::nullopt);
  EXPECT_EQ(parse_core_int(""), std::nullopt);
  EXPECT_EQ(parse_core_float("."), std::nullopt);
  EXPECT_EQ(parse_core_float("1e"), std::nullopt);
}

TEST(ConfigNode, ShownTextIsCutAtACharacter) {
  std::string wide;
  for (int i = 0; i < 40; ++i) {
    wide += "é";
  }
  const Reading reading = read("a: " + wide + "\nb: 'q'\nc: []\nd:\n");
  std::string cut;
  for (int i = 0; i < 30; ++i) {
    cut += "é";
  }
  EXPECT_EQ(reading.root->find("a")->shown(), cut + "…");
  EXPECT_EQ(reading.root->find("b")->shown(), "\"q\"");
  EXPECT_EQ(reading.root->find("c")->shown(), "a list");
  EXPECT_EQ(reading.root->find("d")->shown(), "nothing");
}

TEST(ReadFile, SaysWhyAFileCannotBeRead) {
  Diagnostics problems;
  EXPECT_EQ(read_file("/nowhere/f.yaml", problems), std::nullopt);
  EXPECT_EQ(read_file("/", problems), std::nullopt);
  const std::vector<Diagnostic> sorted = problems.sorted();
  ASSERT_EQ(sorted.size(), 2);
  EXPECT_EQ(to_line(sorted[0]), "/: cannot be read: Is a directory");
  EXPECT_EQ(to_line(sorted[1]), "/nowhere/f.yaml: cannot be read: No such file or directory");
}

}  // namespace
}  // namespace zerq::config

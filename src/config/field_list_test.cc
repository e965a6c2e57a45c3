// SPDX-License-Identifier: Apache-2.0
#include "config/field_list.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "config/config_reader.h"

namespace zerq::config {

struct Lamp {
  Placed<std::string> name;
  std::string colour = "white";
  bool is_lit = false;
  uint32_t watts = 5;
  uint64_t bytes = 0;
  std::optional<uint32_t> hours;
  Duration glow = std::chrono::minutes(1);
  ObjectId id;
  CidrSet nets;
  std::vector<std::string> tags;
  std::vector<Placed<std::string>> rooms;
  text::json::value notes;
};
struct House {
  Lamp lamp;
  std::vector<Lamp> lamps;
};

void describe(FieldList<Lamp>& f) {
  f.add("name", &Lamp::name, "What it is called.", {.is_required = true, .bytes_max = 8})
      .add("colour", &Lamp::colour, "Its light.",
           {.choices = {"white", "amber"}, .later = {"violet"}})
      .add("lit", &Lamp::is_lit, "Whether it shines.")
      .add("watts", &Lamp::watts, "What it takes.", {.min = 1, .max = 60})
      .add("bytes", &Lamp::bytes, "No upper bound.", {.min = 1})
      .add("hours", &Lamp::hours, "How long it lives.", {.min = 1, .max = 9})
      .add("glow", &Lamp::glow, "How long it glows.", {.min = 1, .max = 86400})
      .add("id", &Lamp::id, "Its id.")
      .add("nets", &Lamp::nets, "Where from.")
      .add("tags", &Lamp::tags, "Words.", {.bytes_max = 3})
      .add("rooms", &Lamp::rooms, "Places.")
      .add("notes", &Lamp::notes, "Anything.")
      .refuse_not_supported("dimmer")
      .accept_not_enforced("fuse")
      .keep_without_effect("maker", "Documentation.")
      .ignore("created_at");
}
void describe(FieldList<House>& f) {
  f.add_object("lamp", &House::lamp, "One.").add_objects("lamps", &House::lamps, "Several.");
}

namespace {

using testing::ElementsAre;
using testing::IsEmpty;

template <class T>
std::pair<T, std::vector<std::string>> read(const std::string& text) {
  Diagnostics problems;
  std::pair<T, std::vector<std::string>> result;
  const auto root = read_document("f", text, problems);
  if (root != nullptr) {
    read_object(*root, result.first, problems);
  }
  for (const Diagnostic& problem : problems.sorted()) {
    result.second.push_back(to_line(problem));
  }
  return result;
}

std::vector<std::string> lines(const std::string& fields) {
  return read<Lamp>("{name: a, " + fields + "}").second;
}

TEST(FieldList, ReadsEveryTypeOfValue) {
  const auto [lamp, problems] = read<Lamp>(R"(
name: desk
colour: amber
lit: true
watts: 0x10
bytes: 9223372036854775807
hours: 3
glow: 2h
id: 66a1b2c3d4e5f6a7b8c9d0e1
nets: [10.0.0.0/8, "::1"]
tags: [a, b]
rooms: [hall]
notes: {a: [1, true, ~, x]}
maker: anything
created_at: 2026-01-01
)");
  EXPECT_THAT(problems, IsEmpty());
  EXPECT_EQ(lamp.name.value, "desk");
  EXPECT_TRUE(lamp.name.is_set());
  EXPECT_EQ(lamp.name.path, "name");
  EXPECT_EQ(to_text(lamp.name.place), "f:2:7");
  EXPECT_EQ(lamp.colour, "amber");
  EXPECT_TRUE(lamp.is_lit);
  EXPECT_EQ(lamp.watts, 16);
  EXPECT_EQ(lamp.bytes, INT64_MAX);
  EXPECT_EQ(lamp.hours, 3);
  EXPECT_EQ(lamp.glow, std::chrono::hours(2));
  EXPECT_EQ(lamp.id.to_text(), "66a1b2c3d4e5f6a7b8c9d0e1");
  EXPECT_TRUE(lamp.nets.contains(*IpAddress::parse("10.9.9.9")));
  EXPECT_THAT(lamp.tags, ElementsAre("a", "b"));
  EXPECT_EQ(lamp.rooms[0].path, "rooms[0]");
  EXPECT_EQ(text::json::serialize(lamp.notes), R"({"a":[1,true,null,"x"]})");
}

TEST(FieldList, AbsentFieldsKeepTheirDefaults) {
  const auto [lamp, problems] = read<Lamp>("{name: a, hours: ~}");
  EXPECT_THAT(problems, IsEmpty());
  EXPECT_EQ(lamp.colour, "white");
  EXPECT_EQ(lamp.watts, 5);
  EXPECT_EQ(lamp.hours, std::nullopt);
  EXPECT_EQ(lamp.glow, std::chrono::minutes(1));
}

TEST(FieldList, EveryMistakeIsToldWithWhatIsAllowed) {
  struct Case {
    std::string fields;
    std::string line;
  };
  const std::vector<Case> cases = {
      {"colour: ambr", "f:1:19: colour: ambr; one of white, amber; did you mean \"amber\"?"},
      {"colour: blue", "f:1:19: colour: blue; one of white, amber"},
      {"colour: violet", "f:1:19: colour: not_supported: violet; one of white, amber"},
      {"colour: [white]", "f:1:19: colour: a list; text"},
      {"colour: ~", "f:1:19: colour: nothing; text"},
      {"lit: yes", "f:1:16: lit: yes; true or false"},
      {"lit: 'true'", "f:1:16: lit: \"true\"; true or false"},
      {"watts: 0", "f:1:18: watts: 0; a whole number from 1 to 60"},
      {"watts: 61", "f:1:18: watts: 61; a whole number from 1 to 60"},
      {"watts: 1.5", "f:1:18: watts: 1.5; a whole number from 1 to 60"},
      {"watts: '5'", "f:1:18: watts: \"5\"; a whole number from 1 to 60"},
      {"watts: {a: 1}", "f:1:18: watts: a map; a whole number from 1 to 60"},
      {"bytes: 0", "f:1:18: bytes: 0; a whole number ≥ 1"},
      {"bytes: 9223372036854775808", "f:1:18: bytes: 9223372036854775808; a whole number ≥ 1"},
      {"hours: 10", "f:1:18: hours: 10; a whole number from 1 to 9"},
      {"glow: 5", "f:1:17: glow: 5; a duration such as 30s, 5m, 1h or 7d"},
      {"glow: 05m", "f:1:17: glow: 05m; a duration such as 30s, 5m, 1h or 7d"},
      {"glow: 5 m", "f:1:17: glow: 5 m; a duration such as 30s, 5m, 1h or 7d"},
      {"glow: 1h30m", "f:1:17: glow: 1h30m; a duration such as 30s, 5m, 1h or 7d"},
      {"glow: -5m", "f:1:17: glow: -5m; a duration such as 30s, 5m, 1h or 7d"},
      {"glow: 99999999999999999999d",
       "f:1:17: glow: 99999999999999999999d; a duration such as 30s, 5m, 1h or 7d"},
      {"glow: 2d", "f:1:17: glow: 2d; 1 to 86400 seconds"},
      {"id: 66A1B2C3D4E5F6A7B8C9D0E1",
       "f:1:15: id: 66A1B2C3D4E5F6A7B8C9D0E1; 24 lower-case hex digits"},
      {"nets: 10.0.0.1", "f:1:17: nets: 10.0.0.1; a list of IP addresses and CIDR blocks"},
      {"nets: [10.0.0.1/8]",
       "f:1:18: nets[0]: 10.0.0.1/8; an IP address or a CIDR block without host bits"},
      {"tags: a", "f:1:17: tags: a; a list"},
      {"tags: [abcd]", "f:1:18: tags[0]: abcd; at most 3 bytes"},
      {"rooms: {a: b}", "f:1:18: rooms: a map; a list"},
      {"colours: white", "f:1:11: colours: unknown field; did you mean \"colour\"?"},
      {"zzz: 1", "f:1:11: zzz: unknown field"},
      {"dimmer: 1",
       "f:1:19: dimmer: not_supported; leave it out: this release could not honour it"},
      {"fuse: 1", "f:1:17: warning: fuse: not enforced in this release"},
  };
  for (const Case& c : cases) {
    EXPECT_THAT(lines(c.fields), ElementsAre(c.line)) << c.fields;
  }
}

TEST(FieldList, ReportsAllMistakesAtOnceInTheirOrder) {
  const auto [house, problems] = read<House>(R"(
lamps:
  - {watts: 0, name: much-too-long}
  - 7
lamp: {lit: maybe}
)");
  EXPECT_THAT(problems, ElementsAre("f:3:13: lamps[0].watts: 0; a whole number from 1 to 60",
                                    "f:3:22: lamps[0].name: much-too-long; at most 8 bytes",
                                    "f:4:5: lamps[1]: 7; a map",
                                    "f:5:7: lamp.name: missing; What it is called.",
                                    "f:5:13: lamp.lit: maybe; true or false"));
  EXPECT_EQ(house.lamps.size(), 2);
}

// Name, value and default of each field that is read, as "name: value = default".
std::vector<std::string> lines(const std::vector<FieldNote>& notes) {
  std::vector<std::string> lines;
  for (const FieldNote& note : notes) {
    if (note.use == FieldUse::kRead) {
      lines.push_back(note.name + ": " + note.value +
                      (note.initial.empty() ? "" : " = " + note.initial));
    }
  }
  return lines;
}

TEST(FieldList, NotesSayWhatIsReadAndTakenOtherwise) {
  EXPECT_THAT(lines(fields_of<Lamp>().notes()),
              ElementsAre("name: text", "colour: `white`, `amber` = white",
                          "lit: `true`, `false` = false", "watts: number from 1 to 60 = 5",
                          "bytes: number from 1 = 0", "hours: number from 1 to 9",
                          "glow: duration (`30s`, `5m`, `1h`, `7d`) of 1 to 86400 s = 60s",
                          "id: id", "nets: list of addresses and CIDR blocks", "tags: list of text",
                          "rooms: list of text", "notes: map"));
}

TEST(FieldList, NotesOfMapsHoldTheirFields) {
  const std::vector<FieldNote> notes = fields_of<House>().notes();
  ASSERT_EQ(notes.size(), 2);
  EXPECT_FALSE(notes[0].is_list);
  EXPECT_TRUE(notes[1].is_list);
  EXPECT_EQ(lines(notes[0].children), lines(fields_of<Lamp>().notes()));
  EXPECT_EQ(lines(notes[1].children), lines(notes[0].children));
}

TEST(FieldList, NotesTellRefusedFieldsFromIgnoredOnes) {
  std::vector<std::pair<std::string, FieldUse>> unread;
  for (const FieldNote& note : fields_of<Lamp>().notes()) {
    if (note.use != FieldUse::kRead) {
      unread.emplace_back(note.name, note.use);
    }
  }
  EXPECT_THAT(unread, ElementsAre(std::pair("dimmer", FieldUse::kRefused),
                                  std::pair("fuse", FieldUse::kNotEnforced),
                                  std::pair("maker", FieldUse::kKept),
                                  std::pair("created_at", FieldUse::kReadOnly)));
}

}  // namespace
}  // namespace zerq::config

// SPDX-License-Identifier: Apache-2.0
#include "control/config_reference.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <iterator>

#include "control/gateway_config.h"

namespace zerq::control {
namespace {

using config::FieldNote;
using config::FieldUse;

constexpr std::string_view kHead =
    "# Fields of the declarative file\n\n"
    "Printed by `zerq-gateway fields`; a test compares this page with it. What the fields are for "
    "is\n"
    "in the [configuration guide](../guide/configuration.md). Any other field is an error.\n";

// Names of one table, dotted: what has a table of its own is left for later.
class Section {
 public:
  Section(std::string title, const std::vector<FieldNote>& fields) : title_(std::move(title)) {
    add(fields, "");
  }

  void append_to(std::string& page) const {
    page += fmt::format("\n## {}\n\n", title_);
    page += "| Field | Value | Default | |\n|---|---|---|---|\n";
    for (const std::string& row : rows_) {
      page += row;
    }
    append_list(page, "Accepted, without effect", ignored_);
    append_list(page, "Refused with `not_supported`, since this release could not honour them",
                refused_);
    for (const auto& [name, note] : objects_) {
      const std::string path =
          title_.starts_with('`') ? title_.substr(1, title_.size() - 2) + "." : "";
      Section(fmt::format("`{}{}`", path, name), note->children).append_to(page);
    }
  }

 private:
  void add(const std::vector<FieldNote>& fields, const std::string& before) {
    for (const FieldNote& field : fields) {
      const std::string name = before + field.name;
      if (field.use == FieldUse::kRefused) {
        refused_.push_back(name);
      } else if (field.use == FieldUse::kKept || field.use == FieldUse::kReadOnly) {
        ignored_.push_back(name);
      } else if (field.is_object) {
        objects_.emplace_back(name + (field.is_list ? "[]" : ""), &field);
      } else {
        rows_.push_back(fmt::format("| `{}` | {} | {} | {} |\n", name, field.value,
                                    field.is_required       ? "required"
                                    : field.initial.empty() ? ""
                                                            : "`" + field.initial + "`",
                                    field.sentence));
        add(field.children, name + (field.is_list ? "[]." : "."));
      }
    }
  }

  static void append_list(std::string& page, std::string_view what,
                          const std::vector<std::string>& names) {
    if (!names.empty()) {
      fmt::format_to(std::back_inserter(page), "\n{}: `{}`.\n", what, fmt::join(names, "`, `"));
    }
  }

  std::string title_;
  std::vector<std::string> rows_;
  std::vector<std::string> ignored_;
  std::vector<std::string> refused_;
  std::vector<std::pair<std::string, const FieldNote*>> objects_;
};

}  // namespace

std::string config_reference() {
  std::string page(kHead);
  const std::vector<FieldNote> fields = gateway_config_fields();
  Section("The document", fields).append_to(page);
  return page;
}

}  // namespace zerq::control

// SPDX-License-Identifier: Apache-2.0
// The page docs/reference/configuration-fields.md, made from the descriptions that read the file:
// every field with what may stand there and what is taken when nothing does.
#pragma once

#include <string>

namespace zerq::control {

std::string config_reference();

}  // namespace zerq::control

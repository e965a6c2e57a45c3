// SPDX-License-Identifier: Apache-2.0
#include "crypto/signature_verify.h"

#include <gtest/gtest.h>

namespace zerq::crypto {
namespace {

TEST(SignatureAlgorithm, NamesAreExactAndNoneIsNone) {
  for (size_t i = 0; i < kSignatureAlgorithmCount; ++i) {
    const auto algorithm = static_cast<SignatureAlgorithm>(i);
    EXPECT_EQ(parse_signature_algorithm(signature_algorithm_name(algorithm)), algorithm);
  }
  for (const char* name : {"none", "None", "NONE", "nOnE", "", "hs256", "HS256 ", "ES256K", "RS1",
                           "HS1", "Ed448", "EDDSA"}) {
    EXPECT_FALSE(parse_signature_algorithm(name)) << name;
  }
}

}  // namespace
}  // namespace zerq::crypto

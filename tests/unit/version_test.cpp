// SPDX-License-Identifier: Apache-2.0
#include <narrowfp/base/version.hpp>

#include <doctest/doctest.h>

#include <string>

TEST_CASE("version: the integer and the text say what the three numbers say") {
    CHECK(NARROWFP_VERSION == NARROWFP_VERSION_MAJOR * 10000 + NARROWFP_VERSION_MINOR * 100 + NARROWFP_VERSION_PATCH);
    CHECK(std::string(NARROWFP_VERSION_STRING) == std::to_string(NARROWFP_VERSION_MAJOR) + "." +
                                                      std::to_string(NARROWFP_VERSION_MINOR) + "." +
                                                      std::to_string(NARROWFP_VERSION_PATCH));
    // Two digits each for minor and patch: otherwise the integer would not grow with the version.
    CHECK(NARROWFP_VERSION_MINOR < 100);
    CHECK(NARROWFP_VERSION_PATCH < 100);
}

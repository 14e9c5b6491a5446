// SPDX-License-Identifier: Apache-2.0
// What the fuzz harnesses share: a condition that must hold for every input. A harness is one file NAME_fuzz.cpp that
// defines LLVMFuzzerTestOneInput, a folder corpus/NAME, and one line in CMakeLists.txt.
#pragma once

#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <cstdlib>

#define NARROWFP_FUZZ_REQUIRE(condition)                                                        \
    do {                                                                                        \
        if (!(condition)) {                                                                     \
            std::fprintf(stderr, "%s:%d: does not hold: %s\n", __FILE__, __LINE__, #condition); \
            std::abort();                                                                       \
        }                                                                                       \
    } while (false)

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size);

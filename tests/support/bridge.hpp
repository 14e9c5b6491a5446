// SPDX-License-Identifier: Apache-2.0
// What the tests of the numeric core share: the library's formats and modes in the words of the oracle, comparison of
// whole conversions with it, counting of checks that are too many for one assertion each, and seeded random bits.
// Nothing here computes an expected result of its own.
#pragma once

#include <narrowfp/base/event_counts.hpp>
#include <narrowfp/format/catalog.hpp>
#include <narrowfp/quant/quantized_matrix.hpp>
#include <narrowfp/round/overflow.hpp>
#include <narrowfp/round/rounding.hpp>

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "support/oracle/breakpoints.hpp"
#include "support/oracle/format.hpp"
#include "support/oracle/round.hpp"

namespace narrowfp_test {

// Counts checks. The first failures are reported with their text; `finish` prints the number of checks and fails if
// there was none.
class tally {
public:
    explicit tally(std::string subject) : subject_(std::move(subject)) {}

    // `describe` is called on failure only and returns what was wrong, with what is needed to reproduce it.
    template <class Describe>
    void expect(bool holds, Describe describe) {
        ++checks_;
        if (!holds) {
            fail(describe());
        }
    }

    void expect_equal(std::uint64_t found, std::uint64_t expected, const std::string& what);
    void add(std::uint64_t checks) { checks_ += checks; }
    void fail(const std::string& text);
    void finish();

private:
    std::string subject_;
    std::uint64_t checks_ = 0;
    std::uint64_t failures_ = 0;
};

// SplitMix64 (Steele, Lea, Flood, OOPSLA 2014), so that a seed means the same on every platform.
class random_bits {
public:
    explicit random_bits(std::uint64_t seed) : state_(seed) {}
    std::uint64_t next() {
        state_ += 0x9E3779B97F4A7C15U;
        std::uint64_t z = state_;
        z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9U;
        z = (z ^ (z >> 27)) * 0x94D049BB133111EBU;
        return z ^ (z >> 31);
    }
    std::uint32_t word() { return static_cast<std::uint32_t>(next() >> 32); }
    // Uniform in [0, bound); the bias of a 64-bit remainder is of no interest here.
    std::size_t below(std::size_t bound) { return static_cast<std::size_t>(next() % bound); }
    int between(int lowest, int highest) {
        return lowest + static_cast<int>(below(static_cast<std::size_t>(highest - lowest + 1)));
    }
    // A finite float of either sign with exponent in [lowest, highest], from -149 to 127, and a random fraction.
    float finite(int lowest, int highest);

private:
    std::uint64_t state_;
};

// The seed of this run: NARROWFP_TEST_SEED, or a fixed one. `reproducer` is the text that repeats the run.
std::uint64_t run_seed();
std::string reproducer();
// The number in an environment variable, or the other one.
std::uint64_t count_from_environment(const char* variable, std::uint64_t otherwise);

std::string hex(std::uint64_t value, int digits = 8);

narrowfp_oracle::rounding to_oracle(narrowfp::rounding mode);
narrowfp_oracle::overflow to_oracle(narrowfp::overflow_mode mode);
const narrowfp_oracle::format& oracle_of(const narrowfp::any_format& format);

// The catalogue, and every other format of IEEE P3109 with 8 or 4 bits.
const std::vector<narrowfp::any_format>& formats_to_prove();

struct projection {
    narrowfp::rounding mode = narrowfp::rounding::ties_to_even;
    narrowfp::overflow_mode overflow = narrowfp::overflow_mode::none;
};
std::string name_of(const projection& p);
// All roundings that the format defines, each with all overflow modes.
std::vector<projection> projections_of(const narrowfp::any_format& format);

// The oracle's codes of one format under one projection.
class expected_codes {
public:
    expected_codes(const narrowfp::any_format& format, const projection& p);
    std::uint32_t of_float(std::uint32_t bits) const;
    std::uint32_t of_double(std::uint64_t bits) const;

private:
    const narrowfp_oracle::format* format_;
    projection projection_;
    std::optional<narrowfp_oracle::step_function> steps_;
};

// Converts the floats (doubles) with these bits, compiled and by the reference, and compares each code with the oracle's.
void check_floats(const narrowfp::any_format& format, const projection& p, const expected_codes& expected,
                  std::span<const std::uint32_t> bits, tally& t);
void check_doubles(const narrowfp::any_format& format, const projection& p, const expected_codes& expected,
                   std::span<const std::uint64_t> bits, tally& t);
// The event counts of that conversion, from the values of the oracle's codes and the definitions of event_counts.
void check_events(const narrowfp::any_format& format, const projection& p, const expected_codes& expected,
                  std::span<const std::uint32_t> bits, tally& t);

// A matrix of random codes, all of them equally likely, or finite ones only.
narrowfp::quantized_matrix random_codes(random_bits& random, std::size_t rows, std::size_t cols,
                                        const narrowfp::any_format& element, bool finite_only, bool has_scales = false,
                                        narrowfp::granularity blocks = {},
                                        const narrowfp::float_format& scale_format = narrowfp::f32);

}  // namespace narrowfp_test

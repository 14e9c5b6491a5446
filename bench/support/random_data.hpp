// SPDX-License-Identifier: Apache-2.0
// Random matrices with a declared distribution. Each element is a function of (seed, tensor, index) through Philox, and
// the elementary functions are our own, so the data are the same bits on every machine, library and thread count.
#pragma once

#include <narrowfp/base/matrix.hpp>

#include <array>
#include <cstdint>
#include <string>
#include <string_view>

namespace narrowfp::bench {

enum class distribution : std::uint8_t {
    uniform01,   // [0, 1), multiples of 2^-24
    uniform11,   // [-1, 1), multiples of 2^-23
    normal,      // N(0, 1)
    abs_normal,  // |N(0, 1)|
    lognormal,   // exp(N(0, 1)) with a random sign
    llm_like,    // tensor even (activations): N(0, 1), and one column in 128, drawn at random, 32 times larger;
                 // tensor odd (weights): N(0, 1) / 32
};

struct distribution_info {
    distribution id;
    std::string_view name;
    std::string_view summary;
};

inline constexpr std::array<distribution_info, 6> all_distributions{{
    {distribution::uniform01, "uniform01", "uniform on [0, 1)"},
    {distribution::uniform11, "uniform11", "uniform on [-1, 1)"},
    {distribution::normal, "normal", "standard normal"},
    {distribution::abs_normal, "abs_normal", "magnitude of a standard normal"},
    {distribution::lognormal, "lognormal", "exp of a standard normal, random sign"},
    {distribution::llm_like, "llm_like", "A: normal with outlier channels (1 of 128, 32 times larger); B: normal / 32"},
}};

// Throws std::invalid_argument for an unknown name.
distribution distribution_by_name(std::string_view name);
std::string_view name_of(distribution d);

// A rows x cols matrix. `tensor` tells matrices of one experiment apart (0 for A, 1 for B). Values are FP32, each the
// rounding of a double.
matrix<float> make_matrix(distribution d, std::size_t rows, std::size_t cols, std::uint32_t seed, std::uint32_t tensor);

}  // namespace narrowfp::bench

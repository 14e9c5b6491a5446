// SPDX-License-Identifier: Apache-2.0
// What a target offers to the blocked product: functions that decode codes into panels, and functions that multiply a
// tile of D. One set for each target that has kernels of its own, in kernel/; the drivers (blocked.cpp, aligned.cpp)
// contain no target-specific instructions.
//
// Layout of panels. A step is what one multiplication of a kernel takes from a line: one FP32 number, or a pair of
// 16-bit words. It is 4 bytes either way. The panel of B is [step][tile_columns], the lines of A are [row][step]. In a
// pair the earlier element of k is the HIGH half: vdpbf16ps adds the product of the high halves first, so a pair is two
// links of the chain acc = fma(a_k, b_k, acc) in their order. The missing half of an odd run is -0 in A and +0 in B:
// adding their product, -0, changes nothing, not even a -0.
#pragma once

#include <narrowfp/base/target_attributes.hpp>

#include <cstddef>
#include <cstdint>
#include <initializer_list>

namespace narrowfp::detail {

// How the codes of an operand lie in memory when panels are made from them.
enum class code_kind : std::uint8_t {
    table8,  // bytes; the words of a table say what they mean
    bf16,    // 2 bytes
    f16,     // 2 bytes
    f32,     // 4 bytes
};
inline constexpr std::size_t code_kinds = 4;

constexpr std::size_t bytes_of(code_kind kind) {
    return kind == code_kind::table8 ? 1 : (kind == code_kind::f32 ? 4 : 2);
}

// Meaning of each byte as a 16-bit word: bfloat16 (every format of up to 8 bits fits it exactly) or an integer.
// Low and high bytes are stored apart as well, for byte shuffles.
struct alignas(64) word_table {
    std::uint16_t word[256];
    std::uint8_t low[256];
    std::uint8_t high[256];
    bool bit_7_is_sign =
        false;  // words of codes from 128 on are those of 0 to 127 with the other sign (of NaN: any NaN)
};

// A run of k inside one segment of the product's plan. In scaled products an accumulator starts at 0 where a segment
// opens and goes to D, with its scale, where it closes.
struct k_piece {
    std::uint32_t steps = 0;
    std::uint32_t elements = 0;
    std::uint32_t segment = 0;
    bool opens = false;
    bool closes = false;
};

// One tile of D: `rows` x tile_columns, all steps of one block of k. Strides in elements of their pointers.
struct tile_call {
    const std::uint32_t* a = nullptr;  // [row][step]
    std::size_t a_stride = 0;
    const std::uint32_t* b = nullptr;  // [step][tile_columns]
    float* d = nullptr;
    std::size_t d_stride = 0;
    float* partial = nullptr;  // accumulators of a segment that continues in the next block of k
    std::size_t partial_stride = 0;
    const k_piece* pieces = nullptr;
    std::size_t piece_count = 0;
    bool scaled = false;             // false: one chain from D to D
    bool from_zero = false;          // D has no start: segment 0, or the one chain, adds to +0 and does not read it
    bool first = false;              // the first block of k
    bool last = false;               // the last block of k: NaN becomes its one pattern
    const float* a_scale = nullptr;  // [row][segment]
    std::size_t a_scale_stride = 0;
    const float* b_scale = nullptr;  // [segment][column]
    std::size_t b_scale_stride = 0;
    float unit = 1.0f;  // integer kernels: value of one
};

using tile_function = void (*)(const tile_call&);

// `count` rows of k, `stride` bytes apart, each with at least tile_columns codes; `out` is a panel of B.
using panel_function = void (*)(const std::uint8_t* codes, std::size_t stride, std::size_t count,
                                const word_table* table, std::uint32_t* out);
// `count` codes of a line of A; `out` gets as many steps as they need.
using line_function = void (*)(const std::uint8_t* codes, std::size_t count, const word_table* table,
                               std::uint32_t* out);

// One row of D, up to 256 columns that are a multiple of 64, all of k, straight from codes: rows of k `stride` bytes
// apart, each with a code for every column. They are read once, front to back.
struct stream_call {
    const std::uint32_t* a = nullptr;  // [step]
    const std::uint8_t* codes = nullptr;
    std::size_t stride = 0;
    std::size_t columns = 0;
    const word_table* table = nullptr;
    float* d = nullptr;
    const k_piece* pieces = nullptr;
    std::size_t piece_count = 0;
    bool scaled = false;
    const float* a_scale = nullptr;  // [segment]
    const float* b_scale = nullptr;  // [segment][column]
    std::size_t b_scale_stride = 0;
};

using stream_function = void (*)(const stream_call&);

// How numbers are multiplied.
struct kernel_family {
    int elements_per_step = 1;
    std::size_t tile_rows = 0;
    std::size_t tile_columns = 0;
    const tile_function* tile = nullptr;    // tile[rows - 1]
    panel_function panel[code_kinds] = {};  // null: this family does not take such codes
    line_function line[code_kinds] = {};
    stream_function stream[code_kinds] = {};  // null: none
};

// Aligned accumulation (accumulator.hpp) of 8-bit operands, with up to 13 fraction bits. Four elements of k make a
// group of five words: their exponents (bytes); magnitudes of elements 0 and 2, and of 1 and 3 (halves; those of A are
// lifted to the unit of the sum); signs in the same places, 0 or 0xFFFE. Zeros have the exponent -128. A k_piece is one
// step of the unit here, counted in groups.
inline constexpr std::size_t aligned_words = 5;

struct aligned_call {
    const std::uint32_t* a = nullptr;  // [row][group][aligned_words]
    std::size_t a_stride = 0;
    const std::uint32_t* b = nullptr;  // [group][aligned_words][columns]
    float* d = nullptr;
    std::size_t d_stride = 0;
    const k_piece* steps = nullptr;
    std::size_t step_count = 0;
    int fraction_bits = 0;
    std::uint32_t register_mask = 0;  // bits of FP32 that the accumulator keeps
    bool scaled = false;
    const float* a_scale = nullptr;
    std::size_t a_scale_stride = 0;
    const float* b_scale = nullptr;
    std::size_t b_scale_stride = 0;
};

using aligned_function = void (*)(const aligned_call&);

struct aligned_family {
    std::size_t rows = 0;
    std::size_t columns = 0;
    const aligned_function* tile = nullptr;  // tile[rows - 1]
};

// The smallest magnitude of `count` numbers of bfloat16 less one, as words; 0xFFFF if all are zero.
using least_function = std::uint16_t (*)(const std::uint8_t* words, std::size_t count);

struct kernel_set {
    const kernel_family* f32 = nullptr;        // FMA chain on FP32 numbers
    const kernel_family* bf16 = nullptr;       // the same chain by BF16 dot products, where nothing is flushed; or null
    const kernel_family* integer = nullptr;    // exact sums of integers in 32 bits
    const aligned_family* aligned = nullptr;   // or null
    least_function least_magnitude = nullptr;  // where there is bf16
};

// The drivers copy tiles at the edges of D into buffers of this size, and pad packed operands to most_tile_columns,
// which the columns of a tile divide.
inline constexpr std::size_t most_tile_rows = 8;
inline constexpr std::size_t most_tile_columns = 64;
inline constexpr std::size_t tile_buffer_size = most_tile_rows * most_tile_columns;

constexpr bool fits_tile_buffers(const kernel_set& set) {
    for (const kernel_family* family : {set.f32, set.bf16, set.integer}) {
        if (family != nullptr && (family->tile_rows == 0 || family->tile_rows > most_tile_rows ||
                                  family->tile_columns == 0 || most_tile_columns % family->tile_columns != 0)) {
            return false;
        }
    }
    return set.aligned == nullptr || (set.aligned->rows <= most_tile_rows && set.aligned->columns <= most_tile_columns);
}

// Every set is made by this function, which checks that its tiles fit the buffers.
template <const kernel_set& Set>
constexpr const kernel_set& checked_set() {
    static_assert(
        fits_tile_buffers(Set),
        "a tile of this set has more than most_tile_rows rows, or columns that do not divide most_tile_columns");
    return Set;
}

#if NARROWFP_X86_KERNELS
const kernel_set& avx2_kernels();
const kernel_set& avx512_kernels();
const kernel_set& avx512_bf16_kernels();
#endif

}  // namespace narrowfp::detail

// SPDX-License-Identifier: Apache-2.0
// The tile of D that stays in registers: Rows x (Vectors * lanes) accumulators, each lane running the reference's
// sequence for its element of D. For kernel sources only, which include it after choosing their instruction set: all of
// it is in an unnamed namespace, so that code for one processor cannot be taken for another.
#pragma once

#include <narrowfp/gemm/internal/kernel_set.hpp>

#if defined(__clang__)
#define NARROWFP_UNROLL _Pragma("unroll")
#else
#define NARROWFP_UNROLL _Pragma("GCC unroll 16")
#endif

namespace narrowfp::detail {
namespace {

template <class Ops>
inline constexpr std::size_t tile_columns_of = Ops::tile_vectors* Ops::lanes;

// Ops: vectors of FP32. Dot: `acc` (accumulator vector), zero(), load/store of it as FP32 memory, step(acc, a, b) for
// one step, value(acc, unit) as FP32.
template <class Ops, class Dot, std::size_t Rows>
class tile_product {
    using vector = typename Ops::vector;
    using accumulator_vector = typename Dot::acc;
    static constexpr std::size_t vectors = Ops::tile_vectors;
    static constexpr std::size_t lanes = Ops::lanes;
    static constexpr std::size_t columns = tile_columns_of<Ops>;

public:
    static void run(const tile_call& t) {
        const std::uint32_t* a = t.a;
        const std::uint32_t* b = t.b;
        for (std::size_t p = 0; p < t.piece_count; ++p) {
            const k_piece& piece = t.pieces[p];
            accumulator_vector acc[Rows][vectors];
            if (t.scaled ? piece.opens : t.from_zero && t.first && p == 0) {
                clear(acc);
            } else if (t.scaled) {
                load(acc, t.partial, t.partial_stride);
            } else {
                load(acc, t.d, t.d_stride);
            }
            multiply(acc, a, t.a_stride, b, piece.steps);
            a += piece.steps;
            b += std::size_t{piece.steps} * columns;
            if (!t.scaled) {
                store(acc, t.d, t.d_stride);
            } else if (piece.closes && t.from_zero && piece.segment == 0) {
                promote<true>(acc, t, piece.segment);
            } else if (piece.closes) {
                promote<false>(acc, t, piece.segment);
            } else {
                store(acc, t.partial, t.partial_stride);
            }
        }
        if (t.last) {
            finish(t);
        }
    }

private:
    static void clear(accumulator_vector (&acc)[Rows][vectors]) {
        NARROWFP_UNROLL
        for (std::size_t r = 0; r < Rows; ++r) {
            NARROWFP_UNROLL
            for (std::size_t v = 0; v < vectors; ++v) {
                acc[r][v] = Dot::zero();
            }
        }
    }

    static void load(accumulator_vector (&acc)[Rows][vectors], const float* from, std::size_t stride) {
        NARROWFP_UNROLL
        for (std::size_t r = 0; r < Rows; ++r) {
            NARROWFP_UNROLL
            for (std::size_t v = 0; v < vectors; ++v) {
                acc[r][v] = Dot::load(from + r * stride + v * lanes);
            }
        }
    }

    static void store(const accumulator_vector (&acc)[Rows][vectors], float* to, std::size_t stride) {
        NARROWFP_UNROLL
        for (std::size_t r = 0; r < Rows; ++r) {
            NARROWFP_UNROLL
            for (std::size_t v = 0; v < vectors; ++v) {
                Dot::store(to + r * stride + v * lanes, acc[r][v]);
            }
        }
    }

    static void multiply(accumulator_vector (&acc)[Rows][vectors], const std::uint32_t* a, std::size_t a_stride,
                         const std::uint32_t* b, std::size_t steps) {
        for (std::size_t s = 0; s < steps; ++s) {
            typename Dot::operand column[vectors];
            NARROWFP_UNROLL
            for (std::size_t v = 0; v < vectors; ++v) {
                column[v] = Dot::load_operand(b + v * lanes);
            }
            NARROWFP_UNROLL
            for (std::size_t r = 0; r < Rows; ++r) {
                const typename Dot::operand row = Dot::broadcast(a + r * a_stride);
                NARROWFP_UNROLL
                for (std::size_t v = 0; v < vectors; ++v) {
                    acc[r][v] = Dot::step(acc[r][v], row, column[v]);
                }
            }
            a += 1;
            b += columns;
        }
    }

    // d = fma(fl32(sa * sb), partial, d). Stores of vectors may alias the call itself, so what it holds is read once.
    template <bool FromZero>
    static void promote(const accumulator_vector (&acc)[Rows][vectors], const tile_call& t, std::size_t segment) {
        const float* const column_scale = t.b_scale + segment * t.b_scale_stride;
        const float* row_scale = t.a_scale + segment;
        const std::size_t row_scale_stride = t.a_scale_stride;
        float* d = t.d;
        const std::size_t d_stride = t.d_stride;
        const float unit = t.unit;
        NARROWFP_UNROLL
        for (std::size_t r = 0; r < Rows; ++r, d += d_stride, row_scale += row_scale_stride) {
            const vector of_row = Ops::set(*row_scale);
            NARROWFP_UNROLL
            for (std::size_t v = 0; v < vectors; ++v) {
                const vector scale = Ops::multiply(of_row, Ops::load(column_scale + v * lanes));
                const vector before = FromZero ? Ops::set(0.0f) : Ops::load(d + v * lanes);
                Ops::store(d + v * lanes, Ops::fma(scale, Dot::value(acc[r][v], unit), before));
            }
        }
    }

    static void finish(const tile_call& t) {
        for (std::size_t r = 0; r < Rows; ++r) {
            float* d = t.d + r * t.d_stride;
            for (std::size_t v = 0; v < vectors; ++v) {
                Ops::store(d + v * lanes, Ops::canonical(Ops::load(d + v * lanes)));
            }
        }
    }
};

}  // namespace
}  // namespace narrowfp::detail

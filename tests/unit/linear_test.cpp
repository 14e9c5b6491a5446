// SPDX-License-Identifier: Apache-2.0
// The linear layer: gradients against finite differences in FP64, each product of each recipe against its operands
// quantised by hand and multiplied in FP64, both engines against each other, second tilings, and delayed scaling.
#include <narrowfp/error/metrics.hpp>
#include <narrowfp/gemm/linear.hpp>
#include <narrowfp/gemm/unit.hpp>

#include <doctest/doctest.h>

#include <cmath>

#include "support/bridge.hpp"

using namespace narrowfp;
using namespace narrowfp_test;

namespace {

matrix<float> random_matrix(random_bits& random, std::size_t rows, std::size_t cols) {
    matrix<float> x(rows, cols);
    for (std::size_t n = 0; n < x.size(); ++n) {
        x.data()[n] = random.finite(-4, 1);
    }
    return x;
}

// A B, in FP64.
matrix<double> product(matrix_view<const float> a, matrix_view<const float> b) {
    matrix<double> c(a.rows(), b.cols());
    for (std::size_t i = 0; i < a.rows(); ++i) {
        for (std::size_t k = 0; k < a.cols(); ++k) {
            for (std::size_t j = 0; j < b.cols(); ++j) {
                c(i, j) += double{a(i, k)} * double{b(k, j)};
            }
        }
    }
    return c;
}

bool same_bits(const matrix<float>& a, const matrix<float>& b) {
    bool same = a.rows() == b.rows() && a.cols() == b.cols();
    for (std::size_t n = 0; same && n < a.size(); ++n) {
        same = std::bit_cast<std::uint32_t>(a.data()[n]) == std::bit_cast<std::uint32_t>(b.data()[n]);
    }
    return same;
}

// Largest difference over the largest magnitude of the reference.
double distance(const matrix<float>& found, const matrix<double>& expected) {
    double largest = 0;
    double worst = 0;
    REQUIRE(found.rows() == expected.rows());
    REQUIRE(found.cols() == expected.cols());
    for (std::size_t n = 0; n < found.size(); ++n) {
        largest = std::max(largest, std::fabs(expected.data()[n]));
        worst = std::max(worst, std::fabs(found.data()[n] - expected.data()[n]));
    }
    return worst / largest;
}

// Largest |found - A B| over |A| |B|, element by element: no element hides behind a larger one.
double worst_error(const matrix<float>& found, matrix_view<const float> a, matrix_view<const float> b) {
    const auto magnitudes = [](matrix_view<const float> x) {
        matrix<float> out(x.rows(), x.cols());
        for (std::size_t i = 0; i < x.rows(); ++i) {
            for (std::size_t j = 0; j < x.cols(); ++j) {
                out(i, j) = std::fabs(x(i, j));
            }
        }
        return out;
    };
    const matrix<double> expected = product(a, b);
    const matrix<double> size = product(magnitudes(a).view(), magnitudes(b).view());
    REQUIRE(found.rows() == expected.rows());
    REQUIRE(found.cols() == expected.cols());
    double worst = 0;
    for (std::size_t n = 0; n < found.size(); ++n) {
        const double error = std::fabs(found.data()[n] - expected.data()[n]);
        worst = size.data()[n] > 0 ? std::max(worst, error / size.data()[n]) : std::max(worst, error);
    }
    return worst;
}

// Rows and columns of very different size, so that it matters which elements share a scale.
matrix<float> uneven(matrix<float> x, random_bits& random) {
    std::vector<int> rows(x.rows());
    std::vector<int> cols(x.cols());
    for (std::vector<int>* sizes : {&rows, &cols}) {
        for (int& size : *sizes) {
            size = random.between(-7, 7);
        }
    }
    for (std::size_t i = 0; i < x.rows(); ++i) {
        for (std::size_t j = 0; j < x.cols(); ++j) {
            x(i, j) = std::ldexp(x(i, j), rows[i] + cols[j]);
        }
    }
    return x;
}

struct problem {
    matrix<float> x, w, dy;
};

problem make_problem(std::size_t tokens, std::size_t inputs, std::size_t outputs) {
    random_bits random(run_seed() + tokens);
    problem p{random_matrix(random, tokens, inputs), random_matrix(random, outputs, inputs),
              random_matrix(random, tokens, outputs)};
    return p;
}

// The recipe with results in FP32 and exact sums: what is left is the quantisation.
linear_recipe exactly(linear_recipe r) {
    for (linear_product* product : {&r.fprop, &r.dgrad, &r.wgrad}) {
        *product = {.acc = exact{}, .output = f32};
    }
    return r;
}

}  // namespace

TEST_CASE("gradients under fp32 are the derivatives of a loss by finite differences in FP64") {
    // L = 1/2 sum (Y - T)^2, Y = X W^T, so dY = Y - T.
    constexpr std::size_t tokens = 5, inputs = 7, outputs = 4;
    const problem p = make_problem(tokens, inputs, outputs);
    const auto loss = [&](const matrix<double>& x, const matrix<double>& w) {
        double sum = 0;
        for (std::size_t i = 0; i < tokens; ++i) {
            for (std::size_t j = 0; j < outputs; ++j) {
                double y = 0;
                for (std::size_t k = 0; k < inputs; ++k) {
                    y += x(i, k) * w(j, k);
                }
                sum += (y - p.dy(i, j)) * (y - p.dy(i, j)) / 2;
            }
        }
        return sum;
    };
    const auto widen = [](const matrix<float>& from) {
        matrix<double> to(from.rows(), from.cols());
        for (std::size_t n = 0; n < from.size(); ++n) {
            to.data()[n] = from.data()[n];
        }
        return to;
    };
    const linear_output forward = linear_forward(p.x.view(), p.w.view(), linear_recipes::fp32);
    matrix<float> dy = forward.y;
    for (std::size_t n = 0; n < dy.size(); ++n) {
        dy.data()[n] -= p.dy.data()[n];
    }
    const linear_gradients found = linear_backward(forward.cache, dy.view(), linear_recipes::fp32);
    matrix<double> x = widen(p.x);
    matrix<double> w = widen(p.w);
    const auto differences = [&](matrix<double>& of) {
        constexpr double step = 1e-5;
        matrix<double> gradient(of.rows(), of.cols());
        for (std::size_t n = 0; n < of.size(); ++n) {
            const double at = of.data()[n];
            of.data()[n] = at + step;
            const double up = loss(x, w);
            of.data()[n] = at - step;
            gradient.data()[n] = (up - loss(x, w)) / (2 * step);
            of.data()[n] = at;
        }
        return gradient;
    };
    CHECK(distance(found.dx, differences(x)) < 2e-6);
    CHECK(distance(found.dw, differences(w)) < 2e-6);
}

TEST_CASE("the identity recipe is the FP32 product bit for bit") {
    const problem p = make_problem(33, 70, 19);
    const linear_output forward = linear_forward(p.x.view(), p.w.view(), linear_recipes::fp32);
    const linear_gradients back = linear_backward(forward.cache, p.dy.view(), linear_recipes::fp32);
    const auto multiply = [](matrix_view<const float> a, matrix_view<const float> b) {
        matrix<float> c(a.rows(), b.cols());
        for (std::size_t i = 0; i < a.rows(); ++i) {
            for (std::size_t j = 0; j < b.cols(); ++j) {
                float sum = 0;
                for (std::size_t k = 0; k < a.cols(); ++k) {
                    sum = std::fma(a(i, k), b(k, j), sum);
                }
                c(i, j) = sum;
            }
        }
        return c;
    };
    CHECK(same_bits(forward.y, multiply(p.x.view(), p.w.view().transposed())));
    CHECK(same_bits(back.dx, multiply(p.dy.view(), p.w.view())));
    CHECK(same_bits(back.dw, multiply(p.dy.view().transposed(), p.x.view())));
}

TEST_CASE("both engines give the same bits for every recipe and ragged shapes") {
    for (const auto& [tokens, inputs, outputs] :
         {std::array<std::size_t, 3>{1, 1, 1}, {130, 33, 17}, {7, 129, 140}, {16, 16, 16}}) {
        const problem p = make_problem(tokens, inputs, outputs);
        for (const linear_recipe& r : all_linear_recipes) {
            CAPTURE(r.name);
            CAPTURE(tokens);
            std::optional<linear_state> one;
            std::optional<linear_state> other;
            if (r.delayed) {
                one.emplace(r);
                other.emplace(r);
            }
            for (int step = 0; step < (r.delayed ? 2 : 1); ++step) {
                linear_state* a = one ? &*one : nullptr;
                linear_state* b = other ? &*other : nullptr;
                const linear_output fast =
                    linear_forward(p.x.view(), p.w.view(), r, compiled_engine{{.threads = 2}}, a);
                const linear_output slow = linear_forward(p.x.view(), p.w.view(), r, reference_engine{}, b);
                CHECK(same_bits(fast.y, slow.y));
                CHECK(fast.cache.bytes() == slow.cache.bytes());
                const auto back = linear_backward(fast.cache, p.dy.view(), r, compiled_engine{{.threads = 2}}, a);
                const auto truth = linear_backward(slow.cache, p.dy.view(), r, reference_engine{}, b);
                CHECK(same_bits(back.dx, truth.dx));
                CHECK(same_bits(back.dw, truth.dw));
                CHECK(back.dy_events.elements == p.dy.size());
                if (r.delayed) {
                    one->update();
                    other->update();
                }
            }
        }
    }
}

TEST_CASE("each product is the FP64 product of its operands quantised by the reference") {
    // Three roundings to FP32, of the two restored elements and of the result, 2^-24 each.
    constexpr double bound = 3 * 0x1.01p-24;
    problem p = make_problem(140, 150, 135);
    random_bits random(run_seed() + 5);
    p = {uneven(p.x, random), uneven(p.w, random), uneven(p.dy, random)};
    for (const linear_recipe& named : all_linear_recipes) {
        if (named.delayed) {
            continue;
        }
        const linear_recipe r = exactly(named);
        CAPTURE(r.name);
        const linear_output forward = linear_forward(p.x.view(), p.w.view(), r);
        const linear_gradients back = linear_backward(forward.cache, p.dy.view(), r);
        const auto quantized = [](matrix_view<const float> x, const quantization& q) {
            return dequantize(quantize(x, q));
        };
        // What the second product of a tensor reads, in the orientation of the tensor.
        const auto second = [&](const linear_tensor& t, matrix_view<const float> wide, const matrix<float>& first,
                                const quantization& q) {
            switch (t.how) {
                case second_copy::from_source: return quantized(wide, q);
                case second_copy::from_kept: return quantized(quantized(wide, {.element = t.kept}).view(), q);
                case second_copy::requantize: return quantized(first.view(), q);
                case second_copy::same_codes: break;
            }
            return first;
        };
        const auto across = [](quantization q) {
            q.blocks = q.blocks.transposed();
            return q;
        };
        const matrix<float> x = quantized(p.x.view(), r.x.first.as_a());
        const matrix<float> w = quantized(p.w.view(), across(r.w.first.as_b()));
        const matrix<float> dy = quantized(p.dy.view(), r.dy.first.as_a());
        const matrix<float> x2 = second(r.x, p.x.view(), x, r.x.second.as_b());
        const matrix<float> w2 = second(r.w, p.w.view(), w, r.w.second.as_b());
        linear_tensor gradient = r.dy;
        gradient.how = gradient.how == second_copy::from_kept ? second_copy::from_source : gradient.how;
        const matrix<float> dy2 = second(gradient, p.dy.view(), dy, across(r.dy.second.as_a()));
        CHECK(worst_error(forward.y, x.view(), w.view().transposed()) < bound);
        CHECK(worst_error(back.dx, dy.view(), w2.view()) < bound);
        CHECK(worst_error(back.dw, dy2.view().transposed(), x2.view()) < bound);
    }
}

TEST_CASE("results leave in the format of their product") {
    const problem p = make_problem(20, 40, 30);
    const linear_output forward = linear_forward(p.x.view(), p.w.view(), linear_recipes::deepseek_v3);
    const linear_gradients back = linear_backward(forward.cache, p.dy.view(), linear_recipes::deepseek_v3);
    const auto is_bf16 = [](const matrix<float>& m) {
        std::size_t wide = 0;
        for (std::size_t n = 0; n < m.size(); ++n) {
            wide += (std::bit_cast<std::uint32_t>(m.data()[n]) & 0xFFFF) != 0;
        }
        return wide == 0;
    };
    CHECK(is_bf16(forward.y));
    CHECK(is_bf16(back.dx));
    CHECK_FALSE(is_bf16(back.dw));
}

TEST_CASE("the cache holds what the recipe says") {
    const problem p = make_problem(256, 128, 384);
    const auto cache = [&](const linear_recipe& r) { return linear_forward(p.x.view(), p.w.view(), r).cache; };
    // X codes and a scale per 128 inputs; W codes and 1 x 3 scales.
    CHECK(cache(linear_recipes::deepseek_v3).x.bytes() == 256 * 128 + 256 * 4);
    CHECK(cache(linear_recipes::deepseek_v3).w.bytes() == 384 * 128 + 3 * 4);
    CHECK(cache(linear_recipes::deepseek_v3_ue8m0).x.bytes() == 256 * 128 + 256);
    // Tiled along tokens: two scales for each input.
    CHECK(cache(linear_recipes::te_block).x.bytes() == 256 * 128 + 2 * 128 * 4);
    CHECK(cache(linear_recipes::mxfp8).x.bytes() == 256 * 128 + 8 * 128);
    CHECK(cache(linear_recipes::mxfp8).w.bytes() == 384 * 128 + 12 * 128);
    CHECK(cache(linear_recipes::tensor_current).x.bytes() == 256 * 128 + 4);
    // Stock recipes keep BF16 copies: nothing is saved.
    CHECK(cache(linear_recipes::rowwise).bytes() == cache(linear_recipes::bf16_cast).bytes());
    CHECK(cache(linear_recipes::nvfp4).x.bytes() == 256 * 64 + 16 * 128 + 4);
}

TEST_CASE("tiling again is lossless with powers of two and rounds twice with FP32 scales") {
    // Values of one binade: no scale brings them near the subnormal range.
    matrix<float> x(256, 256);
    random_bits random(run_seed() + 8);
    for (std::size_t n = 0; n < x.size(); ++n) {
        x.data()[n] = random.finite(-1, 1);
    }
    const auto changed = [&](const linear_recipe& r) {
        const quantized_matrix first = quantize(x.view(), r.x.first.as_a());
        const matrix<float> once = dequantize(first);
        const matrix<float> twice = dequantize(quantize(once.view(), r.x.second.as_b()));
        std::size_t count = 0;
        for (std::size_t n = 0; n < once.size(); ++n) {
            count += once.data()[n] != twice.data()[n];
        }
        return count;
    };
    CHECK(changed(linear_recipes::deepseek_v3_ue8m0) == 0);
    CHECK(changed(linear_recipes::deepseek_v3) > x.size() / 4);
    const quantized_matrix q = quantize(x.view().block(0, 0, 130, 70), recipes::deepseek_v3.for_b(e4m3fn));
    const quantized_matrix t = transposed(q);
    CHECK(t.blocks() == q.blocks());
    bool same = true;
    for (std::size_t i = 0; i < q.rows(); ++i) {
        for (std::size_t j = 0; j < q.cols(); ++j) {
            same = same && t.code(j, i) == q.code(i, j) && t.scale(j, i) == q.scale(i, j);
        }
    }
    CHECK(same);
    CHECK(transposed(t).scales() == q.scales());
    const quantized_matrix two = transposed(quantize(x.view(), recipes::nvfp4.for_a(e2m1fn)));
    CHECK(two.blocks() == granularity::block(16, 1));
    CHECK(two.tensor_scale().has_value());
}

TEST_CASE("a unit takes the place of the accumulator and is promoted where the owner promotes") {
    const aligned unit{.products = 32, .fraction_bits = 13};
    const linear_recipe r = with_accumulator(linear_recipes::tensor_current, unit);
    CHECK(name_of(r.fprop.acc) == "aligned(32,13)");
    CHECK(name_of(r.dgrad.acc) == "promoted(aligned(32,13),128)");
    CHECK(name_of(with_accumulator(linear_recipes::deepseek_v3, unit).fprop.acc) == "promoted(aligned(32,13),128)");
    const problem p = make_problem(3, 300, 4);
    const linear_recipe ds = with_accumulator(linear_recipes::deepseek_v3, unit);
    const linear_output forward = linear_forward(p.x.view(), p.w.view(), ds);
    const matrix<float> expected = gemm_reference(quantize(p.x.view(), recipes::deepseek_v3.for_a(e4m3fn)),
                                                  quantize(p.w.view().transposed(), recipes::deepseek_v3.for_b(e4m3fn)),
                                                  promoted{unit, 128}, {}, bf16);
    CHECK(same_bits(forward.y, expected));
}

TEST_CASE("delayed scaling uses the last steps and saturates on a spike") {
    linear_recipe r = linear_recipes::delayed;
    r.delayed = delayed_options{.history = 2};
    linear_state state(r);
    problem p = make_problem(8, 16, 12);
    p.x(0, 0) = 7.0f;  // the others are below 4
    linear_output out = linear_forward(p.x.view(), p.w.view(), r, compiled_engine{}, &state);
    CHECK(out.cache.x.scale(0, 0) == 1.0f);
    linear_backward(out.cache, p.dy.view(), r, compiled_engine{}, &state);
    CHECK(state.x.staged() == 7.0f);
    state.update();
    CHECK(state.x.factor() == 64.0f);
    CHECK(state.dy.factor() == 57344.0f / history_amax_of(p.dy.view()));
    p.x(0, 0) = 70.0f;
    out = linear_forward(p.x.view(), p.w.view(), r, compiled_engine{}, &state);
    CHECK(out.x_events.saturated == 1);
    CHECK(dequantize(out.cache.x)(0, 0) == 7.0f);
}

TEST_CASE("wrong shapes and recipes are refused before any work") {
    const problem p = make_problem(4, 6, 5);
    const linear_recipe& r = linear_recipes::fp32;
    CHECK_THROWS_WITH_AS(linear_forward(p.x.view(), p.dy.view(), r), doctest::Contains("X is 4 x 6 and W is 4 x 5"),
                         std::invalid_argument);
    const linear_cache cache = linear_forward(p.x.view(), p.w.view(), r).cache;
    CHECK_THROWS_WITH_AS(linear_backward(cache, p.x.view(), r), "linear: dY is 4 x 6, expected 4 x 5",
                         std::invalid_argument);
    CHECK_THROWS_WITH_AS(linear_forward(p.x.view(), p.w.view(), linear_recipes::delayed),
                         "linear: recipe delayed needs a linear_state", std::invalid_argument);
    CHECK_THROWS_AS(linear_state{r}, std::invalid_argument);
    linear_recipe wrong = linear_recipes::mxfp8;
    wrong.x.how = second_copy::same_codes;
    CHECK_THROWS_WITH_AS(linear_forward(p.x.view(), p.w.view(), wrong), doctest::Contains("belong to one direction"),
                         std::invalid_argument);
    CHECK_THROWS_WITH_AS(linear_recipe_by_name("mxfp9"), "unknown recipe of a linear layer 'mxfp9'",
                         std::invalid_argument);
    for (const linear_recipe& known : all_linear_recipes) {
        CHECK(linear_recipe_by_name(known.name).summary == known.summary);
    }
}

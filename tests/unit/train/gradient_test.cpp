// SPDX-License-Identifier: Apache-2.0
// The backward pass: each operation against central differences in FP64, the whole model against dual numbers through its
// forward pass, FP32 against FP64, and the recipe that quantises nothing against plain products.
#include <doctest/doctest.h>

#include <cmath>
#include <functional>

#include "train/model/decoder.hpp"
#include "train/run/recipe_linears.hpp"
#include "train/run/trainer.hpp"
#include "unit/train/symbols.hpp"

namespace narrowfp_test {

// a + b e with e^2 = 0: a value and its derivative along one direction.
struct dual {
    double value = 0;
    double slope = 0;

    dual() = default;
    explicit dual(double v, double s = 0) : value(v), slope(s) {}
    friend dual operator+(const dual& a, const dual& b) { return dual(a.value + b.value, a.slope + b.slope); }
    friend dual operator-(const dual& a, const dual& b) { return dual(a.value - b.value, a.slope - b.slope); }
    friend dual operator-(const dual& a) { return dual(-a.value, -a.slope); }
    friend dual operator*(const dual& a, const dual& b) {
        return dual(a.value * b.value, a.slope * b.value + a.value * b.slope);
    }
    friend dual operator/(const dual& a, const dual& b) {
        return dual(a.value / b.value, (a.slope - a.value / b.value * b.slope) / b.value);
    }
    friend bool operator>(const dual& a, const dual& b) { return a.value > b.value; }
    friend dual exp(const dual& a) { return dual(std::exp(a.value), std::exp(a.value) * a.slope); }
    friend dual log(const dual& a) { return dual(std::log(a.value), a.slope / a.value); }
    friend dual sqrt(const dual& a) { return dual(std::sqrt(a.value), a.slope / (2 * std::sqrt(a.value))); }
};

}  // namespace narrowfp_test

using namespace narrowfp;
using namespace narrowfp::bench::train;
using narrowfp::bench::execution;
using namespace narrowfp_test;

namespace {

using numbers = std::vector<double>;

numbers random_numbers(std::size_t count, std::uint32_t seed, double size = 1) {
    numbers out(count);
    for (std::size_t i = 0; i < count; ++i) {
        out[i] = size * narrowfp::bench::normals(random_key{.seed = seed}.block(static_cast<std::uint32_t>(i)))[0];
    }
    return out;
}

// Largest difference of the two over the largest magnitude of the second.
double distance(const numbers& found, const numbers& expected) {
    REQUIRE(found.size() == expected.size());
    double worst = 0;
    double largest = 0;
    for (std::size_t i = 0; i < found.size(); ++i) {
        worst = std::max(worst, std::fabs(found[i] - expected[i]));
        largest = std::max(largest, std::fabs(expected[i]));
    }
    REQUIRE(largest > 0);
    return worst / largest;
}

// The derivatives of sum(weight * f(x)) by central differences.
numbers differences(const std::function<numbers(const numbers&)>& f, numbers x, const numbers& weight) {
    const auto loss = [&] {
        const numbers y = f(x);
        double sum = 0;
        for (std::size_t i = 0; i < y.size(); ++i) {
            sum += weight[i] * y[i];
        }
        return sum;
    };
    constexpr double step = 1e-5;
    numbers out(x.size());
    for (std::size_t i = 0; i < x.size(); ++i) {
        const double here = x[i];
        x[i] = here + step;
        const double above = loss();
        x[i] = here - step;
        out[i] = (above - loss()) / (2 * step);
        x[i] = here;
    }
    return out;
}

constexpr double tolerance = 1e-6;
const execution plain{target::scalar, 1};

// Two layers and odd sizes, small enough for differences of everything.
constexpr model_size small{
    .name = "small", .width = 12, .layers = 2, .heads = 2, .hidden = 20, .context = 9, .sequences = 3};

}  // namespace

TEST_CASE("RMSNorm: gradients of input and gain are the central differences") {
    constexpr std::size_t rows = 3, width = 37;
    const numbers x = random_numbers(rows * width, 1);
    const numbers gain = random_numbers(width, 2);
    const numbers dy = random_numbers(rows * width, 3);
    const auto forward = [&](const numbers& in, const numbers& g, numbers& inverse) {
        numbers y(in.size());
        norm_forward(in.data(), g.data(), y.data(), inverse.data(), width, 0, rows);
        return y;
    };
    numbers inverse(rows);
    forward(x, gain, inverse);
    numbers unused(rows);
    numbers dx(x.size(), 0.25);  // the gradient is added to what is there
    norm_backward(x.data(), gain.data(), inverse.data(), dy.data(), dx.data(), width, 0, rows);
    for (double& d : dx) {
        d -= 0.25;
    }
    CHECK(distance(dx, differences([&](const numbers& in) { return forward(in, gain, unused); }, x, dy)) < tolerance);
    numbers dgain(width);
    norm_gain_backward(x.data(), inverse.data(), dy.data(), dgain.data(), rows, width, 0, width);
    CHECK(distance(dgain, differences([&](const numbers& g) { return forward(x, g, unused); }, gain, dy)) < tolerance);
}

TEST_CASE("rotary positions: turning back is the gradient and the inverse") {
    constexpr std::size_t heads = 3, head_width = 8, context = 11;
    const rotary_table<double> table(context, head_width);
    const numbers x = random_numbers(heads * head_width, 4);
    const numbers dy = random_numbers(x.size(), 5);
    const auto turned = [&](numbers in, bool back) {
        rotate(in.data(), heads, 7, table, back);
        return in;
    };
    CHECK(distance(turned(dy, true), differences([&](const numbers& in) { return turned(in, false); }, x, dy)) <
          tolerance);
    CHECK(distance(turned(turned(x, false), true), x) < 1e-6);  // the table is rounded to FP32
    // Position 0 turns nothing; the first pair of a head turns by the position itself.
    numbers at_zero = x;
    rotate(at_zero.data(), heads, 0, table, false);
    CHECK(at_zero == x);
    CHECK(turned(x, false)[0] == doctest::Approx(x[0] * std::cos(7.0) - x[4] * std::sin(7.0)).epsilon(1e-6));
}

TEST_CASE("SwiGLU: gradients are the central differences") {
    constexpr std::size_t rows = 3, hidden = 10;
    const numbers both = random_numbers(rows * 2 * hidden, 6, 2);
    const numbers dy = random_numbers(rows * hidden, 7);
    numbers d_both(both.size());
    swiglu_backward(both.data(), dy.data(), d_both.data(), hidden, 0, rows);
    const auto forward = [&](const numbers& in) {
        numbers y(rows * hidden);
        swiglu_forward(in.data(), y.data(), hidden, 0, rows);
        return y;
    };
    CHECK(distance(d_both, differences(forward, both, dy)) < tolerance);
}

TEST_CASE("cross-entropy: gradients are the central differences and the loss is minus ln of a probability") {
    constexpr std::size_t rows = 4, vocabulary = 21;
    const numbers logits = random_numbers(rows * vocabulary, 8, 3);
    const std::vector<std::uint8_t> targets{3, 20, 0, 11};
    const auto forward = [&](const numbers& in) {
        numbers copy = in;
        numbers loss(rows);
        cross_entropy_forward(copy.data(), targets.data(), loss.data(), vocabulary, 0, rows);
        return loss;
    };
    numbers gradient = logits;
    numbers loss(rows);
    cross_entropy_forward(gradient.data(), targets.data(), loss.data(), vocabulary, 0, rows);
    for (std::size_t i = 0; i < rows; ++i) {
        CHECK(loss[i] == doctest::Approx(-std::log(gradient[i * vocabulary + targets[i]])));
    }
    cross_entropy_backward(gradient.data(), targets.data(), 0.5, vocabulary, 0, rows);
    CHECK(distance(gradient, differences(forward, logits, numbers(rows, 0.5))) < tolerance);
}

TEST_CASE("attention: gradients of queries keys and values are the central differences") {
    // Longer than a block, so that blocks meet.
    constexpr std::size_t context = attention_block + 5, width = 4;
    numbers qkv = random_numbers(3 * context * width, 10);
    const numbers d_o = random_numbers(context * width, 11);
    const auto part = [&](const numbers& all, std::size_t n) {
        return matrix_view<const double>(all.data() + n * context * width, context, width);
    };
    matrix<double> p(context, context);
    const auto forward = [&](const numbers& in) {
        numbers o(context * width);
        attention_forward<double>(plain, part(in, 0), part(in, 1), part(in, 2), p.view(), {o.data(), context, width});
        return o;
    };
    forward(qkv);
    for (std::size_t i = 0; i < context; ++i) {  // probabilities, and nothing of the future
        double sum = 0;
        for (std::size_t j = 0; j < context; ++j) {
            sum += p(i, j);
            CHECK_FALSE((j > i && p(i, j) != 0));
        }
        CHECK(sum == doctest::Approx(1));
    }
    const matrix<double> kept = p;
    matrix<double> scores(context, context);
    numbers gradient(qkv.size());
    const auto into = [&](std::size_t n) {
        return matrix_view<double>(gradient.data() + n * context * width, context, width);
    };
    attention_backward<double>(plain, part(qkv, 0), part(qkv, 1), part(qkv, 2), kept.view(),
                               {d_o.data(), context, width}, scores.view(), into(0), into(1), into(2));
    CHECK(distance(gradient, differences(forward, qkv, d_o)) < tolerance);
}

TEST_CASE("the whole model: every parameter's gradient is the central difference") {
    const batch b = uniform_batch(small, 12);
    const std::vector<float> first = first_parameters(small, 3);
    numbers parameters(first.begin(), first.end());
    decoder<double> model(small);
    plain_linears<double> linears{plain};
    numbers gradient(parameters.size());
    model.forward(plain, parameters.data(), b, linears);
    model.backward(linears, 1.0, gradient.data(), [](matrix<double>&) {});
    const auto loss = [&](const numbers& at) { return numbers{model.forward(plain, at.data(), b, linears)}; };
    // Every 7th parameter, so that each tensor has some.
    for (const parameter_tensor& t : model.layout().tensors()) {
        numbers found;
        numbers expected;
        for (std::size_t i = t.offset; i < t.end(); i += 7) {
            const auto along = [&](const numbers& x) {
                numbers moved = parameters;
                moved[i] = x[0];
                return loss(moved);
            };
            found.push_back(gradient[i]);
            expected.push_back(differences(along, {parameters[i]}, {1.0})[0]);
        }
        INFO(t.name);
        CHECK(distance(found, expected) < tolerance);
    }
}

TEST_CASE("the whole model: derivatives along random directions are those of dual numbers") {
    const batch b = uniform_batch(small, 13);
    const std::vector<float> first = first_parameters(small, 4);
    const numbers parameters(first.begin(), first.end());
    decoder<double> model(small);
    plain_linears<double> linears{plain};
    numbers gradient(parameters.size());
    const double loss = model.forward(plain, parameters.data(), b, linears);
    model.backward(linears, 1.0, gradient.data(), [](matrix<double>&) {});
    for (std::uint32_t seed = 20; seed < 24; ++seed) {
        const numbers direction = random_numbers(parameters.size(), seed);
        std::vector<dual> moving;
        double expected = 0;
        for (std::size_t i = 0; i < parameters.size(); ++i) {
            moving.emplace_back(parameters[i], direction[i]);
            expected += gradient[i] * direction[i];
        }
        decoder<dual> dual_model(small);
        plain_linears<dual> dual_linears{plain};
        const dual found = dual_model.forward(plain, moving.data(), b, dual_linears);
        CHECK(found.value == doctest::Approx(loss).epsilon(1e-12));
        CHECK(std::fabs(found.slope - expected) < 1e-10 * std::fabs(expected));
    }
}

TEST_CASE("FP32 equals FP64 to 1e-5 in every tensor of size S") {
    const batch b = uniform_batch(size_s, 30);
    const std::vector<std::uint8_t> symbols = uniform_symbols(1000, 31);
    const trainer run({.size = size_s, .how = arm_by_name("fp32"), .seed = 6}, {symbols, symbols}, {.threads = 1});
    const gradient_result narrow = run.gradient(b);
    const reference_gradient wide = gradient_in_double(size_s, run.parameters(), b, {.threads = 1});
    CHECK(std::fabs(narrow.loss - wide.loss) < 1e-5 * wide.loss);
    for (const parameter_tensor& t : run.layout().tensors()) {
        double error = 0;
        double size = 0;
        for (std::size_t i = t.offset; i < t.end(); ++i) {
            error += std::pow(narrow.gradient[i] - wide.gradient[i], 2);
            size += std::pow(wide.gradient[i], 2);
        }
        INFO(t.name);
        CHECK(std::sqrt(error / size) < 1e-5);
    }
}

TEST_CASE("the recipe that quantises nothing gives the bits of plain products") {
    for (const model_size& size : {small, size_tiny}) {
        const batch b = uniform_batch(size, 40);
        const std::vector<float> parameters = first_parameters(size, 5);
        const execution how{active_target(), 1};
        decoder<float> model(size);
        std::vector<float> plain_gradient(parameters.size());
        plain_linears<float> plain_products{how};
        const float plain_loss = model.forward(how, parameters.data(), b, plain_products);
        model.backward(plain_products, 1.0f, plain_gradient.data(), [](matrix<float>&) {});
        delayed_states none;
        const linear_observer nobody;
        recipe_linears recipe(arm_by_name("fp32"), {}, how, {.threads = 1}, none, nobody);
        std::vector<float> recipe_gradient(parameters.size());
        const float recipe_loss = model.forward(how, parameters.data(), b, recipe);
        model.backward(recipe, 1.0f, recipe_gradient.data(), [&](matrix<float>& g) { recipe.round_residual(g); });
        CHECK(std::bit_cast<std::uint32_t>(plain_loss) == std::bit_cast<std::uint32_t>(recipe_loss));
        std::size_t different = 0;
        for (std::size_t i = 0; i < parameters.size(); ++i) {
            different +=
                std::bit_cast<std::uint32_t>(plain_gradient[i]) != std::bit_cast<std::uint32_t>(recipe_gradient[i]);
        }
        CHECK(different == 0);
    }
}

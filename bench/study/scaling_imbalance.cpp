// SPDX-License-Identifier: Apache-2.0
// Studies of uneven magnitudes: tokens of different size, outlying elements and channels, and spikes that a remembered
// scale does not know of.
#include "study/scaling_data.hpp"

#include <narrowfp/quant/delayed_scaling.hpp>

#include <fmt/format.h>

namespace narrowfp::bench {

namespace {

struct way {
    std::string_view id;
    std::string_view what;
    quantization q;
};

quantization whole(const any_format& element) { return fp32_blocks(element, granularity::tensor()); }

std::vector<double> row_errors(const matrix<float>& y, const matrix<float>& x) {
    std::vector<double> errors;
    for (std::size_t i = 0; i < x.rows(); ++i) {
        errors.push_back(relative_error(y.view().block(i, 0, 1, x.cols()), x.view().block(i, 0, 1, x.cols())));
    }
    return errors;
}

// Y W in FP64, rows of Y against rows of X: the signal-to-noise ratio of each token's input gradient, in dB; of tokens
// that have one.
std::vector<double> dgrad_snr(const matrix<float>& y, const matrix<float>& x, const matrix<float>& w) {
    std::vector<double> snr;
    std::vector<double> reference(w.cols());
    std::vector<double> error(w.cols());
    for (std::size_t i = 0; i < x.rows(); ++i) {
        std::fill(reference.begin(), reference.end(), 0.0);
        std::fill(error.begin(), error.end(), 0.0);
        for (std::size_t k = 0; k < x.cols(); ++k) {
            const double value = x(i, k);
            const double difference = double{y(i, k)} - value;
            for (std::size_t j = 0; j < w.cols(); ++j) {
                reference[j] += value * double{w(k, j)};
                error[j] += difference * double{w(k, j)};
            }
        }
        double e = 0;
        double r = 0;
        for (std::size_t j = 0; j < w.cols(); ++j) {
            e += error[j] * error[j];
            r += reference[j] * reference[j];
        }
        if (r > 0) {
            snr.push_back(decibel(std::sqrt(e / r)));
        }
    }
    return snr;
}

// -- token imbalance --------------------------------------------------------------------------------------------------
const way token_ways[] = {{"tile", "E4M3 1x128", fp32_blocks(e4m3fn, granularity::block(1, 128))},
                          {"block", "E4M3 128x128", fp32_blocks(e4m3fn, granularity::block(128, 128))},
                          {"block5", "E5M2 128x128", fp32_blocks(e5m2, granularity::block(128, 128))},
                          {"tensor", "E4M3 tensor", whole(e4m3fn)},
                          {"tensor5", "E5M2 tensor", whole(e5m2)}};

// Sizes of tokens log-normal: error of each token.
void add_uneven_tokens(const matrix<float>& plain, const matrix<float>& sizes, const scaling_options& o,
                       std::vector<sample>& all) {
    for (const int sigma : {0, 2, 3, 4}) {
        matrix<float> x(plain.rows(), plain.cols());
        for (std::size_t i = 0; i < x.rows(); ++i) {
            const double size = std::exp(sigma * static_cast<double>(sizes(0, i)));
            for (std::size_t j = 0; j < x.cols(); ++j) {
                x(i, j) = static_cast<float>(size * static_cast<double>(plain(i, j)));
            }
        }
        for (const way& w : std::span(token_ways).first(3)) {
            const matrix<float> y = restored(x.view(), w.q, o);
            const std::vector<double> errors = row_errors(y, x);
            const std::string id = fmt::format("sigma{}.{}", sigma, w.id);
            const std::string what = fmt::format("token sizes exp({} N), {}", sigma, w.what);
            all.push_back(percent(id + ".median", what + ": median error of a token", quantile(errors, 0.5)));
            all.push_back(percent(id + ".p95", what + ": 95th percentile", quantile(errors, 0.95)));
            all.push_back(
                percent(id + ".zeros", what + ": elements that become zero", flushed_share(y.view(), x.view())));
        }
    }
}

// The loss of one token in a hundred, drawn at random, multiplied: SNR of each token's dgrad.
void add_raised_tokens(const matrix<float>& dy, const matrix<float>& w, const matrix<float>& chance,
                       const scaling_options& o, std::vector<sample>& all) {
    for (const int power : {0, 8, 16, 20}) {
        matrix<float> x = dy;
        for (std::size_t i = 0; i < x.rows(); ++i) {
            for (std::size_t j = 0; j < x.cols() && chance(0, i) < 0.01f; ++j) {
                x(i, j) = std::ldexp(x(i, j), power);
            }
        }
        for (const way& v : token_ways) {
            if (v.id == "block5") {
                continue;
            }
            const matrix<float> y = restored(x.view(), v.q, o);
            const std::vector<double> snr = dgrad_snr(y, x, w);
            const std::string id = fmt::format("alpha{}.{}", power, v.id);
            const std::string what = fmt::format("1 % of tokens x 2^{}, {}", power, v.what);
            all.push_back({id + ".p1", what + ": 1st percentile of dgrad's SNR", "dB", quantile(snr, 0.01)});
            all.push_back({id + ".median", what + ": median", "dB", quantile(snr, 0.5)});
            all.push_back(
                percent(id + ".zeros", what + ": elements that become zero", flushed_share(y.view(), x.view())));
        }
    }
}

std::vector<sample> token_imbalance_batch(const scaling_options& o, std::uint32_t batch) {
    std::vector<sample> all;
    if (o.recorded) {
        const train::linear_operands& linear = o.recorded->operands;
        const matrix<float> chance = make_matrix(distribution::uniform01, 1, linear.dy.rows(), o.seed, batch * 16 + 3);
        add_raised_tokens(linear.dy, linear.w, chance, o, all);
        return all;
    }
    const std::size_t tokens = count_of(o, 2048);
    const matrix<float> plain = normal_matrix(tokens, 512, o, batch, 0);
    const matrix<float> sizes = make_matrix(distribution::normal, 1, tokens, o.seed, batch * 16 + 1);
    add_uneven_tokens(plain, sizes, o, all);
    // Gradients of tokens that differ in size by exp(N) to begin with.
    matrix<float> dy = plain;
    for (std::size_t i = 0; i < tokens; ++i) {
        const double size = std::exp(static_cast<double>(sizes(0, i)));
        for (std::size_t j = 0; j < dy.cols(); ++j) {
            dy(i, j) = static_cast<float>(size * static_cast<double>(dy(i, j)));
        }
    }
    const matrix<float> w = make_matrix(distribution::normal, plain.cols(), 64, o.seed, batch * 16 + 2);
    const matrix<float> chance = make_matrix(distribution::uniform01, 1, tokens, o.seed, batch * 16 + 3);
    add_raised_tokens(dy, w, chance, o, all);
    return all;
}

std::vector<expectation> token_imbalance_expected() {
    return {
        {"sigma0.tile.median", 2.6, 0.05},   {"sigma2.tile.median", 2.6, 0.05},  {"sigma3.tile.median", 2.6, 0.05},
        {"sigma4.tile.median", 2.6, 0.05},   {"sigma3.block.median", 3.1, 0.05}, {"sigma3.block.p95", 100, 0.5},
        {"sigma3.block.zeros", 20, 0.5},     {"sigma4.block.median", 14, 0.5},   {"sigma4.block.zeros", 42, 0.5},
        {"sigma3.block5.median", 5.3, 0.05}, {"sigma3.block5.zeros", 0.1, 0.05}, {"sigma4.block5.zeros", 1.2, 0.05}};
}

std::vector<std::string> token_imbalance_notes() {
    return {
        "Published beside it: DeepSeek-V3 (arXiv 2412.19437, B.2) reports that gradients in 128x128 blocks made a 16B "
        "model "
        "diverge and suspects gradients that are uneven by token. On the gradients of a small trained model, 1 % of "
        "tokens x "
        "2^16, a prototype had: tile 32.8 and 36.7 dB (1st percentile and median), block 3.4 and 34.3, tensor 0.0 and "
        "8.4, "
        "tensor in E5M2 25.6 and 29.6; zeros 0, 26 and 59 %. Random gradients lie some dB lower; the order is what "
        "compares."};
}

// -- outliers ---------------------------------------------------------------------------------------------------------
// One element in a thousand, drawn at random, multiplied: what becomes of the others.
void add_outlying_elements(const matrix<float>& plain, const matrix<float>& chance, const scaling_options& o,
                           std::vector<sample>& all) {
    const way ways[] = {{"tensor", "tensor", whole(e4m3fn)},
                        {"tile", "1x128", fp32_blocks(e4m3fn, granularity::block(1, 128))},
                        {"short", "1x32", fp32_blocks(e4m3fn, granularity::block(1, 32))}};
    const auto is_outlier = [&](std::size_t i, std::size_t j) { return chance(i, j) < 0.001f; };
    for (const int power : {0, 1, 2, 4, 6}) {
        matrix<float> x = plain;
        const double size = std::pow(10.0, power);
        for (std::size_t i = 0; i < x.rows(); ++i) {
            for (std::size_t j = 0; j < x.cols(); ++j) {
                x(i, j) = is_outlier(i, j) ? static_cast<float>(size * static_cast<double>(x(i, j))) : x(i, j);
            }
        }
        for (const way& w : ways) {
            const matrix<float> y = restored(x.view(), w.q, o);
            const std::string id = fmt::format("size1e{}.{}", power, w.id);
            const std::string what = fmt::format("0.1 % of elements x 1e{}, E4M3 {}", power, w.what);
            all.push_back(percent(
                id + ".error", what + ": error of the others",
                relative_error(y.view(), x.view(), [&](std::size_t i, std::size_t j) { return !is_outlier(i, j); })));
            all.push_back(
                percent(id + ".zeros", what + ": elements that become zero", flushed_share(y.view(), x.view())));
        }
    }
}

// ||X W^T of what recipes make of X and W, less that of X and W|| over the norm of the latter, in FP64.
double product_error(const matrix<float>& x, const matrix<float>& w, const matrix<float>& xq, const matrix<float>& wq) {
    double error = 0;
    double reference = 0;
    for (std::size_t i = 0; i < x.rows(); ++i) {
        for (std::size_t n = 0; n < w.rows(); ++n) {
            double y = 0;
            double exact = 0;
            for (std::size_t j = 0; j < x.cols(); ++j) {
                y += double{xq(i, j)} * double{wq(j, n)};
                exact += double{x(i, j)} * double{w(n, j)};
            }
            error += (y - exact) * (y - exact);
            reference += exact * exact;
        }
    }
    return std::sqrt(error / reference);
}

// Channel j of X times 2^k, of W times 2^-k, one channel in 64: the product is the same number.
void add_outlying_channels(const matrix<float>& x0, const matrix<float>& w0, const scaling_options& o,
                           std::vector<sample>& all) {
    const recipe recipes_tried[] = {with_static_factors(recipes::static_scale, 64.0f, 64.0f), recipes::tensor_current,
                                    recipes::rowwise, with_amax_floor(recipes::deepseek_v3, 0.0f), recipes::mxfp8};
    for (const int k : {0, 4, 8, 12, 16, 20}) {
        matrix<float> x = x0;
        matrix<float> w = w0;
        for (std::size_t j = 5; j < x.cols(); j += 64) {
            for (std::size_t i = 0; i < x.rows(); ++i) {
                x(i, j) = std::ldexp(x(i, j), k);
            }
            for (std::size_t i = 0; i < w.rows(); ++i) {
                w(i, j) = std::ldexp(w(i, j), -k);
            }
        }
        for (const recipe& r : recipes_tried) {
            const matrix<float> xq = restored(x.view(), r.for_a(e4m3fn), o);
            const matrix<float> wq = restored(w.view().transposed(), r.for_b(e4m3fn), o);
            all.push_back(
                {fmt::format("channel{}.{}", k, r.name),
                 fmt::format("1 channel in 64 x 2^{} in X, x 2^-{} in W, {}: SNR of the product", k, k, r.name), "dB",
                 decibel(product_error(x, w, xq, wq))});
        }
    }
}

std::vector<sample> outliers_batch(const scaling_options& o, std::uint32_t batch) {
    const matrix<float> plain = activations(count_of(o, 1024), 1024, o, batch, 0);
    const matrix<float> chance =
        make_matrix(distribution::uniform01, plain.rows(), plain.cols(), o.seed, batch * 16 + 1);
    std::vector<sample> all;
    add_outlying_elements(plain, chance, o, all);
    if (o.recorded) {
        // The first tokens are enough: the product is made in FP64, thirty times.
        const train::linear_operands& linear = o.recorded->operands;
        matrix<float> x(std::min<std::size_t>(linear.x.rows(), 256), linear.x.cols());
        std::copy_n(linear.x.data(), x.size(), x.data());
        add_outlying_channels(x, linear.w, o, all);
    } else {
        add_outlying_channels(normal_matrix(count_of(o, 512), 512, o, batch, 2), normal_matrix(64, 512, o, batch, 3), o,
                              all);
    }
    return all;
}

std::vector<expectation> outliers_expected() {
    return {{"size1e0.tensor.error", 2.65, 0.005}, {"size1e1.tensor.error", 2.65, 0.005},
            {"size1e2.tensor.error", 2.65, 0.005}, {"size1e0.tile.error", 2.58, 0.005},
            {"size1e1.tile.error", 2.58, 0.005},   {"size1e2.tile.error", 2.58, 0.005},
            {"size1e4.tensor.error", 3.8, 0.05},   {"size1e4.tensor.zeros", 5, 0.5},
            {"size1e4.tile.error", 2.6, 0.05},     {"size1e6.tensor.error", 100, 0.5},
            {"size1e6.tile.error", 27, 0.5},       {"size1e6.short.error", 14, 0.5}};
}

std::vector<std::string> outliers_notes() {
    return {
        "With one scale per tensor the error grows with the number of elements, because their amax does; how many the "
        "stated figures "
        "had is not said.",
        "FP8 is a floating-point format: up to outliers of about 2^11 the granularity of scales makes no difference, "
        "because "
        "what it would save is range that is there. Beyond, elements fall below the smallest code.",
        "Function-preserving channels stand for outliers of late training (arXiv 2409.12517) and of LLM.int8; on a "
        "small "
        "trained model a prototype saw a static scale collapse at 2^8 and one scale per tensor lose 1 to 3 dB at "
        "2^12."};
}

// -- delayed scaling and spikes ---------------------------------------------------------------------------------------
std::vector<sample> delayed_spikes_batch(const scaling_options& o, std::uint32_t batch) {
    const std::size_t rows = count_of(o, 1024);
    const quantization how{.element = e4m3fn, .blocks = granularity::tensor(), .scale = recipes::delayed.a.scale};
    std::vector<sample> all;
    for (const int factor : {1, 5, 10}) {
        delayed_scale history(e4m3fn, {.history = 16});
        for (std::uint32_t step = 0; step < 3; ++step) {
            history.record(history_amax_of(normal_matrix(rows, 1024, o, batch, step).view()));
            history.update();
        }
        matrix<float> x = normal_matrix(rows, 1024, o, batch, 3);
        const matrix<float> chance = make_matrix(distribution::uniform01, rows, 1024, o.seed, batch * 16 + 4);
        for (std::size_t n = 0; n < x.size(); ++n) {
            x.data()[n] *= chance.data()[n] < 0.001f ? static_cast<float>(factor) : 1.0f;
        }
        const quantized_matrix late = quantize(x.view(), history.apply_to(how), {.threads = o.threads});
        const std::string what = factor == 1 ? "no spike" : fmt::format("0.1 % of values x {}", factor);
        const std::string id = fmt::format("x{}", factor);
        all.push_back(percent(id + ".delayed", what + ", delayed: relative error",
                              relative_error(dequantize(late, {.threads = o.threads}).view(), x.view())));
        all.push_back(percent(id + ".saturated", what + ", delayed: elements that saturate",
                              static_cast<double>(late.events().saturated) / static_cast<double>(x.size())));
        all.push_back(
            percent(id + ".current", what + ", current: relative error",
                    relative_error(restored(x.view(), recipes::tensor_current.for_a(e4m3fn), o).view(), x.view())));
        // The step after: the spike is in the history, and nothing saturates again.
        history.record(history_amax_of(x.view()));
        history.update();
        const quantized_matrix next = quantize(x.view(), history.apply_to(how), {.threads = o.threads});
        all.push_back(percent(id + ".after", what + ", delayed, one step later: relative error",
                              relative_error(dequantize(next, {.threads = o.threads}).view(), x.view())));
    }
    return all;
}

std::vector<expectation> delayed_spikes_expected() {
    return {{"x5.delayed", 6, 0.5}, {"x10.delayed", 19, 0.5}, {"x5.current", 2.6, 0.05}, {"x10.current", 2.6, 0.05}};
}

std::vector<std::string> delayed_spikes_notes() {
    return {
        "arXiv 2409.12517 reports that training with delayed scales diverged after about 200B tokens, when SwiGLU "
        "began to "
        "send sporadic large activations, which no history foresees. Here the spike is by construction; how often it "
        "comes "
        "in a real run is not said."};
}

}  // namespace

scaling_design token_imbalance_design() {
    return {"token_imbalance",
            "Tokens of uneven size: gradients in tiles, blocks and one scale",
            "N(0, 1) times the size of the token, 2048 tokens x 512 a batch",
            emulation,
            token_imbalance_batch,
            token_imbalance_expected,
            token_imbalance_notes,
            "dY and W",
            true};
}
scaling_design outliers_design() {
    return {"outliers",
            "Outlying elements and channels",
            "N(0, 1), 2^20 numbers a batch, some multiplied",
            emulation,
            outliers_batch,
            outliers_expected,
            outliers_notes,
            "X and W",
            true};
}
scaling_design delayed_spikes_design() {
    return {"delayed_spikes",
            "Delayed scaling when spikes come: E4M3, one scale per tensor, history 16",
            "N(0, 1), 2^20 numbers a batch, some multiplied in the last step",
            emulation,
            delayed_spikes_batch,
            delayed_spikes_expected,
            delayed_spikes_notes};
}

}  // namespace narrowfp::bench

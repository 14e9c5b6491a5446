// SPDX-License-Identifier: Apache-2.0
// Other ways to add: the library's accumulators with numbers of your own, and a loop of your own on the same operands.
#include <narrowfp/error.hpp>
#include <narrowfp/gemm.hpp>

#include <cmath>
#include <cstdio>

using namespace narrowfp;

// D = A * B without scales; `add` takes the sum so far and one product, which FP32 holds exactly for FP8 operands.
template <class Sum, class Add>
static matrix<float> multiply(const quantized_matrix& a, const quantized_matrix& b, Sum zero, Add add) {
    matrix<float> d(a.rows(), b.cols());
    for (std::size_t i = 0; i < d.rows(); ++i) {
        for (std::size_t j = 0; j < d.cols(); ++j) {
            Sum sum = zero;
            for (std::size_t k = 0; k < a.cols(); ++k) {
                sum = add(sum, decode_float(a.element(), a.code(i, k)) * decode_float(b.element(), b.code(k, j)));
            }
            d(i, j) = static_cast<float>(sum);
        }
    }
    return d;
}

int main() {
    matrix<float> x(16, 2048), y(2048, 16);
    const philox_stream random{.seed = 1, .tensor = 0};
    for (std::size_t i = 0; i < x.size(); ++i) {
        x.data()[i] = static_cast<float>(random.word(i) >> 8) * 0x1p-24f;
        y.data()[i] = static_cast<float>(random.word(x.size() + i) >> 8) * 0x1p-24f;
    }
    const quantized_matrix a = quantize(x.view(), recipes::none.for_a(e4m3fn));
    const quantized_matrix b = quantize(y.view(), recipes::none.for_b(e4m3fn));
    const matrix<double> truth = exact_product(dequantize(a).view(), dequantize(b).view());
    const auto show = [&](const char* name, const matrix<float>& d) {
        const error_report e = compare(d.view(), truth.view());
        std::printf("%-44s relative error %.1e\n", name, e.relative_frobenius);
    };

    const aligned narrow{.products = 32, .fraction_bits = 11, .output = aligned_output::f32_toward_zero};
    show("aligned, 11 fraction bits", gemm(a, b, narrow));
    show("the same, to FP32 every 64 products", gemm(a, b, promoted{narrow, 64}));
    show("a chain in FP16", multiply(a, b, float16(0), [](float16 sum, float p) { return float16(float{sum} + p); }));
    show("a chain in FP32, the library's", gemm(a, b, sequential<float>{}));
    show("a chain in FP32, the loop above", multiply(a, b, 0.0f, [](float sum, float p) { return sum + p; }));
    show("a chain in double", multiply(a, b, 0.0, [](double sum, float p) { return sum + double{p}; }));
}

// Output:
// aligned, 11 fraction bits                    relative error 1.3e-01
// the same, to FP32 every 64 products          relative error 1.1e-03
// a chain in FP16                              relative error 1.9e-02
// a chain in FP32, the library's               relative error 5.5e-08
// a chain in FP32, the loop above              relative error 5.5e-08
// a chain in double                            relative error 2.7e-08

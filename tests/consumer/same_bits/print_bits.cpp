// SPDX-License-Identifier: Apache-2.0
// Prints the bits of products, quantised matrices and error figures. Compiled twice with different flags, it must print
// the same twice; and the headers and the compiled library must agree within each.
#include <narrowfp/error/exact_product.hpp>
#include <narrowfp/error/metrics.hpp>
#include <narrowfp/gemm/gemm.hpp>
#include <narrowfp/gemm/reference.hpp>
#include <narrowfp/quant/quantize.hpp>
#include <narrowfp/quant/quantize_reference.hpp>
#include <narrowfp/quant/recipe.hpp>
#include <narrowfp/round/convert.hpp>

#include <bit>
#include <cinttypes>
#include <cmath>
#include <cstdio>
#include <optional>
#include <string>
#include <vector>

namespace {

// Integers of 17 bits times powers of two from 2^-20 to 2^-1: exact in FP32, inexact in every 16-bit format.
narrowfp::matrix<float> wide_range_matrix(std::size_t rows, std::size_t cols, std::uint64_t seed) {
    narrowfp::matrix<float> out(rows, cols);
    std::uint64_t state = seed;
    for (std::size_t i = 0; i < out.size(); ++i) {
        state = state * 6364136223846793005u + 1442695040888963407u;  // Knuth's MMIX generator
        const auto integer = static_cast<float>(static_cast<std::int32_t>(state >> 47) - 65536);
        out.data()[i] = std::ldexp(integer, -20 + static_cast<int>((state >> 40) % 20));
    }
    return out;
}

void print_bits(const std::string& title, const narrowfp::matrix<float>& x) {
    std::printf("%s", title.c_str());
    for (std::size_t i = 0; i < x.size(); ++i) {
        std::printf(" %08" PRIx32, std::bit_cast<std::uint32_t>(x.data()[i]));
    }
    std::printf("\n");
}

bool same_bits(const narrowfp::matrix<float>& x, const narrowfp::matrix<float>& y) {
    for (std::size_t i = 0; i < x.size(); ++i) {
        if (std::bit_cast<std::uint32_t>(x.data()[i]) != std::bit_cast<std::uint32_t>(y.data()[i])) {
            return false;
        }
    }
    return x.size() == y.size();
}

void print_errors(const std::string& title, const narrowfp::matrix<float>& x, const narrowfp::matrix<double>& reference,
                  const narrowfp::matrix<double>& absolute) {
    const narrowfp::error_report e =
        narrowfp::compare(x.view(), reference.view(), {.norm_product = {}, .absolute_product = absolute.view()});
    std::printf("%s errors %a %a %a %a %a %a %a", title.c_str(), e.relative_frobenius, e.max_absolute, e.max_relative,
                e.max_ulp, e.rms_reference, e.bias, e.bias_standard_error);
    for (const std::optional<double>& metric : {e.sqnr_db, e.correct_bits, e.cosine, e.componentwise_backward}) {
        std::printf(" %a", metric.value_or(0.0));
    }
    std::printf("\n");
}

// Returns whether the compiled library gives the codes of the reference.
template <class T>
bool print_conversions(const narrowfp::matrix<float>& x, const narrowfp::any_format& format) {
    const std::span<const float> in(x.data(), x.size());
    std::vector<T> codes(in.size());
    std::vector<T> compiled(in.size());
    const narrowfp::rounding mode = narrowfp::default_rounding(format);
    constexpr auto overflow = narrowfp::overflow_mode::saturate_finite;
    const bool same_events = narrowfp::convert_reference(in, std::span<T>(codes), format, mode, overflow) ==
                             narrowfp::convert(in, std::span<T>(compiled), format, mode, overflow);
    std::printf("convert");
    for (const T code : codes) {
        std::printf(" %x", static_cast<unsigned>(code));
    }
    std::printf("\n");
    return same_events && codes == compiled;
}

}  // namespace

int main() {
    constexpr std::size_t m = 3, n = 5, k = 150;  // k: more than one block of 128 and a ragged one of 32
    const narrowfp::matrix<float> a = wide_range_matrix(m, k, 1);
    const narrowfp::matrix<float> b = wide_range_matrix(k, n, 2);
    const narrowfp::matrix<float> c = wide_range_matrix(m, n, 3);
    int differences = 0;
    differences += print_conversions<std::uint8_t>(a, narrowfp::e4m3fn) ? 0 : 1;
    differences += print_conversions<std::uint8_t>(a, narrowfp::hif8) ? 0 : 1;
    differences += print_conversions<std::uint16_t>(a, narrowfp::bf16) ? 0 : 1;

    const narrowfp::accumulator accumulators[] = {narrowfp::sequential<float>{}, narrowfp::exact{}, narrowfp::aligned{},
                                                  narrowfp::promoted{}, narrowfp::promoted{narrowfp::aligned{}, 128}};
    const narrowfp::any_format formats[] = {narrowfp::e4m3fn, narrowfp::e5m2, narrowfp::bf16, narrowfp::f16,
                                            narrowfp::f32};
    for (const narrowfp::recipe& recipe : narrowfp::all_recipes) {
        for (const narrowfp::any_format& format : formats) {
            const std::string name = std::string(recipe.name) + " " + std::string(narrowfp::name_of(format));
            const narrowfp::quantized_matrix qa = narrowfp::quantize_reference(a.view(), recipe.for_a(format));
            const narrowfp::quantized_matrix qb = narrowfp::quantize_reference(b.view(), recipe.for_b(format));
            const narrowfp::matrix<float> restored = narrowfp::dequantize_reference(qa);
            print_bits(name + " A", restored);
            if (narrowfp::quantize(a.view(), recipe.for_a(format)).codes() != qa.codes() ||
                !same_bits(narrowfp::dequantize(qa), restored)) {
                std::fprintf(stderr, "%s: the compiled quantisation and the reference differ\n", name.c_str());
                ++differences;
            }
            const narrowfp::matrix<double> exact = narrowfp::exact_product(a.view(), b.view());
            const narrowfp::matrix<double> absolute = narrowfp::absolute_product(a.view(), b.view());
            const narrowfp::matrix_view<const float> start = c.view();
            for (const narrowfp::accumulator& accumulator : accumulators) {
                const std::string title = name + " " + narrowfp::name_of(accumulator);
                const narrowfp::matrix<float> d = narrowfp::gemm_reference(qa, qb, accumulator, start);
                print_bits(title, d);
                print_errors(title, d, exact, absolute);
                if (!same_bits(d, narrowfp::gemm(qa, qb, accumulator, start))) {
                    std::fprintf(stderr, "%s: the compiled library and the reference differ\n", title.c_str());
                    ++differences;
                }
            }
        }
    }
    return differences == 0 ? 0 : 1;
}

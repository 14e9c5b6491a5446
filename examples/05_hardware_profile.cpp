// SPDX-License-Identifier: Apache-2.0
// A matrix unit by its name, or one that you describe: what its way of adding does to the same product.
#include <narrowfp/error.hpp>
#include <narrowfp/gemm.hpp>

#include <cstdio>

using namespace narrowfp;

// Uniform on [0, 1): sums of one sign show a unit that cuts off.
static matrix<float> random_matrix(std::size_t rows, std::size_t cols, std::uint32_t tensor) {
    const philox_stream random{.seed = 1, .tensor = tensor};
    matrix<float> x(rows, cols);
    for (std::size_t i = 0; i < x.size(); ++i) {
        x.data()[i] = static_cast<float>(random.word(i) >> 8) * 0x1p-24f;
    }
    return x;
}

int main() {
    const matrix<float> a = random_matrix(32, 4096, 0);
    const matrix<float> b = random_matrix(4096, 32, 1);

    // A plan for a chip: FP8 in steps of 16, 17 fraction bits in the alignment, an FP32 register.
    const unit_path fp8{
        .operands = "e4m3fn e5m2",
        .to_f32 = aligned{
            .products = 16, .fraction_bits = 17, .zero_exponent = -132, .output = aligned_output::f32_toward_zero}};
    const matrix_unit planned{.name = "planned", .chips = "a drawing board", .paths = {&fp8, 1}};

    // The error is measured against the exact sums of the rounded operands, so it is the unit's alone.
    const auto show = [&](const matrix_unit& unit, const any_format& format) {
        const quantized_matrix qa = quantize(a.view(), recipes::none.for_a(format));
        const quantized_matrix qb = quantize(b.view(), recipes::none.for_b(format));
        const matrix<double> exact_sums = exact_product(dequantize(qa).view(), dequantize(qb).view());
        const accumulator acc = accumulator_of(unit, format, format);
        const error_report error = compare(gemm(qa, qb, acc).view(), exact_sums.view());
        std::printf("%-8s %-7s %-34s relative error %.1e\n", unit.name.data(), name_of(format).data(),
                    name_of(acc).c_str(), error.relative_frobenius);
    };
    show(unit_by_name("a100"), bf16);
    show(unit_by_name("h100"), bf16);
    show(unit_by_name("h100"), e4m3fn);
    show(unit_by_name("b200"), e4m3fn);
    show(planned, e4m3fn);
    try {
        show(unit_by_name("a100"), e4m3fn);
    } catch (const std::invalid_argument& error) {
        std::printf("%s\n", error.what());
    }
}

// Output:
// a100     bf16    aligned(8,24,zero_exponent=-132)   relative error 2.7e-05
// h100     bf16    aligned(16,25)                     relative error 1.1e-05
// h100     e4m3fn  aligned(32,13)                     relative error 6.6e-02
// b200     e4m3fn  aligned(32,25)                     relative error 4.9e-07
// planned  e4m3fn  aligned(16,17,zero_exponent=-132)  relative error 1.8e-03
// unit a100 has no path for operands e4m3fn x e4m3fn

// SPDX-License-Identifier: Apache-2.0
// Multiply two matrices as an FP8 matrix unit does, and see where the error comes from.
#include <narrowfp/error.hpp>
#include <narrowfp/gemm.hpp>

#include <cstdio>

int main() {
    using namespace narrowfp;

    // Uniform on [0, 1): sums of numbers of one sign are hard for a short accumulator.
    const auto random_matrix = [](std::size_t rows, std::size_t cols, std::uint32_t tensor) {
        const philox_stream random{.seed = 1, .tensor = tensor};
        matrix<float> x(rows, cols);
        for (std::size_t i = 0; i < x.size(); ++i) {
            x.data()[i] = static_cast<float>(random.word(i) >> 8) * 0x1p-24f;
        }
        return x;
    };
    const matrix<float> a = random_matrix(32, 4096, 0);
    const matrix<float> b = random_matrix(4096, 32, 1);
    const matrix<double> truth = exact_product(a.view(), b.view());

    const recipe& r = recipes::tensor_current;
    const quantized_matrix qa = quantize(a.view(), r.for_a(e4m3fn));
    const quantized_matrix qb = quantize(b.view(), r.for_b(e4m3fn));
    const accumulator h100 = accumulator_of(unit_by_name("h100"), e4m3fn, e4m3fn);

    for (const accumulator& acc :
         {accumulator{exact{}}, accumulator{sequential<float>{}}, h100, with_promotion(h100, 128)}) {
        const error_report e = compare(gemm(qa, qb, acc).view(), truth.view());
        std::printf("%-28s relative error %.1e, bias %+.1e\n", name_of(acc).c_str(), e.relative_frobenius, e.bias);
    }
    std::printf("bytes: FP8 %zu, BF16 %zu\n", qa.bytes() + qb.bytes(), 2 * (a.size() + b.size()));
}

// Output:
// exact                        relative error 6.7e-04, bias -6.6e-05
// sequential                   relative error 6.7e-04, bias -6.6e-05
// aligned(32,13)               relative error 7.5e-02, bias -7.5e-02
// promoted(aligned(32,13),128) relative error 9.1e-04, bias -6.2e-04
// bytes: FP8 262152, BF16 524288

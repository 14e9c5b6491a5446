// SPDX-License-Identifier: Apache-2.0
// A format of your own is one object. It has a value type, works in every array function, and can be tried in a product.
#include <narrowfp/error.hpp>
#include <narrowfp/gemm.hpp>

#include <cstdio>

// 7 bits: S.EEEE.MM, bias 8, no infinity and no -0; the code of -0 is NaN.
inline constexpr narrowfp::float_format e4m2fnuz{.name = "e4m2fnuz",
                                                 .type_name = "float7_e4m2fnuz",
                                                 .source = "this file",
                                                 .exponent_bits = 4,
                                                 .fraction_bits = 2,
                                                 .bias = 8,
                                                 .infinity = narrowfp::infinity_kind::none,
                                                 .nan = narrowfp::nan_kind::negative_zero,
                                                 .has_negative_zero = false,
                                                 .on_overflow = narrowfp::overflow_result::nan,
                                                 .storage_bits = 8};

int main() {
    using namespace narrowfp;
    using float7 = value<e4m2fnuz>;

    std::printf("largest %g, smallest %g, pi is %g\n", double{max_finite(e4m2fnuz)}, double{float7::from_bits(1)},
                double{float7(3.14159f)});

    matrix<float> a(8, 64), b(64, 8);
    const philox_stream random{.seed = 1, .tensor = 0};
    for (std::size_t i = 0; i < a.size(); ++i) {
        a.data()[i] = static_cast<float>(random.word(i) >> 8) * 0x1p-23f - 1;
        b.data()[i] = static_cast<float>(random.word(a.size() + i) >> 8) * 0x1p-23f - 1;
    }
    const matrix<double> truth = exact_product(a.view(), b.view());
    for (const any_format& f : {any_format{e4m2fnuz}, any_format{e4m3fnuz}, any_format{e5m2fnuz}}) {
        const recipe& r = recipes::tensor_current;
        const matrix<float> d =
            gemm(quantize(a.view(), r.for_a(f)), quantize(b.view(), r.for_b(f)), sequential<float>{});
        std::printf("%-8s relative error %.3f\n", name_of(f).data(),
                    compare(d.view(), truth.view()).relative_frobenius);
    }
}

// Output:
// largest 224, smallest 0.00195312, pi is 3
// e4m2fnuz relative error 0.079
// e4m3fnuz relative error 0.043
// e5m2fnuz relative error 0.079

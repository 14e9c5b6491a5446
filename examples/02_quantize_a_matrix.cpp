// SPDX-License-Identifier: Apache-2.0
// Quantise an Eigen matrix with scales, count what happened, and see what the granularity of the scales buys.
#include <narrowfp/eigen.hpp>
#include <narrowfp/quantize.hpp>

#include <cstdio>

int main() {
    using namespace narrowfp;

    // 4 x 256, small numbers, and one outlier.
    const philox_stream random{.seed = 7, .tensor = 0};
    Eigen::MatrixXf x(4, 256);
    for (Eigen::Index i = 0; i < x.size(); ++i) {
        x(i) = static_cast<float>(random.word(static_cast<std::uint64_t>(i)) >> 8) * 0x1p-34f;  // below 2^-10
    }
    x(2, 100) = 10000;

    for (const granularity& g : {granularity::tensor(), granularity::row(), granularity::block(1, 128)}) {
        const quantization how{.element = e4m3fn, .blocks = g, .scale = {.method = scale_method::multiplier}};
        const quantized_matrix q = quantize(view(x), how);  // no copy of x
        const matrix<float> back = dequantize(q);
        const double error = (map(back) - x).norm() / x.norm();
        std::printf("%-12s %4zu bytes, %zu of them scales; %llu of %llu elements became zero; error %.2e\n",
                    name_of(g).c_str(), q.bytes(), q.scale_bytes(),
                    static_cast<unsigned long long>(q.events().underflowed),
                    static_cast<unsigned long long>(q.events().elements), error);
    }
}

// Output:
// tensor       1028 bytes, 4 of them scales; 1023 of 1024 elements became zero; error 1.78e-06
// row          1040 bytes, 16 of them scales; 255 of 1024 elements became zero; error 8.82e-07
// block(1,128) 1056 bytes, 32 of them scales; 127 of 1024 elements became zero; error 6.52e-07

// SPDX-License-Identifier: Apache-2.0
// oneDNN's matrix product as a comparison in benchmarks. It is used where its headers and library were found when the
// project was configured (Debian package libdnnl-dev); without it `onednn_product` says so. The instruction set is
// restricted to that of the target in use (base/target.hpp), which oneDNN reads from the environment once.
#pragma once

#include <narrowfp/base/matrix.hpp>

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

namespace narrowfp::bench {

// C = A * B in FP32, from FP32 or bfloat16 operands, row-major and not transposed. `packed`: B is brought into oneDNN's
// own order once, before the first product.
class onednn_product {
public:
    // Throws not_available (benchmark_main.hpp) without oneDNN, or where it has no such product here.
    onednn_product(const matrix<float>& a, const matrix<float>& b, bool packed, int threads);
    onednn_product(const std::vector<std::uint16_t>& a, const std::vector<std::uint16_t>& b, std::size_t m,
                   std::size_t n, std::size_t k, bool packed, int threads);
    ~onednn_product();

    void compute_into(matrix<float>& c);
    std::string implementation() const;  // oneDNN's version and its name of the kernel in use

private:
    struct state;
    std::unique_ptr<state> state_;
};

// Version, or why there is none.
std::string onednn_text();

}  // namespace narrowfp::bench

// SPDX-License-Identifier: Apache-2.0
#include <narrowfp/gemm/internal/kernel_set.hpp>
#include <narrowfp/gemm/kernel/kernel_sets.hpp>

namespace narrowfp::detail {

namespace {

constexpr dispatch_row<kernel_set_function> rows[] = {
#if NARROWFP_X86_KERNELS
    {features_of(target::avx512_bf16), avx512_bf16_kernels},
    {features_of(target::avx512), avx512_kernels},
    {features_of(target::avx2), avx2_kernels},
#endif
    {{}, nullptr},
};

}  // namespace

dispatch_table<kernel_set_function> kernel_sets() { return complete_table<rows>(); }

}  // namespace narrowfp::detail

// SPDX-License-Identifier: Apache-2.0
// OpenBLAS as a comparison in benchmarks: opened at run time, never linked, so the project builds and runs without it.
// Only the OpenMP build is accepted: with the pthread build, two thread pools compete when its calls alternate with
// ours, and ratios come out two to six times too good. OPENBLAS_CORETYPE and OPENBLAS_L2_SIZE, which OpenBLAS reads
// when it is loaded, are removed from the environment first. Versions before 0.3.25 take a processor that they do not
// know for a Prescott (SSE3) and would lose every comparison; the kernels are then chosen by the processor's features.
#pragma once

#include <filesystem>
#include <optional>
#include <string>

namespace narrowfp::bench {

struct openblas {
    std::filesystem::path path;
    std::string core;          // the kernels in use, such as "SkylakeX"
    bool core_chosen = false;  // by us or the caller, not by OpenBLAS's own detection
    std::string config;        // version and build options in OpenBLAS's words

    // C = alpha * A * B + beta * C, row-major, not transposed: A is m x k, B is k x n, leading dimensions in elements.
    void sgemm(int m, int n, int k, float alpha, const float* a, int lda, const float* b, int ldb, float beta, float* c,
               int ldc) const;

    // y = A^T * x, row-major: A is k x n. Precondition: cblas_sgemv is there.
    void sgemv_transposed(int k, int n, const float* a, int lda, const float* x, float* y) const;

    // Threads of later calls in the whole process.
    void set_num_threads(int threads) const;

    using sgemm_function = void (*)(int order, int trans_a, int trans_b, int m, int n, int k, float alpha,
                                    const float* a, int lda, const float* b, int ldb, float beta, float* c, int ldc);
    using sgemv_function = void (*)(int order, int trans, int m, int n, float alpha, const float* a, int lda,
                                    const float* x, int incx, float beta, float* y, int incy);
    using set_threads_function = void (*)(int);
    sgemm_function cblas_sgemm = nullptr;
    sgemv_function cblas_sgemv = nullptr;
    set_threads_function openblas_set_num_threads = nullptr;
};

struct openblas_or_reason {
    std::optional<openblas> library;
    std::string reason;  // why there is none, for a record's note
};

// Loads libopenblas.so.0 of Debian's libopenblas0-openmp, or the file at `path`, and checks a small product. `core`
// ("Haswell", "SkylakeX") restricts the instruction set; it is set before loading and the library must confirm it.
// Changes the environment: call it before other threads start. Once loaded, the library stays. The first call of a
// process decides; a later one with other arguments gets a reason. Throws nothing but std::bad_alloc.
openblas_or_reason load_openblas(const std::filesystem::path& path = {}, const std::string& core = {});

}  // namespace narrowfp::bench

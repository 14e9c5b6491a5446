// SPDX-License-Identifier: Apache-2.0
#include "support/openblas.hpp"

#include <narrowfp/base/dispatch.hpp>

#include <dlfcn.h>
#include <strings.h>

#include <algorithm>
#include <array>
#include <cstdlib>
#include <mutex>
#include <system_error>
#include <vector>

namespace narrowfp::bench {
namespace {

constexpr int openmp_build = 2;  // openblas_get_parallel: 0 sequential, 1 pthread, 2 OpenMP
constexpr int row_major = 101;   // CblasRowMajor
constexpr int no_trans = 111;    // CblasNoTrans
constexpr int trans = 112;       // CblasTrans

openblas_or_reason none(std::string reason) { return {std::nullopt, std::move(reason)}; }

// /usr/lib/<architecture>/openblas-openmp/libopenblas.so.0, whichever architectures are installed.
std::vector<std::filesystem::path> installed() {
    std::vector<std::filesystem::path> found;
    std::error_code error;
    for (std::filesystem::directory_iterator it("/usr/lib", error), end; !error && it != end; it.increment(error)) {
        std::error_code ignored;
        const std::filesystem::path file = it->path() / "openblas-openmp" / "libopenblas.so.0";
        if (std::filesystem::exists(file, ignored)) {
            found.push_back(file);
        }
    }
    std::sort(found.begin(), found.end());
    return found;
}

template <class Function>
Function symbol(void* handle, const char* name) {
    return reinterpret_cast<Function>(::dlsym(handle, name));
}

// 2 x 4 times 4 x 3 in small integers: exact in any order of summation.
bool multiplies(const openblas& library) {
    constexpr std::array<float, 8> a = {1, 2, 3, 4, 5, 6, 7, 8};
    constexpr std::array<float, 12> b = {1, -1, 2, 0, 3, 1, 2, 2, -2, 4, 0, 1};
    std::array<float, 6> c{};
    library.sgemm(2, 3, 4, 1, a.data(), 4, b.data(), 3, 0, c.data(), 3);
    return c == std::array<float, 6>{1 + 0 + 6 + 16,  -1 + 6 + 6 + 0,   2 + 2 - 6 + 4,
                                     5 + 0 + 14 + 32, -5 + 18 + 14 + 0, 10 + 6 - 14 + 8};
}

// OpenBLAS's name for kernels that this processor can run, by its features; empty if only old ones fit.
constexpr dispatch_row<std::string_view> cores[] = {{features_named("avx512f,avx512bw,avx512dq,avx512vl"), "SkylakeX"},
                                                    {features_named("avx2,fma"), "Haswell"},
                                                    {{}, ""}};

std::string core_for_this_processor() { return std::string(best_of(complete_table<cores>(), this_machine().usable)); }

bool same_core(const std::string& a, const std::string& b) { return ::strcasecmp(a.c_str(), b.c_str()) == 0; }

openblas_or_reason refused(const std::filesystem::path& path, const std::string& why) {
    return none("OpenBLAS '" + path.string() + "' refused: " + why);
}

// Closing a library whose threads have not started is safe; its OpenMP runtime is not made to be unloaded and stays.
void close(void* handle) {
    ::dlopen("libgomp.so.1", RTLD_NOW | RTLD_NOLOAD | RTLD_NODELETE);
    ::dlclose(handle);
}

// Loads the file for a core, or for the one that OpenBLAS detects, and looks its functions up. A file that is refused
// is closed again.
openblas_or_reason open_image(const std::filesystem::path& path, const std::string& core, void*& handle) {
    ::unsetenv("OPENBLAS_L2_SIZE");
    ::unsetenv("OPENBLAS_CORETYPE");
    if (!core.empty()) {
        ::setenv("OPENBLAS_CORETYPE", core.c_str(), 1);
    }
    handle = ::dlopen(path.c_str(), RTLD_NOW | RTLD_LOCAL);
    if (handle == nullptr) {
        const char* message = ::dlerror();
        return none(std::string("OpenBLAS cannot be loaded: ") + (message != nullptr ? message : "unknown reason"));
    }
    const auto refuse = [&](const std::string& why) {
        close(handle);
        return refused(path, why);
    };
    const auto parallel = symbol<int (*)()>(handle, "openblas_get_parallel");
    const auto core_name = symbol<char* (*)()>(handle, "openblas_get_corename");
    const auto config = symbol<char* (*)()>(handle, "openblas_get_config");
    openblas library;
    library.cblas_sgemv = symbol<openblas::sgemv_function>(handle, "cblas_sgemv");
    library.cblas_sgemm = symbol<openblas::sgemm_function>(handle, "cblas_sgemm");
    library.openblas_set_num_threads = symbol<openblas::set_threads_function>(handle, "openblas_set_num_threads");
    if (parallel == nullptr || core_name == nullptr || config == nullptr || library.cblas_sgemm == nullptr ||
        library.openblas_set_num_threads == nullptr) {
        return refuse("it lacks a function that is needed");
    }
    if (parallel() != openmp_build) {
        return refuse("it is not the OpenMP build (Debian package libopenblas0-openmp)");
    }
    library.path = path;
    library.core = core_name();
    library.core_chosen = !core.empty();
    library.config = config();
    if (library.config.find("USE64BITINT") != std::string::npos) {
        return refuse("it is built with 64-bit integers");
    }
    if (!core.empty() && !same_core(library.core, core)) {
        return refuse("it uses the core " + library.core + ", not " + core);
    }
    return {library, ""};
}

openblas_or_reason open(const std::filesystem::path& path, const std::string& core) {
    void* handle = nullptr;
    openblas_or_reason result = open_image(path, core, handle);
    const std::string better = core_for_this_processor();
    if (result.library && core.empty() && same_core(result.library->core, "Prescott") && !better.empty()) {
        close(handle);
        result = open_image(path, better, handle);
    }
    if (result.library && !multiplies(*result.library)) {
        return refused(path, "a small product in integers is wrong");
    }
    return result;
}

openblas_or_reason load(const std::filesystem::path& path, const std::string& core) {
    const std::vector<std::filesystem::path> candidates =
        path.empty() ? installed() : std::vector<std::filesystem::path>{path};
    if (candidates.empty()) {
        return none("OpenBLAS is not installed (Debian package libopenblas0-openmp)");
    }
    openblas_or_reason result;
    for (const std::filesystem::path& candidate : candidates) {
        result = open(candidate, core);
        if (result.library) {
            break;
        }
    }
    return result;
}

}  // namespace

void openblas::sgemm(int m, int n, int k, float alpha, const float* a, int lda, const float* b, int ldb, float beta,
                     float* c, int ldc) const {
    cblas_sgemm(row_major, no_trans, no_trans, m, n, k, alpha, a, lda, b, ldb, beta, c, ldc);
}

void openblas::sgemv_transposed(int k, int n, const float* a, int lda, const float* x, float* y) const {
    cblas_sgemv(row_major, trans, k, n, 1, a, lda, x, 1, 0, y, 1);
}

void openblas::set_num_threads(int threads) const { openblas_set_num_threads(threads); }

openblas_or_reason load_openblas(const std::filesystem::path& path, const std::string& core) {
    struct first_call {
        std::filesystem::path path;
        std::string core;
        openblas_or_reason result;
    };
    static std::mutex mutex;
    static std::optional<first_call> first;
    const std::lock_guard lock(mutex);
    if (!first) {
        first = first_call{path, core, load(path, core)};
    }
    if (first->path != path || first->core != core) {
        return none("OpenBLAS was loaded before in this process, for other arguments");
    }
    return first->result;
}

}  // namespace narrowfp::bench

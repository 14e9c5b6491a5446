// SPDX-License-Identifier: Apache-2.0
#include "support/onednn.hpp"

#include "support/benchmark_main.hpp"

#include <narrowfp/base/dispatch.hpp>
#include <narrowfp/base/target.hpp>

#if defined(NARROWFP_BENCH_ONEDNN)
#include <dnnl.hpp>

#include <fmt/format.h>
#if defined(_OPENMP)
#include <omp.h>
#endif

#include <cstdlib>
#include <cstring>

namespace narrowfp::bench {
namespace {

using dnnl::memory;

void use_threads(int threads) {
#if defined(_OPENMP)
    omp_set_num_threads(threads);
#else
    static_cast<void>(threads);
#endif
}

// Null: all that the processor has.
constexpr dispatch_row<const char*> instruction_sets[] = {{features_of(target::avx512_bf16), nullptr},
                                                          {features_of(target::avx512), "AVX512_CORE"},
                                                          {features_of(target::avx2), "AVX2"},
                                                          {{}, nullptr}};

// One engine for the process; before it is made, the instruction set is restricted.
const dnnl::engine& the_engine() {
    static const dnnl::engine engine = [] {
        const char* const isa = best_of(complete_table<instruction_sets>(), active_features());
        for (const char* name : {"ONEDNN_MAX_CPU_ISA", "DNNL_MAX_CPU_ISA"}) {
            isa != nullptr ? ::setenv(name, isa, 1) : ::unsetenv(name);
        }
        return dnnl::engine(dnnl::engine::kind::cpu, 0);
    }();
    return engine;
}

memory::desc row_major(std::size_t rows, std::size_t columns, memory::data_type type) {
    const memory::dims dims{static_cast<memory::dim>(rows), static_cast<memory::dim>(columns)};
    return {dims, type, memory::dims{dims[1], 1}};
}

dnnl::matmul::primitive_desc product_of(const memory::desc& a, const memory::desc& b, const memory::desc& c) {
#if DNNL_VERSION_MAJOR >= 3
    return {the_engine(), a, b, c};
#else
    return {dnnl::matmul::desc(a, b, c), the_engine()};
#endif
}

}  // namespace

struct onednn_product::state {
    dnnl::stream stream{the_engine()};
    memory a;
    memory b;
    memory::desc c;
    dnnl::matmul::primitive_desc description;
    dnnl::matmul product;
    int threads = 1;

    state(const void* a_data, const void* b_data, std::size_t m, std::size_t n, std::size_t k, memory::data_type type,
          bool packed, int thread_count)
        : threads(thread_count) {
        use_threads(threads);
        const memory::desc a_desc = row_major(m, k, type);
        const memory::desc b_desc = row_major(k, n, type);
        const memory::desc any{
            {static_cast<memory::dim>(k), static_cast<memory::dim>(n)}, type, memory::format_tag::any};
        c = row_major(m, n, memory::data_type::f32);
        description = product_of(a_desc, packed ? any : b_desc, c);
        product = dnnl::matmul(description);
        a = memory(a_desc, the_engine(), const_cast<void*>(a_data));
        b = memory(b_desc, the_engine(), const_cast<void*>(b_data));
        if (packed) {
            memory own(description.weights_desc(), the_engine());
            dnnl::reorder(b, own).execute(stream, b, own);
            stream.wait();
            b = own;
        }
    }
};

onednn_product::onednn_product(const matrix<float>& a, const matrix<float>& b, bool packed, int threads) try
    : state_(std::make_unique<state>(a.data(), b.data(), a.rows(), b.cols(), a.cols(), memory::data_type::f32, packed,
                                     threads)) {
} catch (const dnnl::error& e) {
    throw not_available(fmt::format("oneDNN has no FP32 product here: {}", e.what()));
}

onednn_product::onednn_product(const std::vector<std::uint16_t>& a, const std::vector<std::uint16_t>& b, std::size_t m,
                               std::size_t n, std::size_t k, bool packed, int threads) try
    : state_(std::make_unique<state>(a.data(), b.data(), m, n, k, memory::data_type::bf16, packed, threads)) {
} catch (const dnnl::error& e) {
    throw not_available(fmt::format("oneDNN has no BF16 product here: {}", e.what()));
}

onednn_product::~onednn_product() = default;

void onednn_product::compute_into(matrix<float>& out) {
    use_threads(state_->threads);
    memory c(state_->c, the_engine(), out.data());
    state_->product.execute(state_->stream,
                            {{DNNL_ARG_SRC, state_->a}, {DNNL_ARG_WEIGHTS, state_->b}, {DNNL_ARG_DST, c}});
    state_->stream.wait();
}

std::string onednn_product::implementation() const {
    return onednn_text() + ", " + state_->description.impl_info_str();
}

std::string onednn_text() {
    const dnnl_version_t* const v = dnnl_version();
    return fmt::format("oneDNN {}.{}.{}", v->major, v->minor, v->patch);
}

}  // namespace narrowfp::bench

#else

namespace narrowfp::bench {

struct onednn_product::state {};

static constexpr const char* missing = "oneDNN was not found when this was configured (Debian package libdnnl-dev)";

onednn_product::onednn_product(const matrix<float>&, const matrix<float>&, bool, int) { throw not_available(missing); }
onednn_product::onednn_product(const std::vector<std::uint16_t>&, const std::vector<std::uint16_t>&, std::size_t,
                               std::size_t, std::size_t, bool, int) {
    throw not_available(missing);
}
onednn_product::~onednn_product() = default;
void onednn_product::compute_into(matrix<float>&) {}
std::string onednn_product::implementation() const { return {}; }
std::string onednn_text() { return std::string("none: ") + missing; }

}  // namespace narrowfp::bench

#endif

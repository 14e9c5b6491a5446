// SPDX-License-Identifier: Apache-2.0
#include "support/gemm_rows.hpp"

#include "support/onednn.hpp"
#include "support/random_data.hpp"
#include "support/verification.hpp"

#include <narrowfp/base/dispatch.hpp>
#include <narrowfp/base/target.hpp>
#include <narrowfp/eigen.hpp>
#include <narrowfp/format/catalog.hpp>
#include <narrowfp/gemm/accumulator_name.hpp>
#include <narrowfp/gemm/native.hpp>
#include <narrowfp/gemm/reference.hpp>
#include <narrowfp/quant/quantize.hpp>

#include <fmt/format.h>

#include <Eigen/Core>

#include <cstring>
#include <optional>

namespace narrowfp::bench {
namespace {

constexpr std::string_view prefix = "gemm";
constexpr double small_product = 0x1p24;  // multiply-adds up to which the reference computes all of a product
constexpr int samples = 48;               // elements of a larger one

report::field_list parameters_of(const product_spec& s) {
    report::field_list p;
    add_field(p, "impl", s.impl);
    add_field(p, "a", std::string(name_of(s.a)));
    add_field(p, "b", std::string(name_of(s.b)));
    add_field(p, "recipe", std::string(s.scaling.name));
    add_field(p, "acc", s.acc_name.empty() ? name_of(s.acc) : s.acc_name);
    if (!s.target.empty()) {
        add_field(p, "target", s.target);
    }
    add_field(p, "m", s.shape.m);
    add_field(p, "n", s.shape.n);
    add_field(p, "k", s.shape.k);
    add_field(p, "threads", s.threads);
    return p;
}

class product_row : public suite_row {
public:
    product_row(const product_spec& spec, const product_context& context)
        : suite_row(prefix, parameters_of(spec)), spec_(spec), context_(context) {}

    double macs() const override { return spec_.shape.products(); }
    std::string target() const override { return spec_.target; }
    std::string group() const override {
        const auto& [m, n, k] = spec_.shape;
        return fmt::format("{}x{}x{} {}", spec_.rotated_bytes == 0 ? m : 0, n, k, spec_.target);
    }
    std::string label() const override { return label_; }
    void release() override {
        x_ = nullptr;
        w_ = nullptr;
        result_ = {};
    }

protected:
    void draw_operands() {
        x_ = context_.operands->a(spec_.shape);
        w_ = context_.operands->b(spec_.shape);
        result_ = matrix<float>(spec_.shape.m, spec_.shape.n);
    }

    product_spec spec_;
    product_context context_;
    std::shared_ptr<const matrix<float>> x_;  // A
    std::shared_ptr<const matrix<float>> w_;  // B
    matrix<float> result_;
    std::string label_;
};

// -- this library -----------------------------------------------------------------------------------------------------
// Operands are quantised before the timing. Decoding and packing of both is timed, but for the weights of a packed row.
class narrowfp_row : public product_row {
public:
    using product_row::product_row;

    void prepare() override {
        draw_operands();
        const options all_threads{};
        a_ = quantize(x_->view(), spec_.scaling.for_a(spec_.a), all_threads);
        if (spec_.impl == "narrowfp_packed") {
            packed_ = context_.operands->packed(spec_);
        } else {
            b_ = quantize(w_->view(), spec_.scaling.for_b(spec_.b), all_threads);
        }
        x_ = nullptr;
        label_ = fmt::format("narrowfp, target {}", name_of(active_target()));
        compute();
        const quantized_matrix& b = packed_ != nullptr ? packed_->b : b_;
        const std::uint32_t seed = context_.operands->seed();
        wrong_ = is_native() ? sampled_outside_bound(result_, dequantize(a_), dequantize(b), samples, seed)
                 : macs() <= small_product ? first_difference(result_, gemm_reference(a_, b, spec_.acc))
                                           : sampled_difference(result_, a_, b, spec_.acc, samples, seed);
        first_crc_ = crc32_of(result_);
    }
    void compute() override {
        const options how{.threads = spec_.threads};
        if (packed_ != nullptr) {
            gemm_into(a_, packed_->copies[next_++ % packed_->copies.size()], spec_.acc, result_.view(), {}, f32, how);
        } else if (is_native()) {
            gemm_into(a_, b_, accumulate::native{}, result_.view(), {}, f32, how);
        } else {
            gemm_into(a_, b_, spec_.acc, result_.view(), {}, f32, how);
        }
    }
    std::string check() const override {
        return !wrong_.empty() || crc32_of(result_) == first_crc_ ? wrong_
                                                                  : "its bits are not those of the first product";
    }
    std::string checked_against() const override {
        if (is_native()) {
            return fmt::format("{} elements within the bound of gemm/native.hpp", samples);
        }
        return macs() <= small_product ? "equal to gemm_reference, bit for bit"
                                       : fmt::format(
                                             "{} elements equal to gemm_reference, bit for bit; all elements "
                                             "equal in every repetition",
                                             samples);
    }
    void release() override {
        product_row::release();
        a_ = {};
        b_ = {};
        packed_ = nullptr;
    }

private:
    bool is_native() const { return spec_.acc_name == "native"; }

    quantized_matrix a_;
    quantized_matrix b_;
    std::shared_ptr<const packed_weights> packed_;
    std::size_t next_ = 0;
    std::string wrong_;
    std::uint32_t first_crc_ = 0;
};

// -- other libraries, whose order of summation is their own -----------------------------------------------------------
class other_row : public product_row {
public:
    using product_row::product_row;

    std::string check() const override {
        const matrix<float>& a = rounded_a_.size() != 0 ? rounded_a_ : *x_;
        const matrix<float>& b = rounded_b_.size() != 0 ? rounded_b_ : *w_;
        return sampled_outside_bound(result_, a, b, samples, context_.operands->seed());
    }
    std::string checked_against() const override {
        return fmt::format("{} elements within k u / (1 - k u) * |A| |B| of the exact product, u = 2^-24", samples);
    }
    void release() override {
        product_row::release();
        rounded_a_ = {};
        rounded_b_ = {};
    }

protected:
    matrix<float> rounded_a_;  // operands in bfloat16, if they are
    matrix<float> rounded_b_;
};

class openblas_row : public other_row {  // a product with one row by sgemv
public:
    using other_row::other_row;

    void prepare() override {
        if (!context_.blas.library) {
            throw not_available(context_.blas.reason);
        }
        draw_operands();
        label_ = fmt::format("OpenBLAS, core {}{}", context_.blas.library->core,
                             context_.blas.library->core_chosen ? " (chosen by the target)" : "");
        compute();
    }
    void compute() override {
        const auto [m, n, k] = std::array{static_cast<int>(spec_.shape.m), static_cast<int>(spec_.shape.n),
                                          static_cast<int>(spec_.shape.k)};
        context_.blas.library->set_num_threads(spec_.threads);
        if (m == 1 && context_.blas.library->cblas_sgemv != nullptr) {
            context_.blas.library->sgemv_transposed(k, n, w_->data(), n, x_->data(), result_.data());
            return;
        }
        context_.blas.library->sgemm(m, n, k, 1, x_->data(), k, w_->data(), n, 0, result_.data(), n);
    }
};

class eigen_row : public other_row {
public:
    using other_row::other_row;

    void prepare() override {
        draw_operands();
        label_ = fmt::format("Eigen {}.{}.{} compiled for {}", EIGEN_WORLD_VERSION, EIGEN_MAJOR_VERSION,
                             EIGEN_MINOR_VERSION, Eigen::SimdInstructionSetsInUse());
        compute();
    }
    void compute() override {
        Eigen::setNbThreads(spec_.threads);
        map(result_).noalias() = map(*x_) * map(*w_);
    }
};

class onednn_row : public other_row {
public:
    using other_row::other_row;

    void prepare() override {
        draw_operands();
        const bool packed = spec_.impl == "onednn_packed";
        if (spec_.b == any_format{bf16}) {
            round_operands();
            product_.emplace(a_words_, b_words_, spec_.shape.m, spec_.shape.n, spec_.shape.k, packed, spec_.threads);
        } else {
            product_.emplace(*x_, *w_, packed, spec_.threads);
        }
        label_ = product_->implementation();
        compute();
    }
    void compute() override { product_->compute_into(result_); }
    void release() override {
        product_.reset();
        a_words_ = {};
        b_words_ = {};
        other_row::release();
    }

private:
    void round_operands() {
        const auto round = [](const matrix<float>& from, std::vector<std::uint16_t>& words, matrix<float>& rounded) {
            const quantized_matrix q = quantize(from.view(), recipes::none.for_a(bf16));
            words.resize(from.size());
            std::memcpy(words.data(), q.codes().bytes().data(), words.size() * sizeof words[0]);
            rounded = dequantize(q);
        };
        round(*x_, a_words_, rounded_a_);
        round(*w_, b_words_, rounded_b_);
    }

    std::vector<std::uint16_t> a_words_;
    std::vector<std::uint16_t> b_words_;
    std::optional<onednn_product> product_;
};

// Reads as many bytes as the weights have and does nothing with them: no product of one row can be faster.
class read_row : public product_row {
public:
    using product_row::product_row;

    void prepare() override {
        bytes_ = spec_.shape.n * spec_.shape.k * static_cast<std::size_t>(storage_bits_of(spec_.b)) / 8 / chunk * chunk;
        memory_ = context_.operands->bytes(std::max(spec_.rotated_bytes, bytes_));
        expected_ = sum_from(0);
        label_ = "reads the bytes of the weights";
        compute();
    }
    void compute() override {
        sum_ = sum_from(at_);
        at_ = at_ + 2 * bytes_ <= memory_->size() ? at_ + bytes_ : 0;
    }
    std::string check() const override { return sum_ == expected_ ? "" : "the sum of the bytes differs"; }
    std::string checked_against() const override { return "the sum of all words"; }
    void release() override { memory_ = nullptr; }

private:
    static constexpr std::size_t chunk = std::size_t{1} << 17;

    std::uint64_t sum_from(std::size_t at) const {
        std::uint64_t sum = 0;
        const auto chunks = static_cast<std::ptrdiff_t>(bytes_ / chunk);
#if defined(_OPENMP)
#pragma omp parallel for num_threads(spec_.threads) reduction(+ : sum)
#endif
        for (std::ptrdiff_t c = 0; c < chunks; ++c) {
            sum += read_all(memory_->data() + at + static_cast<std::size_t>(c) * chunk, chunk);
        }
        return sum;
    }

    std::size_t bytes_ = 0;
    std::size_t at_ = 0;
    std::uint64_t sum_ = 0;
    std::uint64_t expected_ = 0;
    std::shared_ptr<const byte_block> memory_;
};

// -- the machine ------------------------------------------------------------------------------------------------------
// Multiply-adds on registers: no product can be faster.
class peak_row : public product_row {
public:
    using product_row::product_row;

    void prepare() override {
        loop_ = peak_loop_for(spec_.b == any_format{int8}   ? peak_kind::dot_int8
                              : spec_.b == any_format{bf16} ? peak_kind::dot_bf16
                                                            : peak_kind::fma_f32);
        if (loop_.run == nullptr) {
            throw not_available(fmt::format("target {} has no such instruction", name_of(active_target())));
        }
        label_ = "peak: " + loop_.instruction;
        sums_.assign(static_cast<std::size_t>(spec_.threads), 0.0f);
        compute();
        expected_ = loop_.run();
    }
    void compute() override {
#if defined(_OPENMP)
#pragma omp parallel for num_threads(spec_.threads)
#endif
        for (int thread = 0; thread < spec_.threads; ++thread) {
            sums_[static_cast<std::size_t>(thread)] = loop_.run();
        }
    }
    std::string check() const override {
        const bool same = std::all_of(sums_.begin(), sums_.end(),
                                      [&](float x) { return std::memcmp(&x, &expected_, sizeof x) == 0; });
        return same ? "" : "the loop gave another sum";
    }
    std::string checked_against() const override { return "its sum is the same in every thread and repetition"; }
    double macs() const override {
        return (loop_.run != nullptr ? loop_.macs : 1.0) * static_cast<double>(spec_.threads);
    }

private:
    peak_loop loop_;
    std::vector<float> sums_;
    float expected_ = 0;
};

}  // namespace

namespace {

template <class T, class Make>
std::shared_ptr<const T> held_or_made(std::weak_ptr<const T>& held, Make make) {
    std::shared_ptr<const T> found = held.lock();
    if (found == nullptr) {
        found = std::make_shared<const T>(make());
        held = found;
    }
    return found;
}

}  // namespace

std::shared_ptr<const matrix<float>> operand_store::a(const product_shape& shape) {
    return held_or_made(matrices_[fmt::format("a {} {}", shape.m, shape.k)],
                        [&] { return make_matrix(distribution::normal, shape.m, shape.k, seed_, 0); });
}

std::shared_ptr<const matrix<float>> operand_store::b(const product_shape& shape) {
    return held_or_made(matrices_[fmt::format("b {} {}", shape.k, shape.n)],
                        [&] { return make_matrix(distribution::normal, shape.k, shape.n, seed_, 1); });
}

std::shared_ptr<const byte_block> operand_store::bytes(std::size_t count) {
    return held_or_made(bytes_[count], [&] { return byte_block(count); });
}

std::shared_ptr<const packed_weights> operand_store::packed(const product_spec& spec) {
    const operand_scaling& scaling = spec.scaling.b;
    const std::string key =
        fmt::format("{} {} {} {} {} {} {}", name_of(spec.b), static_cast<int>(scaling.scale.method),
                    scaling.free_extent, scaling.k_extent, spec.shape.k, spec.shape.n, spec.rotated_bytes);
    return held_or_made(weights_[key], [&] {
        packed_weights out;
        out.b = quantize(b(spec.shape)->view(), spec.scaling.for_b(spec.b));
        do {
            out.copies.emplace_back(out.b);
        } while (out.copies.size() * out.copies.front().packed_bytes() < spec.rotated_bytes);
        return out;
    });
}

std::string name_of_product(const product_spec& spec) { return name_of_row(prefix, parameters_of(spec)); }

// Empty: the core that OpenBLAS chooses.
static constexpr dispatch_row<std::string_view> openblas_cores[] = {{features_of(target::avx512_bf16), ""},
                                                                    {features_of(target::avx512), "SkylakeX"},
                                                                    {features_of(target::avx2), "Haswell"},
                                                                    {{}, ""}};

std::string openblas_core_for_target() {
    return std::string(best_of(complete_table<openblas_cores>(), active_features()));
}

std::unique_ptr<suite_row> make_product_row(const product_spec& spec, const product_context& context) {
    if (spec.impl == "narrowfp" || spec.impl == "narrowfp_packed") {
        return std::make_unique<narrowfp_row>(spec, context);
    }
    if (spec.impl == "openblas") {
        return std::make_unique<openblas_row>(spec, context);
    }
    if (spec.impl == "eigen") {
        return std::make_unique<eigen_row>(spec, context);
    }
    if (spec.impl == "onednn" || spec.impl == "onednn_packed") {
        return std::make_unique<onednn_row>(spec, context);
    }
    if (spec.impl == "read") {
        return std::make_unique<read_row>(spec, context);
    }
    if (spec.impl == "peak") {
        return std::make_unique<peak_row>(spec, context);
    }
    throw std::invalid_argument("unknown kind of row '" + spec.impl + "'");
}

}  // namespace narrowfp::bench

// SPDX-License-Identifier: Apache-2.0
// How long products take on this machine: the reference product of the library, which emulates formats, scales and
// accumulators in software, beside FP32 products of Eigen and OpenBLAS. The time of an emulation is not a cost of
// anything but the emulation; the rows exist so that a change of the library's speed is seen.
// A new format, recipe, accumulator or size is one line in the tables below.
#include "support/benchmark_main.hpp"
#include "support/openblas.hpp"
#include "support/random_data.hpp"
#include "support/verification.hpp"

#include <narrowfp/eigen.hpp>
#include <narrowfp/error/exact_product.hpp>
#include <narrowfp/format/catalog.hpp>
#include <narrowfp/gemm/gemm.hpp>
#include <narrowfp/gemm/reference.hpp>
#include <narrowfp/quant/recipe.hpp>

#include <fmt/format.h>

#include <Eigen/Core>

#include <algorithm>
#include <array>

namespace narrowfp::bench {
namespace {

constexpr std::array<std::size_t, 3> sizes{64, 128, 256};  // m = n = k; small, because the reference is slow

struct configuration {
    any_format element;
    recipe scaling;
};

const std::array configurations{
    configuration{e4m3fn, recipes::tensor_current}, configuration{e4m3fn, recipes::deepseek_v3},
    configuration{bf16, recipes::none}, configuration{f16, recipes::none}, configuration{f32, recipes::none}};

const std::array accumulators{accumulator{sequential<float>{}}, accumulator{promoted{sequential<float>{}, 128}},
                              accumulator{aligned{}}, accumulator{exact{}}};

// The operands of one size, shared by its rows.
struct operands {
    std::size_t size = 0;
    matrix<float> a;
    matrix<float> b;
};

using shared_operands = std::shared_ptr<const operands>;

report::field_list parameters_of(std::string_view impl, const any_format& element, std::string_view scaling,
                                 std::string_view acc, std::size_t size, int threads) {
    report::field_list p;
    add_field(p, "impl", std::string(impl));
    add_field(p, "a", std::string(name_of(element)));
    add_field(p, "b", std::string(name_of(element)));
    add_field(p, "recipe", std::string(scaling));
    add_field(p, "acc", std::string(acc));
    add_field(p, "m", size);
    add_field(p, "n", size);
    add_field(p, "k", size);
    add_field(p, "threads", threads);
    return p;
}

constexpr std::string_view prefix = "gemm";

double cube(std::size_t n) { return static_cast<double>(n) * static_cast<double>(n) * static_cast<double>(n); }

// narrowfp::gemm on quantised operands, which are made before the timing.
class reference_row : public suite_row {
public:
    reference_row(const configuration& c, const accumulator& acc, shared_operands data, int threads)
        : suite_row(prefix, parameters_of("reference", c.element, c.scaling.name, name_of(acc), data->size, threads)),
          configuration_(c),
          acc_(acc),
          data_(std::move(data)),
          threads_(threads) {}

    void prepare() override {
        a_ = quantize(data_->a.view(), configuration_.scaling.for_a(configuration_.element));
        b_ = quantize(data_->b.view(), configuration_.scaling.for_b(configuration_.element));
        expected_ = gemm_reference(a_, b_, acc_);
        result_ = matrix<float>(a_.rows(), b_.cols());
        compute();
    }
    void compute() override { gemm_into(a_, b_, acc_, result_.view(), {}, f32, {threads_}); }
    std::string check() const override { return first_difference(result_, expected_); }
    std::string label() const override { return "emulation: this time is not a cost of any hardware"; }
    std::string checked_against() const override { return "equal to gemm_reference, bit for bit"; }
    double macs() const override { return cube(data_->size); }

private:
    configuration configuration_;
    accumulator acc_;
    shared_operands data_;
    int threads_;
    quantized_matrix a_;
    quantized_matrix b_;
    matrix<float> result_;
    matrix<float> expected_;
};

// An FP32 product of another library, whose order of summation is its own.
class native_row : public suite_row {
public:
    native_row(std::string_view impl, shared_operands data, int threads)
        : suite_row(prefix, parameters_of(impl, f32, "none", "native", data->size, threads)), data_(std::move(data)) {}

    void prepare() override {
        exact_ = exact_product(data_->a.view(), data_->b.view());
        absolute_ = absolute_product(data_->a.view(), data_->b.view());
        result_ = matrix<float>(data_->size, data_->size);
        compute();
    }
    std::string check() const override { return outside_bound(result_, exact_, absolute_, data_->size); }
    std::string checked_against() const override {
        return "within k u / (1 - k u) * |A| |B| of the exact product, u = 2^-24";
    }
    double macs() const override { return cube(data_->size); }

protected:
    shared_operands data_;
    matrix<float> result_;

private:
    matrix<double> exact_;
    matrix<double> absolute_;
};

class eigen_row : public native_row {
public:
    explicit eigen_row(shared_operands data) : native_row("eigen", std::move(data), 1) {}

    void compute() override { map(result_).noalias() = map(data_->a) * map(data_->b); }
    std::string label() const override {
        return fmt::format("Eigen {}.{}.{} compiled for {}", EIGEN_WORLD_VERSION, EIGEN_MAJOR_VERSION,
                           EIGEN_MINOR_VERSION, Eigen::SimdInstructionSetsInUse());
    }
};

class openblas_row : public native_row {
public:
    openblas_row(const openblas_or_reason& loaded, shared_operands data, int threads)
        : native_row("openblas", std::move(data), threads), loaded_(loaded), threads_(threads) {}

    void prepare() override {
        if (!loaded_.library) {
            throw not_available(loaded_.reason);
        }
        native_row::prepare();
    }
    void compute() override {
        const int n = static_cast<int>(data_->size);
        loaded_.library->set_num_threads(threads_);
        loaded_.library->sgemm(n, n, n, 1, data_->a.data(), n, data_->b.data(), n, 0, result_.data(), n);
    }
    std::string label() const override {
        return fmt::format("OpenBLAS, core {}{}", loaded_.library->core,
                           loaded_.library->core_chosen ? " (chosen by the processor's features)" : "");
    }

private:
    openblas_or_reason loaded_;
    int threads_;
};

suite_content make_rows(const suite_options& options) {
    suite_content content;
    const openblas_or_reason blas = load_openblas();  // before any thread starts
    add_field(content.context, "openblas", blas.library ? blas.library->config + ", core " + blas.library->core
                                                        : "none: " + blas.reason);
    std::vector<int> thread_counts{1};
    if (options.threads > 1) {
        thread_counts.push_back(options.threads);
    }
    for (const std::size_t size : sizes) {
        const auto data = std::make_shared<const operands>(
            operands{size, make_matrix(distribution::normal, size, size, options.seed, 0),
                     make_matrix(distribution::normal, size, size, options.seed, 1)});
        content.data_crc32 = crc32_of(data->b, crc32_of(data->a, content.data_crc32));
        for (const int threads : thread_counts) {
            for (const configuration& c : configurations) {
                for (const accumulator& acc : accumulators) {
                    auto row = std::make_unique<reference_row>(c, acc, data, threads);
                    for (const any_format& base : {any_format{bf16}, any_format{f32}}) {
                        const std::string name = name_of_row(
                            prefix, parameters_of("reference", base, recipes::none.name, name_of(acc), size, threads));
                        if (name != row->name()) {
                            row->ratios.push_back({std::string(name_of(base)), name});
                        }
                    }
                    content.rows.push_back(std::move(row));
                }
            }
            content.rows.push_back(std::make_unique<openblas_row>(blas, data, threads));
        }
        content.rows.push_back(std::make_unique<eigen_row>(data));
    }
    return content;
}

}  // namespace
}  // namespace narrowfp::bench

int main(int argc, char** argv) {
    return narrowfp::bench::run_suite(
        argc, argv,
        {.name = "bench_gemm",
         .summary = "Times matrix products on this machine: the emulation of formats, recipes and accumulators,\n"
                    "Eigen and OpenBLAS. Each result is checked before and after it is timed. The time of an\n"
                    "emulation is not a cost of any hardware.",
         .kind = narrowfp::report::figure_kind::measured,
         .reference = "",
         .make = narrowfp::bench::make_rows});
}

// SPDX-License-Identifier: Apache-2.0
// What formats, scaling recipes and accumulators do to one matrix product: errors against the exact product of the
// operands before quantisation, bytes, events. Operands are generated, and with --operands FILE also those of a training
// run. Deterministic: the same figures in every run, on every machine and thread count. Each row runs once; its time means
// nothing.
// A new distribution, length, format, recipe, accumulator or unit is one line in the tables below.
#include "support/benchmark_main.hpp"
#include "support/random_data.hpp"
#include "support/verification.hpp"
#include "train/run/recorded_products.hpp"

#include <narrowfp/error/exact_product.hpp>
#include <narrowfp/error/metrics.hpp>
#include <narrowfp/format/catalog.hpp>
#include <narrowfp/gemm/accumulator_name.hpp>
#include <narrowfp/gemm/gemm.hpp>
#include <narrowfp/gemm/reference.hpp>
#include <narrowfp/gemm/unit.hpp>
#include <narrowfp/quant/recipe.hpp>

#include <fmt/format.h>

#include <array>
#include <cmath>
#include <optional>

namespace narrowfp::bench {
namespace {

constexpr std::size_t lines = 32;  // m = n, of recorded operands at most
constexpr std::array<std::size_t, 3> lengths{256, 1024, 4096};
constexpr std::array distributions{distribution::normal, distribution::abs_normal, distribution::uniform01,
                                   distribution::llm_like};

struct configuration {
    any_format element;
    recipe scaling;
};

std::vector<configuration> all_configurations() {
    std::vector<configuration> all{{f32, recipes::none}, {bf16, recipes::none}, {f16, recipes::none}};
    for (const recipe& r : {recipes::none, recipes::tensor_current, recipes::rowwise, recipes::deepseek_v3,
                            recipes::mxfp8, recipes::int8_tile, recipes::mxint8_blocks}) {
        all.push_back({e4m3fn, r});
    }
    for (const recipe& r : {recipes::tensor_current, recipes::mxfp8}) {
        all.push_back({e5m2, r});
    }
    return all;
}

const std::array accumulators{accumulator{exact{}}, accumulator{sequential<float>{}},
                              accumulator{promoted{sequential<float>{}, 128}}, accumulator{aligned{}},
                              accumulator{promoted{aligned{}, 128}}};

// A unit is used where it has a path for the format.
constexpr std::array<std::string_view, 3> units{"a100", "h100", "b200"};

// Operands, shared by their rows; the exact product is computed when first needed.
class operands {
public:
    operands(std::string name, matrix<float> a, matrix<float> b)
        : name_(std::move(name)), a_(std::move(a)), b_(std::move(b)) {}

    const std::string& name() const { return name_; }
    const matrix<float>& a() const { return a_; }
    const matrix<float>& b() const { return b_; }
    std::size_t m() const { return a_.rows(); }
    std::size_t n() const { return b_.cols(); }
    std::size_t k() const { return a_.cols(); }
    const matrix<double>& product(const narrowfp::options& opts) {
        if (product_.size() == 0) {
            product_ = exact_product(a_.view(), b_.view(), opts);
        }
        return product_;
    }

private:
    std::string name_;
    matrix<float> a_;
    matrix<float> b_;
    matrix<double> product_;
};

// The operands under one format and recipe, shared by the accumulators; quantised when first needed.
class quantized_operands {
public:
    quantized_operands(std::shared_ptr<operands> data, configuration c) : data_(std::move(data)), configuration_(c) {}

    operands& data() { return *data_; }
    const operands& data() const { return *data_; }
    const any_format& element() const { return configuration_.element; }
    std::string_view scaling() const { return configuration_.scaling.name; }
    void quantize(const narrowfp::options& opts) {
        if (a_.rows() == 0) {
            a_ = narrowfp::quantize(data_->a().view(), configuration_.scaling.for_a(configuration_.element), opts);
            b_ = narrowfp::quantize(data_->b().view(), configuration_.scaling.for_b(configuration_.element), opts);
        }
    }
    const quantized_matrix& a() const { return a_; }
    const quantized_matrix& b() const { return b_; }

private:
    std::shared_ptr<operands> data_;
    configuration configuration_;
    quantized_matrix a_;
    quantized_matrix b_;
};

// `unit` is empty for an accumulator that is not that of a unit.
report::field_list parameters_of(const quantized_operands& q, const accumulator& acc, std::string_view unit) {
    report::field_list p;
    add_field(p, "data", q.data().name());
    add_field(p, "a", std::string(name_of(q.element())));
    add_field(p, "b", std::string(name_of(q.element())));
    add_field(p, "recipe", std::string(q.scaling()));
    if (unit.empty()) {
        add_field(p, "acc", name_of(acc));
    } else {
        add_field(p, "unit", std::string(unit));
        add_field(p, "promotion", "none");
    }
    add_field(p, "m", q.data().m());
    add_field(p, "n", q.data().n());
    add_field(p, "k", q.data().k());
    return p;
}

// An error of zero has no logarithm: the counters then show the precision of the reference, a double.
constexpr double bits_when_exact = 53;
const double decibels_when_exact = 20 * bits_when_exact * std::log10(2.0);

row_value plain_value(std::string name, std::string unit, double x) {
    return {std::move(name), std::move(unit), x, x, report::record_status::ok, ""};
}

row_value count(std::string name, std::uint64_t n) {
    return {std::move(name), "1", static_cast<std::int64_t>(n), static_cast<double>(n), report::record_status::ok, ""};
}

class accuracy_row : public suite_row {
public:
    accuracy_row(std::shared_ptr<quantized_operands> q, const accumulator& acc, std::string_view unit, int threads)
        : suite_row("accuracy", parameters_of(*q, acc, unit)), q_(std::move(q)), acc_(acc), threads_(threads) {}

    // The figures are those of the defining triple loop; the timed loop then has to give its bits.
    void prepare() override {
        q_->quantize({threads_});
        result_ = gemm_reference(q_->a(), q_->b(), acc_);
        checksum_ = crc32_of(result_);
        error_ = compare(result_.view(), q_->data().product({threads_}).view());
    }
    void compute() override { gemm_into(q_->a(), q_->b(), acc_, result_.view(), {}, f32, {threads_}); }
    std::string check() const override {
        const std::uint32_t found = crc32_of(result_);
        return found == checksum_ ? ""
                                  : fmt::format("the checksum of the result is {:08x}, that of gemm_reference {:08x}",
                                                found, checksum_);
    }

    std::vector<row_value> values() const override {
        const double elements = static_cast<double>(q_->a().codes().size() + q_->b().codes().size());
        const double bytes = static_cast<double>(q_->a().bytes() + q_->b().bytes());
        event_counts events = q_->a().events();
        events += q_->b().events();
        return {error_value("rel_fro", "1", error_.relative_frobenius, 0),
                error_value("max_ulp", "ulp", error_.max_ulp, 0),
                error_value("correct_bits", "bit", error_.correct_bits, bits_when_exact),
                error_value("sqnr_db", "dB", error_.sqnr_db, decibels_when_exact),
                plain_value("bytes_per_element", "B", elements > 0 ? bytes / elements : 0),
                count("saturated", events.saturated),
                count("underflowed", events.underflowed),
                count("nonfinite", error_.nonfinite)};
    }
    std::string label() const override {
        if (is_undefined()) {
            return "the relative error is not defined here";
        }
        return is_exact() ? "exact on this input" : "";
    }
    std::string checked_against() const override { return "narrowfp::gemm equal to gemm_reference"; }
    double macs() const override { return static_cast<double>(q_->data().m() * q_->data().n() * q_->data().k()); }

private:
    // No finite element, or an error against a product of zeros.
    bool is_undefined() const {
        return error_.nonfinite == error_.elements || !std::isfinite(error_.relative_frobenius);
    }
    bool is_exact() const { return error_.exact() && error_.nonfinite == 0; }

    row_value error_value(std::string name, std::string unit, std::optional<double> value, double when_exact) const {
        if (is_undefined()) {
            return {std::move(name), std::move(unit), {}, 0, report::record_status::undefined, label()};
        }
        if (is_exact()) {
            const bool finite = value.has_value();  // 0; a logarithm has no value
            return {std::move(name),
                    std::move(unit),
                    finite ? report::record_value{*value} : report::record_value{},
                    when_exact,
                    report::record_status::exact,
                    label()};
        }
        if (!value || !std::isfinite(*value)) {
            return {std::move(name),
                    std::move(unit),
                    {},
                    0,
                    report::record_status::undefined,
                    "an error of zero over the finite elements has no logarithm"};
        }
        return {std::move(name),
                std::move(unit),
                *value,
                *value,
                report::record_status::ok,
                error_.nonfinite > 0 ? fmt::format("{} elements are not finite and left out", error_.nonfinite) : ""};
    }

    std::shared_ptr<quantized_operands> q_;
    accumulator acc_;
    int threads_;
    matrix<float> result_;
    std::uint32_t checksum_ = 0;
    error_report error_;
};

// The unit's accumulator for operands of this format, if it has a path for them.
std::optional<accumulator> path_of(std::string_view unit, const any_format& element) {
    try {
        return accumulator_of(unit_by_name(unit), element, element);
    } catch (const std::invalid_argument&) {
        return std::nullopt;
    }
}

// Generated operands of each distribution and length, then those of training.
std::vector<std::shared_ptr<operands>> all_operands(const suite_options& options) {
    std::vector<std::shared_ptr<operands>> all;
    for (const distribution d : distributions) {
        for (const std::size_t k : lengths) {
            all.push_back(std::make_shared<operands>(std::string(name_of(d)), make_matrix(d, lines, k, options.seed, 0),
                                                     make_matrix(d, k, lines, options.seed, 1)));
        }
    }
    for (const train::recorded_linear& linear : train::read_recorded_linears(options.operands)) {
        for (train::recorded_product& p : train::products_of(linear, lines)) {
            all.push_back(std::make_shared<operands>(std::move(p.data), std::move(p.a), std::move(p.b)));
        }
    }
    return all;
}

suite_content make_rows(const suite_options& options) {
    suite_content content;
    for (const std::shared_ptr<operands>& data : all_operands(options)) {
        content.data_crc32 = crc32_of(data->b(), crc32_of(data->a(), content.data_crc32));
        for (const configuration& c : all_configurations()) {
            const auto q = std::make_shared<quantized_operands>(data, c);
            for (const accumulator& acc : accumulators) {
                content.rows.push_back(std::make_unique<accuracy_row>(q, acc, "", options.threads));
            }
            for (const std::string_view unit : units) {
                if (const auto acc = path_of(unit, c.element)) {
                    content.rows.push_back(std::make_unique<accuracy_row>(q, *acc, unit, options.threads));
                }
            }
        }
    }
    return content;
}

}  // namespace
}  // namespace narrowfp::bench

int main(int argc, char** argv) {
    return narrowfp::bench::run_suite(
        argc, argv,
        {.name = "bench_accuracy",
         .summary = "Errors, bytes and events of matrix products in narrow formats, for each recipe, accumulator\n"
                    "and unit, on declared random data and on operands of training. The figures are the same\n"
                    "in every run; times mean nothing here.",
         .kind = narrowfp::report::evidence_kind::emulated,
         .reference = "the exact product of the operands before quantisation",
         .make = narrowfp::bench::make_rows,
         .takes_operands = true});
}

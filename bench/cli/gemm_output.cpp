// SPDX-License-Identifier: Apache-2.0
#include "cli/gemm_output.hpp"

#include "support/not_finite_text.hpp"

#include <narrowfp/base/shape.hpp>
#include <narrowfp/gemm/accumulator_name.hpp>
#include <narrowfp/report/text.hpp>

#include <fmt/format.h>

#include <array>
#include <cmath>
#include <optional>

namespace narrowfp::cli {
namespace {

using report::alignment;

constexpr std::string_view exact_text = "exact on this input";

// -- the figures, once for both outputs -------------------------------------------------------------------------------
struct metric {
    std::string_view key;
    std::string_view title;
    std::string_view unit;
    std::optional<double> (*of)(const error_report&);
    int digits = 3;
    bool is_ratio = false;  // has no value where the error is zero
};

template <auto Member>
std::optional<double> metric_of(const error_report& e) {
    return e.*Member;
}

constexpr std::array metrics{
    metric{"relative_frobenius", "relative Frobenius", "1", metric_of<&error_report::relative_frobenius>},
    metric{"max_relative", "max relative", "1", metric_of<&error_report::max_relative>},
    metric{"max_ulp", "max ulp of FP32", "ulp", metric_of<&error_report::max_ulp>},
    metric{"normwise_backward", "normwise backward", "1", metric_of<&error_report::normwise_backward>},
    metric{"componentwise_backward", "componentwise backward", "1", metric_of<&error_report::componentwise_backward>},
    metric{"bias", "bias", "1", metric_of<&error_report::bias>},
    metric{"bias_standard_error", "bias, standard error", "1", metric_of<&error_report::bias_standard_error>},
    metric{"cosine", "cosine", "1", metric_of<&error_report::cosine>, 9},
    metric{"sqnr_db", "SQNR", "dB", metric_of<&error_report::sqnr_db>, 4, true},
    metric{"correct_bits", "correct bits", "bit", metric_of<&error_report::correct_bits>, 4, true},
};

struct scope {
    std::string_view key;
    std::string_view title;
    std::string_view reference;
    const error_report* report;
    bool exact;
};

std::uint64_t finite_count(const error_report& e) { return e.elements - e.nonfinite; }

// Where nothing was lost in quantising there is no report of it: the operands are the given ones.
std::array<scope, 3> scopes_of(const gemm_outcome& o) {
    constexpr std::string_view given = "exact product of the given matrices";
    constexpr std::string_view quantized = "exact product of the quantised operands";
    return {{{"total", "all", given, &o.total, o.total.exact()},
             {"quantisation", "quantisation alone", given, &o.quantization, o.operands_exact || o.quantization.exact()},
             {"accumulation", "accumulation alone", quantized, &o.accumulation, o.accumulation.exact()}}};
}

struct event {
    std::string_view key;
    std::uint64_t event_counts::*count;
};

constexpr std::array events{
    event{"inexact", &event_counts::inexact},     event{"overflowed", &event_counts::overflowed},
    event{"saturated", &event_counts::saturated}, event{"underflowed", &event_counts::underflowed},
    event{"subnormal", &event_counts::subnormal}, event{"restored_infinite", &event_counts::restored_infinite}};

// -- for people -------------------------------------------------------------------------------------------------------
std::string ratio_text(std::size_t part, std::size_t whole) {
    return report::format_ratio(static_cast<double>(part) / static_cast<double>(whole));
}

void print_setup(const context& ctx, const gemm_setup& s) {
    print_facts(
        ctx,
        fmt::format("D = A B, {} x {} x {} (m x n x k)", bench::rows_of(s.a), bench::cols_of(s.b), bench::cols_of(s.a)),
        {{"data", s.data_text},
         {"A", fmt::format("{}, {}", shape_text(bench::rows_of(s.a), bench::cols_of(s.a)), name_of(s.a_format))},
         {"B", fmt::format("{}, {}", shape_text(bench::rows_of(s.b), bench::cols_of(s.b)), name_of(s.b_format))},
         {"D", fmt::format("{}, {}", shape_text(bench::rows_of(s.a), bench::cols_of(s.b)), name_of(s.output))},
         {"recipe", fmt::format("{}: {}", name_of(s.scaling), s.scaling.summary)},
         {"accumulator", name_of(s.acc) + (s.unit.empty() ? "" : ", unit " + s.unit)}});
}

void print_bytes(const context& ctx, const gemm_outcome& o) {
    report::table t;
    t.title = "Memory of the operands";
    t.columns = {{""},
                 {"codes", alignment::right},
                 {"scales", alignment::right},
                 {"together", alignment::right},
                 {"of BF16", alignment::right},
                 {"of FP32", alignment::right}};
    const auto row = [&](const char* name, const operand_bytes& bytes) {
        t.add_row({name, report::format_bytes(bytes.codes), report::format_bytes(bytes.scales),
                   report::format_bytes(bytes.total()), ratio_text(bytes.total(), bytes.as_bf16),
                   ratio_text(bytes.total(), bytes.as_f32)});
    };
    row("A", o.a_bytes);
    row("B", o.b_bytes);
    row("A and B", o.a_bytes + o.b_bytes);
    print_text("\n");
    print_table(ctx, t);
}

void print_events(const context& ctx, const gemm_outcome& o) {
    report::table t;
    t.title = "What quantising did";
    t.columns = {{""}, {"elements", alignment::right}};
    for (const event& e : events) {
        t.columns.push_back({std::string(e.key), alignment::right});
    }
    const auto row = [&](const char* name, const event_counts& counts) {
        std::vector<report::cell> cells{name, report::format_count(static_cast<std::int64_t>(counts.elements))};
        for (const event& e : events) {
            cells.emplace_back(report::format_count(static_cast<std::int64_t>(counts.*e.count)));
        }
        t.add_row(std::move(cells));
    };
    row("A", o.a_events);
    row("B", o.b_events);
    if (o.a_events.restored_infinite + o.b_events.restored_infinite != 0) {
        t.notes.push_back("restored_infinite: finite elements whose code times scale is beyond FP32's range.");
    }
    print_text("\n");
    print_table(ctx, t);
}

std::string metric_text(const metric& m, const scope& s) {
    const auto value = m.of(*s.report);
    return value && std::isfinite(*value) && finite_count(*s.report) != 0 ? report::format_number(*value, m.digits)
                                                                          : "-";
}

void print_errors(const context& ctx, const gemm_outcome& o) {
    report::table t;
    t.title = "Error";
    t.columns = {{""}};
    const auto scopes = scopes_of(o);
    std::vector<report::cell> differing{"differ from fl32(exact)"};
    for (const scope& s : scopes) {
        t.columns.push_back({std::string(s.title), alignment::right});
        const std::uint64_t finite = finite_count(*s.report);
        differing.emplace_back(s.exact ? "0" : fmt::format("{} of {}", s.report->differing, finite));
        if (s.report->nonfinite != 0) {
            t.notes.push_back(fmt::format("{}: {} elements are not finite and left out", s.title, s.report->nonfinite));
        }
    }
    for (const metric& m : metrics) {
        std::vector<report::cell> cells{std::string(m.title)};
        for (const scope& s : scopes) {
            const bool first = &m == metrics.data();
            cells.push_back(s.exact
                                ? report::cell(std::string(first ? exact_text : "-"), report::tint::good)
                                : report::cell(metric_text(m, s), first ? report::tint::strong : report::tint::plain));
        }
        t.add_row(std::move(cells));
    }
    t.add_row(std::move(differing));
    t.notes.push_back(
        "all: result against the exact product of the given matrices. quantisation: the same with an "
        "exact accumulator, rounded once to FP32. accumulation: result against the exact product of the "
        "quantised operands. max relative and max ulp are large where an exact element is close to zero.");
    print_text("\n");
    print_table(ctx, t);
}

// -- for programs -----------------------------------------------------------------------------------------------------
class record_maker {
public:
    record_maker(const context& ctx, const gemm_setup& s) : repro_(ctx.command_line) {
        report::add_field(parameters_, "m", bench::rows_of(s.a));
        report::add_field(parameters_, "n", bench::cols_of(s.b));
        report::add_field(parameters_, "k", bench::cols_of(s.a));
        parameters_.insert(parameters_.end(), s.data.begin(), s.data.end());
        report::add_field(parameters_, "a", name_of(s.a_format));
        report::add_field(parameters_, "b", name_of(s.b_format));
        report::add_field(parameters_, "output", name_of(s.output));
        report::add_field(parameters_, "recipe", name_of(s.scaling));
        if (s.scaling.a.scale.method == scale_method::power_of_two) {
            report::add_field(parameters_, "scale_rule", name_of(s.scaling.a.scale.rule));
        }
        if (!s.unit.empty()) {
            report::add_field(parameters_, "unit", s.unit);
        }
        report::add_field(parameters_, "accumulator", name_of(s.acc));
    }

    report::record make(std::string id, std::string name, std::string_view unit) const {
        report::record r;
        r.id = std::move(id);
        r.name = std::move(name);
        r.parameters = parameters_;
        r.unit = unit;
        r.repro = repro_;
        return r;
    }

private:
    report::field_list parameters_;
    std::string repro_;
};

void add_operand_records(report::document& doc, const record_maker& maker, const char* operand,
                         const operand_bytes& bytes, const event_counts& counts) {
    const auto add = [&](std::string_view key, std::uint64_t value, std::string_view unit) {
        auto r = maker.make(fmt::format("gemm.{}.{}", operand, key), fmt::format("{}: {}", operand, key), unit);
        r.value = static_cast<std::int64_t>(value);
        doc.records.push_back(std::move(r));
    };
    add("code_bytes", bytes.codes, "byte");
    add("scale_bytes", bytes.scales, "byte");
    add("f32_bytes", bytes.as_f32, "byte");
    add("bf16_bytes", bytes.as_bf16, "byte");
    add("elements", counts.elements, "1");
    for (const event& e : events) {
        add(e.key, counts.*e.count, "1");
    }
}

void add_error_records(report::document& doc, const record_maker& maker, const scope& s) {
    const std::uint64_t finite = finite_count(*s.report);
    for (const metric& m : metrics) {
        auto r = maker.make(fmt::format("gemm.{}.{}", s.key, m.key), fmt::format("{}: {}", s.title, m.title), m.unit);
        r.reference = s.reference;
        const auto value = m.of(*s.report);
        if (s.report->nonfinite != 0) {
            report::set_no_value(r, report::record_status::undefined,
                                 bench::left_out_text(s.report->nonfinite, s.report->elements, metric_text(m, s)));
        } else if (s.exact) {
            r.status = report::record_status::exact;
            r.note = exact_text;
            if (!m.is_ratio) {
                r.value = m.key == "cosine" ? 1.0 : 0.0;
            }
        } else if (value && std::isfinite(*value) && finite != 0) {
            r.value = *value;
            r.n = static_cast<std::int64_t>(finite);
        } else {
            report::set_no_value(r, report::record_status::undefined,
                                 "the reference is zero or nothing finite is left");
        }
        doc.records.push_back(std::move(r));
    }
    auto r = maker.make(fmt::format("gemm.{}.nonfinite", s.key), fmt::format("{}: elements left out", s.title), "1");
    r.value = static_cast<std::int64_t>(s.report->nonfinite);
    doc.records.push_back(std::move(r));
}

}  // namespace

void print_gemm(const context& ctx, const gemm_setup& setup, const gemm_outcome& outcome) {
    if (ctx.quiet) {
        const error_report& e = outcome.total;
        print_text(e.nonfinite == 0 ? report::format_number(e.relative_frobenius, 17) + "\n" : "nan\n");
        return;
    }
    print_setup(ctx, setup);
    print_bytes(ctx, outcome);
    print_events(ctx, outcome);
    print_errors(ctx, outcome);
}

report::document gemm_document(const context& ctx, const gemm_setup& setup, const gemm_outcome& outcome) {
    report::document doc{program_context("narrowfp"), {}};
    const record_maker maker(ctx, setup);
    add_operand_records(doc, maker, "A", outcome.a_bytes, outcome.a_events);
    add_operand_records(doc, maker, "B", outcome.b_bytes, outcome.b_events);
    for (const scope& s : scopes_of(outcome)) {
        add_error_records(doc, maker, s);
    }
    return doc;
}

}  // namespace narrowfp::cli

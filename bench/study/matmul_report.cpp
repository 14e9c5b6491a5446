// SPDX-License-Identifier: Apache-2.0
#include "study/matmul_report.hpp"

#include <narrowfp/gemm/accumulator_name.hpp>
#include <narrowfp/report/markdown.hpp>
#include <narrowfp/report/text.hpp>

#include <algorithm>
#include <cmath>

namespace narrowfp::bench {

using report::alignment;
using report::cell;
using report::field_list;
using report::record;
using report::record_status;
using report::table;
using report::tint;

namespace {

constexpr std::string_view throughput_reason =
    "this study computes errors and counts bytes; bench_gemm and bench_gemv measure products, side by side with others";

std::string size_note(const matmul_study& study) {
    return study.small ? "SMALL RUN: a fraction of the rows and columns; not the figures of the study." : "";
}

// "1.23e-4", or what stands in its place.
cell error_cell(const error_report& e) {
    if (e.nonfinite == e.elements) {
        return {"not finite", tint::bad};
    }
    if (e.exact()) {
        return "exact on this input";
    }
    return {report::format_number(e.relative_frobenius, 3), e.nonfinite > 0 ? tint::bad : tint::plain};
}

std::string ratio_text(double x, double baseline) {
    return std::isfinite(x) && std::isfinite(baseline) && baseline > 0 ? report::format_ratio(x / baseline, 3) : "-";
}

// A column title: "aligned(32,13)" is "aligned", "promoted(X,128)" is "X/128".
std::string short_name(std::string_view accumulator) {
    constexpr std::string_view promoted_prefix = "promoted(";
    if (accumulator.substr(0, promoted_prefix.size()) != promoted_prefix) {
        return std::string(accumulator.substr(0, accumulator.find('(')));
    }
    const std::size_t comma = accumulator.rfind(',');
    const std::string inner = short_name(accumulator.substr(promoted_prefix.size(), comma - promoted_prefix.size()));
    return inner + "/" + std::string(accumulator.substr(comma + 1, accumulator.size() - comma - 2));
}

table error_table(const matmul_study& study, const matmul_dataset& data) {
    table t;
    t.title = data.name + ": " + std::to_string(data.m) + " x " + std::to_string(data.n) +
              ", K = " + std::to_string(data.k) + " (" + data.summary + ")";
    t.columns = {{"format"}, {"recipe"}, {"B/elem", alignment::right}, {"bytes/FP8", alignment::right}};
    for (const std::string& acc : study.accumulators) {
        t.columns.push_back({short_name(acc), alignment::right});
    }
    t.columns.push_back({"error/FP8", alignment::right});
    t.columns.push_back({"lost", alignment::right});
    const matmul_row* baseline = find_row(data, matmul_baseline);
    const double baseline_error = error_of(baseline, matmul_baseline_accumulator);
    std::string last_format;
    for (const matmul_row& row : data.rows) {
        if (!last_format.empty() && last_format != row.format && (row.recipe != "none" || row.bytes_per_element < 2)) {
            t.add_rule();
        }
        last_format = row.format;
        std::vector<cell> cells{{row.format, &row == baseline ? tint::strong : tint::plain},
                                {row.recipe, &row == baseline ? tint::strong : tint::plain},
                                report::format_number(row.bytes_per_element, 4),
                                baseline == nullptr
                                    ? "-"
                                    : ratio_text(static_cast<double>(row.bytes), static_cast<double>(baseline->bytes))};
        for (const std::string& acc : study.accumulators) {
            const auto is_it = [&](const matmul_error& e) { return e.accumulator == acc; };
            const auto found = std::find_if(row.errors.begin(), row.errors.end(), is_it);
            cells.push_back(found == row.errors.end() ? cell("-") : error_cell(found->report));
        }
        cells.push_back(ratio_text(error_of(&row, "sequential"), baseline_error));
        cells.push_back(report::format_percent(static_cast<double>(row.events.underflowed + row.events.saturated) /
                                                   static_cast<double>(row.events.elements),
                                               2));
        t.add_row(std::move(cells));
    }
    t.notes = {
        "Relative Frobenius error against the exact product of the FP32 operands, emulated bit for bit. exact: the rounding "
        "of the operands alone. sequential: an FP32 fma chain. aligned: Hopper's FP8 matrix unit, aligned(32,13). /128: the "
        "same, promoted to FP32 every 128. In rows of 16- and 32-bit formats 'aligned' shows what such a unit would do. "
        "INT8: FP32 chains of 128 products are exact, so sequential/128 is what INT8 units with INT32 sums give.",
        "FP8 in 'bytes/FP8' and 'error/FP8' is " + std::string(matmul_baseline) + " with " +
            std::string(matmul_baseline_accumulator) +
            "; the error compared is that of column sequential. lost: elements that became zero or were clipped to the "
            "largest value."};
    return t;
}

}  // namespace

std::vector<table> matmul_error_tables(const matmul_study& study) {
    std::vector<table> all;
    for (const matmul_dataset& data : study.datasets) {
        all.push_back(error_table(study, data));
    }
    return all;
}

table matmul_cost_table(const matmul_study& study) {
    table t;
    t.title = "Bytes of both operands, counted";
    t.columns = {{"data"},
                 {"fp8 units", alignment::right},
                 {"fp8 storage, 16-bit multiply", alignment::right},
                 {"int8", alignment::right},
                 {"16-bit only", alignment::right}};
    for (const matmul_dataset& data : study.datasets) {
        const matmul_row* fp8 = find_row(data, matmul_baseline);
        const matmul_row* wide = find_row(data, "bf16.none");
        const matmul_row* integer = find_row(data, "int8.int8_tile");
        if (fp8 == nullptr || wide == nullptr || integer == nullptr) {
            continue;
        }
        const std::string stored = report::format_bytes(fp8->bytes);
        t.add_row({data.name, stored, stored, report::format_bytes(integer->bytes), report::format_bytes(wide->bytes)});
    }
    t.notes = {
        "fp8 is " + std::string(matmul_baseline) +
        ", int8 is int8.int8_tile. A chip without FP8 units can store and load the same 8-bit codes and widen them in registers, so its "
        "bytes are those of the first column: all of the difference to 16 bits comes back without FP8 units; the rate of the multiplication does not."};
    return t;
}

namespace {

// "5.3 times smaller than", "1.7 times larger than" or "equal, to 1 %, to".
std::string times(double x, double reference) {
    if (std::fabs(x / reference - 1) < 0.01) {
        return "equal, to 1 %, to";
    }
    return x <= reference ? report::format_number(reference / x, 3) + " times smaller than"
                          : report::format_number(x / reference, 3) + " times larger than";
}

// The mean signed error over the mean magnitude: what is left of the error where many terms of one sign are added.
std::string bias_text(const matmul_row* row, std::string_view accumulator) {
    for (const matmul_error& e : row->errors) {
        if (e.accumulator == accumulator) {
            return report::format_number(e.report.bias, 2);
        }
    }
    return "-";
}

void add_findings(const matmul_dataset& data, std::vector<std::string>& out) {
    const double integer = error_of(find_row(data, "int8.int8_tile"), name_of(accumulator{promoted{}}));
    const matmul_row* fp8 = find_row(data, matmul_baseline);
    const matmul_row* wide = find_row(data, "bf16.none");
    const double fp8_error = error_of(fp8, matmul_baseline_accumulator);
    if (wide != nullptr && fp8 != nullptr) {
        out.push_back(data.name + ": BF16 operands take " +
                      report::format_ratio(static_cast<double>(wide->bytes) / static_cast<double>(fp8->bytes), 3) +
                      " the bytes of FP8 (E4M3, DeepSeek-V3's scales) and have an error " +
                      times(error_of(wide, "sequential"), fp8_error) + " FP8's (" +
                      report::format_number(error_of(wide, "sequential"), 2) + ", bias " +
                      bias_text(wide, "sequential") + ", against " + report::format_number(fp8_error, 2) + ", bias " +
                      bias_text(fp8, matmul_baseline_accumulator) + ").");
    }
    // The row with one scale per tensor, because tile scales promote to FP32 by themselves.
    const matmul_row* tensor_row = find_row(data, "e4m3fn.tensor_current");
    if (tensor_row != nullptr) {
        const auto error = [&](std::string_view acc) { return report::format_number(error_of(tensor_row, acc), 2); };
        out.push_back(data.name + ": rounding the operands to FP8 (one scale per tensor) alone gives " +
                      error("exact") + "; with an FP32 accumulator it is " + error("sequential") +
                      ", with Hopper's 14-bit one without promotion " + error(name_of(accumulator{aligned{}})) +
                      ", promoted every 128 " + error(matmul_baseline_accumulator) + ".");
    }
    if (std::isfinite(integer) && std::isfinite(fp8_error)) {
        out.push_back(data.name + ": INT8 with the same tiles and exact sums of 128 has an error " +
                      times(integer, fp8_error) + " FP8's (" + report::format_number(integer, 2) + " against " +
                      report::format_number(fp8_error, 2) + ").");
    }
    const double tensor = error_of(tensor_row, "exact");
    const double tiles = error_of(fp8, "exact");
    if (std::isfinite(tensor) && std::isfinite(tiles)) {
        out.push_back(data.name + ": FP8's own rounding error with one scale per tensor is " + times(tensor, tiles) +
                      " that with 1x128 and 128x128 blocks.");
    }
}

}  // namespace

std::vector<std::string> matmul_findings(const matmul_study& study) {
    std::vector<std::string> out;
    for (const matmul_dataset& data : study.datasets) {
        add_findings(data, out);
    }
    return out;
}

namespace {

std::string to_text(const report::field_value& value) {
    return std::visit(
        [](const auto& v) -> std::string {
            using value_type = std::remove_cvref_t<decltype(v)>;
            if constexpr (std::is_same_v<value_type, std::string>) {
                return v;
            } else if constexpr (std::is_same_v<value_type, bool>) {
                return v ? "yes" : "no";
            } else if constexpr (std::is_same_v<value_type, double>) {
                return report::exact_text(v);
            } else {
                return std::to_string(v);
            }
        },
        value);
}

void add_record(report::document& doc, const matmul_dataset& data, const matmul_row& row, std::string metric,
                std::string name, const field_list& more, record r) {
    r.id = row.id;
    for (const report::field& f : more) {
        r.id += "." + to_text(f.value);
    }
    r.id += "." + metric;
    r.name = std::move(name);
    r.kind = report::evidence_kind::emulated;
    report::add_field(r.parameters, "figure", metric);
    report::add_field(r.parameters, "data", data.name);
    report::add_field(r.parameters, "m", data.m);
    report::add_field(r.parameters, "n", data.n);
    report::add_field(r.parameters, "k", data.k);
    report::add_field(r.parameters, "format", row.format);
    report::add_field(r.parameters, "recipe", row.recipe);
    r.parameters.insert(r.parameters.end(), more.begin(), more.end());
    r.repro = "narrowfp study matmul" + data.options + " --only " + row.id;
    doc.records.push_back(std::move(r));
}

void add_counts(report::document& doc, const matmul_dataset& data, const matmul_row& row) {
    const auto count = [&](const char* metric, const char* name, std::uint64_t value, const char* unit) {
        record r;
        r.value = static_cast<std::int64_t>(value);
        r.unit = unit;
        r.method = "counted over both operands";
        add_record(doc, data, row, metric, name, {}, std::move(r));
    };
    count("bytes", "bytes of codes and scales", row.bytes, "B");
    count("inexact", "elements that changed by rounding", row.events.inexact, "1");
    count("underflowed", "nonzero elements that became zero", row.events.underflowed, "1");
    count("saturated", "elements clipped to the largest value", row.events.saturated, "1");
    count("nan", "NaN elements", row.events.nan, "1");
}

void add_errors(report::document& doc, const matmul_dataset& data, const matmul_row& row, const matmul_error& e) {
    field_list more;
    report::add_field(more, "accumulator", e.accumulator);
    const auto metric = [&](const char* id, const char* name, std::optional<double> value, const char* unit) {
        record r;
        r.n = static_cast<std::int64_t>(e.report.elements - e.report.nonfinite);
        r.reference = "exact product of the FP32 operands";
        r.method = "all elements of the product";
        if (!value || !std::isfinite(*value) || e.report.nonfinite == e.report.elements) {
            report::set_no_value(r, record_status::undefined, "no finite value");
        } else {
            r.value = *value;
            r.unit = unit;
            r.status = e.report.exact() ? record_status::exact : record_status::ok;
        }
        add_record(doc, data, row, id, name, more, std::move(r));
    };
    metric("relative_frobenius", "relative Frobenius error", e.report.relative_frobenius, "1");
    metric("max_relative", "largest relative error of an element", e.report.max_relative, "1");
    metric("normwise_backward", "largest error over the norms of row and column", e.report.normwise_backward, "1");
    metric("componentwise_backward", "largest error over |A||B|", e.report.componentwise_backward, "1");
    metric("bias", "mean signed error over mean magnitude", e.report.bias, "1");
    metric("bias_standard_error", "standard error of the bias", e.report.bias_standard_error, "1");
}

}  // namespace

report::document matmul_results(const matmul_study& study, const field_list& context) {
    report::document doc{context, {}};
    report::add_field(doc.context, "small", study.small);
    for (const matmul_dataset& data : study.datasets) {
        std::string key = data.name + "_crc32";  // a key has no dots
        std::replace(key.begin(), key.end(), '.', '_');
        report::add_field(doc.context, key, static_cast<std::int64_t>(data.hash));
        for (const matmul_row& row : data.rows) {
            add_counts(doc, data, row);
            for (const matmul_error& e : row.errors) {
                add_errors(doc, data, row, e);
            }
        }
    }
    return doc;
}

report::document matmul_timings(const field_list& context) {
    report::document doc{context, {}};
    for (const char* column : {"fp8_storage_16bit_multiply", "int8", "16bit_only"}) {
        record r;
        r.id = std::string("matmul.throughput.") + column;
        r.name = std::string("throughput of the product, ") + column;
        r.kind = report::evidence_kind::measured;
        report::set_no_value(r, record_status::not_run, std::string(throughput_reason));
        doc.records.push_back(std::move(r));
    }
    return doc;
}

std::string matmul_markdown(const matmul_study& study, const field_list& context) {
    std::string out = "# What narrow formats do to one matrix product\n\n";
    if (study.small) {
        out += "**" + size_note(study) + "**\n\n";
    }
    out +=
        "Every error below is emulated bit for bit, every byte is counted. Nothing is timed: throughput is NOT RUN: " +
        std::string(throughput_reason) + ".\n\n## What the figures say\n\n";
    for (const std::string& finding : matmul_findings(study)) {
        out += "- " + report::markdown_text(finding) + "\n";
    }
    out += "\n## Errors and bytes\n\n";
    for (const table& t : matmul_error_tables(study)) {
        out += report::to_markdown(t) + "\n";
    }
    out += "## The cost in bytes\n\n" + report::to_markdown(matmul_cost_table(study)) + "\n";
    out += "## Throughput\n\nNOT RUN: " + std::string(throughput_reason) + ".\n\n## How to repeat it\n\n" +
           "- everything: `bench/reproduce`, or `narrowfp study matmul --output FOLDER`\n"
           "- one row: `narrowfp study matmul --only " +
           std::string(matmul_baseline) +
           "`\n"
           "- one product of your own: `narrowfp gemm --help`\n\n## Where this was computed\n\n";
    for (const report::field& f : context) {
        out += "- " + report::markdown_text(f.key) + ": " + report::markdown_text(to_text(f.value)) + "\n";
    }
    for (const matmul_dataset& data : study.datasets) {
        out +=
            "- " + report::markdown_text(data.name) + ", CRC-32 of the operands: " + std::to_string(data.hash) + "\n";
    }
    return out;
}

}  // namespace narrowfp::bench

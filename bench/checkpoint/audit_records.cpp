// SPDX-License-Identifier: Apache-2.0
#include "checkpoint/audit_report.hpp"
#include "support/not_finite_text.hpp"

#include <narrowfp/report/text.hpp>

#include <cmath>
#include <utility>

namespace narrowfp::bench {

using report::add_field;
using report::field_list;
using report::record;
using report::record_status;

namespace {

// Makes the records of one tensor, or of all together.
class record_maker {
public:
    record_maker(report::document& doc, std::string id, field_list parameters, std::string repro)
        : doc_(doc), id_(std::move(id)), parameters_(std::move(parameters)), repro_(std::move(repro)) {}

    void count(const std::string& metric, const char* name, std::uint64_t value, const char* unit = "1") {
        record r;
        r.value = static_cast<std::int64_t>(value);
        r.unit = unit;
        add(metric, name, std::move(r));
    }

    void number(const std::string& metric, const char* name, std::optional<double> value, const std::string& why_not,
                const char* unit = "1", record_status status = record_status::ok) {
        record r;
        if (value && std::isfinite(*value)) {
            r.value = *value;
            r.unit = unit;
            r.status = status;
            r.note = status == record_status::exact ? "exact on this input" : "";
        } else {
            report::set_no_value(r, record_status::undefined, why_not);
        }
        add(metric, name, std::move(r));
    }

    void text(const std::string& metric, const char* name, std::string value) {
        record r;
        r.value = std::move(value);
        add(metric, name, std::move(r));
    }

    // The same with more parameters, which also end the id.
    record_maker with(const std::string& id, const field_list& more) const {
        record_maker result(doc_, id_ + "." + id, parameters_, repro_);
        result.parameters_.insert(result.parameters_.end(), more.begin(), more.end());
        return result;
    }

private:
    void add(const std::string& metric, const char* name, record r) {
        r.id = id_ + "." + metric;
        r.name = name;
        r.kind = report::evidence_kind::emulated;
        r.parameters = parameters_;
        add_field(r.parameters, "figure", metric);
        r.repro = repro_;
        doc_.records.push_back(std::move(r));
    }

    report::document& doc_;
    std::string id_;
    field_list parameters_;
    std::string repro_;
};

void add_data_records(record_maker& make, const tensor_statistics& s, std::uint64_t stored_bytes) {
    make.count("elements", "elements", s.elements);
    make.count("stored_bytes", "bytes as stored", stored_bytes, "B");
    make.count("zeros", "elements that are zero", s.zeros);
    make.count("nan", "NaN elements", s.nan);
    make.count("infinite", "infinite elements", s.infinite);
    make.number("amax", "largest finite magnitude", s.amax, "");
    make.number("sum_of_squares", "sum of the squares of the finite elements", s.sum_of_squares, "beyond double");
}

void add_outcome_records(record_maker make, const audit_case& way, const tensor_outcome& o,
                         const tensor_statistics& statistics) {
    const auto status = o.exact() ? record_status::exact : record_status::ok;
    const auto error = [&](const std::string& metric, const char* name, std::optional<double> x, const char* why_not,
                           const char* unit, record_status when_defined) {
        if (o.left_out == 0) {
            make.number(metric, name, x, why_not, unit, when_defined);
        } else {
            const std::string others = x ? report::format_number(*x, 6) : "undefined";
            make.number(metric, name, std::nullopt, left_out_text(o.left_out, o.elements, others), unit);
        }
    };
    make.count("bytes", "bytes of codes and scales", o.bytes(), "B");
    make.count("code_bytes", "bytes of codes", o.code_bytes, "B");
    make.count("scale_bytes", "bytes of scales", o.scale_bytes, "B");
    error("relative_frobenius", "relative Frobenius error", o.relative_frobenius(), "all elements are zero", "1",
          status);
    error("sqnr_db", "signal to quantisation noise", o.sqnr_db(),
          o.exact() ? "exact on this input" : "all elements are zero", "dB", record_status::ok);
    error("worst_relative", "largest relative error of an element", o.worst_relative, "an element of zero is lost", "1",
          status);
    make.count("underflowed", "nonzero elements that became zero", o.events.underflowed);
    make.count("clipped", "finite elements that became the largest value", clipped(way, o, statistics));
    make.count("subnormal", "elements that became subnormal", o.events.subnormal);
    make.count("restored_infinite", "finite elements whose code times scale is infinite", o.events.restored_infinite);
    make.count("nan_by_scale", "finite elements that became NaN with the scale of their block", o.events.nan_by_scale);
    make.count("left_out", "elements left out of the errors because they are not finite", o.left_out);
}

field_list case_parameters(const audit_case& c) {
    field_list parameters;
    add_field(parameters, "format", c.format);
    add_field(parameters, "recipe", c.recipe);
    add_field(parameters, "blocks", c.blocks());
    return parameters;
}

void add_case_records(const record_maker& make, const model_audit& audit, const std::vector<tensor_outcome>& outcomes,
                      const tensor_statistics& statistics) {
    for (std::size_t n = 0; n < audit.cases.size(); ++n) {
        const audit_case& c = audit.cases[n];
        add_outcome_records(make.with(c.name(), case_parameters(c)), c, outcomes[n], statistics);
    }
}

// Over tensors, each counted once.
void add_spread_records(const record_maker& total, const model_audit& audit) {
    for (std::size_t n = 0; n < audit.cases.size(); ++n) {
        const error_spread e = spread_of(audit, n);
        record_maker make = total.with(audit.cases[n].name(), case_parameters(audit.cases[n]));
        const char* const why_not = "no tensor whose elements are finite, before and after, and not all zero";
        const auto status = [](const std::optional<double>& x) {
            return x && *x == 0 ? record_status::exact : record_status::ok;
        };
        make.number("tensor_median_relative_frobenius", "median over the tensors of the relative Frobenius error",
                    e.median, why_not, "1", status(e.median));
        make.number("tensor_worst_relative_frobenius", "largest relative Frobenius error of a tensor", e.worst, why_not,
                    "1", status(e.worst));
        if (e.worst_tensor != nullptr) {
            make.text("worst_tensor", "the tensor with the largest relative Frobenius error",
                      e.worst_tensor->tensor.name);
        }
        make.count("losing_tensors", "tensors that lose more than the thresholds allow", e.losing);
    }
}

void add_column_records(record_maker& total, const model_audit& audit) {
    const std::array<cost_column, 4> columns = cost_columns(audit);
    constexpr std::array<const char*, 4> keys{"fp8_units", "fp8_storage_16bit_multiply", "int8", "16bit_only"};
    for (std::size_t n = 0; n < columns.size(); ++n) {
        if (columns[n].bytes) {
            total.count(std::string("column.") + keys[n] + ".bytes", "bytes of the weights in this column",
                        *columns[n].bytes, "B");
        }
        total.number(std::string("column.") + keys[n] + ".recovered", "part of the saving of fp8 units",
                     recovered(columns, n), "fp8 saves nothing here");
    }
}

}  // namespace

std::string id_text(std::string_view name) {
    constexpr char digits[] = "0123456789ABCDEF";
    std::string text;
    for (const char c : name) {
        const auto byte = static_cast<unsigned char>(c);
        if (byte > 0x20 && byte < 0x7F && c != '%') {
            text += c;
        } else {
            text += {'%', digits[byte >> 4], digits[byte & 15]};
        }
    }
    return text;
}

report::document audit_document(const model_audit& audit, const field_list& context, bool totals_only,
                                const std::string& command) {
    report::document doc{context, {}};
    record_maker total(doc, "total", {}, command);
    total.count("tensors", "tensors audited", audit.tensors.size());
    total.count("left_alone", "tensors left as they are", audit.left_alone.size());
    total.count("left_alone_bytes", "bytes of the tensors left as they are", audit.left_alone_bytes, "B");
    add_data_records(total, audit.statistics, audit.stored_bytes);
    add_case_records(total, audit, audit.totals, audit.statistics);
    add_spread_records(total, audit);
    const tensor_statistics vectors = vector_statistics(audit);
    total.count("vector_elements", "elements of tensors of one dimension", vectors.elements);
    total.number("vector_sum_of_squares", "sum of their squares", vectors.sum_of_squares, "beyond double");
    add_column_records(total, audit);
    for (const audited_tensor& t : audit.tensors) {
        if (totals_only) {
            break;
        }
        field_list parameters;
        add_field(parameters, "tensor", t.tensor.name);
        add_field(parameters, "type", t.tensor.dtype);
        add_field(parameters, "shape", shape_text(t.tensor));
        add_field(parameters, "rows", t.shape.rows);
        add_field(parameters, "cols", t.shape.cols);
        record_maker make(doc, "tensor." + id_text(t.tensor.name), parameters, command);
        add_data_records(make, t.statistics, t.tensor.bytes);
        make.number("amax_over_rms", "largest magnitude over root mean square", t.statistics.amax_over_rms,
                    "all elements are zero or not finite");
        make.number("kurtosis", "kurtosis", t.statistics.kurtosis, "all elements are equal");
        add_case_records(make, audit, t.outcomes, t.statistics);
        for (std::size_t n = 0; n < audit.cases.size(); ++n) {
            if (loses(audit, t, n)) {
                make.text("loses." + audit.cases[n].name(), "loses more than the thresholds allow",
                          audit.cases[n].name());
            }
        }
    }
    return doc;
}

}  // namespace narrowfp::bench

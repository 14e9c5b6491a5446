// SPDX-License-Identifier: Apache-2.0
#include "checkpoint/model_audit.hpp"

#include <narrowfp/report/text.hpp>

#include <algorithm>
#include <cmath>
#include <iterator>
#include <stdexcept>

namespace narrowfp::bench {
namespace {

bool is_fixed(const any_format& format) { return std::holds_alternative<fixed_format>(format); }

// Recipes that are made for another element than E4M3 are usual with that element only.
std::vector<recipe> usual_recipes(const any_format& format) {
    if (code_bits_of(format) > 8) {
        return {recipes::none};
    }
    std::vector<recipe> own;
    for (const recipe& r : all_recipes) {
        if (r.element == format && r.element != any_format{e4m3fn}) {
            own.push_back(r);
        }
    }
    if (own.empty()) {
        return {recipes::tensor_current, recipes::rowwise, recipes::deepseek_v3, recipes::mxfp8};
    }
    if (format != any_format{mxint8}) {  // whose elements have no scale of a tensor anywhere
        own.insert(own.begin(), recipes::tensor_current);
    }
    return own;
}

std::vector<any_format> usual_formats(const recipe& r) {
    if (r.element != any_format{e4m3fn}) {
        return {r.element};
    }
    return r.name == recipes::none.name ? std::vector<any_format>{e4m3fn, e5m2, bf16, f16}
                                        : std::vector<any_format>{e4m3fn, e5m2};
}

bool same_way(const quantization& a, const quantization& b) {
    return a.element == b.element && a.blocks == b.blocks && a.scale == b.scale;
}

// Adds the case unless it is there.
void add_case(std::vector<audit_case>& cases, audit_case added) {
    const auto found = std::find_if(cases.begin(), cases.end(), [&](const audit_case& c) {
        return c.format == added.format && c.recipe == added.recipe && same_way(c.q, added.q);
    });
    if (found == cases.end()) {
        cases.push_back(std::move(added));
    }
}

// Blocks of 1 x 128 along k, with the scales of DeepSeek-V3's activations.
quantization baseline_for(const any_format& format, const matrix_layout& layout) {
    matrix_layout as_a = layout;
    as_a.operand_b = false;
    return quantization_for(recipes::deepseek_v3, format, as_a);
}

void add_statistics(tensor_statistics& total, const tensor_statistics& s) {
    total.elements += s.elements;
    total.nan += s.nan;
    total.infinite += s.infinite;
    total.zeros += s.zeros;
    total.amax = std::max(total.amax, s.amax);
    total.sum_of_squares += s.sum_of_squares;
}

}  // namespace

std::string audit_case::short_blocks() const {
    const granularity& g = q.blocks;
    return q.scale.method == scale_method::none || g.block_rows == whole_extent || g.block_cols == whole_extent
               ? blocks()
               : std::to_string(g.block_rows) + "x" + std::to_string(g.block_cols);
}

matrix_shape shape_as_matrix(const stored_tensor& tensor, const matrix_layout& layout) {
    matrix_shape result;
    if (tensor.kind == element_kind::scaled && layout.k_last && layout.rows == row_rule::automatic) {
        const logical_tensor& t = *tensor.logical;
        return t.k_is_rows ? matrix_shape{t.count * t.cols, t.rows} : matrix_shape{t.count * t.rows, t.cols};
    }
    if (tensor.shape.size() == 1) {
        result.cols = tensor.shape[0];
        return result;
    }
    const std::size_t dimensions = tensor.shape.size();
    const bool first_alone = layout.rows == row_rule::first || (layout.rows == row_rule::automatic && dimensions > 3);
    for (std::size_t i = 0; i < dimensions; ++i) {
        const bool row = first_alone ? i == 0 : i + 1 < dimensions;
        (row ? result.rows : result.cols) *= tensor.shape[i];
    }
    return result;
}

quantization quantization_for(const recipe& r, const any_format& format, const matrix_layout& layout) {
    quantization q = layout.operand_b ? r.for_b(format) : r.for_a(format);
    const bool recipe_has_k_last = !layout.operand_b;  // A is m x k, B is k x n
    if (recipe_has_k_last != layout.k_last) {
        q.blocks = q.blocks.transposed();
    }
    return q;
}

std::vector<audit_case> cases_for(const std::vector<any_format>& formats, const std::vector<recipe>& chosen_recipes,
                                  const matrix_layout& layout) {
    std::vector<audit_case> cases;
    const auto add = [&](const any_format& format, const recipe& r) {
        add_case(cases, {std::string(name_of(format)), name_of(r), quantization_for(r, format, layout)});
    };
    const std::vector<any_format> usual{e4m3fn, e5m2, int8, mxint8, bf16, f16};
    for (const any_format& format : formats.empty() && chosen_recipes.empty() ? usual : formats) {
        for (const recipe& r : chosen_recipes.empty() ? usual_recipes(format) : chosen_recipes) {
            add(format, r);
        }
    }
    if (formats.empty()) {
        for (const recipe& r : chosen_recipes) {
            for (const any_format& format : usual_formats(r)) {
                add(format, r);
            }
        }
    }
    const std::vector<audit_case> chosen = cases;
    for (const audit_case& c : chosen) {
        const quantization q = baseline_for(c.q.element, layout);
        const auto same = [&](const audit_case& other) { return same_way(other.q, q); };
        if (c.narrow() && std::none_of(cases.begin(), cases.end(), same)) {
            cases.push_back({c.format,
                             std::string(is_fixed(c.q.element) ? recipes::int8_tile.name : recipes::deepseek_v3.name),
                             q, true});
        }
    }
    // The cases of a format stand together.
    std::vector<audit_case> grouped;
    for (const audit_case& leader : cases) {
        const auto same = [&](const audit_case& other) { return other.format == leader.format; };
        if (std::none_of(grouped.begin(), grouped.end(), same)) {
            std::copy_if(cases.begin(), cases.end(), std::back_inserter(grouped), same);
        }
    }
    return grouped;
}

model_audit audit_model(const std::vector<stored_tensor>& tensors, std::vector<audit_case> cases,
                        const matrix_layout& layout, int threads,
                        const std::function<void(std::uint64_t, const std::string&)>& advance) {
    model_audit result;
    result.layout = layout;
    result.cases = std::move(cases);
    result.totals.resize(result.cases.size());
    std::uint64_t audited = 0;
    for (const stored_tensor& t : tensors) {
        if (t.kind == element_kind::left_alone) {
            result.left_alone.push_back(t);
            result.left_alone_bytes += t.bytes;
            continue;
        }
        ++audited;
        result.largest_tensor = std::max(result.largest_tensor, t.bytes);
        result.stored_bytes += t.bytes;
    }
    if (audited == 0) {
        throw std::runtime_error("'" + tensors.front().file.string() + "': none of the " +
                                 std::to_string(tensors.size()) + " tensors has real elements; the first is '" +
                                 report::printable(tensors.front().name) + "' of " + tensors.front().dtype);
    }
    std::vector<quantizer> ways;
    ways.reserve(result.cases.size());
    for (const audit_case& c : result.cases) {
        ways.emplace_back(c.q);
    }
    for (const stored_tensor& t : tensors) {
        if (t.kind == element_kind::left_alone) {
            continue;
        }
        const matrix_shape shape = shape_as_matrix(t, layout);
        tensor_values values(t, layout.k_last ? tensor_view::k_last : tensor_view::restored);
        values.load_all();
        tensor_audit one = audit_tensor(values, shape.rows, shape.cols, ways, threads, [&](std::uint64_t elements) {
            if (advance) {
                advance(elements, t.name);
            }
        });
        add_statistics(result.statistics, one.statistics);
        for (std::size_t n = 0; n < one.outcomes.size(); ++n) {
            result.totals[n] += one.outcomes[n];
        }
        result.tensors.push_back({t, shape, one.statistics, std::move(one.outcomes)});
    }
    return result;
}

// -- tensor by tensor -------------------------------------------------------------------------------------------------
error_spread spread_of(const model_audit& audit, std::size_t which) {
    error_spread out;
    std::vector<double> errors;
    for (const audited_tensor& t : audit.tensors) {
        const tensor_outcome& o = t.outcomes[which];
        out.losing += static_cast<std::size_t>(loses(audit, t, which));
        const double error = o.relative_frobenius();
        if (o.left_out != 0 || o.reference2 == 0 || !std::isfinite(error)) {
            continue;
        }
        errors.push_back(error);
        if (!out.worst || error > *out.worst) {
            out.worst = error;
            out.worst_tensor = &t;
        }
    }
    out.tensors = errors.size();
    if (!errors.empty()) {
        std::sort(errors.begin(), errors.end());
        const std::size_t half = errors.size() / 2;
        out.median = errors.size() % 2 != 0 ? errors[half] : (errors[half - 1] + errors[half]) / 2;
    }
    return out;
}

std::optional<largest_share> largest_share_of(const model_audit& audit) {
    largest_share out;
    for (const audited_tensor& t : audit.tensors) {
        if (out.tensor == nullptr || t.statistics.sum_of_squares > out.tensor->statistics.sum_of_squares) {
            out.tensor = &t;
        }
    }
    if (out.tensor == nullptr || !(audit.statistics.sum_of_squares > 0)) {
        return std::nullopt;
    }
    out.share = out.tensor->statistics.sum_of_squares / audit.statistics.sum_of_squares;
    return out;
}

bool is_vector(const stored_tensor& tensor) { return tensor.shape.size() < 2; }

tensor_statistics vector_statistics(const model_audit& audit) {
    tensor_statistics out;
    for (const audited_tensor& t : audit.tensors) {
        if (is_vector(t.tensor)) {
            add_statistics(out, t.statistics);
        }
    }
    return out;
}

// -- what is lost -----------------------------------------------------------------------------------------------------
std::uint64_t clipped(const audit_case& way, const tensor_outcome& outcome, const tensor_statistics& statistics) {
    // Under saturate_finite infinities are saturated, too, and NaN where the format has none.
    const bool has_nan = std::visit([](const auto& f) { return f.has_nan(); }, way.q.element);
    const std::uint64_t others = statistics.infinite + (has_nan ? 0 : statistics.nan) - outcome.events.under_nan_scale;
    return outcome.events.saturated > others ? outcome.events.saturated - others : 0;
}

double lost_share(const audit_case& way, const tensor_outcome& outcome, const tensor_statistics& statistics) {
    const std::uint64_t flushed = is_fixed(way.q.element) ? 0 : outcome.events.underflowed;
    const std::uint64_t lost =
        flushed + clipped(way, outcome, statistics) + outcome.events.restored_infinite + outcome.events.nan_by_scale;
    return statistics.nonzero() == 0
               ? 0.0
               : std::fmin(1.0, static_cast<double>(lost) / static_cast<double>(statistics.nonzero()));
}

namespace {

// The outcome of 1 x 128 blocks in the case's format, or nothing.
const tensor_outcome* baseline_of(const model_audit& audit, const audited_tensor& tensor, std::size_t which) {
    const quantization q = baseline_for(audit.cases[which].q.element, audit.layout);
    for (std::size_t n = 0; n < audit.cases.size(); ++n) {
        if (same_way(audit.cases[n].q, q)) {
            return &tensor.outcomes[n];
        }
    }
    return nullptr;
}

std::optional<double> error_ratio(const model_audit& audit, const audited_tensor& tensor, std::size_t which) {
    const tensor_outcome* baseline = baseline_of(audit, tensor, which);
    if (baseline == nullptr || baseline->error2 == 0 || baseline->reference2 == 0) {
        return std::nullopt;
    }
    return tensor.outcomes[which].relative_frobenius() / baseline->relative_frobenius();
}

std::string case_text(const audit_case& c) {
    return c.recipe + (c.blocks() == "-" ? "" : " (" + c.short_blocks() + ")");
}

std::string loss_text(const model_audit& audit, const audited_tensor& tensor, std::size_t which) {
    const tensor_outcome& outcome = tensor.outcomes[which];
    const double lost = lost_share(audit.cases[which], outcome, tensor.statistics);
    std::string text =
        (lost > 0 ? report::format_percent(lost) + " lost, error " : std::string("error ")) +
        (outcome.left_out == outcome.elements ? "not finite" : report::format_number(outcome.relative_frobenius()));
    if (const auto ratio = error_ratio(audit, tensor, which); ratio && std::isfinite(*ratio) && *ratio > 1.05) {
        text += ", " + report::format_ratio(*ratio, 2) + " that of 1x128 blocks";
    }
    return text;
}

// The coarsest case of the format that does not lose.
std::optional<std::size_t> rescue(const model_audit& audit, const audited_tensor& tensor, const std::string& format) {
    std::optional<std::size_t> best;
    for (std::size_t n = 0; n < audit.cases.size(); ++n) {
        if (audit.cases[n].format == format && !loses(audit, tensor, n) &&
            (!best || tensor.outcomes[n].blocks < tensor.outcomes[*best].blocks)) {
            best = n;
        }
    }
    return best;
}

}  // namespace

bool loses(const model_audit& audit, const audited_tensor& tensor, std::size_t which) {
    const auto ratio = error_ratio(audit, tensor, which);
    return lost_share(audit.cases[which], tensor.outcomes[which], tensor.statistics) > thresholds.lost_share ||
           (ratio && *ratio > thresholds.error_ratio);
}

std::vector<std::string> losses(const model_audit& audit) {
    std::vector<std::string> all;
    std::vector<const audited_tensor*> by_size;
    for (const audited_tensor& tensor : audit.tensors) {
        by_size.push_back(&tensor);
    }
    std::sort(by_size.begin(), by_size.end(), [](const audited_tensor* a, const audited_tensor* b) {
        return a->statistics.elements != b->statistics.elements ? a->statistics.elements > b->statistics.elements
                                                                : a < b;
    });
    for (const audited_tensor* large : by_size) {
        const audited_tensor& tensor = *large;
        for (std::size_t first = 0; first < audit.cases.size();) {
            const std::string& format = audit.cases[first].format;
            std::size_t end = first;
            std::string losing;
            for (; end < audit.cases.size() && audit.cases[end].format == format; ++end) {
                if (loses(audit, tensor, end)) {
                    losing += (losing.empty() ? "" : "; ") + case_text(audit.cases[end]) + ": " +
                              loss_text(audit, tensor, end);
                }
            }
            if (!losing.empty()) {
                const auto saved = rescue(audit, tensor, format);
                const std::string end_text =
                    saved ? "rescued by " + case_text(audit.cases[*saved]) + ": " + loss_text(audit, tensor, *saved)
                          : "none of the chosen granularities rescues it";
                const std::string outliers =
                    tensor.statistics.amax_over_rms
                        ? " (amax/rms " + report::format_number(*tensor.statistics.amax_over_rms) + ")"
                        : "";
                all.push_back(report::printable(tensor.tensor.name) + outliers + " in " + format + ": " + losing +
                              " -- " + end_text + ".");
            }
            first = end;
        }
    }
    return all;
}

// -- the four columns -------------------------------------------------------------------------------------------------
std::array<cost_column, 4> cost_columns(const model_audit& audit) {
    const auto column = [&](std::string_view title, const any_format& format, const recipe& r) {
        cost_column c{title, std::string(name_of(format)), name_of(r), std::uint64_t{0}, std::nullopt};
        const quantization q = quantization_for(r, format, audit.layout);
        for (const audited_tensor& t : audit.tensors) {
            *c.bytes += outcome_bytes(t.shape.rows, t.shape.cols, q).bytes();
        }
        for (std::size_t n = 0; n < audit.cases.size(); ++n) {
            if (same_way(audit.cases[n].q, q)) {
                c.outcome = audit.totals[n];
            }
        }
        return c;
    };
    return {column("fp8 units", e4m3fn, recipes::deepseek_v3),
            column("fp8 storage, 16-bit multiply", e4m3fn, recipes::deepseek_v3),
            column("int8", int8, recipes::int8_tile), column("16-bit only", bf16, recipes::none)};
}

std::optional<double> recovered(const std::array<cost_column, 4>& columns, std::size_t column) {
    const double wide = static_cast<double>(columns[3].bytes.value_or(0));
    const double saved = wide - static_cast<double>(columns[0].bytes.value_or(0));
    if (!columns[column].bytes || saved <= 0) {
        return std::nullopt;
    }
    return (wide - static_cast<double>(*columns[column].bytes)) / saved;
}

}  // namespace narrowfp::bench

// SPDX-License-Identifier: Apache-2.0
#include "checkpoint/against_original.hpp"

#include "checkpoint/audit_report.hpp"
#include "checkpoint/tensor_values.hpp"
#include "support/parallel.hpp"

#include <narrowfp/quant/granularity.hpp>
#include <narrowfp/report/text.hpp>

#include <algorithm>
#include <cmath>
#include <limits>
#include <map>
#include <stdexcept>

namespace narrowfp::bench {
namespace {

constexpr std::size_t worst_blocks = 3;
constexpr std::size_t largest_block = 16384;  // elements; larger ones are looked at in squares of 128
constexpr std::size_t square = 128;

// The matrices of the model's parameter and the blocks in which errors are looked at.
struct block_plan {
    std::size_t count = 1;
    std::size_t rows = 1;
    std::size_t cols = 1;
    std::size_t block_rows = square;
    std::size_t block_cols = square;
};

block_plan plan_of(const stored_tensor& t) {
    block_plan p;
    if (t.kind != element_kind::scaled) {
        p.cols = t.shape.empty() ? 1 : t.shape.back();
        p.rows = static_cast<std::size_t>(t.elements()) / p.cols;
        return p;
    }
    const logical_tensor& l = *t.logical;
    const bool turned = l.restored_transposed;
    p.count = l.count;
    p.rows = turned ? l.cols : l.rows;
    p.cols = turned ? l.rows : l.cols;
    if (!l.scales.empty() && l.scales[0].block_rows * l.scales[0].block_cols <= largest_block &&
        l.scales[0].chunk_rows == 0) {
        p.block_rows = turned ? l.scales[0].block_cols : l.scales[0].block_rows;
        p.block_cols = turned ? l.scales[0].block_rows : l.scales[0].block_cols;
    }
    return p;
}

void read_doubles(const tensor_values& values, std::uint64_t first, std::span<double> out) {
    if (values.gives_doubles()) {
        values.read(first, out);
        return;
    }
    std::vector<float> narrow(out.size());
    values.read(first, std::span<float>(narrow));
    std::copy(narrow.begin(), narrow.end(), out.begin());
}

void add_element(double reference, double value, bool saturated, error_sums& sums) {
    ++sums.elements;
    const double error = value - reference;
    if (!std::isfinite(error)) {
        ++sums.left_out;
        return;
    }
    sums.clipped += static_cast<std::uint64_t>(saturated && std::fabs(reference) > std::fabs(value));
    sums.zeroed += static_cast<std::uint64_t>(value == 0 && reference != 0);
    sums.error2 += error * error;
    sums.reference2 += reference * reference;
    sums.value2 += value * value;
    sums.product += value * reference;
}

// What a row of blocks gives.
struct band_result {
    error_sums sums;
    std::vector<block_error> worst;
};

void keep_worst(std::vector<block_error>& list) {
    std::stable_sort(list.begin(), list.end(),
                     [](const block_error& a, const block_error& b) { return a.relative > b.relative; });
    list.resize(std::min(list.size(), worst_blocks));
}

// Reads both sides of one pair.
class pair_reader {
public:
    pair_reader(const stored_tensor& tensor, const stored_tensor& original)
        : tensor_(tensor),
          values_(tensor, tensor_view::restored),
          originals_(original, tensor_view::restored),
          plan_(plan_of(tensor)),
          together_(original.kind == element_kind::scaled &&
                    plan_of(original).rows * plan_of(original).cols != plan_.rows * plan_.cols),
          saturated_(tensor.kind == element_kind::scaled ? saturated_codes(tensor.logical->format)
                                                         : std::array<bool, 256>{}) {}

    const block_plan& plan() const { return plan_; }

    void load(std::size_t matrix) {
        const std::uint64_t size = plan_.rows * plan_.cols;
        values_.load(matrix * size, size);
        if (!together_) {
            originals_.load(matrix * size, size);
            first_ = 0;
        } else if (matrix == 0) {
            originals_.load_all();
        }
        if (together_) {
            first_ = matrix * size;
        }
    }

    band_result band(std::size_t matrix, std::size_t first_row) const {
        const std::size_t blocks = block_count(plan_.cols, plan_.block_cols);
        std::vector<error_sums> sums(blocks);
        std::vector<double> x(plan_.cols);
        std::vector<double> y(plan_.cols);
        std::vector<std::uint8_t> codes(tensor_.kind == element_kind::scaled ? plan_.cols : 0);
        const std::size_t end = std::min(plan_.rows, first_row + plan_.block_rows);
        for (std::size_t row = first_row; row < end; ++row) {
            read_doubles(originals_, first_ + row * plan_.cols, x);
            read_doubles(values_, row * plan_.cols, y);
            if (!codes.empty()) {
                values_.read_codes(row * plan_.cols, codes);
            }
            for (std::size_t col = 0; col < plan_.cols; ++col) {
                add_element(x[col], y[col], !codes.empty() && saturated_[codes[col]], sums[col / plan_.block_cols]);
            }
        }
        band_result result;
        for (std::size_t n = 0; n < blocks; ++n) {
            result.sums += sums[n];
            const double relative = sums[n].relative().value_or(std::numeric_limits<double>::infinity());
            if (relative > 0) {
                result.worst.push_back({matrix, first_row, n * plan_.block_cols, relative});
            }
        }
        keep_worst(result.worst);
        return result;
    }

private:
    const stored_tensor& tensor_;
    tensor_values values_;
    tensor_values originals_;
    block_plan plan_;
    bool together_;  // the original's matrices are others: all of it is in memory
    std::array<bool, 256> saturated_;
    std::uint64_t first_ = 0;
};

compared_tensor compare_pair(const stored_tensor& tensor, const stored_tensor& original, int threads) {
    pair_reader reader(tensor, original);
    const block_plan& plan = reader.plan();
    compared_tensor out{.tensor = tensor,
                        .original_type = original.dtype,
                        .sums = {},
                        .block_rows = plan.block_rows,
                        .block_cols = plan.block_cols,
                        .worst = {},
                        .codes = {}};
    for (std::size_t m = 0; m < plan.count; ++m) {
        reader.load(m);
        std::vector<band_result> bands(block_count(plan.rows, plan.block_rows));
        parallel_for(bands.size(), threads, [&](std::size_t n) { bands[n] = reader.band(m, n * plan.block_rows); });
        for (const band_result& b : bands) {
            out.sums += b.sums;
            out.worst.insert(out.worst.end(), b.worst.begin(), b.worst.end());
        }
        keep_worst(out.worst);
    }
    if (tensor.kind == element_kind::scaled) {
        out.codes = statistics_of_codes(tensor, threads);
    }
    return out;
}

std::string relative_text(const error_sums& s) {
    const auto relative = s.relative();
    if (s.left_out == s.elements) {
        return "not finite";
    }
    return !relative ? "infinite" : *relative == 0 ? "exact" : report::format_number(*relative);
}

double sort_key(const compared_tensor& t) {
    return t.sums.relative().value_or(std::numeric_limits<double>::infinity());
}

}  // namespace

std::optional<double> error_sums::relative() const {
    if (error2 == 0) {
        return 0.0;
    }
    return reference2 > 0 ? std::optional(std::sqrt(error2 / reference2)) : std::nullopt;
}

std::optional<double> error_sums::cosine() const {
    const double both = std::sqrt(reference2) * std::sqrt(value2);
    return both > 0 && std::isfinite(both) ? std::optional(product / both) : std::nullopt;
}

error_sums& error_sums::operator+=(const error_sums& other) {
    elements += other.elements;
    left_out += other.left_out;
    clipped += other.clipped;
    zeroed += other.zeroed;
    error2 += other.error2;
    reference2 += other.reference2;
    value2 += other.value2;
    product += other.product;
    return *this;
}

comparison compare_with_original(const std::vector<stored_tensor>& tensors, const std::vector<stored_tensor>& originals,
                                 int threads, const std::function<void(std::uint64_t, const std::string&)>& advance) {
    std::map<std::string_view, const stored_tensor*> by_name;
    for (const stored_tensor& t : originals) {
        if (t.kind != element_kind::left_alone) {
            by_name.emplace(t.name, &t);
        }
    }
    comparison out;
    for (const stored_tensor& t : tensors) {
        if (t.kind == element_kind::left_alone) {
            continue;
        }
        const auto found = by_name.find(t.name);
        if (found == by_name.end()) {
            out.only_quantised.push_back(t.name);
            continue;
        }
        const stored_tensor& original = *found->second;
        if (original.shape != t.shape) {
            throw std::invalid_argument("tensor '" + report::printable(t.name) + "' is " + shape_text(t) + " in '" +
                                        t.file.string() + "' and " + shape_text(original) + " in '" +
                                        original.file.string() + "'");
        }
        by_name.erase(found);
        out.tensors.push_back(compare_pair(t, original, threads));
        out.total += out.tensors.back().sums;
        if (advance) {
            advance(t.elements(), t.name);
        }
    }
    if (out.tensors.empty()) {
        throw std::invalid_argument("no tensor has its name in both models: the first are '" +
                                    report::printable(tensors.front().name) + "' and '" +
                                    report::printable(originals.front().name) + "'");
    }
    for (const auto& [name, tensor] : by_name) {
        out.only_original.emplace_back(name);
    }
    std::stable_sort(out.tensors.begin(), out.tensors.end(),
                     [](const compared_tensor& a, const compared_tensor& b) { return sort_key(a) > sort_key(b); });
    return out;
}

std::vector<std::pair<std::string, std::string>> against_facts(const comparison& c) {
    const auto names = [](const std::vector<std::string>& list) {
        std::string text = std::to_string(list.size());
        for (std::size_t n = 0; n < std::min<std::size_t>(list.size(), 5); ++n) {
            text += (n == 0 ? ": " : ", ") + report::printable(list[n]);
        }
        return text + (list.size() > 5 ? ", ..." : "");
    };
    const error_sums& s = c.total;
    std::vector<std::pair<std::string, std::string>> facts{
        {"tensors compared", std::to_string(c.tensors.size()) + ", " +
                                 report::format_count(static_cast<std::int64_t>(s.elements)) + " elements"},
        {"relative error", relative_text(s) + " (Frobenius, all tensors)"},
        {"cosine", s.cosine() ? report::format_number(*s.cosine(), 8) : "-"},
        {"clipped, to zero", std::to_string(s.clipped) + ", " + std::to_string(s.zeroed)}};
    if (s.left_out != 0) {
        facts.emplace_back("not finite", std::to_string(s.left_out) + " elements, in no error");
    }
    if (!c.only_quantised.empty()) {
        facts.emplace_back("not in the original", names(c.only_quantised));
    }
    if (!c.only_original.empty()) {
        facts.emplace_back("only in the original", names(c.only_original));
    }
    return facts;
}

report::table against_table(const comparison& c, std::size_t most) {
    using report::alignment;
    report::table t;
    t.title = "Against the original, the largest error first";
    t.columns = {{"tensor"},
                 {"codes and scales"},
                 {"rel. error", alignment::right},
                 {""},
                 {"1 - cosine", alignment::right},
                 {"clipped", alignment::right},
                 {"to zero", alignment::right},
                 {"worst block"}};
    const auto finite = std::find_if(c.tensors.begin(), c.tensors.end(),
                                     [](const compared_tensor& x) { return std::isfinite(sort_key(x)); });
    const double longest = finite == c.tensors.end() ? 0 : sort_key(*finite);
    constexpr double bar_length = 20;
    const std::size_t shown = most == 0 ? c.tensors.size() : std::min(most, c.tensors.size());
    for (std::size_t n = 0; n < shown; ++n) {
        const compared_tensor& x = c.tensors[n];
        const double error = std::min(sort_key(x), longest);
        const auto bar = static_cast<std::size_t>(longest > 0 ? std::ceil(bar_length * error / longest) : 0);
        std::string worst = "-";
        if (!x.worst.empty()) {
            const block_error& b = x.worst.front();
            worst = (x.tensor.shape.size() > 2 ? std::to_string(b.matrix) + ", " : std::string()) +
                    std::to_string(b.row) + ", " + std::to_string(b.col) + ": " + report::format_number(b.relative);
        }
        t.add_row({report::printable(x.tensor.name), x.tensor.dtype, relative_text(x.sums), std::string(bar, '#'),
                   x.sums.cosine() ? report::format_number(1 - *x.sums.cosine()) : "-", std::to_string(x.sums.clipped),
                   std::to_string(x.sums.zeroed), worst});
    }
    if (shown < c.tensors.size()) {
        t.notes.push_back("The " + std::to_string(shown) + " worst of " + std::to_string(c.tensors.size()) +
                          " tensors; --top 0 shows all.");
    }
    t.notes.push_back(
        "rel. error: Frobenius norm of the error over that of the original. clipped: the code is the largest of its "
        "format and the original is larger. to zero: nonzero elements that are zero now. worst block: row and column of "
        "its first element, and its relative error; blocks are those of the scales, or 128 x 128 where these are larger.");
    return t;
}

void add_against_records(report::document& doc, const comparison& c, const std::string& repro) {
    const auto add_sums = [&](const std::string& id, const report::field_list& parameters, const error_sums& s) {
        const auto add = [&](const char* metric, const char* name, report::record_value value, bool defined = true) {
            report::record r;
            r.id = "against." + id + "." + metric;
            r.name = name;
            r.parameters = parameters;
            report::add_field(r.parameters, "figure", metric);
            r.value = std::move(value);
            r.unit = "1";
            if (!defined) {
                report::set_no_value(r, report::record_status::undefined, "a side is zero or not finite");
            }
            r.repro = repro;
            doc.records.push_back(std::move(r));
        };
        const auto count = [&](const char* metric, const char* name, std::uint64_t n) {
            add(metric, name, static_cast<std::int64_t>(n));
        };
        const auto number = [&](const char* metric, const char* name, const std::optional<double>& x) {
            add(metric, name, x.value_or(0), x && std::isfinite(*x));
        };
        count("elements", "elements compared", s.elements);
        number("relative_frobenius", "relative Frobenius error against the original", s.relative());
        number("cosine", "cosine with the original", s.cosine());
        count("clipped", "elements whose code is the largest and whose original is larger", s.clipped);
        count("zeroed", "nonzero elements that are zero now", s.zeroed);
        count("left_out", "elements left out because they are not finite", s.left_out);
    };
    add_sums("total", {}, c.total);
    for (const compared_tensor& t : c.tensors) {
        report::field_list parameters;
        report::add_field(parameters, "tensor", t.tensor.name);
        report::add_field(parameters, "type", t.tensor.dtype);
        report::add_field(parameters, "original_type", t.original_type);
        const std::string id = "tensor." + id_text(t.tensor.name);
        add_sums(id, parameters, t.sums);
        for (std::size_t n = 0; n < t.worst.size(); ++n) {
            report::record r;
            r.id = "against." + id + ".worst" + std::to_string(n);
            r.name = "relative Frobenius error of a block";
            r.parameters = parameters;
            report::add_field(r.parameters, "matrix", t.worst[n].matrix);
            report::add_field(r.parameters, "row", t.worst[n].row);
            report::add_field(r.parameters, "col", t.worst[n].col);
            report::add_field(r.parameters, "block_rows", t.block_rows);
            report::add_field(r.parameters, "block_cols", t.block_cols);
            r.value = t.worst[n].relative;
            r.unit = "1";
            if (!std::isfinite(t.worst[n].relative)) {
                report::set_no_value(r, report::record_status::undefined, "the original's block is zero");
            }
            r.repro = repro;
            doc.records.push_back(std::move(r));
        }
        if (t.codes) {
            add_codes_records(doc, {*t.codes}, repro);
        }
    }
}

}  // namespace narrowfp::bench

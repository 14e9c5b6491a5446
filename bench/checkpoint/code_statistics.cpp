// SPDX-License-Identifier: Apache-2.0
#include "checkpoint/code_statistics.hpp"

#include "checkpoint/audit_report.hpp"
#include "checkpoint/tensor_values.hpp"
#include "support/parallel.hpp"

#include <narrowfp/format/limits.hpp>
#include <narrowfp/report/text.hpp>

#include <algorithm>
#include <cmath>
#include <concepts>
#include <functional>
#include <limits>
#include <type_traits>
#include <utility>

namespace narrowfp::bench {
namespace {

using code_counts = std::array<std::uint64_t, 256>;

constexpr std::size_t counted_at_once = std::size_t{1} << 16;

code_counts count_codes(const stored_tensor& t, int threads) {
    tensor_values values(t, tensor_view::k_last);
    code_counts total{};
    const std::uint64_t step = t.logical->matrix_elements();
    for (std::uint64_t first = 0; first < t.elements(); first += step) {
        values.load(first, step);
        std::vector<code_counts> parts((step + counted_at_once - 1) / counted_at_once);
        parallel_for(parts.size(), threads, [&](std::size_t n) {
            const std::uint64_t at = n * counted_at_once;
            std::vector<std::uint8_t> codes(
                static_cast<std::size_t>(std::min<std::uint64_t>(counted_at_once, step - at)));
            values.read_codes(at, codes);
            for (const std::uint8_t code : codes) {
                ++parts[n][code];
            }
        });
        for (const code_counts& part : parts) {
            std::transform(part.begin(), part.end(), total.begin(), total.begin(), std::plus<>());
        }
    }
    return total;
}

double smallest_normal(const any_format& format) {
    return std::visit(
        [](const auto& f) {
            return std::same_as<std::remove_cvref_t<decltype(f)>, fixed_format>
                       ? 0.0
                       : nearest_host<double>(f.decode(f.magnitude_code(min_normal_ordinal(f))));
        },
        format);
}

scale_statistics statistics_of_level(const scale_level& level, const std::vector<double>& values) {
    const int bits = code_bits_of(level.format);
    double type_least = std::numeric_limits<float>::denorm_min();
    double type_largest = std::numeric_limits<float>::max();
    if (bits <= 16) {
        type_least = type_largest;
        type_largest = 0;
        for (std::uint64_t code = 0; code < std::uint64_t{1} << bits; ++code) {
            const double v = decode_float(level.format, code);
            if (v > 0 && std::isfinite(v)) {
                type_least = std::min(type_least, v);
                type_largest = std::max(type_largest, v);
            }
        }
    }
    scale_statistics s;
    s.name = level.stored.name;
    s.scales = values.size();
    for (const double v : values) {
        s.nan += static_cast<std::uint64_t>(!std::isfinite(v));
        s.zero += static_cast<std::uint64_t>(v == 0);
        s.least_positive += static_cast<std::uint64_t>(v == type_least);
        s.largest_finite += static_cast<std::uint64_t>(v == type_largest);
        if (std::isfinite(v) && v != 0) {
            s.least = s.least == 0 ? v : std::min(s.least, v);
            s.largest = std::max(s.largest, v);
        }
    }
    return s;
}

std::string share_text(std::uint64_t part, std::uint64_t of) {
    return part == 0 ? "0" : report::format_percent(static_cast<double>(part) / static_cast<double>(of), 2);
}

std::string scales_text(const tensor_codes& t) {
    std::string text;
    for (const scale_statistics& s : t.scales) {
        text += (text.empty() ? "" : "; ") + report::format_number(s.least) +
                (s.scales == 1 ? "" : " to " + report::format_number(s.largest));
        for (const auto& [count, what] : {std::pair<std::uint64_t, const char*>(s.nan, "NaN"),
                                          {s.zero, "zero"},
                                          {s.least_positive, "at the lowest"},
                                          {s.largest_finite, "at the highest"}}) {
            if (count != 0) {
                text += ", " + std::to_string(count) + " " + what;
            }
        }
    }
    return text;
}

}  // namespace

std::array<bool, 256> saturated_codes(const any_format& format) {
    std::array<bool, 256> saturated{};
    const std::size_t codes = std::size_t{1} << code_bits_of(format);
    float largest = 0;
    for (std::size_t code = 0; code < codes; ++code) {
        const float v = std::fabs(decode_float(format, code));
        largest = std::isfinite(v) ? std::max(largest, v) : largest;
    }
    for (std::size_t code = 0; code < codes; ++code) {
        saturated[code] = std::fabs(decode_float(format, code)) == largest;
    }
    return saturated;
}

tensor_codes statistics_of_codes(const stored_tensor& tensor, int threads) {
    const logical_tensor& t = *tensor.logical;
    const code_counts counts = count_codes(tensor, threads);
    const std::array<bool, 256> saturated = saturated_codes(t.format);
    const double normal = smallest_normal(t.format);
    tensor_codes out{.tensor = tensor, .codes = {}, .scales = {}};
    out.codes.elements = tensor.elements();
    for (std::size_t code = 0; code < std::size_t{1} << code_bits_of(t.format); ++code) {
        const double v = std::fabs(decode_float(t.format, code));
        const std::uint64_t count = counts[code];
        if (!std::isfinite(v)) {
            out.codes.nan += count;
            continue;
        }
        ++out.codes.possible;
        out.codes.unused += static_cast<std::size_t>(count == 0);
        out.codes.zero += v == 0 ? count : 0;
        out.codes.subnormal += v != 0 && v < normal ? count : 0;
        out.codes.saturated += saturated[code] ? count : 0;
    }
    const tensor_values values(tensor);
    for (std::size_t n = 0; n < t.scales.size(); ++n) {
        out.scales.push_back(statistics_of_level(t.scales[n], values.scales(n)));
    }
    return out;
}

std::vector<tensor_codes> statistics_of_codes(const std::vector<stored_tensor>& tensors, int threads) {
    std::vector<tensor_codes> all;
    for (const stored_tensor& t : tensors) {
        if (t.kind == element_kind::scaled) {
            all.push_back(statistics_of_codes(t, threads));
        }
    }
    return all;
}

report::table codes_table(const std::vector<tensor_codes>& all, std::size_t most) {
    using report::alignment;
    report::table t;
    t.title = "What the codes tell";
    t.columns = {{"tensor"},
                 {"codes and scales"},
                 {"saturated", alignment::right},
                 {"zero", alignment::right},
                 {"subnormal", alignment::right},
                 {"NaN", alignment::right},
                 {"unused codes", alignment::right},
                 {"scales"}};
    std::vector<const tensor_codes*> order;
    for (const tensor_codes& c : all) {
        order.push_back(&c);
    }
    const auto share = [](const tensor_codes* c) {
        return static_cast<double>(c->codes.saturated) / static_cast<double>(c->codes.elements);
    };
    std::stable_sort(order.begin(), order.end(),
                     [&](const tensor_codes* a, const tensor_codes* b) { return share(a) > share(b); });
    if (most != 0 && order.size() > most) {
        t.notes.push_back("The " + std::to_string(most) + " of " + std::to_string(order.size()) +
                          " tensors with the largest share of saturated codes; --top 0 shows all.");
        order.resize(most);
    }
    for (const tensor_codes* c : order) {
        const code_statistics& s = c->codes;
        t.add_row({report::printable(c->tensor.name),
                   c->tensor.dtype,
                   share_text(s.saturated, s.elements),
                   share_text(s.zero, s.elements),
                   share_text(s.subnormal, s.elements),
                   {share_text(s.nan, s.elements), s.nan == 0 ? report::tint::plain : report::tint::bad},
                   std::to_string(s.unused) + " of " + std::to_string(s.possible),
                   scales_text(*c)});
    }
    t.notes.push_back(
        "Shares of all elements. saturated: codes of the largest finite magnitude. scales: from the smallest to the "
        "largest that is not zero, for each level; lowest, highest: of what the type of the scale holds.");
    return t;
}

void add_codes_records(report::document& doc, const std::vector<tensor_codes>& all, const std::string& repro) {
    for (const tensor_codes& c : all) {
        const auto add = [&](const std::string& metric, const char* name, report::record_value value) {
            report::record r;
            r.id = "codes." + id_text(c.tensor.name) + "." + metric;
            r.name = name;
            report::add_field(r.parameters, "tensor", c.tensor.name);
            report::add_field(r.parameters, "type", c.tensor.dtype);
            report::add_field(r.parameters, "figure", metric);
            r.value = std::move(value);
            r.unit = "1";
            r.repro = repro;
            doc.records.push_back(std::move(r));
        };
        const auto count = [&](const std::string& metric, const char* name, std::uint64_t n) {
            add(metric, name, static_cast<std::int64_t>(n));
        };
        count("saturated", "codes of the largest finite magnitude", c.codes.saturated);
        count("zero", "codes of zero", c.codes.zero);
        count("subnormal", "codes of subnormal values", c.codes.subnormal);
        count("nan", "codes that are no finite number", c.codes.nan);
        count("unused", "finite codes that never occur", c.codes.unused);
        for (std::size_t n = 0; n < c.scales.size(); ++n) {
            const scale_statistics& s = c.scales[n];
            const std::string level = "scale" + std::to_string(n) + ".";
            count(level + "count", "scales of this level", s.scales);
            count(level + "nan", "scales that are no finite number", s.nan);
            count(level + "zero", "scales that are zero", s.zero);
            count(level + "lowest", "scales of the type's smallest positive value", s.least_positive);
            count(level + "highest", "scales of the type's largest value", s.largest_finite);
            add(level + "least", "smallest scale that is not zero", s.least);
            add(level + "largest", "largest scale", s.largest);
        }
    }
}

}  // namespace narrowfp::bench

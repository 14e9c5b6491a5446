// SPDX-License-Identifier: Apache-2.0
#include "compare/results_comparison.hpp"

#include <narrowfp/report/text.hpp>

#include <algorithm>
#include <array>
#include <bit>
#include <cmath>
#include <map>
#include <set>
#include <string_view>

namespace narrowfp::bench {

using report::evidence_kind;
using report::field_list;
using report::record;

namespace {

constexpr const char* nothing = "-";

struct exact_writer {
    std::string operator()(std::monostate) const { return nothing; }
    std::string operator()(bool v) const { return v ? "true" : "false"; }
    std::string operator()(std::int64_t v) const { return std::to_string(v); }
    std::string operator()(double v) const { return report::exact_text(v); }
    std::string operator()(const std::string& v) const { return v; }
};

template <class Variant>
std::string text_of(const Variant& v) {
    return std::visit(exact_writer{}, v);
}

std::string text_of(const std::optional<double>& v) { return v ? report::exact_text(*v) : nothing; }

std::string text_of(const field_list& fields) {
    std::string text;
    for (const report::field& f : fields) {
        text += (text.empty() ? "" : " ") + f.key + ":" + text_of(f.value);
    }
    return text.empty() ? nothing : text;
}

// Bits, so that 0 and -0 differ, and so do a count and a real number.
bool same(const report::record_value& a, const report::record_value& b) {
    if (a.index() != b.index()) {
        return false;
    }
    const auto* x = std::get_if<double>(&a);
    return x == nullptr ? a == b
                        : std::bit_cast<std::uint64_t>(*x) == std::bit_cast<std::uint64_t>(std::get<double>(b));
}

bool same(const std::optional<double>& a, const std::optional<double>& b) {
    return a.has_value() == b.has_value() &&
           (!a || std::bit_cast<std::uint64_t>(*a) == std::bit_cast<std::uint64_t>(*b));
}

bool same_words(const record& a, const record& b) {
    return a.name == b.name && a.method == b.method && a.reference == b.reference && a.source == b.source &&
           a.note == b.note && a.repro == b.repro;
}

std::optional<double> relative_change(const std::optional<double>& a, const std::optional<double>& b) {
    if (!a || !b || *a == 0) {
        return std::nullopt;
    }
    const double change = (*b - *a) / std::fabs(*a);
    return std::isfinite(change) ? std::optional(change) : std::nullopt;
}

// What differs between two deterministic figures of one id.
std::vector<changed_field> changes_of(const record& a, const record& b) {
    std::vector<changed_field> out;
    const auto add_text = [&](const char* what, std::string_view x, std::string_view y) {
        if (x != y) {
            out.push_back({a.id, what, std::string(x), std::string(y), {}});
        }
    };
    add_text("kind", to_string(a.kind), to_string(b.kind));
    add_text("parameters", text_of(a.parameters), text_of(b.parameters));
    add_text("status", to_string(a.status), to_string(b.status));
    add_text("unit", a.unit.empty() ? nothing : a.unit, b.unit.empty() ? nothing : b.unit);
    if (!same(a.value, b.value)) {
        out.push_back({a.id, "value", text_of(a.value), text_of(b.value),
                       relative_change(report::number_in(a.value), report::number_in(b.value))});
    }
    for (const auto& [what, x, y] : {std::tuple("low", a.low, b.low), std::tuple("high", a.high, b.high)}) {
        if (!same(x, y)) {
            out.push_back({a.id, what, text_of(x), text_of(y), relative_change(x, y)});
        }
    }
    if (a.n != b.n) {
        const auto count = [](const std::optional<std::int64_t>& n) { return n ? std::to_string(*n) : nothing; };
        out.push_back({a.id, "n", count(a.n), count(b.n), {}});
    }
    return out;
}

bool is_rate(std::string_view unit) { return unit.ends_with("/s"); }
bool is_time(std::string_view unit) {
    constexpr std::array<std::string_view, 6> times{"s", "ms", "us", "ns", "min", "h"};
    return std::find(times.begin(), times.end(), unit) != times.end() || unit.starts_with("s/") ||
           unit.starts_with("ns/");
}

std::optional<measured_ratio> ratio_of(const record& a, const record& b) {
    const auto x = report::number_in(a.value);
    const auto y = report::number_in(b.value);
    if (!x || !y || *x == 0 || a.unit != b.unit || !std::isfinite(*y / *x)) {
        return std::nullopt;
    }
    measured_ratio r{a.id, a.unit, *x, *y, *y / *x, {}, {}, speed::no_word};
    if (!(a.low && a.high && b.low && b.high)) {
        return r;
    }
    if (*a.low > 0 && *b.low >= 0) {
        r.low = *b.low / *a.high;
        r.high = *b.high / *a.low;
    }
    if (is_rate(a.unit) || is_time(a.unit)) {
        const bool overlap = *a.low <= *b.high && *b.low <= *a.high;
        r.word = overlap ? speed::within_spread : (r.ratio > 1) == is_rate(a.unit) ? speed::faster : speed::slower;
    }
    return r;
}

void compare_record(const record& a, const record& b, results_comparison& out) {
    out.reworded += static_cast<std::size_t>(!same_words(a, b));
    if (a.kind == evidence_kind::measured && b.kind == evidence_kind::measured) {
        if (auto r = ratio_of(a, b)) {
            out.ratios.push_back(std::move(*r));
        } else {
            out.no_ratio.push_back(a.id);
        }
        return;
    }
    std::vector<changed_field> changes = changes_of(a, b);
    ++out.compared;
    out.equal += static_cast<std::size_t>(changes.empty());
    std::move(changes.begin(), changes.end(), std::back_inserter(out.changed));
}

void compare_contexts(const field_list& a, const field_list& b, results_comparison& out) {
    const auto add = [&out](const std::string& key, const report::field_value* x, const report::field_value* y) {
        if (x == nullptr || y == nullptr || *x != *y) {
            out.context.push_back(
                {key, "context", x != nullptr ? text_of(*x) : nothing, y != nullptr ? text_of(*y) : nothing, {}});
            out.other_data = out.other_data || key == "seed" || key == "data_crc32";
        }
    };
    for (const report::field& f : a) {
        add(f.key, &f.value, find_field(b, f.key));
    }
    for (const report::field& f : b) {
        if (find_field(a, f.key) == nullptr) {
            add(f.key, nullptr, &f.value);
        }
    }
}

std::string count_of(std::size_t n) { return report::format_count(static_cast<std::int64_t>(n)); }

// Rows to show of `all`, and a note if some are left out.
std::size_t shown_rows(report::table& t, std::size_t all, std::size_t most) {
    const std::size_t shown = most == 0 ? all : std::min(all, most);
    if (shown < all) {
        t.notes.push_back("And " + count_of(all - shown) + " more: --top 0 shows all.");
    }
    return shown;
}

}  // namespace

results_comparison compare_results(const report::document& a, const report::document& b) {
    results_comparison out;
    compare_contexts(a.context, b.context, out);
    std::map<std::string_view, const record*> in_b;
    for (const record& r : b.records) {
        in_b.emplace(r.id, &r);
    }
    std::set<std::string_view> in_both;
    for (const record& r : a.records) {
        if (const auto found = in_b.find(r.id); found != in_b.end()) {
            in_both.insert(r.id);
            compare_record(r, *found->second, out);
        } else {
            out.only_a.push_back(r.id);
        }
    }
    for (const record& r : b.records) {
        if (!in_both.contains(r.id)) {
            out.only_b.push_back(r.id);
        }
    }
    return out;
}

report::table context_changes(const results_comparison& c) {
    report::table t{
        .title = "Context that differs", .columns = {{"field"}, {"A"}, {"B"}}, .rows = {}, .rules = {}, .notes = {}};
    for (const changed_field& f : c.context) {
        t.add_row({f.id, f.a, f.b});
    }
    if (c.other_data) {
        t.notes.emplace_back("The seed or the data differ: figures that differ are no change of behaviour.");
    }
    return t;
}

report::table changed_table(const results_comparison& c, std::size_t most) {
    using report::alignment;
    report::table t;
    t.title = "Changed: " + count_of(c.compared - c.equal) + " of " + count_of(c.compared) + " deterministic figures";
    t.columns = {{"figure"}, {"field"}, {"A", alignment::right}, {"B", alignment::right}, {"change", alignment::right}};
    const std::size_t shown = shown_rows(t, c.changed.size(), most);
    for (std::size_t n = 0; n < shown; ++n) {
        const changed_field& f = c.changed[n];
        const std::string sign = f.relative && *f.relative > 0 ? "+" : "";
        t.add_row({f.id,
                   f.what,
                   f.a,
                   {f.b, report::tint::bad},
                   f.relative ? sign + report::format_percent(*f.relative) : std::string(nothing)});
    }
    return t;
}

report::table ratio_table(const results_comparison& c, std::size_t most) {
    using report::alignment;
    report::table t;
    t.title = "Measured: " + count_of(c.ratios.size()) + " figures in both files";
    t.columns = {{"figure"},
                 {"unit"},
                 {"A", alignment::right},
                 {"B", alignment::right},
                 {"B/A", alignment::right},
                 {"range", alignment::right},
                 {"B is"}};
    const std::size_t shown = shown_rows(t, c.ratios.size(), most);
    for (std::size_t n = 0; n < shown; ++n) {
        const measured_ratio& r = c.ratios[n];
        const std::string range =
            r.low && r.high ? report::format_number(*r.low) + " to " + report::format_number(*r.high) : nothing;
        t.add_row({r.id, r.unit, report::format_number(r.a), report::format_number(r.b), report::format_ratio(r.ratio),
                   range, word_of(r.word)});
    }
    std::set<std::string> units;
    for (const measured_ratio& r : c.ratios) {
        if (units.insert(r.unit).second) {
            if (const auto mean = mean_ratio(c, r.unit)) {
                t.notes.push_back("Geometric mean of B/A in " + r.unit + ": " + report::format_ratio(*mean) + ".");
            }
        }
    }
    return t;
}

std::optional<double> mean_ratio(const results_comparison& c, const std::string& unit) {
    double logarithms = 0;
    std::size_t n = 0;
    for (const measured_ratio& r : c.ratios) {
        if (r.unit == unit && r.ratio > 0) {
            logarithms += std::log(r.ratio);
            ++n;
        }
    }
    return n > 0 ? std::optional(std::exp(logarithms / static_cast<double>(n))) : std::nullopt;
}

std::string word_of(speed s) {
    switch (s) {
        case speed::faster: return "faster";
        case speed::slower: return "slower";
        case speed::within_spread: return "within the spread";
        case speed::no_word: break;
    }
    return nothing;
}

}  // namespace narrowfp::bench

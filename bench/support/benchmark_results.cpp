// SPDX-License-Identifier: Apache-2.0
#include "support/benchmark_results.hpp"

#include "support/build_info.hpp"
#include "support/machine_facts.hpp"
#include "support/median.hpp"

#include <narrowfp/base/target.hpp>
#include <narrowfp/base/version.hpp>
#include <narrowfp/report/text.hpp>

#include <fmt/format.h>

#include <algorithm>
#include <fstream>
#include <functional>
#include <optional>
#include <set>

namespace narrowfp::bench {

using report::record;
using report::record_status;

namespace {

// A regular expression, extended or ECMAScript, that matches the text alone.
std::string literally(std::string_view text) {
    std::string out;
    for (const char c : text) {
        if (std::string_view("\\.[](){}*+?^$|").find(c) != std::string_view::npos) {
            out += '\\';
        }
        out += c;
    }
    return out;
}

// The command line that runs these rows alone. Google Benchmark appends parts to a name, hence the alternative.
std::string repro_of(const suite_info& info, const suite_options& options, const std::vector<std::string>& names) {
    std::string expression;
    for (const std::string& name : names) {
        expression += (expression.empty() ? "" : "|") + literally(name);
    }
    const bool measured = info.kind == report::evidence_kind::measured;
    std::string more = measured ? fmt::format(" --threads {}", options.threads) : "";
    for (const std::filesystem::path& file : options.operands) {
        more += " --operands " + file.string();
    }
    return fmt::format("{} --seed {}{} --benchmark_filter='^({})(/|$)' --results {}", info.name, options.seed, more,
                       expression, measured ? "timings.json" : "results.json");
}

// A row whose repetitions differ by more of their median is called disturbed.
constexpr double noisy_spread = 0.25;

struct spread {
    double median = 0;
    double low = 0;
    double high = 0;
};

spread spread_of(const std::vector<double>& rates) {
    const auto [low, high] = std::minmax_element(rates.begin(), rates.end());
    return {median_of(rates), *low, *high};
}

const row_outcome* usable(const row_outcomes& outcomes, std::string_view name) {
    const auto found = outcomes.find(name);
    const bool has_rates =
        found != outcomes.end() && found->second.status == record_status::ok && !found->second.rates.empty();
    return has_rates ? &found->second : nullptr;
}

// The median of the ratios of single rounds and their extremes, for rows of one group; else of the medians, with low and
// high from the extremes of both rows.
std::optional<spread> ratio_of(const row_outcomes& outcomes, std::string_view name, std::string_view base) {
    const row_outcome* above = usable(outcomes, name);
    const row_outcome* below = usable(outcomes, base);
    if (above == nullptr || below == nullptr) {
        return std::nullopt;
    }
    if (!above->group.empty() && above->group == below->group && above->rates.size() == below->rates.size()) {
        std::vector<double> ratios(above->rates.size());
        std::transform(above->rates.begin(), above->rates.end(), below->rates.begin(), ratios.begin(),
                       std::divides<>());
        return spread_of(ratios);
    }
    const spread x = spread_of(above->rates);
    const spread y = spread_of(below->rates);
    return spread{x.median / y.median, x.low / y.high, x.high / y.low};
}

// What a goal is about: its ratio of rates, or of times.
std::optional<spread> reached(const row_outcomes& outcomes, const speed_goal& g) {
    return g.of_times ? ratio_of(outcomes, g.below, g.above) : ratio_of(outcomes, g.above, g.below);
}

const char* state_of(const speed_goal& g, double ratio) {
    const auto holds = [&](double bound) { return g.of_times ? ratio <= bound : ratio >= bound; };
    return g.must == 0 ? "" : holds(g.aim) ? "aim reached" : (holds(g.must) ? "must reached" : "MISSED");
}

class document_maker {
public:
    document_maker(const suite_info& info, const suite_options& options, const row_outcomes& outcomes)
        : info_(info), options_(options), outcomes_(outcomes) {}

    void add_rate(const suite_row& row, const row_outcome& outcome, std::vector<record>& out) const {
        record r = start(row, info_.rate.counter, std::string(info_.rate.unit), {row.name()});
        r.method = fmt::format("median over {}; low and high are the extremes; result checked before and after: {}",
                               row.group().empty() ? "repetitions in random order among all rows"
                                                   : "rounds in which all rows of the group took turns",
                               row.checked_against());
        if (outcome.status == record_status::ok && outcome.rates.empty()) {
            set_no_value(r, record_status::not_run, "no repetition was timed");
        } else if (outcome.status == record_status::ok) {
            const spread s = spread_of(outcome.rates);
            r.n = static_cast<std::int64_t>(outcome.rates.size());
            r.value = s.median;
            r.low = s.low;
            r.high = s.high;
            r.note = outcome.label;
        }
        out.push_back(std::move(r));
    }

    void add_ratio(const suite_row& row, const ratio_to& to, std::vector<record>& out) const {
        record r = start(row, "ratio_to_" + to.label, "1", {row.name(), to.base});
        r.method = row.group().empty()
                       ? "ratio of the medians of interleaved repetitions; low and high from the extremes of both"
                       : "median of the ratios of single rounds; low and high are the extremes";
        r.reference = to.base;
        if (const auto s = ratio_of(outcomes_, row.name(), to.base)) {
            r.value = s->median;
            r.low = s->low;
            r.high = s->high;
            r.note = outcomes_.find(row.name())->second.label;
        } else if (r.status == record_status::ok) {
            set_no_value(r, record_status::not_run, to.base + " was not timed in this run");
        }
        out.push_back(std::move(r));
    }

    void add_value(const suite_row& row, const row_value& f, std::vector<record>& out) const {
        record r = start(row, f.name, f.unit, {row.name()});
        r.method = "bit for bit, " + row.checked_against();
        r.reference = info_.reference;
        if (r.status == record_status::ok) {
            r.value = f.value;
            r.status = f.status;
            r.note = f.note;
        }
        out.push_back(std::move(r));
    }

    void add_goal(std::string_view prefix, const speed_goal& g, std::vector<record>& out) const {
        const auto s = reached(outcomes_, g);
        if (!s && (outcomes_.find(g.above) == outcomes_.end() || outcomes_.find(g.below) == outcomes_.end())) {
            return;  // not selected
        }
        record r;
        r.id = g.record_id.empty() ? fmt::format("{}/goal:{}", prefix, g.id) : g.record_id;
        r.name = g.text;
        r.kind = info_.kind;
        if (g.must != 0) {
            add_field(r.parameters, "must", g.must);
            add_field(r.parameters, "aim", g.aim);
        }
        add_field(r.parameters, "row", g.above);
        r.unit = "1";
        r.method = g.of_times ? "median of the ratios of times in single rounds; low and high are the extremes"
                              : "median of the ratios of rates in single rounds; low and high are the extremes";
        r.reference = g.below;
        r.repro = repro_of(info_, options_, {g.above, g.below});
        if (s) {
            r.value = s->median;
            r.low = s->low;
            r.high = s->high;
            r.n = static_cast<std::int64_t>(outcomes_.find(g.above)->second.rates.size());
            r.note = state_of(g, s->median);
        } else {
            set_no_value(r, record_status::not_run, "one of the two rows has no figure");
        }
        out.push_back(std::move(r));
    }

private:
    record start(const suite_row& row, const std::string& what, const std::string& unit,
                 const std::vector<std::string>& rows_needed) const {
        record r;
        r.id = row.name() + "/" + what;
        r.name = what + " of " + row.name();
        r.kind = info_.kind;
        r.parameters = row.parameters();
        r.unit = unit;
        r.repro = repro_of(info_, options_, rows_needed);
        const row_outcome& outcome = outcomes_.find(row.name())->second;
        if (outcome.status != record_status::ok) {
            set_no_value(r, outcome.status, outcome.note);
        }
        return r;
    }

    const suite_info& info_;
    const suite_options& options_;
    const row_outcomes& outcomes_;
};

std::string parameter_text(const report::field_list& parameters, std::string_view key) {
    const report::field_value* value = find_field(parameters, key);
    return value != nullptr ? text_of(*value) : "-";
}

}  // namespace

std::string text_of(const report::field_value& value) {
    if (const auto* text = std::get_if<std::string>(&value)) {
        return *text;
    }
    if (const auto* number = std::get_if<std::int64_t>(&value)) {
        return std::to_string(*number);
    }
    const auto* truth = std::get_if<bool>(&value);
    return truth != nullptr ? (*truth ? "true" : "false") : fmt::format("{}", std::get<double>(value));
}

report::field_list context_of(const suite_info& info, const suite_options& options, const suite_content& content,
                              bool machine) {
    report::field_list out;
    const auto add_text = [&out](const char* key, const std::string& text) {
        if (!text.empty()) {
            add_field(out, key, text);
        }
    };
    add_text("program", std::string(info.name));
    add_text("version", NARROWFP_VERSION_STRING);
    if (const std::string commit = commit_text(); !commit.empty()) {
        add_text("commit", commit);
    }
    add_text("compiler", compiler_text());
#if defined(NARROWFP_BENCH_FLAGS)
    add_text("flags", NARROWFP_BENCH_FLAGS);
#endif
    add_field(out, "seed", options.seed);
    add_field(out, "data_crc32", content.data_crc32);
    if (machine) {
        add_text("processor", line_of_file("/proc/cpuinfo", "model name"));
        add_text("target", std::string(name_of(active_target())));
        add_field(out, "threads", options.threads);
        add_text("governor", line_of_file("/sys/devices/system/cpu/cpu0/cpufreq/scaling_governor", ""));
        out.insert(out.end(), content.context.begin(), content.context.end());
    }
    return out;
}

report::document suite_document(const suite_info& info, const suite_content& content, const row_outcomes& outcomes,
                                const report::field_list& context, const suite_options& options) {
    report::document doc{context, {}};
    const document_maker make(info, options, outcomes);
    for (const auto& row : content.rows) {
        const auto outcome = outcomes.find(row->name());
        if (outcome == outcomes.end()) {
            continue;
        }
        for (const row_value& f : row->values()) {
            make.add_value(*row, f, doc.records);
        }
        if (info.kind == report::evidence_kind::measured) {
            make.add_rate(*row, outcome->second, doc.records);
            for (const ratio_to& to : row->ratios) {
                make.add_ratio(*row, to, doc.records);
            }
        }
    }
    for (const speed_goal& g : content.goals) {
        const std::string& name = content.rows.front()->name();
        make.add_goal(std::string_view(name).substr(0, name.find('/')), g, doc.records);
    }
    return doc;
}

report::table goal_table(const suite_content& content, const row_outcomes& outcomes) {
    using report::alignment;
    report::table t;
    t.title = "Goals of speed: medians of ratios of single rounds";
    t.columns = {{"ratio"},
                 {"measured", alignment::right},
                 {"lowest", alignment::right},
                 {"highest", alignment::right},
                 {"must", alignment::right},
                 {"aim", alignment::right},
                 {"state"}};
    for (const speed_goal& g : content.goals) {
        const auto bound = [&](double x) {
            return x == 0 ? "-" : (g.of_times ? "<= " : ">= ") + report::format_number(x, 3);
        };
        std::vector<report::cell> cells{g.text};
        if (const auto s = reached(outcomes, g)) {
            const std::string_view state = state_of(g, s->median);
            cells.insert(cells.end(), {report::format_number(s->median, 3), report::format_number(s->low, 3),
                                       report::format_number(s->high, 3), bound(g.must), bound(g.aim)});
            cells.emplace_back(std::string(state), state == "MISSED"        ? report::tint::bad
                                                   : state == "aim reached" ? report::tint::good
                                                                            : report::tint::plain);
        } else {
            cells.insert(cells.end(), {"-", "-", "-", bound(g.must), bound(g.aim), "NOT RUN"});
        }
        t.add_row(std::move(cells));
    }
    t.notes.push_back("A missed goal is a finding about speed on this machine in this run, not a failed check.");
    return t;
}

report::table rate_table(const suite_info& info, const suite_content& content, const row_outcomes& outcomes) {
    using report::alignment;
    report::table t;
    t.title = fmt::format("{}: medians, measured on this machine", info.name);
    for (const table_key& k : info.rate.columns) {
        t.columns.push_back({std::string(k.title), k.number ? alignment::right : alignment::left});
    }
    t.columns.push_back({std::string(info.rate.title), alignment::right});
    t.columns.push_back({"spread", alignment::right});
    for (const table_key& k : info.rate.ratios) {
        t.columns.push_back({std::string(k.title), alignment::right});
    }
    std::set<std::string> reasons;
    bool noisy = false;
    for (const auto& row : content.rows) {
        const auto outcome = outcomes.find(row->name());
        if (outcome == outcomes.end()) {
            continue;
        }
        std::vector<report::cell> cells;
        for (const table_key& k : info.rate.columns) {
            cells.emplace_back(parameter_text(row->parameters(), k.key));
        }
        if (usable(outcomes, row->name()) != nullptr) {
            const spread s = spread_of(outcome->second.rates);
            const double width = (s.high - s.low) / s.median;
            noisy = noisy || width > noisy_spread;
            cells.emplace_back(report::format_number(info.rate.shown * s.median, 3));
            cells.emplace_back(report::format_percent(width, 3),
                               width > noisy_spread ? report::tint::warning : report::tint::plain);
        } else {
            const bool failed = outcome->second.status == record_status::failed;
            cells.emplace_back(failed ? "FAILED" : "not run", failed ? report::tint::bad : report::tint::warning);
            cells.emplace_back("-");
            reasons.insert(failed ? fmt::format("FAILED {}: {}", row->name(), outcome->second.note)
                                  : "Not run: " + outcome->second.note);
        }
        for (const table_key& k : info.rate.ratios) {
            const auto to = std::find_if(row->ratios.begin(), row->ratios.end(),
                                         [&](const ratio_to& r) { return r.label == k.key; });
            const auto ratio = to == row->ratios.end() ? std::nullopt : ratio_of(outcomes, row->name(), to->base);
            cells.emplace_back(ratio ? report::format_ratio(ratio->median) : "-");
        }
        t.add_row(std::move(cells));
    }
    t.notes.emplace_back(info.note);
    if (noisy) {
        t.notes.push_back(
            fmt::format("Spread is (fastest - slowest) / median. Rows above {:.0f} % were disturbed; so "
                        "is a ratio with one of them.",
                        noisy_spread * 100));
    }
    t.notes.insert(t.notes.end(), reasons.begin(), reasons.end());
    return t;
}

}  // namespace narrowfp::bench

// SPDX-License-Identifier: Apache-2.0
// narrowfp compare: two results files, figure by figure.
#include "cli/command.hpp"
#include "compare/results_comparison.hpp"

#include <narrowfp/report/json.hpp>
#include <narrowfp/report/text.hpp>

#include <fmt/format.h>

#include <memory>
#include <stdexcept>

namespace narrowfp::cli {
namespace {

struct compare_arguments {
    std::string a;
    std::string b;
    bool same_rows = false;
    int top = 20;
};

json list_of(const std::vector<bench::changed_field>& fields) {
    json list = json::array();
    for (const bench::changed_field& f : fields) {
        list.push_back({{"id", f.id},
                        {"field", f.what},
                        {"a", f.a},
                        {"b", f.b},
                        {"relative_change", f.relative ? json(*f.relative) : json()}});
    }
    return list;
}

json object_of(const compare_arguments& args, const bench::results_comparison& c, bool held) {
    json ratios = json::array();
    for (const bench::measured_ratio& r : c.ratios) {
        ratios.push_back({{"id", r.id},
                          {"unit", r.unit},
                          {"a", r.a},
                          {"b", r.b},
                          {"ratio", r.ratio},
                          {"low", r.low ? json(*r.low) : json()},
                          {"high", r.high ? json(*r.high) : json()},
                          {"b_is", bench::word_of(r.word)}});
    }
    return {{"a", args.a},
            {"b", args.b},
            {"held", held},
            {"compared", c.compared},
            {"equal", c.equal},
            {"changed", list_of(c.changed)},
            {"measured", ratios},
            {"measured_without_ratio", c.no_ratio},
            {"only_in_a", c.only_a},
            {"only_in_b", c.only_b},
            {"reworded", c.reworded},
            {"other_data", c.other_data},
            {"context", list_of(c.context)}};
}

// One line for each difference; nothing where there is none.
void print_quiet(const bench::results_comparison& c) {
    std::string text;
    for (const bench::changed_field& f : c.changed) {
        text += fmt::format("changed {} {} {} {}\n", f.id, f.what, report::printable(f.a), report::printable(f.b));
    }
    for (const bench::measured_ratio& r : c.ratios) {
        text += fmt::format("ratio {} {}\n", r.id, report::format_number(r.ratio, 6));
    }
    for (const auto& [word, ids] :
         {std::pair("only_in_a", &c.only_a), std::pair("only_in_b", &c.only_b), std::pair("no_ratio", &c.no_ratio)}) {
        for (const std::string& id : *ids) {
            text += fmt::format("{} {}\n", word, id);
        }
    }
    print_text(text);
}

void print_ids(const std::string& title, const std::vector<std::string>& ids, std::size_t most) {
    if (ids.empty()) {
        return;
    }
    const std::size_t shown = most == 0 ? ids.size() : std::min(ids.size(), most);
    std::string text = fmt::format("{}: {}\n", title, ids.size());
    for (std::size_t n = 0; n < shown; ++n) {
        text += fmt::format("  {}\n", ids[n]);
    }
    if (shown < ids.size()) {
        text += fmt::format("  and {} more: --top 0 shows all\n", ids.size() - shown);
    }
    print_text(text + "\n");
}

void print_comparison(const context& ctx, const compare_arguments& args, const bench::results_comparison& c) {
    const auto most = static_cast<std::size_t>(args.top);
    print_facts(ctx, "Compare", {{"A", report::printable(args.a)}, {"B", report::printable(args.b)}});
    print_text("\n");
    if (!c.context.empty()) {
        print_table(ctx, bench::context_changes(c));
        print_text("\n");
    }
    if (!c.changed.empty()) {
        print_table(ctx, bench::changed_table(c, most));
        print_text("\n");
    }
    if (!c.ratios.empty()) {
        print_table(ctx, bench::ratio_table(c, most));
        print_text("\n");
    }
    print_ids("Measured in both, without a value in one of them", c.no_ratio, most);
    print_ids("Only in A", c.only_a, most);
    print_ids("Only in B", c.only_b, most);
    print_text(
        fmt::format("{} of {} deterministic figures are equal bit for bit; {} measured; {} only in A, {} only in "
                    "B{}.\n",
                    c.equal, c.compared, c.ratios.size(), c.only_a.size(), c.only_b.size(),
                    c.reworded == 0 ? "" : fmt::format("; the words of {} differ", c.reworded)));
}

int run(const context& ctx, const compare_arguments& args) {
    const report::document a = report::read_document(args.a);
    const report::document b = report::read_document(args.b);
    const bench::results_comparison c = bench::compare_results(a, b);
    if (c.compared == 0 && c.ratios.empty() && c.no_ratio.empty()) {
        throw std::runtime_error(fmt::format("{} ({} figures) and {} ({} figures) have no figure in common", args.a,
                                             a.records.size(), args.b, b.records.size()));
    }
    const bool held = c.changed.empty() && (!args.same_rows || (c.only_a.empty() && c.only_b.empty()));
    if (ctx.json) {
        print_json(object_of(args, c, held));
    } else if (ctx.quiet) {
        print_quiet(c);
    } else {
        print_comparison(ctx, args, c);
    }
    return held ? 0 : 1;
}

}  // namespace

void add_compare(CLI::App& app, context& ctx) {
    const auto args = std::make_shared<compare_arguments>();
    CLI::App& command = add_command(
        app, ctx,
        {.name = "compare",
         .summary = "Two results files: errors, bytes and counts exactly, times as ratios",
         .details =
             "Figures are matched by id. Emulated, modelled and published ones are equal bit for bit or changed;\n"
             "measured ones get the ratio B/A, with its range where both files have one, and never count as changed.\n"
             "Exit codes: 0 nothing changed; 1 a deterministic figure changed; 2 a file cannot be read, is of another\n"
             "schema, or the files have no figure in common. Figures in one file only are named; with --same-rows\n"
             "they give 1 too. With --quiet: one line for each difference and ratio.",
         .examples = "  narrowfp compare before/results.json after/results.json\n"
                     "  narrowfp compare old.json new.json --same-rows --json"},
        [args](const context& c) { return run(c, *args); });
    command.add_option("a", args->a, "The results before, schema narrowfp-results/1")->required()->type_name("A.json");
    command.add_option("b", args->b, "The results after")->required()->type_name("B.json");
    command.add_flag("--same-rows", args->same_rows, "A figure in one file only counts as changed");
    command.add_option("--top", args->top, "Rows of a table on a terminal; 0: all")
        ->type_name("N")
        ->check(CLI::Range(0, 1000000000))
        ->capture_default_str();
}

}  // namespace narrowfp::cli

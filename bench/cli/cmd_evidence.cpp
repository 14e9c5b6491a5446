// SPDX-License-Identifier: Apache-2.0
// narrowfp evidence: what others published, as rows and units; its rules, for the project's files and a user's. Each
// command of the group is one function add_evidence_NAME and one entry of evidence_commands.
#include "cli/command.hpp"
#include "cli/evidence_output.hpp"
#include "cli/evidence_score.hpp"
#include "support/near_names.hpp"

#include <narrowfp/report/text.hpp>

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <cstdint>
#include <cstdlib>
#include <functional>
#include <memory>
#include <optional>
#include <set>
#include <stdexcept>

namespace narrowfp::cli {
namespace {

namespace evidence = bench::evidence;

struct evidence_arguments {
    evidence_style style;
    std::string file = "pairs";
    std::string chip;
    std::string kind;
    std::string recipe;
    std::string source;
    bool rows = false;
    std::string target;  // of show
    std::string path;    // of check
};

evidence::csv_table table_of(const evidence::data_file& file) { return evidence::parse_csv(file.text, file.name); }

std::string lower_case(std::string_view text) {
    std::string result(text);
    std::transform(result.begin(), result.end(), result.begin(),
                   [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; });
    return result;
}

// The different cells of a column, in order of first appearance.
std::vector<std::string> words_in(const evidence::csv_table& table, std::string_view column) {
    std::vector<std::string> words;
    std::set<std::string> seen;
    for (const evidence::csv_row& row : table.rows) {
        std::string cell = evidence::csv_cells(table, row).text(column);
        if (!cell.empty() && seen.insert(cell).second) {
            words.push_back(std::move(cell));
        }
    }
    return words;
}

// Keeps the rows that a predicate on their cells accepts. Throws where none is, with what the column holds.
void keep_rows(evidence::csv_table& table, const evidence::data_file& file, std::string_view column,
               std::string_view wanted, const std::vector<std::string>& known,
               const std::function<bool(const evidence::csv_cells&)>& accepts) {
    if (!table.has(column)) {
        throw std::invalid_argument(fmt::format("--{}: {} has no column '{}'", column, file.name, column));
    }
    const auto rejected = [&](const evidence::csv_row& row) { return !accepts(evidence::csv_cells(table, row)); };
    if (std::all_of(table.rows.begin(), table.rows.end(), rejected)) {
        const std::vector<std::string_view> names(known.begin(), known.end());
        throw std::invalid_argument(fmt::format("{} ({})", bench::unknown_name(column, wanted, names), file.name));
    }
    table.rows.erase(std::remove_if(table.rows.begin(), table.rows.end(), rejected), table.rows.end());
}

// One option on the whole file, so that what it names is known even where other options leave nothing.
struct evidence_filter {
    std::string_view column;
    std::string_view wanted;
    std::vector<std::string> extra;  // further known names
    std::function<bool(const evidence::csv_cells&)> accepts;
};

std::vector<evidence_filter> filters_of(const evidence_arguments& args) {
    std::vector<evidence_filter> filters;
    const auto equals = [](std::string_view column, const std::string& wanted) {
        return [column, folded = lower_case(wanted)](const evidence::csv_cells& cells) {
            return lower_case(cells.text(column)) == folded;
        };
    };
    if (!args.chip.empty()) {
        const std::string wanted = lower_case(args.chip);
        filters.push_back(
            {"chip", args.chip, {"Hopper", "Blackwell", "AMD", "TPU"}, [wanted](const evidence::csv_cells& cells) {
                 const std::string chip = cells.text("chip");
                 return lower_case(chip) == wanted || lower_case(evidence::chip_family(chip)) == wanted;
             }});
    }
    if (!args.kind.empty()) {
        filters.push_back({"kind", args.kind, {}, equals("kind", args.kind)});
    }
    if (!args.recipe.empty()) {
        filters.push_back({"recipe", args.recipe, {}, equals("recipe", args.recipe)});
    }
    if (!args.source.empty()) {
        filters.push_back(
            {"source", args.source, {}, [wanted = lower_case(args.source)](const evidence::csv_cells& cells) {
                 return lower_case(cells.text("family")).find(wanted) != std::string::npos ||
                        lower_case(cells.text("source")).find(wanted) != std::string::npos;
             }});
    }
    return filters;
}

evidence::csv_table filtered(const evidence::data_file& file, const evidence_arguments& args) {
    const evidence::csv_table all = table_of(file);
    evidence::csv_table kept = all;
    for (const evidence_filter& filter : filters_of(args)) {
        const bool by_family = filter.column == "source" && all.has("family");
        std::vector<std::string> known = words_in(all, by_family ? "family" : filter.column);
        known.insert(known.end(), filter.extra.begin(), filter.extra.end());
        evidence::csv_table alone = all;
        keep_rows(alone, file, filter.column, filter.wanted, known, filter.accepts);
        std::erase_if(kept.rows,
                      [&](const evidence::csv_row& row) { return !filter.accepts(evidence::csv_cells(kept, row)); });
    }
    return kept;
}

bool has_units(const evidence::data_file& file) { return file.key == "pairs" || file.key == "later"; }

// The units of those pairs of a file that are among these rows.
std::vector<evidence::unit> units_among(const evidence::data_file& file, const evidence::csv_table& rows) {
    std::set<std::size_t> lines;
    for (const evidence::csv_row& row : rows.rows) {
        lines.insert(row.line);
    }
    std::vector<evidence::pair> pairs = evidence::parse_pairs(file.text, file.name);
    std::erase_if(pairs, [&lines](const evidence::pair& p) { return !lines.contains(p.line); });
    return evidence::units_of(pairs);
}

void check_style(const context& ctx, const evidence_style& style) {
    if (ctx.json && style.csv) {
        throw std::invalid_argument("--json and --csv exclude each other");
    }
}

int run_evidence_list(const context& ctx, const evidence_arguments& args) {
    check_style(ctx, args.style);
    const evidence::data_file& file = evidence::data_file_of(args.file);
    const evidence::csv_table rows = filtered(file, args);
    if (has_units(file) && !args.rows) {
        print_evidence_units(ctx, args.style, file, units_among(file, rows));
    } else {
        print_evidence_rows(ctx, args.style, file, rows);
    }
    return 0;
}

// -- show -------------------------------------------------------------------------------------------------------------
struct row_address {
    const evidence::data_file* file;
    int id;
};

// "later:17", "17" (of pairs.csv); nothing for what is no address.
std::optional<row_address> address_of(const std::string& target) {
    const std::size_t colon = target.find(':');
    const std::string key = colon == std::string::npos ? "pairs" : target.substr(0, colon);
    const std::string digits = colon == std::string::npos ? target : target.substr(colon + 1);
    int id = 0;
    const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), id);
    if (error != std::errc() || end != digits.data() + digits.size() || id < 0) {
        return std::nullopt;
    }
    return row_address{&evidence::data_file_of(key), id};
}

int show_row(const context& ctx, const evidence_arguments& args, const row_address& address) {
    evidence::csv_table table = table_of(*address.file);
    const auto id_of = [&table](const evidence::csv_row& row) { return *evidence::csv_cells(table, row).count("id"); };
    const auto found = std::find_if(table.rows.begin(), table.rows.end(),
                                    [&](const evidence::csv_row& row) { return id_of(row) == address.id; });
    if (found == table.rows.end()) {
        const auto distance = [&](const evidence::csv_row& row) {
            return std::abs(std::int64_t{id_of(row)} - address.id);
        };
        const auto nearest = std::min_element(
            table.rows.begin(), table.rows.end(),
            [&](const evidence::csv_row& a, const evidence::csv_row& b) { return distance(a) < distance(b); });
        throw std::invalid_argument(
            fmt::format("unknown id {} of {}; the nearest is {}", address.id, address.file->name, id_of(*nearest)));
    }
    const evidence::csv_row row = *found;
    if (ctx.json) {
        print_json({{"file", address.file->name}, {"kind", "published"}, {"row", evidence_row_object(table, row)}});
    } else if (args.style.csv) {
        table.rows = {row};
        print_evidence_rows(ctx, args.style, *address.file, table);
    } else {
        print_evidence_row(ctx, *address.file, table, row);
    }
    return 0;
}

void print_unit(const context& ctx, const evidence_arguments& args, const evidence::data_file& file,
                const evidence::csv_table& rows) {
    const std::vector<evidence::unit> units = units_among(file, rows);
    if (ctx.json) {
        json list = json::array();
        for (const evidence::csv_row& row : rows.rows) {
            list.push_back(evidence_row_object(rows, row));
        }
        print_json({{"file", file.name},
                    {"kind", "published"},
                    {"unit", units.empty() ? json() : evidence_unit_object(units.front())},
                    {"rows", list}});
        return;
    }
    if (args.style.csv) {
        print_evidence_rows(ctx, args.style, file, rows);
        return;
    }
    if (units.empty()) {
        print_text("No row of this unit is included.\n\n");
    } else {
        print_evidence_units(ctx, args.style, file, units);
        print_text("\n");
    }
    for (const evidence::csv_row& row : rows.rows) {
        print_evidence_row(ctx, file, rows, row);
    }
}

int run_evidence_show(const context& ctx, const evidence_arguments& args) {
    check_style(ctx, args.style);
    if (const auto address = address_of(args.target)) {
        return show_row(ctx, args, *address);
    }
    std::vector<std::string> names;
    for (const evidence::data_file& file : evidence::all_data_files()) {
        if (!has_units(file)) {
            continue;
        }
        evidence::csv_table table = table_of(file);
        const std::vector<std::string> units = words_in(table, "unit");
        if (std::find(units.begin(), units.end(), args.target) != units.end()) {
            std::erase_if(table.rows, [&](const evidence::csv_row& row) {
                return evidence::csv_cells(table, row).text("unit") != args.target;
            });
            print_unit(ctx, args, file, table);
            return 0;
        }
        names.insert(names.end(), units.begin(), units.end());
    }
    const std::vector<std::string_view> known(names.begin(), names.end());
    const std::vector<std::string> near = bench::near_names(args.target, known);
    throw std::invalid_argument(fmt::format(
        "unknown row or unit '{}'; {}", report::printable(args.target),
        near.empty() ? std::string("a row is FILE:ID, such as later:17; 'narrowfp evidence list --csv' names the units")
                     : fmt::format("near: {}", fmt::join(near, ", "))));
}

// -- check ------------------------------------------------------------------------------------------------------------
int run_evidence_check(const context& ctx, const evidence_arguments& args) {
    check_style(ctx, args.style);
    std::vector<evidence::checked_file> files;
    if (args.path.empty()) {
        for (const evidence::data_file& file : evidence::all_data_files()) {
            files.push_back(evidence::check_shipped(file));
        }
    } else {
        files.push_back(evidence::check_user_file(args.path));
    }
    print_checked_files(ctx, args.style, files);
    const bool held = std::all_of(files.begin(), files.end(), [](const auto& file) { return file.faults.empty(); });
    return held ? 0 : args.path.empty() ? 1 : 2;
}

// -- the commands -----------------------------------------------------------------------------------------------------
void add_csv_flag(CLI::App& command, const std::shared_ptr<evidence_arguments>& args) {
    command.add_flag("--csv", args->style.csv, "CSV with every column");
}

void add_evidence_list(CLI::App& group, context& ctx) {
    const auto args = std::make_shared<evidence_arguments>();
    CLI::App& command =
        add_command(group, ctx,
                    {.name = "list",
                     .summary = "Units of published pairs, or the rows of a file",
                     .details = "Files: pairs, later (both as units unless --rows is given), gemm, loss, memory, runs.",
                     .examples = "  narrowfp evidence list --chip H100 --kind dense --recipe tensor\n"
                                 "  narrowfp evidence list --file later --source LLMQ --rows\n"
                                 "  narrowfp evidence list --file loss --csv"},
                    [args](const context& c) { return run_evidence_list(c, *args); });
    command.add_option("--file", args->file, "pairs, later, gemm, loss, memory or runs")
        ->type_name("FILE")
        ->capture_default_str();
    command.add_option("--chip", args->chip, "H100, MI300X, ..., or a family: Hopper, Blackwell, AMD, TPU")
        ->type_name("CHIP");
    command.add_option("--kind", args->kind, "dense, MoE, dense-LoRA or other")->type_name("KIND");
    command.add_option("--recipe", args->recipe, "tensor, row, block or mx")->type_name("RECIPE");
    command.add_option("--source", args->source, "Rows whose family or source contains this text")->type_name("TEXT");
    command.add_flag("--rows", args->rows, "Every row instead of units");
    add_csv_flag(command, args);
}

void add_evidence_show(CLI::App& group, context& ctx) {
    const auto args = std::make_shared<evidence_arguments>();
    CLI::App& command = add_command(group, ctx,
                                    {.name = "show",
                                     .summary = "Everything about one row or unit",
                                     .details = "A row is FILE:ID (a number alone is a row of pairs), a unit its name.",
                                     .examples = "  narrowfp evidence show later:49\n"
                                                 "  narrowfp evidence show 'nanochat|nanochat d26|H100|tensor'"},
                                    [args](const context& c) { return run_evidence_show(c, *args); });
    command.add_option("target", args->target, "FILE:ID or a unit")->required()->type_name("ID|UNIT");
    add_csv_flag(command, args);
}

void add_evidence_check(CLI::App& group, context& ctx) {
    const auto args = std::make_shared<evidence_arguments>();
    CLI::App& command = add_command(
        group, ctx,
        {.name = "check",
         .summary = "Whether files keep the rules: the project's, or yours",
         .details =
             "A file of yours is CSV. Pairs need the columns model, kind, chip, hidden, ffn, seq, recipe, and ratio or\n"
             "bf16, fp8 and measure; a copy of a file of the project is known by its name or columns.\n"
             "Exit codes: 0 all rules hold; 1 a file of the project breaks one; 2 yours does, or cannot be read.",
         .examples = "  narrowfp evidence check\n"
                     "  narrowfp evidence check my_pairs.csv --json"},
        [args](const context& c) { return run_evidence_check(c, *args); });
    command.add_option("file", args->path, "A CSV file instead of the project's files")->type_name("FILE");
    add_csv_flag(command, args);
}

constexpr std::array evidence_commands{add_evidence_list, add_evidence_show, add_evidence_check, add_evidence_score};

}  // namespace

void add_evidence(CLI::App& app, context& ctx) {
    CLI::App& group = add_command_group(
        app, {.name = "evidence",
              .summary = "What others published about FP8 against 16 bits: list it, show a row, check a file",
              .details = "'narrowfp evidence COMMAND --help' explains a command.",
              .examples = "  narrowfp evidence list --chip H100"});
    for (const auto add : evidence_commands) {
        add(group, ctx);
    }
}

}  // namespace narrowfp::cli

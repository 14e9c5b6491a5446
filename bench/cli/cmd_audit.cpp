// SPDX-License-Identifier: Apache-2.0
// narrowfp audit: what narrow formats do to the tensors of a model file.
#include "checkpoint/against_original.hpp"
#include "checkpoint/audit_report.hpp"
#include "checkpoint/checkpoint.hpp"
#include "checkpoint/code_statistics.hpp"
#include "checkpoint/layer_error.hpp"
#include "cli/command.hpp"
#include "cli/names.hpp"
#include "cli/tensor_choice.hpp"

#include <narrowfp/report/json.hpp>
#include <narrowfp/report/progress.hpp>
#include <narrowfp/report/text.hpp>

#include <fmt/format.h>

#include <sys/resource.h>

#include <algorithm>
#include <fstream>
#include <memory>
#include <stdexcept>

namespace narrowfp::cli {
namespace {

struct audit_arguments {
    std::vector<std::string> paths;
    std::vector<std::string> formats;
    std::vector<std::string> recipes;
    std::vector<std::string> tensors;
    std::string codes;
    std::string activations;
    std::string against;
    int tokens = 256;
    std::string k = "last";
    std::string rows = "auto";
    std::string operand = "b";
    bool markdown = false;
    bool totals = false;
    bool matrices = false;
    int threads = 0;
    int top = 20;
};

std::vector<bench::stored_tensor> chosen_tensors(std::vector<bench::stored_tensor> all,
                                                 const std::vector<std::string>& globs) {
    const std::vector<bool> chosen = choose_tensors(all, globs);
    std::vector<bench::stored_tensor> kept;
    for (std::size_t n = 0; n < all.size(); ++n) {
        if (chosen[n]) {
            kept.push_back(std::move(all[n]));
        }
    }
    return kept;
}

// One of two words.
bool is_first(const char* option, const std::string& word, std::string_view first, std::string_view second) {
    if (word != first && word != second) {
        throw std::invalid_argument(fmt::format("{} '{}': {} or {} expected", option, word, first, second));
    }
    return word == first;
}

bench::matrix_layout layout_of(const audit_arguments& args) {
    return {.k_last = is_first("--k", args.k, "last", "first"),
            .operand_b = is_first("--operand", args.operand, "b", "a"),
            .rows = args.rows == "auto"                                 ? bench::row_rule::automatic
                    : is_first("--rows", args.rows, "first", "leading") ? bench::row_rule::first
                                                                        : bench::row_rule::leading};
}

std::vector<bench::audit_case> cases_of(const audit_arguments& args, const bench::matrix_layout& layout) {
    std::vector<any_format> formats;
    std::vector<recipe> recipes;
    for (const std::string& name : args.formats) {
        formats.push_back(format_named(name));
    }
    for (const std::string& name : args.recipes) {
        recipes.push_back(recipe_named(name));
    }
    return bench::cases_for(formats, recipes, layout);
}

report::field_list context_of(const context& ctx) {
    report::field_list fields = program_context("narrowfp audit");
    report::add_field(fields, "command", ctx.command_line);
    return fields;
}

// The largest memory that this program has had. Linux's own figure is preferred: that of getrusage includes what the
// process had before it became this program.
std::uint64_t peak_memory() {
    constexpr std::uint64_t unit = 1024;  // both count in KiB
    std::ifstream status("/proc/self/status");
    for (std::string word; status >> word;) {
        if (std::uint64_t peak = 0; word == "VmHWM:" && status >> peak) {
            return peak * unit;
        }
    }
    rusage usage{};
    ::getrusage(RUSAGE_SELF, &usage);
    return static_cast<std::uint64_t>(usage.ru_maxrss) * unit;
}

void print_quiet(const bench::model_audit& audit) {
    std::string text;
    for (std::size_t n = 0; n < audit.cases.size(); ++n) {
        const bench::audit_case& c = audit.cases[n];
        const bench::tensor_outcome& o = audit.totals[n];
        text += fmt::format("{} {} {} {} {}\n", c.format, c.recipe, c.blocks(), o.bytes(),
                            o.exact()         ? "exact"
                            : o.left_out != 0 ? "nan"
                                              : report::format_number(o.relative_frobenius(), 6));
    }
    print_text(text);
}

// The layouts that were found, each once.
std::string layouts_text(const bench::tensor_list& list) {
    std::vector<std::string> found;
    for (const std::string& name : list.layouts) {
        if (!name.empty() && std::find(found.begin(), found.end(), name) == found.end()) {
            found.push_back(name);
        }
    }
    return fmt::format("{}", fmt::join(found, ", "));
}

// What is no part of the audit, and why.
void print_list_notes(const context& ctx, const bench::tensor_list& list) {
    for (const bench::dropped_tensor& d : list.dropped) {
        print_note(ctx, fmt::format("left out: {} ({})", report::printable(d.tensor.name), d.why));
    }
    for (const std::string& note : list.notes) {
        print_note(ctx, note);
    }
}

void print_audit(const context& ctx, const bench::model_audit& audit, const std::string& layouts, std::size_t most) {
    fact_lines facts = bench::audit_facts(audit);
    if (!layouts.empty()) {
        facts.insert(facts.begin(), {"layout", layouts + "; scaled tensors are audited by their values"});
    }
    print_facts(ctx, "Audit", facts);
    print_text("\n");
    print_table(ctx, bench::totals_table(audit));
    print_text("\n");
    if (audit.tensors.size() > 1) {
        print_table(ctx, bench::spread_table(audit));
        print_text("\n");
    }
    print_table(ctx, bench::tensors_table(audit, audit.cases.front().format, most));
    print_text("\n");
    for (const std::string& line : bench::loss_lines(audit, most)) {
        for (const std::string& part : report::wrap(line, bench::terminal_width(stdout))) {
            print_text(part + "\n");
        }
    }
    print_text("\n");
    print_table(ctx, bench::cost_table(audit));
}

// The products of the layers for which there are activations; nothing else is audited then.
int run_products(const context& ctx, const audit_arguments& args, const std::vector<bench::stored_tensor>& weights) {
    std::vector<any_format> formats;
    std::vector<recipe> recipes;
    for (const std::string& name : args.formats) {
        formats.push_back(format_named(name));
    }
    for (const std::string& name : args.recipes) {
        recipes.push_back(recipe_named(name));
    }
    const std::vector<bench::layer_way> ways = bench::layer_ways(formats, recipes);
    const std::vector<bench::layer_product> products = bench::layer_products(
        weights, bench::list_tensors({args.activations}, std::nullopt).tensors, ways,
        is_first("--k", args.k, "last", "first"), static_cast<std::size_t>(args.tokens), args.threads);
    if (ctx.json) {
        report::document doc{.context = context_of(ctx), .records = {}};
        bench::add_layer_records(doc, products, ways, ctx.command_line);
        print_text(report::to_json(doc));
        return 0;
    }
    if (ctx.quiet) {
        for (const bench::layer_product& p : products) {
            for (std::size_t n = 0; n < ways.size(); ++n) {
                print_text(
                    fmt::format("{} {} {} {}\n", report::printable(p.weight), ways[n].format, ways[n].recipe_name,
                                p.outcomes[n].not_finite != 0 ? "nan" : report::format_number(p.outcomes[n].error, 6)));
            }
        }
        return 0;
    }
    print_table(ctx, bench::layer_table(products, ways));
    return 0;
}

// The error against the model that was quantised; nothing else is audited then.
int run_against(const context& ctx, const audit_arguments& args, const std::vector<bench::stored_tensor>& tensors) {
    std::uint64_t elements = 0;
    for (const bench::stored_tensor& t : tensors) {
        elements += t.kind == bench::element_kind::left_alone ? 0 : t.elements();
    }
    const std::vector<bench::stored_tensor> originals = bench::list_tensors({args.against}, std::nullopt).tensors;
    report::progress progress("audit", elements, progress_style(ctx));
    const bench::comparison found = bench::compare_with_original(
        tensors, originals, args.threads,
        [&](std::uint64_t done, const std::string& name) { progress.advance(done, report::printable(name)); });
    progress.finish();
    if (ctx.json) {
        report::document doc{.context = context_of(ctx), .records = {}};
        bench::add_against_records(doc, found, ctx.command_line);
        print_text(report::to_json(doc));
    } else if (ctx.quiet) {
        for (const bench::compared_tensor& t : found.tensors) {
            print_text(fmt::format("{} {} {} {}\n", report::printable(t.tensor.name),
                                   t.sums.left_out != 0      ? "nan"
                                   : !t.sums.relative()      ? "inf"
                                   : *t.sums.relative() == 0 ? "exact"
                                                             : report::format_number(*t.sums.relative(), 6),
                                   t.sums.clipped, t.sums.zeroed));
        }
    } else {
        print_facts(ctx, "Against the original", bench::against_facts(found));
        print_text("\n");
        print_table(ctx, bench::against_table(found, static_cast<std::size_t>(args.top)));
        std::vector<bench::tensor_codes> codes;
        for (const bench::compared_tensor& t : found.tensors) {
            if (t.codes) {
                codes.push_back(*t.codes);
            }
        }
        if (!codes.empty()) {
            print_text("\n");
            print_table(ctx, bench::codes_table(codes, static_cast<std::size_t>(args.top)));
        }
    }
    return 0;
}

int run(const context& ctx, const audit_arguments& args) {
    if (ctx.json && args.markdown) {
        throw std::invalid_argument("--json and --markdown exclude each other");
    }
    if (!args.against.empty() && (args.markdown || !args.activations.empty())) {
        throw std::invalid_argument("--against excludes --markdown and --activations");
    }
    if (args.markdown && !args.activations.empty()) {
        throw std::invalid_argument("--markdown and --activations exclude each other");
    }
    const bench::matrix_layout layout = layout_of(args);
    std::vector<bench::audit_case> cases = cases_of(args, layout);
    const auto codes = args.codes.empty() ? std::nullopt : std::optional(format_named(args.codes));
    const bench::tensor_list list = bench::list_tensors(args.paths, codes);
    std::vector<bench::stored_tensor> tensors = chosen_tensors(list.tensors, args.tensors);
    if (args.matrices) {
        std::erase_if(tensors, bench::is_vector);
        if (tensors.empty()) {
            throw std::invalid_argument("--matrices leaves no tensor: all have fewer than two dimensions");
        }
    }
    if (!args.activations.empty()) {
        return run_products(ctx, args, tensors);
    }
    if (!args.against.empty()) {
        return run_against(ctx, args, tensors);
    }
    std::uint64_t elements = 0;
    for (const bench::stored_tensor& t : tensors) {
        elements += t.kind == bench::element_kind::left_alone ? 0 : t.elements();
    }
    report::progress progress("audit", elements, progress_style(ctx));
    const bench::model_audit audit = bench::audit_model(
        tensors, std::move(cases), layout, args.threads,
        [&](std::uint64_t done, const std::string& name) { progress.advance(done, report::printable(name)); });
    progress.finish();
    const std::vector<bench::tensor_codes> told = args.totals || args.markdown || ctx.quiet
                                                      ? std::vector<bench::tensor_codes>{}
                                                      : bench::statistics_of_codes(tensors, args.threads);
    if (ctx.json) {
        report::document doc = bench::audit_document(audit, context_of(ctx), args.totals, ctx.command_line);
        bench::add_codes_records(doc, told, ctx.command_line);
        print_text(report::to_json(doc));
    } else if (args.markdown) {
        print_text(bench::audit_markdown(audit, context_of(ctx)));
    } else if (ctx.quiet) {
        print_quiet(audit);
    } else {
        print_audit(ctx, audit, layouts_text(list), static_cast<std::size_t>(args.top));
        if (!told.empty()) {
            print_text("\n");
            print_table(ctx, bench::codes_table(told, static_cast<std::size_t>(args.top)));
        }
        print_list_notes(ctx, list);
    }
    print_note(ctx, fmt::format("peak memory {} (largest tensor {} as stored)", report::format_bytes(peak_memory()),
                                report::format_bytes(audit.largest_tensor)));
    return 0;
}

void add_options(CLI::App& command, audit_arguments& args) {
    command.add_option("path", args.paths, "Folders, *.safetensors, *.safetensors.index.json, *.gguf, *.npy")
        ->required()
        ->type_name("PATH...");
    command.add_option("--format", args.formats, "Quantise to this format; may be repeated")
        ->type_name("NAME")
        ->expected(1)
        ->take_all();
    command.add_option("--recipe", args.recipes, "Scale by this recipe; may be repeated")
        ->type_name("NAME")
        ->expected(1)
        ->take_all();
    command.add_option("--tensor", args.tensors, "Only tensors that match; '!GLOB' leaves them out; may be repeated")
        ->type_name("GLOB")
        ->expected(1)
        ->take_all();
    command.add_flag("--matrices", args.matrices, "Only tensors of two or more dimensions: no norms, no biases");
    command.add_option("--codes", args.codes, "What the bytes or words of .npy files are codes of")
        ->type_name("FORMAT");
    command.add_option("--k", args.k, "The summed index of the product: last or first dimension")
        ->type_name("WHICH")
        ->capture_default_str();
    command
        .add_option("--rows", args.rows,
                    "Rows of a tensor of more than two dimensions: leading (all but the last),\nfirst, or auto: "
                    "leading up to three, first beyond")
        ->type_name("WHICH")
        ->capture_default_str();
    command.add_option("--operand", args.operand, "Which operand of a recipe: b (weights) or a (activations)")
        ->type_name("WHICH")
        ->capture_default_str();
    command
        .add_option(
            "--activations", args.activations,
            "Captured inputs of the layers, named as their weights (with .input or nothing for\n.weight): the error of "
            "each layer's product instead of the audit")
        ->type_name("FILE");
    command
        .add_option("--against", args.against,
                    "The model that was quantised: the error of each tensor against it, clipped and lost\n"
                    "elements, worst blocks and what the codes tell, instead of the audit")
        ->type_name("PATH");
    command.add_option("--tokens", args.tokens, "With --activations: rows used of each")
        ->type_name("N")
        ->check(CLI::Range(1, 1000000))
        ->capture_default_str();
    command.add_flag("--markdown", args.markdown, "A report in Markdown, with all tensors");
    command.add_flag("--totals", args.totals, "With --json: only the records over all tensors");
    command.add_option("--top", args.top, "Tensors and sentences shown on a terminal; 0: all")
        ->type_name("N")
        ->check(CLI::Range(0, 1000000000))
        ->capture_default_str();
    command.add_option("--threads", args.threads, "Threads; 0: all. No influence on the result")
        ->type_name("N")
        ->check(CLI::Range(0, 1024))
        ->capture_default_str();
}

}  // namespace

void add_audit(CLI::App& app, context& ctx) {
    const auto args = std::make_shared<audit_arguments>();
    CLI::App& command = add_command(
        app, ctx,
        {.name = "audit",
         .summary = "What narrow formats do to the tensors of a model: bytes, errors, losses",
         .details =
             "Nothing is timed, and nothing multiplied without --activations. Without --format and --recipe: FP8, INT8 and MXINT8 "
             "with their\n"
             "usual recipes, BF16 and FP16. 1x128 blocks are added for every narrow format, for comparison. "
             "Memory: the\n"
             "largest tensor as stored, its block maxima, and some MiB. Integer tensors are left as they are.\n"
             "With --json: records of schema narrowfp-results/1. With --quiet: format, recipe, blocks, bytes "
             "and relative\n"
             "Frobenius error of all tensors.",
         .examples = "  narrowfp audit model.safetensors\n"
                     "  narrowfp audit folder --tensor '*.weight' --format e4m3fn --recipe deepseek_v3 --markdown"},
        [args](const context& c) { return run(c, *args); });
    add_options(command, *args);
}

}  // namespace narrowfp::cli

// SPDX-License-Identifier: Apache-2.0
// narrowfp gemm: one emulated matrix product, its memory, and its error against the exact product, split by cause.
#include "cli/accumulator_text.hpp"
#include "cli/command.hpp"
#include "cli/gemm_output.hpp"
#include "cli/gemm_run.hpp"
#include "cli/names.hpp"

#include <narrowfp/base/shape.hpp>
#include <narrowfp/io/npy.hpp>
#include <narrowfp/report/json.hpp>

#include <fmt/format.h>

#include <cmath>
#include <memory>
#include <stdexcept>

namespace narrowfp::cli {
namespace {

constexpr std::int64_t most_elements = std::int64_t{1} << 28;  // of one matrix: 1 GiB in FP32

struct gemm_arguments {
    std::int64_t m = 128;  // signed, so that a negative number is seen and not wrapped
    std::int64_t n = 128;
    std::int64_t k = 1024;
    std::string data = "normal";
    std::int64_t seed = 1;
    std::string a_file;
    std::string b_file;
    std::string a;  // empty: what the recipe's owner uses
    std::string b;
    std::string output = "f32";
    std::string recipe;
    std::string scale_rule;
    std::string accumulator = "sequential";
    std::string unit;
    std::string unit_output = "f32";
    std::string promotion = "none";
    int threads = 0;
    std::vector<const CLI::Option*> random_options;  // those that describe random operands
    const CLI::Option* accumulator_option = nullptr;
    const CLI::Option* unit_output_option = nullptr;
};

// -- operands ---------------------------------------------------------------------------------------------------------
void require_size(const char* name, std::size_t rows, std::size_t cols) {
    if (rows == 0 || cols == 0 || rows > static_cast<std::size_t>(most_elements) / cols) {
        throw std::invalid_argument(
            fmt::format("{} would be {}; 1 to {} elements expected", name, shape_text(rows, cols), most_elements));
    }
}

template <class T>
matrix<T> finite_matrix_from_file(const std::string& path) {
    matrix<T> x = npy_read_matrix<T>(path);
    for (std::size_t i = 0; i < x.rows(); ++i) {
        for (std::size_t j = 0; j < x.cols(); ++j) {
            if (!std::isfinite(x(i, j))) {
                throw std::invalid_argument(
                    fmt::format("{}: element ({}, {}) is {}; errors against the exact product need "
                                "finite elements",
                                path, i, j, x(i, j)));
            }
        }
    }
    return x;
}

bench::real_matrix matrix_from_file(const std::string& path) {
    if (fits_float(npy_inspect(path).dtype)) {
        return finite_matrix_from_file<float>(path);
    }
    return finite_matrix_from_file<double>(path);
}

void add_data(const gemm_arguments& args, gemm_setup& setup) {
    if (!args.a_file.empty()) {
        setup.a = matrix_from_file(args.a_file);
        setup.b = matrix_from_file(args.b_file);
        report::add_field(setup.data, "a_file", args.a_file);
        report::add_field(setup.data, "b_file", args.b_file);
        setup.data_text = fmt::format("A from {}, B from {}", args.a_file, args.b_file);
        if (bench::cols_of(setup.a) != bench::rows_of(setup.b)) {
            throw std::invalid_argument(
                fmt::format("{} is {} and {} is {}; the columns of A must equal the rows of B", args.a_file,
                            shape_text(bench::rows_of(setup.a), bench::cols_of(setup.a)), args.b_file,
                            shape_text(bench::rows_of(setup.b), bench::cols_of(setup.b))));
        }
    }
    const bool from_file = !args.a_file.empty();
    const std::size_t m = from_file ? bench::rows_of(setup.a) : static_cast<std::size_t>(args.m);
    const std::size_t n = from_file ? bench::cols_of(setup.b) : static_cast<std::size_t>(args.n);
    const std::size_t k = from_file ? bench::cols_of(setup.a) : static_cast<std::size_t>(args.k);
    require_size("A", m, k);
    require_size("B", k, n);
    require_size("D", m, n);
    if (!from_file) {
        const bench::distribution d = distribution_named(args.data);
        const auto seed = static_cast<std::uint32_t>(args.seed);
        setup.a = bench::make_matrix(d, m, k, seed, 0);
        setup.b = bench::make_matrix(d, k, n, seed, 1);
        report::add_field(setup.data, "data", args.data);
        report::add_field(setup.data, "seed", args.seed);
        setup.data_text = fmt::format("{} ({}), seed {}", args.data,
                                      bench::all_distributions[static_cast<std::size_t>(d)].summary, args.seed);
    }
}

// -- choices ----------------------------------------------------------------------------------------------------------
recipe chosen_recipe(const gemm_arguments& args, const any_format& a, const any_format& b) {
    constexpr int narrow = 8;  // bits; such formats have too little range to do without scales
    const bool scales = code_bits_of(a) <= narrow || code_bits_of(b) <= narrow;
    recipe r = args.recipe.empty() ? (scales ? recipes::tensor_current : recipes::none) : recipe_named(args.recipe);
    return args.scale_rule.empty() ? r : with_scale_rule(r, scale_rule_named(args.scale_rule));
}

void choose_accumulator(const gemm_arguments& args, gemm_setup& setup) {
    accumulator acc = accumulator_from_text(args.accumulator);
    if (!args.unit.empty()) {
        acc = accumulator_of(unit_named(args.unit), setup.a_format, setup.b_format, format_named(args.unit_output));
    }
    setup.acc = with_promotion(acc, interval_from_text(args.promotion));
    setup.unit = args.unit;
}

void require_range(const char* option, std::int64_t value, std::int64_t lowest, std::int64_t highest) {
    if (value < lowest || value > highest) {
        throw std::invalid_argument(fmt::format("{} {}: {} to {} expected", option, value, lowest, highest));
    }
}

// Options that contradict each other or are out of range. (CLI11's own exclusions would crowd the help text.)
void require_consistent(const gemm_arguments& args) {
    if (args.a_file.empty() != args.b_file.empty()) {
        throw std::invalid_argument(args.a_file.empty() ? "--b-file needs --a-file" : "--a-file needs --b-file");
    }
    for (const CLI::Option* option : args.random_options) {
        if (!args.a_file.empty() && option->count() != 0) {
            throw std::invalid_argument(
                fmt::format("{} describes random operands; it cannot be used with --a-file", option->get_name()));
        }
    }
    if (!args.unit.empty() && args.accumulator_option->count() != 0) {
        throw std::invalid_argument("--unit and --accumulator exclude each other");
    }
    if (args.unit.empty() && args.unit_output_option->count() != 0) {
        throw std::invalid_argument("--unit-output needs --unit: other accumulators have no registers to choose");
    }
    require_range("--m", args.m, 1, most_elements);
    require_range("--n", args.n, 1, most_elements);
    require_range("--k", args.k, 1, most_elements);
    require_range("--seed", args.seed, 0, UINT32_MAX);
    require_range("--threads", args.threads, 0, 1024);
}

int run(const context& ctx, const gemm_arguments& args) {
    require_consistent(args);
    gemm_setup setup;
    const any_format element = args.recipe.empty() ? any_format{e4m3fn} : recipe_named(args.recipe).element;
    setup.a_format = args.a.empty() ? element : format_named(args.a);
    setup.b_format = args.b.empty() ? element : format_named(args.b);
    setup.output = format_named(args.output);
    setup.scaling = chosen_recipe(args, setup.a_format, setup.b_format);
    setup.threads = args.threads;
    choose_accumulator(args, setup);
    add_data(args, setup);
    const gemm_outcome outcome = run_gemm(setup);
    if (ctx.json) {
        print_text(report::to_json(gemm_document(ctx, setup, outcome)));
    } else {
        print_gemm(ctx, setup, outcome);
    }
    return 0;
}

// -- options ----------------------------------------------------------------------------------------------------------
void add_data_options(CLI::App& command, gemm_arguments& args) {
    auto* const m = command.add_option("--m", args.m, "Rows of A and D")->type_name("M")->capture_default_str();
    auto* const n = command.add_option("--n", args.n, "Columns of B and D")->type_name("N")->capture_default_str();
    auto* const k = command.add_option("--k", args.k, "Columns of A, rows of B")->type_name("K")->capture_default_str();
    std::string names;
    for (const bench::distribution_info& info : bench::all_distributions) {
        names += fmt::format("{}{}", names.empty() ? "" : ", ", info.name);
    }
    auto* const data = command.add_option("--data", args.data, "Distribution of the elements:\n" + names)
                           ->type_name("NAME")
                           ->capture_default_str();
    auto* const seed = command.add_option("--seed", args.seed, "Seed of the random elements")
                           ->type_name("SEED")
                           ->capture_default_str();
    args.random_options = {m, n, k, data, seed};
    command.add_option("--a-file", args.a_file, "A from this .npy file (floats or integers) instead")
        ->type_name("FILE");
    command.add_option("--b-file", args.b_file, "B from this .npy file (floats or integers) instead")
        ->type_name("FILE");
}

void add_arithmetic_options(CLI::App& command, gemm_arguments& args) {
    command.add_option("--a", args.a, "Format of A [the recipe's own, else e4m3fn]")->type_name("FORMAT");
    command.add_option("--b", args.b, "Format of B [the recipe's own, else e4m3fn]")->type_name("FORMAT");
    command.add_option("--output", args.output, "Format that D is rounded to")
        ->type_name("FORMAT")
        ->capture_default_str();
    command.add_option("--recipe", args.recipe, "How the operands are scaled [tensor_current up to 8 bits, else none]")
        ->type_name("NAME");
    command.add_option("--scale-rule", args.scale_rule, "Of recipes with power-of-two scales:\n" + scale_rule_list())
        ->type_name("RULE");
    args.accumulator_option =
        command
            .add_option("--accumulator", args.accumulator,
                        fmt::format("A name as printed, aligned(32,13) for example, also written aligned:32:13;\n"
                                    "a kind alone has its default fields: {}",
                                    fmt::join(accumulator_kinds, ", ")))
            ->type_name("NAME")
            ->capture_default_str();
    command.add_option("--unit", args.unit, "Accumulate as this matrix unit does instead: see 'narrowfp list units'")
        ->type_name("NAME");
    args.unit_output_option =
        command.add_option("--unit-output", args.unit_output, "Registers of the unit: f32 or f16")
            ->type_name("FORMAT")
            ->capture_default_str();
    command.add_option("--promotion", args.promotion, "Add partial sums of N products in FP32: none or N")
        ->type_name("N")
        ->capture_default_str();
    command.add_option("--threads", args.threads, "Threads; 0: all. No influence on the result")
        ->type_name("N")
        ->capture_default_str();
}

}  // namespace

void add_gemm(CLI::App& app, context& ctx) {
    const auto args = std::make_shared<gemm_arguments>();
    CLI::App& command = add_command(
        app, ctx,
        {.name = "gemm",
         .summary = "One emulated matrix product: memory, events, error and its causes",
         .details = "An emulation, bit for bit; how long it takes says nothing about chips.\n"
                    "With --json: records of schema narrowfp-results/1. With --quiet: the relative Frobenius error.",
         .examples = "  narrowfp gemm --m 64 --n 64 --k 4096 --data llm_like --unit h100 --promotion 128\n"
                     "  narrowfp gemm --a-file a.npy --b-file b.npy --a bf16 --b bf16"},
        [args](const context& c) { return run(c, *args); });
    add_data_options(command, *args);
    add_arithmetic_options(command, *args);
}

}  // namespace narrowfp::cli

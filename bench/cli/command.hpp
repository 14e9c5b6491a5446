// SPDX-License-Identifier: Apache-2.0
// What the subcommands of the program `narrowfp` share. A subcommand is one file cmd_NAME.cpp with one function
// add_NAME, declared below, and one line in the table of main.cpp. It describes its options and hands over a function
// to run; nothing runs before the whole command line is understood. Exit codes: 0 ran and own checks held, 1 an own
// check failed, 2 wrong use or bad input, 130 interrupted. Errors are exceptions with one line of text; main prints
// them.
#pragma once

#include "support/build_info.hpp"
#include "support/terminal.hpp"

#include <narrowfp/report/progress.hpp>
#include <narrowfp/report/record.hpp>
#include <narrowfp/report/table.hpp>

#include <CLI/CLI.hpp>
#include <nlohmann/json.hpp>

#include <filesystem>
#include <functional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace narrowfp::cli {

// What every subcommand is told; filled before `run` is called.
struct context {
    bool json = false;
    bool quiet = false;
    bench::colour_policy colour = bench::colour_policy::automatic;
    std::string command_line;         // as typed, with "narrowfp" first and quotes where a shell needs them
    std::vector<std::string> values;  // what stood behind "--"; only for commands that say takes_values
    std::function<int()> run;         // set by the parser: the chosen subcommand; returns the exit code
};

// A finite JSON value that keeps the order of its keys.
using json = nlohmann::ordered_json;

struct command_text {
    std::string name;
    std::string summary;   // one line without a full stop, for the list of commands
    std::string details;   // paragraphs after the options; may be empty
    std::string examples;  // the end of --help, one command a line
    bool takes_values = false;
};

// Adds a subcommand with --json, --quiet, --color and --help. `run` gets the context after the whole command line was
// parsed and returns the exit code. References stay valid as long as `app`.
CLI::App& add_command(CLI::App& app, context& ctx, const command_text& text, std::function<int(context&)> run);

// Adds a group of subcommands: what is added to it with add_command runs as `narrowfp GROUP COMMAND`. The group alone is
// wrong use.
CLI::App& add_command_group(CLI::App& app, const command_text& text);

// The names of all commands of the program or of a group.
std::vector<std::string> command_names(const CLI::App& app);

// -- output -----------------------------------------------------------------------------------------------------------
// Writes to standard output. Throws std::runtime_error if it cannot be written.
void print_text(std::string_view text);
void print_json(const json& value);
// Tables as wide as the terminal, coloured as the user wants.
void print_table(const context& ctx, const report::table& t);
// Lines "name  value", values aligned, under a heading; a value that does not fit the terminal is wrapped.
using fact_lines = std::vector<std::pair<std::string, std::string>>;
void print_facts(const context& ctx, std::string_view heading, const fact_lines& facts);
// A line on standard error, for people: left out under --quiet.
void print_note(const context& ctx, std::string_view text);
// How progress is shown: on standard error, as its terminal allows, not at all under --quiet.
report::progress_options progress_style(const context& ctx);
// Creates the folder and sees that it can be written, so that a wrong name is an error before the work. Throws
// std::runtime_error.
void prepare_folder(const std::filesystem::path& folder);

// -- about this build -------------------------------------------------------------------------------------------------
using bench::commit_text;
using bench::compiler_text;
std::string version_text();  // all of --version
// The first fields of the context of every results file: program, version, commit, compiler.
report::field_list program_context(std::string_view program);

// -- the subcommands --------------------------------------------------------------------------------------------------
void add_list(CLI::App& app, context& ctx);
void add_show(CLI::App& app, context& ctx);
void add_convert(CLI::App& app, context& ctx);
void add_gemm(CLI::App& app, context& ctx);
void add_audit(CLI::App& app, context& ctx);
void add_quantize(CLI::App& app, context& ctx);
void add_dequantize(CLI::App& app, context& ctx);
void add_study(CLI::App& app, context& ctx);
void add_claim(CLI::App& app, context& ctx);
void add_compare(CLI::App& app, context& ctx);
void add_comm(CLI::App& app, context& ctx);
void add_faults(CLI::App& app, context& ctx);
void add_mma(CLI::App& app, context& ctx);
void add_verify(CLI::App& app, context& ctx);
void add_evidence(CLI::App& app, context& ctx);

}  // namespace narrowfp::cli

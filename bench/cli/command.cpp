// SPDX-License-Identifier: Apache-2.0
#include "cli/command.hpp"

#include <narrowfp/base/target.hpp>
#include <narrowfp/base/version.hpp>
#include <narrowfp/report/text.hpp>

#include <fmt/format.h>

#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdio>
#include <cstring>
#include <memory>
#include <stdexcept>

namespace narrowfp::cli {

namespace {

CLI::App& add_described(CLI::App& app, const command_text& text) {
    CLI::App& command = *app.add_subcommand(text.name, text.summary);
    command.footer((text.details.empty() ? "" : text.details + "\n\n") + "Example:\n" + text.examples);
    command.set_help_flag("-h,--help", "This text");
    return command;
}

}  // namespace

CLI::App& add_command(CLI::App& app, context& ctx, const command_text& text, std::function<int(context&)> run) {
    CLI::App& command = add_described(app, text);
    command.add_flag("--json", ctx.json, "Machine-readable output");
    command.add_flag("-q,--quiet", ctx.quiet, "Nothing but the result");
    command
        .add_option_function<std::string>(
            "--color", [&ctx](const std::string& word) { ctx.colour = bench::parse_colour_policy(word); },
            "auto (the default: on a terminal, unless NO_COLOR is set), always or never")
        ->type_name("WHEN");
    command.final_callback([&ctx, text, run = std::move(run)] {
        if (!text.takes_values && !ctx.values.empty()) {
            throw std::invalid_argument(
                fmt::format("unexpected '{}': '{}' takes no values after '--'", ctx.values.front(), text.name));
        }
        ctx.run = [&ctx, run] { return run(ctx); };
    });
    return command;
}

CLI::App& add_command_group(CLI::App& app, const command_text& text) {
    CLI::App& group = add_described(app, text);
    group.require_subcommand(0, 1);
    group.final_callback([&group, name = text.name] {
        if (group.get_subcommands().empty()) {
            throw std::invalid_argument(fmt::format("a command of '{0}' is missing: {1}; see 'narrowfp {0} --help'",
                                                    name, fmt::join(command_names(group), ", ")));
        }
    });
    return group;
}

std::vector<std::string> command_names(const CLI::App& app) {
    std::vector<std::string> names;
    for (const CLI::App* command : app.get_subcommands([](const CLI::App*) { return true; })) {
        names.push_back(command->get_name());
    }
    return names;
}

// -- output -----------------------------------------------------------------------------------------------------------
void print_text(std::string_view text) {
    errno = 0;
    if (std::fwrite(text.data(), 1, text.size(), stdout) != text.size() || std::fflush(stdout) != 0) {
        throw std::runtime_error(fmt::format("cannot write to standard output: {}", std::strerror(errno)));
    }
}

void print_json(const json& value) { print_text(value.dump(2) + "\n"); }

void print_table(const context& ctx, const report::table& t) {
    print_text(report::to_text(
        t,
        {.width = bench::terminal_width(stdout), .unicode = false, .colour = bench::use_colour(ctx.colour, stdout)}));
}

void print_facts(const context& ctx, std::string_view heading, const fact_lines& facts) {
    constexpr std::size_t gap = 2;
    constexpr std::size_t least_room = 24;  // a narrower terminal gets long lines rather than one word a line
    std::size_t names = 0;
    for (const auto& [name, value] : facts) {
        names = std::max(names, report::display_width(name));
    }
    const std::size_t width = bench::terminal_width(stdout);
    const std::size_t indent = names + 2 * gap;
    const std::size_t room = width >= indent + least_room ? width - indent : 0;
    const bool colour = bench::use_colour(ctx.colour, stdout);
    std::string text = fmt::format("{}{}{}\n", colour ? "\x1b[1m" : "", heading, colour ? "\x1b[0m" : "");
    for (const auto& [name, value] : facts) {
        std::string_view label = name;
        for (const std::string& line : report::wrap(value, room)) {
            text += fmt::format("  {:<{}}  {}\n", label, names, line);
            label = "";
        }
    }
    print_text(text);
}

void print_note(const context& ctx, std::string_view text) {
    if (!ctx.quiet) {
        std::fflush(stdout);
        std::fprintf(stderr, "%.*s\n", static_cast<int>(text.size()), text.data());
    }
}

report::progress_options progress_style(const context& ctx) {
    report::progress_options style;
    style.quiet = ctx.quiet;
    style.terminal = bench::is_terminal(stderr);
    style.width = bench::terminal_width(stderr);
    return style;
}

void prepare_folder(const std::filesystem::path& folder) {
    std::error_code failure;
    std::filesystem::create_directories(folder, failure);
    if (failure || !std::filesystem::is_directory(folder)) {
        throw std::runtime_error(fmt::format("{}: cannot create the folder: {}", folder.string(),
                                             failure ? failure.message() : "a file of that name exists"));
    }
    if (::access(folder.c_str(), W_OK | X_OK) != 0) {
        throw std::runtime_error(
            fmt::format("{}: the folder cannot be written: {}", folder.string(), std::strerror(errno)));
    }
}

// -- about this build -------------------------------------------------------------------------------------------------
std::string version_text() {
    std::string targets;
    for (const target_info& info : all_targets) {
        if (info.has_kernels) {
            targets += fmt::format("{}{}", targets.empty() ? "" : ", ", info.name);
        }
    }
    std::string text = fmt::format("narrowfp {}\ncompiler {}\ntargets  {}; in use: {}", NARROWFP_VERSION_STRING,
                                   compiler_text(), targets, name_of(active_target()));
    if (const std::string commit = commit_text(); !commit.empty()) {
        text += fmt::format("\ncommit   {}", commit);
    }
    return text;
}

report::field_list program_context(std::string_view program) {
    report::field_list context;
    report::add_field(context, "program", std::string(program));
    report::add_field(context, "version", NARROWFP_VERSION_STRING);
    if (const std::string commit = commit_text(); !commit.empty()) {
        report::add_field(context, "commit", commit);
    }
    report::add_field(context, "compiler", compiler_text());
    return context;
}

}  // namespace narrowfp::cli

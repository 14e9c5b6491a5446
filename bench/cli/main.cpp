// SPDX-License-Identifier: Apache-2.0
// The program `narrowfp`: parses the command line, runs one subcommand, turns every error into one line on standard
// error and an exit code (command.hpp). A new subcommand is one more line of `commands`.
#include "cli/command.hpp"
#include "cli/interrupt_guard.hpp"
#include "support/near_names.hpp"
#include "support/ranks.hpp"

#include <narrowfp/base/target.hpp>

#include <fmt/format.h>

#include <unistd.h>

#include <algorithm>
#include <array>
#include <csignal>
#include <cstdio>
#include <exception>
#include <new>

namespace narrowfp::cli {

void add_train(CLI::App& app, context& ctx);  // cmd_train.cpp

namespace {

constexpr int wrong_use = 2;
constexpr int interrupted = 130;

constexpr std::array commands{add_list,       add_show,  add_convert, add_gemm,     add_audit,   add_quantize,
                              add_dequantize, add_study, add_claim,   add_evidence, add_compare, add_comm,
                              add_faults,     add_mma,   add_verify,  add_train};

int fail(std::string_view message) {
    std::string line = fmt::format("narrowfp: {}", message);
    for (char& c : line) {
        const auto byte = static_cast<unsigned char>(c);
        c = byte < 0x20 || byte == 0x7F ? ' ' : c;
    }
    std::fflush(stdout);
    bench::end_ranks(line, wrong_use);  // the other ranks, too; returns if there are none
    if (bench::speaks_for_all_ranks()) {
        std::fprintf(stderr, "%s\n", line.c_str());
    }
    return wrong_use;
}

// The argument as a POSIX shell would have to be given it.
std::string shell_quoted(std::string_view argument) {
    const bool plain = !argument.empty() && argument.find_first_not_of(
                                                "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789"
                                                "-_=+./,:@%") == std::string_view::npos;
    if (plain) {
        return std::string(argument);
    }
    std::string quoted = "'";
    for (const char c : argument) {
        quoted += c == '\'' ? "'\\''" : std::string(1, c);
    }
    return quoted + "'";
}

std::string command_line_of(int argc, char** argv) {
    std::string line = "narrowfp";
    for (int i = 1; i < argc; ++i) {
        line += " " + shell_quoted(argv[i]);
    }
    return line;
}

// The names of all options of a command.
std::vector<std::string> option_names(const CLI::App& app) {
    std::vector<std::string> names;
    for (const CLI::Option* option : app.get_options()) {
        for (const std::string& name : option->get_lnames()) {
            names.push_back("--" + name);
        }
    }
    return names;
}

// The program, the chosen command, and where that is a group the chosen one of its commands.
std::vector<const CLI::App*> chosen_commands(const CLI::App& app) {
    std::vector<const CLI::App*> chosen{&app};
    while (!chosen.back()->get_subcommands().empty()) {
        chosen.push_back(chosen.back()->get_subcommands().front());
    }
    return chosen;
}

// "evidence list"; empty for the program.
std::string full_name(const std::vector<const CLI::App*>& chosen) {
    std::string name;
    for (auto command = chosen.begin() + 1; command != chosen.end(); ++command) {
        name += (name.empty() ? "" : " ") + (*command)->get_name();
    }
    return name;
}

// One line about an argument that found no place in the last of the chosen commands.
std::string unplaced(const std::vector<const CLI::App*>& chosen, const std::string& argument) {
    const CLI::App& place = *chosen.back();
    const std::string name = full_name(chosen);
    const bool is_option = argument.size() > 1 && argument.front() == '-';
    const std::vector<std::string> known = is_option ? option_names(place) : command_names(place);
    if (!is_option && known.empty()) {
        return fmt::format("unexpected argument '{}' of '{}'", argument, name);
    }
    const std::vector<std::string_view> views(known.begin(), known.end());
    const std::string what = (is_option ? "option" : "command") + (name.empty() ? "" : " of '" + name + "'");
    const std::string text = bench::unknown_name(what, argument, views);
    return is_option && !name.empty() && argument[1] != '-' ? text + "; a value that begins with '-' goes after '--'"
                                                            : text;
}

// One line for a command line that CLI11 refused. An argument without a place is usually the cause of the other
// complaints, so it is looked for first.
std::string explain(const CLI::App& app, const CLI::ParseError& error) {
    const std::vector<const CLI::App*> chosen = chosen_commands(app);
    for (std::size_t depth = 1; depth <= chosen.size(); ++depth) {
        const std::vector<const CLI::App*> place(chosen.begin(), chosen.begin() + static_cast<std::ptrdiff_t>(depth));
        if (const std::vector<std::string> left_over = place.back()->remaining(); !left_over.empty()) {
            return unplaced(place, left_over.front());
        }
    }
    const std::string name = full_name(chosen);
    return fmt::format("{}; see 'narrowfp {}--help'", error.what(), name.empty() ? "" : name + " ");
}

// argc is at least 1, as every system that starts programs by name has it.
int run(int argc, char** argv) {
    CLI::App app("Narrow-precision numerics, bit for bit: FP8, BF16 and FP16, scaling recipes, matrix units.",
                 "narrowfp");
    context ctx;
    ctx.command_line = command_line_of(argc, argv);
    // Values behind "--" are taken out here: CLI11 would give them to the program, not to its command.
    char** const end = std::find_if(argv + 1, argv + argc, [](const char* a) { return std::string_view(a) == "--"; });
    ctx.values.assign(end == argv + argc ? end : end + 1, argv + argc);
    app.require_subcommand(0, 1);
    app.set_help_flag("-h,--help", "This text");
    app.set_version_flag(
        "--version", [] { return version_text(); }, "Version, compiler, targets");
    app.footer(
        "'narrowfp COMMAND --help' explains a command.\n\nExample:\n"
        "  narrowfp convert --from f32 --to e4m3fn -- 0.1 464 -0");
    for (const auto add : commands) {
        add(app, ctx);
    }
    try {
        app.parse(static_cast<int>(end - argv), argv);
    } catch (const CLI::Success& asked_for_text) {
        app.exit(asked_for_text);
        return 0;
    } catch (const CLI::ParseError& error) {
        return fail(explain(app, error));
    }
    if (!ctx.run) {
        return fail(
            fmt::format("a command is missing: {}; see 'narrowfp --help'", fmt::join(command_names(app), ", ")));
    }
    active_target();  // a mistake in NARROWFP_TARGET is an error of every command
    return ctx.run();
}

extern "C" void on_interrupt(int) {
    if (bench::ask_ranks_to_end("narrowfp: interrupted", interrupted)) {
        return;
    }
    constexpr char text[] = "\nnarrowfp: interrupted\n";
    [[maybe_unused]] const auto written = ::write(STDERR_FILENO, text, sizeof(text) - 1);
    ::_exit(interrupted);
}

}  // namespace
}  // namespace narrowfp::cli

int main(int argc, char** argv) {
    std::signal(SIGINT, narrowfp::cli::on_interrupt);
    try {
        return narrowfp::cli::run(argc, argv);
    } catch (const narrowfp::cli::interrupted_error&) {
        narrowfp::cli::on_interrupt(SIGINT);
    } catch (const std::bad_alloc&) {
        return narrowfp::cli::fail("not enough memory");
    } catch (const std::exception& error) {
        return narrowfp::cli::fail(error.what());
    }
}

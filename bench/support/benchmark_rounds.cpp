// SPDX-License-Identifier: Apache-2.0
#include "support/benchmark_rounds.hpp"

#include <fmt/format.h>

#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <stdexcept>

namespace narrowfp::bench {

using report::record_status;

void prepare_row(suite_row& row, row_outcome& outcome) {
    try {
        row.prepare();
        outcome.note = row.check();
        if (!outcome.note.empty()) {
            outcome.status = record_status::failed;
        }
        outcome.label = row.label();
    } catch (const not_available& why) {
        outcome = {record_status::not_run, why.what(), {}, {}, {}};
    } catch (const std::exception& error) {
        outcome = {record_status::failed, error.what(), {}, {}, {}};
    }
}

namespace {

double seconds_of(suite_row& row, long repeats) {
    const auto start = std::chrono::steady_clock::now();
    for (long i = 0; i < repeats; ++i) {
        row.compute();
    }
    return std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
}

// How often a row runs in a round. The first runs also warm caches and pages.
long repeats_for(suite_row& row, const round_options& how) {
    if (how.repeats > 0) {
        return how.repeats;
    }
    long repeats = 1;
    for (;;) {
        const double seconds = std::max(seconds_of(row, repeats), 1e-9);
        if (seconds >= how.least_seconds / 4) {
            return std::max(1L, static_cast<long>(static_cast<double>(repeats) * how.least_seconds / seconds + 0.999));
        }
        repeats *= 4;
    }
}

struct text_lines {
    std::string text;
    std::size_t at = 0;

    bool next(std::string_view& key, std::string_view& value) {
        const std::size_t end = text.find('\n', at);
        if (end == std::string::npos) {
            return false;
        }
        const std::string_view line = std::string_view(text).substr(at, end - at);
        at = end + 1;
        const std::size_t tab = line.find('\t');
        key = line.substr(0, tab);
        value = tab == std::string_view::npos ? std::string_view{} : line.substr(tab + 1);
        return true;
    }
};

std::string one_line(std::string text) {
    std::replace(text.begin(), text.end(), '\n', ' ');
    return text;
}

// What a program writes to its standard output.
std::string output_of(const std::string& program, const std::string& target,
                      const std::vector<std::string>& arguments) {
    std::array<int, 2> ends{};
    if (::pipe(ends.data()) != 0) {
        throw std::runtime_error("no pipe for a child process");
    }
    std::vector<char*> pointers{const_cast<char*>(program.c_str())};
    for (const std::string& a : arguments) {
        pointers.push_back(const_cast<char*>(a.c_str()));
    }
    pointers.push_back(nullptr);
    std::fflush(stdout);
    const pid_t child = ::fork();
    if (child == 0) {
        ::setenv("NARROWFP_TARGET", target.c_str(), 1);
        ::dup2(ends[1], STDOUT_FILENO);
        ::close(ends[0]);
        ::close(ends[1]);
        ::execv("/proc/self/exe", pointers.data());
        ::_exit(127);
    }
    ::close(ends[1]);
    std::string text;
    std::array<char, 4096> buffer{};
    for (ssize_t n = 1; child > 0 && n > 0;) {
        n = ::read(ends[0], buffer.data(), buffer.size());
        text.append(buffer.data(), n > 0 ? static_cast<std::size_t>(n) : 0);
    }
    ::close(ends[0]);
    int status = 0;
    if (child < 0 || ::waitpid(child, &status, 0) != child || !WIFEXITED(status) || WEXITSTATUS(status) != 0) {
        throw std::runtime_error("the child process for target " + target + " failed");
    }
    return text;
}

}  // namespace

std::vector<row_outcome> time_in_rounds(const std::vector<suite_row*>& rows, const round_options& how) {
    std::vector<row_outcome> outcomes(rows.size());
    std::vector<long> repeats(rows.size(), 0);
    for (std::size_t r = 0; r < rows.size(); ++r) {
        prepare_row(*rows[r], outcomes[r]);
        if (outcomes[r].status == record_status::ok) {
            repeats[r] = repeats_for(*rows[r], how);
        }
    }
    for (int round = 0; round < how.rounds; ++round) {
        for (std::size_t i = 0; i < rows.size(); ++i) {
            const std::size_t r = (i + static_cast<std::size_t>(round)) % rows.size();
            if (repeats[r] != 0) {
                const double seconds = seconds_of(*rows[r], repeats[r]) / static_cast<double>(repeats[r]);
                outcomes[r].rates.push_back(rows[r]->macs() / seconds);
            }
        }
    }
    for (std::size_t r = 0; r < rows.size(); ++r) {
        if (repeats[r] != 0) {
            if (const std::string wrong = rows[r]->check(); !wrong.empty()) {
                outcomes[r] = {
                    record_status::failed, "a repeated product differs: " + wrong, {}, outcomes[r].label, {}};
            }
        }
        rows[r]->release();
    }
    return outcomes;
}

void write_outcomes(const std::vector<suite_row*>& rows, const std::vector<row_outcome>& outcomes) {
    for (std::size_t r = 0; r < rows.size(); ++r) {
        const row_outcome& o = outcomes[r];
        fmt::print("row\t{}\nstatus\t{}\nnote\t{}\nlabel\t{}\n", rows[r]->name(), to_string(o.status), one_line(o.note),
                   one_line(o.label));
        for (const double rate : o.rates) {
            fmt::print("rate\t{}\n", rate);
        }
    }
    fmt::print("end\t\n");
}

std::vector<row_outcome> time_in_child(const std::vector<suite_row*>& rows, const std::string& target,
                                       const std::vector<std::string>& arguments) {
    text_lines lines{output_of("narrowfp suite", target, arguments)};
    std::vector<row_outcome> outcomes;
    std::string_view key;
    std::string_view value;
    while (lines.next(key, value) && key != "end") {
        if (key == "row") {
            if (outcomes.size() == rows.size() || rows[outcomes.size()]->name() != value) {
                break;
            }
            outcomes.emplace_back();
        } else if (outcomes.empty()) {
            break;
        } else if (key == "status") {
            outcomes.back().status = value == to_string(record_status::ok)        ? record_status::ok
                                     : value == to_string(record_status::not_run) ? record_status::not_run
                                                                                  : record_status::failed;
        } else if (key == "note") {
            outcomes.back().note = value;
        } else if (key == "label") {
            outcomes.back().label = value;
        } else if (key == "rate") {
            double rate = 0;
            std::from_chars(value.data(), value.data() + value.size(), rate);
            outcomes.back().rates.push_back(rate);
        }
    }
    if (key != "end" || outcomes.size() != rows.size()) {
        throw std::runtime_error("the child process for target " + target + " answered with other rows");
    }
    return outcomes;
}

}  // namespace narrowfp::bench

// SPDX-License-Identifier: Apache-2.0
#include "support/terminal.hpp"

#include <narrowfp/report/text.hpp>

#include <sys/ioctl.h>
#include <unistd.h>

#include <charconv>
#include <cstdlib>
#include <stdexcept>
#include <string>

namespace narrowfp::bench {
namespace {

std::string_view environment(const char* name) {
    const char* value = std::getenv(name);
    return value != nullptr ? value : "";
}

}  // namespace

colour_policy parse_colour_policy(std::string_view word) {
    if (word == "auto") {
        return colour_policy::automatic;
    }
    if (word == "always") {
        return colour_policy::always;
    }
    if (word == "never") {
        return colour_policy::never;
    }
    throw std::invalid_argument("unknown colour policy '" + report::printable(word) +
                                "', expected auto, always or never");
}

bool is_terminal(std::FILE* stream) {
    const std::string_view type = environment("TERM");
    return ::isatty(::fileno(stream)) == 1 && !type.empty() && type != "dumb";
}

bool use_colour(colour_policy policy, std::FILE* stream) {
    switch (policy) {
        case colour_policy::always: return true;
        case colour_policy::never: return false;
        case colour_policy::automatic: break;
    }
    return environment("NO_COLOR").empty() && is_terminal(stream);
}

std::size_t terminal_width(std::FILE* stream) {
    if (::isatty(::fileno(stream)) != 1) {
        return 0;
    }
    winsize size{};
    if (::ioctl(::fileno(stream), TIOCGWINSZ, &size) == 0 && size.ws_col != 0) {
        return size.ws_col;
    }
    const std::string_view text = environment("COLUMNS");
    std::size_t columns = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), columns);
    return error == std::errc() && end == text.data() + text.size() && columns != 0 ? columns : 80;
}

}  // namespace narrowfp::bench

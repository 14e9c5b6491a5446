// SPDX-License-Identifier: Apache-2.0
// What the standard streams are and what may be sent to them: colour only to a terminal that understands it and only if
// the user does not object (NO_COLOR set to anything, TERM=dumb), lines that update themselves on such terminals alone.
#pragma once

#include <cstddef>
#include <cstdio>
#include <string_view>

namespace narrowfp::bench {

enum class colour_policy { automatic, always, never };

// "auto", "always" or "never". Throws std::invalid_argument for other words.
colour_policy parse_colour_policy(std::string_view word);

// A terminal with cursor movement: isatty, and TERM is set, not empty and not "dumb".
bool is_terminal(std::FILE* stream);

// Whether to colour what goes to the stream. `always` and `never` win over the environment.
bool use_colour(colour_policy policy, std::FILE* stream);

// Columns of the terminal; 0 (no limit) if the stream is no terminal, COLUMNS or else 80 if the terminal does not say.
std::size_t terminal_width(std::FILE* stream);

}  // namespace narrowfp::bench

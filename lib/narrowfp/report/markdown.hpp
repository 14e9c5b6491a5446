// SPDX-License-Identifier: Apache-2.0
// Tables and text for report.md: GitHub-flavoured pipe tables, readable as plain text too. It escapes what Markdown
// would read as its own, so names with underscores, pipes and asterisks come out as they are.
#pragma once

#include <narrowfp/report/table.hpp>

#include <string>
#include <string_view>

namespace narrowfp::report {

// Text with Markdown's and HTML's own characters escaped; newlines become blanks.
std::string markdown_text(std::string_view text);

// A code span, fenced with enough backticks; newlines become blanks.
std::string markdown_code(std::string_view text);

// The table: title in bold above, notes as paragraphs below. Strong and bad cells are bold, faint ones in italics;
// rules are left out. Ends with a newline. Throws std::invalid_argument for a row of the wrong length or no columns.
std::string to_markdown(const table& t);

}  // namespace narrowfp::report

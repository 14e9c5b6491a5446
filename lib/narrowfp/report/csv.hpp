// SPDX-License-Identifier: Apache-2.0
// The CSV twin of a document (RFC 4180: one header row, CRLF, quotes doubled) for spreadsheets and R: one row per
// record, the record's fields as columns, each parameter as a column "parameters.KEY" in order of first appearance.
// Missing values are empty. The context is not part of it.
#pragma once

#include <narrowfp/report/record.hpp>

#include <filesystem>
#include <string>

namespace narrowfp::report {

// Throws as check (json.hpp).
std::string to_csv(const document& doc);

// Throws as to_csv; std::runtime_error if the file cannot be written. Whole or not at all.
void write_csv(const std::filesystem::path& path, const document& doc);

}  // namespace narrowfp::report

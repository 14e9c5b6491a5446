// SPDX-License-Identifier: Apache-2.0
// Documents as strict JSON, schema "narrowfp-results/1" (results.schema.json beside this header). Fields keep their
// order, doubles are the shortest text that reads back to the same bits and always show a point or an exponent, a
// missing field is null, NaN and infinity are never written. Deterministic figures and measured ones live in two
// files, so that a difference in the first is a change of behaviour. Reading ignores unknown fields.
#pragma once

#include <narrowfp/report/record.hpp>

#include <filesystem>
#include <string>
#include <string_view>

namespace narrowfp::report {

inline constexpr std::string_view results_schema = "narrowfp-results/1";

// Throws std::invalid_argument, naming the record and the field, unless the document keeps the rules: ids unique and
// printable ASCII without blanks; names not empty; keys lower snake case, each once; all numbers finite; low <= high;
// n >= 0; a unit with every number; a source with every published figure; undefined, not_run and failed without value,
// low and high but with a note; ok with a value. Cost: linear, but for the sorting of ids.
void check(const document& doc);

// The document as JSON text, newline at the end. Throws as check, and std::invalid_argument for text that is not UTF-8.
std::string to_json(const document& doc);

// Writes results.json: the deterministic kinds (emulated, modelled, published). Throws std::invalid_argument for a
// measured record and as to_json; std::runtime_error if the file cannot be written. Whole or not at all.
void write_results(const std::filesystem::path& path, const document& doc);

// Writes timings.json: measured records alone. Throws as write_results, for any other kind.
void write_timings(const std::filesystem::path& path, const document& doc);

// The document in a JSON text. Throws std::runtime_error that names `name` and the field for text that is not JSON,
// a key given twice, another schema, a missing field, a wrong type, or a rule of check that is broken.
document parse_document(std::string_view text, const std::string& name);

// parse_document on a file; std::runtime_error also if it cannot be read.
document read_document(const std::filesystem::path& path);

}  // namespace narrowfp::report

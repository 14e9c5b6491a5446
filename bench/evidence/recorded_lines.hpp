// SPDX-License-Identifier: Apache-2.0
// Results that are functions of their inputs bit for bit, computed once and kept (recorded/*.txt). Each line is one result:
// the SHA-256 of its text in hexadecimal, a blank, and the text, one JSON object. A changed character is found by that hash at
// once; a change of text and hash together by computing the result again.
#pragma once

#include <nlohmann/json.hpp>

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

namespace narrowfp::bench::evidence {

struct recorded_line {
    std::string place;  // "training.txt:12"
    nlohmann::json record;
};

// Throws std::runtime_error with the place for a line whose hash is not that of its text, or that holds no JSON object.
std::vector<recorded_line> read_recorded(std::string_view text, std::string_view name);

// The line of a record, with its line end.
std::string recorded_text(const nlohmann::json& record);

namespace recorded_files {

// The files in recorded/, compiled into the program.
extern const std::string_view training;

}  // namespace recorded_files

}  // namespace narrowfp::bench::evidence

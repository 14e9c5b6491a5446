// SPDX-License-Identifier: Apache-2.0
#include "evidence/recorded_lines.hpp"

#include "support/sha256.hpp"

#include <fmt/format.h>

#include <stdexcept>

namespace narrowfp::bench::evidence {
namespace {

constexpr std::size_t hash_digits = 64;

nlohmann::json record_in(std::string_view line, const std::string& place) {
    if (line.size() < hash_digits + 2 || line[hash_digits] != ' ') {
        throw std::runtime_error(place + ": expected a SHA-256 in hexadecimal, a blank and a JSON object");
    }
    const std::string_view stated = line.substr(0, hash_digits);
    const std::string_view text = line.substr(hash_digits + 1);
    const std::string found = sha256(text);
    if (found != stated) {
        throw std::runtime_error(
            fmt::format("{}: the line was changed: its SHA-256 is {}, the line states {}", place, found, stated));
    }
    nlohmann::json record = nlohmann::json::parse(text, nullptr, false);
    if (!record.is_object()) {
        throw std::runtime_error(place + ": expected a JSON object after the hash");
    }
    return record;
}

}  // namespace

std::vector<recorded_line> read_recorded(std::string_view text, std::string_view name) {
    std::vector<recorded_line> out;
    for (std::size_t line = 1; !text.empty(); ++line) {
        const std::size_t end = text.find('\n');
        const std::string place = fmt::format("{}:{}", name, line);
        out.push_back({place, record_in(text.substr(0, end), place)});
        text.remove_prefix(end == std::string_view::npos ? text.size() : end + 1);
    }
    return out;
}

std::string recorded_text(const nlohmann::json& record) {
    const std::string text = record.dump();
    return sha256(text) + " " + text + "\n";
}

}  // namespace narrowfp::bench::evidence

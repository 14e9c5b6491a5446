// SPDX-License-Identifier: Apache-2.0
// Strict reading of small JSON files of our own forms: every key known, present and of its type, or one error that names
// file, place and what was expected.
#pragma once

#include <nlohmann/json.hpp>

#include <cstdint>
#include <initializer_list>
#include <string>
#include <string_view>

namespace narrowfp::bench {

using json = nlohmann::json;

// The object that a text is; name stands for it in messages. Throws std::runtime_error for what is not JSON, no object,
// or has a key twice.
json parse_json_object(std::string_view text, const std::string& name);

// An object of a file and its place in it, for messages.
class json_object {
public:
    json_object(std::string file, std::string place, const json& value);

    std::string text(const char* key) const;
    std::string text_or(const char* key, std::string other) const;
    std::int64_t count(const char* key, std::int64_t least) const;  // an integer >= least
    std::int64_t count_or(const char* key, std::int64_t least, std::int64_t other) const;
    double number(const char* key) const;  // finite, >= 0
    bool flag_or(const char* key, bool other) const;
    json_object object(const char* key) const;
    std::vector<json_object> objects(const char* key) const;
    bool has(const char* key) const { return value_->contains(key); }
    // Throws for a key that is not among these.
    void allow(std::initializer_list<const char*> keys) const;
    [[noreturn]] void fail(const std::string& what) const;

private:
    const json& at(const char* key, const char* expected) const;

    std::string file_;
    std::string place_;  // "chips[0].figures[2]"
    const json* value_;
};

}  // namespace narrowfp::bench

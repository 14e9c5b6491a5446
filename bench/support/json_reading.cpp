// SPDX-License-Identifier: Apache-2.0
#include "support/json_reading.hpp"

#include <algorithm>
#include <cmath>
#include <set>
#include <stdexcept>

namespace narrowfp::bench {

namespace {

// What a message shows of a value: a nested one by its kind only, for it may be of any size and depth.
std::string shown(const json& value) { return value.is_primitive() ? value.dump() : value.type_name(); }

}  // namespace

json parse_json_object(std::string_view text, const std::string& name) {
    std::vector<std::set<std::string>> keys;
    const auto no_key_twice = [&](int, json::parse_event_t event, json& value) {
        if (event == json::parse_event_t::object_start) {
            keys.emplace_back();
        } else if (event == json::parse_event_t::object_end) {
            keys.pop_back();
        } else if (event == json::parse_event_t::key && !keys.back().insert(value.get<std::string>()).second) {
            throw std::runtime_error(name + ": the key \"" + value.get<std::string>() + "\" stands twice");
        }
        return true;
    };
    json value;
    try {
        value = json::parse(text, no_key_twice);
    } catch (const json::exception& error) {
        throw std::runtime_error(name + ": not JSON: " + error.what());
    }
    if (!value.is_object()) {
        throw std::runtime_error(name + ": expected an object");
    }
    return value;
}

json_object::json_object(std::string file, std::string place, const json& value)
    : file_(std::move(file)), place_(std::move(place)), value_(&value) {
    if (!value.is_object()) {
        fail("expected an object");
    }
}

void json_object::fail(const std::string& what) const {
    throw std::runtime_error(file_ + ": " + (place_.empty() ? "" : place_ + ": ") + what);
}

const json& json_object::at(const char* key, const char* expected) const {
    const auto found = value_->find(key);
    if (found == value_->end()) {
        fail(std::string("missing key \"") + key + "\" (" + expected + ")");
    }
    return *found;
}

std::string json_object::text(const char* key) const {
    const json& value = at(key, "a text");
    if (!value.is_string() || value.get<std::string>().empty()) {
        fail(std::string("\"") + key + "\" must be a text that is not empty");
    }
    return value.get<std::string>();
}

std::string json_object::text_or(const char* key, std::string other) const { return has(key) ? text(key) : other; }

std::int64_t json_object::count(const char* key, std::int64_t least) const {
    const std::string expected = "an integer from " + std::to_string(least) + " on";
    const json& value = at(key, expected.c_str());
    constexpr std::int64_t most = 1'000'000'000;  // products of three of them stay exact enough and in range
    if (!value.is_number_integer() || value.get<std::int64_t>() < least || value.get<std::int64_t>() > most) {
        fail(std::string("\"") + key + "\" must be " + expected + ", at most 10^9; it is " + shown(value));
    }
    return value.get<std::int64_t>();
}

std::int64_t json_object::count_or(const char* key, std::int64_t least, std::int64_t other) const {
    return has(key) ? count(key, least) : other;
}

double json_object::number(const char* key) const {
    const json& value = at(key, "a number, 0 or more");
    if (!value.is_number() || !std::isfinite(value.get<double>()) || value.get<double>() < 0) {
        fail(std::string("\"") + key + "\" must be a number, 0 or more; it is " + shown(value));
    }
    return value.get<double>();
}

bool json_object::flag_or(const char* key, bool other) const {
    if (!has(key)) {
        return other;
    }
    const json& value = at(key, "true or false");
    if (!value.is_boolean()) {
        fail(std::string("\"") + key + "\" must be true or false; it is " + shown(value));
    }
    return value.get<bool>();
}

json_object json_object::object(const char* key) const {
    const json& value = at(key, "an object");
    return {file_, place_.empty() ? key : place_ + "." + key, value};
}

std::vector<json_object> json_object::objects(const char* key) const {
    const json& value = at(key, "a list of objects");
    if (!value.is_array() || value.empty()) {
        fail(std::string("\"") + key + "\" must be a list of objects that is not empty");
    }
    std::vector<json_object> all;
    for (std::size_t n = 0; n < value.size(); ++n) {
        all.emplace_back(file_, (place_.empty() ? "" : place_ + ".") + key + "[" + std::to_string(n) + "]", value[n]);
    }
    return all;
}

void json_object::allow(std::initializer_list<const char*> keys) const {
    for (const auto& [key, value] : value_->items()) {
        if (std::none_of(keys.begin(), keys.end(), [&](const char* known) { return key == known; })) {
            std::string list;
            for (const char* known : keys) {
                list += (list.empty() ? "" : ", ") + std::string(known);
            }
            fail("unknown key \"" + key + "\"; known: " + list);
        }
    }
}

}  // namespace narrowfp::bench

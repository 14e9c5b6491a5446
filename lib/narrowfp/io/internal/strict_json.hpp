// SPDX-License-Identifier: Apache-2.0
// Reads an untrusted JSON text of a known form as a series of events, without building a tree: memory stays near the
// size of the text and nesting costs nothing. A reader derives from json_events and overrides what its form contains;
// every other event is an error that names the file and the place.
#pragma once

#include <nlohmann/json.hpp>

#include <cstdint>
#include <optional>
#include <stdexcept>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace narrowfp::internal {

// Text from a file, fit for a message: printable ASCII, at most 80 characters.
inline std::string shown(std::string_view text) {
    constexpr std::size_t most = 80;
    std::string result = "'";
    for (const char c : text.substr(0, most)) {
        result += c >= ' ' && c <= '~' ? c : '?';
    }
    return result + (text.size() > most ? "...'" : "'");
}

[[noreturn]] inline void fail_file(const std::string& name, const std::string& what) {
    throw std::runtime_error("'" + name + "': " + what);
}

// Bytes of an array of that shape; none if the number does not fit 63 bits or the last byte is not full.
std::optional<std::uint64_t> byte_count(const std::vector<std::size_t>& shape, int bits);

class json_events : public nlohmann::json_sax<nlohmann::json> {
public:
    // `what` says what the text is: "safetensors header".
    json_events(const std::string& name, std::string what) : name_(name), what_(std::move(what)) {}

    bool null() override { unexpected("null"); }
    bool boolean(bool) override { unexpected("a truth value"); }
    bool number_integer(std::int64_t) override { unexpected("a negative number"); }
    bool number_unsigned(std::uint64_t) override { unexpected("a number"); }
    bool number_float(double, const std::string& text) override { unexpected("the number " + shown(text)); }
    bool string(std::string& text) override { unexpected("the text " + shown(text)); }
    bool binary(nlohmann::json::binary_t&) override { unexpected("binary data"); }
    bool start_object(std::size_t) override { unexpected("an object"); }
    bool key(std::string& text) override { unexpected("the key " + shown(text)); }
    bool end_object() override { unexpected("the end of an object"); }
    bool start_array(std::size_t) override { unexpected("an array"); }
    bool end_array() override { unexpected("the end of an array"); }
    bool parse_error(std::size_t position, const std::string&, const nlohmann::json::exception&) override {
        fail_file(name_, "the " + what_ + " is not JSON: error at its byte " + std::to_string(position));
    }

    // Runs over the text. Throws std::runtime_error.
    void read(std::string_view text) {
        nlohmann::json::sax_parse(text.begin(), text.end(), this, nlohmann::json::input_format_t::json, true);
    }

protected:
    // Where the reader is and what may stand there: "tensor 'w': expected a list of sizes".
    virtual std::string expectation() const = 0;

    [[noreturn]] void unexpected(const std::string& found) const {
        fail_file(name_, "bad " + what_ + ": " + expectation() + ", found " + found);
    }
    [[noreturn]] void bad(const std::string& problem) const { fail_file(name_, "bad " + what_ + ": " + problem); }

    const std::string& name() const { return name_; }

private:
    const std::string& name_;
    std::string what_;
};

}  // namespace narrowfp::internal

// SPDX-License-Identifier: Apache-2.0
// The header of a .npy file as text: a Python dictionary with the keys descr, fortran_order and shape, each once.
#pragma once

#include <cstddef>
#include <limits>
#include <optional>
#include <stdexcept>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace narrowfp::internal {

inline constexpr std::size_t most_dimensions = 64;  // NumPy's own limit

[[noreturn]] inline void fail_npy(const std::string& name, const std::string& what) {
    throw std::runtime_error("'" + name + "': " + what);
}

// Text from a file, fit for a message.
inline std::string npy_shown(std::string_view text) {
    std::string result;
    for (const char c : text.substr(0, 40)) {
        result += c >= ' ' && c <= '~' ? c : '?';
    }
    return "'" + result + (text.size() > 40 ? "...'" : "'");
}

struct npy_header {
    std::string descr;
    bool fortran_order = false;
    std::vector<std::size_t> shape;
};

class npy_header_parser {
public:
    npy_header_parser(std::string_view text, const std::string& name) : text_(text), name_(name) {}

    npy_header parse() {
        expect('{');
        std::optional<std::string> descr;
        std::optional<bool> order;
        std::optional<std::vector<std::size_t>> shape;
        while (!accept('}')) {
            const std::string key = string();
            expect(':');
            if (key == "descr") {
                once(key, descr.has_value());
                descr = description();
            } else if (key == "fortran_order") {
                once(key, order.has_value());
                order = boolean();
            } else if (key == "shape") {
                once(key, shape.has_value());
                shape = tuple();
            } else {
                bad("unknown key " + npy_shown(key));
            }
            if (!accept(',')) {
                expect('}');
                break;
            }
        }
        skip_blanks();
        if (at_ != text_.size()) {
            bad("something follows the dictionary");
        }
        require("descr", descr.has_value());
        require("fortran_order", order.has_value());
        require("shape", shape.has_value());
        return {std::move(*descr), *order, std::move(*shape)};
    }

private:
    [[noreturn]] void bad(const std::string& what) const {
        fail_npy(name_, "bad .npy header at character " + std::to_string(at_) + ": " + what);
    }

    void once(const std::string& key, bool seen) const {
        if (seen) {
            bad("key '" + key + "' is given twice");
        }
    }

    void require(const char* key, bool seen) const {
        if (!seen) {
            fail_npy(name_, std::string("bad .npy header: key '") + key + "' is missing");
        }
    }

    void skip_blanks() {
        while (at_ < text_.size() && (text_[at_] == ' ' || text_[at_] == '\n' || text_[at_] == '\t')) {
            ++at_;
        }
    }

    char peek() {
        skip_blanks();
        return at_ < text_.size() ? text_[at_] : '\0';
    }

    bool accept(char c) {
        if (peek() != c || at_ == text_.size()) {
            return false;
        }
        ++at_;
        return true;
    }

    void expect(char c) {
        if (!accept(c)) {
            bad(std::string("expected '") + c + "'");
        }
    }

    std::string string() {
        const char quote = peek();
        if (quote != '\'' && quote != '"') {
            bad("expected a text in quotes");
        }
        const std::size_t end = text_.find(quote, at_ + 1);
        if (end == std::string_view::npos) {
            bad("a text without closing quote");
        }
        const std::string_view content = text_.substr(at_ + 1, end - at_ - 1);
        if (content.find_first_of("\\\n") != std::string_view::npos) {
            bad("a backslash or a line end in a text");
        }
        at_ = end + 1;
        return std::string(content);
    }

    std::string description() {
        if (peek() == '[') {
            fail_npy(name_, "structured arrays are not supported: save one field alone");
        }
        return string();
    }

    bool boolean() {
        skip_blanks();
        for (const auto& [word, value] : {std::pair<std::string_view, bool>("True", true), {"False", false}}) {
            if (text_.substr(at_).starts_with(word)) {
                at_ += word.size();
                return value;
            }
        }
        bad("expected True or False");
    }

    std::vector<std::size_t> tuple() {
        std::vector<std::size_t> result;
        expect('(');
        bool comma = true;
        while (!accept(')')) {
            if (!comma) {
                bad("expected ',' or ')' in the shape");
            }
            if (result.size() == most_dimensions) {
                bad("more than " + std::to_string(most_dimensions) + " dimensions");
            }
            result.push_back(integer());
            comma = accept(',');
        }
        if (result.size() == 1 && !comma) {
            bad("the shape is a number, expected a tuple");
        }
        return result;
    }

    std::size_t integer() {
        constexpr std::size_t largest = std::numeric_limits<std::size_t>::max();
        const char first = peek();
        if (first < '0' || first > '9') {
            bad("expected a number of 0 or more in the shape");
        }
        std::size_t value = 0;
        for (; at_ < text_.size() && text_[at_] >= '0' && text_[at_] <= '9'; ++at_) {
            const auto digit = static_cast<std::size_t>(text_[at_] - '0');
            if (value > (largest - digit) / 10) {
                bad("a dimension of the shape is too large");
            }
            value = value * 10 + digit;
        }
        if (at_ < text_.size() && text_[at_] == 'L') {  // Python 2 wrote long integers so
            ++at_;
        }
        return value;
    }

    std::string_view text_;
    const std::string& name_;
    std::size_t at_ = 0;
};

}  // namespace narrowfp::internal

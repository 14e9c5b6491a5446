// SPDX-License-Identifier: Apache-2.0
// The name of an accumulator: a spelling of all its fields that parses back to an equal object, so that equal names
// mean equal results. It is KIND or KIND(FIELDS): first the fields that are always written, in their order, then
// FIELD=VALUE for every other field that differs from its default: "exact", "aligned(8,24,zero_exponent=-132)",
// "promoted(aligned(32,13),128)". Whether the fields are valid together is checked by every product, not here.
#pragma once

#include <narrowfp/base/name_table.hpp>
#include <narrowfp/gemm/accumulator.hpp>

#include <array>
#include <charconv>
#include <concepts>
#include <limits>
#include <optional>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

namespace narrowfp {

inline constexpr std::array<std::pair<align_rounding, std::string_view>, 2> align_rounding_names{{
    {align_rounding::toward_zero, "toward_zero"},
    {align_rounding::toward_negative, "toward_negative"},
}};
inline constexpr std::array<std::pair<aligned_output, std::string_view>, 3> aligned_output_names{{
    {aligned_output::f32_toward_zero, "f32_toward_zero"},
    {aligned_output::e8m13_toward_zero, "e8m13_toward_zero"},
    {aligned_output::f16_ties_to_even, "f16_ties_to_even"},
}};
inline constexpr std::array<std::pair<block_scale, std::string_view>, 2> block_scale_names{{
    {block_scale::e8m0, "e8m0"},
    {block_scale::e4m3, "e4m3"},
}};

// The kinds of an accumulator, in the order of the variant: "sequential", "aligned", ...
template <class Variant>
inline constexpr std::array<std::string_view, 0> kinds_of{};
template <class... Kinds>
inline constexpr std::array<std::string_view, sizeof...(Kinds)> kinds_of<std::variant<Kinds...>>{Kinds::kind...};
inline constexpr auto accumulator_kinds = kinds_of<accumulator>;

namespace detail {

// The default register, which a name omits: it has 13 fraction bits (Hopper's FP8 path) if the sum has at most 13, else
// 23 (FP32).
constexpr aligned_output usual_output(int fraction_bits) {
    return fraction_bits <= 13 ? aligned_output::e8m13_toward_zero : aligned_output::f32_toward_zero;
}
static_assert(usual_output(aligned{}.fraction_bits) == aligned{}.output);

// -- the fields of each kind in the order of its name -----------------------------------------------------------------
// Structured bindings, so that a new field without a place in the name does not compile. The mark of a unit is not in
// the name, because it changes no result.
template <class Fields>
void visit_fields(sequential<float>&, Fields&) {}
template <class Fields>
void visit_fields(exact&, Fields&) {}
template <class Fields>
void visit_fields(int32_exact&, Fields&) {}
static_assert(std::is_empty_v<sequential<float>> && std::is_empty_v<exact> && std::is_empty_v<int32_exact>);

template <class Fields>
void visit_fields(aligned& unit, Fields& fields) {
    constexpr aligned usual;
    auto& [products, fraction_bits, alignment, zero_exponent, output, nan_pattern, mark] = unit;
    fields.always("products", products);
    fields.always("fraction_bits", fraction_bits);
    fields.choice("alignment", alignment, usual.alignment, align_rounding_names);
    fields.number("zero_exponent", zero_exponent, usual.zero_exponent);
    fields.choice("output", output, usual_output(fraction_bits), aligned_output_names);
    fields.pattern("nan_pattern", nan_pattern, usual.nan_pattern);
}

template <class Fields>
void visit_fields(widened& unit, Fields& fields) {
    auto& [step] = unit;
    fields.always("step", step);
}

template <class Fields>
void visit_fields(exact_groups& unit, Fields& fields) {
    auto& [products, mark] = unit;
    fields.always("products", products);
}

template <class Fields>
void visit_fields(cdna2& unit, Fields& fields) {
    auto& [products, mark] = unit;
    fields.always("products", products);
}

template <class Fields>
void visit_fields(cdna3& unit, Fields& fields) {
    auto& [products, two_sums, mark] = unit;
    fields.always("products", products);
    fields.flag("two_sums", two_sums);
}

template <class Fields>
void visit_fields(promoted& unit, Fields& fields) {
    auto& [inner, interval] = unit;
    fields.always("inner", inner);
    fields.always("interval", interval);
}

template <class Fields>
void visit_fields(block_scaled& unit, Fields& fields) {
    constexpr block_scaled usual;
    auto& [products, group, block, scale, fraction_bits, zero_exponent, mark] = unit;
    fields.always("products", products);
    fields.always("fraction_bits", fraction_bits);
    fields.number("group", group, usual.group);
    fields.number("block", block, usual.block);
    fields.choice("scale", scale, usual.scale, block_scale_names);
    fields.number("zero_exponent", zero_exponent, usual.zero_exponent);
}

// -- writing ----------------------------------------------------------------------------------------------------------
template <class Kind>
std::string written(Kind unit);  // a copy, since visit_fields takes what may be read into

inline std::string pattern_text(std::uint32_t pattern) {
    std::string text = "0x";
    for (int shift = 28; shift >= 0; shift -= 4) {
        text += "0123456789ABCDEF"[pattern >> shift & 0xFU];
    }
    return text;
}

template <class Value, class Names>
std::string_view choice_text(Value value, const Names& names) {
    for (const auto& [known, name] : names) {
        if (known == value) {
            return name;
        }
    }
    throw std::invalid_argument("accumulator: field value " + std::to_string(static_cast<int>(value)) +
                                " does not exist in this type; one that does: " + std::string(names[0].second));
}

class field_writer {
public:
    template <std::integral Number>
    void always(std::string_view, Number value) {
        add(std::to_string(value));
    }
    void always(std::string_view, const aligned& value) { add(written(value)); }
    void always(std::string_view, const inner_accumulator& value) {
        add(std::visit([](const auto& unit) { return written(unit); }, value));
    }
    void number(std::string_view field, int value, int usual) {
        if (value != usual) {
            add(field, std::to_string(value));
        }
    }
    void pattern(std::string_view field, std::uint32_t value, std::uint32_t usual) {
        if (value != usual) {
            add(field, pattern_text(value));
        }
    }
    template <class Value, class Names>
    void choice(std::string_view field, Value value, Value usual, const Names& names) {
        if (value != usual) {
            add(field, std::string(choice_text(value, names)));
        }
    }
    void flag(std::string_view field, bool value) {
        if (value) {
            add(std::string(field));
        }
    }

    // "(32,13)", or nothing without fields.
    std::string text() const { return text_.empty() ? text_ : text_ + ")"; }

private:
    void add(const std::string& value) { text_ += (text_.empty() ? "(" : ",") + value; }
    void add(std::string_view field, const std::string& value) { add(std::string(field) + "=" + value); }

    std::string text_;
};

template <class Kind>
std::string written(Kind unit) {
    field_writer fields;
    visit_fields(unit, fields);
    return std::string(Kind::kind) + fields.text();
}

// -- what a name may look like, for messages --------------------------------------------------------------------------
class spelling_writer {
public:
    void always(std::string_view field, const auto&) { text_ += (text_.empty() ? "(" : ",") + std::string(field); }
    void number(std::string_view field, int, int) { add(std::string(field) + "=N"); }
    void pattern(std::string_view field, std::uint32_t, std::uint32_t) { add(std::string(field) + "=0xHHHHHHHH"); }
    template <class Value, class Names>
    void choice(std::string_view field, Value, Value, const Names& names) {
        add(std::string(field) + "=" + name_list(names, "|"));
    }
    void flag(std::string_view field, bool) { add(std::string(field)); }

    std::string text() const { return text_.empty() ? text_ : text_ + ")"; }

private:
    void add(const std::string& optional) { text_ += "[," + optional + "]"; }

    std::string text_;
};

// "cdna3(products[,two_sums])"
template <class Kind>
std::string spelling_of() {
    Kind unit;
    spelling_writer fields;
    visit_fields(unit, fields);
    return std::string(Kind::kind) + fields.text();
}

// -- reading ----------------------------------------------------------------------------------------------------------
// One of the alternatives of a variant; `whole` is the text that a message quotes.
template <class Variant>
Variant parsed_as(std::string_view whole, std::string_view text);

[[noreturn]] inline void refuse_name(std::string_view whole, const std::string& why) {
    throw std::invalid_argument("accumulator '" + std::string(whole) + "': " + why);
}

// The parts between commas outside brackets; nothing if brackets do not match.
inline std::optional<std::vector<std::string_view>> split_fields(std::string_view text) {
    std::vector<std::string_view> parts;
    std::size_t first = 0;
    int depth = 0;
    for (std::size_t at = 0; at < text.size(); ++at) {
        depth += text[at] == '(' ? 1 : (text[at] == ')' ? -1 : 0);
        if (depth < 0) {
            return std::nullopt;
        }
        if (text[at] == ',' && depth == 0) {
            parts.push_back(text.substr(first, at - first));
            first = at + 1;
        }
    }
    parts.push_back(text.substr(first));
    return depth == 0 ? std::optional(std::move(parts)) : std::nullopt;
}

class field_reader {
public:
    field_reader(std::string_view whole, std::string spelling, std::vector<std::string_view> parts)
        : whole_(whole), spelling_(std::move(spelling)), parts_(std::move(parts)) {}

    template <std::integral Number>
    void always(std::string_view field, Number& value) {
        value = number_in<Number>(field, next(field));
    }
    void always(std::string_view field, aligned& value) {
        value = std::get<aligned>(parsed_as<std::variant<aligned>>(whole_, next(field)));
    }
    void always(std::string_view field, inner_accumulator& value) {
        value = parsed_as<inner_accumulator>(whole_, next(field));
    }
    void number(std::string_view field, int& value, int usual) {
        const auto text = take(field);
        value = text ? number_in<int>(field, *text) : usual;
    }
    void pattern(std::string_view field, std::uint32_t& value, std::uint32_t usual) {
        value = usual;
        if (const auto text = take(field)) {
            const char* end = text->data() + text->size();
            const bool digits = text->starts_with("0x") && text->size() > 2;
            if (const auto read = digits ? std::from_chars(text->data() + 2, end, value, 16) : std::from_chars_result{};
                !digits || read.ec != std::errc() || read.ptr != end) {
                refuse(field, *text, "0x and up to 8 hexadecimal digits");
            }
        }
    }
    template <class Value, class Names>
    void choice(std::string_view field, Value& value, Value usual, const Names& names) {
        value = usual;
        const auto text = take(field);
        if (!text) {
            return;
        }
        for (const auto& [named, name] : names) {
            if (name == *text) {
                value = named;
                return;
            }
        }
        refuse(field, *text, name_list(names, " or "));
    }
    void flag(std::string_view field, bool& value) {
        value = false;
        for (std::size_t at = next_; at < parts_.size(); ++at) {
            if (parts_[at] == field) {
                value = true;
                parts_.erase(parts_.begin() + static_cast<std::ptrdiff_t>(at));
                return;
            }
        }
    }

    // After all fields: throws if something was not one of them.
    void finish() const {
        if (next_ < parts_.size()) {
            refuse_with_spelling("'" + std::string(parts_[next_]) + "' is no field of it, or is given twice");
        }
    }

private:
    [[noreturn]] void refuse_with_spelling(const std::string& why) const {
        refuse_name(whole_, why + "; " + spelling_ + " expected");
    }
    [[noreturn]] void refuse(std::string_view field, std::string_view found, const std::string& expected) const {
        refuse_name(whole_, std::string(field) + " is '" + std::string(found) + "'; " + expected + " expected, as in " +
                                spelling_);
    }

    std::string_view next(std::string_view field) {
        if (next_ == parts_.size()) {
            refuse_with_spelling(std::string(field) + " is missing");
        }
        return parts_[next_++];
    }

    // The value of FIELD=VALUE, which is then done with.
    std::optional<std::string_view> take(std::string_view field) {
        for (std::size_t at = next_; at < parts_.size(); ++at) {
            const std::string_view part = parts_[at];
            if (part.size() > field.size() && part.starts_with(field) && part[field.size()] == '=') {
                parts_.erase(parts_.begin() + static_cast<std::ptrdiff_t>(at));
                return part.substr(field.size() + 1);
            }
        }
        return std::nullopt;
    }

    template <class Number>
    Number number_in(std::string_view field, std::string_view text) const {
        Number value{};
        const char* end = text.data() + text.size();
        const auto read = std::from_chars(text.data(), end, value);
        if (read.ec != std::errc() || read.ptr != end) {
            using limits = std::numeric_limits<Number>;
            refuse(field, text,
                   "a whole number from " + std::to_string(limits::min()) + " to " + std::to_string(limits::max()));
        }
        return value;
    }

    std::string_view whole_;
    std::string spelling_;
    std::vector<std::string_view> parts_;
    std::size_t next_ = 0;
};

// A kind without brackets has its default fields.
template <class Kind>
Kind parsed_kind(std::string_view whole, std::string_view text) {
    Kind unit;
    if (text == Kind::kind) {
        return unit;
    }
    const std::string_view inside = text.substr(Kind::kind.size() + 1);  // behind the opening bracket
    const auto parts =
        inside.size() >= 2 && inside.ends_with(')') ? split_fields(inside.substr(0, inside.size() - 1)) : std::nullopt;
    if (!parts) {
        refuse_name(whole, "fields in matching brackets expected: " + spelling_of<Kind>());
    }
    field_reader fields(whole, spelling_of<Kind>(), *parts);
    visit_fields(unit, fields);
    fields.finish();
    return unit;
}

template <class Variant>
Variant parsed_as(std::string_view whole, std::string_view text) {
    const std::string_view kind = text.substr(0, text.find('('));
    std::optional<Variant> found;
    const auto try_kind = [&]<class Kind>(std::type_identity<Kind>) {
        if (Kind::kind == kind) {
            found = parsed_kind<Kind>(whole, text);
        }
    };
    [&]<class... Kinds>(std::type_identity<std::variant<Kinds...>>) {
        (try_kind(std::type_identity<Kinds>{}), ...);
    }(std::type_identity<Variant>{});
    if (!found) {
        std::string known;
        for (const std::string_view name : kinds_of<Variant>) {
            known += (known.empty() ? "" : ", ") + std::string(name);
        }
        refuse_name(whole, "'" + std::string(kind) + "' found where one of these is expected: " + known);
    }
    return *std::move(found);
}

}  // namespace detail

// The name of an accumulator, or of one alternative.
template <accumulator_kind Kind>
std::string name_of(const Kind& unit) {
    return detail::written(unit);
}
template <class Variant>
    requires std::same_as<Variant, accumulator> || std::same_as<Variant, inner_accumulator> std::string name_of(
        const Variant& acc) {
        return std::visit([](const auto& unit) { return detail::written(unit); }, acc);
    }

// The accumulator of that name. Also understands fields FIELD=VALUE in any order, or equal to their defaults, and a
// kind alone ("aligned": all its defaults). Throws std::invalid_argument with what was expected for anything else.
inline accumulator accumulator_by_name(std::string_view name) { return detail::parsed_as<accumulator>(name, name); }

}  // namespace narrowfp

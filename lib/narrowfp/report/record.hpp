// SPDX-License-Identifier: Apache-2.0
// One record is one figure with everything needed to judge and to repeat it: what it is, how it came about, its
// parameters, value, unit, range, source, state and command line. A document is a context (version, commit, compiler,
// processor, seed, hash of the data, ...) and its records, in order. Plain data that knows strings and numbers only;
// json.hpp writes it, reads it and states the rules (check).
#pragma once

#include <concepts>
#include <cstdint>
#include <optional>
#include <stdexcept>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>
#include <variant>
#include <vector>

namespace narrowfp::report {

// Where a figure comes from. Emulated: bits, errors, bytes and counts, computed exactly or bit for bit; measured: on
// this machine, different in every run; modelled: from a cost model; published: printed elsewhere, with its source;
// recorded: emulated once, kept with its hash, and repeated by sampling.
enum class evidence_kind { emulated, measured, modelled, published, recorded };

// ok: the value stands. exact: the input was represented without error, so an error is 0 and a ratio of errors has no
// value. undefined: the quantity does not exist here (0/0, a NaN in the input). not_run: not attempted. failed: a check
// of the result failed, so no value is given. The last three carry no value and say why in `note`.
enum class record_status { ok, exact, undefined, not_run, failed };

using field_value = std::variant<std::string, std::int64_t, double, bool>;

struct field {
    std::string key;  // lower snake case
    field_value value;

    friend bool operator==(const field&, const field&) = default;
};

using field_list = std::vector<field>;

using record_value = std::variant<std::monostate, std::int64_t, double, std::string>;

// An empty text means that there is nothing to say; it is written as null.
struct record {
    std::string id;    // unique in its document and stable between versions: printable ASCII without blanks
    std::string name;  // for people
    evidence_kind kind = evidence_kind::emulated;
    field_list parameters;
    record_value value;
    std::string unit;           // required with a number; "1" for a pure number
    std::optional<double> low;  // range of the value; `method` says of what sort
    std::optional<double> high;
    std::optional<std::int64_t> n;  // number of observations behind the value
    std::string method;
    std::string reference;  // what the value is compared with
    std::string source;     // required when published
    record_status status = record_status::ok;
    std::string note;
    std::string repro;  // command line that gives this record alone

    friend bool operator==(const record&, const record&) = default;
};

struct document {
    field_list context;
    std::vector<record> records;

    friend bool operator==(const document&, const document&) = default;
};

constexpr std::string_view to_string(evidence_kind kind) {
    switch (kind) {
        case evidence_kind::emulated: return "emulated";
        case evidence_kind::measured: return "measured";
        case evidence_kind::modelled: return "modelled";
        case evidence_kind::published: return "published";
        case evidence_kind::recorded: return "recorded";
    }
    return "?";
}

constexpr std::string_view to_string(record_status status) {
    switch (status) {
        case record_status::ok: return "ok";
        case record_status::exact: return "exact";
        case record_status::undefined: return "undefined";
        case record_status::not_run: return "not_run";
        case record_status::failed: return "failed";
    }
    return "?";
}

// A field_value of the matching kind: bool, integer, floating or text. Throws std::invalid_argument for an unsigned
// integer above 2^63 - 1, which many JSON readers would round: give such a number as text.
template <class T>
field_value make_value(const T& v) {
    if constexpr (std::same_as<T, bool>) {
        return v;
    } else if constexpr (std::integral<T>) {
        if (!std::in_range<std::int64_t>(v)) {
            throw std::invalid_argument("integer " + std::to_string(v) + " is above 2^63 - 1: give it as text");
        }
        return static_cast<std::int64_t>(v);
    } else if constexpr (std::floating_point<T>) {
        static_assert(sizeof(T) <= sizeof(double), "long double would be rounded");
        return static_cast<double>(v);
    } else {
        return std::string(v);
    }
}

// Appends a field; a key that is there already is found by check, not here.
template <class T>
void add_field(field_list& list, std::string key, const T& value) {
    list.push_back({std::move(key), make_value(value)});
}

// The value of the first field with this key, or nullptr.
inline const field_value* find_field(const field_list& list, std::string_view key) {
    for (const field& f : list) {
        if (f.key == key) {
            return &f.value;
        }
    }
    return nullptr;
}

// The number that the value of a record or field is, a count included; nothing for a text, a flag or no value.
template <class Value>
std::optional<double> number_in(const Value& value) {
    if (const auto* count = std::get_if<std::int64_t>(&value)) {
        return static_cast<double>(*count);
    }
    const auto* real = std::get_if<double>(&value);
    return real != nullptr ? std::optional(*real) : std::nullopt;
}

// Makes a record one without a value: undefined, not_run or failed, with the reason.
inline void set_no_value(record& r, record_status status, std::string why) {
    r.value = std::monostate{};
    r.low.reset();
    r.high.reset();
    r.status = status;
    r.note = std::move(why);
}

}  // namespace narrowfp::report

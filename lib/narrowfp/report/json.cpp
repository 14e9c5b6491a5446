// SPDX-License-Identifier: Apache-2.0
#include <narrowfp/report/json.hpp>

#include <narrowfp/report/text.hpp>
#include <narrowfp/report/write_file.hpp>

#include <nlohmann/json.hpp>

#include <algorithm>
#include <array>
#include <cmath>
#include <limits>
#include <set>

namespace narrowfp::report {
namespace {

using json = nlohmann::ordered_json;

constexpr std::array kinds = {evidence_kind::emulated, evidence_kind::measured, evidence_kind::modelled,
                              evidence_kind::published, evidence_kind::recorded};
constexpr std::array statuses = {record_status::ok, record_status::exact, record_status::undefined,
                                 record_status::not_run, record_status::failed};

// ---- rules -------------------------------------------------------------------------------------------------------

[[noreturn]] void refuse(const std::string& where, const std::string& what) {
    throw std::invalid_argument(where + ": " + what);
}

bool is_id(const std::string& text) {
    return !text.empty() && std::all_of(text.begin(), text.end(), [](char c) { return c > ' ' && c <= '~'; });
}

bool is_key(const std::string& text) {
    const auto lower = [](char c) { return c >= 'a' && c <= 'z'; };
    return !text.empty() && lower(text[0]) && std::all_of(text.begin(), text.end(), [&](char c) {
        return lower(c) || (c >= '0' && c <= '9') || c == '_';
    });
}

void check_finite(const std::string& where, const std::string& field_name, double x) {
    if (!std::isfinite(x)) {
        refuse(where, "field '" + field_name + "' is " + format_number(x) + ", expected a finite number");
    }
}

void check_fields(const std::string& where, const std::string& list_name, const field_list& list) {
    std::set<std::string> seen;
    for (const field& f : list) {
        if (!is_key(f.key)) {
            refuse(where, "'" + f.key + "' in " + list_name + " is no key, expected lower snake case");
        }
        if (!seen.insert(f.key).second) {
            refuse(where, "'" + f.key + "' is twice in " + list_name);
        }
        if (const double* x = std::get_if<double>(&f.value)) {
            check_finite(where, list_name + "." + f.key, *x);
        }
    }
}

void check_value(const std::string& where, const record& r) {
    const bool none = std::holds_alternative<std::monostate>(r.value);
    const std::string* text = std::get_if<std::string>(&r.value);
    if (const double* x = std::get_if<double>(&r.value)) {
        check_finite(where, "value", *x);
    }
    if (text != nullptr && text->empty()) {
        refuse(where, "the value is an empty text");
    }
    if (!none && text == nullptr && r.unit.empty()) {
        refuse(where, "a number needs a unit (\"1\" for a pure number)");
    }
    for (const auto& [name, bound] : {std::pair("low", r.low), std::pair("high", r.high)}) {
        if (bound) {
            check_finite(where, name, *bound);
        }
    }
    if (r.low && r.high && *r.low > *r.high) {
        refuse(where, "low " + exact_text(*r.low) + " is above high " + exact_text(*r.high));
    }
    const std::string state(to_string(r.status));
    if (r.status == record_status::ok && none) {
        refuse(where, "status 'ok' without a value");
    }
    if (r.status != record_status::ok && r.status != record_status::exact) {
        if (!none || r.low || r.high) {
            refuse(where, "status '" + state + "' with a value, low or high");
        }
        if (r.note.empty()) {
            refuse(where, "status '" + state + "' needs a note that says why");
        }
    }
}

void check_record(const record& r) {
    if (!is_id(r.id)) {
        refuse("record '" + printable(r.id) + "'", "the id must be printable ASCII without blanks");
    }
    const std::string where = "record '" + r.id + "'";
    if (r.name.empty()) {
        refuse(where, "the name is empty");
    }
    check_fields(where, "parameters", r.parameters);
    check_value(where, r);
    if (r.n && *r.n < 0) {
        refuse(where, "n is " + std::to_string(*r.n) + ", expected 0 or more");
    }
    if (r.kind == evidence_kind::published && r.source.empty()) {
        refuse(where, "a published figure needs its source");
    }
}

void check_kinds(const document& doc, bool measured, const char* file) {
    for (const record& r : doc.records) {
        if ((r.kind == evidence_kind::measured) != measured) {
            refuse("record '" + r.id + "'",
                   "kind '" + std::string(to_string(r.kind)) + "' does not belong into " + file);
        }
    }
}

// ---- writing -----------------------------------------------------------------------------------------------------

std::string quoted(const std::string& where, const std::string& text) {
    try {
        return json(text).dump();
    } catch (const json::type_error&) {
        refuse(where,
               "a text is not valid UTF-8: \"" + json(text).dump(-1, ' ', true, json::error_handler_t::replace) + "\"");
    }
}

struct value_writer {
    const std::string& where;

    std::string operator()(std::monostate) const { return "null"; }
    std::string operator()(bool v) const { return v ? "true" : "false"; }
    std::string operator()(std::int64_t v) const { return std::to_string(v); }
    std::string operator()(double v) const { return exact_text(v); }
    std::string operator()(const std::string& v) const { return quoted(where, v); }
};

void append_fields(std::string& out, const std::string& where, const field_list& list, const std::string& indent) {
    if (list.empty()) {
        out += "{}";
        return;
    }
    out += "{\n";
    for (std::size_t i = 0; i < list.size(); ++i) {
        out += indent + "  \"" + list[i].key + "\": " + std::visit(value_writer{where}, list[i].value);
        out += i + 1 < list.size() ? ",\n" : "\n";
    }
    out += indent + "}";
}

void append_record(std::string& out, const record& r) {
    const std::string where = "record '" + r.id + "'";
    const auto text = [&](const std::string& v) { return v.empty() ? std::string("null") : quoted(where, v); };
    const auto number = [](const std::optional<double>& v) { return v ? exact_text(*v) : std::string("null"); };
    const auto add = [&](const char* key, const std::string& v) {
        out += std::string("      \"") + key + "\": " + v + ",\n";
    };
    out += "    {\n";
    add("id", quoted(where, r.id));
    add("name", quoted(where, r.name));
    add("kind", quoted(where, std::string(to_string(r.kind))));
    out += "      \"parameters\": ";
    append_fields(out, where, r.parameters, "      ");
    out += ",\n";
    add("value", std::visit(value_writer{where}, r.value));
    add("unit", text(r.unit));
    add("low", number(r.low));
    add("high", number(r.high));
    add("n", r.n ? std::to_string(*r.n) : "null");
    add("method", text(r.method));
    add("reference", text(r.reference));
    add("source", text(r.source));
    add("status", quoted(where, std::string(to_string(r.status))));
    add("note", text(r.note));
    out += "      \"repro\": " + text(r.repro) + "\n    }";
}

// ---- reading -----------------------------------------------------------------------------------------------------

// Where we are in the text, for messages: "results.json: records[3].kind".
struct place {
    std::string path;

    [[noreturn]] void fail(const std::string& what) const { throw std::runtime_error(path + ": " + what); }
    place operator/(const std::string& key) const { return {path + (path.ends_with(": ") ? "" : ".") + key}; }
    place operator[](std::size_t i) const { return {path + "[" + std::to_string(i) + "]"}; }
};

std::string shown(const json& j) {
    std::string text = j.dump(-1, ' ', true, json::error_handler_t::replace);
    return text.size() > 60 ? text.substr(0, 57) + "..." : text;
}

const json& member(const json& object, const std::string& key, const place& at) {
    const auto found = object.find(key);
    if (found == object.end()) {
        (at / key).fail("missing");
    }
    return *found;
}

std::string read_text(const json& object, const std::string& key, const place& at, bool nullable) {
    const json& j = member(object, key, at);
    if (nullable && j.is_null()) {
        return "";
    }
    if (!j.is_string()) {
        (at / key).fail("found " + shown(j) + ", expected text" + (nullable ? " or null" : ""));
    }
    return j.get<std::string>();
}

std::int64_t read_integer(const json& j, const place& at) {
    if (!j.is_number_integer()) {
        at.fail("found " + shown(j) + ", expected an integer");
    }
    if (j.is_number_unsigned() &&
        j.get<std::uint64_t>() > static_cast<std::uint64_t>(std::numeric_limits<std::int64_t>::max())) {
        at.fail("integer " + shown(j) + " is above 2^63 - 1");
    }
    return j.get<std::int64_t>();
}

std::optional<double> read_bound(const json& object, const std::string& key, const place& at) {
    const json& j = member(object, key, at);
    if (j.is_null()) {
        return std::nullopt;
    }
    if (!j.is_number()) {
        (at / key).fail("found " + shown(j) + ", expected a number or null");
    }
    return j.get<double>();
}

record_value read_value(const json& j, const place& at) {
    if (j.is_null()) {
        return std::monostate{};
    }
    if (j.is_string()) {
        return j.get<std::string>();
    }
    if (j.is_number_float()) {
        return j.get<double>();
    }
    if (j.is_number_integer()) {
        return read_integer(j, at);
    }
    at.fail("found " + shown(j) + ", expected a number, text or null");
}

field_list read_fields(const json& object, const std::string& key, const place& at) {
    const json& j = member(object, key, at);
    if (!j.is_object()) {
        (at / key).fail("found " + shown(j) + ", expected an object");
    }
    field_list list;
    for (const auto& [name, v] : j.items()) {
        const place here = at / key / name;
        if (v.is_boolean()) {
            list.push_back({name, v.get<bool>()});
        } else if (v.is_string()) {
            list.push_back({name, v.get<std::string>()});
        } else if (v.is_number_float()) {
            list.push_back({name, v.get<double>()});
        } else if (v.is_number_integer()) {
            list.push_back({name, read_integer(v, here)});
        } else {
            here.fail("found " + shown(v) + ", expected text, a number, true or false");
        }
    }
    return list;
}

template <class Enum, std::size_t N>
Enum read_word(const json& object, const std::string& key, const place& at, const std::array<Enum, N>& words) {
    const std::string found = read_text(object, key, at, false);
    std::string expected;
    for (const Enum word : words) {
        if (found == to_string(word)) {
            return word;
        }
        expected += (expected.empty() ? "" : ", ") + std::string(to_string(word));
    }
    (at / key).fail("found \"" + printable(found) + "\", expected one of " + expected);
}

record read_record(const json& j, const place& at) {
    if (!j.is_object()) {
        at.fail("found " + shown(j) + ", expected an object");
    }
    record r;
    r.id = read_text(j, "id", at, false);
    r.name = read_text(j, "name", at, false);
    r.kind = read_word(j, "kind", at, kinds);
    r.parameters = read_fields(j, "parameters", at);
    r.value = read_value(member(j, "value", at), at / "value");
    r.unit = read_text(j, "unit", at, true);
    r.low = read_bound(j, "low", at);
    r.high = read_bound(j, "high", at);
    if (const json& n = member(j, "n", at); !n.is_null()) {
        r.n = read_integer(n, at / "n");
    }
    r.method = read_text(j, "method", at, true);
    r.reference = read_text(j, "reference", at, true);
    r.source = read_text(j, "source", at, true);
    r.status = read_word(j, "status", at, statuses);
    r.note = read_text(j, "note", at, true);
    r.repro = read_text(j, "repro", at, true);
    return r;
}

// Parses text to JSON; a key that an object has twice and a nesting beyond what the schema needs are errors.
json parse_strict(std::string_view text, const std::string& name) {
    constexpr int deepest = 16;
    std::vector<std::set<std::string>> keys;
    const auto watch = [&](int depth, json::parse_event_t event, json& parsed) {
        if (depth > deepest) {
            throw std::runtime_error(name + ": nested deeper than " + std::to_string(deepest) + " levels");
        }
        if (event == json::parse_event_t::object_start) {
            keys.emplace_back();
        } else if (event == json::parse_event_t::object_end) {
            keys.pop_back();
        } else if (event == json::parse_event_t::key && !keys.back().insert(parsed.get<std::string>()).second) {
            throw std::runtime_error(name + ": key " + shown(parsed) + " is twice in one object");
        }
        return true;
    };
    try {
        return json::parse(text, watch);
    } catch (const json::parse_error& e) {
        const std::size_t end = std::min(e.byte, text.size());
        const auto line = 1 + std::count(text.begin(), text.begin() + static_cast<std::ptrdiff_t>(end), '\n');
        throw std::runtime_error(name + ": not JSON (line " + std::to_string(line) + ", byte " +
                                 std::to_string(e.byte) + " of " + std::to_string(text.size()) + ")");
    } catch (const json::exception&) {
        throw std::runtime_error(name + ": holds a number beyond the range of double");
    }
}

}  // namespace

void check(const document& doc) {
    check_fields("document", "context", doc.context);
    std::set<std::string_view> ids;
    for (const record& r : doc.records) {
        check_record(r);
        if (!ids.insert(r.id).second) {
            refuse("record '" + r.id + "'", "the id is used twice");
        }
    }
}

std::string to_json(const document& doc) {
    check(doc);
    std::string out = "{\n  \"schema\": \"" + std::string(results_schema) + "\",\n  \"context\": ";
    append_fields(out, "document", doc.context, "  ");
    out += ",\n  \"records\": [";
    for (std::size_t i = 0; i < doc.records.size(); ++i) {
        out += i == 0 ? "\n" : ",\n";
        append_record(out, doc.records[i]);
    }
    out += doc.records.empty() ? "]\n}\n" : "\n  ]\n}\n";
    return out;
}

void write_results(const std::filesystem::path& path, const document& doc) {
    check_kinds(doc, false, "a file of results");
    write_file(path, to_json(doc));
}

void write_timings(const std::filesystem::path& path, const document& doc) {
    check_kinds(doc, true, "a file of timings");
    write_file(path, to_json(doc));
}

document parse_document(std::string_view text, const std::string& name) {
    const json root = parse_strict(text, name);
    const place at{name + ": "};
    if (!root.is_object()) {
        throw std::runtime_error(name + ": found " + shown(root) + ", expected an object");
    }
    if (const std::string schema = read_text(root, "schema", at, false); schema != results_schema) {
        (at / "schema").fail("found \"" + printable(schema) + "\", expected \"" + std::string(results_schema) + "\"");
    }
    document doc;
    doc.context = read_fields(root, "context", at);
    const json& records = member(root, "records", at);
    if (!records.is_array()) {
        (at / "records").fail("found " + shown(records) + ", expected an array");
    }
    for (std::size_t i = 0; i < records.size(); ++i) {
        doc.records.push_back(read_record(records[i], (at / "records")[i]));
    }
    try {
        check(doc);
    } catch (const std::invalid_argument& e) {
        throw std::runtime_error(name + ": " + e.what());
    }
    return doc;
}

document read_document(const std::filesystem::path& path) { return parse_document(read_file(path), path.string()); }

}  // namespace narrowfp::report

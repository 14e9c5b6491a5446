// SPDX-License-Identifier: Apache-2.0
#include <narrowfp/report/csv.hpp>

#include <narrowfp/report/json.hpp>
#include <narrowfp/report/text.hpp>
#include <narrowfp/report/write_file.hpp>

#include <algorithm>

namespace narrowfp::report {
namespace {

std::string quoted(const std::string& text) {
    if (text.find_first_of(",\"\r\n") == std::string::npos) {
        return text;
    }
    std::string result = "\"";
    for (const char c : text) {
        result += c;
        if (c == '"') {
            result += c;
        }
    }
    return result + "\"";
}

struct value_text {
    std::string operator()(std::monostate) const { return ""; }
    std::string operator()(bool v) const { return v ? "true" : "false"; }
    std::string operator()(std::int64_t v) const { return std::to_string(v); }
    std::string operator()(double v) const { return exact_text(v); }
    std::string operator()(const std::string& v) const { return v; }
};

std::string optional_text(const std::optional<double>& v) { return v ? exact_text(*v) : ""; }

void append_row(std::string& out, const std::vector<std::string>& cells) {
    for (std::size_t i = 0; i < cells.size(); ++i) {
        out += i == 0 ? "" : ",";
        out += quoted(cells[i]);
    }
    out += "\r\n";
}

std::vector<std::string> parameter_keys(const document& doc) {
    std::vector<std::string> keys;
    for (const record& r : doc.records) {
        for (const field& f : r.parameters) {
            if (std::find(keys.begin(), keys.end(), f.key) == keys.end()) {
                keys.push_back(f.key);
            }
        }
    }
    return keys;
}

}  // namespace

std::string to_csv(const document& doc) {
    check(doc);
    const std::vector<std::string> keys = parameter_keys(doc);
    std::vector<std::string> header = {"id", "name", "kind"};
    for (const std::string& key : keys) {
        header.push_back("parameters." + key);
    }
    for (const char* title :
         {"value", "unit", "low", "high", "n", "method", "reference", "source", "status", "note", "repro"}) {
        header.emplace_back(title);
    }
    std::string out;
    append_row(out, header);
    for (const record& r : doc.records) {
        std::vector<std::string> row = {r.id, r.name, std::string(to_string(r.kind))};
        for (const std::string& key : keys) {
            const field_value* value = find_field(r.parameters, key);
            row.push_back(value != nullptr ? std::visit(value_text{}, *value) : "");
        }
        for (const std::string& text : {std::visit(value_text{}, r.value), r.unit, optional_text(r.low),
                                        optional_text(r.high), r.n ? std::to_string(*r.n) : std::string(), r.method,
                                        r.reference, r.source, std::string(to_string(r.status)), r.note, r.repro}) {
            row.push_back(text);
        }
        append_row(out, row);
    }
    return out;
}

void write_csv(const std::filesystem::path& path, const document& doc) { write_file(path, to_csv(doc)); }

}  // namespace narrowfp::report

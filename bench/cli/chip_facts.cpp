// SPDX-License-Identifier: Apache-2.0
#include "cli/chip_facts.hpp"

#include <narrowfp/report/text.hpp>

#include <fmt/format.h>

namespace narrowfp::cli {

namespace {

std::string number(double x) { return report::format_number(x, 4); }

// "353.9 TFLOP/s (computed, disputed; CANN platform_config; 24 cores x 8192 x 1.8 GHz)".
std::string datum_text(const device::datum& f) {
    const device::quantity_info& info = device::info_of(f.what);
    const std::string value = f.value > 0 ? fmt::format("{} {}", number(f.value), info.unit) : "none";
    return fmt::format("{} ({}, {}; {}{}{})", value, to_string(f.from), to_string(f.sure), f.source,
                       f.note.empty() ? "" : "; ", f.note);
}

}  // namespace

std::vector<std::string_view> chip_names() {
    std::vector<std::string_view> names;
    for (const device::chip& c : device::all_chips) {
        names.push_back(c.name);
    }
    return names;
}

std::string fp8_ratio_text(const device::chip& c) {
    const auto fp8 = device::find_datum(c, device::quantity::fp8);
    const auto wide = device::find_datum(c, device::quantity::bf16);
    if (fp8 && fp8->value <= 0) {
        return "-";
    }
    return fp8 && wide && wide->value > 0 ? report::format_ratio(fp8->value / wide->value, 3) : "?";
}

std::string short_datum_text(const device::chip& c, device::quantity q) {
    const auto f = device::find_datum(c, q);
    if (!f) {
        return "?";
    }
    const bool doubtful = f->sure == device::certainty::disputed || f->sure == device::certainty::unconfirmed;
    return f->value > 0 ? number(f->value) + (doubtful ? "*" : "") : "-";
}

fact_lines chip_facts(const device::chip& c) {
    fact_lines facts{{"full name", std::string(c.full_name)},
                     {"maker", std::string(c.vendor)},
                     {"formats", std::string(c.formats)},
                     {"fp8 peak / bf16 peak", fp8_ratio_text(c)}};
    for (const device::quantity_info& info : device::all_quantities) {
        const auto data = device::data_of(c, info.id);
        if (data.empty()) {
            facts.emplace_back(std::string(info.summary), "no confirmed figure");
        }
        for (std::size_t n = 0; n < data.size(); ++n) {
            facts.emplace_back(n == 0 ? std::string(info.summary) : "", datum_text(data[n]));
        }
    }
    if (!c.note.empty()) {
        facts.emplace_back("note", std::string(c.note));
    }
    return facts;
}

json chip_object(const device::chip& c) {
    json data = json::array();
    for (const device::datum& f : c.data) {
        const device::quantity_info& info = device::info_of(f.what);
        data.push_back({{"quantity", info.name},
                        {"value", f.value},
                        {"unit", info.unit},
                        {"kind", to_string(f.from)},
                        {"certainty", to_string(f.sure)},
                        {"source", f.source},
                        {"note", f.note.empty() ? json() : json(f.note)}});
    }
    return {{"kind", "chip"},
            {"name", c.name},
            {"full_name", c.full_name},
            {"maker", c.vendor},
            {"formats", c.formats},
            {"figures", data},
            {"note", c.note.empty() ? json() : json(c.note)}};
}

}  // namespace narrowfp::cli

// SPDX-License-Identifier: Apache-2.0
#include "step_model/chip_set.hpp"

#include "support/json_reading.hpp"
#include "support/near_names.hpp"

#include <narrowfp/device/chips.hpp>
#include <narrowfp/report/text.hpp>
#include <narrowfp/report/write_file.hpp>

#include <charconv>
#include <cmath>
#include <stdexcept>

namespace narrowfp::bench::step_model {

using device::quantity_info;

namespace {

const quantity_info* find_quantity(std::string_view name) {
    for (const quantity_info& info : device::all_quantities) {
        if (info.name == name) {
            return &info;
        }
    }
    return nullptr;
}

// Beyond these a figure is a slip, and the model's numbers overflow.
bool is_plausible(double value) { return value == 0 || (value >= 1e-6 && value <= 1e9); }

std::vector<std::string_view> quantity_names() {
    std::vector<std::string_view> names;
    for (const quantity_info& info : device::all_quantities) {
        names.push_back(info.name);
    }
    return names;
}

template <class Value, std::size_t Count>
Value value_named(const json_object& from, const char* key, const std::array<Value, Count>& all, Value other) {
    const std::string text = from.text_or(key, std::string(to_string(other)));
    std::string known;
    for (const Value v : all) {
        if (to_string(v) == text) {
            return v;
        }
        known += (known.empty() ? "" : ", ") + std::string(to_string(v));
    }
    from.fail(std::string("\"") + key + "\" is \"" + text + "\"; known: " + known);
}

}  // namespace

chip_set::chip_set() : chips_(device::all_chips.begin(), device::all_chips.end()) {}

const device::chip& chip_set::by_name(std::string_view name) const {
    std::vector<std::string_view> names;
    for (const device::chip& c : chips_) {
        if (c.name == name) {
            return c;
        }
        names.push_back(c.name);
    }
    throw std::invalid_argument(unknown_name("chip", std::string(name), names));
}

std::string_view chip_set::keep(std::string text) { return texts_.emplace_back(std::move(text)); }

void chip_set::put(device::chip chip, std::vector<device::datum> data) {
    chip.data = data_.emplace_back(std::move(data));
    for (device::chip& c : chips_) {
        if (c.name == chip.name) {
            c = chip;
            return;
        }
    }
    chips_.push_back(chip);
}

void chip_set::set(std::string_view text) {
    const std::size_t point = text.find('.');
    const std::size_t equal = text.find('=');
    if (point == std::string_view::npos || equal == std::string_view::npos || point > equal) {
        throw std::invalid_argument("'" + std::string(text) +
                                    "' is no what-if figure: CHIP.QUANTITY=NUMBER is, as h20.bf16=200");
    }
    device::chip chip = by_name(text.substr(0, point));
    const std::string_view name = text.substr(point + 1, equal - point - 1);
    const quantity_info* info = find_quantity(name);
    if (info == nullptr) {
        throw std::invalid_argument(unknown_name("quantity", std::string(name), quantity_names()));
    }
    const std::string_view number = text.substr(equal + 1);
    double value = 0;
    const auto [end, error] = std::from_chars(number.data(), number.data() + number.size(), value);
    if (error != std::errc() || end != number.data() + number.size() || !is_plausible(value)) {
        throw std::invalid_argument("'" + std::string(text) +
                                    "': the value must be 0 or a number from 1e-6 to 1e9, in " +
                                    std::string(info->unit) + "; it is '" + std::string(number) + "'");
    }
    std::vector<device::datum> data;
    for (const device::datum& f : chip.data) {
        if (f.what != info->id) {
            data.push_back(f);
        }
    }
    data.push_back({info->id, value, device::origin::computed, device::certainty::unconfirmed,
                    "what-if figure of the command line", "not a property of the chip"});
    const std::string change = std::string(chip.name) + "." + std::string(name) + " = " +
                               report::format_number(value, 6) + " " + std::string(info->unit);
    put(chip, std::move(data));
    changes_.push_back(change);
}

void chip_set::read(const std::filesystem::path& file) { parse(report::read_file(file), file.string()); }

void chip_set::parse(std::string_view text, const std::string& file) {
    const json document = parse_json_object(text, file);
    const json_object top(file, "", document);
    top.allow({"chips"});
    // Two passes: nothing is changed before the whole file is known to be good.
    for (const bool apply : {false, true}) {
        for (const json_object& one : top.objects("chips")) {
            one.allow({"name", "full_name", "vendor", "formats", "note", "figures"});
            device::chip chip;
            const std::string name = one.text("name");
            for (const char letter : name) {
                if (!((letter >= 'a' && letter <= 'z') || (letter >= '0' && letter <= '9') || letter == '-')) {
                    one.fail("\"name\" must be lower-case letters, digits and '-'; it is \"" + name + "\"");
                }
            }
            std::vector<device::datum> data;
            for (const json_object& f : one.objects("figures")) {
                f.allow({"quantity", "value", "source", "kind", "certainty", "note"});
                const quantity_info* info = find_quantity(f.text("quantity"));
                if (info == nullptr) {
                    f.fail(unknown_name("quantity", f.text("quantity"), quantity_names()));
                }
                device::datum datum{info->id, f.number("value"), device::origin::published,
                                    device::certainty::one_source, ""};
                if (!is_plausible(datum.value)) {
                    f.fail("\"value\" must be 0 or a number from 1e-6 to 1e9");
                }
                using device::certainty;
                using device::origin;
                datum.from = value_named(f, "kind", std::array{origin::published, origin::press, origin::computed},
                                         origin::published);
                datum.sure = value_named(
                    f, "certainty",
                    std::array{certainty::agreed, certainty::one_source, certainty::disputed, certainty::unconfirmed},
                    certainty::one_source);
                datum.source = keep(f.text("source"));
                datum.note = keep(f.text_or("note", "-"));
                data.push_back(datum);
            }
            chip.name = keep(name);
            chip.full_name = keep(one.text("full_name"));
            chip.vendor = keep(one.text("vendor"));
            chip.formats = keep(one.text("formats"));
            chip.note = keep(one.text_or("note", "from " + file));
            if (apply) {
                put(chip, std::move(data));
                changes_.push_back("chip " + name + " from " + file);
            }
        }
    }
}

}  // namespace narrowfp::bench::step_model

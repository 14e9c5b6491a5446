// SPDX-License-Identifier: Apache-2.0
// A chip as data: peaks, memory and links, each figure with where it comes from and how sure it is. Peaks are those of
// dense products, never of structured sparsity. A quantity that sources dispute has several figures: the first is the
// one that a single value is taken from, and whoever prints one prints all of them. No behaviour, no efficiency. The
// chips themselves are in chips.hpp.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <span>
#include <stdexcept>
#include <string>
#include <string_view>
#include <vector>

namespace narrowfp::device {

enum class quantity : std::uint8_t {
    bf16,
    fp16,
    fp8,
    int8,
    memory,
    bandwidth,
    scale_up,
    scale_out,
    host_link,
    processors,
    power
};

struct quantity_info {
    quantity id;
    std::string_view name;
    std::string_view unit;
    std::string_view summary;
};

inline constexpr std::array<quantity_info, 11> all_quantities{{
    {quantity::bf16, "bf16", "TFLOP/s", "dense BF16 peak"},
    {quantity::fp16, "fp16", "TFLOP/s", "dense FP16 peak"},
    {quantity::fp8, "fp8", "TFLOP/s", "dense FP8 peak"},
    {quantity::int8, "int8", "TOP/s", "dense INT8 peak"},
    {quantity::memory, "memory", "GB", "memory of the device, 10^9 bytes"},
    {quantity::bandwidth, "bandwidth", "TB/s", "memory bandwidth, 10^12 bytes a second"},
    {quantity::scale_up, "scale_up", "GB/s", "link inside a node or supernode, one way, per device"},
    {quantity::scale_out, "scale_out", "GB/s", "link between nodes, one way, per device"},
    {quantity::host_link, "host_link", "GB/s", "link to the memory of the host, one way, per device"},
    {quantity::processors, "processors", "cores", "multiprocessors or cores that hold a matrix unit"},
    {quantity::power, "power", "W", "largest power of the device"},
}};

constexpr const quantity_info& info_of(quantity q) { return all_quantities[static_cast<std::size_t>(q)]; }

// published: the vendor's, its tools' or a paper's own figure. press: reports and resellers, no vendor page found.
// computed: follows from published figures by the formula in the note.
enum class origin : std::uint8_t { published, press, computed };

// agreed: independent sources agree. one_source: found once. disputed: sources differ, see the other figures.
// unconfirmed: stated or announced, not verifiable today.
enum class certainty : std::uint8_t { agreed, one_source, disputed, unconfirmed };

constexpr std::string_view to_string(origin o) {
    switch (o) {
        case origin::published: return "published";
        case origin::press: return "press";
        case origin::computed: return "computed";
    }
    return "?";
}

constexpr std::string_view to_string(certainty c) {
    switch (c) {
        case certainty::agreed: return "sources agree";
        case certainty::one_source: return "one source";
        case certainty::disputed: return "disputed";
        case certainty::unconfirmed: return "unconfirmed";
    }
    return "?";
}

struct datum {
    quantity what;
    double value;  // in the unit of the quantity; 0: the chip has no such unit
    origin from;
    certainty sure;
    std::string_view source;
    std::string_view note = {};
};

struct chip {
    std::string_view name;  // lower case, as on command lines
    std::string_view full_name;
    std::string_view vendor;
    std::string_view formats;  // of its matrix unit
    std::span<const datum> data;
    std::string_view note = {};
};

// All figures of a quantity, the preferred one first; empty if none is known.
inline std::vector<datum> data_of(const chip& c, quantity q) {
    std::vector<datum> found;
    for (const datum& f : c.data) {
        if (f.what == q) {
            found.push_back(f);
        }
    }
    return found;
}

// The preferred figure; nothing if none is known. A value of 0 says that the chip has no such unit.
constexpr std::optional<datum> find_datum(const chip& c, quantity q) {
    for (const datum& f : c.data) {
        if (f.what == q) {
            return f;
        }
    }
    return std::nullopt;
}

// The preferred figure of something that the chip has. Throws std::invalid_argument, and says which, if the chip has no
// such unit or if no figure is known.
inline datum require_datum(const chip& c, quantity q) {
    const std::optional<datum> found = find_datum(c, q);
    if (!found) {
        throw std::invalid_argument("chip " + std::string(c.name) + ": no confirmed figure for " +
                                    std::string(info_of(q).summary));
    }
    if (found->value <= 0) {
        throw std::invalid_argument("chip " + std::string(c.name) + " has no " + std::string(info_of(q).name) +
                                    " units (" + std::string(found->source) +
                                    "); its formats: " + std::string(c.formats));
    }
    return *found;
}

}  // namespace narrowfp::device

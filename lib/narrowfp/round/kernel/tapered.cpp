// SPDX-License-Identifier: Apache-2.0
#include <narrowfp/round/kernel/tapered.hpp>

#include <array>
#include <memory>

namespace narrowfp::kernel {

namespace {

using table = std::array<std::uint16_t, 65536>;

std::unique_ptr<const table> make_table(overflow_mode overflow) {
    auto made = std::make_unique<table>();
    for (std::uint32_t index = 0; index < made->size(); ++index) {
        const real x = to_real(std::bit_cast<float>(index << 16));
        const projected p = project(hifloat8_format{}, x, rounding::ties_to_away, overflow);
        const bool events[] = {p.inexact, p.overflowed, p.saturated, p.underflowed, p.subnormal, x.is_nan(), x.is_infinity()};
        auto entry = static_cast<std::uint16_t>(p.code);
        for (unsigned bit = 0; bit < 7; ++bit) {
            entry = static_cast<std::uint16_t>(entry | (events[bit] ? 0x100u << bit : 0u));
        }
        (*made)[index] = entry;
    }
    return made;
}

}  // namespace

const std::uint16_t* tapered_table(overflow_mode overflow) {
    switch (overflow) {
        case overflow_mode::none: {
            static const std::unique_ptr<const table> none = make_table(overflow);
            return none->data();
        }
        case overflow_mode::saturate_finite: {
            static const std::unique_ptr<const table> finite = make_table(overflow);
            return finite->data();
        }
        case overflow_mode::saturate_propagate: break;
    }
    static const std::unique_ptr<const table> propagate = make_table(overflow_mode::saturate_propagate);
    return propagate->data();
}

event_counts gather_events(std::uint64_t sum, std::size_t elements) {
    const auto count = [sum](unsigned event) { return sum >> (8 * event) & 0xFF; };
    return {.elements = elements, .inexact = count(0), .overflowed = count(1), .saturated = count(2),
            .underflowed = count(3), .subnormal = count(4), .nan = count(5), .infinite = count(6)};
}

}  // namespace narrowfp::kernel

// SPDX-License-Identifier: Apache-2.0
// Any text as a number: the double nearest to what is read is the one that the standard library reads, and the shortest
// text of the nearest float reads back to that float.
#include "fuzz.hpp"

#include "cli/number_text.hpp"

#include <bit>
#include <charconv>
#include <cmath>
#include <string_view>
#include <system_error>

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    using namespace narrowfp;
    const std::string_view text(reinterpret_cast<const char*>(data), size);
    const auto number = cli::read_number(text);
    if (!number) {
        return 0;
    }
    const auto single = nearest_host<float>(*number);
    for (const std::string& written : {cli::decimal_text(single), cli::hex_text(single)}) {
        if (std::isfinite(single)) {
            const auto again = cli::read_number(written);
            NARROWFP_FUZZ_REQUIRE(again && nearest_host<float>(*again) == single);
        }
    }
    // std::from_chars knows neither a leading plus nor "0x".
    const bool negative = text.front() == '-';
    std::string_view rest = text.substr(negative || text.front() == '+' ? 1 : 0);
    const bool hex = rest.starts_with("0x") || rest.starts_with("0X");
    rest.remove_prefix(hex ? 2 : 0);
    double expected = 0;
    const auto result = std::from_chars(rest.data(), rest.data() + rest.size(), expected,
                                        hex ? std::chars_format::hex : std::chars_format::general);
    const auto found = std::fabs(nearest_host<double>(*number));
    if (result.ec == std::errc() && result.ptr == rest.data() + rest.size() && !std::isnan(expected)) {
        NARROWFP_FUZZ_REQUIRE(std::bit_cast<std::uint64_t>(found) == std::bit_cast<std::uint64_t>(expected));
    }
    NARROWFP_FUZZ_REQUIRE(number->negative == negative);
    return 0;
}

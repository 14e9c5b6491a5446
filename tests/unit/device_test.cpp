// SPDX-License-Identifier: Apache-2.0
// The chips: names, and what must hold among their figures.
#include <narrowfp/device/chips.hpp>

#include <doctest/doctest.h>

#include <set>
#include <string>

using namespace narrowfp::device;

TEST_CASE("chips: names are unique, quantities are in the order of their values") {
    std::set<std::string_view> names;
    for (const chip& c : all_chips) {
        CHECK(names.insert(c.name).second);
        CHECK(chip_by_name(c.name).full_name == c.full_name);
        for (const char letter : c.name) {
            CHECK_FALSE((letter >= 'A' && letter <= 'Z'));
        }
    }
    for (std::size_t n = 0; n < all_quantities.size(); ++n) {
        CHECK(static_cast<std::size_t>(all_quantities[n].id) == n);
    }
    CHECK_THROWS_WITH_AS(chip_by_name("910d"), "unknown chip '910d'", std::invalid_argument);
}

TEST_CASE("chips: each figure has a source, a disputed one has its other value") {
    for (const chip& c : all_chips) {
        for (const datum& f : c.data) {
            CAPTURE(c.name);
            CAPTURE(info_of(f.what).name);
            CHECK_FALSE(f.source.empty());
            CHECK(f.value >= 0);
            const auto all = data_of(c, f.what);
            if (f.sure != certainty::disputed) {
                CHECK(all.size() == 1);
            } else if (f.what != quantity::fp16) {  // the bins' FP16 peaks are disputed by their BF16 ones
                CHECK(all.size() > 1);
            }
            if (f.from == origin::computed) {
                CHECK_FALSE(f.note.empty());
            }
        }
    }
}

TEST_CASE("chips: the FP8 peak is twice the BF16 peak, so no sparse figure slipped in") {
    std::size_t with_fp8 = 0;
    for (const chip& c : all_chips) {
        const auto fp8 = find_datum(c, quantity::fp8);
        const auto wide = find_datum(c, quantity::bf16);
        if (fp8 && wide && fp8->value > 0) {
            CAPTURE(c.name);
            CHECK(fp8->value / wide->value == doctest::Approx(2).epsilon(0.002));
            ++with_fp8;
        }
        const auto integer = find_datum(c, quantity::int8);
        const auto half = find_datum(c, quantity::fp16);
        if (integer && half) {
            CHECK(integer->value / half->value == doctest::Approx(2).epsilon(0.002));
        }
    }
    CHECK(with_fp8 == 9);
}

TEST_CASE("chips: no Ascend 910 has FP8 units, the 950 generation has") {
    for (const chip& c : all_chips) {
        if (c.vendor == "Huawei") {
            CAPTURE(c.name);
            const auto fp8 = find_datum(c, quantity::fp8);
            REQUIRE(fp8);
            CHECK((fp8->value == 0) == (c.name.starts_with("910") || c.name == "cloudmatrix-384"));
        }
    }
}

TEST_CASE("chips: peaks from cores and clock") {
    CHECK(require_datum(chip_by_name("910b2"), quantity::bf16).value == doctest::Approx(353.9).epsilon(1e-4));
    CHECK(require_datum(chip_by_name("910b3"), quantity::bf16).value == doctest::Approx(294.9).epsilon(1e-4));
    CHECK(require_datum(chip_by_name("910c"), quantity::bf16).value == doctest::Approx(707.8).epsilon(1e-4));
    CHECK(data_of(chip_by_name("910c"), quantity::bf16).size() == 3);
}

TEST_CASE("chips: asking for what is not there names it") {
    const auto message = [](const char* name, quantity q) {
        try {
            require_datum(chip_by_name(name), q);
        } catch (const std::invalid_argument& error) {
            return std::string(error.what());
        }
        return std::string();
    };
    CHECK(message("910b2", quantity::fp8).find("910b2 has no fp8 units") != std::string::npos);
    CHECK(message("910b2", quantity::fp8).find("BF16 INT8") != std::string::npos);
    CHECK(message("910b1", quantity::bf16).find("no confirmed figure") != std::string::npos);
    CHECK(message("h20", quantity::fp8).empty());
}

// SPDX-License-Identifier: Apache-2.0
// Unique names: each parses back to an equal object, so different objects have different names.
#include <doctest/doctest.h>

#include <narrowfp/device/chips.hpp>
#include <narrowfp/format/catalog.hpp>
#include <narrowfp/gemm/accumulate.hpp>
#include <narrowfp/gemm/accumulator_name.hpp>
#include <narrowfp/gemm/linear_recipe.hpp>
#include <narrowfp/gemm/require.hpp>
#include <narrowfp/gemm/unit.hpp>
#include <narrowfp/quant/recipe.hpp>
#include <narrowfp/round/profile.hpp>

#include <map>
#include <random>

using namespace narrowfp;

namespace {

// The objects seen so far, by name.
class names_seen {
public:
    // The name parses back, and no other object has it.
    void add(const accumulator& acc) {
        const std::string name = name_of(acc);
        CAPTURE(name);
        REQUIRE(accumulator_by_name(name) == acc);
        const auto [at, is_new] = objects_.emplace(name, acc);
        REQUIRE(at->second == acc);
        distinct_ += is_new ? 1 : 0;
    }
    std::size_t distinct() const { return distinct_; }

private:
    std::map<std::string, accumulator> objects_;
    std::size_t distinct_ = 0;
};

// Numbers of all sizes and signs, small ones often.
class random_fields {
public:
    int number() {
        const int bits = static_cast<int>(engine_() % 33);
        return bits == 0 ? 0 : static_cast<int>(static_cast<std::uint32_t>(engine_()) >> (32 - bits));
    }
    int operator()() { return engine_() % 2 == 0 ? number() : -number() - 1; }
    std::size_t below(std::size_t n) { return engine_() % n; }
    bool chance() { return engine_() % 2 == 0; }

    aligned any_aligned() {
        return {.products = (*this)(),
                .fraction_bits = (*this)(),
                .alignment = chance() ? align_rounding::toward_zero : align_rounding::toward_negative,
                .zero_exponent = chance() ? -133 : (*this)(),
                .output = static_cast<aligned_output>(below(3)),
                .nan_pattern = chance() ? 0x7FFFFFFF : static_cast<std::uint32_t>((*this)())};
    }
    inner_accumulator any_inner() {
        switch (below(8)) {
            case 0: return sequential<float>{};
            case 1: return exact{};
            case 2: return int32_exact{};
            case 3: return widened{any_aligned()};
            case 4: return exact_groups{(*this)()};
            case 5: return cdna2{(*this)()};
            case 6: return cdna3{(*this)(), chance()};
            default: return any_aligned();
        }
    }
    accumulator any() {
        switch (below(3)) {
            case 0: return promoted{any_inner(), static_cast<std::size_t>(engine_())};
            case 1:
                return block_scaled{.products = (*this)(),
                                    .group = chance() ? 1 : (*this)(),
                                    .block = chance() ? 32 : (*this)(),
                                    .scale = chance() ? block_scale::e8m0 : block_scale::e4m3,
                                    .fraction_bits = (*this)(),
                                    .zero_exponent = chance() ? -133 : (*this)()};
            default: return std::visit([](const auto& unit) { return accumulator{unit}; }, any_inner());
        }
    }

private:
    std::mt19937_64 engine_{1};
};

// Converts to an accumulator but is none of its alternatives, like a kind that somebody forgot to handle.
struct stray {
    operator accumulator() const;
    operator inner_accumulator() const;
};
template <class T>
concept has_name = requires(T t) {
    name_of(t);
};
template <class T>
concept accumulates = requires(T t, detail::operand_line line) {
    detail::accumulate(t, line, line, 0.0f);
};
template <class T>
concept has_requirements = requires(T t, any_format f) {
    detail::require_elements_of(t, f, f, std::size_t{1});
};
static_assert(has_name<aligned> && has_name<accumulator> && has_name<inner_accumulator> && !has_name<stray>);
static_assert(accumulates<aligned> && accumulates<inner_accumulator> && !accumulates<stray>);
static_assert(has_requirements<aligned> && has_requirements<promoted> && !has_requirements<stray>);

}  // namespace

TEST_CASE("accumulators of all units have names that parse back") {
    names_seen seen;
    int found = 0;
    for (const matrix_unit& unit : all_units) {
        CAPTURE(unit.name);
        for (const any_format& a : all_formats) {
            for (const any_format& b : all_formats) {
                const unit_path* path = find_path(unit, a, b);
                for (const any_format& output : {any_format{f32}, any_format{f16}}) {
                    if (path != nullptr && (output == any_format{f32} || path->to_f16)) {
                        const accumulator acc = accumulator_of(unit, a, b, output);
                        seen.add(acc);
                        ++found;
                        if (!std::holds_alternative<block_scaled>(acc)) {
                            seen.add(with_promotion(acc, 128));
                        }
                    }
                }
            }
        }
    }
    CHECK(found > 100);
    CHECK(accumulator_of(unit_by_name("b200-mxfp4"), e2m1fn, e2m1fn) !=
          accumulator_of(unit_by_name("b200-nvfp4"), e2m1fn, e2m1fn));
    MESSAGE("accumulators of units: " << found << ", distinct names " << seen.distinct());
}

TEST_CASE("accumulators with any fields have names that parse back") {
    names_seen seen;
    random_fields random;
    for (int n = 0; n < 200000; ++n) {
        seen.add(random.any());
    }
    // Fields close together, so that nearly equal objects meet.
    for (int products = 1; products <= 3; ++products) {
        for (int bits = 12; bits <= 15; ++bits) {
            for (const int zero : {-134, -133, 0}) {
                for (const block_scale scale : {block_scale::e8m0, block_scale::e4m3}) {
                    for (const int block : {16, 32}) {
                        seen.add(block_scaled{products, products, block, scale, bits, zero});
                        seen.add(block_scaled{products, 1, block, scale, bits, zero});
                    }
                }
                for (int choice = 0; choice < 12; ++choice) {
                    const aligned unit{products,
                                       bits,
                                       static_cast<align_rounding>(choice % 2),
                                       zero,
                                       static_cast<aligned_output>(choice / 2 % 3),
                                       choice < 6 ? 0x7FFFFFFFU : 0x7FC00000U};
                    seen.add(unit);
                    seen.add(widened{unit});
                    seen.add(promoted{unit, 64});
                    seen.add(promoted{widened{unit}, 128});
                }
            }
        }
    }
    CHECK(seen.distinct() > 150000);
    MESSAGE("distinct names: " << seen.distinct());
}

TEST_CASE("names of accumulators") {
    const std::pair<accumulator, const char*> names[] = {
        {sequential<float>{}, "sequential"},
        {exact{}, "exact"},
        {int32_exact{}, "int32_exact"},
        {aligned{}, "aligned(32,13)"},
        {promoted{}, "promoted(sequential,128)"},
        {promoted{aligned{}, 128}, "promoted(aligned(32,13),128)"},
        {promoted{int32_exact{}, 64}, "promoted(int32_exact,64)"},
        {accumulator_of(unit_by_name("h100"), bf16, bf16), "aligned(16,25)"},
        {accumulator_of(unit_by_name("a100"), bf16, bf16), "aligned(8,24,zero_exponent=-132)"},
        {accumulator_of(unit_by_name("h100"), e4m3fn, e4m3fn, f16), "aligned(32,13,output=f16_ties_to_even)"},
        {accumulator_of(unit_by_name("h100-mma-sync"), e4m3fn, e4m3fn), "widened(aligned(16,25))"},
        {accumulator_of(unit_by_name("b200-mxfp8"), e4m3fn, e4m3fn), "block_scaled(32,25)"},
        {accumulator_of(unit_by_name("b200-mxfp4"), e2m1fn, e2m1fn), "block_scaled(64,35,group=16,zero_exponent=-139)"},
        {accumulator_of(unit_by_name("b200-nvfp4"), e2m1fn, e2m1fn),
         "block_scaled(64,35,group=16,block=16,scale=e4m3,zero_exponent=-139)"},
        {accumulator_of(unit_by_name("mi300"), e4m3fnuz, e4m3fnuz), "cdna3(16,two_sums)"},
        {aligned{.alignment = align_rounding::toward_negative, .nan_pattern = 0x7FC00000},
         "aligned(32,13,alignment=toward_negative,nan_pattern=0x7FC00000)"}};
    for (const auto& [acc, name] : names) {
        CHECK(name_of(acc) == name);
        CHECK(accumulator_by_name(name) == acc);
    }
    // Other spellings that are understood.
    CHECK(accumulator_by_name("aligned") == accumulator{aligned{}});
    CHECK(accumulator_by_name("promoted") == accumulator{promoted{}});
    CHECK(accumulator_by_name("aligned(8,24,output=f32_toward_zero,zero_exponent=-132)") ==
          accumulator_of(unit_by_name("a100"), bf16, bf16));
}

TEST_CASE("names of accumulators that are refused say what is expected") {
    const std::pair<const char*, const char*> refused[] = {
        {"", "'' found where one of these is expected: sequential, aligned, exact"},
        {"alligned(1,2)", "'alligned' found where"},
        {"aligned()", "aligned(products,fraction_bits["},
        {"aligned(32)", "fraction_bits is missing"},
        {"aligned(a,13)", "products is 'a'"},
        {"aligned(32,13", "matching brackets"},
        {"aligned(32,13))", "matching brackets"},
        {"aligned(32,13)x", "matching brackets"},
        {"aligned(32, 13)", "fraction_bits is ' 13'"},
        {"aligned(32,99999999999)", "to 2147483647"},
        {"aligned(32,13,zero=1)", "'zero=1' is no field"},
        {"aligned(32,13,output=f32)", "f32_toward_zero or e8m13_toward_zero or f16_ties_to_even"},
        {"aligned(32,13,zero_exponent=1,zero_exponent=2)", "given twice"},
        {"aligned(32,13,nan_pattern=7FFFFFFF)", "0x and up to 8"},
        {"aligned(32,13,nan_pattern=0x1FFFFFFFF)", "0x and up to 8"},
        {"exact()", "matching brackets"},
        {"cdna3(8,two_sums,two_sums)", "given twice; cdna3(products[,two_sums]) expected"},
        {"widened(exact)", "'exact' found where one of these is expected: aligned"},
        {"promoted(sequential,-1)", "interval is '-1'"},
        {"promoted(block_scaled(32,25),128)", "'block_scaled' found where"},
        {"promoted(promoted(sequential,64),128)", "'promoted' found where one of these is expected: sequential"}};
    for (const auto& entry : refused) {
        const std::string name = entry.first;
        CAPTURE(name);
        std::string message;
        try {
            accumulator_by_name(name);
        } catch (const std::invalid_argument& error) {
            message = error.what();
        }
        CHECK_MESSAGE(message.find(entry.second) != std::string::npos, message);
        CHECK(message.find("'" + name + "'") != std::string::npos);
    }
}

TEST_CASE("recipes have names that parse back") {
    std::map<std::string, recipe> seen;
    const auto check = [&](const recipe& r, std::string_view name) {
        CAPTURE(name);
        CHECK(name_of(r) == name);
        CHECK(recipe_by_name(name) == r);
        CHECK(seen.emplace(name, r).second);
    };
    for (const recipe& r : all_recipes) {
        check(r, r.name);
    }
    for (const auto& [rule, name] : scale_rule_names) {
        if (rule != recipes::mxfp4.a.scale.rule) {
            check(with_scale_rule(recipes::mxfp4, rule), "mxfp4(scale_rule=" + std::string(name) + ")");
        }
    }
    check(with_amax_floor(recipes::deepseek_v3, 0), "deepseek_v3(amax_floor=0)");
    check(with_static_factors(recipes::static_scale, 0.5f, 0.1f), "static(factors=0.5:0.1)");
    check(with_amax_floor(recipes::tensor_current, 0.25f), "tensor_current(amax_floor=0.25)");
    recipe other = recipes::mxfp8;
    other.element = e5m2;
    CHECK_THROWS_WITH_AS(name_of(other), doctest::Contains("a name of its own"), std::invalid_argument);
    other.name = "own";
    CHECK(name_of(other) == "own");
    for (const char* name :
         {"mxfp9", "mxfp8(", "mxfp8()", "mxfp8(scale_rule)", "mxfp8(scale_rule=flor)", "static(factors=1)",
          "static(factors=1:x)", "mxfp8(factors=1:1)", "deepseek_v3(amax_floor=-1)", "mxfp8(scale_rule=even)x",
          "deepseek_v3(scale_rule=floor)"}) {
        CAPTURE(name);
        CHECK_THROWS_AS(recipe_by_name(name), std::invalid_argument);
    }
}

TEST_CASE("granularities, roundings and rules have names that parse back") {
    for (const std::size_t rows : {std::size_t{1}, std::size_t{128}, whole_extent}) {
        for (const std::size_t cols : {std::size_t{1}, std::size_t{32}, whole_extent}) {
            const granularity g{rows, cols};
            CHECK(granularity_by_name(name_of(g)) == g);
        }
    }
    for (const char* name :
         {"", "tile", "block(1)", "block(0,1)", "block(1,-1)", "block(1,2", "block(1,2,3)", "block(,)"}) {
        CAPTURE(name);
        CHECK_THROWS_WITH_AS(granularity_by_name(name), doctest::Contains("block(ROWS,COLUMNS)"),
                             std::invalid_argument);
    }
    for (const auto& [mode, name] : rounding_names) {
        CHECK(rounding_rule_by_name(name) == rounding_rule(mode));
    }
    for (const auto& [mode, name] : stochastic_rounding_names) {
        for (int bits = 1; bits <= 32; ++bits) {
            const rounding_rule rule(mode, bits);
            CHECK(rounding_rule_by_name(name_of(rule)) == rule);
        }
    }
    for (const char* name : {"stochastic_a", "stochastic_a(0)", "stochastic_a(33)", "stochastic_a(8",
                             "stochastic_a(8)8", "stochastic_a(+8)", "ties_to_even(8)", "nearest"}) {
        CAPTURE(name);
        CHECK_THROWS_AS(rounding_rule_by_name(name), std::invalid_argument);
    }
    for (const auto& [rule, name] : scale_rule_names) {
        CHECK(scale_rule_by_name(name) == rule);
        CHECK(name_of(rule) == name);
    }
    CHECK_THROWS_WITH_AS(scale_rule_by_name("flor"),
                         "unknown scale rule 'flor'; known: floor, rceil, ceil, even, midmax, three_quarters",
                         std::invalid_argument);
    for (const auto& [method, name] : scale_method_names) {
        CHECK(scale_method_by_name(name) == method);
    }
    for (const auto& [mode, name] : overflow_mode_names) {
        CHECK(overflow_mode_by_name(name) == mode);
    }
}

TEST_CASE("units, chips, profiles and recipes of layers are found by their names") {
    for (const matrix_unit& unit : all_units) {
        CHECK(unit_by_name(unit.name).paths.data() == unit.paths.data());
    }
    for (const unit_alias& alias : unit_aliases) {
        CHECK(unit_by_name(alias.name).name == alias.unit);
    }
    for (const device::chip& chip : device::all_chips) {
        CHECK(&device::chip_by_name(chip.name) == &chip);
    }
    for (const conversion_profile& profile : profiles::all) {
        CHECK(profile_by_name(profile.name).rules.data() == profile.rules.data());
    }
    for (const linear_recipe& r : all_linear_recipes) {
        CHECK(linear_recipe_by_name(r.name).summary == r.summary);
    }
    for (const any_format& format : all_formats) {
        CHECK(find_format(name_of(format)) == format);
    }
}

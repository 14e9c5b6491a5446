// SPDX-License-Identifier: Apache-2.0
// A target that only this test knows is added as docs/add_a_target.md says: one row of targets, one row where it has
// kernels. It is found, runs its own kernels with equal bits, and uses those of another row where it has none.
#include <narrowfp/base/dispatch.hpp>
#include <narrowfp/base/target.hpp>
#include <narrowfp/format/catalog.hpp>
#include <narrowfp/gemm/kernel/kernel_sets.hpp>
#include <narrowfp/quant/kernel/block_kernels.hpp>
#include <narrowfp/round/convert.hpp>
#include <narrowfp/round/kernel/converter.hpp>

#include <doctest/doctest.h>

#include <bit>
#include <string>
#include <vector>

#include "support/bridge.hpp"

using namespace narrowfp;
using namespace narrowfp_test;

namespace {

// -- the target -------------------------------------------------------------------------------------------------------
constexpr feature_set toy_feature = feature_set::from_bits(std::uint32_t{1} << 31);  // of no processor
constexpr auto toy = static_cast<target>(all_targets.size());

target_info toy_row(feature_set features) {
    target_info row{toy, "toy", "scalar loops under another name", "", true};
    row.features = features;
    return row;
}

std::vector<target_info> targets_with(const target_info& row) {
    std::vector<target_info> rows(all_targets.begin(), all_targets.end());
    rows.push_back(row);
    return rows;
}

machine_features machine_with(feature_set features) { return {features, features}; }

// -- its kernels: the loops that all targets share, compiled for none -------------------------------------------------
int calls = 0;

struct toy_kernels {
    template <rounding Mode>
    static void convert(kernel::lane_constants k, const float* in, std::uint32_t* codes, std::size_t count,
                        event_counts& counts) {
        ++calls;
        kernel::convert_run(in, codes, count, counts,
                            [k](std::uint32_t bits, std::size_t) { return kernel::convert_lane<Mode>(k, bits); });
    }
    template <rounding Mode>
    static void convert_fixed(kernel::lane_constants k, const float* in, std::uint32_t* codes, std::size_t count,
                              event_counts& counts) {
        ++calls;
        kernel::convert_run(in, codes, count, counts,
                            [k](std::uint32_t bits, std::size_t) { return kernel::convert_fixed_lane<Mode>(k, bits); });
    }
    template <rounding Mode>
    static void by_chance(kernel::lane_constants k, const float* in, const std::uint32_t* random, std::uint32_t bits,
                          std::uint32_t* codes, std::size_t count, event_counts& counts) {
        ++calls;
        kernel::convert_run(in, codes, count, counts, [k, random, bits](std::uint32_t x, std::size_t i) {
            return kernel::convert_lane_by_chance<Mode>(k, x, random[i], bits);
        });
    }
    template <class Code>
    static void store(const std::uint32_t* codes, Code* out, std::size_t count) {
        kernel::store_run(codes, out, count);
    }
    template <class Code>
    static void load(const Code* in, std::uint32_t* codes, std::size_t count) {
        kernel::load_run(in, codes, count);
    }
    static void decode(kernel::decode_constants k, const std::uint32_t* codes, float* out, std::size_t count) {
        ++calls;
        kernel::decode_run(k, codes, out, count);
    }
    static bool round_to_odd(const double* in, float* out, std::size_t count) {
        return kernel::round_to_odd_run(in, out, count);
    }
    static void random(const philox_stream& stream, std::uint64_t first, int bits, std::uint32_t* out,
                       std::size_t count) {
        kernel::random_run(stream, first, bits, out, count);
    }
};

// No array kernels: what AVX-512 has for whole arrays falls back to the lanes above.
constexpr kernel::kernel_table toy_table = kernel::table_of<toy_kernels>({});

// The table of the library with a row for the toy ahead.
template <class T>
std::vector<dispatch_row<T>> rows_with(dispatch_table<T> known, const T& use) {
    std::vector<dispatch_row<T>> rows{{toy_feature, use}};
    rows.insert(rows.end(), known.begin(), known.end());
    return rows;
}

const std::vector<float>& inputs() {
    static const std::vector<float> values = [] {
        random_bits random(run_seed());
        std::vector<float> out;
        for (int i = 0; i < 5000; ++i) {
            out.push_back(random.finite(-30, 30));
        }
        for (const std::uint32_t bits : {0x00000000U, 0x80000000U, 0x7F800000U, 0xFF800000U, 0x7FC00000U, 0xFFC00001U,
                                         0x00000001U, 0x807FFFFFU, 0x7F7FFFFFU}) {
            out.push_back(std::bit_cast<float>(bits));
        }
        return out;
    }();
    return values;
}

}  // namespace

TEST_CASE("an added target is found: by name and as the last one that the machine offers") {
    const std::vector<target_info> rows = targets_with(toy_row(toy_feature));
    CHECK(choose_target(rows, machine_with(toy_feature), nullptr).name == "toy");
    CHECK(choose_target(rows, machine_with(toy_feature), "toy").name == "toy");
    CHECK(choose_target(rows, machine_with(toy_feature), "scalar").name == "scalar");
    CHECK(choose_target(rows, this_machine(), nullptr).id == choose_target(all_targets, this_machine(), nullptr).id);
    CHECK_THROWS_AS(choose_target(rows, machine_with({}), "toy"), std::invalid_argument);
    CHECK_THROWS_WITH_AS(choose_target(rows, machine_with({}), "sse9"),
                         "NARROWFP_TARGET=sse9: unknown target; known: scalar, avx2, avx512, avx512_bf16, toy",
                         std::invalid_argument);
}

TEST_CASE("dispatch finds the kernels of an added target and falls back by table where it has none") {
    const feature_set toy_alone = toy_feature;
    const feature_set toy_and_avx2 = toy_feature.with(features_of(target::avx2));
    const auto conversion = rows_with(kernel::conversion_kernels(), &toy_table);
    const dispatch_table<const kernel::kernel_table*> conversion_table(conversion);
    REQUIRE(is_complete(conversion_table));
    CHECK(best_of(conversion_table, toy_alone) == &toy_table);
    CHECK(best_of(conversion_table, toy_and_avx2) == &toy_table);
    for (const target_info& info : all_targets) {  // the others keep theirs
        CHECK(best_of(conversion_table, info.features) == kernel::conversion_kernels_for(info.features));
    }
    // It has no row of block kernels and of products: alone it runs the reference, with AVX2 the kernels for AVX2.
    CHECK(kernel::block_kernels_for(toy_alone) == nullptr);
    CHECK(kernel::block_kernels_for(toy_and_avx2) == kernel::block_kernels_for(features_of(target::avx2)));
    CHECK(detail::kernel_set_for(toy_alone) == nullptr);
    CHECK((best_of(detail::kernel_sets(), toy_and_avx2) == best_of(detail::kernel_sets(), features_of(target::avx2))));
    if (NARROWFP_X86_KERNELS == 1) {
        CHECK(kernel::block_kernels_for(toy_and_avx2) != nullptr);
        CHECK((best_of(detail::kernel_sets(), toy_and_avx2) != nullptr));
    }
}

TEST_CASE("an added target gives the bits of the reference") {
    tally t("added target");
    const std::vector<float>& in = inputs();
    const philox_stream random{7, 3};
    const rounding_rule rules[] = {
        rounding::ties_to_even,    rounding::ties_to_away,    rounding::toward_zero,       rounding::to_odd,
        rounding::toward_positive, rounding::toward_negative, {rounding::stochastic_a, 8}, {rounding::stochastic_b, 5}};
    for (const any_format& format : all_formats) {
        for (const rounding_rule& rule : rules) {
            const bool ties_away_only = default_rounding(format) == rounding::ties_to_away;
            if (ties_away_only && rule.mode != rounding::ties_to_away && !is_stochastic(rule.mode)) {
                continue;
            }
            for (const overflow_mode overflow : {overflow_mode::none, overflow_mode::saturate_finite}) {
                const int before = calls;
                std::vector<std::uint32_t> codes(in.size());
                std::vector<std::uint32_t> expected(in.size());
                const kernel::converter convert_part(format, rule, random, overflow, true, 0, &toy_table);
                const event_counts counts =
                    convert_part(std::span<const float>(in), std::span<std::uint32_t>(codes), 0);
                const event_counts wanted = convert_reference(
                    std::span<const float>(in), std::span<std::uint32_t>(expected), format, rule, random, overflow, 0);
                std::vector<float> values(in.size());
                std::vector<float> expected_values(in.size());
                const kernel::decoder decode_part(format, 0, &toy_table);
                decode_part(std::span<const std::uint32_t>(codes), std::span<float>(values));
                decode_reference(std::span<const std::uint32_t>(expected), format, std::span<float>(expected_values));
                bool same = codes == expected && counts == wanted;
                for (std::size_t i = 0; i < values.size(); ++i) {
                    same = same &&
                           std::bit_cast<std::uint32_t>(values[i]) == std::bit_cast<std::uint32_t>(expected_values[i]);
                }
                t.expect(same, [&] { return std::string(name_of(format)) + " " + name_of(rule) + reproducer(); });
                CHECK((calls > before || !kernel::has_lanes(format, rule)));
            }
        }
    }
    CHECK(calls > 0);
    t.finish();
}

TEST_CASE("a table of dispatch without a row for every machine or with a row that is never reached is not complete") {
    const feature_set avx2 = features_of(target::avx2);
    const feature_set avx512 = features_of(target::avx512);
    const auto complete = [](std::initializer_list<feature_set> needs) {
        std::vector<dispatch_row<int>> rows;
        for (const feature_set n : needs) {
            rows.push_back({n, 0});
        }
        return is_complete(dispatch_table<int>(rows));
    };
    CHECK(complete({avx512, avx2, {}}));
    CHECK(complete({{}}));
    CHECK_FALSE(complete({}));
    CHECK_FALSE(complete({avx512, avx2}));
    CHECK_FALSE(complete({avx2, avx512, {}}));  // avx512 has all of avx2
    CHECK_FALSE(complete({{}, {}}));
}

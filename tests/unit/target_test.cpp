// SPDX-License-Identifier: Apache-2.0
// The forced target and the number of threads change no bit; what cannot run is refused by name.
#include <narrowfp/base/target.hpp>
#include <narrowfp/gemm.hpp>
#include <narrowfp/gemm/reference.hpp>
#include <narrowfp/quantize.hpp>

#include <doctest/doctest.h>

#include <bit>
#include <iterator>
#include <string>

#include "support/bridge.hpp"
#include "support/forced_target.hpp"

using namespace narrowfp;
using namespace narrowfp_test;

namespace {

bool same_bits(const matrix<float>& a, const matrix<float>& b) {
    for (std::size_t i = 0; i < a.size(); ++i) {
        if (std::bit_cast<std::uint32_t>(a.data()[i]) != std::bit_cast<std::uint32_t>(b.data()[i])) {
            return false;
        }
    }
    return a.rows() == b.rows() && a.cols() == b.cols();
}

}  // namespace

TEST_CASE("every target and number of threads gives the bits of the reference") {
    tally t("targets and threads");
    random_bits random(run_seed());
    int targets = 0;
    for (const target_info& info : all_targets) {
        if (!info.has_kernels || !cpu_offers(info.id)) {
            MESSAGE("target " << std::string(info.name) << " not run: " << why_refused(info));
            continue;
        }
        ++targets;
        const forced_target forced(std::string(info.name).c_str());
        CHECK(active_target() == info.id);
        const std::size_t before = random.below(1000);
        for (const any_format& element : {any_format{e4m3fn}, any_format{e5m2}, any_format{bf16}, any_format{f16},
                                          any_format{hif8}, any_format{f32}}) {
            for (const bool finite_only : {true, false}) {
                const quantized_matrix a = random_codes(random, 7, 67, element, finite_only);
                const quantized_matrix b = random_codes(random, 67, 9, element, finite_only);
                matrix<float> c(7, 9);
                for (std::size_t i = 0; i < c.size(); ++i) {
                    c.data()[i] = random.finite(-20, 20);
                }
                const accumulator accumulators[] = {sequential<float>{}, exact{}, aligned{}, promoted{aligned{}, 32},
                                                    promoted{sequential<float>{}, 16}};
                for (const accumulator& acc : accumulators) {
                    const matrix<float> expected = gemm_reference(a, b, acc, c.view());
                    for (const int threads : {1, 2, 3}) {
                        t.expect(same_bits(gemm(a, b, acc, c.view(), f32, options{.threads = threads}), expected), [&] {
                            return std::string(info.name) + " " + name_of(acc) + " " + std::string(name_of(element)) +
                                   " " + std::to_string(threads) + " threads, draw " + std::to_string(before) +
                                   reproducer();
                        });
                    }
                }
            }
        }
    }
    CHECK(targets >= 1);
    t.finish();
}

TEST_CASE("a target that does not exist or cannot run is refused") {
    const quantized_matrix one(1, 1, e4m3fn);
    {
        const forced_target forced("sse9");
        CHECK_THROWS_WITH_AS(gemm(one, one, exact{}),
                             "NARROWFP_TARGET=sse9: unknown target; known: scalar, avx2, avx512, avx512_bf16",
                             std::invalid_argument);
    }
    for (const target_info& info : all_targets) {
        const std::string name(info.name);
        const forced_target forced(name.c_str());
        if (const std::string why = why_refused(info); !why.empty()) {
            const std::string message = "NARROWFP_TARGET=" + name + ": " + why + "; offered here: ";
            CHECK_THROWS_WITH_AS(active_target(), doctest::Contains(message.c_str()), std::invalid_argument);
        } else {
            CHECK_NOTHROW(gemm(one, one, exact{}));
        }
        CHECK(name_of(info.id) == info.name);
    }
    const forced_target empty("");
    CHECK_NOTHROW(active_target());
    CHECK(cpu_offers(target::scalar));
}

TEST_CASE("the features found are those that the compiler's own detection finds") {
#if NARROWFP_X86_KERNELS && !defined(__clang__)  // Clang 14 does not know all of these names
    const bool found[] = {__builtin_cpu_supports("popcnt") != 0,     __builtin_cpu_supports("fma") != 0,
                          __builtin_cpu_supports("f16c") != 0,       __builtin_cpu_supports("avx2") != 0,
                          __builtin_cpu_supports("avx512f") != 0,    __builtin_cpu_supports("avx512bw") != 0,
                          __builtin_cpu_supports("avx512dq") != 0,   __builtin_cpu_supports("avx512vl") != 0,
                          __builtin_cpu_supports("avx512bf16") != 0, __builtin_cpu_supports("avx512vbmi") != 0,
                          __builtin_cpu_supports("avx512vnni") != 0};
    static_assert(std::size(found) == cpu_feature_names.size());
    for (std::size_t i = 0; i < std::size(found); ++i) {
        CAPTURE(std::string(cpu_feature_names[i]));
        CHECK(this_machine().usable.contains(feature_set::of(static_cast<cpu_feature>(i))) == found[i]);
    }
#endif
    CHECK(this_machine().in_cpu.contains(this_machine().usable));
}

TEST_CASE("a target is refused for what the CPU lacks or for registers that the operating system does not save") {
    constexpr std::uint32_t all = ~std::uint32_t{0};
    cpuid_words words{.leaf1_ecx = all, .leaf7_ebx = all, .leaf7_ecx = all, .leaf7_1_eax = all, .xcr0 = 0xE7};
    const auto why = [&](target t) {
        target_info info = info_of(t);
        info.has_kernels = true;
        return why_refused(info, features_of(words));
    };
    const auto chosen = [&] { return choose_target(all_targets, features_of(words), nullptr).id; };
    CHECK(why(target::avx512_bf16) == "");
    words.leaf7_1_eax = 0;
    words.leaf7_ecx = all & ~(std::uint32_t{1} << 11);
    CHECK(why(target::avx512_bf16) == "the CPU lacks avx512bf16, avx512vnni");
    CHECK(why(target::avx512) == "");
    words.xcr0 = 0x07;  // no mask registers, no ZMM
    CHECK(why(target::avx512) ==
          "the operating system does not save the registers of avx512f, avx512bw, avx512dq, avx512vl");
    CHECK(why(target::avx2) == "");
    CHECK(features_of(words).in_cpu.contains(features_of(target::avx512)));
    if (NARROWFP_X86_KERNELS == 1) {
        CHECK(chosen() == target::avx2);
        CHECK_THROWS_WITH_AS(choose_target(all_targets, features_of(words), "avx512"),
                             "NARROWFP_TARGET=avx512: the operating system does not save the registers of avx512f, "
                             "avx512bw, avx512dq, avx512vl; offered here: scalar, avx2",
                             std::invalid_argument);
    }
    words.xcr0 = 0x67;  // without ZMM 16 to 31
    CHECK(why(target::avx512) != "");
    words.xcr0 = 0x03;  // no YMM
    CHECK(why(target::avx2) == "the operating system does not save the registers of fma, f16c, avx2");
    words.leaf1_ecx = all & ~(std::uint32_t{1} << 29);
    CHECK(why(target::avx2) == "the CPU lacks f16c");
    CHECK(chosen() == target::scalar);
    target_info foreign = info_of(target::avx2);
    foreign.has_kernels = false;
    CHECK(why_refused(foreign) == "this build has no kernels for it");
    CHECK(features_of(cpuid_words{}).in_cpu.empty());
}

// The order of the enumerators has no meaning, so `<` does not compile.
template <class T>
concept ordered = requires(T a) {
    a < a;
}
|| requires(T a) { a <= a; }
|| requires(T a) { a > a; }
|| requires(T a) { a >= a; };
static_assert(!ordered<target>);

TEST_CASE("features are read from a compiler's target string; an unknown name is refused") {
    CHECK(features_named("fma,avx2") == feature_set::of(cpu_feature::fma).with(feature_set::of(cpu_feature::avx2)));
    CHECK(features_named("").empty());
    CHECK(text_of(features_of(target::avx2)) == "popcnt, fma, f16c, avx2");
    CHECK(features_of(target::avx512_bf16).contains(features_of(target::avx512)));
    CHECK_FALSE(features_of(target::avx512).contains(features_of(target::avx512_bf16)));
    CHECK_THROWS_AS(features_named("avx2,avx9"), std::invalid_argument);
}

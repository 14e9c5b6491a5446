// SPDX-License-Identifier: Apache-2.0
// The forced target and the number of threads change no bit; what cannot run is refused by name.
#include <narrowfp/base/target.hpp>
#include <narrowfp/gemm.hpp>
#include <narrowfp/gemm/reference.hpp>
#include <narrowfp/quantize.hpp>

#include <doctest/doctest.h>

#include <bit>
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
            const char* why = info.has_kernels ? "this CPU does not offer it" : "this build has no kernels for it";
            MESSAGE("target " << std::string(info.name) << " not run: " << std::string(why));
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
        if (!info.has_kernels) {
            const std::string message = "NARROWFP_TARGET=" + name + ": this build has no kernels for it";
            CHECK_THROWS_WITH_AS(active_target(), message.c_str(), std::invalid_argument);
        } else if (!cpu_offers(info.id)) {
            const std::string message = "NARROWFP_TARGET=" + name + ": this CPU does not offer it";
            CHECK_THROWS_WITH_AS(active_target(), message.c_str(), std::invalid_argument);
        } else {
            CHECK_NOTHROW(gemm(one, one, exact{}));
        }
        CHECK(name_of(info.id) == info.name);
    }
    const forced_target empty("");
    CHECK_NOTHROW(active_target());
    CHECK(cpu_offers(target::scalar));
}

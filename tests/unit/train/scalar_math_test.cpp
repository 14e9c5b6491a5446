// SPDX-License-Identifier: Apache-2.0
// The training experiment's elementary functions against the C library in FP64, and their largest errors, which the
// header states; sums over virtual lanes; SHA-256 against published digests.
#include <doctest/doctest.h>

#include <cmath>
#include <string>

#include "support/sha256.hpp"
#include "train/model/lanes.hpp"
#include "train/model/random.hpp"
#include "train/model/scalar_math.hpp"

using namespace narrowfp::bench;
using namespace narrowfp::bench::train;

namespace {

// Distance in units of the last place of a float near the exact value.
double ulp_error(float found, double exact) {
    const int exponent = std::max(std::ilogb(exact), -126);
    return std::fabs(found - exact) / std::ldexp(1.0, exponent - 23);
}

double ulp_error(double found, double exact) {
    return exact == 0 ? std::fabs(found) * 0x1p52 : std::fabs(found - exact) / std::ldexp(1.0, std::ilogb(exact) - 52);
}

}  // namespace

TEST_CASE("exp_of is within one ulp and flushes what would be subnormal") {
    double worst = 0;
    std::size_t count = 0;
    for (std::uint32_t bits = 0; bits < 0x42B20000; bits += 977) {  // up to 89
        for (const std::uint32_t sign : {0U, 0x80000000U}) {
            const float x = std::bit_cast<float>(bits | sign);
            if (x < -87.3f || x > 88.72f) {
                continue;
            }
            worst = std::max(worst, ulp_error(exp_of(x), std::exp(double{x})));
            ++count;
        }
    }
    MESSAGE(count << " arguments, largest error " << worst << " ulp");
    CHECK(count > 1000000);
    CHECK(worst <= 1.0);
    CHECK(exp_of(0.0f) == 1.0f);
    CHECK(exp_of(-88.0f) == 0.0f);
    CHECK(exp_of(-std::numeric_limits<float>::infinity()) == 0.0f);
    CHECK(exp_of(89.0f) == std::numeric_limits<float>::infinity());
    CHECK(exp_of(std::numeric_limits<float>::infinity()) == std::numeric_limits<float>::infinity());
    CHECK(std::isnan(exp_of(std::numeric_limits<float>::quiet_NaN())));
}

TEST_CASE("functions in FP64 are as near as the header says") {
    double worst_exp = 0;
    double worst_log = 0;
    double worst_sin = 0;
    for (std::uint32_t i = 0; i < 200000; ++i) {
        const narrowfp::philox_block w = random_key{.seed = 5}.block(i);
        const double unit = (w[0] + 0.5) * 0x1p-32;
        const double x = (unit - 0.5) * 1200;
        worst_exp = std::max(worst_exp, ulp_error(fixed_exp(x), std::exp(x)));
        const double positive = std::ldexp(1 + (w[1] + 0.5) * 0x1p-32, static_cast<int>(w[2] % 200) - 100);
        worst_log = std::max(worst_log, ulp_error(fixed_log(positive), std::log(positive)));
        worst_log = std::max(worst_log, ulp_error(fixed_log(unit), std::log(unit)));
        const double angle = (unit - 0.5) * 2e4;
        worst_sin = std::max(worst_sin, std::fabs(fixed_sin(angle) - std::sin(angle)) * 0x1p53);
        worst_sin = std::max(worst_sin, std::fabs(fixed_cos(angle) - std::cos(angle)) * 0x1p53);
    }
    MESSAGE("largest errors: exp " << worst_exp << " ulp, log " << worst_log << " ulp, sin and cos " << worst_sin
                                   << " ulp of 1");
    CHECK(worst_exp <= 2);
    CHECK(worst_log <= 3);
    CHECK(worst_sin <= 2);
    CHECK(fixed_log(1.0) == 0.0);
}

TEST_CASE("normal numbers have the moments of the normal distribution") {
    // 4 N numbers: mean 0 +- 5 / sqrt(4 N), variance 1 +- 5 sqrt(2 / (4 N)), fourth moment 3 +- 5 sqrt(96 / (4 N)).
    constexpr std::uint32_t blocks = 100000;
    double sum = 0;
    double square = 0;
    double fourth = 0;
    for (std::uint32_t i = 0; i < blocks; ++i) {
        for (const double x : normals(random_key{.seed = 9}.block(i))) {
            sum += x;
            square += x * x;
            fourth += x * x * x * x;
        }
    }
    const double n = 4.0 * blocks;
    CHECK(std::fabs(sum / n) < 5 / std::sqrt(n));
    CHECK(std::fabs(square / n - 1) < 5 * std::sqrt(2 / n));
    CHECK(std::fabs(fourth / n - 3) < 5 * std::sqrt(96 / n));
}

TEST_CASE("keys that differ in one part give other words") {
    const random_key key{.seed = 1, .noise_key = 2, .use = purpose::noise, .step = 3, .tensor = 4};
    const auto other = [&](auto change) {
        random_key k = key;
        change(k);
        return k.block(7) != key.block(7);
    };
    CHECK(other([](random_key& k) { k.seed = 2; }));
    CHECK(other([](random_key& k) { k.noise_key = 3; }));
    CHECK(other([](random_key& k) { k.use = purpose::batches; }));
    CHECK(other([](random_key& k) { k.step = 4; }));
    CHECK(other([](random_key& k) { k.tensor = 5; }));
    CHECK(key.block(7) != key.block(8));
}

TEST_CASE("a sum over lanes adds term i to lane i mod 16 and the lanes in halves") {
    float x[37];
    float lane[16] = {};
    for (std::size_t i = 0; i < 37; ++i) {
        x[i] = 1.0f / static_cast<float>(i + 3);
        lane[i % 16] += x[i];
    }
    for (std::size_t width = 8; width > 0; width /= 2) {
        for (std::size_t l = 0; l < width; ++l) {
            lane[l] += lane[l + width];
        }
    }
    CHECK(lane_sum<float>(37, [&](std::size_t i, float s) { return s + x[i]; }) == lane[0]);
}

TEST_CASE("SHA-256 of the standard's examples and of a million letters") {
    const auto hash = [](const std::string& text) {
        return sha256(std::as_bytes(std::span(text.data(), text.size())));
    };
    CHECK(hash("") == "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
    CHECK(hash("abc") == "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
    CHECK(hash("abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq") ==
          "248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1");
    CHECK(hash(std::string(1000000, 'a')) == "cdc76e5c9914fb9281a1c7e284d73e67f1809a48a497200e046d39ccc7112cd0");
}

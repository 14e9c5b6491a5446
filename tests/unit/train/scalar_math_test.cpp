// SPDX-License-Identifier: Apache-2.0
// The training experiment's exp_of against the C library in FP64; its random keys; sums over virtual lanes; SHA-256 against published digests.
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
    const auto hash = [](const std::string& text) { return sha256(text); };
    CHECK(hash("") == "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
    CHECK(hash("abc") == "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
    CHECK(hash("abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq") ==
          "248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1");
    CHECK(hash(std::string(1000000, 'a')) == "cdc76e5c9914fb9281a1c7e284d73e67f1809a48a497200e046d39ccc7112cd0");
}

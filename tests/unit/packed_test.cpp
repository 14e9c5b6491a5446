// SPDX-License-Identifier: Apache-2.0
// Packed codes of every width: what is put comes back, neighbours stay, bytes are counted exactly; and the documented
// order.
#include <narrowfp/format/packed.hpp>

#include <doctest/doctest.h>

#include <vector>

#include "support/bridge.hpp"

using namespace narrowfp_test;
using narrowfp::packed_bytes;
using narrowfp::packed_codes;

TEST_CASE("packed codes keep what is put and touch nothing else") {
    tally t("packed set and get");
    random_bits random(run_seed());
    for (const int bits : {4, 6, 8, 12, 16, 32}) {
        const std::uint64_t mask = (std::uint64_t{1} << bits) - 1;
        for (std::size_t count = 1; count <= 33; ++count) {
            packed_codes codes(count, bits);
            CHECK(codes.size() == count);
            CHECK(codes.byte_count() == (count * static_cast<std::size_t>(bits) + 7) / 8);
            std::vector<std::uint32_t> model(count, 0);
            for (int step = 0; step < 200; ++step) {
                const std::size_t at = random.below(count);
                model[at] = static_cast<std::uint32_t>(random.next() & mask);
                codes.set(at, model[at]);
                bool equal = true;
                for (std::size_t i = 0; i < count; ++i) {
                    equal = equal && codes.get(i) == model[i];
                }
                t.expect(equal, [&] {
                    return std::to_string(bits) + " bits, " + std::to_string(count) + " codes, step " +
                           std::to_string(step) + reproducer();
                });
            }
            // The padding of the last byte stays zero.
            const std::size_t used = count * static_cast<std::size_t>(bits) % 8;
            t.expect(used == 0 || codes.bytes().back() >> used == 0,
                     [&] { return std::string("padding is not zero"); });
        }
    }
    t.finish();
}

TEST_CASE("packed order is least significant bit first") {
    packed_codes four(3, 4);
    four.set(0, 0x1);
    four.set(1, 0x2);
    four.set(2, 0xF);
    CHECK(four.bytes()[0] == 0x21);
    CHECK(four.bytes()[1] == 0x0F);
    packed_codes six(4, 6);  // three bytes: 0b111111'000010'000001 ...
    six.set(0, 0x01);
    six.set(1, 0x02);
    six.set(2, 0x3F);
    six.set(3, 0x20);
    CHECK(six.bytes()[0] == 0x81);
    CHECK(six.bytes()[1] == 0xF0);
    CHECK(six.bytes()[2] == 0x83);
    packed_codes twelve(2, 12);
    twelve.set(0, 0xABC);
    twelve.set(1, 0x123);
    CHECK(twelve.bytes()[0] == 0xBC);
    CHECK(twelve.bytes()[1] == 0x3A);
    CHECK(twelve.bytes()[2] == 0x12);
}

TEST_CASE("packed bytes of a count") {
    CHECK(packed_bytes(0, 4) == 0);
    CHECK(packed_bytes(1, 4) == 1);
    CHECK(packed_bytes(3, 4) == 2);
    CHECK(packed_bytes(4, 6) == 3);
    CHECK(packed_bytes(5, 6) == 4);
    CHECK(packed_bytes(3, 12) == 5);
    CHECK(packed_bytes(7, 32) == 28);
    CHECK(packed_codes(0, 8).byte_count() == 0);
    CHECK(packed_codes(2, 8) == packed_codes(2, 8));
}

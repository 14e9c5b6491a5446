// SPDX-License-Identifier: Apache-2.0
// Philox4x32-10 against the known answers of Random123 (D. E. Shaw Research), and the stream's numbering.
#include <narrowfp/round/philox.hpp>

#include <doctest/doctest.h>

using narrowfp::philox4x32;
using narrowfp::philox_block;
using narrowfp::philox_stream;

TEST_CASE("philox known answers") {
    CHECK(philox4x32({0, 0, 0, 0}, {0, 0}) == philox_block{0x6627E8D5, 0xE169C58D, 0xBC57AC4C, 0x9B00DBD8});
    CHECK(philox4x32({0xFFFFFFFF, 0xFFFFFFFF, 0xFFFFFFFF, 0xFFFFFFFF}, {0xFFFFFFFF, 0xFFFFFFFF}) ==
          philox_block{0x408F276D, 0x41C83B0E, 0xA20BC7C6, 0x6D5451FD});
    CHECK(philox4x32({0x243F6A88, 0x85A308D3, 0x13198A2E, 0x03707344}, {0xA4093822, 0x299F31D0}) ==
          philox_block{0xD16CFE09, 0x94FDCCEB, 0x5001E420, 0x24126EA1});
    static_assert(philox4x32({0, 0, 0, 0}, {0, 0})[0] == 0x6627E8D5);
}

TEST_CASE("a philox stream numbers the words of its blocks") {
    const philox_stream stream{.seed = 7, .tensor = 9};
    for (std::uint64_t index = 0; index < 64; ++index) {
        const philox_block block = philox4x32({static_cast<std::uint32_t>(index / 4), 0, 0, 0}, {7, 9});
        CHECK(stream.word(index) == block[index % 4]);
    }
    // The counter goes on beyond 32 bits, and seed and tensor are different keys.
    const std::uint64_t far = (std::uint64_t{5} << 34) + 3;
    CHECK(stream.word(far) == philox4x32({0, 5, 0, 0}, {7, 9})[3]);
    CHECK(stream.word(0) != philox_stream{.seed = 9, .tensor = 7}.word(0));
}

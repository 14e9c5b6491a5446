// SPDX-License-Identifier: Apache-2.0
// Any bytes as a GGUF file: tensors whose data lie in the file, or one std::runtime_error.
#include "fuzz.hpp"

#include "checkpoint/gguf.hpp"

#include <cstring>
#include <set>
#include <stdexcept>

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    try {
        const narrowfp::bench::byte_source source = [&](std::uint64_t first, std::span<std::byte> out) {
            NARROWFP_FUZZ_REQUIRE(out.size() <= size && first <= size - out.size());
            std::memcpy(out.data(), data + first, out.size());
        };
        std::set<std::string> names;
        for (const auto& t : narrowfp::bench::parse_gguf(source, size, "input")) {
            NARROWFP_FUZZ_REQUIRE(names.insert(t.name).second);
            NARROWFP_FUZZ_REQUIRE(t.offset <= size && t.bytes <= size - t.offset);
        }
    } catch (const std::runtime_error&) {}
    return 0;
}

// SPDX-License-Identifier: Apache-2.0
// Any bytes as a .safetensors file: tensors that cover the data exactly, each with the bytes of its shape, or one
// std::runtime_error.
#include "fuzz.hpp"

#include <narrowfp/io/safetensors.hpp>

#include <set>
#include <span>
#include <stdexcept>

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    try {
        const auto header = narrowfp::parse_safetensors(std::as_bytes(std::span(data, size)), size, "input");
        std::set<std::string> names;
        std::uint64_t end = 0;
        for (const narrowfp::safetensors_tensor& t : header.tensors) {
            NARROWFP_FUZZ_REQUIRE(names.insert(t.name).second);
            NARROWFP_FUZZ_REQUIRE(end == 0 || t.offset == end);
            NARROWFP_FUZZ_REQUIRE(t.offset >= 8 && t.bytes <= size && t.offset <= size - t.bytes);
            NARROWFP_FUZZ_REQUIRE(t.elements() * static_cast<std::uint64_t>(bits_of(t.dtype)) == 8 * t.bytes ||
                                  t.bytes == 0);
            end = t.offset + t.bytes;
        }
        NARROWFP_FUZZ_REQUIRE(header.tensors.empty() || end == size);
    } catch (const std::runtime_error&) {}
    return 0;
}

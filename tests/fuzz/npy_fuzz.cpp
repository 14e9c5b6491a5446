// SPDX-License-Identifier: Apache-2.0
// Any bytes as a .npy file: an array whose data fit its shape, or one std::runtime_error.
#include "fuzz.hpp"

#include <narrowfp/io/npy.hpp>

#include <span>
#include <stdexcept>

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    try {
        const narrowfp::npy_array array = narrowfp::npy_parse(std::as_bytes(std::span(data, size)), "input");
        std::size_t bytes = item_size(array.dtype);
        for (const std::size_t dimension : array.shape) {
            bytes = dimension == 0 ? 0 : bytes * dimension;
        }
        NARROWFP_FUZZ_REQUIRE(array.data.size() == bytes && bytes < size);
    } catch (const std::runtime_error&) {}
    return 0;
}

// SPDX-License-Identifier: Apache-2.0
// Any text as the index of a sharded model: plain file names, or one std::runtime_error.
#include "fuzz.hpp"

#include <narrowfp/io/model_files.hpp>

#include <stdexcept>
#include <string_view>

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    try {
        const std::string_view text(reinterpret_cast<const char*>(data), size);
        for (const auto& [tensor, file] : narrowfp::parse_model_index(text, "input")) {
            NARROWFP_FUZZ_REQUIRE(file.find('/') == std::string::npos && file.ends_with(".safetensors"));
        }
    } catch (const std::runtime_error&) {}
    return 0;
}

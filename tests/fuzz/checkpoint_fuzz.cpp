// SPDX-License-Identifier: Apache-2.0
// Any configuration, metadata and list of tensors as a checkpoint: tensors whose codes and scales have the bytes that their
// description needs, or one std::runtime_error or std::invalid_argument. The input is one JSON object:
// {"config": {}, "hf": {}, "params": {}, "metadata": {"key": "text"}, "tensors": [["name", "dtype", [2, 3]], ...]}.
#include "fuzz.hpp"

#include "checkpoint/checkpoint.hpp"
#include "checkpoint/logical_tensor.hpp"

#include <narrowfp/io/safetensors.hpp>

#include <algorithm>
#include <cstdint>
#include <optional>
#include <stdexcept>
#include <string>
#include <string_view>

namespace {

using narrowfp::bench::json;

const json& part(const json& input, const char* key) {
    static const json none;
    const auto found = input.find(key);
    return found != input.end() && found->is_object() ? *found : none;
}

// Bytes of the tensor; none beyond 63 bits, or if the last byte is not full.
std::optional<std::uint64_t> whole_bytes(const narrowfp::safetensors_tensor& t) {
    if (std::find(t.shape.begin(), t.shape.end(), std::size_t{0}) != t.shape.end()) {
        return 0;
    }
    auto total = static_cast<std::uint64_t>(bits_of(t.dtype));
    for (const std::size_t n : t.shape) {
        if (n > static_cast<std::uint64_t>(INT64_MAX) / total) {
            return std::nullopt;
        }
        total *= n;
    }
    return total % 8 == 0 ? std::optional(total / 8) : std::nullopt;
}

// A tensor of the list, if it is one that a .safetensors file can hold.
void add_tensor(const json& entry, narrowfp::bench::checkpoint_files& files) {
    using narrowfp::safetensors_dtype;
    if (!entry.is_array() || entry.size() != 3 || !entry[0].is_string() || !entry[1].is_string() ||
        !entry[2].is_array()) {
        return;
    }
    narrowfp::safetensors_tensor t;
    t.name = entry[0].get<std::string>();
    for (const json& n : entry[2]) {
        if (!n.is_number_unsigned()) {
            return;
        }
        t.shape.push_back(n.get<std::size_t>());
    }
    for (int type = 0; type <= static_cast<int>(safetensors_dtype::c64); ++type) {
        if (to_string(static_cast<safetensors_dtype>(type)) == entry[1].get<std::string>()) {
            t.dtype = static_cast<safetensors_dtype>(type);
        }
    }
    const auto bytes = whole_bytes(t);
    for (const auto& other : files.tensors) {
        if (other.name == t.name) {
            return;
        }
    }
    if (bytes) {
        t.bytes = *bytes;
        files.tensors.push_back(narrowfp::bench::from_safetensors("/nonexistent/model.safetensors", t));
    }
}

narrowfp::bench::checkpoint_files files_of_input(const json& input) {
    narrowfp::bench::checkpoint_files files;
    files.path = "/nonexistent";
    files.config_folder = files.path;
    files.shards = {"/nonexistent/model.safetensors"};
    files.config = part(input, "config");
    files.quantisation_file = part(input, "hf");
    files.parameters = part(input, "params");
    auto& metadata = files.metadata[files.shards[0]];
    for (const auto& [key, value] : part(input, "metadata").items()) {
        if (value.is_string()) {
            metadata[key] = value.get<std::string>();
        }
    }
    const auto tensors = input.find("tensors");
    if (tensors != input.end() && tensors->is_array() && tensors->size() <= 1000) {
        for (const json& entry : *tensors) {
            add_tensor(entry, files);
        }
    }
    return files;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    json input;
    try {
        input = narrowfp::bench::parse_json_object({reinterpret_cast<const char*>(data), size}, "input");
    } catch (const std::runtime_error&) {
        return 0;
    }
    try {
        const narrowfp::bench::checkpoint found = narrowfp::bench::put_together(files_of_input(input));
        for (const auto& t : found.tensors) {
            if (t.kind == narrowfp::bench::element_kind::scaled) {
                NARROWFP_FUZZ_REQUIRE(t.elements() == t.logical->count * t.logical->matrix_elements());
                NARROWFP_FUZZ_REQUIRE(t.logical->codes.bytes == t.logical->count * t.logical->matrix_bytes());
            }
        }
    } catch (const std::runtime_error&) {
    } catch (const std::invalid_argument&) {}
    return 0;
}

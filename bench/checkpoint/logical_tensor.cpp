// SPDX-License-Identifier: Apache-2.0
#include "checkpoint/logical_tensor.hpp"

#include <narrowfp/report/text.hpp>

#include <memory>
#include <stdexcept>
#include <utility>

namespace narrowfp::bench {
namespace {

constexpr std::size_t tile_rows = 128;
constexpr std::size_t tile_cols = 4;

std::size_t round_up(std::size_t n, std::size_t multiple) { return (n + multiple - 1) / multiple * multiple; }

std::string block_text(const scale_level& level, const logical_tensor& tensor) {
    if (level.grid_rows * level.grid_cols == 1 && level.chunk_rows == 0) {
        return level.shared || tensor.count == 1 ? "tensor" : "matrix";
    }
    const auto extent = [](std::size_t block, std::size_t whole) {
        return block >= whole && block != 1 ? std::string("all") : std::to_string(block);
    };
    return extent(level.block_rows, tensor.rows) + "x" + extent(level.block_cols, tensor.cols);
}

void require_bytes(const stored_tensor& stored, std::uint64_t bytes, const char* what) {
    if (stored.bytes != bytes) {
        throw std::invalid_argument("'" + stored.file.string() + "': tensor '" + report::printable(stored.name) +
                                    "' has " + std::to_string(stored.bytes) + " bytes, as " + what + " it needs " +
                                    std::to_string(bytes));
    }
}

}  // namespace

std::size_t scale_level::scales_per_matrix() const {
    return tiled ? round_up(grid_rows, tile_rows) * round_up(grid_cols, tile_cols) : grid_rows * grid_cols;
}

bool restored_k_last(const logical_tensor& tensor) { return tensor.k_is_rows == tensor.restored_transposed; }

std::string describe(const logical_tensor& tensor) {
    std::string text = tensor.codes.dtype;
    if (text != "F8_E4M3" && text != "F8_E5M2" && text != "F4" && tensor.records.elements == 0) {
        text += " of " + std::string(name_of(tensor.format));
    }
    for (const scale_level& level : tensor.scales) {
        text += std::string(", ") + (level.divides ? "divided by " : "") + std::string(name_of(level.format)) + " " +
                block_text(level, tensor);
    }
    return text;
}

stored_tensor as_stored(logical_tensor tensor, std::string name, std::vector<std::size_t> shape) {
    require_bytes(tensor.codes, tensor.count * tensor.matrix_bytes(), "codes");
    stored_tensor result = tensor.codes;
    for (const scale_level& level : tensor.scales) {
        if (level.in_records) {
            continue;
        }
        const auto width = static_cast<std::size_t>(storage_bits_of(level.format)) / 8;
        require_bytes(level.stored, level.scales_per_matrix() * width * (level.shared ? 1 : tensor.count), "scales");
        result.bytes += level.stored.bytes;
    }
    result.name = std::move(name);
    result.shape = std::move(shape);
    result.dtype = describe(tensor);
    result.kind = element_kind::scaled;
    result.logical = std::make_shared<const logical_tensor>(std::move(tensor));
    return result;
}

}  // namespace narrowfp::bench

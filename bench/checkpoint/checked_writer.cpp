// SPDX-License-Identifier: Apache-2.0
#include "checkpoint/checked_writer.hpp"

#include "support/parallel.hpp"

#include <narrowfp/io/npy.hpp>
#include <narrowfp/report/text.hpp>

#include <zlib.h>

#include <algorithm>
#include <stdexcept>

namespace narrowfp::bench {
namespace {

constexpr std::size_t part_bytes = std::size_t{1} << 22;  // copied and compared at a time

std::uint32_t crc_of(std::span<const std::byte> bytes) {
    return static_cast<std::uint32_t>(crc32_z(0, reinterpret_cast<const Bytef*>(bytes.data()), bytes.size()));
}

}  // namespace

checked_writer::checked_writer(const std::filesystem::path& path, const std::vector<safetensors_tensor>& declared,
                               const std::map<std::string, std::string>& metadata)
    : path_(path), out_(path, declared, metadata) {}

void checked_writer::next_tensor() {
    ++tensors_;
    offset_ = 0;
}

void checked_writer::write(std::span<const std::byte> bytes) {
    out_.write(bytes);
    while (!bytes.empty()) {
        const std::span<const std::byte> part = bytes.first(std::min(part_bytes, bytes.size()));
        parts_.push_back({tensors_ - 1, offset_, part.size(), crc_of(part)});
        offset_ += part.size();
        bytes = bytes.subspan(part.size());
    }
}

void checked_writer::finish(int threads) {
    out_.finish();
    const safetensors_file file(path_);
    const auto require = [&](bool same, const safetensors_tensor& declared) {
        if (!same) {
            throw std::runtime_error("'" + path_.string() + "': tensor '" + report::printable(declared.name) +
                                     "' read back differs from what was written");
        }
    };
    for (const safetensors_tensor& declared : out_.tensors()) {
        const safetensors_tensor* found = file.find(declared.name);
        require(found != nullptr && found->dtype == declared.dtype && found->shape == declared.shape, declared);
    }
    parallel_for(parts_.size(), threads, [&](std::size_t n) {
        const written_part& p = parts_[n];
        const safetensors_tensor& declared = out_.tensors()[p.tensor];
        std::vector<std::byte> bytes(p.size);
        file.read_into(*file.find(declared.name), bytes, p.offset);
        require(crc_of(bytes) == p.crc, declared);
    });
}

void copy_tensor(const stored_tensor& t, checked_writer& out) {
    out.next_tensor();
    if (t.rearranged) {
        out.write(npy_read(t.file).data);
        return;
    }
    std::vector<std::byte> part;
    for (std::uint64_t at = 0; at < t.bytes; at += part.size()) {
        part.resize(std::min<std::uint64_t>(part_bytes, t.bytes - at));
        read_file_part(t.file, t.offset + at, part);
        out.write(part);
    }
}

safetensors_dtype dtype_of_codes(const any_format& element) {
    if (std::holds_alternative<fixed_format>(element)) {
        return safetensors_dtype::i8;
    }
    const auto type = safetensors_dtype_of(element);
    if (!type) {
        throw std::invalid_argument(".safetensors files have no type for codes of " + std::string(name_of(element)));
    }
    return *type;
}

safetensors_dtype dtype_of_copy(const stored_tensor& t) {
    for (int type = 0; type <= static_cast<int>(safetensors_dtype::c64); ++type) {
        if (to_string(static_cast<safetensors_dtype>(type)) == t.dtype) {
            return static_cast<safetensors_dtype>(type);
        }
    }
    if (t.kind == element_kind::real32) {
        return safetensors_dtype::f32_ieee;
    }
    if (t.kind == element_kind::real64) {
        return safetensors_dtype::f64_ieee;
    }
    if (t.kind == element_kind::codes) {
        return dtype_of_codes(t.format);
    }
    throw std::invalid_argument("'" + t.file.string() + "': tensor '" + report::printable(t.name) + "' of " + t.dtype +
                                " cannot be copied into a .safetensors file");
}

}  // namespace narrowfp::bench

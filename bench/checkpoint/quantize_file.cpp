// SPDX-License-Identifier: Apache-2.0
#include "checkpoint/quantize_file.hpp"

#include "checkpoint/model_audit.hpp"

#include <narrowfp/base/version.hpp>
#include <narrowfp/io/safetensors.hpp>
#include <narrowfp/quant/quantize.hpp>
#include <narrowfp/report/text.hpp>

#include <algorithm>
#include <cmath>
#include <stdexcept>

namespace narrowfp::bench {

namespace {

constexpr std::size_t part_bytes = std::size_t{1} << 22;  // copied and compared at a time

// FNV-1a, 64 bits.
class hash {
public:
    void add(std::span<const std::byte> bytes) {
        for (const std::byte b : bytes) {
            state_ = (state_ ^ std::to_integer<std::uint64_t>(b)) * 0x100000001B3U;
        }
    }
    std::uint64_t value() const { return state_; }

private:
    std::uint64_t state_ = 0xCBF29CE484222325U;
};

[[noreturn]] void refuse(const stored_tensor& t, const std::string& why) {
    throw std::invalid_argument("'" + t.file.string() + "': tensor '" + report::printable(t.name) + "' " + why);
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

safetensors_dtype dtype_of_source(const stored_tensor& t) {
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
    refuse(t, "of " + t.dtype + " cannot be copied into a .safetensors file");
}

// Where a tensor's parts stand among the declared ones.
struct planned {
    const stored_tensor* source = nullptr;
    std::optional<weight_matrices> matrices;  // none: copied
    bool scaled = false;
    bool two_level = false;
};

std::vector<std::size_t> scale_shape(const weight_matrices& m, std::size_t dimensions, const quantization& q) {
    const std::size_t rows = block_count(m.rows, q.blocks.block_rows);
    const std::size_t cols = block_count(m.cols, q.blocks.block_cols);
    const bool stacked = dimensions == 3;
    if (q.blocks == granularity::tensor()) {
        return {m.count};
    }
    return stacked ? std::vector<std::size_t>{m.count, rows, cols} : std::vector<std::size_t>{rows, cols};
}

void declare(const planned& p, const quantization& q, std::vector<safetensors_tensor>& all) {
    const stored_tensor& t = *p.source;
    if (!p.matrices) {
        all.push_back({.name = t.name, .dtype = dtype_of_source(t), .shape = t.shape});
        return;
    }
    all.push_back({.name = t.name, .dtype = dtype_of_codes(q.element), .shape = t.shape});
    if (p.scaled) {
        const bool square = q.blocks.block_rows == q.blocks.block_cols && q.blocks != granularity::tensor();
        const auto type = safetensors_dtype_of(scale_format(q.scale));
        all.push_back({.name = t.name + (square ? "_scale_inv" : "_scale"),
                       .dtype = type.value(),
                       .shape = scale_shape(*p.matrices, t.shape.size(), q)});
    }
    if (p.two_level) {
        all.push_back(
            {.name = t.name + "_scale_2", .dtype = safetensors_dtype::f32_ieee, .shape = {p.matrices->count}});
    }
}

// Writes in the declared order and remembers what was written.
class checked_writer {
public:
    checked_writer(const std::filesystem::path& path, const std::vector<safetensors_tensor>& declared,
                   const std::map<std::string, std::string>& metadata)
        : path_(path), out_(path, declared, metadata) {}

    void write(std::span<const std::byte> bytes) {
        out_.write(bytes);
        sums_.back().add(bytes);
    }
    void next_tensor() { sums_.emplace_back(); }

    // Takes the name, then reads every tensor again. Throws std::runtime_error if one differs.
    void finish() {
        out_.finish();
        const safetensors_file file(path_);
        for (std::size_t n = 0; n < out_.tensors().size(); ++n) {
            const safetensors_tensor& declared = out_.tensors()[n];
            const safetensors_tensor* found = file.find(declared.name);
            hash sum;
            std::vector<std::byte> part;
            for (std::uint64_t at = 0; found != nullptr && at < found->bytes; at += part.size()) {
                part.resize(std::min<std::uint64_t>(part_bytes, found->bytes - at));
                file.read_into(*found, part, at);
                sum.add(part);
            }
            if (found == nullptr || found->dtype != declared.dtype || found->shape != declared.shape ||
                sum.value() != sums_.at(n).value()) {
                throw std::runtime_error("'" + path_.string() + "': tensor '" + report::printable(declared.name) +
                                         "' read back differs from what was written");
            }
        }
    }

private:
    std::filesystem::path path_;
    safetensors_writer out_;
    std::vector<hash> sums_;
};

void copy_tensor(const stored_tensor& t, checked_writer& out) {
    out.next_tensor();
    std::vector<std::byte> part;
    for (std::uint64_t at = 0; at < t.bytes; at += part.size()) {
        part.resize(std::min<std::uint64_t>(part_bytes, t.bytes - at));
        read_file_part(t.file, t.offset + at, part);
        out.write(part);
    }
}

template <class T>
void add_error(const matrix<T>& x, const quantized_matrix& q, int threads, quantized_file& total) {
    const matrix<float> back = dequantize(q, {.threads = threads});
    for (std::size_t n = 0; n < x.size(); ++n) {
        const double reference = x.data()[n];
        const double error = back.data()[n] - reference;
        if (std::isfinite(error)) {
            total.error2 += error * error;
            total.reference2 += reference * reference;
        } else {
            ++total.left_out;
        }
    }
}

// T: what the reader gives.
template <class T>
void quantize_elements(const planned& p, const element_reader& reader, const quantization& q, int threads,
                       checked_writer& out, quantized_file& total) {
    const stored_tensor& t = *p.source;
    const std::size_t size = p.matrices->rows * p.matrices->cols;
    std::vector<std::byte> stored(size * reader.width());
    std::vector<std::uint8_t> scales;
    std::vector<float> factors;
    matrix<T> x(p.matrices->rows, p.matrices->cols);
    out.next_tensor();
    for (std::size_t n = 0; n < p.matrices->count; ++n) {
        read_file_part(t.file, t.offset + n * stored.size(), stored);
        reader(stored.data(), std::span<T>{x.data(), size});
        const quantized_matrix codes = quantize(x.view(), q, {.threads = threads});
        add_error(x, codes, threads, total);
        out.write(std::as_bytes(codes.codes().bytes()));
        const auto& bytes = codes.scales().bytes();
        scales.insert(scales.end(), bytes.begin(), bytes.end());
        factors.push_back(codes.tensor_scale().value_or(1.0f));
        total.events += codes.events();
        total.code_bytes += codes.code_bytes();
        total.scale_bytes += codes.scale_bytes();
    }
    if (p.scaled) {
        out.next_tensor();
        out.write(std::as_bytes(std::span(scales)));
    }
    if (p.two_level) {
        out.next_tensor();
        out.write(std::as_bytes(std::span(factors)));
    }
}

void quantize_tensor(const planned& p, const quantization& q, int threads, checked_writer& out, quantized_file& total) {
    const element_reader reader(*p.source);
    if (reader.gives_doubles()) {
        quantize_elements<double>(p, reader, q, threads, out, total);
    } else {
        quantize_elements<float>(p, reader, q, threads, out, total);
    }
}

}  // namespace

std::optional<weight_matrices> matrices_of(const stored_tensor& tensor) {
    const std::vector<std::size_t>& s = tensor.shape;
    if (s.size() < 2 || tensor.kind == element_kind::left_alone || tensor.elements() == 0) {
        return std::nullopt;
    }
    if (s.size() == 3) {
        return weight_matrices{s[0], s[1], s[2]};
    }
    return weight_matrices{1, s[0], tensor.elements() / s[0]};
}

double quantized_file::relative_frobenius() const { return reference2 > 0 ? std::sqrt(error2 / reference2) : 0.0; }

quantized_file quantize_file(const std::vector<stored_tensor>& tensors, const std::vector<bool>& chosen,
                             const recipe& r, const any_format& element, bool k_last, const std::filesystem::path& out,
                             int threads, const std::function<void(std::uint64_t, const std::string&)>& advance) {
    const quantization q = quantization_for(r, element, {.k_last = k_last, .operand_b = true});
    const int bits = storage_bits_of(element);
    std::vector<planned> plan;
    std::vector<safetensors_tensor> declared;
    for (std::size_t n = 0; n < tensors.size(); ++n) {
        planned p{.source = &tensors[n], .matrices = chosen[n] ? matrices_of(tensors[n]) : std::nullopt};
        p.scaled = p.matrices && q.scale.method != scale_method::none;
        p.two_level = p.matrices && q.scale.method == scale_method::two_level;
        if (p.matrices && p.matrices->rows * p.matrices->cols * static_cast<std::size_t>(bits) % 8 != 0) {
            refuse(tensors[n], "has " + std::to_string(p.matrices->rows * p.matrices->cols) +
                                   " elements in a matrix; codes of " + std::to_string(bits) +
                                   " bits need whole bytes");
        }
        declare(p, q, declared);
        plan.push_back(p);
    }
    checked_writer writer(out, declared,
                          {{"format", "pt"},
                           {"quantization", name_of(r) + " " + std::string(name_of(element))},
                           {"writer", std::string("narrowfp ") + NARROWFP_VERSION_STRING}});
    quantized_file total;
    for (const planned& p : plan) {
        if (p.matrices) {
            quantize_tensor(p, q, threads, writer, total);
            ++total.tensors;
            total.source_bytes += p.source->bytes;
        } else {
            copy_tensor(*p.source, writer);
            ++total.copied;
            total.copied_bytes += p.source->bytes;
        }
        if (advance) {
            advance(p.source->elements(), p.source->name);
        }
    }
    writer.finish();
    return total;
}

}  // namespace narrowfp::bench

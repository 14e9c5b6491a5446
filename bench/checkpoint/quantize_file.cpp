// SPDX-License-Identifier: Apache-2.0
#include "checkpoint/quantize_file.hpp"

#include "checkpoint/checked_writer.hpp"
#include "checkpoint/model_audit.hpp"
#include "checkpoint/model_folder.hpp"
#include "checkpoint/tensor_values.hpp"
#include "support/parallel.hpp"

#include <narrowfp/base/version.hpp>
#include <narrowfp/io/safetensors.hpp>
#include <narrowfp/quant/quantize.hpp>
#include <narrowfp/report/text.hpp>

#include <cmath>
#include <cstdio>
#include <map>
#include <stdexcept>
#include <utility>

namespace narrowfp::bench {

namespace {

[[noreturn]] void refuse(const stored_tensor& t, const std::string& why) {
    throw std::invalid_argument("'" + t.file.string() + "': tensor '" + report::printable(t.name) + "' " + why);
}

// Where a tensor's parts stand among the declared ones.
struct planned {
    const stored_tensor* source = nullptr;
    std::optional<weight_matrices> matrices;  // none: copied
    quantization how;
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

void declare(const planned& p, std::vector<safetensors_tensor>& all) {
    const stored_tensor& t = *p.source;
    const quantization& q = p.how;
    if (!p.matrices) {
        all.push_back({.name = t.name, .dtype = dtype_of_copy(t), .shape = t.shape});
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
void quantize_elements(const planned& p, tensor_values& values, int threads, checked_writer& out,
                       quantized_file& total) {
    const std::size_t size = p.matrices->rows * p.matrices->cols;
    std::vector<std::uint8_t> scales;
    std::vector<float> factors;
    matrix<T> x(p.matrices->rows, p.matrices->cols);
    out.next_tensor();
    for (std::size_t n = 0; n < p.matrices->count; ++n) {
        values.load(n * size, size);
        parallel_for(p.matrices->rows, threads, [&](std::size_t row) {
            values.read(row * p.matrices->cols, std::span<T>{&x(row, 0), p.matrices->cols});
        });
        const quantized_matrix codes = quantize(x.view(), p.how, {.threads = threads});
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

void quantize_tensor(const planned& p, int threads, checked_writer& out, quantized_file& total) {
    tensor_values values(*p.source, tensor_view::restored);
    if (values.gives_doubles()) {
        quantize_elements<double>(p, values, threads, out, total);
    } else {
        quantize_elements<float>(p, values, threads, out, total);
    }
}

bool k_is_last(const stored_tensor& t, const quantize_request& request) {
    return t.kind == element_kind::scaled ? restored_k_last(*t.logical) : request.k_last;
}

// The group along k of recipes with small groups; 0: none.
std::size_t group_of(const quantization& q, bool k_last) {
    const std::size_t along = k_last ? q.blocks.block_cols : q.blocks.block_rows;
    const std::size_t across = k_last ? q.blocks.block_rows : q.blocks.block_cols;
    return across == 1 && along <= 32 ? along : 0;
}

planned plan_tensor(const stored_tensor& t, bool chosen, const quantize_request& request, quantized_file& total) {
    planned p{.source = &t, .matrices = chosen ? matrices_of(t) : std::nullopt, .how = {}};
    if (!p.matrices) {
        if (t.kind == element_kind::scaled) {
            refuse(t, "is quantised in the source and " + std::string(chosen ? "is no matrix" : "was not chosen") +
                          "; choose it, or write plain weights with 'narrowfp dequantize' first");
        }
        return p;
    }
    const bool k_last = k_is_last(t, request);
    p.how = quantization_for(request.how, request.element, {.k_last = k_last, .operand_b = true});
    p.scaled = p.how.scale.method != scale_method::none;
    p.two_level = p.how.scale.method == scale_method::two_level;
    const int bits = storage_bits_of(request.element);
    if (t.shape.back() * static_cast<std::size_t>(bits) % 8 != 0) {
        refuse(t, "has " + std::to_string(t.shape.back()) + " elements in its last dimension; codes of " +
                      std::to_string(bits) + " bits are packed, and rows need whole bytes. --tensor '!" +
                      report::printable(t.name) + "' leaves it as it is");
    }
    const std::size_t group = p.scaled ? group_of(p.how, k_last) : 0;
    if (group > 1 && (k_last ? p.matrices->cols : p.matrices->rows) % group != 0) {
        total.cut_groups.push_back(t.name);
    }
    return p;
}

// A file to write.
struct planned_file {
    std::filesystem::path name;
    std::filesystem::path source;  // whose metadata are kept
    std::vector<planned> tensors;
    std::uint64_t bytes = 0;
};

std::uint64_t bytes_of_plan(const planned& p) {
    std::vector<safetensors_tensor> declared;
    declare(p, declared);
    std::uint64_t bytes = 0;
    for (const safetensors_tensor& t : declared) {
        bytes += t.elements() * static_cast<std::uint64_t>(bits_of(t.dtype)) / 8;
    }
    return bytes;
}

bool is_one_file(const quantize_request& request) { return request.out.extension() == ".safetensors"; }

// All in one file, in the files of the source, or in as few as the largest size of a shard allows.
std::vector<planned_file> plan_files(std::vector<planned> tensors, const quantize_request& request) {
    constexpr const char* only_name = "model.safetensors";
    std::vector<planned_file> files;
    for (planned& p : tensors) {
        const std::filesystem::path& source = p.source->file;
        const std::uint64_t bytes = bytes_of_plan(p);
        const bool is_shard = source.extension() == ".safetensors";
        bool fresh = files.empty();
        if (!fresh && !is_one_file(request)) {
            fresh = request.shard_size != 0 ? files.back().bytes + bytes > request.shard_size
                                            : is_shard && files.back().source != source;
        }
        if (fresh) {
            files.push_back({is_shard && request.shard_size == 0 ? source.filename() : only_name, source, {}, 0});
        }
        files.back().bytes += bytes;
        files.back().tensors.push_back(std::move(p));
    }
    if (is_one_file(request)) {
        files.front().name = request.out;
    } else if (request.shard_size != 0 && files.size() > 1) {
        for (std::size_t n = 0; n < files.size(); ++n) {
            char name[64];
            std::snprintf(name, sizeof name, "model-%05zu-of-%05zu.safetensors", n + 1, files.size());
            files[n].name = name;
        }
    }
    return files;
}

void write_planned(const checkpoint& model, const planned_file& file, const std::filesystem::path& place,
                   const quantize_request& request, quantized_file& total,
                   const std::function<void(std::uint64_t, const std::string&)>& advance) {
    std::vector<safetensors_tensor> declared;
    std::size_t quantised = 0;
    std::size_t k_last = 0;
    for (const planned& p : file.tensors) {
        declare(p, declared);
        quantised += static_cast<std::size_t>(p.matrices.has_value());
        k_last += static_cast<std::size_t>(p.matrices && k_is_last(*p.source, request));
    }
    std::map<std::string, std::string> metadata = kept_metadata(model, file.source);
    metadata["quantization"] = name_of(request.how) + " " + std::string(name_of(request.element));
    metadata["quantized_tensors"] = std::to_string(quantised);
    if (k_last == 0 || k_last == quantised) {  // else the shapes of the scales tell
        metadata["k"] = k_last == 0 ? "first" : "last";
    }
    metadata["writer"] = std::string("narrowfp ") + NARROWFP_VERSION_STRING;
    checked_writer writer(place, declared, metadata);
    for (const planned& p : file.tensors) {
        if (p.matrices) {
            quantize_tensor(p, request.threads, writer, total);
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
    ++total.shards;
}

void write_folder(const checkpoint& model, const std::vector<planned_file>& files, const quantize_request& request,
                  quantized_file& total, const std::function<void(std::uint64_t, const std::string&)>& advance) {
    std::uint64_t bytes = 0;
    for (const planned_file& file : files) {
        bytes += file.bytes;
    }
    model_folder folder(request.out, bytes);
    std::map<std::string, std::string> weight_map;
    for (const planned_file& file : files) {
        write_planned(model, file, folder.place_of(file.name), request, total, advance);
        for (const planned& p : file.tensors) {
            std::vector<safetensors_tensor> declared;
            declare(p, declared);
            for (const safetensors_tensor& t : declared) {
                weight_map[t.name] = file.name.string();
            }
        }
    }
    if (files.size() > 1 || !model.files.index.empty()) {
        folder.write_index(
            model.files.index.empty() ? "model.safetensors.index.json" : model.files.index.filename().string(),
            weight_map, bytes);
    }
    write_plain_configuration(model.files, {}, folder);
    folder.finish();
}

}  // namespace

std::optional<weight_matrices> matrices_of(const stored_tensor& tensor) {
    return tensor.kind == element_kind::left_alone ? std::nullopt : matrices_of_shape(tensor.shape);
}

double quantized_file::relative_frobenius() const { return reference2 > 0 ? std::sqrt(error2 / reference2) : 0.0; }

quantized_file quantize_file(const checkpoint& model, const std::vector<bool>& chosen, const quantize_request& request,
                             const std::function<void(std::uint64_t, const std::string&)>& advance) {
    quantized_file total;
    std::vector<planned> plan;
    for (std::size_t n = 0; n < model.tensors.size(); ++n) {
        plan.push_back(plan_tensor(model.tensors[n], chosen[n], request, total));
    }
    const std::vector<planned_file> files = plan_files(std::move(plan), request);
    if (is_one_file(request)) {
        write_planned(model, files.front(), request.out, request, total, advance);
    } else {
        write_folder(model, files, request, total, advance);
    }
    return total;
}

}  // namespace narrowfp::bench

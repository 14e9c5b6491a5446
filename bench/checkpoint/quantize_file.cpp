// SPDX-License-Identifier: Apache-2.0
#include "checkpoint/quantize_file.hpp"

#include "checkpoint/checked_writer.hpp"
#include "checkpoint/model_audit.hpp"
#include "checkpoint/model_folder.hpp"
#include "checkpoint/tensor_values.hpp"
#include "support/on_target.hpp"
#include "support/parallel.hpp"

#include <narrowfp/base/version.hpp>
#include <narrowfp/io/safetensors.hpp>
#include <narrowfp/quant/quantize.hpp>
#include <narrowfp/report/text.hpp>

#include <algorithm>
#include <array>
#include <cmath>
#include <cstdio>
#include <map>
#include <optional>
#include <span>
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

// The error of a strip of rows: sums of squares over what is finite, and how much is not.
struct strip_error {
    double error2 = 0;
    double reference2 = 0;
    std::uint64_t left_out = 0;
};

// In 16 sums side by side, added in order: independent of threads and processors, and loops of it vectorise.
template <class T>
strip_error error_of(std::span<const T> x, std::span<const float> back) {
    constexpr std::size_t lanes = 16;
    std::array<double, lanes> error2{};
    std::array<double, lanes> reference2{};
    std::array<double, lanes> counted{};
    const auto add = [&](std::size_t n, std::size_t lane) {
        const double reference = x[n];
        const double error = back[n] - reference;
        const bool finite = error - error == 0;
        error2[lane] += finite ? error * error : 0;
        reference2[lane] += finite ? reference * reference : 0;
        counted[lane] += finite ? 1 : 0;
    };
    const std::size_t whole = x.size() / lanes * lanes;
    for (std::size_t n = 0; n < whole; n += lanes) {
        for (std::size_t lane = 0; lane < lanes; ++lane) {
            add(n + lane, lane);
        }
    }
    for (std::size_t n = whole; n < x.size(); ++n) {
        add(n, n - whole);
    }
    strip_error sum;
    double finite = 0;
    for (std::size_t lane = 0; lane < lanes; ++lane) {
        sum.error2 += error2[lane];
        sum.reference2 += reference2[lane];
        finite += counted[lane];
    }
    sum.left_out = x.size() - static_cast<std::uint64_t>(finite);
    return sum;
}

// How many rows are quantised by themselves: whole blocks of about a million elements; all where one scale stands for
// more.
std::size_t rows_of_strip(const planned& p) {
    constexpr std::size_t elements = std::size_t{1} << 20;
    const std::size_t rows = p.matrices->rows;
    const std::size_t block = std::min(p.scaled ? p.how.blocks.block_rows : std::size_t{1}, rows);
    if (p.two_level || block == rows) {
        return rows;
    }
    const std::size_t wanted = std::max<std::size_t>(1, elements / p.matrices->cols);
    return std::min(rows, (wanted + block - 1) / block * block);
}

struct quantized_strip {
    quantized_matrix codes;
    strip_error error;
};

// T: what the reader gives.
template <class T>
quantized_strip quantize_strip(const planned& p, const tensor_values& values, std::size_t first, std::size_t rows,
                               int threads) {
    const std::size_t cols = p.matrices->cols;
    matrix<T> x(rows, cols);
    parallel_for(rows, threads, [&](std::size_t row) {
        values.read((first + row) * cols, std::span<T>{&x(row, 0), cols});
    });
    quantized_matrix codes = quantize(x.view(), p.how, {.threads = threads});
    const matrix<float> back = dequantize(codes, {.threads = threads});
    strip_error error;
    on_target(active_target(), [&] {
        error = error_of(std::span<const T>(x.data(), x.size()), std::span<const float>(back.data(), back.size()));
    });
    return {std::move(codes), error};
}

template <class T>
void quantize_elements(const planned& p, tensor_values& values, int threads, checked_writer& out,
                       quantized_file& total) {
    const std::size_t rows = p.matrices->rows;
    const std::size_t cols = p.matrices->cols;
    const std::size_t strip = rows_of_strip(p);
    const bool by_strips = strip < rows;
    const bool loads_parts = p.source->kind != element_kind::scaled;  // of scaled tensors whole matrices are loaded
    const std::size_t side_by_side = by_strips ? 4 * thread_count(threads) : 1;
    const std::size_t wave = std::min(rows, strip * side_by_side);
    std::vector<std::uint8_t> scales;
    std::vector<float> factors;
    out.next_tensor();
    for (std::size_t n = 0; n < p.matrices->count; ++n) {
        if (!loads_parts) {
            values.load(n * rows * cols, rows * cols);
        }
        for (std::size_t first = 0; first < rows; first += wave) {
            const std::size_t height = std::min(wave, rows - first);
            if (loads_parts) {
                values.load((n * rows + first) * cols, height * cols);
            }
            const std::size_t loaded = loads_parts ? 0 : first;
            std::vector<std::optional<quantized_strip>> strips((height + strip - 1) / strip);
            parallel_for(strips.size(), by_strips ? threads : 1, [&](std::size_t k) {
                const std::size_t at = k * strip;
                strips[k] =
                    quantize_strip<T>(p, values, loaded + at, std::min(strip, height - at), by_strips ? 1 : threads);
            });
            for (const std::optional<quantized_strip>& s : strips) {
                out.write(std::as_bytes(s->codes.codes().bytes()));
                const auto& bytes = s->codes.scales().bytes();
                scales.insert(scales.end(), bytes.begin(), bytes.end());
                total.events += s->codes.events();
                total.code_bytes += s->codes.code_bytes();
                total.scale_bytes += s->codes.scale_bytes();
                total.error2 += s->error.error2;
                total.reference2 += s->error.reference2;
                total.left_out += s->error.left_out;
            }
            if (!by_strips) {
                factors.push_back(strips.front()->codes.tensor_scale().value_or(1.0f));
            }
        }
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
    writer.finish(request.threads);
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

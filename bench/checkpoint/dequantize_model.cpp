// SPDX-License-Identifier: Apache-2.0
#include "checkpoint/dequantize_model.hpp"

#include "checkpoint/checked_writer.hpp"
#include "checkpoint/model_folder.hpp"
#include "checkpoint/tensor_values.hpp"
#include "support/parallel.hpp"

#include <narrowfp/round/convert.hpp>

#include <algorithm>
#include <cmath>
#include <map>
#include <stdexcept>

namespace narrowfp::bench {
namespace {

constexpr std::size_t chunk_elements = std::size_t{1} << 16;  // converted at a time by a thread
constexpr std::size_t part_chunks = 64;                       // written at a time

template <class Code>
constexpr Code nan_code(bool bfloat) {
    if constexpr (sizeof(Code) == 4) {
        return 0x7FC00000U;
    } else {
        return bfloat ? 0x7FC0 : 0x7E00;
    }
}

template <class Code>
event_counts convert_part(const tensor_values& values, std::uint64_t first, std::span<Code> out, const any_format& to) {
    std::vector<double> x(out.size());
    if (values.gives_doubles()) {
        values.read(first, std::span<double>(x));
    } else {
        std::vector<float> narrow(out.size());
        values.read(first, std::span<float>(narrow));
        std::copy(narrow.begin(), narrow.end(), x.begin());
    }
    const event_counts events = convert(std::span<const double>(x), out, to, rounding::ties_to_even,
                                        overflow_mode::none, options{.threads = 1});
    for (std::size_t n = 0; n < x.size(); ++n) {
        if (std::isnan(x[n])) {
            out[n] = nan_code<Code>(to == any_format{bf16});
        }
    }
    return events;
}

template <class Code>
void write_values(const stored_tensor& t, const any_format& to, int threads, checked_writer& out,
                  dequantized_model& total, const std::function<void(std::uint64_t, const std::string&)>& advance) {
    tensor_values values(t, tensor_view::restored);
    const std::uint64_t step = t.kind == element_kind::scaled ? t.logical->matrix_elements() : t.elements();
    std::vector<Code> codes;
    out.next_tensor();
    for (std::uint64_t matrix = 0; matrix < t.elements(); matrix += step) {
        values.load(matrix, step);
        for (std::uint64_t first = 0; first < step; first += codes.size()) {
            codes.resize(static_cast<std::size_t>(std::min<std::uint64_t>(part_chunks * chunk_elements, step - first)));
            std::vector<event_counts> events((codes.size() + chunk_elements - 1) / chunk_elements);
            parallel_for(events.size(), threads, [&](std::size_t n) {
                const std::size_t at = n * chunk_elements;
                const std::size_t length = std::min(chunk_elements, codes.size() - at);
                events[n] = convert_part(values, first + at, std::span(codes).subspan(at, length), to);
            });
            for (const event_counts& e : events) {
                total.events += e;
            }
            out.write(std::as_bytes(std::span(codes)));
            if (advance) {
                advance(codes.size(), t.name);
            }
        }
    }
}

// The tensors of one shard, in order.
struct planned_shard {
    std::filesystem::path source;
    std::vector<const stored_tensor*> tensors;
    std::vector<safetensors_tensor> declared;
};

std::vector<planned_shard> plan_shards(const checkpoint& model, safetensors_dtype to) {
    std::vector<planned_shard> shards;
    for (const std::filesystem::path& shard : model.files.shards) {
        planned_shard p{.source = shard, .tensors = {}, .declared = {}};
        for (const stored_tensor& t : model.tensors) {
            if (t.file == shard) {
                p.tensors.push_back(&t);
                p.declared.push_back(
                    {.name = t.name, .dtype = is_quantised(t) ? to : dtype_of_copy(t), .shape = t.shape});
            }
        }
        if (!p.tensors.empty()) {
            shards.push_back(std::move(p));
        }
    }
    return shards;
}

std::uint64_t bytes_of(const std::vector<planned_shard>& shards) {
    constexpr std::uint64_t header = 256;  // of one tensor, about
    std::uint64_t bytes = 0;
    for (const planned_shard& s : shards) {
        for (const safetensors_tensor& t : s.declared) {
            bytes += t.elements() * static_cast<std::uint64_t>(bits_of(t.dtype)) / 8 + header;
        }
    }
    return bytes;
}

void write_shard(const checkpoint& model, const planned_shard& shard, const any_format& to, const model_folder& folder,
                 int threads, dequantized_model& total,
                 const std::function<void(std::uint64_t, const std::string&)>& advance) {
    checked_writer out(folder.place_of(shard.source.filename().replace_extension(".safetensors")), shard.declared,
                       kept_metadata(model, shard.source));
    for (const stored_tensor* t : shard.tensors) {
        if (!is_quantised(*t)) {
            copy_tensor(*t, out);
            ++total.copied;
            total.copied_bytes += t->bytes;
            if (advance) {
                advance(t->elements(), t->name);
            }
            continue;
        }
        if (to == any_format{f32}) {
            write_values<std::uint32_t>(*t, to, threads, out, total, advance);
        } else {
            write_values<std::uint16_t>(*t, to, threads, out, total, advance);
        }
        ++total.tensors;
        total.source_bytes += t->bytes;
        total.written_bytes += t->elements() * static_cast<std::uint64_t>(storage_bits_of(to)) / 8;
    }
    out.finish(threads);
    ++total.shards;
}

std::string torch_name(const any_format& to) {
    return to == any_format{bf16} ? "bfloat16" : to == any_format{f16} ? "float16" : "float32";
}

}  // namespace

bool is_quantised(const stored_tensor& tensor) {
    return tensor.kind == element_kind::scaled ||
           (tensor.kind == element_kind::codes && code_bits_of(tensor.format) <= 8);
}

dequantized_model dequantize_model(const checkpoint& model, const any_format& to, const std::filesystem::path& out,
                                   int threads, const std::function<void(std::uint64_t, const std::string&)>& advance) {
    if (std::none_of(model.tensors.begin(), model.tensors.end(), is_quantised)) {
        throw std::invalid_argument("'" + model.files.path.string() +
                                    "': no tensor is quantised; there is nothing to dequantise");
    }
    const std::vector<planned_shard> shards = plan_shards(model, safetensors_dtype_of(to).value());
    std::uint64_t needed = bytes_of(shards);
    const std::vector<std::filesystem::path> others = other_files(model.files);
    for (const std::filesystem::path& file : others) {
        needed += std::filesystem::file_size(file);
    }
    model_folder folder(out, needed);
    dequantized_model total;
    std::map<std::string, std::string> weight_map;
    for (const planned_shard& shard : shards) {
        write_shard(model, shard, to, folder, threads, total, advance);
        for (const stored_tensor* t : shard.tensors) {
            weight_map[t->name] = shard.source.filename().string();
        }
    }
    if (!model.files.index.empty()) {
        folder.write_index(model.files.index.filename().string(), weight_map, total.written_bytes + total.copied_bytes);
    }
    write_plain_configuration(model.files, torch_name(to), folder);
    total.other_files = others.size();
    folder.finish();
    return total;
}

}  // namespace narrowfp::bench

// SPDX-License-Identifier: Apache-2.0
#include "checkpoint/checkpoint_files.hpp"

#include "checkpoint/gguf.hpp"

#include <narrowfp/io/model_files.hpp>
#include <narrowfp/report/write_file.hpp>

#include <algorithm>
#include <stdexcept>
#include <system_error>
#include <utility>

namespace narrowfp::bench {
namespace {

namespace fs = std::filesystem;

constexpr std::uintmax_t largest_config = 64'000'000;  // bytes; MIXED_PRECISION lists of layers have some million

std::vector<fs::path> files_of(const fs::path& folder, std::string_view extension) {
    std::vector<fs::path> found;
    for (const fs::directory_entry& entry : fs::directory_iterator(folder)) {
        if (entry.path().extension() == extension && entry.is_regular_file() &&
            entry.path().filename().string().front() != '.') {
            found.push_back(entry.path());
        }
    }
    std::sort(found.begin(), found.end());
    return found;
}

bool holds_safetensors(const fs::path& folder) {
    for (const fs::directory_entry& entry : fs::directory_iterator(folder)) {
        const std::string name = entry.path().filename().string();
        if (name.front() != '.' && (name.ends_with(".safetensors") || is_model_index(entry.path()))) {
            return true;
        }
    }
    return false;
}

void add_model(const fs::path& path, checkpoint_files& out) {
    const model_files model = open_model(path);
    out.index = model.index;
    for (std::size_t n = 0; n < model.shards.size(); ++n) {
        const safetensors_file& shard = model.shards[n];
        out.shards.push_back(shard.path());
        out.metadata[shard.path()] = shard.metadata();
        std::map<std::string_view, const unindexed_tensor*> skipped;
        for (const unindexed_tensor& u : model.unindexed) {
            if (u.shard == n) {
                skipped.emplace(u.name, &u);
            }
        }
        for (const safetensors_tensor& t : shard.tensors()) {
            stored_tensor stored = from_safetensors(shard.path(), t);
            const auto found = skipped.find(t.name);
            if (found == skipped.end()) {
                out.tensors.push_back(std::move(stored));
            } else {
                const std::string& placed = found->second->placed_in;
                out.unindexed.push_back(
                    {std::move(stored), placed.empty() ? "the index does not name it"
                                                       : "a stale copy: the index places it in '" + placed + "'"});
            }
        }
    }
}

json read_config(const fs::path& path) {
    std::error_code error;
    if (!fs::is_regular_file(path, error)) {
        return nullptr;
    }
    const std::uintmax_t size = fs::file_size(path, error);
    if (error || size > largest_config) {
        throw std::runtime_error(
            "'" + path.string() + "': " +
            (error ? "cannot be read: " + error.message()
                   : "has " + std::to_string(size) + " bytes, expected at most " + std::to_string(largest_config)));
    }
    return parse_json_object(report::read_file(path), "'" + path.string() + "'");
}

// Whether what stands in the folder's configuration is about this file.
bool belongs_to_folder(const fs::path& file) {
    const fs::path folder = file.parent_path().empty() ? "." : file.parent_path();
    std::vector<fs::path> indices;
    for (const fs::path& p : files_of(folder, ".json")) {
        if (is_model_index(p)) {
            indices.push_back(p);
        }
    }
    if (indices.size() == 1) {
        const auto map = parse_model_index(report::read_file(indices[0]), indices[0].string());
        return std::any_of(map.begin(), map.end(),
                           [&](const auto& placed) { return placed.second == file.filename().string(); });
    }
    return indices.empty() && files_of(folder, ".safetensors").size() == 1;
}

void add_configuration(checkpoint_files& out) {
    std::error_code error;
    fs::path folder = out.path;
    if (!fs::is_directory(out.path, error)) {
        if (out.index.empty() && !belongs_to_folder(out.path)) {
            return;
        }
        folder = out.path.parent_path().empty() ? "." : out.path.parent_path();
    }
    out.config = read_config(folder / "config.json");
    out.quantisation_file = read_config(folder / "hf_quant_config.json");
    out.parameters = read_config(folder / "params.json");
    out.config_folder = folder;
}

void add_path(const std::optional<any_format>& codes, checkpoint_files& out) {
    const fs::path& path = out.path;
    std::error_code error;
    if (fs::is_directory(path, error)) {
        if (holds_safetensors(path)) {
            add_model(path, out);
            add_configuration(out);
            return;
        }
        const std::vector<fs::path> arrays = files_of(path, ".npy");
        if (arrays.empty()) {
            throw std::runtime_error("'" + path.string() + "': the folder holds no .safetensors and no .npy file");
        }
        for (const fs::path& array : arrays) {
            out.tensors.push_back(from_npy(array, codes));
        }
    } else if (path.extension() == ".npy") {
        out.tensors.push_back(from_npy(path, codes));
    } else if (path.extension() == ".safetensors" || is_model_index(path)) {
        add_model(path, out);
        if (out.tensors.empty()) {
            throw std::runtime_error("'" + path.string() + "': holds no tensors");
        }
        add_configuration(out);
    } else if (path.extension() == ".gguf") {
        out.tensors = read_gguf(path);
        if (out.tensors.empty()) {
            throw std::runtime_error("'" + path.string() + "': holds no tensors");
        }
        out.shards.push_back(path);
        out.metadata[path];
    } else if (!fs::exists(path, error)) {
        throw std::runtime_error("'" + path.string() + "': cannot be read: no such file or folder");
    } else {
        throw std::runtime_error("'" + path.string() +
                                 "': expected a folder, *.safetensors, *.safetensors.index.json, *.gguf or *.npy");
    }
}

}  // namespace

std::string checkpoint_files::metadata_of(const std::string& key) const {
    for (const fs::path& shard : shards) {
        const auto& of_shard = metadata.at(shard);
        if (const auto found = of_shard.find(key); found != of_shard.end()) {
            return found->second;
        }
    }
    return {};
}

checkpoint_files open_files(const fs::path& path, const std::optional<any_format>& codes) {
    checkpoint_files out;
    out.path = path;
    try {
        add_path(codes, out);
    } catch (const fs::filesystem_error& error) {
        throw std::runtime_error("'" + path.string() + "': cannot be read: " + error.code().message());
    }
    return out;
}

}  // namespace narrowfp::bench

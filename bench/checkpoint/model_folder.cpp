// SPDX-License-Identifier: Apache-2.0
#include "checkpoint/model_folder.hpp"

#include <narrowfp/io/model_files.hpp>
#include <narrowfp/report/text.hpp>
#include <narrowfp/report/write_file.hpp>

#include <unistd.h>

#include <algorithm>
#include <array>
#include <stdexcept>
#include <system_error>
#include <utility>

namespace narrowfp::bench {
namespace {

namespace fs = std::filesystem;
using ordered = nlohmann::ordered_json;

constexpr std::array<std::string_view, 3> configurations{"config.json", "params.json", "hf_quant_config.json"};
constexpr std::array<std::string_view, 10> weight_extensions{".safetensors", ".bin", ".pt",      ".pth",  ".gguf",
                                                             ".ckpt",        ".h5",  ".msgpack", ".onnx", ".npz"};

fs::path folder_of(const fs::path& path) {
    const fs::path parent = path.parent_path();
    return parent.empty() ? fs::path(".") : parent;
}

void require_vacant(const fs::path& out) {
    std::error_code error;
    if (!fs::exists(out, error)) {
        return;
    }
    if (!fs::is_directory(out, error)) {
        throw std::invalid_argument("'" + out.string() +
                                    "': is a file; the name of a new or an empty folder was expected");
    }
    if (!fs::is_empty(out, error) || error) {
        throw std::invalid_argument("'" + out.string() +
                                    "': the folder is not empty; a new or an empty one was expected");
    }
}

// Removes what configurations say of quantisation, also in the parts for text and images.
void make_plain(ordered& config, const std::string& dtype, bool top) {
    for (const char* key : {"quantization_config", "compression_config", "quantization", "expert_dtype"}) {
        config.erase(key);
    }
    for (const char* key : {"torch_dtype", "dtype"}) {
        if (config.contains(key) && !dtype.empty()) {
            config[key] = dtype;
        }
    }
    if (top && !dtype.empty() && !config.contains("torch_dtype") && !config.contains("dtype")) {
        config["torch_dtype"] = dtype;
    }
    for (auto& [key, value] : config.items()) {
        if (key.ends_with("_config") && value.is_object()) {
            make_plain(value, dtype, false);
        }
    }
}

ordered read_ordered(const fs::path& path) { return ordered::parse(report::read_file(path)); }

}  // namespace

model_folder::model_folder(fs::path out, std::uint64_t bytes) : out_(std::move(out)) {
    if (!out_.has_filename()) {  // "folder/"
        out_ = out_.parent_path();
    }
    require_vacant(out_);
    std::error_code error;
    const fs::space_info space = fs::space(folder_of(out_), error);
    if (error) {
        throw std::runtime_error("cannot write '" + out_.string() + "': " + error.message());
    }
    if (space.available < bytes) {
        throw std::runtime_error("'" + out_.string() + "' needs " + report::format_bytes(bytes) +
                                 ", and its file system has " + report::format_bytes(space.available) + " free");
    }
    temporary_ = folder_of(out_) / (".narrowfp-" + std::to_string(::getpid()) + "-model.tmp");
    if (!fs::create_directory(temporary_, error)) {
        throw std::runtime_error("cannot write '" + out_.string() +
                                 "': " + (error ? error.message() : "'" + temporary_.string() + "' exists"));
    }
}

model_folder::~model_folder() {
    if (!temporary_.empty()) {
        std::error_code ignored;
        fs::remove_all(temporary_, ignored);
    }
}

void model_folder::write_index(const std::string& name, const std::map<std::string, std::string>& weight_map,
                               std::uint64_t total_bytes) const {
    ordered index;
    index["metadata"] = {{"total_size", total_bytes}};
    index["weight_map"] = weight_map;
    report::write_file(place_of(name), index.dump(2) + "\n");
}

void model_folder::finish() {
    std::error_code error;
    fs::rename(temporary_, out_, error);  // an empty folder is replaced
    if (error) {
        throw std::runtime_error("cannot write '" + out_.string() + "': " + error.message());
    }
    temporary_.clear();
}

std::vector<fs::path> other_files(const checkpoint_files& files) {
    std::vector<fs::path> found;
    if (files.config_folder.empty() || !files.is_folder()) {
        return found;
    }
    for (const fs::directory_entry& entry : fs::directory_iterator(files.config_folder)) {
        const std::string name = entry.path().filename().string();
        const std::string extension = entry.path().extension().string();
        const auto among = [](const auto& list, const std::string& text) {
            return std::find(list.begin(), list.end(), text) != list.end();
        };
        if (entry.is_regular_file() && name.front() != '.' && !is_model_index(entry.path()) &&
            !among(configurations, name) && !among(weight_extensions, extension)) {
            found.push_back(entry.path());
        }
    }
    std::sort(found.begin(), found.end());
    return found;
}

void write_plain_configuration(const checkpoint_files& files, const std::string& dtype, const model_folder& folder) {
    for (const fs::path& file : other_files(files)) {
        std::error_code error;
        fs::copy_file(file, folder.place_of(file.filename()), error);
        if (error) {
            throw std::runtime_error("'" + file.string() + "': cannot be copied: " + error.message());
        }
    }
    for (const auto& [name, value] :
         {std::pair<const char*, const json*>("config.json", &files.config), {"params.json", &files.parameters}}) {
        if (value->is_object()) {
            ordered config = read_ordered(files.config_folder / name);
            make_plain(config, dtype, std::string_view(name) == "config.json");
            report::write_file(folder.place_of(name), config.dump(2) + "\n");
        }
    }
}

}  // namespace narrowfp::bench

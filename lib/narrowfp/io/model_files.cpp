// SPDX-License-Identifier: Apache-2.0
#include <narrowfp/io/model_files.hpp>

#include <narrowfp/io/internal/strict_json.hpp>
#include <narrowfp/report/write_file.hpp>

#include <algorithm>
#include <set>
#include <system_error>
#include <utility>

namespace narrowfp {
namespace {

using internal::fail_file;
using internal::shown;

namespace fs = std::filesystem;

constexpr std::string_view shard_suffix = ".safetensors";
constexpr std::string_view index_suffix = ".safetensors.index.json";
constexpr std::uintmax_t largest_index = 100'000'000;  // bytes; one of 100,000 tensors has about 10 million

// {"metadata": {...}, "weight_map": {TENSOR: FILE, ...}}; of other keys nothing is kept.
class index_events : public internal::json_events {
public:
    explicit index_events(const std::string& name) : json_events(name, "model index") {}

    bool start_object(std::size_t) override {
        ++depth_;
        require_container();
        return true;
    }
    bool start_array(std::size_t) override {
        ++depth_;
        require_container();
        if (depth_ == 1) {
            unexpected("an array");
        }
        return true;
    }
    bool end_object() override { return leave(); }
    bool end_array() override { return leave(); }

    bool key(std::string& text) override {
        if (depth_ == 1) {
            in_map_ = text == "weight_map";
            if (in_map_ && std::exchange(has_map_, true)) {
                bad("weight_map is given twice");
            }
        } else if (in_map_) {
            tensor_ = text;
        }
        return true;
    }

    bool string(std::string& text) override {
        if (!in_map_) {
            return other("a text");
        }
        if (depth_ != 2) {
            unexpected("the text " + shown(text));
        }
        if (text.find_first_of(std::string("/\\\0", 3)) != std::string::npos || !text.ends_with(shard_suffix)) {
            bad("weight_map places tensor " + shown(tensor_) + " in " + shown(text) +
                ", expected the plain name of a .safetensors file");
        }
        if (!map.emplace(tensor_, text).second) {
            bad("weight_map gives tensor " + shown(tensor_) + " twice");
        }
        return true;
    }
    bool null() override { return other("null"); }
    bool boolean(bool) override { return other("a truth value"); }
    bool number_integer(std::int64_t) override { return other("a number"); }
    bool number_unsigned(std::uint64_t) override { return other("a number"); }
    bool number_float(double, const std::string&) override { return other("a number"); }

    bool has_map() const { return has_map_; }

    std::map<std::string, std::string> map;

protected:
    std::string expectation() const override {
        return in_map_ ? "weight_map: expected file names by tensor" : "expected an object with weight_map";
    }

private:
    // Inside weight_map there are only texts.
    void require_container() const {
        if (in_map_ && depth_ > 2) {
            unexpected("an object or an array");
        }
    }
    bool leave() {
        if (--depth_ == 1) {
            in_map_ = false;
        }
        return true;
    }
    bool other(const char* what) {
        if (in_map_ || depth_ == 0) {
            unexpected(what);
        }
        return true;
    }

    std::string tensor_;
    int depth_ = 0;
    bool in_map_ = false;
    bool has_map_ = false;
};

std::vector<fs::path> files_ending_in(const fs::path& folder, std::string_view suffix) {
    std::vector<fs::path> found;
    std::error_code error;
    for (fs::directory_iterator it(folder, error), end; !error && it != end; it.increment(error)) {
        const std::string name = it->path().filename().string();
        if (name.ends_with(suffix) && name.front() != '.' && it->is_regular_file(error)) {
            found.push_back(it->path());
        }
    }
    if (error) {
        fail_file(folder.string(), "cannot be read: " + error.message());
    }
    std::sort(found.begin(), found.end());
    return found;
}

std::vector<safetensors_file> open_shards(const std::vector<fs::path>& paths) {
    std::vector<safetensors_file> shards;
    shards.reserve(paths.size());
    for (const fs::path& path : paths) {
        shards.emplace_back(path);
    }
    return shards;
}

// Without an index nothing says which of two tensors of one name is meant.
model_files without_index(const std::vector<fs::path>& paths) {
    model_files model{open_shards(paths), {}, {}};
    std::map<std::string_view, const safetensors_file*> seen;
    for (const safetensors_file& shard : model.shards) {
        for (const safetensors_tensor& t : shard.tensors()) {
            const auto [where, is_new] = seen.emplace(t.name, &shard);
            if (!is_new) {
                fail_file(shard.path().string(), "tensor " + shown(t.name) + " is also in '" +
                                                     where->second->path().string() + "', expected in one file alone");
            }
        }
    }
    return model;
}

model_files open_index(const fs::path& index) {
    std::error_code error;
    const std::uintmax_t size = fs::file_size(index, error);
    if (error || size > largest_index) {
        fail_file(index.string(), error ? "cannot be read: " + error.message()
                                        : "has " + std::to_string(size) + " bytes, expected at most " +
                                              std::to_string(largest_index) + " for a model index");
    }
    const std::map<std::string, std::string> map = parse_model_index(report::read_file(index), index.string());
    std::set<std::string> names;
    for (const auto& [tensor, file] : map) {
        names.insert(file);
    }
    std::vector<fs::path> paths;
    for (const std::string& name : names) {
        paths.push_back(index.parent_path() / name);
    }
    model_files model{open_shards(paths), index, {}};
    std::set<std::string_view> held;
    for (std::size_t n = 0; n < model.shards.size(); ++n) {
        const std::string file = model.shards[n].path().filename().string();
        for (const safetensors_tensor& t : model.shards[n].tensors()) {
            const auto placed = map.find(t.name);
            if (placed != map.end() && placed->second == file) {
                held.insert(t.name);
            } else {
                model.unindexed.push_back({n, t.name, placed == map.end() ? std::string() : placed->second});
            }
        }
    }
    for (const auto& [tensor, file] : map) {
        if (!held.contains(tensor)) {
            fail_file(index.string(),
                      "weight_map places tensor " + shown(tensor) + " in " + shown(file) + ", which does not hold it");
        }
    }
    return model;
}

}  // namespace

bool is_model_index(const fs::path& path) { return path.filename().string().ends_with(index_suffix); }

std::map<std::string, std::string> parse_model_index(std::string_view text, const std::string& name) {
    index_events events(name);
    events.read(text);
    if (!events.has_map()) {
        fail_file(name, "bad model index: expected an object with weight_map");
    }
    return std::move(events.map);
}

model_files open_model(const fs::path& path) {
    std::error_code error;
    if (!fs::is_directory(path, error)) {
        return is_model_index(path) ? open_index(path) : without_index({path});
    }
    const std::vector<fs::path> indices = files_ending_in(path, index_suffix);
    if (indices.size() > 1) {
        fail_file(path.string(), "holds several model indices, '" + indices[0].filename().string() + "' and '" +
                                     indices[1].filename().string() + "' among them: name one");
    }
    if (!indices.empty()) {
        return open_index(indices.front());
    }
    const std::vector<fs::path> shards = files_ending_in(path, shard_suffix);
    if (shards.empty()) {
        fail_file(path.string(), "holds no .safetensors file");
    }
    return without_index(shards);
}

}  // namespace narrowfp

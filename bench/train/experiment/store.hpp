// SPDX-License-Identifier: Apache-2.0
// Finished parts of an experiment in its output folder, one JSON file each, so that a stopped experiment goes on where it
// was. A file knows the configuration that it belongs to; one of another configuration is an error and never mixed in.
// Files are written whole, those of whole runs to survive a power loss.
#pragma once

#include <nlohmann/json.hpp>

#include <chrono>
#include <filesystem>
#include <optional>
#include <string>
#include <thread>
#include <utility>

namespace narrowfp::bench::train {

class store {
public:
    // Keeps nothing.
    store() = default;
    // Parts lie in the folder `parts` of `folder`.
    explicit store(const std::filesystem::path& folder);

    bool keeps() const { return !folder_.empty(); }

    // The part that was computed for this configuration, if there is one. Throws std::runtime_error that names the file for
    // one of another configuration or that cannot be read.
    template <class T>
    std::optional<T> find(const std::string& name, const std::string& configuration) const {
        const std::optional<nlohmann::json> found = read(name, configuration);
        if (!found) {
            return std::nullopt;
        }
        try {
            return found->get<T>();
        } catch (const nlohmann::json::exception&) {
            refuse(name, "is damaged or of another version");
        }
    }

    // The part that another process has just finished: network file systems show a new file up to a minute late. Throws
    // std::runtime_error that names the file if it does not appear.
    template <class T>
    T wait_for(const std::string& name, const std::string& configuration) const {
        constexpr int tries = 120;
        for (int n = 0; n < tries; ++n) {
            if (auto found = find<T>(name, configuration)) {
                return std::move(*found);
            }
            std::this_thread::sleep_for(std::chrono::seconds(1));
        }
        refuse_missing(name);
    }

    template <class T>
    void put(const std::string& name, const std::string& configuration, const T& part) const {
        if (keeps()) {
            write(name, configuration, nlohmann::json(part));
        }
    }

    // Where a part that is not finished may leave its state.
    std::filesystem::path checkpoint(const std::string& name) const { return folder_ / (name + ".checkpoint"); }

    // Removes what parts of this name left while they ran: NAME.running.json, NAME*.checkpoint.
    void remove_running(const std::string& name) const;

private:
    std::optional<nlohmann::json> read(const std::string& name, const std::string& configuration) const;
    void write(const std::string& name, const std::string& configuration, nlohmann::json part) const;
    [[noreturn]] void refuse(const std::string& name, const std::string& why) const;
    [[noreturn]] void refuse_missing(const std::string& name) const;
    std::filesystem::path file_of(const std::string& name) const { return folder_ / (name + ".json"); }

    std::filesystem::path folder_;
};

}  // namespace narrowfp::bench::train

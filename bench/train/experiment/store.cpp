// SPDX-License-Identifier: Apache-2.0
#include "train/experiment/store.hpp"

#include <narrowfp/report/write_file.hpp>

#include <stdexcept>
#include <system_error>
#include <vector>

namespace narrowfp::bench::train {

store::store(const std::filesystem::path& folder) : folder_(folder / "parts") {
    std::error_code failure;
    std::filesystem::create_directories(folder_, failure);
    if (failure) {
        throw std::runtime_error("'" + folder_.string() + "': cannot create the folder: " + failure.message());
    }
}

void store::refuse(const std::string& name, const std::string& why) const {
    throw std::runtime_error("'" + file_of(name).string() + "' " + why +
                             ": choose another --output, or remove the folder");
}

void store::refuse_missing(const std::string& name) const {
    throw std::runtime_error("'" + file_of(name).string() +
                             "' was written by another rank and is not there: --output must be one folder that all "
                             "hosts share");
}

std::optional<nlohmann::json> store::read(const std::string& name, const std::string& configuration) const {
    std::error_code failure;
    if (!keeps() || !std::filesystem::exists(file_of(name), failure)) {
        return std::nullopt;
    }
    nlohmann::json file = nlohmann::json::parse(report::read_file(file_of(name)), nullptr, false);
    if (!file.is_object() || !file.contains("part") || !file.contains("configuration")) {
        refuse(name, "is no finished part of an experiment");
    }
    if (file["configuration"] != configuration) {
        refuse(name, "belongs to an experiment of another configuration");
    }
    return std::move(file["part"]);
}

void store::write(const std::string& name, const std::string& configuration, nlohmann::json part) const {
    const nlohmann::json file{{"configuration", configuration}, {"part", std::move(part)}};
    report::write_file(file_of(name), file.dump() + "\n", report::durability::power_loss);
}

void store::remove_running(const std::string& name) const {
    if (!keeps()) {
        return;
    }
    std::error_code ignored;
    std::filesystem::remove(file_of(name + ".running"), ignored);
    std::vector<std::filesystem::path> left;
    for (const auto& entry : std::filesystem::directory_iterator(folder_, ignored)) {
        const std::string file = entry.path().filename().string();
        if (file.starts_with(name + "-step") && file.ends_with(".checkpoint")) {
            left.push_back(entry.path());
        }
    }
    for (const auto& file : left) {
        std::filesystem::remove(file, ignored);
    }
}

}  // namespace narrowfp::bench::train

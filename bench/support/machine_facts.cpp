// SPDX-License-Identifier: Apache-2.0
#include "support/machine_facts.hpp"

#include <fmt/chrono.h>
#include <fmt/format.h>

#include <unistd.h>

#include <ctime>
#include <fstream>

namespace narrowfp::bench {

std::string line_of_file(const char* path, std::string_view key) {
    std::ifstream file(path);
    for (std::string line; std::getline(file, line);) {
        if (line.starts_with(key)) {
            const std::size_t begin = key.empty() ? 0 : line.find_first_not_of(" \t", line.find(':') + 1);
            return begin < line.size() ? line.substr(begin) : "";
        }
    }
    return {};
}

namespace {

// PRETTY_NAME of /etc/os-release, without its quotes.
std::string system_name() {
    constexpr std::string_view key = "PRETTY_NAME=";
    std::ifstream file("/etc/os-release");
    for (std::string line; std::getline(file, line);) {
        if (line.starts_with(key)) {
            std::string name = line.substr(key.size());
            std::erase(name, '"');
            return name;
        }
    }
    return {};
}

}  // namespace

std::vector<std::pair<std::string, std::string>> machine_facts() {
    std::vector<std::pair<std::string, std::string>> facts;
    const auto add = [&](const char* name, std::string value) {
        if (!value.empty()) {
            facts.emplace_back(name, std::move(value));
        }
    };
    const long cores = sysconf(_SC_NPROCESSORS_ONLN);
    std::string processor = line_of_file("/proc/cpuinfo", "model name");
    if (cores > 0) {
        processor += fmt::format("{}{} {}", processor.empty() ? "" : ", ", cores, cores == 1 ? "core" : "cores");
    }
    add("processor", std::move(processor));
    const double bytes = static_cast<double>(sysconf(_SC_PHYS_PAGES)) * static_cast<double>(sysconf(_SC_PAGE_SIZE));
    add("memory", bytes > 0 ? fmt::format("{:.1f} GiB", bytes / (1 << 30)) : std::string());
    add("system", system_name());
    add("date", fmt::format("{:%Y-%m-%d %H:%M} UTC", fmt::gmtime(std::time(nullptr))));
    return facts;
}

}  // namespace narrowfp::bench

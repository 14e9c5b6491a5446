// SPDX-License-Identifier: Apache-2.0
#include "cli/tensor_choice.hpp"

#include "support/near_names.hpp"

#include <fmt/format.h>

#include <fnmatch.h>

#include <algorithm>
#include <stdexcept>

namespace narrowfp::cli {
namespace {

bool matches(const std::string& glob, const std::string& name) { return ::fnmatch(glob.c_str(), name.c_str(), 0) == 0; }

[[noreturn]] void no_match(const std::string& glob, const std::vector<bench::stored_tensor>& all) {
    std::vector<std::string_view> names;
    for (const bench::stored_tensor& t : all) {
        names.emplace_back(t.name);
    }
    const std::vector<std::string> near = bench::near_names(glob, names);
    throw std::invalid_argument(
        fmt::format("no tensor matches '{}'; {} {}", glob, near.empty() ? "the first is" : "near:",
                    near.empty() ? std::string(names.front()) : fmt::format("{}", fmt::join(near, ", "))));
}

}  // namespace

std::vector<bool> choose_tensors(const std::vector<bench::stored_tensor>& all, const std::vector<std::string>& globs) {
    std::vector<std::string> wanted;
    std::vector<std::string> unwanted;
    for (const std::string& glob : globs) {
        (glob.starts_with('!') ? unwanted : wanted).push_back(glob.starts_with('!') ? glob.substr(1) : glob);
    }
    for (const std::vector<std::string>* list : {&wanted, &unwanted}) {
        for (const std::string& glob : *list) {
            if (std::none_of(all.begin(), all.end(), [&](const auto& t) { return matches(glob, t.name); })) {
                no_match(glob, all);
            }
        }
    }
    const auto named_by = [](const std::vector<std::string>& list, const std::string& name) {
        return std::any_of(list.begin(), list.end(), [&](const std::string& glob) { return matches(glob, name); });
    };
    std::vector<bool> chosen;
    for (const bench::stored_tensor& t : all) {
        chosen.push_back(!named_by(unwanted, t.name) && (wanted.empty() || named_by(wanted, t.name)));
    }
    if (std::find(chosen.begin(), chosen.end(), true) == chosen.end()) {
        throw std::invalid_argument("--tensor leaves no tensor");
    }
    return chosen;
}

}  // namespace narrowfp::cli

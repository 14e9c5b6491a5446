// SPDX-License-Identifier: Apache-2.0
// Results files (narrowfp-results/1) of other programs that rows take figures from: the training experiment, suites.
#pragma once

#include <narrowfp/report/record.hpp>

#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

namespace narrowfp::bench::claim {

class results_set {
public:
    // Throws std::runtime_error that names the file for one that cannot be read or has another schema, and for a record
    // that an earlier file gave with another value.
    void read(const std::filesystem::path& file);
    // Records that this program has made; they are no file of the user's.
    void add(std::vector<report::record> records);

    // The record with a value, or nullptr.
    const report::record* find(std::string_view id) const;
    // Those with a value whose id begins so, in their order.
    std::vector<const report::record*> under(std::string_view begin) const;
    const std::vector<std::string>& files() const { return files_; }

private:
    std::vector<report::record> records_;
    std::vector<std::string> files_;
};

// The number of a record that a results file gave. Throws std::runtime_error that names the record if it holds none.
double number_of(const report::record& r);

}  // namespace narrowfp::bench::claim

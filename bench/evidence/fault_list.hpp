// SPDX-License-Identifier: Apache-2.0
// What the rules of all data files share: the faults found so far and the checks of one figure.
#pragma once

#include "evidence/check.hpp"

#include <initializer_list>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace narrowfp::bench::evidence {

// Faults of one file. `at` names the row that the checks after it are about.
class fault_list {
public:
    explicit fault_list(std::string_view file) : file_(file) {}

    // An id that was there before is a fault.
    void at(std::size_t line, int id);

    void add(std::string_view column, std::string found, std::string expected);
    void text(std::string_view column, const std::string& value);  // not empty
    void positive(std::string_view column, std::optional<double> value);
    void range(std::string_view column, std::optional<double> value, double low, double high);
    void whole(std::string_view column, std::optional<double> value, double low, double high);  // a whole number in it
    // A ratio: above 0, and within 0.2 to 5 unless a note explains it.
    void ratio(std::optional<double> value, const std::string& note);
    // The ratio within 1 % of numerator over denominator, where all are given. An inverse one is named as such with `why`.
    void quotient(std::optional<double> ratio, std::optional<double> numerator, std::optional<double> denominator,
                  std::string_view why);
    void year(std::optional<int> value);

    std::vector<fault> take() { return std::move(faults_); }

private:
    std::string file_;
    std::size_t line_ = 0;
    int id_ = 0;
    std::set<int> ids_;
    std::vector<fault> faults_;
};

}  // namespace narrowfp::bench::evidence

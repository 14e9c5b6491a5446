// SPDX-License-Identifier: Apache-2.0
// The recorded training runs that the claim rests on, and the one that is trained again while the claim is made: drawn at
// random, compared bit for bit. The draw and its time are measured (timings.json); they change nothing in results.json.
#pragma once

#include "train/experiment/recorded.hpp"

#include <narrowfp/report/record.hpp>

#include <cstdint>
#include <string>
#include <vector>

namespace narrowfp::bench::claim {

struct recorded_check {
    std::size_t runs = 0;                    // recorded, of any design
    std::string repeated{};                  // "deepseek_v3/117"; empty: none was
    std::string not_repeated{};              // why none was
    std::vector<std::string> differences{};  // of the repeated run, or of a record and its hash; none: all equal
    std::uint64_t draw = 0;
    double seconds = 0;  // of the repeated run

    bool held() const { return differences.empty(); }
    // "960 runs are recorded; one of them, deepseek_v3/117, was repeated here: equal in every bit"
    std::string sentence() const;
};

// Trains one of the recorded runs of the deciding design again, the draw-th in an order that `draw` shuffles. Without the
// text, or with another one, none; the reason says so.
recorded_check repeat_one_run(const train::recorded_training& all, std::uint64_t draw);

// The figures of the recorded part of the deciding design, of kind recorded; empty without runs of it.
std::vector<report::record> records_of(const train::recorded_training& all);

// For timings.json.
report::record timing_of(const recorded_check& c);

}  // namespace narrowfp::bench::claim

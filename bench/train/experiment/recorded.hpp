// SPDX-License-Identifier: Apache-2.0
// Outcomes of the training experiment that the project computed once and keeps (bench/evidence/recorded/training.txt), and
// how one of them is computed again. A record holds what an outcome says and the SHA-256 of all of it: of a run every step's
// loss and every count, which the record itself leaves out.
#pragma once

#include "train/experiment/experiment.hpp"

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace narrowfp::bench::train {

struct recorded_run {
    std::string size;
    std::size_t steps = 0;
    run_outcome outcome;  // without losses of steps, counts and seconds
    std::string whole;    // SHA-256 of the outcome with all of them, seconds and commit left out
    std::string place;    // "training.txt:12"

    bool of_deciding_design() const;  // its size and steps
    std::string name() const;         // "deepseek_v3/101", "fp32/101 (size M, 400 steps)"
};

struct recorded_training {
    std::string text_crc32;         // of the text that all runs read
    std::size_t other_version = 0;  // records of another version of the arithmetic: left out of the lists
    std::vector<recorded_run> runs;
    std::vector<arm_fidelity> fidelity;  // T1 of the deciding design, without single products
    std::vector<arm_forks> forks;        // T2
};

// The records of a text as the project keeps it; `name` stands for it in messages. Throws std::runtime_error with the
// place for a line whose hash does not fit, that lacks a field, or that was computed on another text than the first.
recorded_training read_recorded_training(std::string_view text, std::string_view name);

// Those that are compiled into the program.
recorded_training shipped_training();

// The outcome as that text.
std::string recorded_training_text(const experiment_outcome& e);

// The recorded part of the deciding design as an outcome; nothing if there are no runs of it. Losses of steps are not part
// of it, nor the counts of runs.
std::optional<experiment_outcome> recorded_outcome(const recorded_training& all);

struct repeated_run {
    std::vector<std::string> differences;  // "loss: recorded 1.7, here 1.8"; none: equal in every bit
    double seconds = 0;                    // measured

    bool equal() const { return differences.empty(); }
};

// Trains the run again on one thread and compares everything. The text must be the recorded one (same_text).
repeated_run repeat(const recorded_run& r, const corpus& text);

bool same_text(const recorded_training& all, const corpus& text);

}  // namespace narrowfp::bench::train

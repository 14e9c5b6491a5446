// SPDX-License-Identifier: Apache-2.0
// Recorded runs: a record reads back as it was written, a changed character is found by its hash, a record that was changed
// together with its hash by training the run again, and records of another version of the arithmetic are not used.
#include "symbols.hpp"

#include <doctest/doctest.h>

#include <evidence/recorded_lines.hpp>
#include <support/sha256.hpp>
#include <train/experiment/recorded.hpp>
#include <train/run/arithmetic.hpp>

#include <algorithm>
#include <fstream>
#include <iterator>
#include <span>
#include <stdexcept>
#include <string>

#include "support/message_of.hpp"

using namespace narrowfp::bench;
using namespace narrowfp::bench::train;
using namespace narrowfp_test;

namespace {

corpus learnable_text() {
    std::string text;
    for (const std::uint8_t symbol : learnable_symbols(4000, 52)) {
        text += static_cast<char>('!' + symbol % 90);
    }
    return corpus_of(text, "learnable");
}

experiment_design tiny_design() {
    experiment_design d;
    d.mode = "test";
    d.size = size_tiny;
    d.steps = 16;
    d.first_seed = 3;
    d.run_arms = {"fp32", "bf16", "null_noise"};
    d.fidelity_arms = {"bf16"};
    d.checkpoints = {1.0};
    d.batches = 1;
    return d;
}

// Its records, computed once.
const std::string& records() {
    rank_job job;
    experiment_options how;
    how.threads = 1;
    static const std::string text = recorded_training_text(run_experiment(tiny_design(), learnable_text(), how, job));
    return text;
}

// The line with `from` replaced by `to`, under a new hash.
std::string rehashed(std::string line, const std::string& from, const std::string& to) {
    line = line.substr(65);  // behind the hash and a blank
    const std::size_t at = line.find(from);
    REQUIRE(at != std::string::npos);
    line.replace(at, from.size(), to);
    return evidence::recorded_text(nlohmann::json::parse(line));
}

std::string first_line() { return records().substr(0, records().find('\n')); }

}  // namespace

TEST_CASE("a recorded experiment reads back") {
    const recorded_training all = read_recorded_training(records(), "mine.txt");
    REQUIRE(all.runs.size() == 3);
    CHECK(all.runs[0].outcome.arm == "fp32");
    CHECK(all.runs[1].place == "mine.txt:2");
    CHECK(all.runs[2].name() == "null_noise/3 (size tiny, 16 steps)");
    REQUIRE(all.fidelity.size() == 1);
    CHECK(all.fidelity[0].gradients.size() == 1);
    CHECK(all.other_version == 0);
    CHECK(same_text(all, learnable_text()));
    CHECK_FALSE(recorded_outcome(all).has_value());  // not of the deciding design
}

TEST_CASE("every recorded run comes out equal when it is trained again") {
    const corpus text = learnable_text();
    for (const recorded_run& r : read_recorded_training(records(), "mine.txt").runs) {
        CAPTURE(r.name());
        CHECK(repeat(r, text).differences == std::vector<std::string>{});
    }
}

TEST_CASE("a changed character is found by the hash") {
    for (const std::size_t at : {std::size_t{0}, std::size_t{80}, first_line().size() - 3}) {
        std::string changed = records();
        changed[at] = changed[at] == '1' ? '2' : '1';
        CAPTURE(at);
        CHECK(message_of<std::runtime_error>([&] {
                  read_recorded_training(changed, "mine.txt");
              }).find("mine.txt:1: the line was changed") == 0);
    }
    CHECK(message_of<std::runtime_error>([] {
              read_recorded_training("{}\n", "mine.txt");
          }).find("mine.txt:1: expected a SHA-256") == 0);
    CHECK(message_of<std::runtime_error>([] {
              read_recorded_training(evidence::recorded_text({{"kind", "run"}}), "mine.txt");
          }).find("mine.txt:1: no record of training") == 0);
}

TEST_CASE("a record changed together with its hash is found by training the run again") {
    const corpus text = learnable_text();
    const recorded_training all = read_recorded_training(records(), "mine.txt");
    const std::string loss = nlohmann::json(all.runs[0].outcome.loss).dump();
    const auto differences = [&](const std::string& from, const std::string& to) {
        return repeat(read_recorded_training(rehashed(first_line(), from, to), "mine.txt").runs.at(0), text)
            .differences;
    };
    const std::vector<std::string> of_loss = differences("\"loss\":" + loss, "\"loss\":3.25");
    REQUIRE(of_loss.size() == 1);
    CHECK(of_loss[0].find("loss: recorded 3.25, here " + loss) == 0);
    const std::string whole = all.runs[0].whole;
    CHECK(differences(whole, std::string(64, '0')).size() == 1);
}

TEST_CASE("records of another version of the arithmetic are counted and not used") {
    const std::string old = rehashed(first_line(), "\"arithmetic\":" + std::to_string(arithmetic_version),
                                     "\"arithmetic\":" + std::to_string(arithmetic_version + 1));
    const recorded_training all = read_recorded_training(old, "mine.txt");
    CHECK(all.other_version == 1);
    CHECK(all.runs.empty());
}

TEST_CASE("the version of the arithmetic stands for the committed traces") {
    // If a trace changes, the recorded runs are no longer this program's: raise arithmetic_version, record the runs anew, and
    // write the new hash here.
    constexpr const char* traces_of_version_1 = "b288d623ddd01ef3553e6ccf79afe38546e420031ac170302b88ce451c327602";
    std::ifstream file(NARROWFP_TEST_FOLDER "/golden/training_traces.txt", std::ios::binary);
    const std::string text{std::istreambuf_iterator<char>(file), {}};
    CHECK(arithmetic_version == 1);
    CHECK(sha256(text) == traces_of_version_1);
}

TEST_CASE("the records in the program fit their hashes and are of this version") {
    const recorded_training all = shipped_training();
    CHECK(all.other_version == 0);
    std::vector<std::string> names;
    for (const recorded_run& r : all.runs) {
        names.push_back(r.name() + " at " + std::to_string(r.outcome.rate));
    }
    std::sort(names.begin(), names.end());
    CHECK(std::adjacent_find(names.begin(), names.end()) == names.end());
}

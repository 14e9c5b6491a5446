// SPDX-License-Identifier: Apache-2.0
// looks_probe FOLDER: an experiment with sequential looks, one arm of which stops early, on the ranks that mpirun started.
// Rank 0 prints the runs that were made and the hash of their weights.
#include "train/experiment/experiment.hpp"
#include "unit/train/symbols.hpp"

#include <cstdio>

int main(int argc, char** argv) {
    using namespace narrowfp::bench;
    using namespace narrowfp::bench::train;
    if (argc != 2) {
        std::fprintf(stderr, "usage: looks_probe FOLDER\n");
        return 2;
    }
    const std::vector<std::uint8_t> symbols = narrowfp_test::learnable_symbols(6000, 3);
    const corpus text{.name = "made up", .symbols = symbols, .vocabulary = 128};
    experiment_design d;
    d.size = size_tiny;
    d.steps = 16;
    d.run_arms = {"fp32", "bf16", "null_noise", "deepseek_v3", "int8_tile"};
    d.primary_arms = {"deepseek_v3", "int8_tile"};
    d.plan = sequential_plan{.looks = {3, 6, 9, 12}, .margin = 0.05};
    d.seeds = 12;
    experiment_options how;
    how.output = argv[1];
    rank_job job;
    const experiment_outcome e = run_experiment(d, text, how, job);
    for (const run_outcome& r : e.runs) {
        std::printf("%s %u %s\n", r.arm.c_str(), static_cast<unsigned>(r.seed), r.weights.c_str());
    }
}

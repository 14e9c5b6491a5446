// SPDX-License-Identifier: Apache-2.0
// Starts the communication suite under Open MPI's mpirun and collects its records. TCP is forced, because between processes
// of one machine MPI would copy memory. What is missing is said in one line with what to install.
#pragma once

#include "comm/comm_suite.hpp"

#include <narrowfp/report/table.hpp>

#include <filesystem>
#include <string>
#include <vector>

namespace narrowfp::bench {

struct launch_options {
    std::vector<int> ranks{2, 4, 8};
    bool small = false;
    std::uint32_t seed = 1;
    std::vector<std::string> only;
    bool allow_run_as_root = false;
    std::filesystem::path suite;  // bench_comm; empty: beside this program
};

struct launch_outcome {
    std::vector<report::record> results;
    std::vector<report::record> timings;
    bool held = true;  // checks of every run
};

// Throws std::invalid_argument for wrong use (unknown part, as root without saying so) and std::runtime_error for what is
// missing. `on_start` hears the number of ranks before each run.
launch_outcome launch_suite(const launch_options& options, const std::function<void(int ranks)>& on_start = {});

// The arguments of mpirun.
std::vector<std::string> mpirun_arguments(const launch_options& options, int ranks, const std::filesystem::path& suite,
                                          const std::filesystem::path& folder);

// Tables of what was collected; results and timings are told apart by their kinds.
std::vector<report::table> comm_tables(const launch_outcome& outcome);

}  // namespace narrowfp::bench

// SPDX-License-Identifier: Apache-2.0
// Ranks as threads of this process, for algorithms without MPI: their errors and, counted, their payload.
#pragma once

#include "comm/transport.hpp"

#include <functional>

namespace narrowfp::bench {

struct thread_traffic {
    std::uint64_t bytes = 0;  // sent by all ranks
    std::uint64_t messages = 0;
};

// Runs `work` once for each rank, at the same time, and returns when all have ended. The first exception is thrown again.
thread_traffic run_ranks(int size, const std::function<void(transport&)>& work);

}  // namespace narrowfp::bench

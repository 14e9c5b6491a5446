// SPDX-License-Identifier: Apache-2.0
// The MPI calls behind support/ranks.hpp: beginning and end, a barrier, and numbers at rank 0 that every rank raises by
// one-sided operations.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>

namespace narrowfp::bench {

enum class rank_use : std::uint8_t;

class mpi_job {
public:
    virtual ~mpi_job() = default;  // all ranks end together

    virtual int rank() const = 0;
    virtual int size() const = 0;
    virtual std::size_t ranks_of_host() const = 0;
    // Whether it has numbers.
    virtual bool counts() const = 0;
    virtual void barrier(const std::function<void()>& while_waiting) = 0;
    // Adds to a number and returns what it was. From any thread.
    virtual std::int64_t fetch_add(std::size_t number, std::int64_t value) = 0;
    [[noreturn]] virtual void abort(int code) = 0;
};

// Begins MPI, with this many numbers unless it is for messages only. `on_tick` is called now and then on a thread of the
// job. Nothing in a build without MPI.
std::unique_ptr<mpi_job> begin_mpi(rank_use use, std::size_t numbers, std::function<void()> on_tick);

}  // namespace narrowfp::bench

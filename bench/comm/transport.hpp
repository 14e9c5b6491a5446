// SPDX-License-Identifier: Apache-2.0
// What the algorithms of this folder need of a network: ranks that exchange bytes. MPI is one (mpi_transport.hpp), threads
// of one process another (thread_transport.hpp), a slow link a third that wraps one (paced_transport.hpp). Byte counts
// and errors of an algorithm are the same over each; times are those of the transport.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>

namespace narrowfp::bench {

using bytes_out = std::span<const std::uint8_t>;
using bytes_in = std::span<std::uint8_t>;

class transport {
public:
    virtual ~transport() = default;
    virtual int rank() const = 0;
    virtual int size() const = 0;

    // Sends `out` to rank `to` and fills `in` with what rank `from` sends; both ends know the lengths, and no message is
    // sent for a length of 0. `to` and `from` may be the same rank, never the own.
    virtual void exchange(int to, bytes_out out, int from, bytes_in in) = 0;
    // Returns when every rank has called it.
    virtual void barrier() = 0;
};

}  // namespace narrowfp::bench

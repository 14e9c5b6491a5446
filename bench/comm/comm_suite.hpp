// SPDX-License-Identifier: Apache-2.0
// The communication suite over any transport: payloads of dispatch and combine, sums over ranks by format and algorithm
// with their errors, what encoding costs, and times on links whose speed is scaled down as far as this machine's products
// are slower than a chip's. Payload is what a counter beneath the algorithms found; a closed form only checks it.
// bench_comm runs it over MPI; results go to rank 0.
#pragma once

#include "comm/all_reduce.hpp"
#include "comm/expert_exchange.hpp"

#include <narrowfp/report/record.hpp>

#include <functional>
#include <optional>
#include <string>
#include <vector>

namespace narrowfp::bench {

struct sent_traffic {
    std::uint64_t bytes = 0;
    std::uint64_t messages = 0;
};

// The ranks, and what lies beneath the transport.
struct comm_world {
    transport& net;
    std::function<sent_traffic()> sent;            // by this rank so far, counted beneath the transport
    std::function<double(double)> sum_over_ranks;  // not counted as traffic
    std::function<double(double)> max_over_ranks;
    std::function<std::optional<std::uint64_t>()> interface_bytes;  // that the machine's interface has carried
    std::string transport_name;                                     // "MPI over TCP"
    // A reduction of the library's own choice over whole tiles, or empty.
    std::function<void(const wire_format&, std::span<float>)> library_all_reduce;
};

struct comm_options {
    std::size_t numbers = 1 << 18;  // of an all-reduce
    exchange_shape exchange;
    bool small = false;             // for tests: fewer numbers, no timed links
    std::vector<std::string> only;  // parts: exchange, reduce, gather, codec, links; all if empty
};

inline constexpr std::array<std::string_view, 5> comm_parts{"exchange", "reduce", "gather", "codec", "links"};

struct comm_outcome {
    std::vector<report::record> results;  // bytes, errors
    std::vector<report::record> timings;
    std::vector<std::string> failures;  // checks that did not hold; empty is good
};

// Called by every rank; the outcome is whole on rank 0.
comm_outcome run_comm_suite(const comm_world& world, const comm_options& options);

// Timed links (comm_links.cpp).
void run_links(const comm_world& world, const comm_options& options, comm_outcome& out);

// A record of the suite: id "comm.<what>", with the number of ranks.
report::record comm_record(std::string what, std::string name, report::evidence_kind kind, report::record_value value,
                           std::string unit, int ranks);

}  // namespace narrowfp::bench

// SPDX-License-Identifier: Apache-2.0
#include "comm/all_reduce.hpp"

#include <algorithm>
#include <bit>
#include <stdexcept>
#include <string>
#include <vector>

namespace narrowfp::bench {

namespace {

using buffer = std::vector<std::uint8_t>;

int wrapped(int rank, int ranks) { return (rank % ranks + ranks) % ranks; }

std::span<float> part_of(std::span<float> x, const chunk& c) { return x.subspan(c.first, c.count); }

buffer encoded(const wire_format& format, std::span<const float> x) {
    buffer out(format.bytes(x.size()));
    format.encode(x, out);
    return out;
}

void add_decoded(const wire_format& format, bytes_out in, std::span<float> x) {
    std::vector<float> received(x.size());
    format.decode(in, received);
    for (std::size_t n = 0; n < x.size(); ++n) {
        x[n] += received[n];
    }
}

// Each rank's chunk travels round the ring unchanged; `x` holds the decoded chunks at the end.
void gather_on_ring(transport& net, const wire_format& format, std::span<float> x) {
    const int ranks = net.size();
    const int next = wrapped(net.rank() + 1, ranks);
    const int previous = wrapped(net.rank() - 1, ranks);
    buffer travelling = encoded(format, part_of(x, chunk_of(x.size(), ranks, net.rank())));
    format.decode(travelling, part_of(x, chunk_of(x.size(), ranks, net.rank())));
    for (int step = 1; step < ranks; ++step) {
        const chunk arriving = chunk_of(x.size(), ranks, wrapped(net.rank() - step, ranks));
        buffer in(format.bytes(arriving.count));
        net.exchange(next, travelling, previous, in);
        format.decode(in, part_of(x, arriving));
        travelling = std::move(in);
    }
}

void reduce_on_ring(transport& net, const wire_format& format, std::span<float> x) {
    const int ranks = net.size();
    // After ranks - 1 hops the whole sum of chunk r is with rank r, where the way of chunk r ends.
    for (int step = 1; step < ranks; ++step) {
        const chunk leaving = chunk_of(x.size(), ranks, wrapped(net.rank() - step, ranks));
        const chunk arriving = chunk_of(x.size(), ranks, wrapped(net.rank() - step - 1, ranks));
        buffer in(format.bytes(arriving.count));
        net.exchange(wrapped(net.rank() + 1, ranks), encoded(format, part_of(x, leaving)),
                     wrapped(net.rank() - 1, ranks), in);
        add_decoded(format, in, part_of(x, arriving));
    }
}

void reduce_by_doubling(transport& net, const wire_format& format, std::span<float> x) {
    for (int distance = 1; distance < net.size(); distance *= 2) {
        const int partner = net.rank() ^ distance;
        const buffer mine = encoded(format, x);
        buffer theirs(mine.size());
        net.exchange(partner, mine, partner, theirs);
        // Both partners add the same two rounded vectors, so both hold the same bits.
        format.decode(mine, x);
        add_decoded(format, theirs, x);
    }
    const buffer result = encoded(format, x);
    format.decode(result, x);
}

void reduce_in_two_steps(transport& net, const wire_format& format, std::span<float> x) {
    const int ranks = net.size();
    const chunk own = chunk_of(x.size(), ranks, net.rank());
    std::vector<buffer> received(static_cast<std::size_t>(ranks));
    for (int step = 1; step < ranks; ++step) {
        const int to = wrapped(net.rank() + step, ranks);
        const int from = wrapped(net.rank() - step, ranks);
        buffer& in = received[static_cast<std::size_t>(from)];
        in.resize(format.bytes(own.count));
        net.exchange(to, encoded(format, part_of(x, chunk_of(x.size(), ranks, to))), from, in);
    }
    const std::span<float> mine = part_of(x, own);
    std::vector<float> sum(own.count);
    for (int rank = 0; rank < ranks; ++rank) {
        if (rank == net.rank()) {  // its own numbers need not travel
            for (std::size_t n = 0; n < sum.size(); ++n) {
                sum[n] += mine[n];
            }
        } else {
            add_decoded(format, received[static_cast<std::size_t>(rank)], sum);
        }
    }
    std::copy(sum.begin(), sum.end(), mine.begin());
}

}  // namespace

chunk chunk_of(std::size_t numbers, int ranks, int rank) {
    const std::size_t tiles = (numbers + wire_tile - 1) / wire_tile;
    const auto count = static_cast<std::size_t>(ranks);
    const auto r = static_cast<std::size_t>(rank);
    const std::size_t first = std::min(numbers, tiles * r / count * wire_tile);
    return {first, std::min(numbers, tiles * (r + 1) / count * wire_tile) - first};
}

bool is_defined(reduction how, int ranks) {
    return how != reduction::recursive_doubling || std::has_single_bit(static_cast<unsigned>(ranks));
}

void all_reduce(transport& net, const wire_format& format, reduction how, std::span<float> x) {
    if (!is_defined(how, net.size())) {
        throw std::invalid_argument("all-reduce: recursive doubling needs a power of two of ranks, found " +
                                    std::to_string(net.size()));
    }
    switch (how) {
        case reduction::ring:
            reduce_on_ring(net, format, x);
            gather_on_ring(net, format, x);
            break;
        case reduction::recursive_doubling: reduce_by_doubling(net, format, x); break;
        case reduction::two_step:
            reduce_in_two_steps(net, format, x);
            gather_on_ring(net, format, x);
            break;
    }
}

void all_gather(transport& net, const wire_format& format, std::span<const float> part, std::span<float> all) {
    if (all.size() != part.size() * static_cast<std::size_t>(net.size())) {
        throw std::invalid_argument("all-gather: " + std::to_string(net.size()) + " parts of " +
                                    std::to_string(part.size()) + " numbers do not make " + std::to_string(all.size()));
    }
    const int ranks = net.size();
    const auto place = [&](int rank) { return all.subspan(static_cast<std::size_t>(rank) * part.size(), part.size()); };
    buffer travelling = encoded(format, part);
    format.decode(travelling, place(net.rank()));
    for (int step = 1; step < ranks; ++step) {
        buffer in(travelling.size());
        net.exchange(wrapped(net.rank() + 1, ranks), travelling, wrapped(net.rank() - 1, ranks), in);
        format.decode(in, place(wrapped(net.rank() - step, ranks)));
        travelling = std::move(in);
    }
}

std::uint64_t all_reduce_bytes(const wire_format& format, reduction how, std::size_t numbers, int ranks, int rank) {
    const auto of_chunk = [&](int owner) {
        return format.bytes(chunk_of(numbers, ranks, wrapped(owner, ranks)).count);
    };
    std::uint64_t sum = 0;
    if (how == reduction::recursive_doubling) {
        for (int distance = 1; distance < ranks; distance *= 2) {
            sum += format.bytes(numbers);
        }
        return sum;
    }
    for (int step = 1; step < ranks; ++step) {
        // Reducing: chunks of the others leave. Gathering: all but the chunk of the next rank pass on.
        sum += of_chunk(how == reduction::ring ? rank - step : rank + step) + of_chunk(rank - step + 1);
    }
    return sum;
}

std::uint64_t all_gather_bytes(const wire_format& format, std::size_t part, int ranks) {
    return format.bytes(part) * static_cast<std::uint64_t>(ranks - 1);
}

}  // namespace narrowfp::bench

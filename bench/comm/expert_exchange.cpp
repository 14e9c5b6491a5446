// SPDX-License-Identifier: Apache-2.0
#include "comm/expert_exchange.hpp"

#include "support/random_data.hpp"

#include <narrowfp/round/philox.hpp>

#include <algorithm>
#include <cmath>
#include <numeric>

namespace narrowfp::bench {

namespace {

constexpr std::uint32_t route_stream = 900;
constexpr std::uint32_t token_stream = 100;  // + rank

// Tokens of a rank that go to a node, in order, with their weights.
struct routed {
    std::vector<std::size_t> tokens;
    std::vector<float> weights;
};

routed routed_to(const exchange_shape& shape, int ranks, int from, int to) {
    routed out;
    for (std::size_t token = 0; token < shape.tokens; ++token) {
        const token_route route = route_of(shape, ranks, from, token);
        const auto found = std::find(route.nodes.begin(), route.nodes.end(), to);
        if (found != route.nodes.end()) {
            out.tokens.push_back(token);
            out.weights.push_back(route.weights[static_cast<std::size_t>(found - route.nodes.begin())]);
        }
    }
    return out;
}

using buffer = std::vector<std::uint8_t>;

std::span<const float> row(const std::vector<float>& x, std::size_t token, std::size_t hidden) {
    return std::span<const float>(x).subspan(token * hidden, hidden);
}

void add(std::span<const float> x, std::span<float> sum) {
    for (std::size_t n = 0; n < x.size(); ++n) {
        sum[n] += x[n];
    }
}

// What a node makes of one token that arrived in `in`.
void apply_expert(const wire_format& dispatch, bytes_out in, float weight, const wire_format& combine, bytes_in out,
                  std::size_t hidden) {
    std::vector<float> x(hidden);
    dispatch.decode(in, x);
    for (float& value : x) {
        value *= weight;
    }
    combine.encode(x, out);
}

}  // namespace

token_route route_of(const exchange_shape& shape, int ranks, int rank, std::size_t token) {
    const int count = std::min(shape.nodes_per_token, ranks);
    const philox_stream random{shape.seed, route_stream + static_cast<std::uint32_t>(rank)};
    std::vector<int> nodes(static_cast<std::size_t>(ranks));
    std::iota(nodes.begin(), nodes.end(), 0);
    token_route route;
    double sum = 0;
    for (int n = 0; n < count; ++n) {  // the first `count` of a random permutation
        const auto at = static_cast<std::uint64_t>(token) * 64 + static_cast<std::uint64_t>(n) * 2;
        const auto first = static_cast<std::size_t>(n);
        const std::size_t pick = first + random.word(at) % (nodes.size() - first);
        std::swap(nodes[first], nodes[pick]);
        route.nodes.push_back(nodes[first]);
        route.weights.push_back(0.5f + static_cast<float>(random.word(at + 1) >> 8) * 0x1p-24f);
        sum += route.weights.back();
    }
    for (float& weight : route.weights) {
        weight = static_cast<float>(weight / sum);
    }
    return route;
}

std::size_t copies_between(const exchange_shape& shape, int ranks, int from, int to) {
    return routed_to(shape, ranks, from, to).tokens.size();
}

exchange_outcome exchange_with_experts(transport& net, const wire_format& dispatch, const wire_format& combine,
                                       const exchange_shape& shape, const std::function<void()>& dispatched) {
    const int ranks = net.size();
    const std::size_t there = dispatch.bytes(shape.hidden);
    const std::size_t back = combine.bytes(shape.hidden);
    const matrix<float> x = make_matrix(distribution::normal, shape.tokens, shape.hidden, shape.seed,
                                        token_stream + static_cast<std::uint32_t>(net.rank()));
    exchange_outcome out;
    out.tokens.assign(x.data(), x.data() + shape.tokens * shape.hidden);
    out.returned.resize(out.tokens.size());
    std::vector<buffer> received(static_cast<std::size_t>(ranks));  // by step
    for (int step = 0; step < ranks; ++step) {
        const int to = (net.rank() + step) % ranks;
        const int from = (net.rank() - step + ranks) % ranks;
        const routed leaving = routed_to(shape, ranks, net.rank(), to);
        buffer sent(leaving.tokens.size() * there);
        for (std::size_t n = 0; n < leaving.tokens.size(); ++n) {
            dispatch.encode(row(out.tokens, leaving.tokens[n], shape.hidden),
                            std::span(sent).subspan(n * there, there));
        }
        buffer& in = received[static_cast<std::size_t>(step)];
        if (step == 0) {
            in = sent;  // to itself: nothing travels, but the numbers are rounded alike
            continue;
        }
        in.resize(copies_between(shape, ranks, from, net.rank()) * there);
        net.exchange(to, sent, from, in);
        out.remote_copies += leaving.tokens.size();
    }
    if (dispatched) {
        dispatched();
    }
    std::vector<float> partial(shape.hidden);
    for (int step = 0; step < ranks; ++step) {
        const int to = (net.rank() + step) % ranks;
        const int from = (net.rank() - step + ranks) % ranks;
        const routed leaving = routed_to(shape, ranks, net.rank(), to);
        const routed arrived = routed_to(shape, ranks, from, net.rank());
        const buffer& in = received[static_cast<std::size_t>(step)];
        buffer results(arrived.tokens.size() * back);
        for (std::size_t n = 0; n < arrived.tokens.size(); ++n) {
            apply_expert(dispatch, std::span(in).subspan(n * there, there), arrived.weights[n], combine,
                         std::span(results).subspan(n * back, back), shape.hidden);
        }
        buffer returned = step == 0 ? results : buffer(leaving.tokens.size() * back);
        if (step != 0) {
            net.exchange(from, results, to, returned);
        }
        for (std::size_t n = 0; n < leaving.tokens.size(); ++n) {
            combine.decode(std::span(returned).subspan(n * back, back), partial);
            add(partial, std::span(out.returned).subspan(leaving.tokens[n] * shape.hidden, shape.hidden));
        }
    }
    return out;
}

void exchange_messages(transport& net, const wire_format& dispatch, const wire_format& combine,
                       const exchange_shape& shape) {
    const int ranks = net.size();
    for (const bool there : {true, false}) {
        const std::size_t bytes = (there ? dispatch : combine).bytes(shape.hidden);
        for (int step = 1; step < ranks; ++step) {
            const int to = (net.rank() + step) % ranks;
            const int from = (net.rank() - step + ranks) % ranks;
            const buffer leaving(copies_between(shape, ranks, net.rank(), to) * bytes);
            buffer arriving(copies_between(shape, ranks, from, net.rank()) * bytes);
            if (there) {
                net.exchange(to, leaving, from, arriving);
            } else {  // each goes back where it came from
                const buffer results(arriving.size());
                buffer returned(leaving.size());
                net.exchange(from, results, to, returned);
            }
        }
    }
}

double exchange_error(const exchange_outcome& outcome) {
    double error = 0;
    double norm = 0;
    for (std::size_t n = 0; n < outcome.tokens.size(); ++n) {
        const double difference = double{outcome.returned[n]} - double{outcome.tokens[n]};
        error += difference * difference;
        norm += double{outcome.tokens[n]} * outcome.tokens[n];
    }
    return std::sqrt(error / norm);
}

}  // namespace narrowfp::bench

// SPDX-License-Identifier: Apache-2.0
// Dispatch of tokens to experts and combine of what comes back, with DeepSeek-V3's payloads (arXiv 2412.19437, 3.2 and
// 3.3): a token goes once to each node that holds one of its experts, at most 4 of them; it is dispatched in FP8 with a
// scale for each 128 numbers, or in 16 bits, and combined in BF16. A rank stands for a node. The experts are the identity
// times a router weight: what is measured is the way there and back. Indices and router weights are drawn by both ends
// from the same seed and do not travel; in a real system they do, a few bytes a token.
#pragma once

#include "comm/wire_format.hpp"

#include <cstdint>
#include <functional>
#include <vector>

namespace narrowfp::bench {

struct exchange_shape {
    std::size_t tokens = 64;  // of each rank
    std::size_t hidden = 7168;
    int nodes_per_token = 4;  // at most; arXiv 2412.19437, 2.1.2
    std::uint32_t seed = 1;
};

// The nodes of a token of a rank: min(nodes_per_token, ranks) different ones, uniformly drawn, and their weights, which
// sum to 1.
struct token_route {
    std::vector<int> nodes;
    std::vector<float> weights;
};
token_route route_of(const exchange_shape& shape, int ranks, int rank, std::size_t token);

// Copies of tokens that rank `from` sends to rank `to`.
std::size_t copies_between(const exchange_shape& shape, int ranks, int from, int to);

// What the exchange gave back for the tokens of this rank (tokens x hidden), and what went into it.
struct exchange_outcome {
    std::vector<float> tokens;
    std::vector<float> returned;
    std::uint64_t remote_copies = 0;  // (token, other rank) pairs
};

// `dispatched` is called between the two: when this rank has sent and received all tokens and returned none.
exchange_outcome exchange_with_experts(transport& net, const wire_format& dispatch, const wire_format& combine,
                                       const exchange_shape& shape, const std::function<void()>& dispatched = {});

// The messages of the same exchange alone, with nothing encoded and no numbers in them: for times of a link.
void exchange_messages(transport& net, const wire_format& dispatch, const wire_format& combine,
                       const exchange_shape& shape);

// || returned - tokens || / || tokens || in the Frobenius norm: 0 for an exact way there and back.
double exchange_error(const exchange_outcome& outcome);

}  // namespace narrowfp::bench

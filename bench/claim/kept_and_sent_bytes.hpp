// SPDX-License-Identifier: Apache-2.0
// Figures of V3, bytes that DeepSeek-V3's training keeps, and V5, bytes that it sends, in the four hardware cases. Only what
// the linear layers read changes its format; gradients, master weights and moments are the same in every case. Counts by
// formula are exact (E); what depends on the layout or on time is modelled (M).
#pragma once

#include "claim/row.hpp"
#include "step_model/step_scenarios.hpp"

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace narrowfp::bench::claim {

// One count in the four hardware cases.
struct four_counts {
    std::array<double, 4> of{};  // by hardware_case

    double operator[](hardware_case c) const { return of[static_cast<std::size_t>(c)]; }
    double wide_over_fp8() const { return (*this)[hardware_case::wide] / (*this)[hardware_case::fp8_units]; }
    // Share of FP8's saving that 8-bit storage with 16-bit multiplication has too; nothing if FP8 saves nothing.
    std::optional<double> recoverable() const;
};

struct kept_bytes {
    four_counts weights;                // GB on a device, that layers read
    four_counts activations;            // B for each token and MoE layer
    four_counts activations_in_flight;  // GB on a device, of all micro-batches in flight; modelled
    four_counts gradients;              // GB on a device, FP32
    four_counts optimizer;              // GB on a device: master weights FP32, moments BF16, over all devices
    four_counts sum;                    // GB on a device, all but `activations`; modelled

    // Lowest and highest over the counts that FP8 makes smaller.
    scenario_range recoverable() const;
};

struct sent_bytes {
    four_counts dispatch;               // B for each token and node
    four_counts combine;                // the same; BF16
    four_counts expert_traffic;         // B for each token and MoE layer: both, forward and backward, 4 nodes
    four_counts expert_traffic_remote;  // GB for 4 layers x 4096 tokens, 3.5 of 4 nodes remote; modelled
    four_counts gradients_and_weights;  // B for each parameter: gradients scattered, weights gathered
    four_counts pipeline;               // MB for each micro-batch and direction, BF16

    scenario_range recoverable() const;
};

kept_bytes kept_by_formula();
sent_bytes sent_by_formula();

// -- V3 ---------------------------------------------------------------------------------------------------------------

struct recipe_bytes {
    std::string recipe;
    hardware_case column;
    std::string source;                // empty for 16 bits
    double weight = 0;                 // B for each weight
    double weights = 0;                // GB on a device
    double activations = 0;            // B for each token and layer
    double activations_in_flight = 0;  // GB on a device
};

struct optimizer_bytes {
    std::string formats;
    double gradient = 0;  // B for each parameter
    double master = 0;
    double first_moment = 0;
    double second_moment = 0;
    double gradients = 0;           // GB on a device
    double master_and_moments = 0;  // GB on a device
};

// Bytes of a real quantised matrix against the formula.
struct counted_matrix {
    std::string recipe;
    std::size_t rows = 0;
    std::size_t columns = 0;
    std::uint64_t by_formula = 0;
    std::uint64_t stored = 0;
};

struct kept_figures {
    kept_bytes bytes;
    std::vector<recipe_bytes> recipes;
    std::vector<optimizer_bytes> optimizers;
    std::vector<counted_matrix> counted;
};

kept_figures compute_kept_bytes(const row_context& how);
row_result present_kept_bytes(const kept_figures& figures);

// -- V5 ---------------------------------------------------------------------------------------------------------------

// Time of dispatch and combine of one stage and micro-batch, forward and backward.
struct link_time {
    double link = 0;       // GB/s
    double narrow_ms = 0;  // in all, with 8-bit dispatch
    double wide_ms = 0;    // with 16-bit dispatch
};

// What of it no work hides on a chip.
struct exposed_time {
    double link = 0;  // GB/s
    std::string chip;
    hardware_case column;
    double ms = 0;
};

// Payload of real messages for each token and destination, B: by narrowfp comm.
struct counted_payload {
    std::string format;  // of dispatch
    double dispatch = 0;
    double dispatch_by_formula = 0;
    double combine = 0;
    double combine_by_formula = 0;
};

// Times over the layer's work on an emulated link: by narrowfp comm.
struct measured_link {
    std::string chip;
    hardware_case column;
    double traffic = 0;
    double exposed = 0;
    std::optional<double> by_model;
};

struct sent_figures {
    sent_bytes bytes;
    double link_share = 0;  // of a link that dispatch and combine reach
    std::vector<link_time> links;
    std::vector<exposed_time> exposed;  // at the centre of the scenarios; no entry where a chip has no such unit
    std::vector<counted_payload> counted;
    std::vector<measured_link> measured;
};

sent_figures compute_sent_bytes(const row_context& how);
row_result present_sent_bytes(const sent_figures& figures);

}  // namespace narrowfp::bench::claim

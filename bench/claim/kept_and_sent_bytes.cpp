// SPDX-License-Identifier: Apache-2.0
#include "claim/kept_and_sent_bytes.hpp"

#include "claim/policy.hpp"
#include "claim/rows.hpp"
#include "claim/scenario_distribution.hpp"

#include "support/random_data.hpp"

#include <narrowfp/cost/training_bytes.hpp>
#include <narrowfp/quant/recipe.hpp>

#include <algorithm>

namespace narrowfp::bench::claim {

using cost::linear_formats;

namespace {

constexpr const cost::model_shape& bytes_model = cost::deepseek_v3;
constexpr const cost::training_layout& bytes_layout = cost::deepseek_v3_layout;
constexpr const cost::optimizer_formats& bytes_optimizer = cost::optimizer_bf16_moments;
constexpr std::int64_t nodes_per_token = 4;     // at most; arXiv 2412.19437, 2.1.2
constexpr double remote_nodes_per_token = 3.5;  // of 4, uniform routing over 8 nodes

// 8-bit codes are stored and sent the same way whether a unit multiplies them or not.
template <class Bytes>
four_counts counts_of(const Bytes& bytes) {
    four_counts out;
    for (const hardware_case c : all_hardware_cases) {
        out.of[static_cast<std::size_t>(c)] = bytes(formats_of(c));
    }
    return out;
}

scenario_range recoverable_range(std::initializer_list<four_counts> counts) {
    std::vector<double> shares;
    for (const four_counts& one : counts) {
        if (const std::optional<double> share = one.recoverable()) {
            shares.push_back(*share);
        }
    }
    return scenario_distribution(std::move(shares)).range();
}

double giga(double x) { return x / 1e9; }

struct stored_recipe {
    linear_formats formats;
    hardware_case column;
    std::string source;
};

std::vector<stored_recipe> stored_recipes() {
    using enum hardware_case;
    return {{cost::sixteen_bit(), wide, ""},
            {cost::eight_bit("deepseek_v3", recipes::deepseek_v3), fp8_units, "arXiv 2412.19437, 3.3"},
            {cost::eight_bit("mxfp8, one copy", recipes::mxfp8), fp8_units, "OCP MX 1.0"},
            {cost::eight_bit("tensor_current", recipes::tensor_current), fp8_units, "Transformer Engine"},
            {cost::eight_bit("int8_tile", recipes::int8_tile), int8, "DeepSeek-V3's tiles with INT8"},
            {cost::eight_bit_copy(), fp8_units, "MindSpeed's default; activations in 16 bits"}};
}

// The record of the largest number of ranks.
const report::record* counted_by_comm(const row_context& how, const std::string& what) {
    for (const char* ranks : {"8", "4", "2"}) {
        if (const report::record* r = result_named(how, "comm." + what + ".ranks_" + ranks)) {
            return r;
        }
    }
    return nullptr;
}

void add_counted_payload(const row_context& how, sent_figures& out) {
    for (const auto& [id, formats] : {std::pair{"fp8", cost::eight_bit("fp8", recipes::deepseek_v3)},
                                      {"int8", cost::eight_bit("int8", recipes::int8_tile)},
                                      {"bf16", cost::sixteen_bit()}}) {
        const std::string name = std::string("exchange.") + id;
        const report::record* there = counted_by_comm(how, name + ".dispatch_bytes");
        const report::record* back = counted_by_comm(how, name + ".combine_bytes");
        if (there != nullptr && back != nullptr) {
            out.counted.push_back({id, number_of(*there), cost::dispatch_bytes(bytes_model, formats), number_of(*back),
                                   cost::combine_bytes(bytes_model)});
        }
    }
}

void add_measured_links(const row_context& how, sent_figures& out) {
    for (const std::string_view chip : policy::emulated_link_chips) {
        for (const hardware_case c : all_hardware_cases) {
            const std::string id = "link." + std::string(chip) + "." + std::string(id_of(c));
            const report::record* traffic = counted_by_comm(how, id + ".traffic_over_work");
            const report::record* exposed = counted_by_comm(how, id + ".exposed_over_work");
            const report::record* modelled = counted_by_comm(how, id + ".modelled_traffic_over_work");
            if (traffic != nullptr && exposed != nullptr) {
                out.measured.push_back({std::string(chip), c, number_of(*traffic), number_of(*exposed),
                                        modelled != nullptr ? std::optional(number_of(*modelled)) : std::nullopt});
            }
        }
    }
}

void add_exposed(const row_context& how, sent_figures& out) {
    const subject v3;
    const auto traffic = [&](double link, hardware_case c) {  // seconds
        return 2 * static_cast<double>(bytes_layout.layers_per_stage) *
               cost::expert_link_bytes(bytes_model, bytes_layout, formats_of(c)) / (out.link_share * link * 1e9);
    };
    constexpr std::array links{160.0, 50.0, 25.0};
    for (const double link : links) {
        out.links.push_back(
            {link, traffic(link, hardware_case::fp8_units) * 1e3, traffic(link, hardware_case::wide) * 1e3});
    }
    for (const std::string_view name : policy::link_chips) {
        const device::chip& chip = chips_of(how).by_name(name);
        const bool has_units = !policy::is_ascend(chip);
        const step_scenarios all(v3, chip, !has_units);
        const step_scenario& centre = all.all().front();
        for (const hardware_case c : {hardware_case::fp8_units, hardware_case::fp8_storage, hardware_case::wide}) {
            if (c == hardware_case::fp8_units && !has_units) {
                continue;
            }
            const double work = all.stage_in(centre, c).compute();
            for (const double link : links) {
                out.exposed.push_back({link, std::string(name), c, std::max(0.0, traffic(link, c) - work) * 1e3});
            }
        }
    }
}

}  // namespace

std::optional<double> four_counts::recoverable() const {
    return recoverable_share((*this)[hardware_case::fp8_units], (*this)[hardware_case::fp8_storage],
                             (*this)[hardware_case::wide]);
}

scenario_range kept_bytes::recoverable() const {
    return recoverable_range({weights, activations, activations_in_flight, gradients, optimizer, sum});
}

scenario_range sent_bytes::recoverable() const {
    return recoverable_range(
        {dispatch, combine, expert_traffic, expert_traffic_remote, gradients_and_weights, pipeline});
}

kept_bytes kept_by_formula() {
    const cost::model_shape& m = bytes_model;
    const cost::training_layout& l = bytes_layout;
    const double gradients = cost::gradient_bytes(m, l, bytes_optimizer);
    const double optimizer = cost::optimizer_bytes(m, l, bytes_optimizer);
    kept_bytes out;
    out.weights = counts_of([&](const linear_formats& f) { return giga(cost::weight_bytes(m, l, f)); });
    out.activations = counts_of([&](const linear_formats& f) { return cost::activation_bytes(m, f); });
    out.activations_in_flight =
        counts_of([&](const linear_formats& f) { return giga(cost::activation_bytes_in_flight(m, l, f)); });
    out.gradients = counts_of([&](const linear_formats&) { return giga(gradients); });
    out.optimizer = counts_of([&](const linear_formats&) { return giga(optimizer); });
    out.sum = counts_of([&](const linear_formats& f) {
        return giga(gradients + optimizer) +
               giga(cost::weight_bytes(m, l, f) + cost::activation_bytes_in_flight(m, l, f));
    });
    return out;
}

sent_bytes sent_by_formula() {
    const cost::model_shape& m = bytes_model;
    const cost::training_layout& l = bytes_layout;
    const auto expert = [&](const linear_formats& f) { return cost::expert_traffic_bytes(m, f, nodes_per_token); };
    sent_bytes out;
    out.dispatch = counts_of([&](const linear_formats& f) { return cost::dispatch_bytes(m, f); });
    out.combine = counts_of([&](const linear_formats&) { return cost::combine_bytes(m); });
    out.expert_traffic = counts_of(expert);
    out.expert_traffic_remote = counts_of([&](const linear_formats& f) {
        return expert(f) * (remote_nodes_per_token / nodes_per_token) *
               static_cast<double>(l.layers_per_stage * l.micro_batch_tokens) / 1e9;
    });
    out.gradients_and_weights = counts_of(
        [](const linear_formats& f) { return cost::gradient_traffic_bytes_per_parameter(f, bytes_optimizer); });
    out.pipeline = counts_of([&](const linear_formats&) { return cost::pipeline_traffic_bytes(m, l) / 1e6; });
    return out;
}

kept_figures compute_kept_bytes(const row_context& how) {
    const cost::model_shape& m = bytes_model;
    const cost::training_layout& l = bytes_layout;
    kept_figures out{kept_by_formula(), {}, {}, {}};
    for (const stored_recipe& r : stored_recipes()) {
        out.recipes.push_back({std::string(r.formats.name), r.column, r.source, r.formats.weight,
                               giga(cost::weight_bytes(m, l, r.formats)), cost::activation_bytes(m, r.formats),
                               giga(cost::activation_bytes_in_flight(m, l, r.formats))});
    }
    for (const cost::optimizer_formats& o :
         {cost::optimizer_bf16_moments, cost::optimizer_fp32_moments, cost::optimizer_fp8_lm}) {
        out.optimizers.push_back({std::string(o.name), o.gradient, o.master, o.first_moment, o.second_moment,
                                  giga(cost::gradient_bytes(m, l, o)), giga(cost::optimizer_bytes(m, l, o))});
    }
    const matrix<float> x = make_matrix(distribution::normal, 200, 300, 1, 0);
    const options opts{how.threads};
    for (const recipe& r : all_recipes) {
        const quantization q = r.for_a(r.element);
        out.counted.push_back({std::string(r.name), x.rows(), x.cols(), cost::stored_bytes(x.rows(), x.cols(), q),
                               quantize(x.view(), q, opts).bytes()});
    }
    return out;
}

sent_figures compute_sent_bytes(const row_context& how) {
    sent_figures out;
    out.bytes = sent_by_formula();
    out.link_share = calibration::links().centre;
    add_exposed(how, out);
    add_counted_payload(how, out);
    add_measured_links(how, out);
    return out;
}

}  // namespace narrowfp::bench::claim

// SPDX-License-Identifier: Apache-2.0
#include "claim/training_figures.hpp"

#include "claim/rows.hpp"
#include "train/experiment/design.hpp"
#include "train/model/model_size.hpp"

#include <narrowfp/report/record.hpp>

#include <fmt/format.h>

#include <cmath>
#include <stdexcept>

namespace narrowfp::bench::claim {

namespace {

const report::record* found(const row_context& how, const std::string& id) { return result_named(how, id); }

std::optional<double> parameter_of(const report::record& r, std::string_view key) {
    const report::field_value* value = report::find_field(r.parameters, key);
    return value != nullptr ? report::number_in(*value) : std::nullopt;
}

double weights_of(const report::record& gap) {
    const report::field_value* size = report::find_field(gap.parameters, "size");
    const std::string* name = size != nullptr ? std::get_if<std::string>(size) : nullptr;
    return name != nullptr ? static_cast<double>(train::size_by_name(*name).linear_parameters()) : 0;
}

std::optional<double> number_if(const row_context& how, const std::string& id) {
    const report::record* r = found(how, id);
    return r != nullptr ? std::optional(number_of(*r)) : std::nullopt;
}

std::optional<gap_figure> gap_if(const row_context& how, const std::string& id) {
    const report::record* r = found(how, id);
    if (r == nullptr || (r->status != report::record_status::ok && r->status != report::record_status::exact)) {
        return std::nullopt;
    }
    gap_figure out{.mean = number_of(*r), .interval_95 = {}, .seeds = r->n.value_or(0)};
    const std::optional<double> low = parameter_of(*r, "low_95");
    const std::optional<double> high = parameter_of(*r, "high_95");
    if (low && high) {
        out.interval_95 = interval{*low, *high};
    } else if (out.seeds > 1) {
        throw std::runtime_error("results: record \"" + id + "\" must have low_95 and high_95, its 95 % interval");
    }
    return out;
}

// The verdict that the experiment recorded: it has one only for the deciding design, once the test has stopped.
void add_verdict(const row_context& how, const std::string& arm, loss_test& test) {
    const report::record* r = found(how, "train.verdict." + arm);
    if (r == nullptr || r->status != report::record_status::ok) {
        return;
    }
    const std::string* word = std::get_if<std::string>(&r->value);
    for (const equivalence e : {equivalence::equivalent, equivalence::not_equivalent, equivalence::inconclusive}) {
        if (word != nullptr && *word == word_of(e)) {
            test.verdict = e;
        }
    }
    if (!test.verdict || !r->n) {
        throw std::runtime_error("results: record \"" + r->id + "\" must have a verdict and n, the seeds of its look");
    }
    test.decided_at = *r->n;
    const report::record* look = found(how, fmt::format("train.look.{}.{}", arm, test.decided_at));
    if (look == nullptr || !look->low || !look->high) {
        throw std::runtime_error(fmt::format(
            "results: no record \"train.look.{}.{}\" with low and high beside its verdict", arm, test.decided_at));
    }
    test.repeated = interval{*look->low, *look->high};
}

std::optional<loss_test> test_of(const row_context& how, const std::string& arm) {
    const std::optional<gap_figure> gap = gap_if(how, "train.gap." + arm);
    if (!gap) {
        return std::nullopt;
    }
    loss_test out{.gap = *gap,
                  .to_null = gap_if(how, "train.gap_to_null." + arm),
                  .less_null = gap_if(how, "train.gap_less_null." + arm),
                  .verdict = {},
                  .repeated = {}};
    add_verdict(how, arm, out);
    if (!out.verdict) {
        const report::record* r = found(how, "train.gap." + arm);
        const report::field_value* decides = report::find_field(r->parameters, "decides");
        const bool* of_deciding_design = decides != nullptr ? std::get_if<bool>(decides) : nullptr;
        const auto least = static_cast<std::int64_t>(train::deciding_design().least_seeds);
        out.undecided = of_deciding_design == nullptr || !*of_deciding_design
                            ? "the results are not of the deciding design"
                        : gap->seeds < least ? fmt::format("{} of at least {} seeds have been run", gap->seeds, least)
                                             : "its test has not stopped";
    }
    return out;
}

// V8: counts over X, W and dY of all linear layers; then gradients and forks of the 16-bit arms.
std::vector<count_figure> wide_counts_of(const row_context& how) {
    std::vector<count_figure> out;
    for (const char* format : {"f16", "bf16"}) {
        for (const char* event : {"overflowed", "underflowed"}) {
            const std::optional<double> count = number_if(how, fmt::format("train.events.{}.{}", format, event));
            if (!count) {
                return {};
            }
            out.push_back({fmt::format("{}, {}", format, event), *count, "elements"});
        }
    }
    for (const char* arm : {"f16", "f16_loss_scale", "bf16"}) {
        for (const auto& [what, name] :
             {std::pair{"train.gradient_snr.", "gradient SNR"}, {"train.fork_gap.", "loss after forks"}}) {
            if (const report::record* r = found(how, std::string(what) + arm)) {
                out.push_back({fmt::format("{}, {}", arm, name), number_of(*r), r->unit});
            }
        }
    }
    return out;
}

}  // namespace

std::string higher_or_lower(double percent) {
    return fmt::format("{:.2f} % {}", std::fabs(percent), percent < 0 ? "lower" : "higher");
}

training_figures compute_training_figures(const row_context& how) {
    const report::record* gap = found(how, "train.gap.deepseek_v3");
    return {.weights = gap != nullptr ? weights_of(*gap) : 0,
            .kind = gap != nullptr ? gap->kind : report::evidence_kind::emulated,
            .fp8 = test_of(how, "deepseek_v3"),
            .int8 = test_of(how, "int8_tile"),
            .gradient_snr_bf16 = number_if(how, "train.gradient_snr.bf16"),
            .gradient_snr_fp8 = number_if(how, "train.gradient_snr.deepseek_v3"),
            .gradient_snr_int8 = number_if(how, "train.gradient_snr.int8_tile"),
            .learning_rate_excess = number_if(how, "train.learning_rate_excess"),
            .wide_counts = wide_counts_of(how)};
}

}  // namespace narrowfp::bench::claim

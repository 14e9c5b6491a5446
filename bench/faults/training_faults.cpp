// SPDX-License-Identifier: Apache-2.0
#include "faults/training_faults.hpp"

#include "faults/training_text.hpp"
#include "support/scratch_folder.hpp"
#include "train/run/checkpoint.hpp"
#include "train/run/trainer.hpp"

#include <narrowfp/round/philox.hpp>

#include <algorithm>
#include <bit>
#include <cmath>
#include <span>

namespace narrowfp::bench {

namespace {

constexpr std::uint32_t place_stream = 8200;
constexpr double damage_limit = 0.01;
constexpr double detection_jump = 0.1;

// Losses of the steps [first, end of the run).
std::vector<float> losses_from(const train::trainer& t, std::size_t first) {
    const auto all = t.losses();
    return {all.begin() + static_cast<std::ptrdiff_t>(first), all.end()};
}

// Whether a loss tells of a fault: not finite, or a jump over the one before.
bool tells(float loss, float before) {
    return !std::isfinite(loss) || double{loss} > (1 + detection_jump) * double{before};
}

training_damage damage_of(const std::vector<float>& hit, const std::vector<float>& clean, float last_before) {
    training_damage d{.flips = 1};
    const bool finite = std::all_of(hit.begin(), hit.end(), [](float x) { return std::isfinite(x); });
    const double gap = double{hit.back()} / double{clean.back()} - 1;
    d.unchanged = hit == clean;
    d.not_finite = !finite;
    d.damaged = finite && gap > damage_limit;
    d.detected = tells(hit.front(), last_before);
    if (finite) {
        d.largest_gap = std::max(0.0, gap);
        d.largest_gap_missed = d.detected ? 0 : d.largest_gap;
    }
    return d;
}

double false_alarms_in(std::span<const float> losses) {
    std::size_t alarms = 0;
    for (std::size_t n = 1; n < losses.size(); ++n) {
        alarms += tells(losses[n], losses[n - 1]);
    }
    return static_cast<double>(alarms) / static_cast<double>(losses.size() - 1);
}

// A weight of a linear layer.
std::size_t weight_of(const train::parameter_layout& layout, std::uint32_t word) {
    std::vector<const train::parameter_tensor*> linears;
    std::size_t sum = 0;
    for (const train::parameter_tensor& t : layout.tensors()) {
        if (t.belongs_to_block) {
            linears.push_back(&t);
            sum += t.size();
        }
    }
    std::size_t index = word % sum;
    for (const train::parameter_tensor* t : linears) {
        if (index < t->size()) {
            return t->offset + index;
        }
        index -= t->size();
    }
    return 0;
}

}  // namespace

void training_damage::add(const training_damage& other) {
    flips += other.flips;
    unchanged += other.unchanged;
    not_finite += other.not_finite;
    damaged += other.damaged;
    detected += other.detected;
    largest_gap = std::max(largest_gap, other.largest_gap);
    largest_gap_missed = std::max(largest_gap_missed, other.largest_gap_missed);
}

std::vector<arm_faults> run_training_faults(const training_fault_options& o) {
    const chain_text text(o.seed);
    const scratch_folder folder("narrowfp-faults");
    const options alone{.threads = 1};
    std::vector<train::run_configuration> runs;
    for (const std::string& name : o.arms) {
        runs.push_back(
            {.size = train::size_tiny, .how = train::arm_by_name(name), .seed = o.seed, .steps = o.before + o.after});
    }
    std::vector<arm_faults> all;
    for (std::size_t n = 0; n < runs.size(); ++n) {
        const std::string configuration = train::configuration_text(runs[n], text.streams());
        const std::filesystem::path saved = folder.path() / "saved";
        const std::filesystem::path faulty = folder.path() / "faulty";
        train::trainer clean(runs[n], text.streams(), alone);
        clean.train_to(o.before);
        clean.save(saved);
        const float last_before = clean.losses().back();
        clean.train_to(o.before + o.after);
        const std::vector<float> clean_losses = losses_from(clean, o.before);
        const train::checkpoint good = train::read_checkpoint(saved, configuration);
        arm_faults result{.arm = o.arms[n], .by_bit = std::vector<training_damage>(32), .all = {}};
        const philox_stream places{o.seed, place_stream};
        for (std::size_t bit = 0; bit < 32; ++bit) {
            for (int w = 0; w < o.weights; ++w) {
                train::checkpoint hit = good;
                float& weight =
                    hit.parameters[weight_of(clean.layout(), places.word(bit * static_cast<std::size_t>(o.weights) +
                                                                         static_cast<std::size_t>(w)))];
                weight = std::bit_cast<float>(std::bit_cast<std::uint32_t>(weight) ^ (1u << bit));
                train::write_checkpoint(faulty, hit, configuration);
                train::trainer t(runs[n], text.streams(), alone);
                t.load(faulty);
                t.train_to(o.before + o.after);
                result.by_bit[bit].add(damage_of(losses_from(t, o.before), clean_losses, last_before));
            }
            result.all.add(result.by_bit[bit]);
        }
        result.false_alarms = false_alarms_in(clean.losses());
        train::trainer again(runs[n], text.streams(), alone);
        again.load(saved);
        again.train_to(o.before + o.after);
        result.recovered = again.weights_hash() == clean.weights_hash();
        all.push_back(std::move(result));
        if (o.on_arm) {
            o.on_arm();
        }
    }
    return all;
}

}  // namespace narrowfp::bench

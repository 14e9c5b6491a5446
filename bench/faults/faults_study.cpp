// SPDX-License-Identifier: Apache-2.0
#include "faults/faults_study.hpp"

#include "support/near_names.hpp"

#include <narrowfp/report/text.hpp>

#include <algorithm>
#include <cmath>
#include <stdexcept>

namespace narrowfp::bench {

namespace {

constexpr std::size_t tiles_of_full = 4096;
constexpr std::size_t master_tiles_of_full = 1024;
constexpr std::size_t small_divisor = 16;

std::string against(const sampled_share& sample, double law) {
    return report::format_percent(sample.mean, 3) + " sampled, " + report::format_percent(law, 3) + " by the law, " +
           "standard error " + report::format_percent(sample.standard_error, 1);
}

void check_payload(fault_study& study, const payload_result& r) {
    const std::string name(r.format.name);
    if (r.law) {
        study.checks.push_back({name + ", NaN or infinite: " + against(r.sample.not_finite, r.law->of_any.not_finite),
                                agrees(r.sample.not_finite, r.law->of_any.not_finite)});
        study.checks.push_back({name + ", above the tile's largest: " + against(r.sample.above, r.law->of_any.above),
                                agrees(r.sample.above, r.law->of_any.above)});
    }
    if (r.format.bounded) {
        study.checks.push_back(
            {name + ": a finite flip stays within twice the tile's largest number", r.sample.worst <= 2});
    }
}

void check_interruptions(fault_study& study) {
    const interruption_study& s = *study.interruptions;
    study.checks.push_back({"weights after " + std::to_string(s.kills.size()) + " kills, " +
                                std::to_string(s.kills_in_writes()) +
                                " of them while a checkpoint was written, equal those of a run without, bit for bit",
                            s.equal});
    if (!study.options.small) {
        study.checks.push_back({"at least 50 kills, 10 of them while a checkpoint was written",
                                s.kills.size() >= 50 && s.kills_in_writes() >= 10});
    }
}

void check_checksums(fault_study& study, const checksum_outcome& c) {
    study.checks.push_back({c.what.id + ": no false alarm of the certain threshold in " + std::to_string(c.fault_free) +
                                " fault-free products",
                            c.false_alarms_certain == 0});
}

}  // namespace

bool agrees(const sampled_share& sample, double law) {
    constexpr double rounding = 1e-12;  // where every tile gives the same share
    return std::fabs(sample.mean - law) <= agreement_errors * sample.standard_error + rounding;
}

bool fault_options::asked(std::string_view part) const {
    return only.empty() || std::find(only.begin(), only.end(), part) != only.end();
}

bool fault_study::checks_held() const {
    return std::all_of(checks.begin(), checks.end(), [](const fault_check& c) { return c.held; });
}

fault_study run_fault_study(const fault_options& options) {
    for (const std::string& part : options.only) {
        if (std::find(fault_parts.begin(), fault_parts.end(), part) == fault_parts.end()) {
            throw std::invalid_argument(unknown_name("part of the study", part, fault_parts));
        }
    }
    fault_study study{.options = options};
    const std::size_t divisor = options.small ? small_divisor : 1;
    const std::vector<checksum_case> cases = checksum_cases();
    double done = 0;
    double all = 0;
    const auto weight_of = [&](std::string_view part) {  // of a part, a format being 1
        return part == "checksums"       ? static_cast<double>(cases.size())
               : part == "training"      ? 5.0
               : part == "interruptions" ? 20.0
                                         : static_cast<double>(stored_formats().size());
    };
    for (const std::string_view part : fault_parts) {
        all += options.asked(part) ? weight_of(part) : 0;
    }
    const auto step = [&](std::string_view what, double weight = 1) {
        done += weight;
        if (options.on_progress) {
            options.on_progress(done / all, what);
        }
    };
    for (const stored_format& f : stored_formats()) {
        if (options.asked("payload")) {
            payload_result r{f, sample_payload_flips(f, tiles_of_full / divisor, options.seed, options.threads), {}};
            if (storage_bits_of(f.element) <= 16) {
                r.law = law_of_flips(f);
            }
            check_payload(study, r);
            study.payload.push_back(std::move(r));
            step("payload");
        }
        if (options.asked("scales")) {
            const scale_flips s = sample_scale_flips(f, tiles_of_full / divisor, options.seed, options.threads);
            if (s.flips > 0) {
                study.scales.emplace_back(f, s);
            }
            step("scales");
        }
        if (options.asked("master")) {
            study.master.emplace_back(f, sample_master_flips(f, master_tiles_of_full / divisor, options.seed));
            step("master");
        }
    }
    if (options.asked("checksums")) {
        for (const checksum_case& c : cases) {
            checksum_options o{.seed = options.seed, .threads = options.threads};
            o.faults /= static_cast<int>(divisor);
            study.checksums.push_back(run_checksum_case(c, o));
            check_checksums(study, study.checksums.back());
            step("checksums");
        }
    }
    if (options.asked("training")) {
        training_fault_options o{.seed = options.seed};
        o.weights = options.small ? 1 : o.weights;
        o.on_arm = [&] { step("training"); };
        study.training = run_training_faults(o);
        for (const arm_faults& a : study.training) {
            study.checks.push_back(
                {a.arm + ": steps computed again give the weights of a run without a fault, bit for bit", a.recovered});
        }
    }
    if (options.asked("interruptions") && !options.life_program.empty()) {
        double before = 0;
        study.interruptions =
            run_interruption_study({.program = options.life_program,
                                    .small = options.small,
                                    .seed = options.seed,
                                    .on_progress = [&](double fraction) {
                                        step("interruptions", weight_of("interruptions") * (fraction - before));
                                        before = fraction;
                                    }});
        check_interruptions(study);
    }
    return study;
}

}  // namespace narrowfp::bench

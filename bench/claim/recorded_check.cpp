// SPDX-License-Identifier: Apache-2.0
#include "claim/recorded_check.hpp"

#include "train/experiment/experiment_records.hpp"
#include "train/experiment/summary.hpp"
#include "train/run/corpus.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <random>
#include <stdexcept>

namespace narrowfp::bench::claim {

std::string recorded_check::sentence() const {
    if (!differences.empty()) {
        return repeated.empty() ? fmt::format("the records are damaged: {}", fmt::join(differences, "; "))
                                : fmt::format("run {} was repeated here and differs from its record: {}", repeated,
                                              fmt::join(differences, "; "));
    }
    return repeated.empty()
               ? fmt::format("{} runs are recorded; none was repeated here: {}", runs, not_repeated)
               : fmt::format("{} runs are recorded; one of them, {}, was repeated here: equal in every bit", runs,
                             repeated);
}

recorded_check repeat_one_run(const train::recorded_training& all, std::uint64_t draw) {
    recorded_check out{.runs = all.runs.size(), .draw = draw};
    std::vector<const train::recorded_run*> candidates;
    for (const train::recorded_run& r : all.runs) {
        if (r.of_deciding_design()) {
            candidates.push_back(&r);
        }
    }
    if (candidates.empty()) {
        out.not_repeated = "no run of this version of the arithmetic is recorded";
        return out;
    }
    train::corpus text;
    try {
        text = train::read_corpus(train::find_corpus());
    } catch (const std::exception&) {
        out.not_repeated =
            "the text that they were trained on is not on this machine (bench/train/get_corpus fetches it)";
        return out;
    }
    if (!train::same_text(all, text)) {
        out.not_repeated = fmt::format("the text on this machine has another CRC-32 ({:08x}) than theirs ({})",
                                       text.crc32, all.text_crc32);
        return out;
    }
    std::mt19937_64 random(draw);
    const train::recorded_run& chosen = *candidates[random() % candidates.size()];
    const train::repeated_run again = train::repeat(chosen, text);
    out.repeated = chosen.name();
    out.differences = again.differences;
    out.seconds = again.seconds;
    return out;
}

std::vector<report::record> records_of(const train::recorded_training& all) {
    const std::optional<train::experiment_outcome> outcome = train::recorded_outcome(all);
    if (!outcome) {
        return {};
    }
    report::document found =
        train::experiment_results(*outcome, train::summarise(*outcome), {}, "narrowfp train --full --output FOLDER");
    for (report::record& r : found.records) {
        r.kind = report::evidence_kind::recorded;
    }
    return std::move(found.records);
}

report::record timing_of(const recorded_check& c) {
    report::record r;
    r.id = "claim.recorded.repeated";
    r.name = "one recorded training run, trained again on one thread";
    r.kind = report::evidence_kind::measured;
    r.unit = "s";
    r.note = "the time of an emulation: no cost of a format";
    report::add_field(r.parameters, "draw", std::to_string(c.draw));
    if (c.repeated.empty()) {
        report::set_no_value(r, report::record_status::not_run, c.held() ? c.not_repeated : c.differences.front());
    } else {
        report::add_field(r.parameters, "run", c.repeated);
        report::add_field(r.parameters, "equal", c.held());
        r.value = c.seconds;
    }
    return r;
}

}  // namespace narrowfp::bench::claim

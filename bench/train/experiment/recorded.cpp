// SPDX-License-Identifier: Apache-2.0
#include "train/experiment/recorded.hpp"

#include "evidence/recorded_lines.hpp"
#include "support/sha256.hpp"
#include "train/experiment/runs.hpp"
#include "train/run/arithmetic.hpp"

#include <fmt/format.h>

#include <initializer_list>
#include <stdexcept>
#include <utility>

namespace narrowfp::bench::train {
namespace {

using nlohmann::json;

std::string crc_text(std::uint32_t crc32) { return fmt::format("{:08x}", crc32); }

json without(json all, std::initializer_list<const char*> fields) {
    for (const char* field : fields) {
        all.erase(field);
    }
    return all;
}

// What a run's record holds; the hash of the whole stands for the rest.
json kept_part(const run_outcome& run) { return without(run, {"losses", "events", "seconds"}); }

// All that is a function of the configuration.
std::string whole_hash(const run_outcome& run) { return sha256(without(run, {"seconds", "commit"}).dump()); }

json record_of(const experiment_outcome& e, const char* kind, json outcome, std::string whole) {
    return {{"kind", kind},
            {"arithmetic", arithmetic_version},
            {"text", crc_text(e.text_crc32)},
            {"size", std::string(e.design.size.name)},
            {"steps", e.design.steps},
            {"outcome", std::move(outcome)},
            {"whole", std::move(whole)}};
}

std::string line_of(const experiment_outcome& e, const run_outcome& run) {
    return evidence::recorded_text(record_of(e, "run", kept_part(run), whole_hash(run)));
}

std::string line_of(const experiment_outcome& e, const arm_fidelity& f) {
    const json whole = f;
    return evidence::recorded_text(record_of(e, "fidelity", without(whole, {"products"}), sha256(whole.dump())));
}

std::string line_of(const experiment_outcome& e, const arm_forks& f) {
    const json outcome = f;
    return evidence::recorded_text(record_of(e, "forks", outcome, sha256(outcome.dump())));
}

recorded_run run_in(const json& record, const std::string& place) {
    json outcome = record.at("outcome");
    outcome["losses"] = json::array();
    outcome["events"] = operand_events{};
    outcome["seconds"] = 0;
    return {.size = record.at("size"),
            .steps = record.at("steps"),
            .outcome = outcome.get<run_outcome>(),
            .whole = record.at("whole"),
            .place = place};
}

arm_fidelity fidelity_in(json outcome) {
    outcome["products"] = json::array();
    return outcome.get<arm_fidelity>();
}

void add_record(recorded_training& all, const json& record, const std::string& place) {
    if (record.at("arithmetic") != arithmetic_version) {
        ++all.other_version;
        return;
    }
    const std::string text = record.at("text");
    if (!all.text_crc32.empty() && text != all.text_crc32) {
        throw std::runtime_error(fmt::format("{}: recorded on the text with CRC-32 {}, the lines before on {}", place,
                                             text, all.text_crc32));
    }
    all.text_crc32 = text;
    const std::string kind = record.at("kind");
    if (kind == "run") {
        all.runs.push_back(run_in(record, place));
    } else if (kind == "fidelity") {
        all.fidelity.push_back(fidelity_in(record.at("outcome")));
    } else if (kind == "forks") {
        all.forks.push_back(record.at("outcome").get<arm_forks>());
    } else {
        throw std::runtime_error(place + ": field 'kind': found '" + kind + "', expected run, fidelity or forks");
    }
}

// The design in which a recorded run stands, as far as it fixes a run.
experiment_design design_of(const recorded_run& r) {
    experiment_design d = deciding_design();
    d.size = size_by_name(r.size);
    d.steps = r.steps;
    return d;
}

}  // namespace

bool recorded_run::of_deciding_design() const {
    const experiment_design d = deciding_design();
    return size == d.size.name && steps == d.steps;
}

std::string recorded_run::name() const {
    return of_deciding_design() ? fmt::format("{}/{}", outcome.arm, outcome.seed)
                                : fmt::format("{}/{} (size {}, {} steps)", outcome.arm, outcome.seed, size, steps);
}

recorded_training read_recorded_training(std::string_view text, std::string_view name) {
    recorded_training all;
    for (const evidence::recorded_line& line : evidence::read_recorded(text, name)) {
        try {
            add_record(all, line.record, line.place);
        } catch (const json::exception& error) {
            throw std::runtime_error(line.place + ": no record of training: " + error.what());
        }
    }
    return all;
}

recorded_training shipped_training() {
    return read_recorded_training(evidence::recorded_files::training, "training.txt");
}

std::string recorded_training_text(const experiment_outcome& e) {
    std::string out;
    for (const auto* runs : {&e.runs, &e.rates, &e.perturbed}) {
        for (const run_outcome& run : *runs) {
            out += line_of(e, run);
        }
    }
    for (const arm_fidelity& f : e.fidelity) {
        out += line_of(e, f);
    }
    for (const arm_forks& f : e.forks) {
        out += line_of(e, f);
    }
    return out;
}

std::optional<experiment_outcome> recorded_outcome(const recorded_training& all) {
    experiment_outcome out{.design = deciding_design()};
    for (const recorded_run& r : all.runs) {
        if (!r.of_deciding_design()) {
            continue;
        }
        if (r.outcome.rate != out.design.rate) {
            out.rates.push_back(r.outcome);
        } else if (r.outcome.arm == "null_eps") {
            out.perturbed.push_back(r.outcome);
        } else {
            out.runs.push_back(r.outcome);
        }
    }
    if (out.runs.empty()) {
        return std::nullopt;
    }
    out.fidelity = all.fidelity;
    out.forks = all.forks;
    return out;
}

repeated_run repeat(const recorded_run& r, const corpus& text) {
    const run_request request{.arm = r.outcome.arm, .seed = r.outcome.seed, .rate = r.outcome.rate};
    const run_outcome here =
        perform_run(design_of(r), request, {text.training(), text.validation()}, store(), [](std::size_t) {});
    repeated_run out{.differences = {}, .seconds = here.seconds};
    const json was = kept_part(r.outcome);
    const json is = kept_part(here);
    for (const auto& [field, value] : was.items()) {
        if (field != "commit" && is.at(field) != value) {
            out.differences.push_back(
                fmt::format("{}: recorded {}, here {}", field, value.dump(), is.at(field).dump()));
        }
    }
    if (out.differences.empty() && whole_hash(here) != r.whole) {
        out.differences.emplace_back("a loss of a step, or a count, that the record holds only in its hash");
    }
    return out;
}

bool same_text(const recorded_training& all, const corpus& text) { return crc_text(text.crc32) == all.text_crc32; }

}  // namespace narrowfp::bench::train

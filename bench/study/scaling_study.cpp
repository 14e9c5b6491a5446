// SPDX-License-Identifier: Apache-2.0
#include "study/scaling_study.hpp"

#include <narrowfp/base/fp_environment.hpp>
#include <narrowfp/report/text.hpp>

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <stdexcept>

namespace narrowfp::bench {

namespace {

scaling_finding finding_of(const std::vector<std::vector<sample>>& batches, std::size_t index) {
    const sample& first = batches.front()[index];
    scaling_finding f{.id = first.id, .what = first.what, .unit = first.unit, .expected = std::nullopt};
    const auto n = static_cast<double>(batches.size());
    for (const std::vector<sample>& batch : batches) {
        f.mean += (batch[index].value - first.value) / n;
    }
    f.mean += first.value;  // exact, and the error zero, where batches do not differ
    double squares = 0;
    for (const std::vector<sample>& batch : batches) {
        squares += (batch[index].value - f.mean) * (batch[index].value - f.mean);
    }
    f.standard_error = batches.size() > 1 ? std::sqrt(squares / (n * (n - 1))) : 0;
    return f;
}

std::string number_text(const scaling_finding& f, double x) {
    return report::format_number(x, f.unit == "dB" ? 3 : 4) + (f.unit == "1" ? "" : " " + f.unit);
}

}  // namespace

std::string_view scaling_finding::agreement() const {
    if (!expected) {
        return "";
    }
    const double distance = std::fabs(mean - expected->value) - 3 * standard_error;
    if (distance <= expected->half_unit) {
        return "yes";
    }
    const double two_digits =
        expected->value == 0 ? 0 : 0.5 * std::pow(10.0, std::floor(std::log10(std::fabs(expected->value))) - 1);
    return distance <= two_digits ? "to 2 digits" : "no";
}

const std::vector<scaling_design>& scaling_designs() {
    static const std::vector<scaling_design> all{
        mx_rules_design(), near_constant_design(),  retile_design(),   token_imbalance_design(),
        outliers_design(), delayed_spikes_design(), promotion_design()};
    return all;
}

scaling_study run_scaling_study(std::string_view name, const scaling_options& options) {
    const auto& all = scaling_designs();
    const auto design = std::find_if(all.begin(), all.end(), [&](const scaling_design& d) { return d.name == name; });
    if (design == all.end()) {
        throw std::invalid_argument("unknown study '" + std::string(name) + "'");
    }
    if (options.recorded && design->recorded.empty()) {
        std::string names;
        for (const scaling_design& d : all) {
            names += d.recorded.empty() ? "" : (names.empty() ? "" : ", ") + std::string(d.name);
        }
        throw std::invalid_argument("the study " + std::string(name) + " takes no --operands; these do: " + names);
    }
    if (options.recorded && options.small) {
        throw std::invalid_argument("--small takes a part of the random numbers; --operands are used whole");
    }
    const int count = options.recorded && !design->draws_on_recorded ? 1 : options.batches;
    const fp_environment_guard guard;
    std::vector<std::vector<sample>> batches;
    for (int n = 0; n < count; ++n) {
        batches.push_back(design->batch(options, static_cast<std::uint32_t>(n)));
        if (options.on_progress) {
            options.on_progress(n + 1, count);
        }
    }
    scaling_study study{.name = std::string(design->name),
                        .title = std::string(design->title),
                        .data = options.recorded ? std::string(design->recorded) + " of " + options.recorded->summary
                                                 : std::string(design->data),
                        .source = std::string(design->source),
                        .findings = {},
                        .notes = design->notes(),
                        .batches = count,
                        .seed = options.seed,
                        .small = options.small,
                        .recorded = options.recorded ? options.recorded->name : ""};
    const std::vector<expectation> expected = options.recorded ? std::vector<expectation>{} : design->expected();
    for (std::size_t index = 0; index < batches.front().size(); ++index) {
        scaling_finding f = finding_of(batches, index);
        for (const expectation& e : expected) {
            if (e.id == f.id) {
                f.expected = e;
            }
        }
        study.findings.push_back(std::move(f));
    }
    return study;
}

report::table scaling_table(const scaling_study& study) {
    using report::alignment;
    report::table t;
    t.title = study.title;
    t.columns = {{"figure"},
                 {"ours", alignment::right},
                 {"standard error", alignment::right},
                 {"stated elsewhere", alignment::right},
                 {"agrees"}};
    std::string group;
    for (const scaling_finding& f : study.findings) {
        const std::string now = f.id.substr(0, f.id.find('.'));
        if (!group.empty() && now != group) {
            t.add_rule();
        }
        group = now;
        t.add_row({f.what, number_text(f, f.mean), study.batches > 1 ? number_text(f, f.standard_error) : "",
                   f.expected ? number_text(f, f.expected->value) : "", std::string(f.agreement())});
    }
    t.notes = {study.batches > 1
                   ? fmt::format("Data: {}. Mean of {} batches, seed {}; emulated bit for bit.", study.data,
                                 study.batches, study.seed)
                   : fmt::format("Data: {}. All of its numbers, once; emulated bit for bit.", study.data)};
    t.notes.push_back(!study.recorded.empty()
                          ? "Stated elsewhere: nothing; stated figures are of random numbers."
                          : "Stated elsewhere: " + study.source +
                                ". Agrees: within half a unit of its last digit and three of our standard "
                                "errors; its own sampling error is unknown.");
    return t;
}

namespace {

// How far the stated figure lies from ours, as one that is of a single draw might.
std::string in_spreads(const scaling_finding& f, int batches) {
    const double spread = f.standard_error * std::sqrt(static_cast<double>(batches));
    return batches > 1 && spread > 0 ? fmt::format(" ({:.2g} standard deviations of a single batch off)",
                                                   std::fabs(f.mean - f.expected->value) / spread)
                                     : "";
}

}  // namespace

std::vector<std::string> scaling_findings(const scaling_study& study) {
    int stated = 0;
    int met = 0;
    int nearly = 0;
    std::string missed;
    for (const scaling_finding& f : study.findings) {
        const std::string_view agreement = f.agreement();
        stated += f.expected.has_value();
        met += agreement == "yes";
        nearly += agreement == "to 2 digits";
        if (agreement == "no") {
            missed += (missed.empty() ? "" : "; ") + f.what + " " + number_text(f, f.mean) + ", stated " +
                      number_text(f, f.expected->value) + in_spreads(f, study.batches);
        }
    }
    std::vector<std::string> all = study.notes;
    if (stated > 0) {
        all.insert(all.begin(),
                   fmt::format(
                       "Of {} stated figures {} agree to the digits stated, {} more to two digits, which is what their "
                       "source asks for{}",
                       stated, met, nearly, missed.empty() ? "." : "; not: " + missed + "."));
    }
    if (study.small) {
        all.emplace_back("SMALL RUN: a fraction of the numbers; not the figures of the study.");
    }
    return all;
}

report::document scaling_results(const scaling_study& study, const report::field_list& context,
                                 const std::string& repro) {
    report::document doc{.context = context, .records = {}};
    report::add_field(doc.context, "seed", study.seed);
    report::add_field(doc.context, "batches", study.batches);
    for (const scaling_finding& f : study.findings) {
        report::record r;
        r.id = "study." + study.name + "." + (study.recorded.empty() ? "" : study.recorded + ".") + f.id;
        r.name = f.what;
        report::add_field(r.parameters, "study", study.name);
        report::add_field(r.parameters, "figure", f.id);
        report::add_field(r.parameters, "data", study.data);
        r.value = f.mean;
        r.unit = f.unit;
        r.n = study.batches;
        r.method = "all numbers of the data";
        if (study.batches > 1) {
            r.low = f.mean - f.standard_error;
            r.high = f.mean + f.standard_error;
            r.method = "mean of batches; range: one standard error";
        }
        if (f.expected) {
            report::add_field(r.parameters, "stated", f.expected->value);
            report::add_field(r.parameters, "agrees", f.agreement());
            r.reference = study.source;
        }
        r.note = study.small ? "small run" : "";
        r.repro = repro;
        doc.records.push_back(std::move(r));
    }
    return doc;
}

}  // namespace narrowfp::bench

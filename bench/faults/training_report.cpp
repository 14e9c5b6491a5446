// SPDX-License-Identifier: Apache-2.0
// Tables and records of faults in training, and of a training run that is killed and resumed.
#include "faults/faults_study.hpp"

#include <narrowfp/report/text.hpp>

#include <fmt/format.h>

#include <algorithm>

namespace narrowfp::bench {

namespace {

using report::alignment;
using report::evidence_kind;
using report::format_number;
using report::format_percent;

double share_of(std::int64_t count, const training_damage& d) {
    return static_cast<double>(count) / static_cast<double>(d.flips);
}

report::table damage_table(const fault_study& study) {
    report::table t;
    t.title = "One flipped bit of a master weight during training (model tiny, 20 steps after the fault)";
    t.columns = {{"arm"},
                 {"flips", alignment::right},
                 {"no loss changes", alignment::right},
                 {"NaN or infinite", alignment::right},
                 {"last loss 1 % higher", alignment::right},
                 {"next loss tells", alignment::right},
                 {"it tells without a fault", alignment::right},
                 {"largest gap missed", alignment::right},
                 {"steps again: same bits"}};
    for (const arm_faults& a : study.training) {
        const auto share = [&](std::int64_t count) { return format_percent(share_of(count, a.all), 3); };
        t.add_row({a.arm, report::format_count(a.all.flips), share(a.all.unchanged), share(a.all.not_finite),
                   share(a.all.damaged), share(a.all.detected), format_percent(a.false_alarms, 3),
                   format_percent(a.all.largest_gap_missed, 2), a.recovered ? "yes" : "NO"});
    }
    t.notes = {
        "Next loss tells: it is not finite, or more than a tenth above the loss before the fault. Gaps are against the run "
        "without a fault. Recovery: the steps from the last checkpoint are computed again. A small model on a chain of "
        "symbols; a flip of every bit alike."};
    return t;
}

report::table damage_by_bit(const fault_study& study) {
    report::table t;
    t.title = "The same by bits: share with a last loss 1 % higher, or NaN";
    t.columns = {{"bits of the FP32 weight"}};
    struct range {
        const char* name;
        std::size_t first;
        std::size_t last;
    };
    for (const arm_faults& a : study.training) {
        t.columns.push_back({a.arm, alignment::right});
    }
    for (const range& r : {range{"31, sign", 31, 31},
                           {"30, top exponent", 30, 30},
                           {"29 to 23, exponent", 23, 29},
                           {"22 to 16, fraction", 16, 22},
                           {"15 to 0, fraction below BF16", 0, 15}}) {
        std::vector<report::cell> cells{r.name};
        for (const arm_faults& a : study.training) {
            training_damage sum;
            for (std::size_t bit = r.first; bit <= r.last; ++bit) {
                sum.add(a.by_bit[bit]);
            }
            cells.emplace_back(format_percent(share_of(sum.damaged + sum.not_finite, sum), 3));
        }
        t.add_row(std::move(cells));
    }
    return t;
}

report::table kill_table(const interruption_study& s) {
    report::table t;
    t.title = fmt::format("A training run under {} kills, {} of them while a checkpoint was written", s.kills.size(),
                          s.kills_in_writes());
    t.columns = {{"kills in the writing of a checkpoint, bytes written of " + std::to_string(s.checkpoint_bytes)}};
    std::string line;
    for (const kill_event& k : s.kills) {
        if (k.in_write) {
            line += (line.empty() ? "" : ", ") + std::to_string(k.bytes_written);
        }
    }
    t.add_row({line.empty() ? "none" : line});
    t.notes = {fmt::format(
        "{} runs. Every resumed run ended with the bits of the run without a kill: {}. A file whose bytes are all "
        "written was killed before it was synced and took its name.",
        s.runs, s.equal ? "yes" : "NO")};
    return t;
}

report::table share_table(const interruption_study& s) {
    report::table t;
    t.title = "Effective share of time under kills at exponential times (measured)";
    t.columns = {{"kills"},
                 {"MTBF, s", alignment::right},
                 {"saving, ms", alignment::right},
                 {"restart, ms", alignment::right},
                 {"interval, ms", alignment::right},
                 {"kills", alignment::right},
                 {"measured", alignment::right},
                 {"standard error", alignment::right},
                 {"formula", alignment::right}};
    for (const share_result& r : s.shares) {
        t.add_row({r.id, format_number(r.mtbf, 2), format_number(1e3 * r.checkpoint, 3),
                   format_number(1e3 * r.restart, 3), format_number(1e3 * r.interval, 3), report::format_count(r.kills),
                   format_number(r.share, 3), format_number(r.standard_error, 2), format_number(r.formula, 3)});
    }
    t.notes = {
        "Scaled time: a second stands for an hour, 17 ms of saving for a minute, 170 ms of detection and repair for ten; the "
        "program's own writing and loading come on top. The interval is Daly's. Formula: exponential failures with the "
        "costs measured in these runs. A machine with other work makes steps uneven, which the formula does not know."};
    return t;
}

}  // namespace

std::vector<report::table> training_tables(const fault_study& study) {
    std::vector<report::table> all;
    if (!study.training.empty()) {
        all.push_back(damage_table(study));
        all.push_back(damage_by_bit(study));
    }
    if (study.interruptions) {
        all.push_back(kill_table(*study.interruptions));
        all.push_back(share_table(*study.interruptions));
    }
    return all;
}

std::vector<report::record> training_records(const fault_study& study) {
    std::vector<report::record> all;
    for (const arm_faults& a : study.training) {
        const auto add = [&](const char* what, const char* name, double value) {
            report::record r =
                base_record(study, "training." + a.arm + "." + what, a.arm + ", one bit of a master weight, " + name,
                            evidence_kind::emulated, value, "1");
            r.n = a.all.flips;
            r.method = "model tiny, 20 steps after the fault, against the run without";
            all.push_back(std::move(r));
        };
        add("unchanged", "no loss changes", share_of(a.all.unchanged, a.all));
        add("not_finite", "a loss is not finite", share_of(a.all.not_finite, a.all));
        add("damaged", "last loss more than 1 % higher", share_of(a.all.damaged, a.all));
        add("detected", "the next loss tells", share_of(a.all.detected, a.all));
        add("false_alarms", "share of steps without a fault whose loss tells of one", a.false_alarms);
        add("recovered", "steps computed again give the same bits", a.recovered ? 1 : 0);
    }
    if (study.interruptions) {
        all.push_back(base_record(study, "interrupted.equal_results",
                                  "every run that was killed and resumed ended with the bits of one that was not",
                                  evidence_kind::emulated, std::int64_t{study.interruptions->equal}, "1"));
        all.push_back(base_record(study, "interrupted.checkpoint_bytes", "bytes of a checkpoint",
                                  evidence_kind::emulated,
                                  static_cast<std::int64_t>(study.interruptions->checkpoint_bytes), "B"));
    }
    return all;
}

std::vector<report::record> interruption_records(const fault_study& study) {
    std::vector<report::record> all;
    if (!study.interruptions) {
        return all;
    }
    const interruption_study& s = *study.interruptions;
    const auto add = [&](std::string id, std::string name, report::record_value value, const char* unit,
                         const char* method = "") -> report::record& {
        all.push_back(base_record(study, "interrupted." + std::move(id), std::move(name), evidence_kind::measured,
                                  std::move(value), unit));
        all.back().method = method;
        return all.back();
    };
    add("kills", "kills of the runs whose bits were compared", static_cast<std::int64_t>(s.kills.size()), "1");
    add("kills_in_writes", "kills while a checkpoint was written", s.kills_in_writes(), "1");
    std::string bytes;
    for (const kill_event& k : s.kills) {
        if (k.in_write) {
            bytes += (bytes.empty() ? "" : " ") + std::to_string(k.bytes_written);
        }
    }
    add("bytes_at_kills", "bytes of unfinished checkpoints at each of those kills", bytes.empty() ? "none" : bytes, "");
    for (const share_result& r : s.shares) {
        report::record& share = add(r.id + ".share", "effective share of time, MTBF " + format_number(r.mtbf, 2) + " s",
                                    r.share, "1", "work over time; low and high: one standard error");
        share.low = r.share - r.standard_error;
        share.high = r.share + r.standard_error;
        share.n = r.kills;
        add(r.id + ".formula", "the same by the formula, with the costs measured", r.formula, "1",
            "exponential failures, interval of Daly");
        add(r.id + ".mtbf", "mean time between kills", r.mtbf, "s", "as set");
        add(r.id + ".checkpoint", "cost of a checkpoint", r.checkpoint, "s", "mean");
        add(r.id + ".restart", "from a kill to work", r.restart, "s", "mean");
        add(r.id + ".interval", "work between checkpoints", r.interval, "s", "Daly's interval in whole steps");
    }
    return all;
}

}  // namespace narrowfp::bench

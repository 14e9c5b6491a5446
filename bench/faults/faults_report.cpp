// SPDX-License-Identifier: Apache-2.0
// Tables and records of the study of flipped bits.
#include "faults/faults_study.hpp"

#include <narrowfp/report/text.hpp>

#include <fmt/format.h>

#include <cmath>

namespace narrowfp::bench {

namespace {

using report::alignment;
using report::evidence_kind;
using report::format_number;
using report::format_percent;

constexpr const char* simplification =
    "One bit at a time, every bit alike: a simplification. In a gate-level study fewer than 40 % of the flip events were "
    "of a single bit, and 1.01 % of the silent corruptions were NaN or infinite (arXiv 2605.04213).";

report::table payload_table(const fault_study& study) {
    report::table t;
    t.title = "One flipped bit of a stored number (standard normal numbers)";
    t.columns = {{"format"},
                 {"NaN or infinite", alignment::right},
                 {"by the law", alignment::right},
                 {"above the tile's largest", alignment::right},
                 {"by the law", alignment::right},
                 {"worst / largest", alignment::right},
                 {"bound", alignment::right},
                 {"bits of scales", alignment::right}};
    for (const payload_result& r : study.payload) {
        const auto law = [&](double flip_probabilities::*share) {
            return r.law ? format_percent(r.law->of_any.*share, 3) : std::string("-");
        };
        t.add_row({std::string(r.format.name), format_percent(r.sample.not_finite.mean, 3),
                   law(&flip_probabilities::not_finite), format_percent(r.sample.above.mean, 3),
                   law(&flip_probabilities::above), format_number(r.sample.worst, 2), r.format.bounded ? "2" : "none",
                   format_percent(r.sample.scale_bits, 2)});
    }
    t.notes = {
        fmt::format(
            "Every single-bit flip of {} tiles, emulated; the law is a closed form over the normal distribution "
            "(modelled). They have to agree within {} standard errors.",
            report::format_count(study.payload.front().sample.flips /
                                 static_cast<std::int64_t>(study.payload.front().format.tile) /
                                 storage_bits_of(study.payload.front().format.element)),
            agreement_errors),
        simplification,
        "A tile's largest number is what its scale is made from; FP16, BF16 and FP32 have no scale, a tile of 128 "
        "stands for their neighbourhood. FP8 has half as many bits to be hit as BF16 for each number."};
    return t;
}

report::table bit_table(const fault_study& study) {
    report::table t;
    t.title = "The same by bit: NaN or infinite / above the tile's largest, %";
    t.columns = {{"bit", alignment::right}};
    std::size_t bits = 0;
    for (const payload_result& r : study.payload) {
        t.columns.push_back({std::string(r.format.id), alignment::right});
        bits = std::max(bits, r.sample.by_bit.size());
    }
    for (std::size_t bit = bits; bit-- > 0;) {
        std::vector<report::cell> cells{std::to_string(bit)};
        for (const payload_result& r : study.payload) {
            const auto percent = [](double share) {
                return share == 0 ? std::string("0") : fmt::format("{:.1f}", 100 * share);
            };
            cells.emplace_back(bit < r.sample.by_bit.size() ? percent(r.sample.by_bit[bit].not_finite) + " / " +
                                                                  percent(r.sample.by_bit[bit].above)
                                                            : "");
        }
        t.add_row(std::move(cells));
    }
    t.notes = {
        "Exponent bit k of a binary format multiplies or divides by 2^(2^k); bit j of m fraction bits moves a number "
        "by at most 2^(j - m) of itself."};
    return t;
}

report::table scale_table(const fault_study& study) {
    report::table t;
    t.title = "One flipped bit of a scale";
    t.columns = {{"format"},
                 {"bits", alignment::right},
                 {"numbers hit", alignment::right},
                 {"NaN or infinite", alignment::right},
                 {"wrong by more than itself", alignment::right},
                 {"by more than half", alignment::right},
                 {"worst factor", alignment::right}};
    for (const auto& [f, s] : study.scales) {
        t.add_row({std::string(f.name), std::to_string(s.bits), std::to_string(s.numbers_hit),
                   format_percent(s.not_finite.mean, 3), format_percent(s.above.mean, 3),
                   format_percent(s.above_half, 3), format_number(s.worst_factor, 2)});
    }
    t.notes = {
        "The price of bounded payloads: all numbers of the tile go wrong together. An E8M0 scale is 8 bits for 32 "
        "numbers, an FP32 scale 32 bits for 128."};
    return t;
}

report::table master_table(const fault_study& study) {
    report::table t;
    t.title = "One flipped bit of an FP32 master weight, seen in the working copy";
    t.columns = {{"working copy"},
                 {"NaN or infinite", alignment::right},
                 {"above the tile's largest", alignment::right},
                 {"not visible", alignment::right},
                 {"tile ruined by the new scale", alignment::right}};
    for (const auto& [f, m] : study.master) {
        t.add_row({std::string(f.name), format_percent(m.not_finite, 3), format_percent(m.above, 3),
                   format_percent(m.invisible, 3), format_percent(m.ruined, 3)});
    }
    t.notes = {
        "Weights N(0, 0.02^2), 1x128 or 1x32 tiles. Copy and scale are made again from the wrong weight: a weight that became huge "
        "takes the scale with it and the others of its tile become zero (ruined: more than half of them)."};
    return t;
}

report::table checksum_table(const fault_study& study) {
    report::table t;
    t.title = "Detection of one flipped bit by column checksums";
    t.columns = {{"product"},
                 {"fault in"},
                 {"certain threshold", alignment::right},
                 {"detects", alignment::right},
                 {"calibrated threshold", alignment::right},
                 {"detects", alignment::right},
                 {"changes nothing", alignment::right},
                 {"largest missed / rms of C", alignment::right},
                 {"false alarms", alignment::right}};
    for (const checksum_outcome& c : study.checksums) {
        for (std::size_t place = 0; place < c.by_place.size(); ++place) {
            const detection& d = c.by_place[place];
            if (d.faults == 0) {
                continue;
            }
            const auto share = [&](std::int64_t count) {
                return format_percent(static_cast<double>(count) / static_cast<double>(d.faults), 3);
            };
            t.add_row({c.what.id, std::string(fault_place_names[place]), format_number(c.certain, 2), share(d.certain),
                       format_number(c.calibrated, 2), share(d.calibrated), share(d.harmless),
                       format_number(d.largest_missed, 2),
                       fmt::format("{} + {} of {}", c.false_alarms_certain, c.false_alarms_calibrated, c.fault_free)});
        }
    }
    t.notes = {
        "Thresholds are relative to the sum of magnitudes of a column. Certain: the accumulator's error bound, which rounding "
        "cannot reach. Calibrated: twice the largest residual of 64 fault-free products, fixed before others were "
        "looked at. False alarms: of each threshold, in further fault-free products.",
        "64 x 512 by 512 x 64, operands standard normal; 'codes' and 'scales' are A's, hit after the checksum was "
        "taken, 'results' the accumulator after its last addition. The unit h100 cuts off at 13 bits, so its threshold "
        "is wide and more faults pass below it."};
    return t;
}

class record_list {
public:
    record_list(report::document& doc, const fault_study& study, const std::string& repro)
        : doc_(doc), study_(study), repro_(repro) {}

    report::record& add(std::string id, std::string name, evidence_kind kind, double value, std::int64_t n,
                        const char* method) {
        report::record r = base_record(study_, std::move(id), std::move(name), kind, value, "1");
        if (!std::isfinite(value)) {
            r.unit.clear();
            report::set_no_value(r, report::record_status::undefined, "not finite");
        }
        if (n > 0) {
            r.n = n;
        }
        r.method = method;
        r.repro = repro_;
        doc_.records.push_back(std::move(r));
        return doc_.records.back();
    }

private:
    report::document& doc_;
    const fault_study& study_;
    const std::string& repro_;
};

void add_payload_records(record_list& out, const payload_result& r) {
    const std::string id = "payload." + std::string(r.format.id) + ".";
    const std::string name = std::string(r.format.name) + ", ";
    const auto share = [&](const char* what, const char* words, const sampled_share& s) {
        report::record& x = out.add(id + what, name + words, evidence_kind::emulated, s.mean, r.sample.flips,
                                    "every flip of sampled tiles; low and high: one standard error");
        x.low = s.mean - s.standard_error;
        x.high = s.mean + s.standard_error;
    };
    share("not_finite", "flips that give NaN or infinity", r.sample.not_finite);
    share("above_largest", "finite flips that err by more than the tile's largest", r.sample.above);
    out.add(id + "worst", name + "worst finite error over the tile's largest", evidence_kind::emulated, r.sample.worst,
            r.sample.flips, "every flip of sampled tiles");
    for (std::size_t bit = 0; bit < r.sample.by_bit.size(); ++bit) {
        const std::string of_bit = id + "bit_" + std::to_string(bit) + ".";
        out.add(of_bit + "not_finite", name + "bit " + std::to_string(bit) + ", NaN or infinity",
                evidence_kind::emulated, r.sample.by_bit[bit].not_finite, 0, "every flip of sampled tiles");
        out.add(of_bit + "above_largest", name + "bit " + std::to_string(bit) + ", above the tile's largest",
                evidence_kind::emulated, r.sample.by_bit[bit].above, 0, "every flip of sampled tiles");
    }
    if (r.law) {
        const std::string law = "law." + std::string(r.format.id) + ".";
        out.add(law + "not_finite", name + "flips that give NaN or infinity", evidence_kind::modelled,
                r.law->of_any.not_finite, 0, "closed form, standard normal numbers");
        out.add(law + "above_largest", name + "finite flips that err by more than the tile's largest",
                evidence_kind::modelled, r.law->of_any.above, 0, "closed form, standard normal numbers");
    }
}

void add_checksum_records(record_list& out, const checksum_outcome& c) {
    const std::string id = "checksum." + c.what.id + ".";
    out.add(id + "certain_threshold", c.what.id + ", residual that rounding cannot reach", evidence_kind::emulated,
            c.certain, 0, "error bound of the accumulator");
    out.add(id + "calibrated_threshold", c.what.id + ", twice the largest fault-free residual", evidence_kind::emulated,
            c.calibrated, 0, "64 fault-free products");
    out.add(id + "false_alarms", c.what.id + ", false alarms of the calibrated threshold", evidence_kind::emulated,
            static_cast<double>(c.false_alarms_calibrated), c.fault_free, "further fault-free products");
    for (std::size_t place = 0; place < c.by_place.size(); ++place) {
        const detection& d = c.by_place[place];
        if (d.faults == 0) {
            continue;
        }
        const std::string of_place = id + std::string(fault_place_names[place]) + ".";
        const auto share = [&](const char* what, std::int64_t count) {
            out.add(of_place + what, c.what.id + ", faults in " + std::string(fault_place_names[place]) + ", " + what,
                    evidence_kind::emulated, static_cast<double>(count) / static_cast<double>(d.faults), d.faults,
                    "random single flips");
        };
        share("detected_certain", d.certain);
        share("detected_calibrated", d.calibrated);
        share("harmless", d.harmless);
        share("not_finite", d.not_finite);
        out.add(of_place + "largest_missed", c.what.id + ", largest change let through over the rms of C",
                evidence_kind::emulated, d.largest_missed, d.faults, "calibrated threshold");
    }
}

}  // namespace

report::record base_record(const fault_study& study, std::string id, std::string name, evidence_kind kind,
                           report::record_value value, const char* unit) {
    report::record r;
    r.id = "faults." + std::move(id);
    r.name = std::move(name);
    r.kind = kind;
    report::add_field(r.parameters, "seed", static_cast<std::int64_t>(study.options.seed));
    if (study.options.small) {
        report::add_field(r.parameters, "small", true);
    }
    r.value = std::move(value);
    r.unit = unit;
    return r;
}

std::vector<report::table> fault_tables(const fault_study& study) {
    std::vector<report::table> all;
    if (!study.payload.empty()) {
        all.push_back(payload_table(study));
        all.push_back(bit_table(study));
    }
    if (!study.scales.empty()) {
        all.push_back(scale_table(study));
    }
    if (!study.master.empty()) {
        all.push_back(master_table(study));
    }
    if (!study.checksums.empty()) {
        all.push_back(checksum_table(study));
    }
    for (report::table& t : training_tables(study)) {
        all.push_back(std::move(t));
    }
    return all;
}

report::document fault_results(const fault_study& study, const report::field_list& context, const std::string& repro) {
    report::document doc;
    doc.context = context;
    record_list out(doc, study, repro);
    for (const payload_result& r : study.payload) {
        add_payload_records(out, r);
    }
    for (const auto& [f, s] : study.scales) {
        const std::string id = "scale." + std::string(f.id) + ".";
        const std::string name = std::string(f.name) + ", one bit of a scale, ";
        out.add(id + "not_finite", name + "NaN or infinity", evidence_kind::emulated, s.not_finite.mean, s.flips,
                "every flip of sampled tiles");
        out.add(id + "above_itself", name + "wrong by more than itself", evidence_kind::emulated, s.above.mean, s.flips,
                "every flip of sampled tiles");
    }
    for (const auto& [f, m] : study.master) {
        const std::string id = "master." + std::string(f.id) + ".";
        const std::string name = std::string(f.name) + " as working copy, one bit of a master weight, ";
        const auto share = [&](const char* what, double value) {
            out.add(id + what, name + what, evidence_kind::emulated, value, m.flips, "every flip of one weight a tile");
        };
        share("not_finite", m.not_finite);
        share("above_largest", m.above);
        share("invisible", m.invisible);
        share("ruined", m.ruined);
    }
    for (const checksum_outcome& c : study.checksums) {
        add_checksum_records(out, c);
    }
    for (report::record& r : training_records(study)) {
        r.repro = repro;
        doc.records.push_back(std::move(r));
    }
    return doc;
}

report::document fault_timings(const fault_study& study, const report::field_list& context, const std::string& repro) {
    report::document doc;
    doc.context = context;
    doc.records = interruption_records(study);
    for (report::record& r : doc.records) {
        r.repro = repro;
    }
    return doc;
}

}  // namespace narrowfp::bench

// SPDX-License-Identifier: Apache-2.0
// Tables of the communication suite, made from its records.
#include "comm/launch.hpp"
#include "step_model/step_scenarios.hpp"

#include <narrowfp/report/text.hpp>

#include <algorithm>
#include <optional>
#include <set>

namespace narrowfp::bench {

namespace {

using report::alignment;
using report::format_number;

// Values by id, and the numbers of ranks that were run.
class values {
public:
    explicit values(const launch_outcome& outcome) {
        for (const auto* list : {&outcome.results, &outcome.timings}) {
            for (const report::record& r : *list) {
                records_.push_back(&r);
                if (const auto* n = report::find_field(r.parameters, "ranks")) {
                    ranks_.insert(std::get<std::int64_t>(*n));
                }
            }
        }
    }
    const std::set<std::int64_t>& ranks() const { return ranks_; }
    std::int64_t most_ranks() const { return ranks_.empty() ? 0 : *ranks_.rbegin(); }

    const report::record* find(const std::string& what, std::int64_t ranks) const {
        const std::string id = "comm." + what + ".ranks_" + std::to_string(ranks);
        const auto found = std::find_if(records_.begin(), records_.end(), [&](const auto* r) { return r->id == id; });
        return found == records_.end() ? nullptr : *found;
    }
    std::optional<double> number(const std::string& what, std::int64_t ranks) const {
        const report::record* r = find(what, ranks);
        return r != nullptr ? report::number_in(r->value) : std::nullopt;
    }
    std::string text(const std::string& what, std::int64_t ranks, double factor = 1, int digits = 3) const {
        const std::optional<double> x = number(what, ranks);
        return x ? format_number(*x * factor, digits) : std::string("-");
    }

private:
    std::vector<const report::record*> records_;
    std::set<std::int64_t> ranks_;
};

report::table exchange_table(const values& v) {
    report::table t;
    t.title =
        "Dispatch and combine of DeepSeek-V3's tokens (hidden 7168, at most 4 nodes), payload for each token and destination";
    t.columns = {{"ranks", alignment::right},
                 {"dispatch in"},
                 {"dispatch, B", alignment::right},
                 {"combine in BF16, B", alignment::right},
                 {"both over FP8's", alignment::right},
                 {"error there and back", alignment::right},
                 {"interface over payload", alignment::right}};
    for (const std::int64_t ranks : v.ranks()) {
        const auto both = [&](const std::string& f) -> std::optional<double> {
            const auto there = v.number("exchange." + f + ".dispatch_bytes", ranks);
            const auto back = v.number("exchange." + f + ".combine_bytes", ranks);
            return there && back ? std::optional(*there + *back) : std::nullopt;
        };
        for (const std::string f : {"fp8", "int8", "fp16", "bf16"}) {
            const std::string id = "exchange." + f;
            if (both(f) && both("fp8")) {
                t.add_row({std::to_string(ranks), f, v.text(id + ".dispatch_bytes", ranks, 1, 6),
                           v.text(id + ".combine_bytes", ranks, 1, 6), report::format_ratio(*both(f) / *both("fp8"), 4),
                           v.text(id + ".error", ranks), v.text(id + ".interface_over_payload", ranks, 1, 4)});
            }
        }
    }
    t.notes = {
        "Payload is counted in the wrapper of MPI_Send (emulated). Interface: counters of lo, measured; headers of MPI, TCP "
        "and IP, acknowledgements, and whatever else used lo. Indices and router weights are not sent."};
    return t;
}

report::table reduce_table(const values& v, const std::string& what, std::string title,
                           std::vector<std::string> notes) {
    report::table t;
    t.title = std::move(title);
    t.columns = {{"format"}, {"ranks", alignment::right}};
    std::vector<std::string> algorithms;
    for (const reduction_info& how : reductions) {
        algorithms.emplace_back(how.name);
    }
    if (what == "error") {
        algorithms.emplace_back("library");
    }
    for (const std::string& a : algorithms) {
        t.columns.push_back({a, alignment::right});
    }
    for (const wire_format& f : wire_formats()) {
        for (const std::int64_t ranks : v.ranks()) {
            std::vector<report::cell> cells{std::string(f.id), std::to_string(ranks)};
            bool any = false;
            for (const std::string& a : algorithms) {
                const std::string id = "reduce." + std::string(f.id) + "." + a + "." + what;
                any = any || v.number(id, ranks);
                cells.emplace_back(v.text(id, ranks));
            }
            if (any) {
                t.add_row(std::move(cells));
            }
        }
    }
    t.notes = std::move(notes);
    return t;
}

report::table codec_table(const values& v) {
    report::table t;
    t.title = "Encoding and decoding on this machine, one thread (measured)";
    t.columns = {{"format"}, {"ns a number", alignment::right}, {"pays below, GB/s", alignment::right}};
    for (const std::string f : {"bf16", "fp16", "fp8", "int8"}) {
        const std::string id = "codec." + f;
        if (v.number(id + ".seconds_per_number", v.most_ranks())) {
            t.add_row({f, v.text(id + ".seconds_per_number", v.most_ranks(), 1e9),
                       v.text(id + ".break_even", v.most_ranks(), 1e-9)});
        }
    }
    t.notes = {
        "Pays below: the bandwidth at which the bytes saved against BF16 take as long as the extra time of encoding and "
        "decoding. An accelerator encodes as part of another kernel; this is this CPU."};
    return t;
}

report::table link_table(const values& v) {
    report::table t;
    t.title = "Dispatch and combine of a layer on slow links, forward and backward (link emulated)";
    t.columns = {{"chip"},
                 {"column"},
                 {"measured, s", alignment::right},
                 {"over the layer's work", alignment::right},
                 {"by the model", alignment::right},
                 {"exposed with overlap", alignment::right}};
    const std::int64_t ranks = v.most_ranks();
    for (const std::string chip : {"h800", "910b3", "910c"}) {
        for (const step_model::hardware_case at : step_model::all_hardware_cases) {
            const std::string c(step_model::id_of(at));
            const std::string id = "link." + chip + "." + c;
            if (const auto exposed = v.number(id + ".exposed_over_work", ranks)) {
                t.add_row({chip, c, v.text(id + ".seconds", ranks), v.text(id + ".traffic_over_work", ranks),
                           v.text(id + ".modelled_traffic_over_work", ranks), report::format_percent(*exposed, 3)});
            }
        }
        if (const report::record* refused = v.find("link." + chip + ".seconds", ranks)) {
            t.add_row({chip, "all", "refused", "-", "-", refused->note});
        }
    }
    t.notes = {
        "The link is as many times slower than the chip's as a product here is slower than the chip's work in a layer, so the share "
        "of traffic is the chip's. Measured: time of real messages over a paced sender, " +
            std::to_string(ranks) +
            " ranks, encoding left out (see above); work: the chip's by the model, slowed alike.",
        "t = alpha + bytes / beta on the first of these links: alpha " + v.text("link.fit.alpha", ranks, 1e3) +
            " ms, beta " + v.text("link.fit.beta", ranks, 1e-6) +
            " MB/s (set: " + v.text("link.fit.rate", ranks, 1e-6) + "), largest error " +
            v.text("link.fit.largest_error", ranks, 100) + " %. A link whose rate is off by more than 5 % is refused."};
    return t;
}

}  // namespace

std::vector<report::table> comm_tables(const launch_outcome& outcome) {
    const values v(outcome);
    std::vector<report::table> all{
        exchange_table(v),
        reduce_table(
            v, "error", "All-reduce: relative error against the exact sum, by algorithm (emulated)",
            {"Standard normal numbers, sums in FP32 between roundings. library: MPI_Allreduce with a reduction of ours "
             "over tiles, its algorithm the library's choice. Recursive doubling needs a power of two of ranks."}),
        reduce_table(v, "bytes_per_number", "All-reduce: payload of all ranks for each number, bytes (counted)", {}),
        codec_table(v), link_table(v)};
    std::erase_if(all, [](const report::table& t) { return t.rows.empty(); });
    return all;
}

}  // namespace narrowfp::bench

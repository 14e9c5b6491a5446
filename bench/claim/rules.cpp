// SPDX-License-Identifier: Apache-2.0
// The rules that turn figures into verdicts, in the words of the verdict table, and what rows say about them. Rules of
// questions: questions.cpp.
#include "claim/rows.hpp"

#include <narrowfp/report/text.hpp>

#include <algorithm>

namespace narrowfp::bench::claim {

const chip_set& chips_of(const row_context& how) {
    static const chip_set library;
    return how.chips != nullptr ? *how.chips : library;
}

const subject& subject_of(const row_context& how) {
    static const subject deepseek_v3;
    return how.what != nullptr ? *how.what : deepseek_v3;
}

const report::record* result_named(const row_context& how, std::string_view id) {
    return how.results != nullptr ? how.results->find(id) : nullptr;
}

namespace {

// V4 and its part of Q3, in extra step time.
constexpr double more_load = 0.10;
constexpr double no_load = 0.03;
constexpr double critical_load = 0.25;

}  // namespace

verdict hold_out_verdict(int inside, double widest) {
    constexpr int needed = 3;  // of 4
    constexpr double narrower_than = 0.4;
    return inside >= needed && widest < narrower_than ? verdict::pass : verdict::fail;
}

verdict fit_verdict(const std::vector<scenario_range>& extra) {
    if (!extra.empty() && std::all_of(extra.begin(), extra.end(), [](auto& r) { return r.low > more_load; })) {
        return verdict::supported;
    }
    const bool small =
        !extra.empty() && std::all_of(extra.begin(), extra.end(), [](auto& r) { return r.high < no_load; });
    return small ? verdict::not_supported : verdict::undecided;
}

verdict no_schedule_verdict(const std::vector<scenario_range>& extra_on_ascend) {
    const auto all = [&](auto&& holds) {
        return !extra_on_ascend.empty() && std::all_of(extra_on_ascend.begin(), extra_on_ascend.end(), holds);
    };
    if (all([](const scenario_range& r) { return r.low >= critical_load; })) {
        return verdict::supported;
    }
    return all([](const scenario_range& r) { return r.high < critical_load; }) ? verdict::not_supported
                                                                               : verdict::undecided;
}

verdict attribution_verdict(int largest, int all) {
    if (all > 0 && largest == all) {
        return verdict::supported;
    }
    return all > 0 && largest == 0 ? verdict::not_supported : verdict::undecided;
}

verdict throughput_verdict(const scenario_range& ratio) {
    if (ratio.low > 1) {
        return verdict::supported;
    }
    return ratio.high < 1 ? verdict::not_supported : verdict::undecided;
}

verdict int8_verdict(equivalence gap, double snr_below_db) {
    constexpr double served = 1;
    constexpr double failed = 6;
    if (gap == equivalence::not_equivalent || snr_below_db > failed) {
        return verdict::not_supported;
    }
    return gap == equivalence::equivalent && snr_below_db <= served ? verdict::supported : verdict::undecided;
}

std::string range_text(const scenario_range& range, int digits) {
    return report::format_number(range.low, digits) + " to " + report::format_ratio(range.high, digits);
}

std::string modelled_reason(verdict s3, verdict by_range) {
    if (s3 == verdict::pass) {
        return "";
    }
    return s3_text(s3) + "by the range alone it would be " + std::string(word_of(by_range));
}

}  // namespace narrowfp::bench::claim

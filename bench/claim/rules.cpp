// SPDX-License-Identifier: Apache-2.0
// The rules that turn figures into verdicts, in the words of the verdict table, and the texts that rows share. Rules of
// questions: questions.cpp.
#include "claim/policy.hpp"
#include "claim/rows.hpp"

#include <narrowfp/report/text.hpp>

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

verdict hold_out_verdict(int inside, double widest) {
    constexpr int needed = 3;  // of 4
    constexpr double narrower_than = 0.4;
    return inside >= needed && widest < narrower_than ? verdict::pass : verdict::fail;
}

verdict int8_verdict(equivalence gap, double snr_below_db) {
    if (gap == equivalence::not_equivalent || snr_below_db > policy::int8_fails_db) {
        return verdict::not_supported;
    }
    return gap == equivalence::equivalent && snr_below_db <= policy::int8_serves_db ? verdict::supported
                                                                                    : verdict::open;
}

std::string range_text(const scenario_range& range, int digits) {
    return report::format_number(range.low, digits) + " to " + report::format_ratio(range.high, digits);
}

std::string share_text(double share) {
    constexpr double nearly_all = 0.9995;  // would be printed as 100 %
    return share < 1 && share >= nearly_all ? "over 99.9 %" : report::format_percent(share, 3);
}

std::string usable_memory_text() {
    std::string text;
    for (const double share : policy::usable_memory) {
        text += (text.empty() ? "" : " or ") + report::format_number(100 * share, 2);
    }
    return text + " %";
}

}  // namespace narrowfp::bench::claim

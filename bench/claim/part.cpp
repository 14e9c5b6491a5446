// SPDX-License-Identifier: Apache-2.0
#include "claim/part.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <utility>

namespace narrowfp::bench::claim {

namespace {

using ratio_model::word;

// How settled a part is, and among equals how far its probability lies from one half.
std::pair<int, double> strength_of(const part& p) {
    const double distance = p.probability ? std::fabs(*p.probability - 0.5) : 0;
    if (!p.testable || !p.not_run.empty()) {
        return {p.testable ? 0 : 1, 0};
    }
    if (!p.word) {
        return {2, p.kind == report::evidence_kind::modelled ? 0 : 0.5};
    }
    switch (p.word->w) {
        case word::supported:
        case word::not_supported: return {5, p.probability ? distance : 0.5};
        case word::leans_supported:
        case word::leans_against: return {4, distance};
        case word::open: break;
    }
    return {3, distance};
}

bool weaker(const part& a, const part& b) { return strength_of(a) < strength_of(b); }

}  // namespace

std::string_view text_of(report::evidence_kind kind) {
    switch (kind) {
        case report::evidence_kind::emulated: return "counted exactly";
        case report::evidence_kind::measured: return "measured here";
        case report::evidence_kind::modelled: return "modelled";
        case report::evidence_kind::published: return "published by others";
        case report::evidence_kind::recorded: return "emulated and recorded";
    }
    return "?";
}

// The first of several that are equally strong, the last of those that are equally weak.
const part* strongest_of(const question& q) {
    const auto found = std::max_element(q.parts.begin(), q.parts.end(), weaker);
    return found == q.parts.end() ? nullptr : &*found;
}

const part* weakest_of(const question& q) {
    if (q.parts.size() < 2) {
        return nullptr;
    }
    const auto last = std::min_element(q.parts.rbegin(), q.parts.rend(), weaker);
    return &*last;
}

std::string word_of(const part& p) {
    if (!p.testable) {
        return "NOT TESTABLE";
    }
    if (!p.not_run.empty()) {
        return "NOT RUN";
    }
    return p.word ? ratio_model::text_of(*p.word) : "no verdict";
}

report::html_badge badge_of(const part& p) {
    if (p.testable && p.not_run.empty() && !p.word) {
        return {std::string(text_of(p.kind)), report::tint::plain};
    }
    const std::string word = !p.testable ? "NOT TESTABLE" : !p.not_run.empty() ? "NOT RUN" : "";
    return word.empty() ? report::grade_badge(to_string(p.word->w), p.word->hypothetical ? "hypothetical" : "")
                        : report::grade_badge(word);
}

std::string basis_of(const part& p) {
    std::string text;
    if (p.probability) {
        text = fmt::format("probability {:.2f}{}, ", *p.probability, p.event.empty() ? "" : " " + p.event);
        if (p.without_vendor_pages) {
            text += fmt::format("{:.2f} without the vendor's own pages, ", *p.without_vendor_pages);
        }
    }
    return text + std::string(text_of(p.kind));
}

std::string answer_text(const question& q) {
    const auto told = [](const part& p) {
        const bool answered = p.testable && p.not_run.empty();
        return p.sentence + " (" + word_of(p) + (answered ? ", " + basis_of(p) : "") + ").";
    };
    const part* best = strongest_of(q);
    const part* least = weakest_of(q);
    if (best == nullptr) {
        return "";
    }
    std::string text = told(*best);
    if (least != nullptr && least != best) {
        text += " " + told(*least);
    }
    return text + (q.remark.empty() ? "" : " " + q.remark);
}

}  // namespace narrowfp::bench::claim

// SPDX-License-Identifier: Apache-2.0
// What the claim answers. A question has parts; a part is one statement with a grade of its own, the kind of evidence that
// it rests on, its figure and a sentence in the reader's words. Parts are never merged into one word, and the worst part
// does not decide the others (docs/methodology.md, "The claim" and "Words and probabilities").
#pragma once

#include "ratio_model/grade.hpp"

#include <narrowfp/report/badge.hpp>
#include <narrowfp/report/record.hpp>

#include <optional>
#include <string>
#include <vector>

namespace narrowfp::bench::claim {

struct part {
    std::string id = {};                           // "q1.h800.dense_70b"; unique
    std::string scope = {};                        // "dense 70B on H100, H800": what the badge stands for
    std::string statement = {};                    // what is graded: "FP8 is more than 1.10 times as fast as 16 bits"
    std::string sentence = {};                     // the answer in the reader's words, with its figure; no full stop
    std::optional<ratio_model::graded> word = {};  // nothing: figures without a word
    std::optional<double> probability = {};        // of the statement
    std::optional<double> without_vendor_pages = {};  // the same
    std::string event = {};                           // what the probability is of: "that it exceeds 1.10"
    report::evidence_kind kind = report::evidence_kind::modelled;
    std::string source = {};           // of a published figure: where each of them has its source
    std::optional<double> value = {};  // the figure, with its unit and 80 % interval or range
    std::string unit = {};
    std::optional<double> low = {};
    std::optional<double> high = {};
    std::vector<std::string> rests_on = {};  // ids of rows and gates
    std::vector<std::string> limits = {};    // "LEANS at most: ..."
    std::string not_run = {};                // why it was not run; empty: it was
    bool testable = true;
};

struct question {
    std::string id;    // "Q1"
    std::string text;  // in the reader's words, with its question mark
    std::vector<part> parts;
    std::vector<std::string> also_shown = {};  // ids of parts whose verdicts stand on the first screen, too
    std::string remark = {};                   // one more sentence for the question's line: what a reader must not miss
};

// The parts of which most and least is known, for the question's one line: settled (SUPPORTED, NOT SUPPORTED) before
// leaning, that before OPEN, that before figures without a word (published ones before modelled ones), NOT RUN last; among equals the probability that is farther
// from one half, then the earlier one. nullptr without parts; the weakest is nullptr where there is one part only.
const part* strongest_of(const question& q);
const part* weakest_of(const question& q);

// "SUPPORTED", "OPEN, hypothetical", "NOT RUN", "NOT TESTABLE", "no verdict": what a reader sees first of a part.
std::string word_of(const part& p);
report::html_badge badge_of(const part& p);

// "probability 0.95 that it exceeds 1.10, 0.91 without the vendor's own pages, modelled", "published", "counted exactly".
std::string basis_of(const part& p);

// The question's answer: the sentence of its strongest part with word and basis, that of its weakest part, the remark.
std::string answer_text(const question& q);

// "counted exactly", "measured here", "modelled", "published by others".
std::string_view text_of(report::evidence_kind kind);

}  // namespace narrowfp::bench::claim

// SPDX-License-Identifier: Apache-2.0
// Prints a page of made-up data that has every element, for the test that looks at it in a browser.
#include <narrowfp/report/html.hpp>

#include <cstdio>
#include <string>

#include "support/made_up_forest.hpp"

namespace {

using namespace narrowfp::report;

void add_answers(html_page& page) {
    std::vector<html_answer> all;
    for (int n = 1; n <= 6; ++n) {
        html_answer a;
        a.id = "Q" + std::to_string(n);
        a.question = "Is training in 16 bits slower than in FP8, on a chip that has both?";
        a.link = "v1";
        a.answer = "Large dense models take 1.4 times as long, mixtures of experts about 1.1 times.";
        a.parts = {{grade_badge("SUPPORTED"), "dense 70B on H100, 1.38 (P 0.95)", "v1"},
                   {grade_badge("LEANS AGAINST"), "mixture on H800, 1.12 (P 0.30)", "v2"}};
        all.push_back(a);
    }
    page.answers(all);
}

table grades() {
    table t;
    t.title = "Every grade";
    t.columns = {{"part"}, {"grade"}, {"P", alignment::right}, {"statement"}, {"source"}};
    for (const char* word :
         {"SUPPORTED", "LEANS SUPPORTED", "OPEN", "LEANS AGAINST", "NOT SUPPORTED", "NOT TESTABLE", "NOT RUN"}) {
        t.add_row({cell("V1").linked("v1"), cell(grade_badge(word)).linked("v2"), "0.95",
                   "large dense models train at least 1.10 times as fast in FP8", "a page that nobody wrote"});
    }
    return t;
}

}  // namespace

int main() {
    html_page page("Made up");
    page.lead(
        "One sentence that says what the page found, and a second one that says what it did not find. Nothing here is true.");
    add_answers(page);
    const figure f = narrowfp_test::made_up_forest();
    page.add(f, draw_svg(f), draw_svg(f, figure_width::narrow));
    page.section("v1", "V1 Ratios");
    page.paragraph(linked("V1 rests on V2; V12 is no row of this page.", {{"V1", "v1"}, {"V2", "v2"}}));
    page.badge(grade_badge("LEANS SUPPORTED", "hypothetical, PROVISIONAL"), linked("as V2 says", {{"V2", "v2"}}));
    page.add(grades());
    page.section("v2", "V2 A narrow table");
    table t{"Two", {{"a"}, {"b", alignment::right}}, {}, {}, {}};
    t.add_row({"x", "1"});
    page.add(t);
    std::fputs(page.text().c_str(), stdout);
}

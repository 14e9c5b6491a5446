// SPDX-License-Identifier: Apache-2.0
// Elements of a page: badges of grades, answers, links inside text, cells, figures with two drawings.
#include <doctest/doctest.h>

#include <narrowfp/report/html.hpp>
#include <narrowfp/report/markdown.hpp>

#include <set>
#include <stdexcept>
#include <string>
#include <vector>

#include "support/files.hpp"
#include "support/made_up_forest.hpp"
#include "support/message_of.hpp"

namespace {

using namespace narrowfp::report;
using narrowfp_test::contains;

const std::vector<std::string> grades{"SUPPORTED",     "LEANS SUPPORTED", "OPEN",   "LEANS AGAINST",
                                      "NOT SUPPORTED", "NOT TESTABLE",    "NOT RUN"};

// The text of a page with the sections v1 and v2, and what `add` adds.
template <class Add>
std::string page_with(Add add) {
    html_page page("page");
    page.section("v1", "V1");
    page.section("v2", "V2");
    add(page);
    return page.text();
}

std::string links_of(const html_line& line) {
    std::string out;
    for (const html_segment& s : line) {
        out += s.link.empty() ? s.text : "[" + s.text + ">" + s.link + "]";
    }
    return out;
}

}  // namespace

TEST_CASE("each grade has a shape of its own, another word has none") {
    std::set<badge_shape> shapes;
    std::set<std::string> pictures;
    for (const std::string& word : grades) {
        const html_badge b = grade_badge(word);
        CHECK(b.word == word);
        CHECK(b.shape != badge_shape::none);
        shapes.insert(b.shape);
        const std::string html = page_with([&](html_page& page) { page.badge(b, {}); });
        const std::size_t at = html.find("<svg class=\"shape\"");
        REQUIRE(at != std::string::npos);
        pictures.insert(html.substr(at, html.find("</svg>", at) - at));
        CHECK(contains(html, "aria-hidden=\"true\""));
        CHECK(contains(html, "</svg>" + word + "</span>"));
    }
    CHECK(shapes.size() == grades.size());
    CHECK(pictures.size() == grades.size());
    CHECK(grade_badge("LEANS SUPPORTED", "hypothetical").word == "LEANS SUPPORTED, hypothetical");
    const std::string message = narrowfp_test::message_of([] { grade_badge("PROVEN"); });
    CHECK(contains(message, "'PROVEN' is no grade, expected one of SUPPORTED, LEANS SUPPORTED, OPEN"));
}

TEST_CASE("terms in a text become links where they are whole words") {
    const std::vector<html_term> terms{
        {"V1", "v1"}, {"V12", "v12"}, {"ratio", "r"}, {"ratio model", "m"}, {"", "none"}};
    CHECK(links_of(linked("DeepSeek-V1 under V1", terms)) == "DeepSeek-V1 under [V1>v1]");
    CHECK(links_of(linked("V1, V12 and V123; (V1)", terms)) == "[V1>v1], [V12>v12] and V123; ([V1>v1])");
    CHECK(links_of(linked("the ratio model, a ratio, ratios, \u00e4V1", terms)) ==
          "the [ratio model>m], a [ratio>r], ratios, \u00e4V1");
    CHECK(links_of(linked("", terms)).empty());
    CHECK(links_of(linked("<a href=x>V1", {})) == "<a href=x>V1");
    const std::string html = page_with([&](html_page& page) {
        page.paragraph(linked("<b>V1", {{"V1", "v1"}}));
        page.note(html_line{{"<i>", "v2"}});
    });
    CHECK(contains(html, "<p>&lt;b&gt;<a href=\"#v1\">V1</a></p>"));
    CHECK(contains(html, "<p class=\"note\"><a href=\"#v2\">&lt;i&gt;</a></p>"));
}

TEST_CASE("a link that leads nowhere is an error of the page") {
    CHECK_THROWS_WITH_AS(page_with([](html_page& page) {
                             page.paragraph(html_line{{"V3", "v3"}});
                         }),
                         "html_page: a link leads to 'v3', which is no id of this page", std::logic_error);
    CHECK_THROWS_AS(page_with([](html_page& page) { page.answers({{"Q1", "?", {}, "v3", {}}}); }), std::logic_error);
    CHECK_NOTHROW(page_with([](html_page& page) {
        page.paragraph(html_line{{"later", "v3"}});
        page.subsection("v3", "V3");
    }));
}

TEST_CASE("answers: question, sentence, parts with their grades") {
    const std::string html = page_with([](html_page& page) {
        page.answers({{"Q1",
                       "Is it <slower>?",
                       {},
                       "v1",
                       {},
                       "Yes & no.",
                       {{grade_badge("SUPPORTED"), "dense <70B>", "v1"}, {grade_badge("OPEN"), "mixture"}}}});
    });
    CHECK(contains(
        html, "<li><p class=\"q\"><a href=\"#v1\">Q1</a> Is it &lt;slower&gt;?</p><p class=\"a\">Yes &amp; no.</p>"));
    CHECK(contains(html, "SUPPORTED</span> <a href=\"#v1\">dense &lt;70B&gt;</a></li>"));
    CHECK(contains(html, "OPEN</span> mixture</li></ul></li>"));
}

TEST_CASE("cells hold badges and links; terminals and Markdown show their text") {
    table t{"", {{"part"}, {"grade"}}, {}, {}, {}};
    t.add_row({cell("V1").linked("v1"), grade_badge("NOT SUPPORTED")});
    t.add_row({"V2", cell(grade_badge("OPEN")).linked("v2")});
    const std::string html = page_with([&](html_page& page) { page.add(t); });
    CHECK(contains(html, "<td class=\"short\"><a href=\"#v1\">V1</a></td>"));
    CHECK(contains(html, "<td class=\"short\"><span class=\"badge bad\"><svg"));
    CHECK(contains(html, "<td class=\"short\"><a href=\"#v2\"><span class=\"badge neutral\"><svg"));
    CHECK(contains(html, "<div class=\"hint\" aria-hidden=\"true\"></div><table>"));
    CHECK(to_text(t) == "part  grade\n----  -------------\nV1    NOT SUPPORTED\nV2    OPEN\n");
    CHECK(contains(to_markdown(t), "NOT SUPPORTED"));
    CHECK(!contains(to_markdown(t), "<"));
}

TEST_CASE("a figure with two drawings shows one of them") {
    const figure f = narrowfp_test::made_up_forest();
    const std::string both = page_with([&](html_page& page) { page.add(f, "<svg>w</svg>", "<svg>n</svg>"); });
    CHECK(contains(both, "<figure id=\"forest\" class=\"forest\">"));
    CHECK(contains(both,
                   "<div class=\"on-wide\"><svg>w</svg></div><div class=\"on-narrow\"><svg>n</svg></div></figure>"));
    CHECK(contains(both, "@media screen and (max-width:600px){.on-wide{display:none}.on-narrow{display:block"));
    const std::string one = page_with([&](html_page& page) { page.add(f, "<svg>w</svg>"); });
    CHECK(!contains(one, "class=\"on-"));
    CHECK(contains(page_with([&](html_page& page) { page.add(f, ""); }),
                   "<caption>Ratios that nobody measured</caption>"));
}

TEST_CASE("in the dark an open mark stays open") {
    // A rule that fills what has the attribute color would fill the open marks of gnuplot, which inherit their fill.
    const std::string html = page_with([](html_page&) {});
    CHECK(contains(html, "svg [color=\"#0072b2\"]{color:#4aa8e8}"));
}

// SPDX-License-Identifier: Apache-2.0
// Figures and pages: what is refused, that text stays text in gnuplot's script, in SVG and in HTML, and what a page holds.
#include <doctest/doctest.h>

#include <narrowfp/report/figure.hpp>
#include <narrowfp/report/html.hpp>

#include <algorithm>
#include <cmath>
#include <limits>
#include <stdexcept>
#include <string>

namespace {

using namespace narrowfp::report;

constexpr const char* hostile = "it's `touch gone` \"$(id)\" <b>&\nset output 'x'";

figure curve() {
    figure f;
    f.id = "error-k";
    f.title = "Error against K";
    f.summary = "It grows.";
    f.x = {"K", true};
    f.y = {"error", true};
    f.series = {{"h100", {{64, 1e-4}, {4096, 0.07}}}, {"promoted", {{64, 1e-4}, {4096, 6e-4}}}};
    return f;
}

figure ranges() {
    figure f;
    f.id = "v1";
    f.title = "Step time";
    f.summary = "Two chips.";
    f.form = figure_form::ranges;
    f.x = {"16-bit / FP8"};
    f.categories = {"h800", "h20"};
    f.series = {{"centre", {{0, 1.15, 1.05, 1.27}, {0, 1.45, 1.29, 1.65}}}};
    f.marks = {{1.1, "threshold"}};
    return f;
}

std::size_t count(const std::string& text, std::string_view what) {
    std::size_t n = 0;
    for (std::size_t at = 0; (at = text.find(what, at)) != std::string::npos; at += what.size()) {
        ++n;
    }
    return n;
}

void check_refused(const figure& f, const char* says) {
    try {
        check(f);
        FAIL_CHECK("accepted, expected: " << says);
    } catch (const std::invalid_argument& error) {
        const std::string what = error.what();
        CHECK(what.find("figure '" + f.id + "'") != std::string::npos);
        CHECK_MESSAGE(what.find(says) != std::string::npos, what);
    }
}

// Every <name> is closed in order; enough of XML for what gnuplot writes.
bool is_balanced(const std::string& xml) {
    std::vector<std::string> open;
    for (std::size_t at = 0; (at = xml.find('<', at)) != std::string::npos;) {
        const std::size_t end = xml.find('>', at);
        if (end == std::string::npos) {
            return false;
        }
        const std::string tag = xml.substr(at + 1, end - at - 1);
        const std::string name =
            tag.substr(tag.starts_with('/') ? 1 : 0, tag.find_first_of(" \n/", 1) - (tag.starts_with('/') ? 1 : 0));
        if (tag.starts_with('/')) {
            if (open.empty() || "/" + open.back() != tag) {
                return false;
            }
            open.pop_back();
        } else if (!tag.ends_with('/')) {
            open.push_back(name);
        }
        at = end;
    }
    return open.empty();
}

}  // namespace

TEST_CASE("figures that make no sense are refused by name") {
    CHECK_NOTHROW(check(curve()));
    CHECK_NOTHROW(check(ranges()));
    const auto spoil = [](auto change) {
        figure f = curve();
        change(f);
        return f;
    };
    check_refused(spoil([](figure& f) { f.id = "Error K"; }), "expected an id");
    check_refused(spoil([](figure& f) { f.summary = ""; }), "title and a summary");
    check_refused(spoil([](figure& f) { f.series.clear(); }), "expected series");
    check_refused(spoil([](figure& f) { f.categories = {"a"}; }), "no categories");
    check_refused(spoil([](figure& f) { f.series[0].points[0].x = 0; }), "logarithmic");
    check_refused(spoil([](figure& f) { f.series[1].points[1].y = -1; }), "logarithmic");
    check_refused(spoil([](figure& f) { f.series[1].points[1].y = std::numeric_limits<double>::infinity(); }),
                  "not finite");
    check_refused(spoil([](figure& f) { f.series[1].points[0].low = 1; }), "outside its range");
    check_refused(spoil([](figure& f) { f.series[1].points.clear(); }), "no points");
    check_refused(spoil([](figure& f) { f.x.minimum = 4, f.x.maximum = 4; }), "empty");
    figure f = ranges();
    f.series[0].points.pop_back();
    check_refused(f, "has 1 points, expected 2");
    f = ranges();
    f.form = figure_form::stacked_bars;
    f.series[0].points[0] = {0, -1};
    check_refused(f, "cannot be stacked");
}

TEST_CASE("values of a figure as a table") {
    const table t = figure_table(ranges());
    REQUIRE(t.rows.size() == 2);
    REQUIRE(t.columns.size() == 4);
    CHECK(t.rows[1][0].text == "h20");
    CHECK(t.rows[1][2].text == "1.290");
    CHECK(figure_table(curve()).rows.size() == 4);
    figure hole = ranges();
    hole.series[0].points[0] = {0, std::nan("")};
    CHECK(figure_table(hole).rows[0][1].text.empty());
    CHECK(gnuplot_script(hole).find("nan") == std::string::npos);
}

TEST_CASE("no text of a figure is interpreted by gnuplot") {
    figure f = ranges();
    f.title = f.summary = f.x.title = f.categories[0] = f.series[0].name = f.marks[0].name = hostile;
    f.series.push_back({hostile, {{0, 1}, {0, 2}}});
    const std::string script = gnuplot_script(f);
    CHECK(script.find("it''s `touch gone` \"$(id)\" <b>& set output ''x''") != std::string::npos);
    CHECK(script.find("\nset output") == std::string::npos);
    // Outside of single quotes there is neither a backtick nor a double quote.
    bool inside = false;
    for (const char c : script) {
        inside = c == '\'' ? !inside : inside;
        CHECK((inside || (c != '`' && c != '"')));
    }
    CHECK_FALSE(inside);
}

TEST_CASE("an SVG is made fit for a page") {
    const std::string svg = svg_for_page(
        "<?xml version=\"1.0\"?>\n<svg \n viewBox=\"0 0 480 340\"\n xmlns:xlink=\"x\">\n<title>Gnuplot</title>"
        "<g id=\"gnuplot_canvas\"><filter id='textbox'><feFlood/></filter><g fill=\"none\">\n<g fill=\"black\">\n</g></g>"
        "<circle id='gpDot'/><use xlink:href='#gpPt5' color='rgb(  0, 114, 178)'/><path stroke='black' d='M1,2\n\t\tM3,4'/>"
        "</g></svg>\n",
        curve());
    CHECK(svg.starts_with(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 480 340\" role=\"img\" aria-label=\"Error against K: It grows.\">"));
    for (const char* gone : {"<title", "<filter", "black", "xlink", "rgb(", "'gp", "#gp", "\"gnuplot_", "<g fill"}) {
        CHECK_MESSAGE(svg.find(gone) == std::string::npos, gone);
    }
    for (const char* there : {"id='error-k-gpDot'", "href='#error-k-gpPt5'", "'#0072b2'", "stroke='currentColor'"}) {
        CHECK_MESSAGE(svg.find(there) != std::string::npos, there);
    }
    CHECK(is_balanced(svg));
    CHECK(svg_for_page("", curve()).empty());
    CHECK(svg_for_page("<html></html>", curve()).empty());
}

TEST_CASE("gnuplot draws every form") {
    if (gnuplot_version().empty()) {
        MESSAGE("SKIPPED: gnuplot is missing");
        CHECK(draw_svg(curve()).empty());
        return;
    }
    figure bars = ranges();
    bars.form = figure_form::bars;
    figure stacked = ranges();
    stacked.form = figure_form::stacked_bars;
    stacked.marks.clear();
    stacked.series.push_back({hostile, {{0, 1}, {0, std::nan("")}}});
    figure points = curve();
    points.form = figure_form::points;
    points.series[0].points[0].low = 5e-5;
    points.series[0].points[1].label = hostile;
    figure alone = ranges();  // one series and no mark: no key
    alone.form = figure_form::dots;
    alone.x.log = true;
    alone.marks.clear();
    alone.categories = {"18.9 to 30 %", "%s%n"};
    for (const figure& f : {curve(), ranges(), bars, stacked, points, alone}) {
        const std::string svg = draw_svg(f);
        REQUIRE(svg.starts_with("<svg "));
        CHECK(is_balanced(svg));
        CHECK(svg.find("<b>") == std::string::npos);
        CHECK(svg.find("#0072b2") != std::string::npos);
        CHECK(svg == draw_svg(f));
    }
}

TEST_CASE("HTML: text is escaped, a page is whole and needs nothing else") {
    CHECK(html_text("<a href='x'>\"&\x01") == "&lt;a href=&#39;x&#39;&gt;&quot;&amp;?");
    html_page page(hostile);
    page.contents();
    page.section("first", hostile);
    page.summary({{{hostile, tint::bad}, hostile}});
    page.answers({{"Q1", hostile, {"UNDECIDED", tint::warning}, "v1", {hostile, "second"}}});
    page.lead(hostile);
    page.paragraph(hostile);
    page.note(hostile);
    page.heading(hostile);
    page.list({hostile});
    page.facts({{hostile, hostile}});
    page.command(hostile);
    page.subsection("v1", hostile, {"PASS", tint::good});
    table t{hostile, {{hostile}, {"n", alignment::right}}, {}, {}, {hostile}};
    t.add_row({{hostile, tint::bad}, "1"});
    page.add(t);
    page.add(curve(), "");
    page.open_details(hostile);
    page.add(ranges(), "<svg></svg>");
    CHECK_THROWS_AS(page.text(), std::logic_error);
    page.close_details();
    CHECK_THROWS_AS(page.close_details(), std::logic_error);
    const std::string html = page.text();
    CHECK(html.find("<b>") == std::string::npos);
    CHECK(html.starts_with("<!DOCTYPE html>"));
    for (const char* tag : {"section", "details", "table", "div", "ul", "dl", "main", "figure", "nav", "h2", "h3"}) {
        CHECK_MESSAGE(count(html, std::string("<") + tag + " ") + count(html, std::string("<") + tag + ">") ==
                          count(html, std::string("</") + tag + ">"),
                      tag);
    }
    for (const char* none : {"<script", "<link", "<img", "http:", "https:", "url(", "@import"}) {
        CHECK_MESSAGE(html.find(none) == std::string::npos, none);
    }
    CHECK(html.find("<a href=\"#v1\">") != std::string::npos);
    CHECK(html.find("id=\"v1\"") != std::string::npos);
    CHECK(html.find("prefers-color-scheme:dark") != std::string::npos);
    CHECK(html.find("@media print") != std::string::npos);
    CHECK(html.find("<td class=\"bad") != std::string::npos);
    CHECK(html.find("role=\"img\"") == std::string::npos);  // only what gnuplot drew
    t.rows[0].pop_back();
    CHECK_THROWS_AS(page.add(t), std::invalid_argument);
}

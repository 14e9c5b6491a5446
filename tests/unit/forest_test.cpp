// SPDX-License-Identifier: Apache-2.0
// Forest plots: what is refused, their table, where points and labels stand, and what gnuplot makes of them.
#include <doctest/doctest.h>

#include <narrowfp/report/figure.hpp>

#include <cmath>
#include <cstdio>
#include <limits>
#include <stdexcept>
#include <string>
#include <string_view>
#include <vector>

#include "support/files.hpp"
#include "support/made_up_forest.hpp"
#include "support/message_of.hpp"

namespace {

using namespace narrowfp::report;
using narrowfp_test::contains;
using narrowfp_test::made_up_forest;

std::size_t occurrences(const std::string& text, std::string_view what) {
    std::size_t n = 0;
    for (std::size_t at = 0; (at = text.find(what, at)) != std::string::npos; at += what.size()) {
        ++n;
    }
    return n;
}

// The lines of a data block of a script.
std::vector<std::string> block(const std::string& script, const std::string& name) {
    std::vector<std::string> lines;
    const std::string begin = "$" + name + " << EOD\n";
    for (std::size_t at = script.find(begin) + begin.size(); script.compare(at, 3, "EOD") != 0;) {
        const std::size_t end = script.find('\n', at);
        lines.push_back(script.substr(at, end - at));
        at = end + 1;
    }
    return lines;
}

struct mark {
    double value = 0, y = 0, size = 0;
};

std::vector<mark> marks_of(const std::string& script, const std::string& name) {
    std::vector<mark> all;
    for (const std::string& line : block(script, name)) {
        mark m;
        REQUIRE(std::sscanf(line.c_str(), "%lf %lf %lf", &m.value, &m.y, &m.size) == 3);
        all.push_back(m);
    }
    return all;
}

}  // namespace

TEST_CASE("forest plots that make no sense are refused") {
    CHECK_NOTHROW(check(made_up_forest()));
    struct broken {
        const char* message;
        void (*change)(figure&);
    };
    for (const broken& b : std::vector<broken>{
             {"has category 4, expected less than 4", [](figure& f) { f.series[0].points[3].category = 4; }},
             {"has weight 0, expected a positive number", [](figure& f) { f.series[0].points[3].weight = 0; }},
             {"has weight inf, expected",
              [](figure& f) { f.series[0].points[3].weight = std::numeric_limits<double>::infinity(); }},
             {"is not finite", [](figure& f) { f.series[0].points[3].y = std::numeric_limits<double>::quiet_NaN(); }},
             {"is -1.00, expected a positive number on a logarithmic axis",
              [](figure& f) { f.series[1].points[0].low = -1; }},
             {"'model: median and 80 %' has no low or no high", [](figure& f) { f.series[2].points[0].low.reset(); }},
             {"group 'Modelled' begins at category 0, expected", [](figure& f) { f.groups[1].first = 0; }},
             {"group 'Modelled' begins at category 4, expected", [](figure& f) { f.groups[1].first = 4; }},
             {"group '' begins at category 0, expected a title", [](figure& f) { f.groups[0].title = ""; }},
             {"it has 3 texts, expected none or 4", [](figure& f) { f.texts.pop_back(); }},
             {"expected weight_title", [](figure& f) { f.weight_title = ""; }},
             {"expected series and categories", [](figure& f) { f.categories.clear(); }}}) {
        figure f = made_up_forest();
        b.change(f);
        const std::string message = narrowfp_test::message_of([&] { check(f); });
        CHECK_MESSAGE(contains(message, b.message), message);
        CHECK_THROWS_AS(gnuplot_script(f), std::invalid_argument);
    }
}

TEST_CASE("the table of a forest plot has each point, and each category without one") {
    const table t = figure_table(made_up_forest());
    REQUIRE(t.columns.size() == 7);
    CHECK(t.columns[5].title == "area: rows behind a mark");
    REQUIRE(t.rows.size() == 2 + 41 + 2 + 1 + 1);  // headings, points, the empty category
    CHECK(t.rows[0][0].text == "Published");
    CHECK(t.rows[1][0].text == "dense, one scale a tensor");
    CHECK(t.rows[1][6].text == "1.28 (0.98 to 1.49), n = 41");
    CHECK(t.rows[2][0].text.empty());
    CHECK(t.rows[2][6].text.empty());
    CHECK(t.rows[42][3].text == "1.000");
    CHECK(t.rows[43][1].text == "the vendor, a lab");
    CHECK(t.rows[44][0].text == "no pair is known");
    CHECK(t.rows[44][2].text.empty());
    figure plain = made_up_forest();
    plain.series.resize(1);
    plain.texts.clear();
    for (figure_point& p : plain.series[0].points) {
        p.weight = 3;
    }
    CHECK(figure_table(plain).columns.size() == 3);
}

TEST_CASE("points of a forest plot do not cover each other, and their area grows with the weight") {
    constexpr double pixels_of_size = 5.247;
    for (const figure_width width : {figure_width::wide, figure_width::narrow}) {
        const figure f = made_up_forest();
        const std::string script = gnuplot_script(f, width);
        CHECK(script == gnuplot_script(f, width));
        const std::vector<mark> marks = marks_of(script, "points0");
        REQUIRE(marks.size() == 41);
        // The axis is 0.75 to about 1.7 on at most 370 px.
        const double scale = 370 / std::log(1.7 / 0.75);
        for (std::size_t a = 0; a < marks.size(); ++a) {
            for (std::size_t b = a + 1; b < marks.size(); ++b) {
                const double x = scale * std::log(marks[a].value / marks[b].value), y = marks[a].y - marks[b].y;
                CHECK(std::hypot(x, y) >= pixels_of_size * (marks[a].size + marks[b].size) - 1);
            }
        }
        CHECK(marks[8].size > 1.5 * marks[1].size);                  // weights 9 and 2
        CHECK(marks[0].size > marks[8].size / 3);                    // weight 1 is drawn larger than in proportion
        CHECK(marks_of(script, "points1")[0].size > marks[0].size);  // no weight: the usual size
        CHECK(marks[40].value == doctest::Approx(0.75));             // 0.41 stands at the end of the axis
        CHECK(contains(script, "'\u2190 0.41'"));
        CHECK(block(script, "bars2").size() == 1);
        CHECK(contains(script, "$bars2 using 1:2:3:4 with vectors nohead lw 5"));
    }
}

TEST_CASE("a forest plot has round ticks, and labels of marks beside their lines") {
    figure f = made_up_forest();
    f.x.minimum = 0.7;
    f.x.maximum = 2.1;
    const std::string script = gnuplot_script(f);
    for (const char* tick : {"'0.8' 0.8", "'0.9' 0.9", "'1' 1.0", "'1.1' 1.1", "'1.25' 1.25", "'1.5' 1.5", "'2' 2.0"}) {
        CHECK_MESSAGE(contains(script, tick), tick);
    }
    CHECK(contains(script, "set logscale x"));
    // The label of the lower value ends at its line, that of the higher one begins there.
    const auto side = [&](const std::string& text) {
        const std::size_t at = script.find("set label '" + text + "'");
        return script.substr(at, script.find('\n', at) - at);
    };
    CHECK(side("1.00: equally fast").ends_with("right"));
    CHECK(side("1.10: threshold").ends_with("left"));
    f.x = {"difference", false};
    f.series[0].points.back().y = 2;
    CHECK(contains(gnuplot_script(f), "set xtics ('1' 1.0, '1.2' 1.2000000000000002, '1.4' 1.4000000000000001, "));
}

TEST_CASE("only a forest plot has a narrow drawing") {
    figure f = made_up_forest();
    CHECK(contains(gnuplot_script(f), "size 800,"));
    CHECK(contains(gnuplot_script(f, figure_width::narrow), "size 400,"));
    f.form = figure_form::dots;
    for (figure_series& s : f.series) {
        s.points.resize(f.categories.size(), {0, 1});
    }
    CHECK(draw_svg(f, figure_width::narrow).empty());
    CHECK(contains(narrowfp_test::message_of([&] { gnuplot_script(f, figure_width::narrow); }),
                   "figure 'forest': only a forest plot has a narrow drawing"));
}

TEST_CASE("no text of a forest plot is interpreted by gnuplot") {
    constexpr const char* unfriendly = "it's `touch gone` \"$(id)\" <b>&\nset output 'x' %s";
    figure f = made_up_forest();
    f.title = f.summary = f.x.title = f.texts_title = f.weight_title = unfriendly;
    f.categories[0] = f.groups[0].title = f.texts[0] = f.marks[0].name = f.series[0].name = unfriendly;
    for (const figure_width width : {figure_width::wide, figure_width::narrow}) {
        const std::string script = gnuplot_script(f, width);
        CHECK(script.find("\nset output") == std::string::npos);
        bool inside = false;
        for (const char c : script) {
            inside = c == '\'' ? !inside : inside;
            CHECK((inside || (c != '`' && c != '"')));
        }
        CHECK_FALSE(inside);
    }
}

TEST_CASE("gnuplot draws a forest plot, series differ in shape and fill") {
    if (gnuplot_version().empty()) {
        MESSAGE("SKIPPED: gnuplot is missing");
        return;
    }
    const figure f = made_up_forest();
    const std::string wide = draw_svg(f), narrow = draw_svg(f, figure_width::narrow);
    for (const std::string& svg : {wide, narrow}) {
        REQUIRE(svg.starts_with("<svg "));
        CHECK(contains(svg, "font-weight=\"bold\""));
        CHECK(contains(svg, "vector-effect='non-scaling-stroke'"));
        for (const char* none : {":Bold", "black", "#000000", "stroke-width='0.190'"}) {  // the page's own text colour
            CHECK_MESSAGE(!contains(svg, none), none);
        }
    }
    CHECK(occurrences(wide, "href='#forest-gpPt6'") >=
          41);  // filled circles, and one open circle for each other series
    CHECK(contains(wide, "href='#forest-gpPt5'"));
    CHECK(contains(wide, "href='#forest-gpPt4'"));
    CHECK(occurrences(narrow, "'#forest-gp") == 0);
    CHECK(occurrences(narrow, "href='#forest-narrow-gpPt6'") >= 41);
    CHECK(wide == draw_svg(f));
}

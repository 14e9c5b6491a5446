// SPDX-License-Identifier: Apache-2.0
// What people read: numbers as text, tables for terminal and Markdown, progress lines.
#include <doctest/doctest.h>

#include <narrowfp/report/markdown.hpp>
#include <narrowfp/report/progress.hpp>
#include <narrowfp/report/table.hpp>
#include <narrowfp/report/text.hpp>

#include <limits>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

namespace {

using namespace narrowfp::report;

constexpr double infinity = std::numeric_limits<double>::infinity();
constexpr double not_a_number = std::numeric_limits<double>::quiet_NaN();

table sample() {
    table t{"Error of the product",
            {{"format"}, {"relative error", alignment::right}, {"B", alignment::right}},
            {},
            {},
            {}};
    t.add_row({"f32", "5.96e-8", "1024"});
    t.add_rule();
    t.add_row({{"e4m3fn", tint::strong}, {"0.0234", tint::bad}, "256"});
    t.notes = {"Emulated."};
    return t;
}

// A progress with a clock that the test turns.
struct fixture {
    double now = 100;
    std::string text;

    progress_options options(bool terminal, bool quiet = false) {
        progress_options o;
        o.terminal = terminal;
        o.quiet = quiet;
        o.sink = [this](std::string_view part) { text += part; };
        o.seconds = [this] { return now; };
        return o;
    }
    std::string taken() { return std::exchange(text, ""); }
};

}  // namespace

TEST_CASE("numbers with significant digits") {
    struct known {
        double x;
        int digits;
        const char* text;
    };
    const std::vector<known> cases = {{1.234e-3, 3, "0.00123"},
                                      {1.234e-4, 3, "1.23e-4"},
                                      {0, 3, "0"},
                                      {-0.0, 3, "0"},
                                      {1, 3, "1.00"},
                                      {-12.345, 3, "-12.3"},
                                      {999.4, 3, "999"},
                                      {999.6, 3, "1.00e3"},
                                      {0.0009996, 3, "0.00100"},
                                      {448, 3, "448"},
                                      {57344, 3, "5.73e4"},
                                      {57344, 5, "57344"},
                                      {9.5, 1, "1e1"},
                                      {2.5, 1, "2"},
                                      {1.0 / 3, 17, "0.33333333333333331"},
                                      {not_a_number, 3, "nan"},
                                      {-infinity, 3, "-inf"},
                                      {5e-324, 2, "4.9e-324"},
                                      {1.98, 3, "1.98"}};
    for (const known& c : cases) {
        CHECK(format_number(c.x, c.digits) == c.text);
    }
    CHECK_THROWS_AS(format_number(1, 0), std::invalid_argument);
    CHECK_THROWS_AS(format_number(1, 18), std::invalid_argument);
}

TEST_CASE("counts, bytes, ratios, percent, durations") {
    CHECK(format_count(0) == "0");
    CHECK(format_count(999) == "999");
    CHECK(format_count(-1000) == "-1,000");
    CHECK(format_count(-999) == "-999");
    CHECK(format_count(1234567) == "1,234,567");
    CHECK(format_count(std::numeric_limits<std::int64_t>::min()) == "-9,223,372,036,854,775,808");
    CHECK(format_bytes(0) == "0 B");
    CHECK(format_bytes(1023) == "1023 B");
    CHECK(format_bytes(1024) == "1.00 KiB");
    CHECK(format_bytes(1268777) == "1.21 MiB");
    CHECK(format_bytes(1023 * 1024 + 1023) == "1.00 MiB");
    CHECK(format_bytes(std::numeric_limits<std::uint64_t>::max()) == "16.0 EiB");
    CHECK(format_ratio(1.98) == "1.98x");
    CHECK(format_ratio(not_a_number) == "n/a");
    CHECK(format_percent(0.1234) == "12.3 %");
    CHECK(format_percent(1, 4) == "100.0 %");
    CHECK(format_percent(infinity) == "n/a");
    CHECK(format_duration(0.25) == "0.25 s");
    CHECK(format_duration(9.96) == "10 s");
    CHECK(format_duration(59.6) == "1 min 0 s");
    CHECK(format_duration(200) == "3 min 20 s");
    CHECK(format_duration(7500) == "2 h 5 min");
    CHECK(format_duration(-1) == "0 s");
    CHECK(format_duration(not_a_number) == "n/a");
    CHECK(format_duration(1e300) == "1.00e300 s");
}

TEST_CASE("widths, control characters and wrapping") {
    CHECK(display_width("\u00b5m \u2500") == 4);
    CHECK(printable("a\x1b[31mb\tc\x7f\r\n\u00b5\u0085") == "a?[31mb c??\n\u00b5?");
    CHECK(wrap("", 10) == std::vector<std::string>{""});
    CHECK(wrap("one two  three", 0) == std::vector<std::string>{"one two  three"});
    CHECK(wrap("one two three", 7) == std::vector<std::string>{"one two", "three"});
    CHECK(wrap("one\n\ntwo", 7) == std::vector<std::string>{"one", "", "two"});
    CHECK(wrap("abcdefgh ij", 3) == std::vector<std::string>{"abc", "def", "gh", "ij"});
    CHECK(wrap("a abcdefgh", 3) == std::vector<std::string>{"a", "abc", "def", "gh"});
    CHECK(wrap("\u00b5\u00b5\u00b5\u00b5", 2) == std::vector<std::string>{"\u00b5\u00b5", "\u00b5\u00b5"});
    for (std::size_t width = 1; width < 20; ++width) {
        for (const std::string& line : wrap("  the order over k is \u00b5 written down  here ", width)) {
            CHECK(display_width(line) <= width);
        }
    }
}

TEST_CASE("a table for the terminal") {
    CHECK(to_text(sample()) ==
          "Error of the product\n"
          "format  relative error     B\n"
          "------  --------------  ----\n"
          "f32            5.96e-8  1024\n"
          "------  --------------  ----\n"
          "e4m3fn          0.0234   256\n"
          "Emulated.\n");
    CHECK(to_text(sample(), {20, false, false}) ==
          "Error of the product\n"
          "format  relative     B\n"
          "           error\n"
          "------  --------  ----\n"
          "f32      5.96e-8  1024\n"
          "------  --------  ----\n"
          "e4m3fn    0.0234   256\n"
          "Emulated.\n");
    const std::string coloured = to_text(sample(), {0, true, true});
    CHECK(coloured.find("\x1b[1me4m3fn\x1b[0m          \x1b[1;31m0.0234\x1b[0m   256\n") != std::string::npos);
    CHECK(coloured.find("\u2500\u2500\u2500  ") != std::string::npos);
    CHECK(to_text(sample()).find('\x1b') == std::string::npos);

    table text{"", {{"name"}, {"meaning"}}, {}, {}, {}};
    text.add_row({"deepseek_v3", "tiles of 1 x 128 and blocks of 128 x 128"});
    text.add_row({"", ""});
    CHECK(to_text(text, {30, false, false}) ==
          "name         meaning\n"
          "-----------  -----------------\n"
          "deepseek_v3  tiles of 1 x 128\n"
          "             and blocks of 128\n"
          "             x 128\n"
          "\n");
    CHECK_THROWS_AS(text.add_row({"one"}), std::invalid_argument);
    text.rows.push_back({"one"});
    CHECK_THROWS_AS(to_text(text), std::invalid_argument);
    CHECK_THROWS_AS(to_markdown(text), std::invalid_argument);
    CHECK_THROWS_AS(to_text(table{}), std::invalid_argument);
    CHECK_THROWS_AS(to_markdown(table{}), std::invalid_argument);
}

TEST_CASE("a table and text for Markdown") {
    CHECK(to_markdown(sample()) ==
          "**Error of the product**\n\n"
          "| format     | relative error |    B |\n"
          "| ---------- | -------------: | ---: |\n"
          "| f32        |        5.96e-8 | 1024 |\n"
          "| **e4m3fn** |     **0.0234** |  256 |\n"
          "\nEmulated.\n");
    CHECK(markdown_text("a|b_c *d* <e> & [f]\ng") == "a\\|b\\_c \\*d\\* &lt;e&gt; &amp; \\[f\\] g");
    CHECK(markdown_code("a|b\nc") == "`a|b c`");
    CHECK(markdown_code("a``b") == "``` a``b ```");
}

TEST_CASE("progress in a log: a line every ten seconds, and one at the end") {
    fixture f;
    {
        progress p("sweep", 200, f.options(false));
        p.advance();
        CHECK(f.taken().empty());
        f.now += 10;
        p.advance(49, "e4m3fn");
        CHECK(f.taken() == "sweep: 25 %, 30 s left (e4m3fn)\n");
        f.now += 9;
        p.advance(50);
        CHECK(f.taken().empty());
        f.now += 1;
        p.advance(99);
        CHECK(f.taken() == "sweep: 99 %, 1.0 s left (e4m3fn)\n");
        p.finish();
        p.finish();
        p.advance();
        CHECK(f.taken() == "sweep: done in 20 s\n");
    }
    CHECK(f.taken().empty());
    progress short_step("short", 1, f.options(false));
    short_step.advance();
    short_step.finish();
    CHECK(f.taken().empty());
}

TEST_CASE("progress on a terminal: one line, cleared at the end") {
    fixture f;
    progress p("sweep\x1b", 0, f.options(true));
    f.now += 0.05;
    p.advance();
    CHECK(f.taken().empty());
    f.now += 0.0625;
    p.advance(2);
    CHECK(f.taken() == "\r\x1b[Ksweep?: 3 done");
    p.finish();
    CHECK(f.taken() == "\r\x1b[K");
    {
        progress unfinished("step", 4, f.options(true));
        f.now += 1;
        unfinished.advance(1, std::string(200, 'x'));
        CHECK(display_width(f.taken()) < 80 + 4);
    }
    CHECK(f.taken() == "\r\x1b[K");
}

TEST_CASE("progress is silent when asked") {
    fixture f;
    for (const bool terminal : {false, true}) {
        progress p("sweep", 2, f.options(terminal, true));
        f.now += 100;
        p.advance();
        p.finish();
    }
    CHECK(f.taken().empty());
}

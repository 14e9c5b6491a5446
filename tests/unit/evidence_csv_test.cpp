// SPDX-License-Identifier: Apache-2.0
// CSV texts of users: what is read, and what a text or a number is refused for.
#include <doctest/doctest.h>

#include "evidence/csv_table.hpp"
#include "support/files.hpp"

#include <clocale>
#include <string>
#include <utility>
#include <vector>

namespace {

using namespace narrowfp::bench::evidence;
using narrowfp_test::contains;
using narrowfp_test::error_of;

std::string csv_error(const std::string& text) {
    return error_of([&] { parse_csv(text, "f.csv"); });
}

}  // namespace

TEST_CASE("CSV: quotes, line ends, byte-order mark, empty lines") {
    const csv_table t = parse_csv(
        "\xEF\xBB\xBF"
        "a, b ,c\r\n1,\"x, \"\"y\"\"\r\nz\",\r\n\r\n,,\n4,5,6",
        "f.csv");
    CHECK(t.columns == std::vector<std::string>{"a", "b", "c"});
    REQUIRE(t.rows.size() == 2);
    CHECK(t.rows[0].cells == std::vector<std::string>{"1", "x, \"y\"\r\nz", ""});
    CHECK(t.rows[0].line == 2);
    CHECK(t.rows[1].cells == std::vector<std::string>{"4", "5", "6"});
    CHECK(t.rows[1].line == 6);
    for (const csv_row& row : t.rows) {  // written and read again
        const csv_table again = parse_csv(csv_line(t.columns) + "\n" + csv_line(row.cells), "f.csv");
        CHECK(again.rows.at(0).cells == row.cells);
    }
    CHECK(parse_csv("a,b", "f.csv").rows.empty());
}

TEST_CASE("CSV: what is refused names file, line, what was found and what is expected") {
    const std::string long_cell(most_csv_line_bytes + 1, 'x');
    std::string many_columns = "c0";
    for (std::size_t i = 1; i <= most_csv_columns; ++i) {
        many_columns += ",c" + std::to_string(i);
    }
    std::string many_rows = "a\n";
    for (std::size_t i = 0; i <= most_csv_rows; ++i) {
        many_rows += "1\n";
    }
    const std::vector<std::pair<std::string, std::string>> cases{
        {"", "f.csv:1: the file is empty, expected a line with the names of the columns"},
        {"\xEF\xBB\xBF \n\n", "f.csv:1: column 1 has no name, expected one"},
        {"\n\r\n", "f.csv:1: the file is empty"},
        {std::string("\xFF\xFE"
                     "a\0",
                     4),
         "f.csv:1: found UTF-16 text, expected UTF-8"},
        {std::string("\xFE\xFF\0a", 4), "f.csv:1: found UTF-16 text, expected UTF-8"},
        {std::string("PK\x03\x04..."), "f.csv:1: found a spreadsheet or archive, expected CSV text"},
        {std::string("a,b\n1,\0", 7), "f.csv:2: found a NUL byte, expected UTF-8 text"},
        {"a,b\n1,\xE4\n", "f.csv:2: found byte 0xE4 that is not UTF-8"},
        {"a,b\n1,\xC0\x80\n", "f.csv:2: found byte 0xC0 that is not UTF-8"},
        {"a,b\n1,\xED\xA0\x80\n", "f.csv:2: found byte 0xED that is not UTF-8"},
        {"a,b\n1,\"x\ny\n", "f.csv:2: found a quotation mark that is not closed"},
        {"a,b\n1,x\"y\n", "f.csv:2: found a quotation mark after 'x', expected the whole cell in quotation marks"},
        {"a,b\n1,\"x\"y\n", "f.csv:2: found text after a closing quotation mark, expected ','"},
        {"a,b\r1,2\r", "f.csv:1: found a carriage return alone, expected lines that end with LF or CRLF"},
        {"a,b\n1,2\n\n1,2,3\n", "f.csv:4: found 3 cells, expected 2, one for each column"},
        {"a,b\n1\n", "f.csv:2: found 1 cell, expected 2"},
        {"a,b,a\n", "f.csv:1: column 'a' is there twice, expected it once"},
        {"a,,b\n", "f.csv:1: column 2 has no name, expected one"},
        {"a;b\n1;2\n", "f.csv:1: columns are separated by ';', expected ','"},
        {"a\tb\n1\t2\n", "f.csv:1: columns are separated by tabs, expected ','"},
        {"a\n" + long_cell + "\n", "f.csv:2: found a row of more than 1048576 bytes"},
        {"a\n\"" + long_cell + "\n", "f.csv:2: found a row of more than 1048576 bytes"},
        {many_columns, "f.csv:1: found 257 columns, expected at most 256"},
        {many_rows, "f.csv:100002: found more than 100000 rows"},
        {std::string(most_csv_bytes + 1, 'a'), "f.csv:1: found 67108865 bytes, expected at most 67108864"}};
    for (const auto& [text, message] : cases) {
        CAPTURE(text.substr(0, 60));
        const std::string error = csv_error(text);
        CHECK_MESSAGE(error.starts_with(message), error);
        CHECK(!contains(error, "\n"));
    }
    const csv_table odd = parse_csv("\"a\nb\"\n1\n", "f.csv");
    CHECK(error_of([&] { odd.expect_columns({}, {}); }).starts_with("f.csv:1: unknown column 'a b'"));
    CHECK(contains(error_of([] { read_csv("/nowhere.csv"); }), "/nowhere.csv"));
}

TEST_CASE("CSV: numbers are decimal, finite and whole cells, in any locale") {
    const auto number = [](const std::string& text) {
        const csv_table t = parse_csv("x,y\n" + csv_line(std::vector{text, std::string("1")}), "f.csv");
        return csv_cells(t, t.rows.at(0)).number("x");
    };
    CHECK(number("") == std::nullopt);
    CHECK(number(" 12.5 ") == 12.5);
    CHECK(number("1e3") == 1000);
    CHECK(number("-0.5") == -0.5);
    const std::string before = std::setlocale(LC_ALL, nullptr);
    std::setlocale(LC_ALL, "de_DE.UTF-8");  // where it is installed
    CHECK(number("1.35") == 1.35);
    std::setlocale(LC_ALL, before.c_str());
    const std::vector<std::pair<std::string, std::string>> refused{
        {"1,35", "f.csv:2: column 'x': found '1,35', expected a number with a decimal point"},
        {"1,234.5", "found '1,234.5', expected a number"},
        {"nan", "found 'nan', expected a finite number"},
        {"-inf", "found '-inf', expected a finite number"},
        {"0x10", "found '0x10', expected a number"},
        {"+1", "found '+1', expected a number"},
        {"12 ms", "found '12 ms', expected a number"},
        {"1e999", "found '1e999', expected a number between"},
        {"1e-999", "found '1e-999', expected a number between"},
        {"1\r\n5", "found '1? 5', expected a number"},
        {"x\x1b[2J", "found 'x?[2J', expected a number"},
        {std::string(100, '9') + "x", "found '999999999999999999999999999999999999999999999999...', expected"}};
    for (const auto& [text, message] : refused) {
        CAPTURE(text);
        CHECK_MESSAGE(contains(error_of([&, &t = text] { number(t); }), message),
                      error_of([&, &t = text] { number(t); }));
    }
}

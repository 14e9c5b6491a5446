// SPDX-License-Identifier: Apache-2.0
// .npy files: what NumPy writes is read, what the writer writes is laid out as NumPy does, and whatever else stands in
// a file is one clear error, also for thousands of mutated headers.
#include <doctest/doctest.h>

#include <narrowfp/io/npy.hpp>
#include <narrowfp/report/write_file.hpp>

#include <bit>
#include <cstring>
#include <filesystem>
#include <functional>
#include <random>
#include <stdexcept>
#include <string>
#include <vector>

#include "support/files.hpp"

namespace {

using namespace narrowfp;
namespace fs = std::filesystem;
using narrowfp_test::contains;
using narrowfp_test::error_of;
using narrowfp_test::temporary_file;

std::string npy(const std::string& dictionary, const std::string& data, int version = 1) {
    std::string file = "\x93NUMPY";
    file += static_cast<char>(version);
    file += '\0';
    const std::size_t bytes = version == 1 ? 2 : 4;
    for (std::size_t i = 0; i < bytes; ++i) {
        file += static_cast<char>(dictionary.size() >> (8 * i) & 0xFFU);
    }
    return file + dictionary + data;
}

std::string header(const std::string& descr, const std::string& shape, const std::string& order = "False") {
    return "{'descr': '" + descr + "', 'fortran_order': " + order + ", 'shape': " + shape + ", }\n";
}

npy_array parse(const std::string& file) {
    return npy_parse(std::as_bytes(std::span(file.data(), file.size())), "x.npy");
}

template <class T>
std::string bytes_of(const std::vector<T>& values) {
    return {reinterpret_cast<const char*>(values.data()), values.size() * sizeof(T)};
}

}  // namespace

TEST_CASE("each element type is read, in each version of the format") {
    const std::vector<std::pair<std::string, npy_dtype>> types = {
        {"<f2", npy_dtype::f2},   {"<f4", npy_dtype::f4},   {"<f8", npy_dtype::f8},   {"|i1", npy_dtype::i1},
        {"<i2", npy_dtype::i2},   {"<i4", npy_dtype::i4},   {"<i8", npy_dtype::i8},   {"|u1", npy_dtype::u1},
        {"<u2", npy_dtype::u2},   {"<u4", npy_dtype::u4},   {"<u8", npy_dtype::u8},   {"|b1", npy_dtype::b1},
        {"<u1", npy_dtype::u1},   {"|V1", npy_dtype::raw1}, {"<V1", npy_dtype::raw1}, {"<f1", npy_dtype::raw1},
        {"|f1", npy_dtype::raw1}, {"|V2", npy_dtype::raw2}, {"<V2", npy_dtype::raw2}};
    for (const auto& [descr, type] : types) {
        for (const int version : {1, 2, 3}) {
            const std::string data(6 * item_size(type), '\x42');
            const npy_array a = parse(npy(header(descr, "(2, 3)"), data, version));
            CHECK(a.dtype == type);
            CHECK(a.shape == std::vector<std::size_t>{2, 3});
            CHECK(a.data.size() == data.size());
            CHECK(a.data.back() == std::byte{0x42});
        }
    }
    CHECK(to_string(npy_dtype::f4) == "<f4");
    CHECK(to_string(npy_dtype::raw2) == "|V2");
}

TEST_CASE("shapes and spellings of the header") {
    CHECK(parse(npy(header("|u1", "()"), "x")).shape.empty());
    CHECK(parse(npy(header("|u1", "(1,)"), "x")).shape == std::vector<std::size_t>{1});
    CHECK(parse(npy(header("|u1", "(0,)"), "")).shape == std::vector<std::size_t>{0});
    CHECK(parse(npy(header("|u1", "(2L, 1L)"), "xy")).shape == std::vector<std::size_t>{2, 1});
    CHECK(parse(npy(header("|u1", "(1,1,2,)"), "xy")).shape == std::vector<std::size_t>{1, 1, 2});
    CHECK(parse(npy(header("<f8", "(18446744073709551615, 0)"), "")).data.empty());
    CHECK(parse(npy("{\"shape\":(2,),\"descr\":\"|u1\",\"fortran_order\":False}", "xy")).data.size() == 2);
    CHECK(parse(npy("  { 'shape' : ( 2 , ) , 'descr' : '|u1' , 'fortran_order' : False }   \n", "xy")).data.size() ==
          2);
}

TEST_CASE("Fortran order, big-endian data and ml_dtypes' names") {
    const auto bytes = [](const std::vector<std::byte>& data) {
        return std::string(reinterpret_cast<const char*>(data.data()), data.size());
    };
    CHECK(bytes(parse(npy(header("|u1", "(2, 3)", "True"), "adbecf")).data) == "abcdef");
    CHECK(bytes(parse(npy(header("|u1", "(2, 2, 2)", "True"), "aecgbfdh")).data) == "abcdefgh");
    CHECK(bytes(parse(npy(header(">u2", "(2, 2)"), "badcfehg")).data) == "abcdefgh");
    CHECK(bytes(parse(npy(header(">f8", "(1,)"), "hgfedcba")).data) == "abcdefgh");
    CHECK(bytes(parse(npy(header(">i2", "(2, 2)", "True"), "bafedchg")).data) == "abcdefgh");
    CHECK(parse(npy(header(">f4", "(3,)", "True"), std::string(12, 'x'), 3)).dtype == npy_dtype::f4);
    CHECK(parse(npy(header("<f4", "(0, 3)", "True"), "")).data.empty());
    const npy_array b = parse(npy(header("bfloat16", "(2,)"), "abcd"));
    CHECK(b.dtype == npy_dtype::raw2);
    CHECK(b.codes == any_format{bf16});
    CHECK(parse(npy(header("float8_e4m3", "(2,)"), "ab")).codes == any_format{e4m3ieee});
    CHECK(parse(npy(header("float8_e4m3fn", "(2,)"), "ab")).codes == any_format{e4m3fn});
    CHECK(parse(npy(header("float4_e2m1fn", "(2,)"), "ab")).codes == any_format{e2m1fn});
    CHECK(parse(npy(header("|V1", "(2,)"), "ab")).codes == std::nullopt);
    const temporary_file file;
    report::write_file(file.path(), npy(header(">f4", "(2, 2)", "True"),
                                        std::string("\x3F\x80\0\0\x40\x40\0\0\x40\0\0\0\x40\x80\0\0", 16)));
    const matrix<float> m = npy_read_matrix<float>(file.path());
    CHECK(m(0, 0) == 1);
    CHECK(m(0, 1) == 2);
    CHECK(m(1, 0) == 3);
    CHECK(m(1, 1) == 4);
    CHECK_FALSE(npy_inspect(file.path()).is_plain());
    report::write_file(file.path(), npy(header("bfloat16", "()"), std::string("\x80\x3F", 2)));
    CHECK(npy_read_matrix<double>(file.path())(0, 0) == 1);
    CHECK(npy_inspect(file.path()).codes == any_format{bf16});
}

TEST_CASE("whatever else stands in a file is one clear error that names it") {
    const std::string good = npy(header("<f4", "(2, 3)"), std::string(24, 'x'));
    REQUIRE_NOTHROW(parse(good));
    struct broken {
        std::string file;
        const char* message;
    };
    const std::vector<broken> cases = {
        {"", "not a .npy file"},
        {"\x93NUMP", "not a .npy file"},
        {"PK\x03\x04 an archive", "not a .npy file"},
        {"\x93NUMPY", "truncated .npy header: the file has 6 bytes"},
        {good.substr(0, 9), "truncated .npy header"},
        {npy("", "", 2).substr(0, 11), "truncated .npy header"},
        {good.substr(0, 40), "truncated .npy header: it is said to end at byte "},
        {npy("", "", 4), "version 4.0 is not supported"},
        {npy("", "", 0), "version 0.0 is not supported"},
        {std::string("\x93NUMPY\x02\x00\xff\xff\xff\xff", 12), "is said to have 4294967295 bytes"},
        {npy(header("<f4", "(2, 3)"), std::string(23, 'x')), "needs 24 bytes of data, the file has 23"},
        {npy(header("<f4", "(2, 3)"), std::string(25, 'x')), "needs 24 bytes of data, the file has 25"},
        {npy(header("<c8", "(2, 3)"), std::string(48, 'x')), "dtype '<c8' is not supported"},
        {npy(header(">c8", "(2, 3)"), std::string(48, 'x')), "convert x.real and x.imag and save that"},
        {npy(header("<U4", "(2, 3)"), std::string(96, 'x')), "convert x.astype('float64') and save that"},
        {npy(header("float8_e9m9", "(2, 3)"), std::string(6, 'x')), "dtype 'float8_e9m9' is not supported"},
        {npy(header("|f4", "(2, 3)"), std::string(24, 'x')), "dtype '|f4' is not supported"},
        {npy(header("", "(2, 3)"), std::string(24, 'x')), "dtype '' is not supported"},
        {npy(header("|O", "(2, 3)"), std::string(24, 'x')), "dtype '|O' is not supported"},
        {npy(header("<f4\x1b[2J", "(2, 3)"), ""), "dtype '<f4?[2J' is not supported"},
        {npy("{'descr': [('a', '<f4')], 'fortran_order': False, 'shape': (1,), }", "1234"), "structured arrays"},
        {npy(header("<f8", "(4294967296, 4294967296)"), ""), "is larger than any memory"},
        {npy(header("<f8", "(2305843009213693952,)"), ""), "is larger than any memory"},
        {npy(header("|u1", "(9223372036854775807,)"), ""), "needs 9223372036854775807 bytes of data, the file has 0"},
        {npy(header("|u1", "(18446744073709551616,)"), ""), "a dimension of the shape is too large"},
        {npy(header("|u1", "(-1,)"), ""), "expected a number of 0 or more"},
        {npy(header("|u1", "(1.5,)"), "x"), "expected ',' or ')' in the shape"},
        {npy(header("|u1", "(1)"), "x"), "expected a tuple"},
        {npy(header("|u1", "1"), "x"), "expected '('"},
        {npy(header("|u1", "(,)"), "x"), "expected a number"},
        {npy(header("|u1", "(1,,)"), "x"), "expected a number"},
        {npy(header("|u1", "(" + std::string(130, '1') + ",)"), "x"), "too large"},
        {npy(header("|u1", "(1, 2"), "xy"), "expected a number"},
        {npy("{'descr': '|u1', 'fortran_order': False, 'shape': (1", "x"), "expected ',' or ')'"},
        {npy(header("|u1", "(1,)", "0"), "x"), "expected True or False"},
        {npy(header("|u1", "(1,)") + "x", "x"), "something follows the dictionary"},
        {npy("{'descr': '|u1', 'shape': (1,)}", "x"), "key 'fortran_order' is missing"},
        {npy("{'fortran_order': False, 'shape': (1,)}", "x"), "key 'descr' is missing"},
        {npy("{'descr': '|u1', 'fortran_order': False}", "x"), "key 'shape' is missing"},
        {npy("{'descr': '|u1', 'descr': '|u1', 'fortran_order': False, 'shape': (1,)}", "x"), "'descr' is given twice"},
        {npy("{'descr': '|u1', 'fortran_order': False, 'shape': (1,), 'more': 1}", "x"), "unknown key 'more'"},
        {npy("{'descr': '|u1' 'fortran_order': False}", "x"), "expected '}'"},
        {npy("{'descr' '|u1'}", "x"), "expected ':'"},
        {npy("{'descr", "x"), "a text without closing quote"},
        {npy("{'de\\x73cr': '|u1'}", "x"), "a backslash"},
        {npy("{descr: '|u1'}", "x"), "expected a text in quotes"},
        {npy("", "x"), "expected '{'"},
        {npy(std::string("\0\0\0", 3), "x"), "expected '{'"},
    };
    for (const broken& c : cases) {
        const std::string message = error_of([&] { parse(c.file); });
        CAPTURE(message);
        CHECK(contains(message, c.message));
        CHECK(message.starts_with("'x.npy': "));
        const temporary_file file(c.file);
        const std::string from_file = error_of([&] { npy_read(file.path()); });
        CHECK(contains(from_file, c.message));
        CHECK(contains(from_file, file.path().string()));
    }
    const std::string many = header(
        "|u1", "(" + [] {
            std::string dimensions;
            for (int i = 0; i < 65; ++i) {
                dimensions += "1,";
            }
            return dimensions;
        }() + ")");
    CHECK(contains(error_of([&] { parse(npy(many, "x")); }), "more than 64 dimensions"));
}

TEST_CASE("files that are none") {
    CHECK(contains(error_of([] { npy_read("/nonexistent/a.npy"); }),
                   "'/nonexistent/a.npy': cannot be read: No such file"));
    CHECK(contains(error_of([] { npy_read("/"); }), "is not a regular file"));
    CHECK(contains(error_of([] { npy_read("/dev/zero"); }), "is not a regular file"));
}

TEST_CASE("matrices are read exactly, whole types only") {
    const std::vector<float> floats = {1.0F, -0.0F, 0x1p-149F, 0x1.fffffep127F, 0.1F, 3.0F};
    const temporary_file f4(npy(header("<f4", "(2, 3)"), bytes_of(floats)));
    const matrix<float> m = npy_read_matrix<float>(f4.path());
    REQUIRE((m.rows() == 2 && m.cols() == 3));
    const matrix<double> wide = npy_read_matrix<double>(f4.path());
    for (std::size_t i = 0; i < floats.size(); ++i) {
        CHECK(std::bit_cast<std::uint32_t>(m.data()[i]) == std::bit_cast<std::uint32_t>(floats[i]));
        CHECK(std::bit_cast<std::uint64_t>(wide.data()[i]) ==
              std::bit_cast<std::uint64_t>(static_cast<double>(floats[i])));
    }
    {
        const temporary_file f8(npy(header("<f8", "(2,)"), bytes_of(std::vector<double>{0.1, -5e-324})));
        const matrix<double> row = npy_read_matrix<double>(f8.path());
        REQUIRE((row.rows() == 1 && row.cols() == 2));
        CHECK((row(0, 0) == 0.1 && row(0, 1) == -5e-324));
        CHECK(contains(error_of([&] { npy_read_matrix<float>(f8.path()); }), "dtype '<f8', expected '<f4'"));
    }
    {
        const temporary_file empty(npy(header("<f4", "(0, 7)"), ""));
        const matrix<double> none = npy_read_matrix<double>(empty.path());
        CHECK((none.rows() == 0 && none.cols() == 7));
    }
    const temporary_file cube(npy(header("<f4", "(1, 1, 1)"), "abcd"));
    CHECK(contains(error_of([&] { npy_read_matrix<double>(cube.path()); }),
                   "shape (1, 1, 1), expected at most two dimensions: reshape it"));
    const temporary_file scalar(npy(header("<f4", "()"), "abcd"));
    CHECK(npy_read_matrix<double>(scalar.path()).size() == 1);
    const temporary_file half(npy(header("<f2", "(1, 2)"), "abcd"));
    CHECK(npy_read_matrix<double>(half.path())(0, 1) == npy_read_matrix<float>(half.path())(0, 1));
    const temporary_file truth(npy(header("|b1", "(1, 2)"), "\x01\x01"));
    CHECK(contains(error_of([&] { npy_read_matrix<double>(truth.path()); }),
                   "dtype '|b1', expected '<f4', '<f8', '<f2', or integers"));
}

TEST_CASE("integers are read exactly or refused") {
    const std::vector<std::int64_t> fit = {16777217, -9007199254740992, std::int64_t{1} << 62};  // 2^24 + 1
    const temporary_file good(npy(header("<i8", "(3,)"), bytes_of(fit)));
    const matrix<double> row = npy_read_matrix<double>(good.path());
    CHECK((row(0, 0) == 16777217.0 && row(0, 1) == -0x1p53 && row(0, 2) == 0x1p62));
    CHECK(contains(error_of([&] { npy_read_matrix<float>(good.path()); }), "dtype '<i8', expected '<f4'"));
    const temporary_file odd(npy(header("<i8", "(1,)"), bytes_of(std::vector<std::int64_t>{9007199254740993})));
    CHECK(contains(error_of([&] { npy_read_matrix<double>(odd.path()); }), "an element is 9007199254740993"));
    const temporary_file most(npy(header("<i8", "(1,)"), bytes_of(std::vector<std::int64_t>{INT64_MAX})));
    CHECK(contains(error_of([&] { npy_read_matrix<double>(most.path()); }), "an element is 9223372036854775807"));
    const temporary_file unsigned_most(npy(header("<u8", "(1,)"), bytes_of(std::vector<std::uint64_t>{UINT64_MAX})));
    CHECK(contains(error_of([&] { npy_read_matrix<double>(unsigned_most.path()); }), "18446744073709551615"));
    const temporary_file small(npy(header("|i1", "(2,)"), bytes_of(std::vector<std::int8_t>{-128, 127})));
    CHECK(npy_read_matrix<double>(small.path())(0, 0) == -128);
}

TEST_CASE_TEMPLATE("what is written reads back, laid out as NumPy does", T, float, double, std::uint8_t,
                   std::uint16_t) {
    const temporary_file file;
    matrix<T> m(3, 5);
    for (std::size_t i = 0; i < m.size(); ++i) {
        m.data()[i] = static_cast<T>(i * 7 + 1);
    }
    npy_write(file.path(), m.view());
    const std::string text = report::read_file(file.path());
    REQUIRE(text.size() == 128 + m.size() * sizeof(T));
    CHECK(text.substr(0, 8) == std::string("\x93NUMPY\x01\x00", 8));
    CHECK(text[127] == '\n');
    CHECK(std::memcmp(text.data() + 128, m.data(), m.size() * sizeof(T)) == 0);
    const npy_array a = npy_read(file.path());
    CHECK(a.shape == std::vector<std::size_t>{3, 5});
    CHECK(a.data.size() == m.size() * sizeof(T));

    npy_write(file.path(), m.view().transposed());  // strided: written in row-major order
    const npy_array t = npy_read(file.path());
    CHECK(t.shape == std::vector<std::size_t>{5, 3});
    T second{};
    std::memcpy(&second, t.data.data() + sizeof(T), sizeof(T));
    CHECK(second == m(1, 0));

    npy_write(file.path(), matrix_view<const T>(nullptr, 0, 4));
    CHECK(npy_read(file.path()).shape == std::vector<std::size_t>{0, 4});
    CHECK_THROWS_AS(npy_write("/nonexistent/a.npy", m.view()), std::runtime_error);
}

TEST_CASE("mutated files give an array that fits its file, or std::runtime_error") {
    const std::vector<std::string> seeds = {npy(header("<f4", "(2, 3)"), std::string(24, 'x')),
                                            npy(header("|u1", "(24,)"), std::string(24, 'x'), 2),
                                            npy(header("<f8", "(1, 3, 1)"), std::string(24, 'x'), 3),
                                            npy(header("|V2", "(3L, 4L)"), std::string(24, 'x')),
                                            npy(header(">f4", "(2, 3)", "True"), std::string(24, 'x')),
                                            npy(header("bfloat16", "(12,)"), std::string(24, 'x'))};
    const std::string alphabet = "{}()[],:'\"<>|=fuiVbcO0123456789LTrueFals \n\t\\-.\x93NUMPY\xff\x01\x02";
    std::mt19937 random(2024);
    const auto below = [&](std::size_t n) { return static_cast<std::size_t>(random() % n); };
    int arrays = 0;
    int errors = 0;
    for (int i = 0; i < 20000; ++i) {
        std::string file = seeds[below(seeds.size())];
        for (std::size_t edits = 1 + below(4); edits > 0 && !file.empty(); --edits) {
            const std::size_t at = below(file.size());
            switch (below(5)) {
                case 0: file[at] = alphabet[below(alphabet.size())]; break;
                case 1: file[at] = static_cast<char>(random() & 0xFFU); break;
                case 2: file.erase(at, 1 + below(4)); break;
                case 3: file.insert(at, 1, alphabet[below(alphabet.size())]); break;
                default: {
                    const std::size_t from = below(file.size());
                    file.insert(at, file.substr(from, 1 + below(8)));
                }
            }
        }
        try {
            const npy_array a = parse(file);
            std::size_t bytes = item_size(a.dtype);
            for (const std::size_t dimension : a.shape) {
                bytes *= dimension;
            }
            CHECK(bytes == a.data.size());
            CHECK(a.data.size() < file.size());
            ++arrays;
        } catch (const std::runtime_error& e) {
            CHECK(std::string(e.what()).starts_with("'x.npy': "));
            ++errors;
        }
    }
    CHECK(arrays > 100);
    CHECK(errors > 1000);
}

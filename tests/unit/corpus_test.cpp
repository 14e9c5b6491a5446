// SPDX-License-Identifier: Apache-2.0
// The text of the training experiment: symbols, R data files written by hand, whole and damaged, and the novels
// themselves where they are.
#include <doctest/doctest.h>

#include <narrowfp/report/write_file.hpp>
#include <train/run/corpus.hpp>

#include <zlib.h>

#include <algorithm>
#include <cstdint>
#include <cstdlib>
#include <filesystem>
#include <optional>
#include <stdexcept>
#include <string>
#include <vector>

#include "support/files.hpp"
#include "support/scoped_environment.hpp"

namespace {

using namespace narrowfp;
using namespace narrowfp::bench::train;
using narrowfp_test::contains;
using narrowfp_test::error_of;
using narrowfp_test::scoped_environment;
using narrowfp_test::temporary_file;
using narrowfp_test::temporary_folder;

std::string number(std::uint32_t n) {
    std::string out;
    for (const int shift : {24, 16, 8, 0}) {
        out += static_cast<char>(n >> shift & 0xFFU);
    }
    return out;
}

constexpr std::uint32_t missing = 0xFFFFFFFF;

std::string string_object(const std::string& text) {
    return number(0x40009) + number(static_cast<std::uint32_t>(text.size())) + text;
}

// A character vector as R 3.5 and later serialise it.
std::string vector_object(const std::vector<std::string>& lines) {
    std::string out = "X\n" + number(3) + number(0x40201) + number(0x30500) + number(5) + "UTF-8" + number(16) +
                      number(static_cast<std::uint32_t>(lines.size()));
    for (const std::string& line : lines) {
        out += string_object(line);
    }
    return out;
}

std::string chunk_of(const std::string& object) {
    std::vector<Bytef> packed(compressBound(object.size()));
    uLongf size = packed.size();
    REQUIRE(compress(packed.data(), &size, reinterpret_cast<const Bytef*>(object.data()), object.size()) == Z_OK);
    return number(static_cast<std::uint32_t>(object.size())) +
           std::string(packed.begin(), packed.begin() + static_cast<std::ptrdiff_t>(size));
}

std::string error_of_file(const std::string& content) {
    const temporary_folder folder;
    report::write_file(folder / "text.rdb", content);
    return error_of([&] { read_corpus(folder / "text.rdb"); });
}

}  // namespace

TEST_CASE("lines of an R data file") {
    const std::string logical = "X\n" + number(2) + number(0) + number(0) + number(10) + number(1) + number(1);
    const std::string old = "X\n" + number(2) + number(0) + number(0) + number(16) + number(2) +
                            string_object("third") + number(9) + number(missing);
    const temporary_file file(chunk_of(vector_object({"first", "", "second"})) + chunk_of(logical) + chunk_of(old));
    CHECK(read_r_text(file.path()) == "first\n\nsecond\nthird\n\n");
}

TEST_CASE("an R data file that is cut short or damaged is refused with its place") {
    const std::string whole = chunk_of(vector_object({"some text", "and more of it"}));
    for (std::size_t size = 1; size < whole.size(); ++size) {
        CHECK_MESSAGE(contains(error_of_file(whole.substr(0, size)), "text.rdb"), size);
    }
    CHECK(contains(error_of_file(whole.substr(0, 2)), "length"));
    CHECK(contains(error_of_file(whole + whole.substr(0, 20)), "byte " + std::to_string(whole.size())));
    std::string damaged = whole;
    damaged[whole.size() / 2] = static_cast<char>(damaged[whole.size() / 2] ^ 0x55);
    CHECK(contains(error_of_file(damaged), "zlib"));
    CHECK(contains(error_of_file("Call me Ishmael. Some years ago"), ".rdb"));
    CHECK(contains(error_of_file(""), "no text"));
    CHECK(contains(error_of_file(chunk_of(vector_object({}))), "no text"));
    CHECK(contains(error_of_file(chunk_of("A\n" + number(2))), "XDR"));
    CHECK(contains(error_of_file(chunk_of("X\n" + number(4) + number(0) + number(0))), "version 4"));
    const std::string object = vector_object({"one"});
    CHECK(contains(error_of_file(chunk_of(object.substr(0, object.size() - 1))), "within a value"));
    std::string other = object;
    other[other.size() - 8] = 10;  // the kind of the string
    CHECK(contains(error_of_file(chunk_of(other)), "strings"));
}

TEST_CASE("bytes become symbols in order of their value") {
    const corpus c = corpus_of("banana\n", "fruit");
    CHECK(c.vocabulary == 4);
    CHECK(c.merged == 0);
    CHECK(c.symbols == std::vector<std::uint8_t>{2, 1, 3, 1, 3, 1, 0});
    CHECK(c.crc32 == ::crc32(0, reinterpret_cast<const Bytef*>("banana\n"), 7));
    CHECK(corpus_of(std::string(95, 'x'), "").training().size() == 86);
    CHECK(corpus_of(std::string(95, 'x'), "").validation().size() == 9);
}

TEST_CASE("rare bytes share the last symbol") {
    std::string text;
    for (int v = 0; v < 130; ++v) {
        text += std::string(v < 3 ? 1 : 2, static_cast<char>(v));  // 0, 1 and 2 are the rarest
    }
    const corpus c = corpus_of(text, "all");
    CHECK(c.vocabulary == 128);
    CHECK(c.merged == 3);
    CHECK(std::count(c.symbols.begin(), c.symbols.end(), 127) == 3);
    CHECK(c.symbols[3] == 0);
    CHECK(c.symbols.back() == 126);
}

TEST_CASE("a corpus that is not there or no file") {
    const temporary_folder folder;
    CHECK(contains(error_of([&] { read_corpus(folder / "none.txt"); }), "none.txt"));
    CHECK(contains(error_of([&] { read_corpus(folder.path()); }), "folder"));
}

TEST_CASE("the folder of a fetched text follows the environment, and the script finds it by the same rules") {
    const temporary_folder folder;
    const std::string here = folder.path().string();
    const std::string script = NARROWFP_GET_CORPUS;
    struct {
        const char *named, *cache, *home;
        std::string expected;
    } const rows[] = {{"named", "cache", "home", here + "/named"},
                      {"", "cache", "home", here + "/cache/narrowfp/corpus"},
                      {"", "", "home", here + "/home/.cache/narrowfp/corpus"},
                      {"", "", "", ""}};
    const auto set = [&](const char* variable, const char* value) {
        return scoped_environment(variable, *value == '\0' ? std::nullopt : std::optional(here + "/" + value));
    };
    for (const auto& row : rows) {
        CAPTURE(row.expected);
        const auto named = set("NARROWFP_CORPUS_FOLDER", row.named);
        const auto cache = set("XDG_CACHE_HOME", row.cache);
        const auto home = set("HOME", row.home);
        CHECK(corpus_folder() == row.expected);
        if (row.expected.empty()) {
            CHECK(std::system((script + " 2>/dev/null").c_str()) != 0);
            continue;
        }
        const std::filesystem::path text = std::filesystem::path(row.expected) / "package/data/data.txt";
        std::filesystem::create_directories(text.parent_path());
        report::write_file(text, "some text");
        const std::filesystem::path found = find_corpus();
        CHECK((found == text || !found.string().starts_with(here)));  // or the installed novels
        CHECK(std::system((script + " | grep -qxF '" + found.string() + "'").c_str()) == 0);
    }
    const scoped_environment cache("XDG_CACHE_HOME", "relative");
    const scoped_environment home("HOME", here);
    const scoped_environment named("NARROWFP_CORPUS_FOLDER", std::nullopt);
    CHECK(corpus_folder() == here + "/.cache/narrowfp/corpus");
}

TEST_CASE("the novels") {
    std::filesystem::path path;
    try {
        path = find_corpus();
    } catch (const std::runtime_error& error) {
        for (const char* way : {"r-cran-janeaustenr", "get_corpus", "--corpus FILE"}) {
            CHECK(contains(error.what(), way));
        }
        MESSAGE("SKIPPED: " << error.what());
        return;
    }
    const corpus c = read_corpus(path);
    CHECK(c.vocabulary <= largest_vocabulary);
    if (path.extension() == ".rdb") {
        CHECK(c.symbols.size() == 4'025'029);
        CHECK(c.vocabulary == 82);
        CHECK(contains(read_r_text(path), "It is a truth universally acknowledged"));
    }
}

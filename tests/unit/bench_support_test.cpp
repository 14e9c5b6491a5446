// SPDX-License-Identifier: Apache-2.0
// What the programs share: near names, colour, and OpenBLAS where it is installed.
#include <narrowfp/base/target.hpp>

#include <doctest/doctest.h>

#include <support/near_names.hpp>
#include <support/openblas.hpp>
#include <support/terminal.hpp>

#include <fcntl.h>

#include <array>
#include <cstdio>
#include <cstdlib>
#include <stdexcept>
#include <string>
#include <string_view>
#include <vector>

namespace {

using namespace narrowfp::bench;
using names = std::vector<std::string>;

constexpr std::array<std::string_view, 16> formats = {
    "e4m3fn", "e5m2", "e4m3ieee", "e4m3fnuz", "e5m2fnuz", "e3m4ieee", "e2m1fn",      "e8m0fnu",
    "bf16",   "f16",  "tf32",     "f32",      "hif8",     "int8",     "binary8p4sf", "binary8p3se"};
constexpr std::array<std::string_view, 6> units = {"h100",       "h100-mma-sync", "b200-mxfp8",
                                                   "b200-mxfp4", "a100",          "ascend910-hypothetical"};

// Sets or removes a variable of the environment while it lives.
class variable {
public:
    variable(const char* name, const char* value) : name_(name) {
        if (const char* before = std::getenv(name)) {
            before_ = before;
            was_set_ = true;
        }
        value != nullptr ? ::setenv(name, value, 1) : ::unsetenv(name);
    }
    ~variable() { was_set_ ? ::setenv(name_, before_.c_str(), 1) : ::unsetenv(name_); }
    variable(const variable&) = delete;
    variable& operator=(const variable&) = delete;

private:
    const char* name_;
    std::string before_;
    bool was_set_ = false;
};

}  // namespace

TEST_CASE("near names") {
    CHECK(near_names("e4m4", formats) == names{"e4m3fn", "e4m3ieee", "e4m3fnuz"});
    CHECK(near_names("E4M3", formats) == names{"e4m3fn", "e4m3ieee", "e4m3fnuz"});
    CHECK(near_names("e5m3", formats).front() == "e5m2");
    CHECK(near_names("fb16", formats).front() == "bf16");
    CHECK(near_names("bf-16", formats).front() == "bf16");
    CHECK(near_names("binary8p4se", formats).front() == "binary8p4sf");
    CHECK(near_names("f33", formats).front() == "f32");
    CHECK(near_names("mxfp8", units).front() == "b200-mxfp8");
    CHECK(near_names("h100_mma_sync", units).front() == "h100-mma-sync");
    CHECK(near_names("ascend", units) == names{"ascend910-hypothetical"});
    CHECK(near_names("H-100", units).front() == "h100");
    CHECK(near_names("zzzz", formats).empty());
    CHECK(near_names("", formats).empty());
    CHECK(near_names(std::string(100000, 'e'), formats).empty());
    CHECK(near_names("e4m3", formats, 1).size() == 1);
    CHECK(near_names("e4m3", {}).empty());
    CHECK(unknown_name("format", "e4m4", formats) == "unknown format 'e4m4'; near: e4m3fn, e4m3ieee, e4m3fnuz");
    constexpr std::array<std::string_view, 2> two = {"floor", "rceil"};
    CHECK(unknown_name("rule", "zz\x1b", two) == "unknown rule 'zz?'; known: floor, rceil");
}

TEST_CASE("colour only where it is wanted and understood") {
    CHECK(parse_colour_policy("auto") == colour_policy::automatic);
    CHECK(parse_colour_policy("always") == colour_policy::always);
    CHECK(parse_colour_policy("never") == colour_policy::never);
    CHECK_THROWS_AS(parse_colour_policy("Always"), std::invalid_argument);
    std::FILE* file = std::tmpfile();
    REQUIRE(file != nullptr);
    CHECK_FALSE(is_terminal(file));
    CHECK_FALSE(use_colour(colour_policy::automatic, file));
    CHECK(use_colour(colour_policy::always, file));
    CHECK(terminal_width(file) == 0);
    std::fclose(file);
}

TEST_CASE("colour on a terminal follows NO_COLOR and TERM") {
    const int fd = ::posix_openpt(O_RDWR | O_NOCTTY);
    REQUIRE(fd >= 0);
    std::FILE* terminal = ::fdopen(fd, "w");
    REQUIRE(terminal != nullptr);
    {
        const variable term("TERM", "xterm");
        const variable no_colour("NO_COLOR", nullptr);
        CHECK(is_terminal(terminal));
        CHECK(use_colour(colour_policy::automatic, terminal));
        CHECK_FALSE(use_colour(colour_policy::never, terminal));
        const variable columns("COLUMNS", "132");
        CHECK(terminal_width(terminal) == 132);  // a new pseudo-terminal does not know its size
        const variable wrong("COLUMNS", "12x");
        CHECK(terminal_width(terminal) == 80);
        const variable refused("NO_COLOR", "1");
        CHECK_FALSE(use_colour(colour_policy::automatic, terminal));
        CHECK(use_colour(colour_policy::always, terminal));
    }
    const variable no_colour("NO_COLOR", nullptr);
    for (const char* type : {"dumb", "", static_cast<const char*>(nullptr)}) {
        const variable term("TERM", type);
        CHECK_FALSE(is_terminal(terminal));
        CHECK_FALSE(use_colour(colour_policy::automatic, terminal));
    }
    std::fclose(terminal);
}

TEST_CASE("OpenBLAS is loaded as the OpenMP build, or there is a reason") {
    const variable core("OPENBLAS_CORETYPE", "Prescott");
    const variable cache("OPENBLAS_L2_SIZE", "1");
    const openblas_or_reason found = load_openblas();
    if (found.library) {
        MESSAGE("OpenBLAS core ", found.library->core, ": ", found.library->config);
        CHECK(std::getenv("OPENBLAS_L2_SIZE") == nullptr);
        CHECK((std::getenv("OPENBLAS_CORETYPE") != nullptr) == found.library->core_chosen);
#if defined(__x86_64__)
        CHECK((found.library->core != "Prescott" || !narrowfp::cpu_offers(narrowfp::target::avx2)));
#endif
        found.library->set_num_threads(1);
        const std::array<float, 4> a = {1, 2, 3, 4};
        std::array<float, 4> c = {1, 1, 1, 1};
        found.library->sgemm(2, 2, 2, 2.0F, a.data(), 2, a.data(), 2, 1.0F, c.data(), 2);
        CHECK(c == std::array<float, 4>{15, 21, 31, 45});
    } else {
        MESSAGE("no OpenBLAS: ", found.reason);
        CHECK_FALSE(found.reason.empty());
    }
    CHECK(load_openblas().library.has_value() == found.library.has_value());
    const openblas_or_reason second = load_openblas("/nonexistent/libopenblas.so.0");
    CHECK_FALSE(second.library);
    CHECK(second.reason == "OpenBLAS was loaded before in this process, for other arguments");
}

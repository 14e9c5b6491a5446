// SPDX-License-Identifier: Apache-2.0
// The units against dot products that real GPUs computed (north-numerical-computing/MATLAB-tensor-core, BSD-2-Clause;
// Khattak & Mikaitis, arXiv 2512.07004). NARROWFP_VECTORS names its folder model_validation; without it nothing is
// compared and the test says so. TF32 and the paths through FP16 steps (mma.sync FP8 on Hopper and Blackwell) are not
// in the units.
#include <narrowfp/gemm/reference.hpp>
#include <narrowfp/gemm/unit.hpp>
#include <narrowfp/round/convert.hpp>

#include <doctest/doctest.h>

#include <bit>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <sstream>
#include <vector>

#include "support/bridge.hpp"

using namespace narrowfp;
using namespace narrowfp_test;

namespace {

using words = std::vector<std::vector<std::uint32_t>>;

// One test a line, numbers in hexadecimal or (32 digits long) in binary.
words read_words(const std::filesystem::path& path) {
    std::ifstream file(path);
    REQUIRE_MESSAGE(file, "cannot read " << path.string());
    words lines;
    for (std::string text; std::getline(file, text);) {
        std::istringstream numbers(text);
        std::vector<std::uint32_t> line;
        for (std::string number; numbers >> number;) {
            line.push_back(static_cast<std::uint32_t>(std::stoul(number, nullptr, number.size() == 32 ? 2 : 16)));
        }
        if (!line.empty()) {
            lines.push_back(line);
        }
    }
    return lines;
}

// The code of a value that the format holds.
std::uint32_t code_of(const any_format& format, std::uint32_t bits) {
    const projected p =
        project(format, to_real(std::bit_cast<float>(bits)), default_rounding(format), overflow_mode::none);
    REQUIRE_FALSE(p.inexact);
    return static_cast<std::uint32_t>(p.code);
}

struct folder {
    const char* gpu;
    const char* name;
    const char* unit;
    any_format format;
    bool fp16_output;
    bool without_c;
};

void check_folder(const std::filesystem::path& root, const folder& f, tally& t) {
    const std::filesystem::path path = root / f.gpu / f.name;
    const std::string gpu = f.gpu;
    const words a = read_words(path / ("a_" + gpu + "_" + f.name + ".txt"));
    const words b = read_words(path / ("b_" + gpu + "_" + f.name + ".txt"));
    const words c = read_words(path / ("c_" + gpu + "_fp32.txt"));
    const words d = read_words(path / ("d_" + gpu + (f.fp16_output ? "_fp16.txt" : "_fp32.txt")));
    aligned unit = accumulator_of(unit_by_name(f.unit), f.format, f.format);
    if (f.fp16_output) {  // same products and fraction bits; a zero has another exponent up to Ada
        unit.output = aligned_output::f16_ties_to_even;
        unit.zero_exponent = gpu == "V100" ? -20 : (gpu == "A100" || gpu == "Ada" ? -21 : -133);
    }
    const std::size_t tests = std::min({a.size(), b.size(), c.size(), d.size()});
    tally here(gpu + " " + f.name + (f.fp16_output ? " FP16 output" : " FP32 output"));
    for (std::size_t n = 0; n < tests; ++n) {
        const std::size_t k = a[n].size();
        quantized_matrix x(1, k, f.format);
        quantized_matrix y(k, 1, f.format);
        for (std::size_t i = 0; i < k; ++i) {
            x.set_code(0, i, code_of(f.format, a[n][i]));
            y.set_code(i, 0, code_of(f.format, b[n][i]));
        }
        const matrix<float> addend(1, 1, f.without_c ? 0.0f : std::bit_cast<float>(c[n][0]));
        const auto found = std::bit_cast<std::uint32_t>(gemm_reference(x, y, unit, addend.view())(0, 0));
        here.expect(found == d[n][0], [&] {
            return "line " + std::to_string(n + 1) + ": found " + hex(found) + ", measured " + hex(d[n][0]);
        });
    }
    here.finish();
    t.add(tests);
}

}  // namespace

TEST_CASE("dot products of real GPUs") {
    const char* root = std::getenv("NARROWFP_VECTORS");
    if (root == nullptr || *root == '\0') {
        MESSAGE("SKIPPED: NARROWFP_VECTORS does not name a model_validation folder of MATLAB-tensor-core");
        return;
    }
    tally t("published dot products");
    const folder folders[] = {
        {"V100", "fp16", "v100", f16, false, false},  {"A100", "fp16", "a100", f16, false, false},
        {"A100", "bf16", "a100", bf16, false, false}, {"Ada", "fp16", "ada", f16, false, false},
        {"Ada", "bf16", "ada", bf16, false, false},   {"H100", "fp16", "h100", f16, false, false},
        {"H100", "bf16", "h100", bf16, false, false}, {"B200", "fp16", "b200", f16, false, false},
        {"B200", "bf16", "b200", bf16, false, false}, {"Ada", "E4M3", "ada", e4m3fn, false, false},
        {"Ada", "E5M2", "ada", e5m2, false, false},   {"H100", "E4M3", "h100", e4m3fn, false, true},
        {"H100", "E5M2", "h100", e5m2, false, true},  {"V100", "fp16", "v100", f16, true, false},
        {"A100", "fp16", "a100", f16, true, false},   {"Ada", "fp16", "ada", f16, true, false},
        {"H100", "fp16", "h100", f16, true, false},   {"B200", "fp16", "b200", f16, true, false},
        {"Ada", "E4M3", "ada", e4m3fn, true, false},  {"Ada", "E5M2", "ada", e5m2, true, false},
    };
    for (const folder& f : folders) {
        check_folder(root, f, t);
    }
    t.finish();
}

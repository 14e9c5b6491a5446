// SPDX-License-Identifier: Apache-2.0
#include "verify/published_outputs.hpp"

#include <narrowfp/base/fp_environment.hpp>
#include <narrowfp/gemm/unit.hpp>
#include <narrowfp/gemm/unit_dot.hpp>

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <fstream>
#include <set>

namespace narrowfp::bench {

namespace {

constexpr std::string_view one_step = "one step of the unit, C included";
constexpr std::string_view two_steps = "mma.sync m16n8k32: two steps of 16, C included";
constexpr std::string_view wgmma = "wgmma, one step of 32 from a zero accumulator; C takes no part";
constexpr std::string_view widened_steps =
    "mma.sync m16n8k32 widened to FP16: two steps over pairs of k, C added last; rule found by search";

// -- reading ----------------------------------------------------------------------------------------------------------
using numbers = std::vector<std::vector<std::uint32_t>>;

std::string text_of(const std::filesystem::path& path) {
    std::ifstream file(path, std::ios::binary);
    std::string text{std::istreambuf_iterator<char>(file), std::istreambuf_iterator<char>()};
    if (!file) {
        throw std::runtime_error(fmt::format("{}: cannot be read", path.string()));
    }
    return text;
}

// FP32 patterns, a test a line: 8 hexadecimal or 32 binary digits.
std::uint32_t pattern_of(std::string_view word, const std::filesystem::path& path, std::size_t line) {
    std::uint32_t pattern = 0;
    const auto [end, error] =
        std::from_chars(word.data(), word.data() + word.size(), pattern, word.size() == 32 ? 2 : 16);
    if (error != std::errc() || end != word.data() + word.size()) {
        throw std::runtime_error(
            fmt::format("{}, line {}: '{}' is no FP32 pattern; 8 hexadecimal or 32 binary digits expected",
                        path.string(), line, word));
    }
    return pattern;
}

numbers read_numbers(const std::filesystem::path& path) {
    const std::string text = text_of(path);
    numbers lines;
    std::string_view rest = text;
    for (std::size_t number = 1; !rest.empty(); ++number) {
        const std::string_view line = rest.substr(0, rest.find('\n'));
        rest.remove_prefix(std::min(line.size() + 1, rest.size()));
        std::vector<std::uint32_t> patterns;
        for (std::size_t at = line.find_first_not_of(" \t\r"); at != std::string_view::npos;) {
            const std::size_t end = std::min(line.find_first_of(" \t\r", at), line.size());
            patterns.push_back(pattern_of(line.substr(at, end - at), path, number));
            at = line.find_first_not_of(" \t\r", end);
        }
        if (!patterns.empty()) {
            lines.push_back(std::move(patterns));
        }
    }
    return lines;
}

// The codes of values that the format holds.
std::vector<std::uint32_t> codes_of(const any_format& format, const std::vector<std::uint32_t>& patterns,
                                    const std::filesystem::path& path, std::size_t line) {
    std::vector<std::uint32_t> codes;
    for (const std::uint32_t pattern : patterns) {
        const projected p =
            project(format, to_real(std::bit_cast<float>(pattern)), rounding::ties_to_even, overflow_mode::none);
        if (p.inexact) {
            throw std::runtime_error(
                fmt::format("{}, line {}: {:08x} is not exact in {}", path.string(), line, pattern, name_of(format)));
        }
        codes.push_back(static_cast<std::uint32_t>(p.code));
    }
    return codes;
}

// -- one folder -------------------------------------------------------------------------------------------------------
std::filesystem::path folder_of(const std::filesystem::path& root, const published_operation& op) {
    return root / op.gpu / op.format;
}

std::filesystem::path results_of(const std::filesystem::path& root, const published_operation& op) {
    return folder_of(root, op) / fmt::format("d_{}_{}.txt", op.gpu, op.to_f16 ? "fp16" : "fp32");
}

published_agreement agreement_of(const std::filesystem::path& root, const published_operation& op) {
    const std::filesystem::path folder = folder_of(root, op);
    const std::filesystem::path a_file = folder / fmt::format("a_{}_{}.txt", op.gpu, op.format);
    const std::filesystem::path b_file = folder / fmt::format("b_{}_{}.txt", op.gpu, op.format);
    const std::filesystem::path c_file = folder / fmt::format("c_{}_fp32.txt", op.gpu);
    const std::filesystem::path d_file = results_of(root, op);
    const numbers a = read_numbers(a_file);
    const numbers b = read_numbers(b_file);
    const numbers c = read_numbers(c_file);
    const numbers d = read_numbers(d_file);
    if (a.size() != d.size() || b.size() != d.size() || c.size() != d.size()) {
        throw std::runtime_error(
            fmt::format("{}: {} lines of a, {} of b, {} of c and {} of {}; as many of each expected", folder.string(),
                        a.size(), b.size(), c.size(), d.size(), d_file.filename().string()));
    }
    unit_dot dot(
        accumulator_of(unit_by_name(op.unit), op.element, op.element, op.to_f16 ? any_format{f16} : any_format{f32}),
        op.element, op.element);
    published_agreement out{.operation = op, .lines = d.size(), .equal = 0, .first = std::nullopt};
    for (std::size_t n = 0; n < d.size(); ++n) {
        if (a[n].size() != b[n].size() || c[n].size() != 1 || d[n].size() != 1) {
            throw std::runtime_error(
                fmt::format("{}, test {}: {} numbers of a, {} of b, {} of c, {} of d; K, K, 1, 1 expected",
                            folder.string(), n + 1, a[n].size(), b[n].size(), c[n].size(), d[n].size()));
        }
        const float addend = op.with_addend ? std::bit_cast<float>(c[n][0]) : 0.0f;
        const float result =
            dot(codes_of(op.element, a[n], a_file, n + 1), codes_of(op.element, b[n], b_file, n + 1), addend);
        const auto found = std::bit_cast<std::uint32_t>(result);
        if (found == d[n][0]) {
            ++out.equal;
        } else if (!out.first) {
            out.first = published_mismatch{n + 1, found, d[n][0]};
        }
    }
    return out;
}

// Folders GPU/FORMAT with results that no operation above reads.
std::vector<std::string> unknown_folders(const std::filesystem::path& root,
                                         const std::vector<published_operation>& known) {
    std::set<std::filesystem::path> read;
    for (const published_operation& op : known) {
        read.insert(results_of(root, op));
    }
    std::set<std::string> unknown;
    for (const auto& entry : std::filesystem::recursive_directory_iterator(root)) {
        const std::filesystem::path& path = entry.path();
        if (path.filename().string().starts_with("d_") && path.extension() == ".txt" && !read.contains(path)) {
            unknown.insert(path.lexically_relative(root).string());
        }
    }
    return {unknown.begin(), unknown.end()};
}

}  // namespace

std::vector<published_operation> published_operations() {
    struct gpu {
        std::string_view name, unit;
        bool bf16_and_tf32;
        std::string_view fp8_unit, fp8_operation, fp8_f16_unit, fp8_f16_operation;  // empty: no FP8
    };
    static constexpr gpu gpus[] = {
        {"V100", "v100", false, "", "", "", ""},
        {"A100", "a100", true, "", "", "", ""},
        {"A2", "a100", true, "", "", "", ""},
        {"Ada", "ada", true, "ada", two_steps, "ada", two_steps},
        {"L40S", "ada", true, "ada", two_steps, "ada", two_steps},
        {"H100", "h100", true, "h100", wgmma, "h100-mma-sync", widened_steps},
        {"H200", "h100", true, "h100", wgmma, "h100-mma-sync", widened_steps},
        {"B200", "b200", true, "b200-mma-sync", widened_steps, "b200-mma-sync", widened_steps},
    };
    std::vector<published_operation> all;
    for (const gpu& g : gpus) {
        const auto add = [&](std::string_view format, const any_format& element, bool to_f16, std::string_view unit,
                             std::string_view operation) {
            all.push_back({.gpu = std::string(g.name),
                           .format = std::string(format),
                           .element = element,
                           .to_f16 = to_f16,
                           .with_addend = operation != wgmma,
                           .unit = std::string(unit),
                           .operation = std::string(operation),
                           .found_by_search = operation == widened_steps});
        };
        add("fp16", f16, false, g.unit, one_step);
        add("fp16", f16, true, g.unit, one_step);
        if (g.bf16_and_tf32) {
            add("bf16", bf16, false, g.unit, one_step);
            add("tf32", tf32, false, g.unit, one_step);
        }
        for (const auto& [folder, element] :
             {std::pair{"E4M3", any_format{e4m3fn}}, std::pair{"E5M2", any_format{e5m2}}}) {
            if (!g.fp8_unit.empty()) {
                add(folder, element, false, g.fp8_unit, g.fp8_operation);
                add(folder, element, true, g.fp8_f16_unit, g.fp8_f16_operation);
            }
        }
    }
    return all;
}

std::size_t published_agreements::lines() const {
    std::size_t sum = 0;
    for (const published_agreement& a : all) {
        sum += a.lines;
    }
    return sum;
}

std::size_t published_agreements::equal() const {
    std::size_t sum = 0;
    for (const published_agreement& a : all) {
        sum += a.equal;
    }
    return sum;
}

published_agreements verify_published_outputs(const std::filesystem::path& folder) {
    if (!std::filesystem::is_directory(folder)) {
        throw std::runtime_error(
            fmt::format("{}: no folder; the folder model_validation of MATLAB-tensor-core expected", folder.string()));
    }
    published_agreements out;
    const std::vector<published_operation> operations = published_operations();
    for (const published_operation& op : operations) {
        if (std::filesystem::exists(results_of(folder, op))) {
            out.all.push_back(with_default_environment([&] { return agreement_of(folder, op); }));
        } else {
            out.all.push_back({.operation = op, .lines = 0, .equal = 0, .first = std::nullopt});
        }
    }
    if (out.lines() == 0) {
        throw std::runtime_error(
            fmt::format("{}: no file GPU/FORMAT/d_GPU_fp32.txt or d_GPU_fp16.txt of a known GPU (V100, A100, "
                        "A2, Ada, L40S, H100, H200, B200)",
                        folder.string()));
    }
    out.unknown = unknown_folders(folder, operations);
    return out;
}

}  // namespace narrowfp::bench

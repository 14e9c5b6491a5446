// SPDX-License-Identifier: Apache-2.0
// F1, what others publish about narrow formats and units and an emulation can redo, beside what comes out here. Each line is
// computed in this run, from the library, a study or a formula; a line that would need data which is not part of the
// project says NOT RUN. Beside the publications stand figures of a second emulation: computed for this project, in numpy, of
// the same distributions and one draw, so they are no publications and need not meet ours to the last digit. A line that
// does not agree says what was tried. A new finding is a function that adds a line.
#include "claim/rows.hpp"

#include "study/scaling_study.hpp"
#include "support/random_data.hpp"
#include "support/widened.hpp"

#include <narrowfp/cost/training_bytes.hpp>
#include <narrowfp/error/exact_product.hpp>
#include <narrowfp/error/metrics.hpp>
#include <narrowfp/format/limits.hpp>
#include <narrowfp/format/types.hpp>
#include <narrowfp/gemm/gemm.hpp>
#include <narrowfp/gemm/unit.hpp>
#include <narrowfp/gemm/unit_dot.hpp>
#include <narrowfp/quant/recipe.hpp>
#include <narrowfp/report/text.hpp>

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <bit>
#include <cmath>
#include <limits>

namespace narrowfp::bench::claim {

using report::evidence_kind;
using report::tint;

namespace {

constexpr int quick_batches = 2;  // of a study
constexpr int full_batches = 16;  // as `narrowfp study`
constexpr std::uint32_t f1_seed = 1;
constexpr std::size_t f1_side = 64, f1_length = 4096;

struct finding {
    std::string id;  // "promotion"
    std::string what;
    std::string stated;  // with its unit
    std::string source;
    std::string here;
    std::string agrees;  // "yes", "to 2 digits", "no", or what else can be said
    std::string alone;   // the command that repeats it
    evidence_kind kind = evidence_kind::emulated;
    std::string tried = {};  // where it does not agree: what was tried
};

using findings = std::vector<finding>;

// What was tried where a figure does not agree, by the beginning of its id.
constexpr std::array<std::pair<std::string_view, std::string_view>, 7> attempts{
    {{"retile.fp32",
      "tried: 512x512 and 128x128 normal numbers, in this library and in a third emulation, give 3.64 and 2.57 %; uniform numbers 2.7 and 1.0 %"},
     {"retile.power", "tried: every shape and distribution of the study; a few elements in a million change, not none"},
     {"outliers.size1e4", "tried: a tensor of 2^17 elements gives the stated figure; this one has 2^20"},
     {"token_imbalance", "tried: more batches; a single draw of 512 tokens scatters by more than the difference"},
     {"promotion",
      "tried: other scales of the operands; what a narrow accumulator loses depends on where values lie between powers of two"},
     {"sums.fp32_chain",
      "tried: a third emulation gives 2.7e-6 for the largest of 4,096 sums and 8e-7 in the mean square, so the second one looked at few sums"},
     {"sums.", "not tried further; the second emulation looked at few sums, and the largest of 4,096 is larger"}}};

std::string_view attempt_for(std::string_view id) {
    const auto found =
        std::find_if(attempts.begin(), attempts.end(), [id](const auto& a) { return id.starts_with(a.first); });
    return found == attempts.end() ? "nothing further was tried" : found->second;
}

constexpr const char* emulation = "second emulation";  // ours, in numpy: no publication
constexpr const char* formats_paper = "Micikevicius et al., FP8 Formats for Deep Learning (arXiv 2209.05433), table 1";
constexpr const char* hifloat_paper = "Luo et al., Ascend HiFloat8 Format for Deep Learning (arXiv 2409.16626)";
constexpr const char* deepseek_paper = "DeepSeek-AI, DeepSeek-V3 Technical Report (arXiv 2412.19437)";
constexpr const char* insights_paper = "Zhao et al., Insights into DeepSeek-V3 (arXiv 2505.09343)";
constexpr const char* this_row = "narrowfp claim --only F1";
constexpr std::string_view program = "narrowfp ";  // every command begins with it; the table names it once

std::string yes_if(bool holds) { return holds ? "yes" : "no"; }

// Two significant digits, as an emulation of other draws can be expected to meet.
bool to_two_digits(double ours, double stated) {
    return std::fabs(ours - stated) <= 0.5 * std::pow(10.0, std::floor(std::log10(stated)) - 1);
}

// -- studies ----------------------------------------------------------------------------------------------------------

const scaling_finding& finding_named(const scaling_study& study, std::string_view id) {
    for (const scaling_finding& f : study.findings) {
        if (f.id == id) {
            return f;
        }
    }
    throw std::logic_error("the study " + study.name + " has no figure '" + std::string(id) + "'");
}

std::string with_unit(double x, const std::string& unit) {
    return report::format_number(x, 3) + (unit == "1" ? "" : " " + unit);
}

// A line for each id of a study, "floor.clipped".
void add_findings(findings& all, const scaling_study& study, const std::string& source,
                  std::initializer_list<std::string_view> ids) {
    for (const std::string_view id : ids) {
        const scaling_finding& f = finding_named(study, id);
        all.push_back({study.name + "." + f.id, f.what, f.expected ? with_unit(f.expected->value, f.unit) : "", source,
                       with_unit(f.mean, f.unit) + " +- " + report::format_number(f.standard_error, 1),
                       std::string(f.agreement()), "narrowfp study " + study.name});
    }
}

// DeepSeek-V3's "nearly 2 %" names neither distribution nor metric: it can only lie between figures of both kinds.
void add_accumulation(findings& all, const scaling_study& promotion) {
    const double zero_mean = finding_named(promotion, "normal.none_max").mean;
    const double one_sign = finding_named(promotion, "unscaled.none").mean;
    all.push_back({"hopper_sums", "Hopper's FP8 sums at K = 4096: largest relative error",
                   "nearly 2 %, of what is not said", std::string(deepseek_paper) + ", 3.3.2",
                   fmt::format("{:.2g} % of rms on N(0, 1), {:.2g} % on [0, 1)", zero_mean, one_sign),
                   zero_mean <= 2 && 2 <= one_sign ? "lies between" : "no", "narrowfp study promotion"});
    for (const auto& [data, name, stated] :
         {std::tuple{"unscaled.", "numbers of one sign", 100.0}, std::tuple{"normal.", "N(0, 1)", 10.0}}) {
        const std::string prefix = data;
        const double gain =
            finding_named(promotion, prefix + "none").mean / finding_named(promotion, prefix + "128").mean;
        all.push_back({"promotion_gain." + prefix.substr(0, prefix.size() - 1),
                       std::string("promotion to FP32 every 128 products cuts the error, ") + name,
                       report::format_ratio(stated, 3), emulation, report::format_ratio(gain, 3),
                       std::fabs(std::log2(gain / stated)) < 0.5 ? "yes, in size" : "no", "narrowfp study promotion"});
    }
}

void add_studies(findings& all, const row_context& how) {
    const auto run = [&](const char* name) {
        return run_scaling_study(name, {.seed = f1_seed,
                                        .batches = how.full ? full_batches : quick_batches,
                                        .threads = how.threads,
                                        .on_progress = {}});
    };
    const scaling_study promotion = run("promotion");
    add_accumulation(all, promotion);
    add_findings(all, promotion, emulation, {"unscaled.none", "unscaled.128", "normal.none", "normal.128"});
    add_findings(all, run("mx_rules"), emulation,
                 {"floor.above", "floor.clipped", "rceil.clipped", "floor.error", "rceil.error", "fp32.error"});
    add_findings(all, run("retile"), emulation, {"fp32.twice", "fp32.second", "power.twice", "power.second"});
    add_findings(all, run("token_imbalance"), emulation,
                 {"sigma3.tile.median", "sigma3.block.median", "sigma3.block.zeros", "sigma4.block.zeros"});
    add_findings(all, run("outliers"), emulation,
                 {"size1e2.tensor.error", "size1e4.tensor.error", "size1e6.tile.error"});
    add_findings(all, run("delayed_spikes"), emulation, {"x5.delayed", "x10.delayed", "x10.current"});
}

// -- products ---------------------------------------------------------------------------------------------------------

// Rounding of N(0, 1) operands: error of the exact product of the rounded ones.
void add_quantization(findings& all, const options& opts) {
    constexpr std::size_t k = 1024;
    const matrix<float> a = make_matrix(distribution::normal, f1_side, k, f1_seed, 0);
    const matrix<float> b = make_matrix(distribution::normal, k, f1_side, f1_seed, 1);
    const matrix<double> truth = exact_product(a.view(), b.view(), opts);
    const auto error = [&](const any_format& element, const recipe& scaling) {
        const quantized_matrix x = quantize(a.view(), scaling.for_a(element), opts);
        const quantized_matrix y = quantize(b.view(), scaling.for_b(element), opts);
        return 100 * compare(gemm(x, y, exact{}, {}, f32, opts).view(), truth.view()).relative_frobenius;
    };
    const double fp8 = error(e4m3fn, recipes::tensor_current);
    const double wide = error(bf16, recipes::none);
    const auto add = [&](const char* id, const char* what, double stated, double ours, const std::string& unit) {
        all.push_back({std::string("quantisation.") + id, what, with_unit(stated, unit), emulation,
                       with_unit(ours, unit), to_two_digits(ours, stated) ? "to 2 digits" : "no", this_row});
    };
    add("e4m3fn", "rounding N(0, 1) to E4M3: error of a product", 3.7, fp8, "%");
    add("bf16", "the same, BF16", 0.23, wide, "%");
    add("ratio", "the first over the second: 2^4, four fraction bits fewer", 16, fp8 / wide, "1");
}

// Accumulation on data of one sign, K = 4096: 16-bit operands lose nothing to speak of.
void add_wide_paths(findings& all, const options& opts) {
    const auto error = [&](const any_format& element, const accumulator& acc) {
        const recipe& scaling = element == any_format{bf16} ? recipes::none : recipes::tensor_current;
        const quantized_matrix a = quantize(make_matrix(distribution::uniform01, f1_side, f1_length, f1_seed, 0).view(),
                                            scaling.for_a(element), opts);
        const quantized_matrix b = quantize(make_matrix(distribution::uniform01, f1_length, f1_side, f1_seed, 1).view(),
                                            scaling.for_b(element), opts);
        const matrix<float> exact_sums = gemm(a, b, exact{}, {}, f32, opts);
        return compare(gemm(a, b, acc, {}, f32, opts).view(), widened(exact_sums).view()).max_relative;
    };
    const auto add = [&](const char* id, const char* what, double stated, double ours) {
        all.push_back({std::string("sums.") + id,
                       std::string("largest relative error of sums, [0, 1), K = 4096: ") + what,
                       fmt::format("{:.1e}", stated), emulation, fmt::format("{:.1e}", ours),
                       to_two_digits(ours, stated)                 ? "to 2 digits"
                       : std::fabs(std::log2(ours / stated)) < 0.5 ? "in size"
                                                                   : "no",
                       this_row});
    };
    add("h100_bf16", "BF16 on H100", 1.3e-5, error(bf16, accumulator_of(unit_by_name("h100"), bf16, bf16)));
    add("a100_bf16", "BF16 on A100", 2.9e-5, error(bf16, accumulator_of(unit_by_name("a100"), bf16, bf16)));
    add("b200_fp8", "FP8 on B200", 9.7e-7, error(e4m3fn, accumulator_of(unit_by_name("b200"), e4m3fn, e4m3fn)));
    add("fp32_chain", "BF16, one FP32 chain", 4.0e-7, error(bf16, sequential<float>{}));
}

// -- units, bit for bit -----------------------------------------------------------------------------------------------

// D of one dot product of length 32: zeros but for the elements at `places`.
struct operands {
    std::vector<std::size_t> places;
    std::vector<std::uint32_t> a;
    std::vector<std::uint32_t> b;
    std::uint32_t c = 0;
};

std::uint32_t result_on(const char* unit, const any_format& format, const operands& x) {
    std::vector<std::uint32_t> a(32), b(32);
    for (std::size_t n = 0; n < x.places.size(); ++n) {
        a[x.places[n]] = x.a[n];
        b[x.places[n]] = x.b[n];
    }
    return std::bit_cast<std::uint32_t>(
        unit_dot(accumulator_of(unit_by_name(unit), format, format), format, format)(a, b, std::bit_cast<float>(x.c)));
}

struct bit_claim {
    const char* id;
    const char* what;
    any_format format;
    operands x;
    std::vector<std::pair<const char*, std::uint32_t>> stated;
    const char* source;
};

std::vector<bit_claim> bit_claims() {
    return {
        {"width_probe",
         "all products 0, addend 3F800FFF: what comes back",
         e4m3fn,
         {{}, {}, {}, 0x3F800FFF},
         {{"ada", 0x3F800C00}, {"h100", 0x3F800C00}, {"b200", 0x3F800FFF}},
         "Zhang et al., SageAttention2 (arXiv 2411.10958): FP8 sums of Ada and Hopper keep 13 fraction bits"},
        {"fp8_groups",
         "16 * 16, then 2^-6 at k = 16, addend -256 (E4M3)",
         e4m3fn,
         {{0, 16}, {0x58, 0x38}, {0x58, 0x08}, 0xC3800000},
         {{"ada", 0x3C800000}, {"h100", 0x00000000}, {"b200", 0x3C800000}},
         "Khattak and Mikaitis, Accurate Models of NVIDIA Tensor Cores (arXiv 2512.07004); Xie et al., MMA-Sim (arXiv 2511.10909): groups of 16 on Ada, 32 on Hopper"},
        {"bf16_groups",
         "2^20, 2^-5, and -2^20 at k = 8 (BF16)",
         bf16,
         {{0, 1, 8}, {0x4480, 0x3F80, 0x4480}, {0x4480, 0x3D00, 0xC480}, 0},
         {{"a100", 0x00000000}, {"h100", 0x3D000000}},
         "the same two papers: groups of 8 on A100, 16 on H100"},
        {"cdna3_up",
         "1 * 1 with addend +2^-30 (FP16)",
         f16,
         {{0}, {0x3C00}, {0x3C00}, 0x30800000},
         {{"mi300", 0x3F800000}},
         "Xie et al., MMA-Sim (arXiv 2511.10909): CDNA3 cuts towards minus infinity"},
        {"cdna3_down",
         "1 * 1 with addend -2^-30 (FP16)",
         f16,
         {{0}, {0x3C00}, {0x3C00}, 0xB0800000},
         {{"mi300", 0x3F7FFFFF}},
         "Xie et al., MMA-Sim (arXiv 2511.10909): CDNA3 cuts towards minus infinity"}};
}

void add_bits(findings& all) {
    for (const bit_claim& claim : bit_claims()) {
        finding f{std::string("bits.") + claim.id, claim.what, "", claim.source, "", "", this_row};
        bool equal = true;
        for (const auto& [unit, stated] : claim.stated) {
            const std::uint32_t ours = result_on(unit, claim.format, claim.x);
            const char* comma = f.here.empty() ? "" : ", ";
            f.stated += fmt::format("{}{} {:08X}", comma, unit, stated);
            f.here += fmt::format("{}{} {:08X}", comma, unit, ours);
            equal = equal && ours == stated;
        }
        f.agrees = equal ? "yes, bit for bit" : "no";
        all.push_back(std::move(f));
    }
    all.push_back({"published_outputs", "dot products measured on GPUs, 48 combinations of chip, format and output", "",
                   "Khattak and Mikaitis (arXiv 2512.07004), data of MATLAB-tensor-core", "",
                   "NOT RUN: the data are not part of this project", "narrowfp verify FOLDER"});
}

// -- formats and formulas ---------------------------------------------------------------------------------------------

template <class Value>
std::string range_of() {
    const auto largest = static_cast<double>(static_cast<float>(std::numeric_limits<Value>::max()));
    const auto smallest = static_cast<double>(static_cast<float>(std::numeric_limits<Value>::denorm_min()));
    return fmt::format("{}, 2^{}, {}", largest, std::ilogb(smallest), std::ilogb(largest) - std::ilogb(smallest) + 1);
}

void add_formats(findings& all) {
    const auto add = [&](const char* id, const char* name, const std::string& stated, const char* source,
                         const std::string& ours) {
        all.push_back({std::string("format.") + id, std::string(name) + ": largest, smallest, binades", stated, source,
                       ours, yes_if(stated == ours), std::string("narrowfp show ") + id});
    };
    add("e4m3fn", "E4M3", "448, 2^-9, 18", formats_paper, range_of<float8_e4m3fn>());
    add("e5m2", "E5M2", "57344, 2^-16, 32", formats_paper, range_of<float8_e5m2>());
    add("hif8", "HiFloat8", "32768, 2^-22, 38", hifloat_paper, range_of<hifloat8>());
    add("f16", "FP16", "65504, 2^-24, 40", "IEEE 754-2019, table 3.5", range_of<float16>());
}

void add_formulas(findings& all) {
    constexpr double tokens_per_day = 272.8e9, devices = 2048;
    const double hours = 24 * devices / (tokens_per_day / 1e12) / 1000;
    all.push_back(
        {"hours",
         "DeepSeek-V3, 24 h x 2048 devices over 272.8 billion tokens a day: thousand device-hours per 10^12 tokens",
         "180", std::string(deepseek_paper) + ", table 1; " + insights_paper + ", table 4",
         report::format_number(hours, 4), yes_if(std::fabs(hours / 180 - 1) <= 0.005), "narrowfp claim --only S1",
         evidence_kind::modelled});
    const subject v3;
    const double dispatch = cost::dispatch_bytes(v3.model, cost::eight_bit("fp8", recipes::deepseek_v3));
    const double wide = cost::dispatch_bytes(v3.model, cost::sixteen_bit());
    const double combine = cost::combine_bytes(v3.model);
    const double ratio = (wide + combine) / (dispatch + combine);
    // 4/3 counts codes alone: 2 + 2 bytes over 1 + 2. An FP32 scale for 128 codes goes with the 1.
    const double with_scales = 4 / (3 + 4.0 / 128);
    all.push_back({"dispatch", "dispatch and combine of a token in 16 bits over FP8 dispatch and 16-bit combine", "4/3",
                   std::string(insights_paper) + ": dispatch in FP8, combine in BF16", report::format_number(ratio, 4),
                   std::fabs(ratio - with_scales) < 1e-9 ? "yes, less the scales" : "no", "narrowfp claim --only V5",
                   evidence_kind::modelled});
    // FP8-LM's 8-bit gradients and weights on the wire against 32 bits.
    const double ideal = 100 * (1 - 8.0 / 32);
    all.push_back({"wire", "FP8-LM: traffic saved by 8 bits for 32", "63 to 65 %",
                   "Peng et al., FP8-LM: Training FP8 Large Language Models (arXiv 2310.18313), table 5",
                   report::format_number(ideal, 3) + " % before overhead", ideal > 65 ? "yes: an upper bound" : "no",
                   this_row, evidence_kind::modelled});
}

tint tint_of_agreement(const std::string& text) {
    return text.starts_with("no") ? tint::warning : text.starts_with("NOT RUN") ? tint::faint : tint::good;
}

}  // namespace

row_result run_f1(const row_context& how) {
    const options opts{.threads = how.threads};
    findings all;
    add_studies(all, how);
    if (how.on_progress) {
        how.on_progress(0.7, "F1");
    }
    add_quantization(all, opts);
    add_wide_paths(all, opts);
    add_bits(all);
    add_formats(all);
    add_formulas(all);

    row_result out;
    out.word = verdict::value;
    out.kinds = "E, M, P";
    report::table t;
    t.title =
        "F1: what others publish (P) or a second emulation of ours gives, and what comes out here (E; M: by formula)";
    t.columns = {{"finding"}, {"stated"}, {"here"}, {"kind"}, {"agrees"}, {"source"}, {"alone: narrowfp ..."}};
    int agree = 0, differ = 0, absent = 0;
    for (finding& f : all) {
        if (f.agrees == "no") {
            f.tried = attempt_for(f.id);
        }
        (f.agrees.starts_with("NOT RUN") ? absent : f.agrees == "no" ? differ : agree) += 1;
        t.add_row({f.what,
                   f.stated.empty() ? "-" : f.stated,
                   f.here.empty() ? "-" : f.here,
                   f.kind == evidence_kind::modelled ? "M" : "E",
                   {f.agrees + (f.tried.empty() ? "" : "; " + f.tried), tint_of_agreement(f.agrees)},
                   f.source,
                   f.alone.substr(program.size())});
        report::record r = make_record("F1", f.id, f.what, f.kind, {}, "");
        if (f.here.empty()) {
            report::set_no_value(r, report::record_status::not_run, f.agrees);
        } else {
            r.value = f.here;
            r.note = "agrees: " + f.agrees + (f.tried.empty() ? "" : "; " + f.tried);
        }
        r.reference = f.stated.empty() ? f.source : f.stated + " (" + f.source + ")";
        r.repro = f.alone;
        out.records.push_back(std::move(r));
    }
    out.value = std::to_string(agree) + " of " + std::to_string(agree + differ) + " agree";
    out.range = std::to_string(differ) + " do not; " + std::to_string(absent) + " NOT RUN";
    out.reason = "decides nothing; shows how far the emulation meets what others found";
    t.notes = {
        "+-: standard error over " + std::to_string(how.full ? full_batches : quick_batches) +
            " batches. \"to 2 digits\": what another draw of the same distribution can be expected to meet.",
        "What they are about: rounding scales up in place of OCP's floor (arXiv 2506.08027); powers of two where a "
        "tensor is "
        "tiled again, and no 128x128 blocks for gradients (arXiv 2412.19437, 3.3.2 and B.2); sudden large activations "
        "under "
        "delayed scales (arXiv 2409.12517). Figures of the second emulation are ours, of one draw of the same distributions: no publication.",
        "Not here: one small product that tells V100, A100, MI250X, MI100 and H100 apart (arXiv 2403.00232), because "
        "its operands were not found."};
    out.tables.push_back(std::move(t));
    out.whole = absent == 0;
    return out;
}

}  // namespace narrowfp::bench::claim

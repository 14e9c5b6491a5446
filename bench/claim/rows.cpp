// SPDX-License-Identifier: Apache-2.0
// The table of all rows. `missing` says why a row is NOT RUN, or what its figures do not cover yet; `needs` says what would
// change that.
#include "claim/rows.hpp"
#include "claim/ratio_cases.hpp"

namespace narrowfp::bench::claim {

namespace {

// A row that leaves no values.
template <row_result (*Run)(const row_context&)>
row_result alone(const row_context& how, claim_values&) {
    return Run(how);
}

// The ratio model is fitted once, for V1 and V12a.
const ratio_model::result& ratios_of(const row_context& how, claim_values& v) {
    if (!v.ratios) {
        v.ratios = compute_ratios(how);
    }
    return *v.ratios;
}

row_result row_v1(const row_context& how, claim_values& v) {
    v.step = compute_v1(how);
    return with_ratios("V1", present_step_times(*v.step), ratios_of(how, v), false);
}
row_result row_v12a(const row_context& how, claim_values& v) {
    v.hypothetical_step = compute_v12a(how);
    return with_ratios("V12a", present_step_times(*v.hypothetical_step), ratios_of(how, v), true);
}
row_result row_v3(const row_context& how, claim_values& v) {
    v.kept = compute_kept_bytes(how);
    return present_kept_bytes(*v.kept);
}
row_result row_v4(const row_context& how, claim_values& v) {
    v.fit = compute_memory_fit(how);
    return present_memory_fit(*v.fit);
}
row_result row_v5(const row_context& how, claim_values& v) {
    v.sent = compute_sent_bytes(how);
    return present_sent_bytes(*v.sent);
}
row_result row_v6(const row_context& how, claim_values& v) {
    v.errors.emplace();
    return run_v6(how, *v.errors);
}
row_result row_v7(const row_context& how, claim_values& v) {
    v.training = compute_training_figures(how);
    return present_loss(v.training);
}
row_result row_v8(const row_context& how, claim_values& v) {
    v.training = compute_training_figures(how);
    return present_wide_formats(v.training);
}
row_result row_v11(const row_context& how, claim_values& v) {
    v.factors = compute_attribution(how);
    return present_attribution(*v.factors);
}
row_result row_v12b(const row_context& how, claim_values& v) {
    v.rates = compute_rate_ratios(how);
    return present_rate_ratios(*v.rates);
}
row_result row_v13(const row_context& how, claim_values& v) {
    v.hours = compute_device_hours(how);
    return present_device_hours(*v.hours);
}
row_result row_v14(const row_context& how, claim_values& v) {
    v.software = compute_software(how);
    return present_software(*v.software);
}
row_result row_v15(const row_context& how, claim_values& v) {
    v.training = compute_training_figures(how);
    return present_int8(how, v.training);
}
row_result row_v16(const row_context& how, claim_values& v) {
    v.recovered = compute_recovery(how);
    return present_recovery(*v.recovered);
}

std::vector<row_info> self_checks() {
    using enum section;
    return {
        {.id = "S1",
         .name = "identities",
         .where = self_check,
         .computes = "published figures of DeepSeek-V3 that follow from its shape and from each other",
         .kinds = "M, P",
         .decides = "parameters and dispatch to the digit, the others within 0.3 %",
         .questions = "",
         .run = alone<run_s1>},
        {.id = "S2",
         .name = "calibration-fit",
         .where = self_check,
         .computes =
             "error of the model on the data it is calibrated with: class shares of DeepSeek's profile, six phases of "
             "its step, its table of products",
         .kinds = "M, P",
         .decides = "at most 10 % each",
         .questions = "",
         .run = alone<run_s2>},
        {.id = "S3",
         .name = "hold-out-ratios",
         .where = self_check,
         .computes = "FP8 / BF16 ratios that took no part in calibration: FP8-LM table 5, Transformer Engine on H100 "
                     "(1.41, 1.41, "
                     "1.28), DeepSeek-V3 on GB300 (1.13)",
         .kinds = "M, P",
         .decides =
             "version 1: 3 of 4 inside the range of scenarios, that range narrower than 0.4; decides nothing now",
         .questions = "",
         .run = alone<run_s3>},
        {.id = "S4",
         .name = "coverage",
         .where = self_check,
         .computes = "Pangu Ultra MoE on Ascend: MFU 30 and 41 %, sequences of 4K and 8K, every bin of the 910B",
         .kinds = "M, P",
         .decides = "the published rate lies inside the range",
         .questions = "",
         .run = alone<run_s4>}};
}

std::vector<row_info> verdict_rows() {
    using enum section;
    return {
        {.id = "V1",
         .name = "step-time",
         .where = row,
         .computes =
             "rate in FP8 over rate in 16 bits on H100, H800 and H20: the ratio model's interval first, the range of the analytic step-time model second",
         .kinds = "M, P",
         .decides = "Q1: SUPPORTED if P(R > 1.10) is at least 0.90 with and without the vendor's own pages",
         .questions = "Q1",
         .run = row_v1},
        {.id = "V2",
         .name = "gemm-speed",
         .where = row,
         .computes = "speed-up of FP8 products with casts by shape; break-even size",
         .kinds = "M, C",
         .decides = "nothing alone; second witness of Q1: most of the model's work above 1",
         .questions = "Q1",
         .run = alone<run_v2>,
         .missing = "a timed cast on this machine",
         .needs = "narrowfp study casts; then narrowfp claim --results its timings.json"},
        {.id = "V3",
         .name = "bytes",
         .where = row,
         .computes = "bytes of weights, gradients, optimizer and activations, by recipe",
         .kinds = "E, C",
         .decides = "context of Q2",
         .questions = "Q2 Q5",
         .run = row_v3,
         .missing = "bytes allocated by a training run",
         .needs = "the training experiment"},
        {.id = "V4",
         .name = "fit",
         .where = row,
         .computes = "extra step time of the cheapest 16-bit schedule that fits, per chip",
         .kinds = "M",
         .decides = "no word: shares of scenarios above 3, 10 and 25 %",
         .questions = "Q2",
         .run = row_v4},
        {.id = "V5",
         .name = "links",
         .where = row,
         .computes = "bytes of dispatch, combine and gradients; exposed time on links",
         .kinds = "E, M, C",
         .decides = "context of Q2",
         .questions = "Q2 Q5",
         .run = row_v5,
         .missing = "times on an emulated link",
         .needs = "narrowfp comm --output F; then narrowfp claim --results F/results.json --results F/timings.json"},
        {.id = "V6",
         .name = "gemm-error",
         .where = row,
         .computes = "quantisation, accumulation and bias of one product",
         .kinds = "E",
         .decides = "flags: quantisation above 1.25 x 16 of BF16's, accumulation above quantisation, bias above 3 "
                    "standard errors and 0.1 %",
         .questions = "Q4",
         .run = row_v6,
         .missing = "real operands of a training run",
         .needs = "narrowfp train --dump-operands F; then narrowfp claim --operands F/FILE for each file there"},
        {.id = "V7",
         .name = "loss",
         .where = row,
         .computes = "loss gap of deepseek_v3 to BF16, 192 to 480 seeds, group-sequential looks",
         .kinds = "R",
         .decides =
             "equivalent if the repeated interval lies within 0.25 %, not equivalent if wholly outside, else OPEN",
         .questions = "Q4",
         .run = row_v7,
         .missing = "no recorded runs, and no results file of the training experiment",
         .needs = "narrowfp train --full --output FOLDER, then narrowfp claim --results FOLDER/results.json",
         .rests_on_training = true},
        {.id = "V8",
         .name = "fp16-or-bf16",
         .where = row,
         .computes = "overflow and underflow of FP16 and BF16; loss-scale needs",
         .kinds = "R",
         .decides = "context: which 16-bit format (910A has no BF16)",
         .questions = "",
         .run = row_v8,
         .missing = "no recorded runs, and no results file of the training experiment",
         .needs = "narrowfp train --full --output FOLDER, then narrowfp claim --results FOLDER/results.json",
         .rests_on_training = true},
        {.id = "V9",
         .name = "failures",
         .where = row,
         .computes = "time lost to failures; the MTBF that costs as much as V1",
         .kinds = "M, C",
         .decides = "context: ranks unstable chips",
         .questions = "",
         .run = alone<run_v9>,
         .missing = "a run that is killed and resumed here",
         .needs = "narrowfp faults --output F; then narrowfp claim --results F/results.json --results F/timings.json"},
        {.id = "V10",
         .name = "bit-flips",
         .where = row,
         .computes = "damage of one flipped bit by format; detection by checksum",
         .kinds = "E",
         .decides = "context",
         .questions = "",
         .run = alone<run_v10>,
         .missing = "detection by checksum",
         .needs = "narrowfp faults --output F; then narrowfp claim --results F/results.json"},
        {.id = "V11",
         .name = "attribution",
         .where = row,
         .computes = "achieved rate from Ascend to H20: peak, format, efficiency, links, in every order",
         .kinds = "M, P",
         .decides = "no word: share of cases in which the format is the largest factor",
         .questions = "Q3",
         .run = row_v11},
        {.id = "V12a",
         .name = "fp8-for-ascend",
         .where = row,
         .computes = "V1's ratio for 910B and 910C, as if they had FP8 units at twice the 16-bit peak",
         .kinds = "M, P",
         .decides = "Q1, hypothetical, at most LEANS",
         .questions = "Q1",
         .run = row_v12a},
        {.id = "V12b",
         .name = "h20-over-ascend",
         .where = row,
         .computes = "rate per device, H20 with FP8 over Ascend in 16 bits and in INT8",
         .kinds = "M",
         .decides = "no word: share of pairs of scenarios in which H20 is faster",
         .questions = "",
         .run = row_v12b},
        {.id = "V13",
         .name = "device-hours",
         .where = row,
         .computes = "device-hours, and device-hours x TDP as a proxy of energy",
         .kinds = "M",
         .decides = "context: V1 in other units",
         .questions = "",
         .run = row_v13},
        {.id = "V14",
         .name = "software",
         .where = row,
         .computes = "effect of MFU 19, 30 and 41 % on one chip, beside V1",
         .kinds = "P, C",
         .decides = "context: ranks immature software",
         .questions = "",
         .run = row_v14,
         .missing = "what tuning is worth on this machine",
         .needs = "a kernel suite"},
        {.id = "V15",
         .name = "int8-instead",
         .where = row,
         .computes = "INT8 and MXINT8 against E4M3: error, gradients, loss, speed",
         .kinds = "E, C, M",
         .decides =
             "SUPPORTED if the loss gap is equivalent and gradients lose at most 1 dB; NOT SUPPORTED if not equivalent or more than 6 dB",
         .questions = "Q5",
         .run = row_v15,
         .missing = "loss and gradients of the training experiment; a timed INT8 product",
         .needs = "narrowfp train --full --output FOLDER, then narrowfp claim --results FOLDER/results.json",
         .rests_on_training = true},
        {.id = "V16",
         .name = "recoverable",
         .where = row,
         .computes =
             "share of V3, V4, V5 and of memory-bound time that 8-bit storage recovers with 16-bit multiplication",
         .kinds = "C, M",
         .decides = "figure of Q5",
         .questions = "Q5",
         .run = row_v16,
         .missing = "the measured part on this machine",
         .needs = "bench_gemv --results FILE; then narrowfp claim --results FILE"},
        {.id = "F1",
         .name = "published-findings",
         .where = row,
         .computes = "what others state on formats, scales and matrix units, and an emulation can redo",
         .kinds = "E, M, P",
         .decides = "nothing; context of every emulated row",
         .questions = "",
         .run = alone<run_f1>,
         .missing = "outputs measured on GPUs",
         .needs = "narrowfp verify FOLDER, on a copy of MATLAB-tensor-core's model_validation"}};
}

}  // namespace

std::vector<row_info> all_rows() {
    std::vector<row_info> rows = self_checks();
    for (const row_info& row : verdict_rows()) {
        rows.push_back(row);
    }
    return rows;
}

}  // namespace narrowfp::bench::claim

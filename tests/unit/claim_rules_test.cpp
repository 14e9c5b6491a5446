// SPDX-License-Identifier: Apache-2.0
// Each row's rule at its threshold, and the claim's inputs: chips, models, results files, good and bad.
#include "claim/row_records.hpp"
#include "claim/rows.hpp"
#include "claim/training_figures.hpp"

#include "support/files.hpp"

#include <narrowfp/device/chips.hpp>
#include <narrowfp/report/json.hpp>
#include <narrowfp/report/write_file.hpp>

#include <doctest/doctest.h>

using namespace narrowfp;
using namespace narrowfp::bench::claim;

namespace {

// The message of what a call throws; empty if nothing.
template <class Call>
std::string message_of(const Call& call) {
    try {
        call();
    } catch (const std::exception& error) {
        return error.what();
    }
    return "";
}

bool has(const std::string& text, std::string_view part) { return text.find(part) != std::string::npos; }

constexpr const char* good_model = R"({"name": "small", "source": "test",
  "model": {"vocabulary": 1000, "hidden": 512, "layers": 4, "heads": 8, "attention": "grouped", "key_value_heads": 2,
            "key_plain": 64, "value_width": 64, "experts": 0, "dense_ffn": 1536},
  "layout": {"devices": 4, "stages": 2, "layers_per_stage": 2, "micro_batch_tokens": 1024, "sequence": 1024,
             "micro_batches": 8, "schedule": "1f1b"}})";

std::string changed(std::string text, std::string_view from, std::string_view to) {
    const std::size_t at = text.find(from);
    REQUIRE(at != std::string::npos);
    return text.replace(at, from.size(), to);
}

}  // namespace

TEST_CASE("rules: S3 needs three of four, and narrow ranges") {
    CHECK(hold_out_verdict(4, 0.399) == verdict::pass);
    CHECK(hold_out_verdict(3, 0.399) == verdict::pass);
    CHECK(hold_out_verdict(2, 0.1) == verdict::fail);
    CHECK(hold_out_verdict(4, 0.4) == verdict::fail);
}

TEST_CASE("rules: V7's equivalence and V15") {
    using enum bench::equivalence;
    using bench::equivalence_of;
    CHECK(equivalence_of({-0.24, 0.24}) == equivalent);
    CHECK(equivalence_of({-0.1, 0.25}) == inconclusive);
    CHECK(equivalence_of({0.1, 0.3}) == inconclusive);
    CHECK(equivalence_of({0.25, 0.3}) == inconclusive);  // touches the margin
    CHECK(equivalence_of({0.251, 0.3}) == not_equivalent);
    CHECK(equivalence_of({-0.4, -0.251}) == not_equivalent);
    CHECK(int8_verdict(equivalent, 1) == verdict::supported);
    CHECK(int8_verdict(equivalent, -3) == verdict::supported);
    CHECK(int8_verdict(equivalent, 1.1) == verdict::open);
    CHECK(int8_verdict(equivalent, 6) == verdict::open);
    CHECK(int8_verdict(equivalent, 6.1) == verdict::not_supported);
    CHECK(int8_verdict(inconclusive, 0) == verdict::open);
    CHECK(int8_verdict(not_equivalent, 0) == verdict::not_supported);
}

TEST_CASE("chips: what-if figures") {
    chip_set chips;
    CHECK(chips.changes().empty());
    chips.set("h20.bf16=200");
    CHECK(device::require_datum(chips.by_name("h20"), device::quantity::bf16).value == 200);
    CHECK(device::data_of(chips.by_name("910c"), device::quantity::bf16).size() == 3);
    chips.set("910c.bf16=700.5");
    CHECK(device::data_of(chips.by_name("910c"), device::quantity::bf16).size() == 1);
    CHECK(chips.changes().size() == 2);
    CHECK(device::require_datum(device::chip_by_name("h20"), device::quantity::bf16).value == 148);
    // A chip is given FP8 units.
    chips.set("910b3.fp8=600");
    CHECK(device::require_datum(chips.by_name("910b3"), device::quantity::fp8).value == 600);
    // Memory, bandwidth and links of a chip that is modelled must be above 0; INT8 is taken as it is set.
    chip_set none;
    none.set("h20.bandwidth=0");
    CHECK(has(message_of([&] { variants_of(none.by_name("h20")); }), "chip h20: memory bandwidth"));
    none.set("910b3.int8=900");
    none.set("910b3.bf16=300");
    CHECK(variants_of(none.by_name("910b3")).at(0).int8_peak == 900e12);
    CHECK(variants_of(device::chip_by_name("910b3")).at(0).int8_peak ==
          2 * variants_of(device::chip_by_name("910b3")).at(0).base.wide_peak);
    CHECK(variants_of(device::chip_by_name("910c")).size() == 6);  // three BF16 figures, two of INT8
    for (const char* bad :
         {"h20", "h20.bf16", "h20=3", "bf16=3", "", "=.", "h20.bf16=", "h20.bf16=x", "h20.bf16=-1", "h20.bf16=nan",
          "h20.bf16=inf", "h20.bf16=1e999", "h20.bf16=1e-300", "h20.bf16=1e10", "h20.bf16=3 ", "h20.bf16=0x10"}) {
        CAPTURE(bad);
        CHECK_THROWS_AS(chips.set(bad), std::invalid_argument);
    }
    CHECK(has(message_of([&] { chips.set("h21.bf16=3"); }), "unknown chip 'h21'; near: h20"));
    CHECK(has(message_of([&] { chips.set("h20.bf17=3"); }), "unknown quantity 'bf17'; near: bf16"));
}

TEST_CASE("chips: from a file") {
    const narrowfp_test::temporary_folder folder;
    const auto file = folder.path() / "chips.json";
    const std::string good = R"({"chips": [{"name": "mine", "full_name": "My chip", "vendor": "me", "formats": "BF16",
        "figures": [{"quantity": "bf16", "value": 100, "source": "a guess"},
                    {"quantity": "fp8", "value": 0, "source": "a guess", "kind": "press", "certainty": "disputed"}]}]})";
    report::write_file(file, good);
    chip_set chips;
    chips.read(file);
    CHECK(device::require_datum(chips.by_name("mine"), device::quantity::bf16).value == 100);
    CHECK(chips.all().size() == device::all_chips.size() + 1);
    CHECK(device::find_datum(chips.by_name("mine"), device::quantity::fp8)->from == device::origin::press);
    const auto error_of = [&](const std::string& text) {
        report::write_file(file, text);
        chip_set other;
        const std::string message = message_of([&] { other.read(file); });
        CHECK(other.all().size() == device::all_chips.size());
        CHECK(has(message, "chips.json"));
        return message;
    };
    CHECK(has(error_of("{"), "not JSON"));
    CHECK(has(error_of("[]"), "expected an object"));
    CHECK(has(error_of("{}"), "missing key \"chips\""));
    CHECK(has(error_of(R"({"chips": []})"), "not empty"));
    CHECK(has(error_of(changed(good, "\"value\": 100", "\"value\": -1")), "chips[0].figures[0]: \"value\" must be"));
    CHECK(has(error_of(changed(good, "\"value\": 100", "\"value\": \"100\"")), "\"value\" must be a number"));
    CHECK(has(error_of(changed(good, "\"source\": \"a guess\"", "\"note\": \"x\"")), "missing key \"source\""));
    CHECK(has(error_of(changed(good, "\"bf16\"", "\"bf61\"")), "unknown quantity 'bf61'"));
    CHECK(has(error_of(changed(good, "\"press\"", "\"hearsay\"")), "known: published, press, computed"));
    CHECK(has(error_of(changed(good, "\"vendor\"", "\"seller\"")), "unknown key \"seller\""));
    CHECK(has(error_of(changed(good, "\"mine\"", "\"My Chip\"")), "lower-case"));
    CHECK(
        has(error_of(changed(good, "\"vendor\": \"me\"", "\"vendor\": \"me\", \"vendor\": \"you\"")), "stands twice"));
    CHECK(has(message_of([&] { chip_set().read(folder.path() / "none.json"); }), "none.json"));
}

TEST_CASE("models: from a file") {
    const narrowfp_test::temporary_folder folder;
    const auto file = folder.path() / "model.json";
    report::write_file(file, good_model);
    subject what;
    read_subject(file, what);
    CHECK(what.name == "small");
    CHECK(what.model.hidden == 512);
    CHECK(what.model.dense_layers == 4);
    CHECK(what.model.ffn_matrices == 3);
    CHECK_FALSE(what.is_deepseek_v3);
    CHECK(cost::attention_parameters(what.model) == 512 * (8 * 64 + 2 * 128) + 512 * 512);
    const auto error_of = [&](std::string_view from, std::string_view to) {
        report::write_file(file, changed(good_model, from, to));
        subject other;
        const std::string message = message_of([&] { read_subject(file, other); });
        CHECK(other.is_deepseek_v3);
        CHECK(has(message, "model.json"));
        return message;
    };
    CHECK(has(error_of("\"hidden\": 512, ", ""), "model: missing key \"hidden\" (an integer from 1 on)"));
    CHECK(has(error_of("\"hidden\": 512", "\"hidden\": -512"), "\"hidden\" must be an integer from 1 on"));
    CHECK(has(error_of("\"hidden\": 512", "\"hidden\": 512.5"), "it is 512.5"));
    CHECK(has(error_of("\"hidden\": 512", "\"hidden\": \"512\""), "\"hidden\" must be"));
    CHECK(has(error_of("\"hidden\": 512", "\"hidden\": 99999999999"), "at most 10^9"));
    CHECK(has(error_of("\"hidden\"", "\"width\""), "unknown key \"width\""));
    CHECK(has(error_of("grouped", "sparse"), "known: latent, grouped"));
    CHECK(has(error_of("\"key_value_heads\": 2", "\"key_value_heads\": 3"), "must divide"));
    CHECK(has(error_of("\"stages\": 2", "\"stages\": 1"), "at least the model's layers, 4"));
    CHECK(has(error_of("\"devices\": 4", "\"devices\": 3"), "multiple of stages"));
    CHECK(has(error_of("1f1b", "gpipe"), "known: dualpipe, zb1p, 1f1b"));
    CHECK(has(
        error_of("\"micro_batches\": 8, \"schedule\": \"1f1b\"", "\"micro_batches\": 3, \"schedule\": \"dualpipe\""),
        "dualpipe needs"));
    CHECK(has(error_of("\"dense_ffn\": 1536", "\"dense_ffn\": 999999999999"), "at most 10^9"));
    CHECK(has(error_of("\"hidden\": 512", "\"hidden\": 1000000000"), "more than 10^16 parameters"));
    CHECK(has(error_of("\"experts\": 0", "\"experts\": 8"), "missing key \"expert_ffn\""));
}

TEST_CASE("models: the modelled rows run on a dense model") {
    const narrowfp_test::temporary_folder folder;
    report::write_file(folder.path() / "model.json", good_model);
    subject what;
    read_subject(folder.path() / "model.json", what);
    claim_options options;
    options.what = &what;
    options.only = {"V1", "V2", "V4", "V9", "V11", "V12a", "V12b", "V13", "V16"};
    const claim_outcome outcome = run_claim(options);
    CHECK(outcome.rows.size() == options.only.size());
    for (const row_outcome& row : outcome.rows) {
        CAPTURE(row.info.id);
        CHECK_NOTHROW(report::check(report::document{{}, row.result.records}));
        CHECK_FALSE(row.result.tables.empty());
    }
    // The ratio model is asked about this model.
    REQUIRE(outcome.values.ratios);
    CHECK(outcome.values.ratios->cases.front().kind.sizes.hidden == 512);
    CHECK_FALSE(outcome.values.ratios->cases.front().kind.moe);
}

TEST_CASE("results: V7 and V15 from a file") {
    const narrowfp_test::temporary_folder folder;
    const auto record_of = [&](const std::string& id, report::record_value value, double low, double high,
                               std::int64_t n) {
        report::record r;
        r.id = id;
        r.name = id;
        r.value = std::move(value);
        if (std::holds_alternative<double>(r.value)) {
            r.unit = "%";
            r.low = low;
            r.high = high;
            report::add_field(r.parameters, "low_95", low);
            report::add_field(r.parameters, "high_95", high);
        }
        r.n = n;
        return r;
    };
    // A verdict as the experiment recorded it, or none, and what V7 and V15 say of it.
    const auto outcome_of = [&](const std::string& word) {
        report::document doc;
        for (const std::string arm : {"deepseek_v3", "int8_tile"}) {
            doc.records.push_back(record_of("train.gap." + arm, 0.2, 0.1, 0.3, 192));
            if (!word.empty()) {
                doc.records.push_back(record_of("train.verdict." + arm, word, 0, 0, 192));
                doc.records.push_back(record_of("train.look." + arm + ".192", 0.2, 0.14, 0.26, 192));
            }
        }
        doc.records.push_back(record_of("train.gradient_snr.deepseek_v3", 20.0, 19, 21, 1));
        doc.records.push_back(record_of("train.gradient_snr.int8_tile", 19.5, 19, 21, 1));
        report::write_results(folder.path() / "results.json", doc);
        results_set results;
        results.read(folder.path() / "results.json");
        row_context how;
        how.results = &results;
        const training_figures f = compute_training_figures(how);
        REQUIRE(f.fp8);
        CHECK(f.fp8->gap.mean == 0.2);
        CHECK(f.fp8->gap.interval_95->high == 0.3);
        if (!word.empty()) {
            CHECK(f.fp8->decided_at == 192);
            CHECK(f.fp8->repeated->low == 0.14);
        }
        return std::pair{present_loss(f).word, present_int8(how, f).word};
    };
    CHECK(outcome_of("equivalent") == std::pair{verdict::supported, verdict::supported});
    CHECK(outcome_of("not equivalent") == std::pair{verdict::not_supported, verdict::not_supported});
    CHECK(outcome_of("inconclusive") == std::pair{verdict::open, verdict::open});
    CHECK(outcome_of("") == std::pair{verdict::not_run, verdict::not_run});
    CHECK(has(message_of([&] { outcome_of("perhaps"); }), "must have a verdict"));
    CHECK(present_loss({}).word == verdict::not_run);
    report::write_file(folder.path() / "other.json", R"({"schema": "other/2", "context": {}, "records": []})");
    results_set results;
    const std::string message = message_of([&] { results.read(folder.path() / "other.json"); });
    CHECK(has(message, "other.json"));
    CHECK(has(message, "narrowfp-results/1"));
    CHECK(results.files().empty());
}

TEST_CASE("the roofline needs peaks and the rate of memory, and stands under both") {
    const auto rate = [](std::string impl, std::string a, std::int64_t m, std::int64_t n, double per_second) {
        report::record r;
        r.id = "gemm/impl:" + impl + "/a:" + a + "/m:" + std::to_string(m) + "/n:" + std::to_string(n) + "/macs_per_s";
        r.name = r.id;
        r.kind = report::evidence_kind::measured;
        r.value = per_second;
        r.unit = "MAC/s";
        report::add_field(r.parameters, "impl", impl);
        report::add_field(r.parameters, "a", a);
        report::add_field(r.parameters, "b", a);
        report::add_field(r.parameters, "recipe", std::string("none"));
        report::add_field(r.parameters, "acc", std::string("sequential"));
        report::add_field(r.parameters, "m", m);
        report::add_field(r.parameters, "n", n);
        report::add_field(r.parameters, "k", n);
        report::add_field(r.parameters, "threads", std::int64_t{2});
        return r;
    };
    const narrowfp_test::temporary_folder folder;
    const auto figures_of_rows = [&](std::vector<report::record> rows) {
        report::document doc;
        doc.records = std::move(rows);
        report::write_timings(folder / "timings.json", doc);
        results_set results;
        results.read(folder / "timings.json");
        return roofline_figures(results);
    };
    const report::record peak = rate("peak", "f32", 256, 256, 100e9);
    const report::record product = rate("narrowfp", "f32", 1024, 1024, 90e9);
    CHECK(figures_of_rows({peak, product}).empty());
    const figures drawn = figures_of_rows({peak, product, rate("read", "f32", 1, 8192, 10e9)});
    REQUIRE(drawn.size() == 1);
    CHECK_NOTHROW(report::check(drawn[0]));
    REQUIRE(drawn[0].series.size() == 2);
    for (const report::figure_point& p : drawn[0].series[0].points) {
        CHECK(p.y == std::min(100.0, 40 * p.x));  // 10^10 floats a second are 40 GB/s
    }
    REQUIRE(drawn[0].series[1].points.size() == 1);
    CHECK(drawn[0].series[1].points[0].x == 1024.0 / 12);
    CHECK(drawn[0].series[1].points[0].y == 90);
}

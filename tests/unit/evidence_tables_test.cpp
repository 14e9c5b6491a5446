// SPDX-License-Identifier: Apache-2.0
// Published products, loss gaps, memory and runs in 16 bits: what their cells mean, and that each rule finds a row that
// breaks it.
#include <doctest/doctest.h>

#include "evidence/check.hpp"
#include "support/files.hpp"

#include <cmath>
#include <functional>
#include <string>
#include <vector>

namespace {

using namespace narrowfp::bench::evidence;
using narrowfp_test::contains;
using narrowfp_test::error_of;

template <class Row>
std::string one_fault(const std::vector<Row>& rows,
                      std::vector<fault> (*check)(const std::vector<Row>&, std::string_view)) {
    const auto faults = check(rows, "x.csv");
    REQUIRE(faults.size() <= 1);
    return faults.empty() ? "" : text_of(faults.front());
}

}  // namespace

TEST_CASE("products: times, ranges, rules") {
    const std::string columns = "id,source,chip,shape,bf16_TFLOPs,fp8_TFLOPs,ratio,note\n";
    const auto parsed = [&](const std::string& row) { return parse_gemm_pairs(columns + row, "x.csv"); };
    const auto checked = [&](const std::string& row) { return one_fault(parsed(row), check_gemm_pairs); };
    CHECK(parsed("1,\"S, ms\",H100,s,20,10,2,\n").at(0).measure == measured_as::time);
    CHECK(parsed("1,S,H100,s,15.6,,,ms; cut off\n").at(0).measure == measured_as::time);
    CHECK(parsed("1,terms,H100,s,10,20,2,\n").at(0).measure == measured_as::rate);
    const gemm_pair range = parsed("1,S,B200,s,,,1.19-1.6,\n").at(0);
    CHECK(range.ratio == 1.19);
    CHECK(range.ratio_high == 1.6);
    CHECK(contains(error_of([&] { parsed("1,S,B200,s,,,1.6-1.2,\n"); }),
                   "x.csv:2: column 'ratio': found '1.6-1.2', expected the lower"));
    CHECK(contains(error_of([&] { parsed("1,S,B200,s,,,1.6-x,\n"); }), "found '1.6-x', expected a number, or two"));
    CHECK(checked("1,S,H100,s,10,20,2,\n") == "");
    CHECK(checked("1,\"S, us\",H100,s,20,10,2,\n") == "");
    CHECK(contains(checked("1,S,H100,s,20,10,2,\n"), "it is the inverse: the figures are rates; times need ', ms'"));
    CHECK(contains(checked("1,\"S, ms\",H100,s,10,20,2,\n"), "source or note say that the figures are times"));
    CHECK(contains(checked("1,,H100,s,10,20,2,\n"), "column 'source'"));
    CHECK(contains(checked("1,S,H100,s,-10,,2,\n"), "column 'bf16_TFLOPs'"));
    CHECK(contains(checked("1,S,H100,s,,-10,2,\n"), "column 'fp8_TFLOPs'"));
    CHECK(contains(checked("1,S,H100,s,,,7,\n"), "column 'ratio': found 7"));
    CHECK(contains(checked("1,S,H100,s,,,1.2-7,\n"), "column 'ratio': found 7"));
    CHECK(contains(checked("1,S,H100,s,,,,\n"), "column 'ratio': found nothing, expected a figure, or a note"));
}

TEST_CASE("loss gaps: rules") {
    loss_gap good;
    good.id = 1;
    good.source = "S";
    good.place = "table 1";
    good.model = "M";
    good.wide = 2.0;
    good.fp8 = 2.01;
    good.gap_percent = 0.5;
    good.gap = gap_kind::value;
    const auto checked = [&good](const std::function<void(loss_gap&)>& change) {
        loss_gap g = good;
        change(g);
        return one_fault<loss_gap>({g}, check_loss_gaps);
    };
    CHECK(checked([](loss_gap&) {}) == "");
    CHECK(checked([](loss_gap& g) {
              g.what = gap_measure::perplexity;
              g.gap_percent = 100 * std::log(2.01 / 2.0) / std::log(2.0);
          }) == "");
    CHECK(checked([](loss_gap& g) {
              g.gap = gap_kind::upper_bound;
              g.gap_percent = 0.6;
          }) == "");
    CHECK(checked([](loss_gap& g) {
              g.gap = gap_kind::lower_bound;
              g.gap_percent = 0.4;
          }) == "");
    CHECK(checked([](loss_gap& g) {
              g.wide = g.fp8 = g.gap_percent = std::nullopt;
              g.gap.reset();
          }) == "");
    CHECK(contains(checked([](loss_gap& g) { g.gap_percent = 0.51; }),
                   "column 'gap_percent': found 0.51, expected 0.5,"));
    CHECK(contains(checked([](loss_gap& g) { g.gap_percent = -0.5; }), "column 'gap_percent': found -0.5"));
    CHECK(contains(checked([](loss_gap& g) {
                       g.gap = gap_kind::upper_bound;
                       g.gap_percent = 0.4;
                   }),
                   "column 'gap_percent'"));
    CHECK(contains(checked([](loss_gap& g) {
                       g.gap = gap_kind::lower_bound;
                       g.gap_percent = 0.6;
                   }),
                   "column 'gap_percent'"));
    CHECK(contains(checked([](loss_gap& g) { g.gap.reset(); }),
                   "column 'gap_kind': found nothing, expected what the gap is"));
    CHECK(contains(checked([](loss_gap& g) { g.gap_percent.reset(); }),
                   "column 'gap_percent': found nothing, expected a number"));
    CHECK(contains(checked([](loss_gap& g) { g.what = gap_measure::divergence; }),
                   "column 'gap_kind': found value, expected divergence"));
    CHECK(contains(checked([](loss_gap& g) {
                       g.gap = gap_kind::divergence;
                       g.gap_percent.reset();
                   }),
                   "expected divergence where"));
    CHECK(contains(checked([](loss_gap& g) { g.source = ""; }), "column 'source'"));
    CHECK(contains(checked([](loss_gap& g) { g.place = ""; }), "column 'place'"));
    CHECK(contains(checked([](loss_gap& g) { g.year = 24; }), "column 'year'"));
    CHECK(contains(checked([](loss_gap& g) { g.parameters = 7; }), "column 'parameters'"));
    CHECK(contains(checked([](loss_gap& g) { g.tokens = 1e20; }), "column 'tokens'"));
    CHECK(contains(checked([](loss_gap& g) { g.wide = -2; }), "column 'loss_16bit'"));
    CHECK(contains(checked([](loss_gap& g) { g.fp8 = 0; }), "column 'loss_fp8'"));
    CHECK(contains(checked([](loss_gap& g) { g.seeds_wide = 0; }), "column 'seeds_16bit'"));
    CHECK(contains(checked([](loss_gap& g) { g.seeds_fp8 = 0; }), "column 'seeds_fp8'"));
}

TEST_CASE("memory and runs: rules") {
    memory_pair good;
    good.id = 1;
    good.source = "S";
    good.model = "M";
    good.what = "peak";
    good.wide = 30;
    good.fp8 = 20;
    good.ratio = 1.5;
    const auto memory = [&good](const std::function<void(memory_pair&)>& change) {
        memory_pair p = good;
        change(p);
        return one_fault<memory_pair>({p}, check_memory_pairs);
    };
    CHECK(memory([](memory_pair&) {}) == "");
    CHECK(contains(memory([](memory_pair& p) { p.ratio = 0.6667; }),
                   "it is the inverse: the ratio is bytes in 16 bits over"));
    CHECK(contains(memory([](memory_pair& p) { p.ratio.reset(); }), "column 'ratio': found nothing"));
    CHECK(contains(memory([](memory_pair& p) { p.wide = -1; }), "column 'bytes_16bit_gb'"));
    CHECK(contains(memory([](memory_pair& p) { p.fp8 = 0; }), "column 'bytes_fp8_gb'"));
    CHECK(contains(memory([](memory_pair& p) { p.devices = 0; }), "column 'devices'"));
    CHECK(contains(memory([](memory_pair& p) { p.source = ""; }), "column 'source'"));

    wide_run run;
    run.id = 1;
    run.source = "S";
    run.model = "M";
    run.chip = "A100";
    run.parameters = 1e9;
    const auto runs = [&run](const std::function<void(wide_run&)>& change) {
        wide_run r = run;
        change(r);
        return one_fault<wide_run>({r}, check_wide_runs);
    };
    CHECK(runs([](wide_run&) {}) == "");
    CHECK(contains(runs([](wide_run& r) { r.active_parameters = 2e9; }), "column 'active_parameters': found 2e+09"));
    CHECK(contains(runs([](wide_run& r) { r.parameters = 7; }), "column 'parameters'"));
    CHECK(contains(runs([](wide_run& r) { r.tokens = 1; }), "column 'tokens'"));
    CHECK(contains(runs([](wide_run& r) { r.devices = 300000; }), "column 'devices'"));
    CHECK(contains(runs([](wide_run& r) { r.mfu_percent = 101; }), "column 'mfu_percent'"));
    CHECK(contains(runs([](wide_run& r) { r.format_stated = true; }), "column 'format'"));
    CHECK(contains(runs([](wide_run& r) { r.year = 1999; }), "column 'year'"));
    CHECK(contains(runs([](wide_run& r) { r.source = ""; }), "column 'source'"));
}

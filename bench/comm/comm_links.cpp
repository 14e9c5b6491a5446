// SPDX-License-Identifier: Apache-2.0
// Dispatch and combine on slow links. This machine multiplies some thousand times slower than a chip; a link that is slower
// by the same factor leaves the share of traffic in a layer's time as it is on the chip. The factor is measured (one FP8
// product here) and modelled (a layer's work on the chip, centre of the claim's scenarios); the traffic is real and its
// time is measured on the emulated link.
#include "comm/comm_suite.hpp"
#include "comm/paced_transport.hpp"
#include "step_model/step_scenarios.hpp"
#include "support/random_data.hpp"
#include "support/seconds_now.hpp"

#include <narrowfp/cost/training_flops.hpp>
#include <narrowfp/device/chips.hpp>
#include <narrowfp/gemm/gemm.hpp>
#include <narrowfp/quant/quantize.hpp>

#include <algorithm>
#include <chrono>
#include <cmath>
#include <thread>

namespace narrowfp::bench {

namespace {

using report::evidence_kind;

constexpr double allowed_rate_error = 0.05;  // of the emulated link, else nothing is reported

// FLOP/s of one product on one thread, the best of three.
double rate_here() {
    constexpr std::size_t m = 256;
    constexpr std::size_t n = 1024;
    constexpr std::size_t k = 1024;
    const options alone{.threads = 1, .count_events = false};
    const recipe& r = recipes::deepseek_v3;
    const quantized_matrix a = quantize(make_matrix(distribution::normal, m, k, 1, 0).view(), r.for_a(e4m3fn), alone);
    const packed_operand b(quantize(make_matrix(distribution::normal, k, n, 1, 1).view(), r.for_b(e4m3fn), alone),
                           alone);
    matrix<float> c(m, n);
    double best = HUGE_VAL;
    for (int pass = 0; pass < 3; ++pass) {
        const double start = seconds_now();
        gemm_into(a, b, promoted{}, c.view(), {}, f32, alone);
        best = std::min(best, seconds_now() - start);
    }
    return 2.0 * m * n * k / best;
}

// Seconds, of the slowest rank, in which every rank sends `bytes` to the next.
double ring_seconds(const comm_world& world, transport& net, std::size_t bytes) {
    const std::vector<std::uint8_t> out(bytes, 1);
    std::vector<std::uint8_t> in(bytes);
    net.barrier();
    const double start = seconds_now();
    net.exchange((net.rank() + 1) % net.size(), out, (net.rank() + net.size() - 1) % net.size(), in);
    return world.max_over_ranks(seconds_now() - start);
}

report::record timing(std::string what, std::string name, evidence_kind kind, double value, const char* unit, int ranks,
                      std::string method) {
    report::record r = comm_record("link." + std::move(what), std::move(name), kind, value, unit, ranks);
    r.method = std::move(method);
    return r;
}

struct case_choice {
    step_model::hardware_case hardware;
    std::string_view dispatch;
};

// The link of one chip, if it keeps its rate.
bool rate_is_right(const comm_world& world, double rate, const std::string& chip, comm_outcome& out) {
    paced_transport link(world.net, rate);
    const auto bytes = static_cast<std::size_t>(rate * 0.5);
    const double found = static_cast<double>(bytes) / ring_seconds(world, link, bytes);
    const double error = found / rate - 1;
    report::record r =
        timing(chip + ".rate_error", "emulated link of " + chip + ": measured rate over its rate, less 1",
               evidence_kind::measured, error, "1", world.net.size(), "half a second of traffic");
    out.timings.push_back(std::move(r));
    if (std::fabs(error) <= allowed_rate_error) {
        return true;
    }
    report::record refused = timing(chip + ".seconds", "dispatch and combine on the emulated link of " + chip,
                                    evidence_kind::measured, 0, "s", world.net.size(), "");
    report::set_no_value(refused, report::record_status::failed,
                         "the emulated link is off by more than 5 %: a busy machine; nothing is reported");
    out.timings.push_back(std::move(refused));
    return false;
}

void fit_hockney(const comm_world& world, double rate, comm_outcome& out) {
    paced_transport link(world.net, rate);
    std::vector<link_sample> samples;
    for (std::size_t bytes = 1 << 14; bytes <= std::size_t{1} << 20; bytes *= 2) {
        std::vector<double> seconds;
        for (int n = 0; n < 5; ++n) {
            seconds.push_back(ring_seconds(world, link, bytes));
        }
        std::sort(seconds.begin(), seconds.end());
        samples.push_back({static_cast<double>(bytes), seconds[2]});
    }
    const link_fit fit = fit_link(samples);
    const std::string method = "least squares over 16 KiB to 1 MiB, medians of 5; link emulated";
    const int ranks = world.net.size();
    out.timings.push_back(timing("fit.alpha", "alpha of t = alpha + bytes / beta", evidence_kind::measured, fit.alpha,
                                 "s", ranks, method));
    out.timings.push_back(timing("fit.beta", "beta of t = alpha + bytes / beta", evidence_kind::measured, fit.beta,
                                 "B/s", ranks, method));
    out.timings.push_back(
        timing("fit.rate", "rate of the link that was fitted", evidence_kind::measured, rate, "B/s", ranks, "as set"));
    out.timings.push_back(timing("fit.largest_error", "largest relative error of the fit", evidence_kind::measured,
                                 fit.largest_error, "1", ranks, method));
}

}  // namespace

void run_links(const comm_world& world, const comm_options& options, comm_outcome& out) {
    const int ranks = world.net.size();
    world.net.barrier();
    // Ranks share the processors, so each has its share of the products.
    const double processors = std::min(1.0, static_cast<double>(std::thread::hardware_concurrency()) / ranks);
    const double flops = processors * world.max_over_ranks(world.net.rank() == 0 ? rate_here() : 0);
    const step_model::subject what;
    const cost::model_shape& model = cost::deepseek_v3;
    const cost::training_layout& layout = cost::deepseek_v3_layout;
    const double flop_of_layer = cost::training_flops_per_token(model, layout.sequence, cost::attention_count::causal) /
                                 static_cast<double>(model.layers);
    const double here = flop_of_layer / flops;  // seconds of a token in a layer
    const auto token_layers = static_cast<double>(layout.layers_per_stage * layout.micro_batch_tokens);
    out.timings.push_back(timing("here", "products of FP8 codes on this machine, share of one rank",
                                 evidence_kind::measured, flops, "FLOP/s", ranks,
                                 "256 x 1024 x 1024 on one thread, best of 3, times processors over ranks"));
    bool fitted = false;
    for (const std::string chip : {"h800", "910b3", "910c"}) {
        const step_model::step_scenarios all(what, device::chip_by_name(chip), chip != "h800");
        const step_model::step_scenario& centre = all.all().front();
        const double scale = here / (all.stage_in(centre, step_model::hardware_case::wide).compute() / token_layers);
        const double chip_rate =
            all.machine_in(centre, step_model::hardware_case::wide).scale_out * centre.shares.links;
        const double rate = chip_rate / scale;
        if (!fitted) {
            fit_hockney(world, rate, out);
            fitted = true;
        }
        if (!rate_is_right(world, rate, chip, out)) {
            continue;
        }
        const std::string method = "link emulated: " + std::to_string(rate / 1e6) + " MB/s a rank, " +
                                   std::to_string(scale) + " times slower than " + std::to_string(chip_rate / 1e9) +
                                   " GB/s, as this machine's products are";
        for (const case_choice& c : {case_choice{step_model::hardware_case::fp8_units, "fp8"},
                                     {step_model::hardware_case::fp8_storage, "fp8"},
                                     {step_model::hardware_case::int8, "int8"},
                                     {step_model::hardware_case::wide, "bf16"}}) {
            if (c.hardware == step_model::hardware_case::fp8_units && chip != "h800") {
                continue;  // no such units
            }
            const cost::stage_seconds stage = all.stage_in(centre, c.hardware);
            paced_transport link(world.net, rate);
            world.net.barrier();
            const double start = seconds_now();
            for (int pass = 0; pass < 2; ++pass) {  // forward, and backward the same bytes again
                exchange_messages(link, wire_format_by_id(c.dispatch), wire_format_by_id("bf16"), options.exchange);
            }
            const double seconds = world.max_over_ranks(seconds_now() - start);
            const double work = stage.compute() / token_layers * scale * static_cast<double>(options.exchange.tokens);
            const std::string id = chip + "." + std::string(step_model::id_of(c.hardware));
            const std::string words = "dispatch and combine of a layer, forward and backward, " + chip + ", " +
                                      std::string(step_model::id_of(c.hardware)) + ", link emulated";
            out.timings.push_back(timing(id + ".seconds", words, evidence_kind::measured, seconds, "s", ranks, method));
            out.timings.push_back(timing(id + ".traffic_over_work", words + ": time over the layer's work",
                                         evidence_kind::measured, seconds / work, "1", ranks,
                                         method + "; work: the chip's by the model, as many times slower"));
            out.timings.push_back(timing(id + ".exposed_over_work", words + ": what overlap cannot hide, over the work",
                                         evidence_kind::measured, std::max(0.0, seconds / work - 1), "1", ranks,
                                         method));
            report::record model_ratio =
                timing(id + ".modelled_traffic_over_work", "the same by the model of the chip", evidence_kind::modelled,
                       stage.links() / stage.compute(), "1", ranks, "centre of the scenarios");
            out.results.push_back(std::move(model_ratio));
        }
    }
}

}  // namespace narrowfp::bench

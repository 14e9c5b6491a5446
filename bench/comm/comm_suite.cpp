// SPDX-License-Identifier: Apache-2.0
#include "comm/comm_suite.hpp"
#include "support/seconds_now.hpp"

#include "support/near_names.hpp"
#include "support/random_data.hpp"

#include <algorithm>
#include <chrono>
#include <cmath>
#include <stdexcept>

namespace narrowfp::bench {

namespace {

using report::evidence_kind;

constexpr std::uint32_t gradient_stream = 300;  // + rank
constexpr int repetitions = 5;

// Traffic and time of what happens between two points, over all ranks.
class span_of_traffic {
public:
    explicit span_of_traffic(const comm_world& world) : world_(world) {
        world_.net.barrier();
        interface_ = world_.interface_bytes();
        world_.net.barrier();  // no rank sends before all have read the counter
        sent_ = world_.sent();
        start_ = seconds_now();
    }
    struct totals {
        std::uint64_t own = 0;  // bytes of this rank
        double bytes = 0;       // of all ranks
        double messages = 0;
        double seconds = 0;  // of the slowest rank
        std::optional<double> interface;
    };
    totals end() {
        totals t;
        const double seconds = seconds_now() - start_;
        const sent_traffic now = world_.sent();
        world_.net.barrier();
        const auto interface_now = world_.interface_bytes();
        t.own = now.bytes - sent_.bytes;
        t.bytes = world_.sum_over_ranks(static_cast<double>(t.own));
        t.messages = world_.sum_over_ranks(static_cast<double>(now.messages - sent_.messages));
        t.seconds = world_.max_over_ranks(seconds);
        if (interface_ && interface_now) {
            t.interface = static_cast<double>(*interface_now - *interface_);
        }
        return t;
    }

private:
    const comm_world& world_;
    std::optional<std::uint64_t> interface_;
    sent_traffic sent_;
    double start_ = 0;
};

void add_interface(const comm_world& world, comm_outcome& out, const std::string& what, const std::string& name,
                   const span_of_traffic::totals& t) {
    if (t.interface && t.bytes > 0) {
        report::record r = comm_record(what + ".interface_over_payload", name + ", bytes on the interface over payload",
                                       evidence_kind::measured, *t.interface / t.bytes, "1", world.net.size());
        r.method = "counters of lo in /proc/net/dev; other programs' traffic on lo is in them";
        out.timings.push_back(std::move(r));
    }
}

void expect(comm_outcome& out, const std::string& what, double counted, double formula) {
    if (counted != formula) {
        out.failures.push_back(what + ": counted " + std::to_string(counted) + ", closed form " +
                               std::to_string(formula));
    }
}

void run_exchange(const comm_world& world, const comm_options& options, comm_outcome& out) {
    double fp8_bytes = 0;
    for (const std::string_view name : {"fp8", "int8", "fp16", "bf16"}) {
        const wire_format& dispatch = wire_format_by_id(name);
        const wire_format& combine = wire_format_by_id("bf16");
        const std::string id = "exchange." + std::string(name);
        const std::string words = "dispatch in " + std::string(dispatch.name) + ", combine in BF16";
        span_of_traffic all(world);
        sent_traffic begin = world.sent();
        sent_traffic between;
        const exchange_outcome result =
            exchange_with_experts(world.net, dispatch, combine, options.exchange, [&] { between = world.sent(); });
        const span_of_traffic::totals t = all.end();
        const double dispatched = world.sum_over_ranks(static_cast<double>(between.bytes - begin.bytes));
        const double copies = world.sum_over_ranks(static_cast<double>(result.remote_copies));
        const double error = world.max_over_ranks(exchange_error(result));
        expect(out, words + ": dispatched bytes of a copy", dispatched / copies,
               static_cast<double>(dispatch.bytes(options.exchange.hidden)));
        const auto add = [&](const char* what, const char* text, double value, const char* unit, const char* method) {
            report::record r = comm_record(id + "." + what, words + ": " + text, evidence_kind::emulated, value, unit,
                                           world.net.size());
            r.method = method;
            out.results.push_back(std::move(r));
        };
        add("dispatch_bytes", "payload of dispatch for each token and destination", dispatched / copies, "B",
            "counted beneath the algorithm");
        add("combine_bytes", "payload of combine for each token and destination", (t.bytes - dispatched) / copies, "B",
            "counted beneath the algorithm");
        add("copies", "tokens sent, times their destinations on other ranks", copies, "1", "counted");
        if (name == "fp8") {
            fp8_bytes = t.bytes;
        } else if (name == "bf16") {
            add("over_fp8", "payload of dispatch and combine over that with dispatch in FP8", t.bytes / fp8_bytes, "1",
                "counted beneath the algorithm");
        }
        add("error", "error of the way there and back, relative Frobenius, worst rank", error, "1",
            "against the tokens that were sent");
        report::record time = comm_record(id + ".seconds", words + ", time without a slow link",
                                          evidence_kind::measured, t.seconds, "s", world.net.size());
        time.method = "once, " + world.transport_name + " on one machine, encoding included: no network";
        out.timings.push_back(std::move(time));
        add_interface(world, out, id, words, t);
    }
}

// The sum of all ranks' numbers, in double.
std::vector<double> whole_sum(const comm_options& options, int ranks) {
    std::vector<double> sum(options.numbers);
    for (int rank = 0; rank < ranks; ++rank) {
        const matrix<float> x = make_matrix(distribution::normal, 1, options.numbers, options.exchange.seed,
                                            gradient_stream + static_cast<std::uint32_t>(rank));
        for (std::size_t n = 0; n < sum.size(); ++n) {
            sum[n] += x(0, n);
        }
    }
    return sum;
}

double error_against(std::span<const float> x, const std::vector<double>& exact) {
    double error = 0;
    double norm = 0;
    for (std::size_t n = 0; n < x.size(); ++n) {
        error += (x[n] - exact[n]) * (x[n] - exact[n]);
        norm += exact[n] * exact[n];
    }
    return std::sqrt(error / norm);
}

void run_reduce(const comm_world& world, const comm_options& options, comm_outcome& out) {
    const int ranks = world.net.size();
    const matrix<float> mine = make_matrix(distribution::normal, 1, options.numbers, options.exchange.seed,
                                           gradient_stream + static_cast<std::uint32_t>(world.net.rank()));
    const std::vector<double> exact = whole_sum(options, ranks);
    std::vector<float> x(options.numbers);
    for (const wire_format& format : wire_formats()) {
        const auto run = [&](std::string_view algorithm, const std::function<void()>& work, double formula) {
            std::copy_n(mine.data(), x.size(), x.begin());
            span_of_traffic all(world);
            work();
            const span_of_traffic::totals t = all.end();
            const std::string id = "reduce." + std::string(format.id) + "." + std::string(algorithm);
            const std::string words = "all-reduce in " + std::string(format.name) + ", " + std::string(algorithm);
            if (formula >= 0) {
                expect(out, words + ": bytes of rank " + std::to_string(world.net.rank()), static_cast<double>(t.own),
                       formula);
                report::record bytes =
                    comm_record(id + ".bytes_per_number", words + ", payload of all ranks for each number",
                                evidence_kind::emulated, t.bytes / static_cast<double>(options.numbers), "B", ranks);
                bytes.method = "counted beneath the algorithm";
                out.results.push_back(std::move(bytes));
            }
            const double worst = world.max_over_ranks(error_against(x, exact));
            report::record error = comm_record(id + ".error", words + ", relative Frobenius error",
                                               evidence_kind::emulated, worst, "1", ranks);
            error.method = "against the sum in double, standard normal numbers";
            error.n = static_cast<std::int64_t>(options.numbers);
            out.results.push_back(std::move(error));
            report::record time = comm_record(id + ".seconds", words + ", time without a slow link",
                                              evidence_kind::measured, t.seconds, "s", ranks);
            time.method = "once, " + world.transport_name + " on one machine, encoding included: no network";
            out.timings.push_back(std::move(time));
            add_interface(world, out, id, words, t);
        };
        for (const reduction_info& how : reductions) {
            if (is_defined(how.id, ranks)) {
                run(
                    how.name, [&] { all_reduce(world.net, format, how.id, x); },
                    static_cast<double>(all_reduce_bytes(format, how.id, options.numbers, ranks, world.net.rank())));
            }
        }
        if (world.library_all_reduce) {
            run(
                "library", [&] { world.library_all_reduce(format, x); }, -1);
        }
    }
}

void run_gather(const comm_world& world, const comm_options& options, comm_outcome& out) {
    const int ranks = world.net.size();
    const std::size_t part = options.numbers / 8;
    const matrix<float> mine = make_matrix(distribution::normal, 1, part, options.exchange.seed,
                                           gradient_stream + static_cast<std::uint32_t>(world.net.rank()));
    for (const wire_format& format : wire_formats()) {
        std::vector<float> all(part * static_cast<std::size_t>(ranks));
        span_of_traffic counted(world);
        all_gather(world.net, format, std::span(mine.data(), part), all);
        const span_of_traffic::totals t = counted.end();
        const std::string id = "gather." + std::string(format.id);
        const std::string words = "all-gather in " + std::string(format.name);
        expect(out, words + ": bytes of rank " + std::to_string(world.net.rank()), static_cast<double>(t.own),
               static_cast<double>(all_gather_bytes(format, part, ranks)));
        report::record bytes =
            comm_record(id + ".bytes_per_number", words + ", payload of all ranks for each number",
                        evidence_kind::emulated, t.bytes / static_cast<double>(all.size()), "B", ranks);
        bytes.method = "counted beneath the algorithm";
        out.results.push_back(std::move(bytes));
        report::record time = comm_record(id + ".seconds", words + ", time without a slow link",
                                          evidence_kind::measured, t.seconds, "s", ranks);
        time.method = "once, " + world.transport_name + " on one machine, encoding included: no network";
        out.timings.push_back(std::move(time));
    }
}

// What encoding and decoding cost, and below which bandwidth that is less than the time of the bytes that it saves against
// BF16. On rank 0 alone, the others wait.
void run_codec(const comm_world& world, const comm_options& options, comm_outcome& out) {
    world.net.barrier();
    if (world.net.rank() == 0) {
        const matrix<float> x =
            make_matrix(distribution::normal, 1, options.numbers, options.exchange.seed, gradient_stream);
        const std::span<const float> in(x.data(), options.numbers);
        std::vector<float> back(options.numbers);
        double bf16_seconds = 0;
        const double bf16_bytes = static_cast<double>(wire_format_by_id("bf16").bytes(options.numbers));
        for (const std::string_view id : {"bf16", "fp16", "fp8", "int8"}) {
            const wire_format& format = wire_format_by_id(id);
            std::vector<std::uint8_t> bytes(format.bytes(options.numbers));
            std::vector<double> seconds;
            for (int n = 0; n < repetitions; ++n) {
                const double start = seconds_now();
                format.encode(in, bytes);
                format.decode(bytes, back);
                seconds.push_back(seconds_now() - start);
            }
            std::sort(seconds.begin(), seconds.end());
            const double median = seconds[seconds.size() / 2];
            const std::string name = "encoding and decoding " + std::string(format.name);
            report::record r = comm_record("codec." + std::string(id) + ".seconds_per_number", name + ", a number",
                                           evidence_kind::measured, median / static_cast<double>(options.numbers), "s",
                                           world.net.size());
            r.low = seconds.front() / static_cast<double>(options.numbers);
            r.high = seconds.back() / static_cast<double>(options.numbers);
            r.n = repetitions;
            r.method = "median and range, one thread";
            out.timings.push_back(std::move(r));
            if (id == "bf16") {
                bf16_seconds = median;
            } else if (median > bf16_seconds && static_cast<double>(bytes.size()) < bf16_bytes) {
                report::record b = comm_record(
                    "codec." + std::string(id) + ".break_even", name + " pays below this bandwidth",
                    evidence_kind::measured, (bf16_bytes - static_cast<double>(bytes.size())) / (median - bf16_seconds),
                    "B/s", world.net.size());
                b.method = "bytes saved against BF16 over extra time of encoding and decoding";
                out.timings.push_back(std::move(b));
            }
        }
    }
    world.net.barrier();
}

}  // namespace

report::record comm_record(std::string what, std::string name, evidence_kind kind, report::record_value value,
                           std::string unit, int ranks) {
    report::record r;
    r.id = "comm." + std::move(what) + ".ranks_" + std::to_string(ranks);
    r.name = std::move(name);
    r.kind = kind;
    report::add_field(r.parameters, "ranks", ranks);
    r.value = std::move(value);
    r.unit = std::move(unit);
    return r;
}

comm_outcome run_comm_suite(const comm_world& world, const comm_options& options) {
    for (const std::string& part : options.only) {
        if (std::find(comm_parts.begin(), comm_parts.end(), part) == comm_parts.end()) {
            throw std::invalid_argument(unknown_name("part of the suite", part, comm_parts));
        }
    }
    const auto asked = [&](std::string_view part) {
        return options.only.empty() || std::find(options.only.begin(), options.only.end(), part) != options.only.end();
    };
    comm_outcome out;
    if (asked("exchange")) {
        run_exchange(world, options, out);
    }
    if (asked("reduce")) {
        run_reduce(world, options, out);
    }
    if (asked("gather")) {
        run_gather(world, options, out);
    }
    if (asked("codec")) {
        run_codec(world, options, out);
    }
    if (asked("links") && !options.small) {
        run_links(world, options, out);
    }
    return out;
}

}  // namespace narrowfp::bench

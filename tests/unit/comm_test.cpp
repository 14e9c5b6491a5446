// SPDX-License-Identifier: Apache-2.0
// Communication over threads as ranks: bytes against closed forms, errors by algorithm, slow links with a clock of their own.
#include <doctest/doctest.h>

#include <comm/comm_suite.hpp>
#include <comm/paced_transport.hpp>
#include <comm/thread_transport.hpp>
#include <narrowfp/quant/quantize.hpp>
#include <support/random_data.hpp>

#include <atomic>
#include <cmath>
#include <mutex>
#include <stdexcept>
#include <vector>

namespace {

using namespace narrowfp;
using namespace narrowfp::bench;

std::vector<float> numbers_of(int rank, std::size_t count) {
    const matrix<float> x = make_matrix(distribution::normal, 1, count, 5, static_cast<std::uint32_t>(rank));
    return {x.data(), x.data() + count};
}

std::vector<std::vector<float>> reduced(int ranks, const wire_format& format, reduction how, std::size_t count,
                                        std::uint64_t* bytes = nullptr) {
    std::vector<std::vector<float>> all(static_cast<std::size_t>(ranks));
    const thread_traffic traffic = run_ranks(ranks, [&](transport& net) {
        std::vector<float> x = numbers_of(net.rank(), count);
        all_reduce(net, format, how, x);
        all[static_cast<std::size_t>(net.rank())] = std::move(x);
    });
    if (bytes != nullptr) {
        *bytes = traffic.bytes;
    }
    return all;
}

double error_of(const std::vector<float>& x, int ranks) {
    double error = 0;
    double norm = 0;
    std::vector<double> sum(x.size());
    for (int rank = 0; rank < ranks; ++rank) {
        const std::vector<float> part = numbers_of(rank, x.size());
        for (std::size_t n = 0; n < x.size(); ++n) {
            sum[n] += part[n];
        }
    }
    for (std::size_t n = 0; n < x.size(); ++n) {
        error += (x[n] - sum[n]) * (x[n] - sum[n]);
        norm += sum[n] * sum[n];
    }
    return std::sqrt(error / norm);
}

}  // namespace

TEST_CASE("wire formats: bytes, and the library's own quantisation") {
    CHECK(wire_format_by_id("fp8").bytes(7168) == 7392);  // 7168 codes and 56 scales of 4 bytes
    CHECK(wire_format_by_id("bf16").bytes(7168) == 14336);
    CHECK(wire_format_by_id("int8").bytes(100) == 104);
    CHECK_THROWS_AS(wire_format_by_id("fp9"), std::invalid_argument);
    const std::vector<float> x = numbers_of(0, 300);
    for (const wire_format& f : wire_formats()) {
        CAPTURE(f.id);
        std::vector<std::uint8_t> bytes(f.bytes(x.size()));
        f.encode(x, bytes);
        std::vector<float> back(x.size());
        f.decode(bytes, back);
        const matrix<float> expected =
            dequantize(quantize(matrix_view<const float>(x.data(), 1, x.size()), f.scaling.for_a(f.element)));
        for (std::size_t n = 0; n < x.size(); ++n) {
            CHECK(back[n] == expected(0, n));
        }
        bytes.push_back(0);
        CHECK_THROWS_AS(f.decode(bytes, back), std::invalid_argument);
    }
}

TEST_CASE("sums over ranks: every rank has the same bits and the payload is that of the closed form") {
    constexpr std::size_t count = 1000;  // no multiple of anything
    for (const wire_format& f : wire_formats()) {
        for (const reduction_info& how : reductions) {
            for (const int ranks : {1, 2, 3, 4, 5, 8}) {
                CAPTURE(f.id);
                CAPTURE(how.name);
                CAPTURE(ranks);
                if (!is_defined(how.id, ranks)) {
                    CHECK_THROWS_AS(reduced(ranks, f, how.id, count), std::invalid_argument);
                    continue;
                }
                std::uint64_t bytes = 0;
                const auto all = reduced(ranks, f, how.id, count, &bytes);
                std::uint64_t formula = 0;
                for (int rank = 0; rank < ranks; ++rank) {
                    CHECK(all[static_cast<std::size_t>(rank)] == all[0]);
                    formula += all_reduce_bytes(f, how.id, count, ranks, rank);
                }
                CHECK(bytes == formula);
                // One rounding of a number with p significant bits errs by at most 2^-p; two roundings a hop are many.
                const double unit = f.id == "fp32"   ? 0x1p-24
                                    : f.id == "fp16" ? 0x1p-11
                                    : f.id == "bf16" ? 0x1p-8
                                                     : 0x1p-4;
                CHECK(error_of(all[0], ranks) < 2 * unit * std::sqrt(2.0 * ranks));
            }
        }
    }
}

TEST_CASE("sums over ranks: one rounding of each contribution errs less than one at each hop") {
    const wire_format& fp8 = wire_format_by_id("fp8");
    const double ring = error_of(reduced(8, fp8, reduction::ring, 8192)[0], 8);
    const double two_step = error_of(reduced(8, fp8, reduction::two_step, 8192)[0], 8);
    CHECK(two_step < ring);
    CHECK(two_step > 0.01);
}

TEST_CASE("sums over two ranks: by hand") {
    run_ranks(2, [](transport& net) {
        std::vector<float> x(128, net.rank() == 0 ? 1.0f : 0x1p-9f);
        all_reduce(net, wire_format_by_id("bf16"), reduction::two_step, x);
        CHECK(x[0] == 1.0f);  // rank 1 owns the only tile: 1 + 2^-9 rounds to 1 in BF16
        CHECK(x[127] == 1.0f);
        std::vector<float> y(256, net.rank() == 0 ? 1.0f : 3.0f);
        all_reduce(net, wire_format_by_id("int8"), reduction::ring, y);
        CHECK(y[255] == doctest::Approx(4.0f).epsilon(1e-6));
    });
}

TEST_CASE("gathering") {
    const wire_format& fp8 = wire_format_by_id("fp8");
    const thread_traffic traffic = run_ranks(3, [&](transport& net) {
        const std::vector<float> part = numbers_of(net.rank(), 200);
        std::vector<float> all(600);
        all_gather(net, fp8, part, all);
        for (int rank = 0; rank < 3; ++rank) {
            const std::vector<float> x = numbers_of(rank, 200);
            const matrix<float> expected =
                dequantize(quantize(matrix_view<const float>(x.data(), 1, 200), fp8.scaling.for_a(fp8.element)));
            CHECK(all[static_cast<std::size_t>(rank) * 200 + 150] == expected(0, 150));
        }
        CHECK_THROWS_AS(all_gather(net, fp8, part, std::span(all).first(599)), std::invalid_argument);
    });
    CHECK(traffic.bytes == 3 * all_gather_bytes(fp8, 200, 3));
}

TEST_CASE("dispatch and combine: payload of a token and destination") {
    const exchange_shape shape{.tokens = 6};
    for (const int ranks : {2, 5}) {
        for (const auto& [name, bytes] : {std::pair{"fp8", 7392}, {"bf16", 14336}}) {
            std::atomic<std::uint64_t> copies = 0;
            const thread_traffic traffic = run_ranks(ranks, [&](transport& net) {
                const exchange_outcome out =
                    exchange_with_experts(net, wire_format_by_id(name), wire_format_by_id("bf16"), shape);
                copies += out.remote_copies;
                CHECK(exchange_error(out) < 0.05);
                CHECK(exchange_error(out) > 0.0005);
            });
            CHECK(traffic.bytes == copies * static_cast<std::uint64_t>(bytes + 14336));
            const thread_traffic alone = run_ranks(ranks, [&](transport& net) {
                exchange_messages(net, wire_format_by_id(name), wire_format_by_id("bf16"), shape);
            });
            CHECK(alone.bytes == traffic.bytes);
            CHECK(alone.messages == traffic.messages);
            std::size_t routed = 0;
            for (int from = 0; from < ranks; ++from) {
                for (int to = 0; to < ranks; ++to) {
                    routed += from == to ? 0 : copies_between(shape, ranks, from, to);
                }
            }
            CHECK(copies == routed);
        }
    }
    // (14336 + 14336) / (7392 + 14336)
    CHECK(28672.0 / 21728.0 == doctest::Approx(1.32).epsilon(0.001));
    const token_route route = route_of(shape, 8, 3, 2);
    CHECK(route.nodes.size() == 4);
}

TEST_CASE("a slow link: no free burst, bounded catching up") {
    double now = 100;
    const pacing_clock clock{[&] { return now; }, [&](double until) { now = std::max(now, until); }};
    token_bucket link(1000, clock, 0.02);
    link.take(1000);
    CHECK(now == doctest::Approx(101));
    link.take(500);
    CHECK(now == doctest::Approx(101.5));
    now += 10;  // idle: nothing is saved up
    link.take(1000);
    CHECK(now == doctest::Approx(112.5));
    now += 0.01;  // a late sleeper catches up
    link.take(100);
    CHECK(now == doctest::Approx(112.6));
    CHECK_THROWS_AS(token_bucket(0, clock), std::invalid_argument);
    const std::vector<link_sample> samples{{100, 0.2}, {1000, 1.1}, {5000, 5.1}};
    const link_fit fit = fit_link(samples);
    CHECK(fit.alpha == doctest::Approx(0.1));
    CHECK(fit.beta == doctest::Approx(1000));
    CHECK(fit.largest_error < 1e-9);
    CHECK_THROWS_AS(fit_link(std::span(samples).first(1)), std::invalid_argument);
}

TEST_CASE("a slow link between threads keeps its rate") {
    run_ranks(2, [](transport& net) {
        constexpr double rate = 2e6;
        const pacing_clock clock = pacing_clock::steady();
        std::vector<std::uint8_t> out(100000, static_cast<std::uint8_t>(net.rank() + 1));
        std::vector<std::uint8_t> in(100000);
        const double start = clock.now();
        paced_transport link(net, rate);
        link.exchange(1 - net.rank(), out, 1 - net.rank(), in);
        CHECK(clock.now() - start >= 0.0499);  // 100000 bytes; a busy machine takes longer
        CHECK(in.back() == 2 - net.rank());
    });
}

TEST_CASE("the suite over threads: counted bytes equal the closed forms") {
    std::mutex lock;
    std::vector<comm_outcome> outcomes;
    // Sums over ranks: each rank adds, then waits.
    double sum = 0;
    double most = 0;
    std::vector<std::uint64_t> sent(3);
    class counting final : public transport {
    public:
        counting(transport& net, std::uint64_t& bytes) : net_(net), bytes_(bytes) {}
        int rank() const override { return net_.rank(); }
        int size() const override { return net_.size(); }
        void exchange(int to, bytes_out out, int from, bytes_in in) override {
            bytes_ += out.size();
            net_.exchange(to, out, from, in);
        }
        void barrier() override { net_.barrier(); }

    private:
        transport& net_;
        std::uint64_t& bytes_;
    };
    run_ranks(3, [&](transport& net) {
        std::uint64_t& bytes = sent[static_cast<std::size_t>(net.rank())];
        counting counted(net, bytes);
        const auto combine = [&](double x, double& total, bool add) {
            net.barrier();
            {
                const std::lock_guard hold(lock);
                total = add ? total + x : std::max(total, x);
            }
            net.barrier();
            const double result = total;
            net.barrier();
            const std::lock_guard hold(lock);
            total = 0;
            return result;
        };
        const comm_world world{.net = counted,
                               .sent =
                                   [&] {
                                       return sent_traffic{bytes, 0};
                                   },
                               .sum_over_ranks = [&](double x) { return combine(x, sum, true); },
                               .max_over_ranks = [&](double x) { return combine(x, most, false); },
                               .interface_bytes = [] { return std::optional<std::uint64_t>(); },
                               .transport_name = "threads",
                               .library_all_reduce = {}};
        comm_options options{.numbers = 3000, .exchange = {.tokens = 4}, .small = true, .only = {}};
        comm_outcome out = run_comm_suite(world, options);
        options.only = {"exchanges"};
        CHECK_THROWS_AS(run_comm_suite(world, options), std::invalid_argument);
        const std::lock_guard hold(lock);
        outcomes.push_back(std::move(out));
    });
    double dispatch = 0;
    for (const comm_outcome& out : outcomes) {
        for (const std::string& failure : out.failures) {
            FAIL_CHECK(failure);
        }
        for (const report::record& r : out.results) {
            if (r.id == "comm.exchange.fp8.dispatch_bytes.ranks_3") {
                dispatch = std::get<double>(r.value);
            }
        }
    }
    CHECK(dispatch == 7392);
}

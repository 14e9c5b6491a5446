// SPDX-License-Identifier: Apache-2.0
// Training runs: what training must be able to do, and that a run's bits are a function of its configuration alone:
// target, threads, stopping and resuming, and runs beside it change nothing, for every arm. The committed traces
// (golden/training_traces.txt) bind compilers and machines together.
//   To write them anew: NARROWFP_TEST_WRITE_TRACES=FILE unit_train --test-case=*committed*
#include <narrowfp/report/write_file.hpp>

#include <doctest/doctest.h>

#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>
#include <chrono>
#include <cmath>
#include <cstdlib>
#include <fstream>
#include <map>
#include <thread>

#include "support/files.hpp"
#include "support/forced_target.hpp"
#include "train/experiment/fidelity.hpp"
#include "train/run/adamw.hpp"
#include "train/run/recipe_linears.hpp"
#include "train/run/trainer.hpp"
#include "unit/train/symbols.hpp"

using namespace narrowfp;
using namespace narrowfp::bench::train;
using namespace narrowfp_test;

namespace {

constexpr std::size_t steps = 3;

const std::vector<std::uint8_t>& symbols() {
    static const std::vector<std::uint8_t> all = learnable_symbols(2000, 50);
    return all;
}

token_streams streams() { return {std::span(symbols()).first(1500), std::span(symbols()).subspan(1500)}; }

trainer tiny_run(const arm& how, int threads = 1, std::size_t schedule = steps) {
    return trainer({.size = size_tiny, .how = how, .seed = 7, .steps = schedule}, streams(), {.threads = threads});
}

// Weights and losses of three steps.
std::string trace_of(trainer& run) {
    run.train_to(steps);
    std::string text = run.weights_hash();
    for (const float loss : run.losses()) {
        text += ' ' + std::to_string(std::bit_cast<std::uint32_t>(loss));
    }
    return text;
}

std::map<std::string, std::string> traces() {
    std::map<std::string, std::string> out;
    for (const arm& how : all_arms()) {
        trainer run = tiny_run(how);
        out[std::string(how.name)] = trace_of(run);
    }
    return out;
}

// Of arms at size S, where tiles and intervals are full: one step.
std::map<std::string, std::string> traces_of_size_s() {
    static const std::vector<std::uint8_t> text = learnable_symbols(20000, 51);
    std::map<std::string, std::string> out;
    for (const char* name : {"fp32", "null_noise", "bf16", "deepseek_v3", "mxfp8", "int8_tile", "acc14_promoted"}) {
        trainer run({.size = size_s, .how = arm_by_name(name), .seed = 7, .steps = 1}, {text, text}, {.threads = 1});
        run.step();
        out["S/" + std::string(name)] = run.weights_hash();
    }
    return out;
}

}  // namespace

TEST_CASE("the first loss is ln of the vocabulary within one percent at every size") {
    const std::vector<std::uint8_t> uniform = uniform_symbols(30000, 60);
    for (const model_size& size : {size_tiny, size_s, size_m}) {
        const trainer run({.size = size, .how = arm_by_name("fp32"), .seed = 1}, {uniform, uniform}, {.threads = 1});
        const double expected = std::log(static_cast<double>(size.vocabulary));
        INFO(size.name);
        CHECK(std::fabs(run.evaluate(evaluation::own, 64) - expected) < 0.01 * expected);
    }
}

TEST_CASE("one batch is learned by heart below a tenth of a nat in 200 steps") {
    for (const char* name : {"fp32", "deepseek_v3"}) {
        const arm& how = arm_by_name(name);
        const batch b = uniform_batch(size_tiny, 70);
        std::vector<float> parameters = first_parameters(size_tiny, 8);
        std::vector<float> first(parameters.size());
        std::vector<float> second(parameters.size());
        std::vector<float> gradient(parameters.size());
        decoder<float> model(size_tiny);
        const bench::execution run{active_target(), 1};
        delayed_states none;
        const linear_observer nobody;
        float loss = 0;
        for (std::size_t step = 0; step < 200; ++step) {
            recipe_linears linears(how, {.seed = 8}, run, {.threads = 1}, none, nobody);
            loss = model.forward(run, parameters.data(), b, linears);
            model.backward(linears, 1.0f, gradient.data(), [&](matrix<float>& g) { linears.round_residual(g); });
            update_parameters(run, model.layout(), parameters, first, second, gradient,
                              {.rate = learning_rate(1e-2, step, 200), .updates = step});
        }
        MESSAGE(std::string(name) << ": " << loss << " nats after 200 steps");
        CHECK(loss < 0.1f);
    }
}

TEST_CASE("fidelity at fixed weights takes every arm") {
    const auto numbers = [](std::size_t rows, std::size_t cols, std::uint32_t seed) {
        matrix<float> x(rows, cols);
        for (std::size_t n = 0; n < x.size(); ++n) {
            const std::array<double, 4> four =
                narrowfp::bench::normals(random_key{.seed = seed}.block(static_cast<std::uint32_t>(n / 4)));
            x.data()[n] = static_cast<float>(four[n % 4]);
        }
        return x;
    };
    linear_operands o;
    o.x = numbers(64, 32, 1);
    o.w = numbers(32, 32, 2);
    o.dy = numbers(64, 32, 3);
    const std::array<matrix<double>, 3> exact{product_in_double(o.x.view(), o.w.view().transposed()),
                                              product_in_double(o.dy.view(), o.w.view()),
                                              product_in_double(o.dy.view().transposed(), o.x.view())};
    const random_key random{.seed = 4, .use = purpose::stochastic_rounding};
    for (const arm& how : all_arms()) {
        CAPTURE(how.name);
        const std::vector<product_fidelity> found = product_fidelity_of(how.recipe, how.loss_scale, o, exact, random);
        CHECK(found.size() == 3);
        for (const product_fidelity& f : found) {
            CHECK((!f.finite || f.total < 0.5));
        }
    }
}

TEST_CASE("the schedule warms up over a tenth and ends at zero") {
    CHECK(learning_rate(1.0, 0, 400) == 1.0 / 40);
    CHECK(learning_rate(1.0, 39, 400) == 1.0);
    CHECK(learning_rate(1.0, 40, 400) < 1.0);
    CHECK(learning_rate(1.0, 219, 400) == doctest::Approx(0.5));
    CHECK(learning_rate(1.0, 399, 400) < 1e-12);
    CHECK(learning_rate(1.0, 0, 1) == 1.0);
}

TEST_CASE("AdamW is the textbook's in FP64") {
    const parameter_layout layout(size_tiny);
    std::vector<float> p = first_parameters(size_tiny, 2);
    std::vector<float> m(p.size());
    std::vector<float> v(p.size());
    std::vector<double> wide(p.begin(), p.end());
    std::vector<double> wide_m(p.size());
    std::vector<double> wide_v(p.size());
    for (std::size_t step = 0; step < 3; ++step) {
        const std::vector<float> g = first_parameters(size_tiny, static_cast<std::uint32_t>(90 + step));
        update_parameters({active_target(), 1}, layout, p, m, v, g, {.rate = 0.01, .updates = step});
        for (const parameter_tensor& t : layout.tensors()) {
            for (std::size_t i = t.offset; i < t.end(); ++i) {
                wide_m[i] = 0.9 * wide_m[i] + 0.1 * g[i];
                wide_v[i] = 0.95 * wide_v[i] + 0.05 * g[i] * g[i];
                const double count = static_cast<double>(step + 1);
                const double move = wide_m[i] / (1 - std::pow(0.9, count)) /
                                    (std::sqrt(wide_v[i] / (1 - std::pow(0.95, count))) + 1e-8);
                wide[i] -= 0.01 * (move + (t.is_matrix ? 0.1 * wide[i] : 0.0));
            }
        }
    }
    double worst = 0;
    for (std::size_t i = 0; i < p.size(); ++i) {
        worst = std::max(worst, std::fabs(p[i] - wide[i]));
    }
    CHECK(worst < 1e-6);
}

TEST_CASE("every arm trains the same weights on every target with any number of threads") {
    // By default each target with one thread, and the fastest one with more; all pairs in the long run.
    const bool all_pairs = std::getenv("NARROWFP_TEST_ALL_PAIRS") != nullptr;
    const std::map<std::string, std::string> expected = traces();
    std::size_t compared = 0;
    for (const target_info& t : targets_here()) {
        const bool fastest = t.id == active_target();
        const forced_target forced(std::string(t.name).c_str());
        for (const int threads : {1, 2, 3}) {
            if (threads > 1 && !fastest && !all_pairs) {
                continue;
            }
            for (const arm& how : all_arms()) {
                trainer run = tiny_run(how, threads);
                INFO(t.name << ", " << threads << " threads, arm " << how.name);
                CHECK(trace_of(run) == expected.at(std::string(how.name)));
                ++compared;
            }
        }
    }
    MESSAGE(compared << " runs compared");
}

TEST_CASE("every arm that is stopped and goes on from its checkpoint trains the same weights") {
    const temporary_folder folder;
    const std::filesystem::path file = folder / "run.checkpoint";
    for (const arm& how : all_arms()) {
        trainer whole = tiny_run(how);
        trainer first = tiny_run(how);
        first.train_to(2);
        const std::size_t written = first.save(file);
        CHECK(written == std::filesystem::file_size(file));
        trainer second = tiny_run(how);
        second.load(file);
        CHECK(second.steps_done() == 2);
        INFO(how.name);
        CHECK(trace_of(second) == trace_of(whole));
        CHECK(second.evaluate(evaluation::own, 4) == whole.evaluate(evaluation::own, 4));
    }
}

namespace {

constexpr const char* victim_variable = "NARROWFP_TEST_TRAIN_FILE";  // set in a process that is there to be killed

trainer long_run() {
    return trainer({.size = size_tiny, .how = arm_by_name("delayed"), .seed = 3, .steps = 60}, streams(),
                   {.threads = 1});
}

}  // namespace

TEST_CASE("victim: trains with a checkpoint after every step") {
    const char* path = std::getenv(victim_variable);
    if (path == nullptr) {
        return;
    }
    trainer run = long_run();
    train_with_checkpoints(run, 60, {path, 1});
}

TEST_CASE("a run that is killed at any moment goes on to the same weights") {
    const temporary_folder folder;
    const std::filesystem::path file = folder / "run.checkpoint";
    setenv(victim_variable, file.c_str(), 1);
    std::size_t kills = 0;
    std::size_t partial = 0;
    bool done = false;
    for (std::uint32_t attempt = 0; attempt < 400 && !done; ++attempt) {
        const pid_t child = ::fork();
        REQUIRE(child >= 0);
        if (child == 0) {
            ::execl("/proc/self/exe", "unit_train", "--test-case=victim*", "--out=/dev/null", nullptr);
            ::_exit(127);
        }
        // A moment between the start of the process and some steps later; longer as attempts fail to get on, for slow
        // machines and sanitizers.
        const std::uint32_t longest = 20000 + 500 * attempt * (1 + attempt / 50);
        std::this_thread::sleep_for(std::chrono::microseconds(10000 + random_word(80, attempt) % longest));
        ::kill(child, SIGKILL);
        int status = 0;
        REQUIRE(::waitpid(child, &status, 0) == child);
        done = WIFEXITED(status);
        if (done) {
            CHECK(WEXITSTATUS(status) == 0);
        }
        kills += done ? std::size_t{0} : 1;
        if (std::filesystem::exists(file)) {
            trainer found = long_run();
            found.load(file);  // never a part of a file
            partial += found.steps_done() < 60 ? std::size_t{1} : 0;
        }
    }
    unsetenv(victim_variable);
    MESSAGE(kills << " kills, " << partial << " of them with a checkpoint of an unfinished run");
    REQUIRE(done);
    CHECK(kills > 0);
    trainer whole = long_run();
    whole.train_to(60);
    trainer resumed = long_run();
    resumed.load(file);
    CHECK(resumed.steps_done() == 60);
    CHECK(resumed.weights_hash() == whole.weights_hash());
}

TEST_CASE("checkpoints are written as planned and counted") {
    const temporary_folder folder;
    const std::filesystem::path file = folder / "run.checkpoint";
    trainer run = long_run();
    const checkpoints_written w = train_with_checkpoints(run, 25, {file, 10});
    CHECK(w.count == 3);  // after 10, 20 and 25
    CHECK(folder.files() == 1);
    CHECK(w.bytes > 2 * std::filesystem::file_size(file));
    trainer again = long_run();
    CHECK(train_with_checkpoints(again, 25, {file, 10}).count == 0);
    CHECK(again.weights_hash() == run.weights_hash());
    CHECK_THROWS_AS(train_with_checkpoints(again, 60, {file, 0}), std::invalid_argument);
}

TEST_CASE("two runs beside each other do not change each other") {
    trainer alone = tiny_run(arm_by_name("deepseek_v3"));
    const std::string expected = trace_of(alone);
    std::string found[2];
    {
        const std::jthread other([&] {
            trainer run = tiny_run(arm_by_name("null_noise"));
            found[1] = trace_of(run);
        });
        trainer run = tiny_run(arm_by_name("deepseek_v3"));
        found[0] = trace_of(run);
    }
    CHECK(found[0] == expected);
    trainer noise = tiny_run(arm_by_name("null_noise"));
    CHECK(found[1] == trace_of(noise));
}

TEST_CASE("evaluating and observing change nothing") {
    for (const char* name : {"deepseek_v3", "delayed", "f16_loss_scale", "null_noise"}) {
        trainer whole = tiny_run(arm_by_name(name));
        trainer watched = tiny_run(arm_by_name(name));
        std::size_t seen = 0;
        watched.evaluate();
        watched.gradient(uniform_batch(size_tiny, 3));
        watched.step([&](const observed_linear& o) {
            CHECK(o.y.rows() == size_tiny.tokens());
            CHECK(o.dw.rows() == o.w.rows());
            ++seen;
        });
        watched.evaluate(evaluation::fp32);
        CHECK(seen == 4);
        INFO(name);
        CHECK(trace_of(watched) == trace_of(whole));
    }
}

TEST_CASE("arms are what they say") {
    trainer fp32 = tiny_run(arm_by_name("fp32"));
    const std::string reference = trace_of(fp32);
    std::map<std::string, std::string> all = traces();
    std::map<std::string, std::vector<std::string>> by_trace;
    for (const auto& [name, trace] : all) {
        by_trace[trace].push_back(name);
    }
    // Different arms train different weights, but where tiny's operands cannot tell them apart: exact sums do not reach
    // the promotion interval, the two calibrations with E5M2 are one recipe, and a finite gradient scaled by a power of
    // two and back is the same one.
    for (const auto& [trace, names] : by_trace) {
        std::string text;
        for (const std::string& name : names) {
            text += name + ' ';
        }
        INFO(text);
        CHECK(names.size() <= 3);
    }
    CHECK(all["fp32"] == reference);
    for (const char* name : {"null_noise", "null_eps", "bf16", "deepseek_v3", "int8_tile", "acc8", "mantissa1"}) {
        INFO(name);
        CHECK(all[name] != reference);
    }
    CHECK_THROWS_WITH_AS(arm_by_name("fp8"), doctest::Contains("deepseek_v3"), std::invalid_argument);
}

TEST_CASE("noise has the size that the arm says and another key gives another run") {
    const arm& noise = arm_by_name("null_noise");
    trainer a = tiny_run(noise);
    trainer b({.size = size_tiny, .how = noise, .seed = 7, .noise_key = 1, .steps = steps}, streams(), {.threads = 1});
    CHECK(trace_of(a) != trace_of(b));
    // Through one linear layer: X = 1, W = one-hot rows, so that Y is the noisy product of two operands.
    delayed_states none;
    const linear_observer nobody;
    recipe_linears linears(noise, {.seed = 1}, {active_target(), 1}, {.threads = 1}, none, nobody);
    const matrix<float> x(4000, 4, 1.0f);
    matrix<float> w(1, 4);
    w(0, 2) = 1.0f;
    const matrix<float> y = linears.forward(0, linear_kind::qkv, x.view(), w.view());
    double mean = 0;
    double square = 0;
    for (std::size_t i = 0; i < y.size(); ++i) {
        mean += y.data()[i] / 4000.0;
    }
    for (std::size_t i = 0; i < y.size(); ++i) {
        square += std::pow(y.data()[i] - mean, 2) / 4000.0;
    }
    CHECK(std::sqrt(square) == doctest::Approx(0.0255).epsilon(0.05));  // the error of W is common to all rows
    CHECK(std::fabs(mean - 1) < 0.0255 * 1.8);
}

TEST_CASE("a dynamic loss scale halves when gradients overflow and skips the step") {
    arm how = arm_by_name("f16_loss_scale");
    how.loss_scale = 0x1p40f;
    trainer run = tiny_run(how, 1, 60);
    const std::string before = run.weights_hash();
    const step_result r = run.step();
    CHECK(r.skipped);
    CHECK(run.weights_hash() == before);
    CHECK(run.step().loss_scale == 0x1p39);
    CHECK(r.dy_events.elements > 0);
}

TEST_CASE("stochastic gradients are unbiased and differ from step to step") {
    const arm& how = arm_by_name("deepseek_v3_stochastic");
    matrix<float> x(1, 128);
    for (std::size_t i = 0; i < 128; ++i) {
        x(0, i) = i == 0 ? 448.0f : 17.0f;  // between 16 and 18
    }
    const quantization q = how.recipe.dy.first.as_a();
    double sum = 0;
    constexpr int draws = 200;
    for (std::uint32_t step = 0; step < draws; ++step) {
        const arm_engine engine{.opts = {.threads = 1}, .random = {.seed = 1, .step = step}};
        const quantized_matrix codes = engine.quantize(x.view(), q);
        const matrix<float> back = engine.restore(codes);
        for (std::size_t i = 1; i < 128; ++i) {
            CHECK_FALSE((back(0, i) != 16.0f && back(0, i) != 18.0f));
            sum += back(0, i);
        }
    }
    // Each is 16 or 18 with equal chances: the mean of n has deviation 1 / sqrt(n).
    const double n = 127.0 * draws;
    CHECK(std::fabs(sum / n - 17) < 5 / std::sqrt(n));
}

TEST_CASE("a fork goes on from weights and moments under another arm") {
    trainer base = tiny_run(arm_by_name("fp32"));
    base.train_to(1);
    trainer same = base.fork(arm_by_name("fp32"));
    trainer other = base.fork(arm_by_name("deepseek_v3"));
    CHECK(other.steps_done() == 1);
    CHECK(other.weights_hash() == base.weights_hash());
    const std::string expected = trace_of(base);
    CHECK(trace_of(same) == expected);
    CHECK(trace_of(other) != expected);
}

TEST_CASE("checkpoints of another run or with damage are refused and change nothing") {
    const temporary_folder folder;
    const std::filesystem::path file = folder / "run.checkpoint";
    const arm& how = arm_by_name("delayed");
    trainer run = tiny_run(how);
    run.train_to(2);
    run.save(file);
    const std::string content = report::read_file(file);
    const auto refused = [&](const std::string& changed, const char* why) {
        report::write_file(file, changed);
        trainer fresh = tiny_run(how);
        const std::string before = fresh.weights_hash();
        CHECK_THROWS_WITH_AS(fresh.load(file), doctest::Contains(why), std::runtime_error);
        CHECK(fresh.weights_hash() == before);
        CHECK(fresh.steps_done() == 0);
    };
    refused(content.substr(0, content.size() - 1), "truncated");
    refused(content.substr(0, 100), "truncated");
    refused("", "no checkpoint");
    std::string flipped = content;
    flipped[content.size() - 5] = static_cast<char>(flipped[content.size() - 5] ^ 1);
    refused(flipped, "hash");
    report::write_file(file, content);
    trainer other_arm = tiny_run(arm_by_name("fp32"));
    CHECK_THROWS_WITH_AS(other_arm.load(file), doctest::Contains("another configuration"), std::runtime_error);
    trainer other_steps = tiny_run(how, 1, 9);
    CHECK_THROWS_WITH_AS(other_steps.load(file), doctest::Contains("another configuration"), std::runtime_error);
    CHECK_THROWS_AS(other_arm.load(folder / "none"), std::runtime_error);
}

TEST_CASE("wrong use is refused with the numbers") {
    const std::vector<std::uint8_t> large(100, 200);
    const std::vector<std::uint8_t> few(16, 1);
    const run_configuration tiny{.size = size_tiny, .how = arm_by_name("fp32"), .steps = 2};
    CHECK_THROWS_WITH_AS(trainer(tiny, {large, large}), doctest::Contains("200"), std::invalid_argument);
    CHECK_THROWS_WITH_AS(trainer(tiny, {few, few}), doctest::Contains("17"), std::invalid_argument);
    run_configuration none = tiny;
    none.steps = 0;
    CHECK_THROWS_AS(trainer(none, streams()), std::invalid_argument);
    trainer done = tiny_run(arm_by_name("fp32"));
    trace_of(done);
    CHECK_THROWS_AS(done.step(), std::logic_error);
    CHECK_THROWS_AS(size_by_name("XL"), std::invalid_argument);
}

TEST_CASE("the committed traces of all arms are met") {
    std::map<std::string, std::string> found = traces();
    found.merge(traces_of_size_s());
    if (const char* path = std::getenv("NARROWFP_TEST_WRITE_TRACES")) {
        std::string text;
        for (const auto& [name, trace] : found) {
            text += name + ' ' + trace + '\n';
        }
        report::write_file(path, text);
    }
    std::ifstream in(NARROWFP_TEST_FOLDER "/golden/training_traces.txt");
    std::map<std::string, std::string> expected;
    for (std::string line; std::getline(in, line);) {
        expected[line.substr(0, line.find(' '))] = line.substr(line.find(' ') + 1);
    }
    CHECK(found.size() == expected.size());
    for (const auto& [name, trace] : found) {
        INFO(name);
        CHECK(trace == expected[name]);
    }
}

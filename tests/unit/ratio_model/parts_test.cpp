// SPDX-License-Identifier: Apache-2.0
// The parts of the ratio model by hand: sizes that sources do not give, means, likelihood, scores, grades, gates and
// extrapolation. Distributions against Boost.Math.
#include <doctest/doctest.h>

#include "ratio_model/cases.hpp"
#include "ratio_model/row_scores.hpp"
#include "ratio_model/shuffled.hpp"

#include <narrowfp/device/chips.hpp>

#include <boost/math/distributions/binomial.hpp>
#include <boost/math/distributions/normal.hpp>
#include <boost/math/distributions/students_t.hpp>

#include <algorithm>
#include <cmath>
#include <limits>
#include <numbers>
#include <stdexcept>

using namespace narrowfp::bench;
using namespace narrowfp::bench::ratio_model;

namespace {

bool near(double a, double b, double tolerance) { return std::fabs(a - b) <= tolerance; }

parameters some_parameters() {
    parameters p;
    p.alpha = 0.3;
    p.beta = 0.2;
    p.delta = 1.5;
    p.gamma = 0.4;
    p.kappa_tensor = 0.05;
    p.kappa_row = 0.35;
    p.kappa_tiles = 0.1;
    p.s = 1.9;
    p.s_amd = 1.6;
    p.tau = 0.04;
    p.sigma = 0.1;
    return p;
}

observation dense(double log_ratio, const std::string& source) {
    observation o;
    o.source = source;
    o.log_ratio = log_ratio;
    o.elementwise = 1;
    o.attention = 0.1;
    return o;
}

// A posterior that knows its parameters.
posterior certain(const parameters& p, std::size_t draws) {
    posterior out;
    out.chains = 2;
    out.draws.assign(draws, p);
    return out;
}

gate_report passed_gates() {
    gate_report out;
    for (const char* id : {"G2", "G3", "G4", "G6"}) {
        out.gates.push_back({id, "", 0, "", true});
    }
    return out;
}

}  // namespace

TEST_CASE("sizes that a source does not give") {
    evidence::unit u;
    u.name = "a unit";
    const auto sizes_are = [&](double hidden, double ffn, double sequence) {
        const model_sizes s = sizes_of(u);
        CHECK(s.hidden == hidden);
        CHECK(s.ffn == ffn);
        CHECK(s.sequence == sequence);
    };
    sizes_are(4096, 16384, 4096);
    u.hidden = 5120;
    sizes_are(5120, 20480, 4096);
    u.kind = evidence::model_kind::moe;
    sizes_are(5120, 1024, 4096);
    u.hidden.reset();
    u.sequence = 32768;
    sizes_are(2048, 1024, 32768);
    u.family = "XTuner";
    sizes_are(2048, 1024, 4096);
    u.ffn = 768;
    u.chip = "MI300X";
    const observation o = observation_of(u);
    CHECK(near(o.elementwise, 4096 * (1 / 2048.0 + 1 / 768.0) / 1.25, 1e-12));
    CHECK(near(o.attention, 4096 / (12 * 2048.0), 1e-12));
    CHECK(o.moe);
    CHECK(o.amd);
    u.hidden = 0;
    CHECK_THROWS_WITH_AS(observation_of(u), "unit 'a unit': hidden is 0.000000; expected a number above 0",
                         std::invalid_argument);
    u.kind = evidence::model_kind::other;
    CHECK_THROWS_AS(observation_of(u), std::invalid_argument);
}

TEST_CASE("means of ln R by hand") {
    const parameters p = some_parameters();
    observation o = dense(0, "a");
    // T16 = 1 + 0.3 + 0.2 + 0.15 = 1.65; T8 = 1.65 - (1 - 1/1.9) + 0.05.
    CHECK(near(mean_log_ratio(model_form::cost, p, o), std::log(1.65 / (1.7 - 1 + 1 / 1.9)), 1e-14));
    o.moe = true;
    o.amd = true;
    o.recipe = evidence::scaling::row;
    CHECK(near(mean_log_ratio(model_form::cost, p, o), std::log(2.05 / (2.4 - 1 + 1 / 1.6)), 1e-14));
    for (const auto tiles : {evidence::scaling::block, evidence::scaling::mx}) {
        o.recipe = tiles;
        CHECK(near(mean_log_ratio(model_form::cost, p, o), std::log(2.05 / (2.15 - 1 + 1 / 1.6)), 1e-14));
    }
    parameters c;
    c.level = 0.2;
    c.moe_shift = -0.1;
    c.row_shift = -0.05;
    c.tiles_shift = 0.01;
    CHECK(near(mean_log_ratio(model_form::constant, c, o), 0.2, 1e-15));
    CHECK(near(mean_log_ratio(model_form::cells, c, o), 0.11, 1e-15));
}

TEST_CASE("the likelihood of a source is a multivariate t with 4 degrees of freedom") {
    // One unit: Student's t with the scale sqrt(sigma^2 + tau^2). Differences, since constants are left out.
    const parameters p = some_parameters();
    parameters q = p;
    q.tau = 0.1;
    q.sigma = 0.07;
    q.alpha = 0.5;
    const boost::math::students_t t(4);
    const auto density = [&](const parameters& x, const observation& o) {
        const double scale = std::hypot(x.sigma, x.tau);
        return std::log(boost::math::pdf(t, (o.log_ratio - mean_log_ratio(model_form::cost, x, o)) / scale) / scale);
    };
    const observation a = dense(0.35, "a");
    const observation b = dense(-0.1, "b");
    const auto found = [](const parameters& x, const std::vector<observation>& all) {
        return log_likelihood(model_form::cost, x, design_of(all));
    };
    CHECK(near(found(p, {a}) - found(q, {a}), density(p, a) - density(q, a), 1e-12));
    CHECK(near(found(p, {a, b}), found(p, {a}) + found(p, {b}), 1e-12));
    // Two units of one source: covariance matrix and its inverse written out.
    observation c = b;
    c.source = "a";
    const auto two = [&](const parameters& x) {
        const double m = mean_log_ratio(model_form::cost, x, a);
        const double r1 = a.log_ratio - m;
        const double r2 = c.log_ratio - m;
        const double variance = x.sigma * x.sigma + x.tau * x.tau;
        const double shared = x.tau * x.tau;
        const double determinant = variance * variance - shared * shared;
        const double form = (variance * (r1 * r1 + r2 * r2) - 2 * shared * r1 * r2) / determinant;
        return -0.5 * std::log(determinant) - 3 * std::log1p(form / 4);
    };
    CHECK(near(found(p, {a, c}) - found(q, {a, c}), two(p) - two(q), 1e-12));
    CHECK_THROWS_AS(design_of({}), std::invalid_argument);
}

TEST_CASE("priors end where the header says and are normal elsewhere") {
    std::vector<double> x;
    for (const parameter_info& info : parameters_of(model_form::cost)) {
        x.push_back(info.centre);
    }
    CHECK(log_prior(model_form::cost, x) == 0);
    x[0] += 0.7;  // one standard deviation of ln alpha
    CHECK(near(log_prior(model_form::cost, x), -0.5, 1e-12));
    CHECK(near(from_coordinates(model_form::cost, x).alpha, 0.35 * std::exp(0.7), 1e-12));
    x[7] = 1.29;
    CHECK(log_prior(model_form::cost, x) == -std::numeric_limits<double>::infinity());
    CHECK(log_posterior(model_form::cost, x, design_of({dense(0, "a")})) == -std::numeric_limits<double>::infinity());
}

TEST_CASE("t distribution, binomial law, quantiles and CRPS") {
    const boost::math::students_t t(4);
    for (double x = -8; x <= 8; x += 0.25) {
        CHECK(near(t4_distribution(x), boost::math::cdf(t, x), 1e-14));
    }
    CHECK(near(t4_distribution(1.53320627405894), 0.9, 1e-14));
    for (const double coverage : {0.0, 0.3, 0.5, 0.65, 0.8, 1.0}) {
        const boost::math::binomial law(10, coverage);
        CHECK(near(pass_share(coverage), boost::math::cdf(boost::math::complement(law, 6)), 1e-12));
    }
    CHECK(near(pass_share(0.5), 176 / 1024.0, 1e-15));  // 120 + 45 + 10 + 1 of 1024
    CHECK_THROWS_AS(pass_share(1.5), std::invalid_argument);
    CHECK(median_of({3, 1, 2, 10}) == 2.5);
    CHECK(near(middle_of({0, 1, 2, 3, 4}).low, 0.4, 1e-15));
    CHECK(share_above(std::vector<double>{-1, 0.1, 0.2, 0.3}, 1.0) == 0.75);
    const std::vector<double> draws{0.5, -1, 2, 0.25, 3};
    double expected = 0;  // the definition
    for (const double a : draws) {
        expected += std::fabs(a - 0.7) / 5;
        for (const double b : draws) {
            expected -= 0.5 * std::fabs(a - b) / 25;
        }
    }
    CHECK(near(crps_of(draws, 0.7), expected, 1e-15));
}

TEST_CASE("predictions of certain parameters are t distributed, and sources share an offset") {
    const parameters p = some_parameters();
    const std::vector<observation> two{dense(0, "a"), dense(0, "a")};
    const auto draws = predict_source(certain(p, 20000), two, {.key = {.seed = 3}});
    const double mean = mean_log_ratio(model_form::cost, p, two[0]);
    const double scale = std::hypot(p.tau, p.sigma);
    const middle_80 m = middle_of(draws[0]);  // 80000 draws: quantiles to about 0.002 of the scale
    CHECK(near(m.median, mean, 0.02 * scale));
    CHECK(near(m.low, mean - 1.5332 * scale, 0.04 * scale));
    CHECK(near(m.high, mean + 1.5332 * scale, 0.04 * scale));
    std::vector<double> between;  // the offset cancels: two residuals under one t factor
    for (std::size_t i = 0; i < draws[0].size(); ++i) {
        between.push_back(draws[0][i] - draws[1][i]);
    }
    CHECK(near(middle_of(between).high, 1.5332 * std::numbers::sqrt2 * p.sigma, 0.04 * scale));
}

TEST_CASE("words at and beside every bar") {
    const auto word_at = [](double all, double without) {
        return grade(
                   {.probability = all, .without_vendor_pages = without, .sources_passed = true, .later_passed = true})
            .w;
    };
    CHECK(word_at(0.90, 0.90) == word::supported);
    CHECK(word_at(0.90, 0.8999) == word::leans_supported);
    CHECK(word_at(0.8999, 0.95) == word::leans_supported);
    CHECK(word_at(0.95, 0.2) == word::leans_supported);
    CHECK(word_at(0.67, 0) == word::leans_supported);
    CHECK(word_at(0.6699, 1) == word::open);
    CHECK(word_at(0.3301, 1) == word::open);
    CHECK(word_at(0.33, 1) == word::leans_against);
    CHECK(word_at(0.1001, 0) == word::leans_against);
    CHECK(word_at(0.10, 0) == word::not_supported);
    CHECK_THROWS_AS(word_at(1.01, 1), std::invalid_argument);
    CHECK_THROWS_AS(word_at(0.5, std::nan("")), std::invalid_argument);
}

TEST_CASE("caps and gates change words") {
    grade_basis basis{.probability = 0.99, .without_vendor_pages = 0.99, .sources_passed = true, .later_passed = true};
    CHECK(text_of(grade(basis)) == "SUPPORTED");
    basis.capped = true;
    basis.hypothetical = true;
    CHECK(text_of(grade(basis)) == "LEANS SUPPORTED, hypothetical");
    basis.probability = 0.01;
    CHECK(grade(basis).w == word::leans_against);
    basis.later_passed.reset();
    CHECK(text_of(grade(basis)) == "LEANS AGAINST, hypothetical, PROVISIONAL");
    basis.later_passed = false;
    CHECK(grade(basis).w == word::open);
    CHECK(grade(basis).gate_failed);
    basis.later_passed = true;
    basis.sources_passed = false;
    CHECK(text_of(grade(basis)) == "OPEN, hypothetical, a gate of the model failed");
}

TEST_CASE("gates pass at their bars and fail beside them") {
    scores constant;
    scores cost;
    constant.crps = 0.1;
    const auto judged = [&](double coverage, double crps, double width, std::size_t inside) {
        cost.coverage_by_source = coverage;
        cost.crps = crps;
        cost.median_width = std::log(width);
        std::vector<family_score> families;
        for (std::size_t i = 0; i < 12; ++i) {  // after the tenth, nothing counts
            family_score f{.family = "f", .number = i + 1};
            f.measured = i < inside ? 0 : 1;
            families.push_back(f);
        }
        return judge(constant, cost, {}, families);
    };
    CHECK(judged(0.65, 0.0899, 1.499, 7).sources_passed());
    CHECK(judged(0.95, 0.0899, 1.499, 7).later_families_passed() == true);
    CHECK_FALSE(judged(0.649, 0.0899, 1.499, 7).sources_passed());
    CHECK_FALSE(judged(0.951, 0.0899, 1.499, 7).sources_passed());
    CHECK_FALSE(judged(0.8, 0.0901, 1.499, 7).sources_passed());
    CHECK_FALSE(judged(0.8, 0.0899, 1.501, 7).sources_passed());
    CHECK(judged(0.8, 0.0899, 1.499, 6).later_families_passed() == false);
    CHECK_FALSE(judge(constant, cost, {}, {}).later_families_passed());
    const gate_report with_classes =
        judge(constant, cost, {{left_out::amd, 5, 0.6, 0}, {left_out::moe, 5, 0.65, 0}}, {});
    CHECK(with_classes.capped(left_out::amd) != nullptr);
    CHECK(with_classes.capped(left_out::moe) == nullptr);
    CHECK(with_classes.capped(left_out::hopper) == nullptr);
}

TEST_CASE("figures of the asked chips are those of the catalogue, or among its disputed ones") {
    using narrowfp::device::quantity;
    const std::vector<asked_chip>& chips = chips_of_the_claim();
    REQUIRE(chips.size() == 4);
    CHECK(chips[0].peak == 989);
    CHECK(chips[0].memory == 3.35);
    const narrowfp::device::chip& h100 = narrowfp::device::chip_by_name("h100");
    CHECK(near(require_datum(h100, quantity::bf16).value, reference_peak, 0.5));
    CHECK(require_datum(h100, quantity::bandwidth).value == reference_memory);
    CHECK(chips[1].peak == 148);
    CHECK(chips[1].memory == 4.0);
    CHECK(chips[1].extra_deviation == 0.05);
    CHECK_FALSE(chips[1].speed);
    CHECK(chips[2].peak == 304);
    CHECK(near(chips[2].memory, 1.76, 0.005));
    CHECK(chips[3].peak == 752);
    CHECK(near(chips[3].memory, 3.52, 0.005));
    for (std::size_t i = 2; i < 4; ++i) {
        const auto known =
            narrowfp::device::data_of(narrowfp::device::chip_by_name(i == 2 ? "910b3" : "910c"), quantity::bf16);
        CHECK(known.front().value <= chips[i].peak);
        CHECK(chips[i].peak <= known.back().value);
        CHECK(chips[i].hypothetical);
        CHECK(chips[i].extra_deviation == 0.15);
        CHECK(chips[i].speed->low == 1.6);
        CHECK(chips[i].speed->high == 1.95);
    }
}

TEST_CASE("extrapolation to the reference chip is prediction; to others, terms scale") {
    const parameters p = some_parameters();
    const posterior sure = certain(p, 4000);
    const asked_chip& h800 = chips_of_the_claim()[0];
    const kind_of_model& kind = kinds_of_the_claim()[2];
    observation o;
    o.elementwise = elementwise_of(kind.sizes);
    o.attention = attention_of(kind.sizes);
    o.moe = true;
    o.recipe = kind.recipe;
    const double mean = mean_log_ratio(model_form::cost, p, o);
    const ratio_draws draws = extrapolate(sure, h800, kind, 4, {});
    CHECK(near(draws.typical[0], mean, 1e-14));
    const probability above = probability_above(draws, 1.1, 2);
    CHECK(near(above.value, t4_distribution((mean - std::log(1.1)) / std::hypot(p.tau, p.sigma)), 1e-12));
    CHECK(near(above.value, share_above(draws.stack, 1.1), 0.02));
    // H20: z by (148/989) (3.35/4); alpha and gamma by u from 148/989 to 1, so ln R lies between the ends.
    const asked_chip& h20 = chips_of_the_claim()[1];
    CHECK(near(scaled_elementwise(h20, kind), o.elementwise * 148 / 989 * 3.35 / 4, 1e-12));
    parameters least = p;
    least.alpha *= 148 / 989.0;
    least.gamma *= 148 / 989.0;
    o.elementwise = scaled_elementwise(h20, kind);
    const auto [low, high] = std::minmax_element(draws.typical.begin(), draws.typical.end());
    CHECK(*low == *high);
    const ratio_draws there = extrapolate(sure, h20, kind, 4, {});
    const auto [lowest, highest] = std::minmax_element(there.typical.begin(), there.typical.end());
    CHECK(near(*lowest, mean_log_ratio(model_form::cost, p, o), 1e-3));
    CHECK(near(*highest, mean_log_ratio(model_form::cost, least, o), 1e-3));
}

TEST_CASE("caps name what lies beyond the pairs") {
    std::vector<observation> pairs(3, dense(0, "a"));
    pairs[0].chip = "H100";
    pairs[1].chip = "H200";
    pairs[2].chip = "GB300";
    const pair_coverage covered = coverage_of(pairs);
    CHECK(near(covered.lowest, 989 / 4.8, 1e-9));
    CHECK(near(covered.highest, 2500 / 8.0, 1e-9));
    CHECK(covered.vendors == std::vector<std::string>{"NVIDIA"});
    const std::vector<asked_chip>& chips = chips_of_the_claim();
    CHECK(extrapolation_limits(chips[0], covered).empty());
    CHECK(extrapolation_limits(chips[1], covered) ==
          std::vector<std::string>{"37 FLOP per byte; chips with pairs have 206 to 312"});
    CHECK(extrapolation_limits(chips[2], covered).size() == 2);
    CHECK(extrapolation_limits(chips[3], covered) == std::vector<std::string>{"no pairs on chips of Huawei"});
}

TEST_CASE("the calculation by hand") {
    const parameters p = some_parameters();
    const asked_chip& h20 = chips_of_the_claim()[1];
    const kind_of_model& kind = kinds_of_the_claim()[2];
    const pocket_calculation found = calculate_by_hand(p, h20, kind, 1.10);
    const double z = 4096 * (1 / 7168.0 + 1 / 2048.0) / 1.25 * (3.35 / 4) * (148 / 989.0);
    const double u = std::sqrt(148 / 989.0);
    const double wide = 1 + 0.3 * u + 0.2 * z + 1.5 * 4096 / (12 * 7168.0) + 0.4 * u;
    const double typical = wide / (wide - (1 - 1 / 1.9) + 0.1 * z);
    const double scale = std::sqrt(0.04 * 0.04 + 0.1 * 0.1 + 0.05 * 0.05);
    CHECK(near(found.typical, typical, 1e-12));
    CHECK(near(found.low, typical * std::exp(-1.53320627405894 * scale), 1e-12));
    CHECK(near(found.high, typical * std::exp(1.53320627405894 * scale), 1e-12));
    const boost::math::students_t t(4);
    CHECK(near(found.probability, boost::math::cdf(t, std::log(typical / 1.10) / scale), 1e-12));
    REQUIRE(found.lines.size() == 18);
    CHECK(found.lines[1].formula == "2.057 x 3.35/4 x 148/989");
    CHECK(found.lines[12].name == "R");
}

TEST_CASE("a failed gate makes every word OPEN") {
    const posterior sure = certain(some_parameters(), 200);
    const auto words = [&](const gate_report& gates) {
        posterior p = sure;
        for (const parameter_info& info : parameters_of(model_form::cost)) {
            p.summary.push_back({info.name, 0, p.draws[0].*info.place, 0, 1, 1});
        }
        return judge_cases(chips_of_the_claim(), kinds_of_the_claim(), p, p, gates, {200, 320, {"NVIDIA"}}, 4, {});
    };
    gate_report gates = passed_gates();
    const std::vector<claim_case> cases = words(gates);
    REQUIRE(cases.size() == 12);
    CHECK(cases[1].at(1.00).words.w == word::supported);
    CHECK(cases[1].words.size() == 51);
    CHECK(cases[1].words.back().threshold == 1.5);
    gates.classes = {{left_out::hopper, 40, 0.5, 0}};
    CHECK(words(gates)[1].at(1.00).words.w == word::leans_supported);
    CHECK(words(gates)[1].caps == std::vector<std::string>{"G5: left out, Hopper is covered to 0.50, below 0.65"});
    for (gate& g : gates.gates) {
        g.passed = false;
        for (const claim_case& c : words(gates)) {
            for (const threshold_word& w : c.words) {
                CHECK(w.words.w == word::open);
                CHECK(w.words.gate_failed);
            }
        }
        g.passed = true;
    }
}

TEST_CASE("permutations keep the ratios and nothing else") {
    std::vector<observation> all;
    for (int i = 0; i < 20; ++i) {
        all.push_back(dense(i, "source " + std::to_string(i)));
    }
    const std::vector<observation> other = permuted(all, {.seed = 1});
    std::vector<double> found;
    std::size_t moved = 0;
    for (std::size_t i = 0; i < all.size(); ++i) {
        CHECK(other[i].source == all[i].source);
        found.push_back(other[i].log_ratio);
        moved += other[i].log_ratio != all[i].log_ratio ? 1U : 0U;
    }
    std::sort(found.begin(), found.end());
    CHECK(std::equal(found.begin(), found.end(), all.begin(),
                     [](double y, const observation& o) { return y == o.log_ratio; }));
    CHECK(moved > 10);
    CHECK(permuted(all, {.seed = 2})[0].log_ratio + permuted(all, {.seed = 3})[0].log_ratio != 2 * other[0].log_ratio);
}

TEST_CASE("rows of a user against the predictions") {
    std::vector<evidence::pair> rows(3);
    rows[0].id = 7;
    rows[0].ratio = 1.2;
    rows[1].ratio = 3.0;
    const std::vector<row_score> found = score_rows(certain(some_parameters(), 500), rows, 4, {});
    REQUIRE(found.size() == 2);
    CHECK(found[0].id == 7);
    CHECK(found[0].inside());
    CHECK(found[0].predicted.low < found[0].predicted.median);
    CHECK_FALSE(found[1].inside());
}

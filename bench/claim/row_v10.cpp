// SPDX-License-Identifier: Apache-2.0
// V10: damage of one flipped bit of a stored number. Every single-bit flip of every code of a sample is made and
// decoded by the library's formats; FP8 codes stand under DeepSeek's 1x128 scales. The flips are uniform over bits,
// which real faults are not; how often they happen is not asked.
#include "claim/rows.hpp"

#include "support/random_data.hpp"

#include <narrowfp/format/element_format.hpp>
#include <narrowfp/quant/quantize.hpp>
#include <narrowfp/quant/recipe.hpp>
#include <narrowfp/report/text.hpp>

#include <algorithm>
#include <cmath>

namespace narrowfp::bench::claim {

using report::alignment;

namespace {

constexpr std::size_t tiles = 256;
constexpr std::size_t tile = 128;
constexpr std::uint32_t v10_seed = 1;

struct flip_damage {
    std::int64_t flips = 0;
    std::int64_t not_finite = 0;
    std::int64_t above_amax = 0;  // finite, error larger than the largest number of the tile
    double worst = 0;             // finite error over that number
    int worst_bit = 0;            // with most results that are not finite or above
    std::int64_t worst_bit_count = 0;

    double not_finite_share() const { return static_cast<double>(not_finite) / static_cast<double>(flips); }
    double above_share() const { return static_cast<double>(above_amax) / static_cast<double>(flips); }
};

flip_damage damage_of(const quantized_matrix& q) {
    const int bits = storage_bits_of(q.element());
    flip_damage out;
    std::vector<std::int64_t> bad(static_cast<std::size_t>(bits));
    for (std::size_t i = 0; i < q.rows(); ++i) {
        double largest = 0;
        for (std::size_t j = 0; j < q.cols(); ++j) {
            largest = std::fmax(largest, std::fabs(double{decode_float(q.element(), q.code(i, j))} * q.scale(i, j)));
        }
        for (std::size_t j = 0; j < q.cols(); ++j) {
            const double before = double{decode_float(q.element(), q.code(i, j))} * q.scale(i, j);
            for (int bit = 0; bit < bits; ++bit) {
                const std::uint32_t code = q.code(i, j) ^ (std::uint32_t{1} << bit);
                const double after = double{decode_float(q.element(), code)} * q.scale(i, j);
                ++out.flips;
                if (!std::isfinite(after)) {
                    ++out.not_finite;
                    ++bad[static_cast<std::size_t>(bit)];
                    continue;
                }
                const double error = std::fabs(after - before) / largest;
                out.worst = std::fmax(out.worst, error);
                out.above_amax += error > 1;
                bad[static_cast<std::size_t>(bit)] += error > 1;
            }
        }
    }
    const auto most = std::max_element(bad.begin(), bad.end());
    out.worst_bit = static_cast<int>(most - bad.begin());
    out.worst_bit_count = *most;
    return out;
}

struct flipped_format {
    const char* id;
    const char* name;
    any_format element;
    recipe scaling;
    bool bounded = false;  // a finite flip must stay within twice the tile's largest number
};

// What narrowfp faults found: products, and where the fault was.
constexpr std::array<const char*, 7> products{"e4m3fn.f32", "e4m3fn.h100", "e5m2.f32", "mxfp8.f32",
                                              "int8.exact", "f16.f32",     "bf16.f32"};
constexpr std::array<const char*, 3> places{"codes", "scales", "results"};

void add_detection(const row_context& how, row_result& out) {
    report::table t;
    t.title = "V10: one flipped bit found by column checksums of the product (E)";
    t.columns = {{"product"},
                 {"fault in"},
                 {"detected", alignment::right},
                 {"changes nothing", alignment::right},
                 {"largest missed / rms", alignment::right}};
    for (const std::string product : products) {
        for (const std::string place : places) {
            const std::string id = "faults.checksum." + product + "." + place + ".";
            const report::record* detected = result_named(how, id + "detected_calibrated");
            const report::record* harmless = result_named(how, id + "harmless");
            const report::record* missed = result_named(how, id + "largest_missed");
            if (detected != nullptr && harmless != nullptr && missed != nullptr) {
                t.add_row({product, place, report::format_percent(number_of(*detected), 3),
                           report::format_percent(number_of(*harmless), 3),
                           report::format_number(number_of(*missed), 2)});
            }
        }
    }
    if (!t.rows.empty()) {
        t.notes = {
            "Threshold: twice the largest residual of fault-free products of the same kind. From narrowfp faults."};
        out.whole = true;
        out.tables.push_back(std::move(t));
    }
}

}  // namespace

row_result run_v10(const row_context& how) {
    row_result out;
    out.word = verdict::value;
    out.kinds = "E";
    const matrix<float> x = make_matrix(distribution::normal, tiles, tile, v10_seed, 0);
    report::table t;
    t.title = "V10: every single-bit flip of 256 tiles of 128 standard normal numbers";
    t.columns = {{"format"},
                 {"flips", alignment::right},
                 {"NaN or infinite", alignment::right},
                 {"finite error above the tile's largest", alignment::right},
                 {"worst finite error / largest", alignment::right},
                 {"worst bit", alignment::right},
                 {"bits of the scale, of all", alignment::right}};
    const std::array<flipped_format, 5> formats{
        {{"e4m3fn", "E4M3 under 1x128 scales", e4m3fn, recipes::deepseek_v3, true},
         {"e5m2", "E5M2 under 1x128 scales", e5m2, recipes::deepseek_v3},
         {"mxfp8", "E4M3 under 1x32 power-of-two scales", e4m3fn, recipes::mxfp8, true},
         {"f16", "FP16", f16, recipes::none},
         {"bf16", "BF16", bf16, recipes::none}}};
    bool bounded = true;
    for (const flipped_format& f : formats) {
        const quantized_matrix q = quantize(x.view(), f.scaling.for_a(f.element), {how.threads});
        const flip_damage d = damage_of(q);
        const double scale_bits = static_cast<double>(q.scale_bytes()) / static_cast<double>(q.bytes());
        t.add_row({f.name, report::format_count(d.flips), report::format_percent(d.not_finite_share(), 3),
                   report::format_percent(d.above_share(), 3), report::format_number(d.worst, 2),
                   std::to_string(d.worst_bit), report::format_percent(scale_bits, 2)});
        const auto add = [&](const char* what, double value) {
            report::record r = make_record("V10", std::string(f.id) + "." + what, std::string(f.name) + ", " + what,
                                           report::evidence_kind::emulated, value, "1", "every flip of every code");
            r.n = d.flips;
            report::add_field(r.parameters, "seed", static_cast<std::int64_t>(v10_seed));
            out.records.push_back(std::move(r));
        };
        add("not_finite", d.not_finite_share());
        add("above_largest", d.above_share());
        add("worst", d.worst);
        if (f.bounded) {
            bounded = bounded && d.worst <= 2;
            out.value += (out.value.empty() ? "" : "; ") + std::string(f.name) + ": worst finite error " +
                         report::format_number(d.worst, 2) + " x the tile's largest";
        }
    }
    out.range = "exact counts on a sample";
    out.reason =
        "an E4M3 code under its scale cannot go wrong by more than twice the tile's largest number, a BF16 "
        "code can by 38 orders of magnitude; a flip in the scale hits the whole tile";
    out.checks = {{"a finite E4M3 flip stays within twice the largest number of its tile", bounded}};
    t.notes = {
        "Uniform over the bits of codes; flips in scales are not among them, their share of the bits is in the "
        "last column. FP8 leaves half as many bits to be hit for each number."};
    out.tables.push_back(std::move(t));
    add_detection(how, out);
    if (!out.whole) {
        out.notes.push_back("Detection by checksum: NOT RUN.");
    }
    return out;
}

}  // namespace narrowfp::bench::claim

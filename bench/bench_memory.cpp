// SPDX-License-Identifier: Apache-2.0
// What formats and recipes store: bytes of codes and scales of one matrix, ragged shapes too, and of the parts that a
// device holds and sends in a step of training. Each figure is a closed form of the shapes; each row is checked against
// the bytes that quantized_matrix really takes from the heap. Nothing depends on data, seed or machine.
// A shape is one line below; a recipe comes from the library's list, a part of the step from support/stored_parts.cpp.
#include "support/benchmark_main.hpp"
#include "support/heap_count.hpp"
#include "support/stored_parts.hpp"

#include <narrowfp/cost/stored_bytes.hpp>
#include <narrowfp/quant/recipe.hpp>
#include <narrowfp/report/text.hpp>

#include <fmt/format.h>

#include <array>
#include <cmath>
#include <string>
#include <utility>
#include <vector>

namespace narrowfp::bench {
namespace {

constexpr double bf16_bytes = 2;

// Single elements and lines, odd numbers, one short of and one beyond a block, and a weight of DeepSeek-V3 whose 576
// columns are four and a half blocks of 128.
constexpr std::array<std::pair<std::size_t, std::size_t>, 8> shapes{
    {{1, 1}, {1, 129}, {129, 1}, {31, 33}, {127, 255}, {128, 128}, {1000, 1000}, {7168, 576}}};

// The result of quantize for matrices up to this size; beyond, the empty matrix that it fills.
constexpr std::size_t most_quantized = std::size_t{1} << 20;

struct storage {
    any_format element;
    recipe scaling;
};

std::vector<storage> all_storages() {
    std::vector<storage> all{{f32, recipes::none},  {bf16, recipes::none},   {f16, recipes::none},
                             {hif8, recipes::none}, {e3m2fn, recipes::none}, {e2m1fn, recipes::none}};
    for (const recipe& r : all_recipes) {
        all.push_back({r.element, r});
    }
    return all;
}

// Whether the bytes requested from the heap are as expected. Under a sanitizer that replaces the allocator its own
// bytes would be counted, too, so nothing is compared.
bool heap_holds(std::uint64_t taken, std::uint64_t expected) { return taken == expected || !heap_count_is_exact; }

struct taken_bytes {
    std::uint64_t codes = 0;
    std::uint64_t scales = 0;
    std::uint64_t heap = 0;  // asked of operator new while the matrix lives
};

// Makes the matrix and looks at it: with all codes zero, or the result of quantize.
taken_bytes take(std::uint64_t rows, std::uint64_t cols, const quantization& q, bool quantized) {
    const matrix<float> source(quantized ? rows : 0, quantized ? cols : 0);
    const std::int64_t before = live_heap_bytes();
    const bool two_level = q.scale.method == scale_method::two_level;
    quantized_matrix x = quantized ? quantize(source.view(), q)
                                   : quantized_matrix(rows, cols, q.element, q.scale.method != scale_method::none,
                                                      q.blocks, scale_format(q.scale));
    if (two_level) {
        x.set_tensor_scale(1.0f);
    }
    // The factor of the tensor lies in the object itself.
    const std::uint64_t inside = two_level ? sizeof(float) : 0;
    return {x.code_bytes(), x.scale_bytes(), static_cast<std::uint64_t>(live_heap_bytes() - before) + inside};
}

row_value count(std::string name, std::uint64_t n, std::string note = "") {
    return {std::move(name), "B", static_cast<std::int64_t>(n), static_cast<double>(n), report::record_status::ok,
            std::move(note)};
}

row_value ratio(std::string name, std::string unit, double x) {
    return {std::move(name), std::move(unit), x, x, report::record_status::ok, ""};
}

// -- one matrix -------------------------------------------------------------------------------------------------------
report::field_list parameters_of(const storage& s, bool is_a, std::size_t rows, std::size_t cols) {
    report::field_list p;
    add_field(p, "what", "matrix");
    add_field(p, "format", std::string(name_of(s.element)));
    add_field(p, "recipe", std::string(s.scaling.name));
    add_field(p, "operand", is_a ? "a" : "b");
    add_field(p, "rows", rows);
    add_field(p, "cols", cols);
    return p;
}

class matrix_row : public suite_row {
public:
    matrix_row(const storage& s, bool is_a, std::size_t rows, std::size_t cols)
        : suite_row("memory", parameters_of(s, is_a, rows, cols)),
          how_(is_a ? s.scaling.for_a(s.element) : s.scaling.for_b(s.element)),
          rows_(rows),
          cols_(cols),
          bytes_(cost::stored_bytes(rows, cols, how_)) {}

    void prepare() override { compute(); }
    void compute() override { taken_ = take(rows_, cols_, how_, rows_ * cols_ <= most_quantized); }
    std::string check() const override {
        return taken_.codes + taken_.scales == bytes_ && heap_holds(taken_.heap, bytes_)
                   ? ""
                   : fmt::format("the closed form says {} bytes, quantized_matrix {} + {}, the heap {}", bytes_,
                                 taken_.codes, taken_.scales, taken_.heap);
    }
    std::vector<row_value> values() const override {
        const double elements = static_cast<double>(rows_ * cols_);
        return {count("bytes", bytes_, label()), count("scale_bytes", taken_.scales),
                ratio("bytes_per_element", "B", static_cast<double>(bytes_) / elements),
                ratio("of_bf16", "1", static_cast<double>(bytes_) / (bf16_bytes * elements))};
    }
    std::string label() const override { return hardware_case_of(how_.element); }
    std::string checked_against() const override {
        return heap_count_is_exact
                   ? "cost::stored_bytes, quantized_matrix::bytes() and the bytes taken from the heap are equal"
                   : "cost::stored_bytes and quantized_matrix::bytes() are equal; under a sanitizer the heap is not counted";
    }
    double macs() const override { return 0; }

private:
    quantization how_;
    std::size_t rows_;
    std::size_t cols_;
    std::uint64_t bytes_;
    taken_bytes taken_;
};

// -- one part of a step -----------------------------------------------------------------------------------------------
report::field_list parameters_of(const stored_part& part) {
    report::field_list p;
    add_field(p, "what", "step");
    add_field(p, "model", "deepseek_v3");
    add_field(p, "part", part.name);
    add_field(p, "storage", part.storage);
    return p;
}

class part_row : public suite_row {
public:
    // `wide` are the bytes of the part in 16 bits.
    part_row(stored_part part, double wide)
        : suite_row("memory", parameters_of(part)), part_(std::move(part)), wide_(wide), bytes_(bytes_of(part_)) {}

    static std::uint64_t bytes_of(const stored_part& part) {
        std::uint64_t bytes = 0;
        for (const stored_matrix& x : part.matrices) {
            bytes += x.count * cost::stored_bytes(x.rows, x.cols, x.how);
        }
        return bytes;
    }

    void prepare() override { compute(); }
    // One matrix of each shape after the other; the others of that shape are counted.
    void compute() override {
        heap_ = scales_ = elements_ = 0;
        for (const stored_matrix& x : part_.matrices) {
            const taken_bytes taken = take(x.rows, x.cols, x.how, false);
            heap_ += x.count * taken.heap;
            scales_ += x.count * taken.scales;
            elements_ += x.copy ? 0 : x.count * x.rows * x.cols;
        }
    }
    std::string check() const override {
        if (!heap_holds(heap_, bytes_)) {
            return fmt::format("the closed forms say {} bytes, the heap {}", bytes_, heap_);
        }
        if (part_.elements != 0 && part_.elements != elements_) {
            return fmt::format("the shapes have {} elements, the formula counts {}", elements_, part_.elements);
        }
        const double apart = std::fabs(static_cast<double>(bytes_) - part_.by_formula);
        return apart <= edge_bytes(part_) ? ""
                                          : fmt::format(
                                                "{} bytes by shape, {} by the formula: more apart than the edges "
                                                "of blocks explain, {}",
                                                bytes_, part_.by_formula, edge_bytes(part_));
    }
    std::vector<row_value> values() const override {
        return {count("bytes", bytes_, label()), count("scale_bytes", scales_),
                ratio("bytes_per_element", "B", static_cast<double>(bytes_) / static_cast<double>(elements_)),
                ratio("of_bf16", "1", static_cast<double>(bytes_) / wide_)};
    }
    std::string label() const override { return report::format_bytes(bytes_) + "; " + part_.hardware_case; }
    std::string checked_against() const override {
        return heap_count_is_exact
                   ? "cost::stored_bytes and the bytes taken from the heap by one quantized_matrix of each shape are "
                     "equal; the formula of cost/training_bytes.hpp differs only for blocks cut by a matrix edge"
                   : "cost::stored_bytes and the formula of cost/training_bytes.hpp differ only for blocks cut by a matrix edge; "
                     "under a sanitizer the heap is not counted";
    }
    double macs() const override { return 0; }

private:
    stored_part part_;
    double wide_;
    std::uint64_t bytes_;
    std::uint64_t heap_ = 0;
    std::uint64_t scales_ = 0;
    std::uint64_t elements_ = 0;
};

suite_content make_rows(const suite_options&) {
    suite_content content;
    for (const auto& [rows, cols] : shapes) {
        for (const storage& s : all_storages()) {
            for (const bool is_a : {true, false}) {
                content.rows.push_back(std::make_unique<matrix_row>(s, is_a, rows, cols));
            }
        }
    }
    std::string last;
    double wide = 0;
    for (stored_part& part : parts_of_step(cost::deepseek_v3, cost::deepseek_v3_layout)) {
        if (part.name != last) {
            last = part.name;
            wide = part.storage == "bf16" ? static_cast<double>(part_row::bytes_of(part))
                                          : bf16_bytes * static_cast<double>(part.elements);
        }
        content.rows.push_back(std::make_unique<part_row>(std::move(part), wide));
    }
    return content;
}

}  // namespace
}  // namespace narrowfp::bench

int main(int argc, char** argv) {
    return narrowfp::bench::run_suite(
        argc, argv,
        {.name = "bench_memory",
         .summary = "Bytes of codes and scales: of one matrix in each format and recipe, and of the parts that a\n"
                    "device holds and sends in a training step of DeepSeek-V3's shape. The figures are the same in\n"
                    "every run; times mean nothing here.",
         .kind = narrowfp::report::evidence_kind::emulated,
         .reference = "the same matrix in 16 bits",
         .make = narrowfp::bench::make_rows});
}

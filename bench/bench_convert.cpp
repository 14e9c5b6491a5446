// SPDX-License-Identifier: Apache-2.0
// How fast arrays of floats become codes and codes become floats on this machine: `convert`, `round_to_format` and
// `decode` of this library beside memcpy, Eigen's casts and the processor's own conversion instructions.
// A new format, rounding or size is one line in the tables below.
#include "support/array_rows.hpp"

#include <narrowfp/base/dispatch.hpp>
#include <narrowfp/base/target_attributes.hpp>
#include <narrowfp/format/catalog.hpp>
#include <narrowfp/round/convert.hpp>

#include <fmt/format.h>

#include <Eigen/Core>

#include <algorithm>
#include <array>
#include <cstring>

#if NARROWFP_X86_KERNELS
#include <immintrin.h>
#endif

namespace narrowfp::bench {
namespace {

constexpr std::string_view prefix = "convert";
constexpr std::array<table_key, 6> columns{{{"impl", "program"},
                                            {"op", "operation"},
                                            {"format", "format"},
                                            {"rounding", "rounding"},
                                            {"elements", "elements", true},
                                            {"threads", "threads", true}}};
constexpr std::size_t in_cache = std::size_t{1} << 18;   // 1 MiB of floats
constexpr std::size_t in_memory = std::size_t{1} << 26;  // 256 MiB of floats

enum class operation : std::uint8_t { copy, stream_copy, encode, round, decode };
constexpr std::array<std::string_view, 5> operation_names{"copy", "stream_copy", "encode", "round", "decode"};

struct variant {
    std::string_view impl;
    operation op;
    any_format format = f32;
    rounding_rule rule = rounding::ties_to_even;
    bool large = false;    // also in memory
    bool threads = false;  // also with all threads
    bool counts = true;    // of events
};

const variant memcpy_variant{"memcpy", operation::copy, f32, rounding::ties_to_even, true, true};
const variant stream_variant{"sse2", operation::stream_copy, f32, rounding::ties_to_even, true, true};
const variant e4m3fn_variant{"narrowfp", operation::encode, e4m3fn, rounding::ties_to_even, true, true};
const variant e5m2_variant{"narrowfp", operation::encode, e5m2, rounding::ties_to_even, true, true};
const variant fnuz_variant{"narrowfp", operation::encode, e4m3fnuz};
const variant hif8_variant{"narrowfp", operation::encode, hif8, rounding::ties_to_away};
const variant chance_8_variant{"narrowfp", operation::encode, e4m3fn, {rounding::stochastic_a, 8}};
const variant chance_16_variant{"narrowfp", operation::encode, e4m3fn, {rounding::stochastic_a, 16}};
const variant round_variant{"narrowfp", operation::round, e4m3fn, rounding::ties_to_even, true, true};
const variant decode_variant{"narrowfp", operation::decode, e4m3fn, rounding::ties_to_even, true, true};

std::vector<variant> variants() {
    return {memcpy_variant,
            stream_variant,
            e4m3fn_variant,
            e5m2_variant,
            {"narrowfp_uncounted", operation::encode, e4m3fn, rounding::ties_to_even, false, false, false},
            {"narrowfp_uncounted", operation::encode, e5m2, rounding::ties_to_even, false, false, false},
            fnuz_variant,
            hif8_variant,
            chance_8_variant,
            chance_16_variant,
            {"narrowfp", operation::encode, bf16, rounding::ties_to_even, true},
            {"narrowfp", operation::encode, f16, rounding::ties_to_even, true},
            round_variant,
            {"narrowfp", operation::round, bf16},
            decode_variant,
            {"narrowfp", operation::decode, e5m2},
            {"narrowfp", operation::decode, bf16},
            {"narrowfp", operation::decode, f16},
            {"eigen", operation::encode, bf16, rounding::ties_to_even, true},
            {"eigen", operation::encode, f16},
            {"eigen", operation::decode, bf16},
            {"eigen", operation::decode, f16},
            {"instruction", operation::encode, bf16ftz, rounding::ties_to_even, true},
            {"instruction", operation::encode, f16, rounding::ties_to_even, true},
            {"instruction", operation::decode, f16}};
}

report::field_list parameters_of(const variant& v, std::size_t elements, int threads) {
    report::field_list p;
    add_field(p, "impl", std::string(v.impl));
    add_field(p, "op", std::string(operation_names[static_cast<std::size_t>(v.op)]));
    add_field(p, "format", std::string(name_of(v.format)));
    add_field(p, "rounding",
              std::string(name_of(v.rule.mode)) +
                  (v.rule.random_bits > 0 ? std::to_string(v.rule.random_bits) : std::string()));
    add_field(p, "elements", elements);
    add_field(p, "threads", threads);
    return p;
}

std::string group_of(std::size_t elements, int threads) { return fmt::format("{} {}", elements, threads); }

// -- the processor's instructions -------------------------------------------------------------------------------------
#if NARROWFP_X86_KERNELS
__attribute__((target("avx512f"))) void f16_by_instruction(const float* in, std::uint16_t* out, std::size_t count) {
    for (std::size_t i = 0; i + 16 <= count; i += 16) {
        _mm256_storeu_si256(reinterpret_cast<__m256i*>(out + i), _mm512_cvtps_ph(_mm512_loadu_ps(in + i), 0));
    }
}
__attribute__((target("avx512f"))) void f16_by_instruction(const std::uint16_t* in, float* out, std::size_t count) {
    for (std::size_t i = 0; i + 16 <= count; i += 16) {
        _mm512_storeu_ps(out + i, _mm512_cvtph_ps(_mm256_loadu_si256(reinterpret_cast<const __m256i*>(in + i))));
    }
}
__attribute__((target("avx512f,avx512bf16"))) void bf16_by_instruction(const float* in, std::uint16_t* out,
                                                                       std::size_t count) {
    for (std::size_t i = 0; i + 32 <= count; i += 32) {
        const __m512bh both = _mm512_cvtne2ps_pbh(_mm512_loadu_ps(in + i + 16), _mm512_loadu_ps(in + i));
        std::memcpy(out + i, &both, sizeof both);
    }
}
#endif

using encode_function = void (*)(const float*, std::uint16_t*, std::size_t);
using decode_function = void (*)(const std::uint16_t*, float*, std::size_t);

// Null: this processor has no such instruction.
constexpr dispatch_row<encode_function> f16_encoders[] = {
#if NARROWFP_X86_KERNELS
    {features_named("avx512f"), f16_by_instruction},
#endif
    {{}, nullptr},
};
constexpr dispatch_row<encode_function> bf16_encoders[] = {
#if NARROWFP_X86_KERNELS
    {features_named("avx512f,avx512bf16"), bf16_by_instruction},
#endif
    {{}, nullptr},
};
constexpr dispatch_row<decode_function> f16_decoders[] = {
#if NARROWFP_X86_KERNELS
    {features_named("avx512f"), f16_by_instruction},
#endif
    {{}, nullptr},
};

encode_function encoder_of(const any_format& format) {
    const feature_set has = this_machine().usable;
    return format == any_format{bf16ftz} ? best_of(complete_table<bf16_encoders>(), has)
                                         : best_of(complete_table<f16_encoders>(), has);
}
decode_function f16_decoder() { return best_of(complete_table<f16_decoders>(), this_machine().usable); }

// -- rows -------------------------------------------------------------------------------------------------------------
constexpr philox_stream stream{.seed = 3, .tensor = 4};
constexpr overflow_mode overflow = overflow_mode::none;  // as the others have it

// Results are compared on stretches of this length, spread over the array, with the reference.
constexpr std::size_t stretch = 1024;
constexpr std::size_t most_stretches = 64;

template <class Code>
class conversion_row : public suite_row {
public:
    conversion_row(const variant& v, std::shared_ptr<const std::vector<float>> data, int threads)
        : suite_row(prefix, parameters_of(v, data->size(), threads)),
          v_(v),
          data_(std::move(data)),
          threads_(threads) {}

    void prepare() override {
        if (v_.impl == "instruction" &&
            (v_.op == operation::decode ? f16_decoder() == nullptr : encoder_of(v_.format) == nullptr)) {
            throw not_available("this processor lacks the instruction");
        }
        codes_.resize(v_.op == operation::round ? 0 : data_->size());
        values_.resize(v_.op == operation::encode ? 0 : data_->size());
        if (v_.op == operation::decode) {
            convert(std::span<const float>(*data_), std::span<Code>(codes_), v_.format, v_.rule, stream,
                    overflow_mode::saturate_finite);
        }
        compute();
    }

    void compute() override {
        const options how{.threads = threads_, .count_events = v_.counts};
        if (v_.impl == "eigen") {
            by_eigen();
        } else if (v_.impl == "instruction") {
            by_instruction();
        } else if (v_.op == operation::encode) {
            convert(std::span<const float>(*data_), std::span<Code>(codes_), v_.format, v_.rule, stream, overflow, 0,
                    how);
        } else if (v_.op == operation::round) {
            round_to_format(std::span<const float>(*data_), std::span<float>(values_), v_.format, v_.rule, stream,
                            overflow, 0, how);
        } else {
            decode(std::span<const Code>(codes_), v_.format, std::span<float>(values_), how);
        }
    }

    std::string check() const override {
        const std::size_t stretches = std::min(most_stretches, data_->size() / stretch);
        const std::size_t distance = data_->size() / stretches;
        for (std::size_t s = 0; s < stretches; ++s) {
            if (!is_right(s + 1 == stretches ? data_->size() - stretch : s * distance)) {
                return fmt::format("elements {} to {} differ from the reference", s * distance, s * distance + stretch);
            }
        }
        return {};
    }

    std::string label() const override {
        return v_.counts && v_.impl == "narrowfp" && v_.op != operation::decode ? "events counted" : "";
    }
    std::string checked_against() const override {
        return fmt::format("equal to the reference, bit for bit, in {} stretches of {} elements", most_stretches,
                           stretch);
    }
    double macs() const override { return static_cast<double>(data_->size()); }
    std::string group() const override { return group_of(data_->size(), threads_); }
    void release() override {
        codes_ = {};
        values_ = {};
    }

private:
    bool is_right(std::size_t first) const {
        const std::span<const float> in(data_->data() + first, stretch);
        std::vector<Code> codes(stretch);
        std::vector<float> values(stretch);
        if (v_.op == operation::encode) {
            convert_reference(in, std::span<Code>(codes), v_.format, v_.rule, stream, overflow, first);
            return std::equal(codes.begin(), codes.end(), codes_.begin() + static_cast<std::ptrdiff_t>(first));
        }
        if (v_.op == operation::round) {
            round_to_format_reference(in, std::span<float>(values), v_.format, v_.rule, stream, overflow, first);
        } else {
            decode_reference(std::span<const Code>(codes_.data() + first, stretch), v_.format,
                             std::span<float>(values));
        }
        return std::memcmp(values.data(), values_.data() + first, stretch * sizeof(float)) == 0;
    }

    void by_eigen() {
        if constexpr (sizeof(Code) == 2) {
            const auto size = static_cast<Eigen::Index>(data_->size());
            const auto cast = [&]<class Scalar>() {
                Eigen::Map<Eigen::Array<Scalar, Eigen::Dynamic, 1>> narrow(reinterpret_cast<Scalar*>(codes_.data()),
                                                                           size);
                if (v_.op == operation::encode) {
                    narrow = Eigen::Map<const Eigen::ArrayXf>(data_->data(), size).template cast<Scalar>();
                } else {
                    Eigen::Map<Eigen::ArrayXf>(values_.data(), size) = narrow.template cast<float>();
                }
            };
            v_.format == any_format{bf16} ? cast.template operator()<Eigen::bfloat16>()
                                          : cast.template operator()<Eigen::half>();
        }
    }
    void by_instruction() {
        if constexpr (sizeof(Code) == 2) {
            if (v_.op == operation::decode) {
                f16_decoder()(codes_.data(), values_.data(), codes_.size());
            } else {
                encoder_of(v_.format)(data_->data(), codes_.data(), codes_.size());
            }
        }
    }

    variant v_;
    std::shared_ptr<const std::vector<float>> data_;
    int threads_;
    std::vector<Code> codes_;
    std::vector<float> values_;
};

std::unique_ptr<suite_row> make_row(const variant& v, const std::shared_ptr<const std::vector<float>>& data,
                                    int threads) {
    if (v.op == operation::copy || v.op == operation::stream_copy) {
        return make_copy_row(prefix, parameters_of(v, data->size(), threads), group_of(data->size(), threads), data,
                             v.op == operation::copy ? copy_kind::plain : copy_kind::streaming, threads);
    }
    if (code_bits_of(v.format) <= 8) {
        return std::make_unique<conversion_row<std::uint8_t>>(v, data, threads);
    }
    return std::make_unique<conversion_row<std::uint16_t>>(v, data, threads);
}

// -- goals ------------------------------------------------------------------------------------------------------------
std::vector<speed_goal> goals_for(int threads) {
    const auto name = [](const variant& v, std::size_t elements, int n) {
        return name_of_row(prefix, parameters_of(v, elements, n));
    };
    std::vector<speed_goal> goals;
    const auto add = [&](std::string id, std::string text, std::string above, std::string below, double must,
                         double aim, bool of_times = false) {
        goals.push_back({std::move(id), std::move(text), std::move(above), std::move(below), must, aim, of_times});
    };
    for (const variant* v : {&e4m3fn_variant, &e5m2_variant}) {
        const std::string format(name_of(v->format));
        add("encode_256MiB/" + format, "float to " + format + ", 256 MiB, vs memcpy of the floats",
            name(*v, in_memory, 1), name(memcpy_variant, in_memory, 1), 1.4, 1.6);
        add("encode_1MiB/" + format, "float to " + format + ", 1 MiB, vs memcpy of the floats", name(*v, in_cache, 1),
            name(memcpy_variant, in_cache, 1), 0.85, 1.0);
    }
    add("round_256MiB", "float rounded to e4m3fn as float, 256 MiB, vs a copy past the caches",
        name(round_variant, in_memory, 1), name(stream_variant, in_memory, 1), 0.9, 1.0);
    add("decode_256MiB", "e4m3fn to float, 256 MiB, vs memcpy of the floats", name(decode_variant, in_memory, 1),
        name(memcpy_variant, in_memory, 1), 1.5, 1.8);
    for (const variant* v : {&chance_8_variant, &chance_16_variant}) {
        add(fmt::format("stochastic_1MiB/bits:{}", v->rule.random_bits),
            fmt::format("stochastic e4m3fn with {} bits, 1 MiB, vs ties to even", v->rule.random_bits),
            name(*v, in_cache, 1), name(e4m3fn_variant, in_cache, 1), 0.22, 0.4);
    }
    for (const variant* v : {&fnuz_variant, &hif8_variant}) {
        const std::string format(name_of(v->format));
        add("time_1MiB/" + format, "time of " + format + " over time of e4m3fn, 1 MiB", name(*v, in_cache, 1),
            name(e4m3fn_variant, in_cache, 1), 1.5, 1.2, true);
    }
    if (threads > 1) {
        add(fmt::format("threads_1MiB/threads:{}", threads),
            fmt::format("float to e4m3fn, 1 MiB, {} threads vs 1", threads), name(e4m3fn_variant, in_cache, threads),
            name(e4m3fn_variant, in_cache, 1), 0.85 * threads, 0.95 * threads);
    }
    return goals;
}

suite_content make_rows(const suite_options& options) {
    suite_content content;
    content.data_crc32 = crc32_of(*mixed_floats(in_cache, options.seed));
    add_field(content.context, "eigen", std::string(Eigen::SimdInstructionSetsInUse()));
    std::vector<int> thread_counts{1};
    if (options.threads > 1) {
        thread_counts.push_back(options.threads);
    }
    for (const std::size_t elements : {in_cache, in_memory}) {
        const auto data = mixed_floats(elements, options.seed);
        for (const int threads : thread_counts) {
            for (const variant& v : variants()) {
                if ((elements == in_memory && !v.large) || (threads > 1 && !v.threads)) {
                    continue;
                }
                content.rows.push_back(make_row(v, data, threads));
                if (v.op != operation::copy) {
                    content.rows.back()->ratios.push_back(
                        {"memcpy", name_of_row(prefix, parameters_of(memcpy_variant, elements, threads))});
                }
            }
        }
    }
    content.goals = goals_for(thread_counts.back());
    return content;
}

}  // namespace
}  // namespace narrowfp::bench

int main(int argc, char** argv) {
    return narrowfp::bench::run_suite(
        argc, argv,
        {.name = "bench_convert",
         .summary =
             "Times conversions of arrays on this machine: to codes, to values in float storage and back, beside\n"
             "memcpy, Eigen and the processor's instructions. Each result is checked before and after it is timed.",
         .kind = narrowfp::report::evidence_kind::measured,
         .reference = "",
         .make = narrowfp::bench::make_rows,
         .note = "Eigen's and the instructions' rows count no events; bf16ftz flushes subnormal numbers.",
         .in_rounds = true,
         .example = "format:e4m3fn",
         .rate = narrowfp::bench::element_rates(narrowfp::bench::columns)});
}

// SPDX-License-Identifier: Apache-2.0
// narrowfp convert: numbers from one format to another, with the codes that come out and the counts of what happened.
// All values are read and understood before the first result is printed, so a mistake prints nothing else.
#include "cli/command.hpp"
#include "cli/format_facts.hpp"
#include "cli/names.hpp"
#include "cli/number_text.hpp"
#include "cli/profile_facts.hpp"

#include <narrowfp/report/text.hpp>
#include <narrowfp/round/convert.hpp>

#include <fmt/format.h>

#include <unistd.h>

#include <bit>
#include <charconv>
#include <cmath>
#include <iostream>
#include <memory>
#include <stdexcept>
#include <tuple>

namespace narrowfp::cli {
namespace {

struct convert_arguments {
    std::string from;
    std::string to;
    std::string rounding;
    std::string overflow = std::string(name_of(overflow_mode::saturate_finite));
    bool overflow_given = false;
    std::string profile;
    int random_bits = 0;
    philox_stream random;
    bool random_given = false;  // --seed or --tensor
    bool bits = false;
    std::vector<std::string> values;
};

// A value as it was typed, and where.
struct typed_value {
    std::string text;
    std::string place;  // "line 3"
};

// What the values are read as: an element format, or double, which is no element format and comes in only.
struct source_format {
    bool is_double = false;
    any_format element = f32;

    std::string name() const { return is_double ? "f64" : std::string(name_of(element)); }
    int bits() const { return is_double ? 64 : code_bits_of(element); }
    rounding nearest() const { return is_double ? rounding::ties_to_even : default_rounding(element); }
};

source_format source_named(std::string_view name) {
    if (name == "f64" || name == "fp64" || name == "float64") {
        return {.is_double = true};
    }
    return {.element = format_named(name)};
}

// What was read: values of the source format, exact, one of the two lists filled.
struct input_values {
    std::vector<typed_value> typed;
    std::vector<double> doubles;       // source f64
    std::vector<std::uint32_t> codes;  // any other
    std::uint64_t rounded = 0;         // texts that are not exactly a value of the source format
};

// -- reading ----------------------------------------------------------------------------------------------------------
std::string trimmed(const std::string& text) {
    constexpr std::string_view blank = " \t\r\n\v\f";
    const auto first = text.find_first_not_of(blank);
    return first == std::string::npos ? "" : text.substr(first, text.find_last_not_of(blank) - first + 1);
}

std::vector<typed_value> typed_values(const context& ctx, const convert_arguments& args) {
    std::vector<typed_value> typed;
    for (const std::vector<std::string>* list : {&args.values, &ctx.values}) {
        for (const std::string& value : *list) {
            typed.push_back({trimmed(value), fmt::format("value {}", typed.size() + 1)});
        }
    }
    if (!typed.empty()) {
        return typed;
    }
    if (::isatty(STDIN_FILENO) == 1) {
        print_note(ctx, "values from standard input, one a line; Ctrl-D ends");
    }
    std::string line;
    for (std::size_t number = 1; std::getline(std::cin, line); ++number) {
        if (const std::string text = trimmed(line); !text.empty()) {
            typed.push_back({text, fmt::format("line {}", number)});
        }
    }
    if (std::cin.bad()) {
        throw std::runtime_error("cannot read standard input");
    }
    return typed;
}

[[noreturn]] void bad_value(const typed_value& v, const std::string& why) {
    constexpr std::size_t shown = 40;
    const bool cut = v.text.size() > shown;
    throw std::invalid_argument(
        fmt::format("{}: '{}{}' {}", v.place, report::printable(v.text.substr(0, shown)), cut ? "..." : "", why));
}

std::uint64_t read_code(const typed_value& v, const source_format& from) {
    std::string_view digits = v.text;
    if (digits.starts_with("0x") || digits.starts_with("0X")) {
        digits.remove_prefix(2);
    }
    std::uint64_t code = 0;
    const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), code, 16);
    const std::uint64_t largest = ~std::uint64_t{0} >> (64 - from.bits());
    if (error != std::errc() || end != digits.data() + digits.size() || code > largest) {
        bad_value(v, fmt::format("is not a code of {}: hexadecimal, 0 to {:x}, expected", from.name(), largest));
    }
    return code;
}

// The code that a number gets in an element format. The text names an exact real; it is rounded once, to nearest. What
// the format cannot hold at all (too large, infinite, NaN, negative) is refused rather than replaced.
std::uint32_t code_of_number(const typed_value& v, const real& x, const any_format& format, std::uint64_t& rounded) {
    const projected p = project(format, x, default_rounding(format), overflow_mode::none);
    const std::string name(name_of(format));
    if (p.overflowed) {
        const bool sign = x.negative && !std::visit([](const auto& f) { return f.is_signed; }, format);
        bad_value(v, sign ? fmt::format("is negative, and {} has no sign", name)
                          : fmt::format("is outside the range of {}, largest {}; write inf if you mean it", name,
                                        decimal_text(max_finite(format))));
    }
    const real result = decode(format, p.code);
    if (p.underflowed && !result.is_zero()) {
        bad_value(v, fmt::format("is below the smallest value of {}", name));
    }
    if (result.kind != x.kind && !p.underflowed) {
        bad_value(v, fmt::format("has no code in {}", name));
    }
    rounded += p.inexact;
    return static_cast<std::uint32_t>(p.code);
}

double double_of_number(const typed_value& v, const real& x, std::uint64_t& rounded) {
    const double value = nearest_host<double>(x);
    if (x.kind == real_class::finite && std::isinf(value)) {
        bad_value(v, "is outside the range of f64; write inf if you mean it");
    }
    const real back = to_real(value);
    const auto odd_part = [](const real& r) {
        return r.significand == 0 ? 0 : r.significand >> std::countr_zero(r.significand);
    };
    rounded += x.kind == real_class::finite && (x.sticky || odd_part(x) != odd_part(back));
    return value;
}

input_values read_values(const context& ctx, const convert_arguments& args, const source_format& from) {
    input_values in{.typed = typed_values(ctx, args), .doubles = {}, .codes = {}};
    for (const typed_value& v : in.typed) {
        if (args.bits) {
            const std::uint64_t code = read_code(v, from);
            from.is_double ? in.doubles.push_back(std::bit_cast<double>(code))
                           : in.codes.push_back(static_cast<std::uint32_t>(code));
            continue;
        }
        const auto x = read_number(v.text);
        if (!x) {
            bad_value(v,
                      v.text.size() > longest_number
                          ? fmt::format("has more than {} characters", longest_number)
                          : "is not a number: decimal, hexadecimal (0x1.8p+3), inf or nan expected; for codes, --bits");
        }
        from.is_double ? in.doubles.push_back(double_of_number(v, *x, in.rounded))
                       : in.codes.push_back(code_of_number(v, *x, from.element, in.rounded));
    }
    return in;
}

// -- writing ----------------------------------------------------------------------------------------------------------
// `doubts`: empty, or for each code why it is unsure (empty: it is sure).
std::string text_of(const any_format& to, const std::vector<std::uint32_t>& codes,
                    const std::vector<std::string_view>& doubts) {
    std::size_t width = 0;
    for (const std::uint32_t code : codes) {
        const float x = decode_float(to, code);
        width = std::max(width, is_plain(x) ? 0 : decimal_text(x).size());
    }
    std::string text;
    for (std::size_t i = 0; i < codes.size(); ++i) {
        const float x = decode_float(to, codes[i]);
        text += code_text(to, codes[i]) + "  ";
        text += is_plain(x) ? decimal_text(x) : fmt::format("{:<{}}  {}", decimal_text(x), width, hex_text(x));
        text += i < doubts.size() && !doubts[i].empty() ? fmt::format("  unsure: {}\n", doubts[i]) : "\n";
    }
    return text;
}

json object_of(const any_format& to, const input_values& in, const std::vector<std::uint32_t>& codes,
               const std::vector<std::string_view>& doubts) {
    json results = json::array();
    for (std::size_t i = 0; i < codes.size(); ++i) {
        const float x = decode_float(to, codes[i]);
        results.push_back({{"input", in.typed[i].text},
                           {"code", code_text(to, codes[i])},
                           {"value", std::isfinite(x) ? json(x) : json(decimal_text(x))},
                           {"hex", std::isfinite(x) ? json(hex_text(x)) : json()},
                           {"class", class_text(to, codes[i])}});
        if (!doubts.empty()) {
            results.back()["unsure"] = doubts[i].empty() ? json() : json(doubts[i]);
        }
    }
    return results;
}

std::string counts_text(const event_counts& n) {
    return fmt::format(
        "{} value{}: inexact {}, overflowed {}, saturated {}, underflowed {}, subnormal {}, nan {}, "
        "infinite {}",
        n.elements, n.elements == 1 ? "" : "s", n.inexact, n.overflowed, n.saturated, n.underflowed, n.subnormal, n.nan,
        n.infinite);
}

void print_results(const context& ctx, const any_format& to, const input_values& in,
                   const std::vector<std::uint32_t>& codes, const std::vector<std::string_view>& doubts) {
    if (ctx.json) {
        print_json(object_of(to, in, codes, doubts));
    } else {
        print_text(text_of(to, codes, doubts));
    }
}

void note_rounded_texts(const context& ctx, const source_format& from, const input_values& in) {
    if (in.rounded != 0) {
        print_note(ctx, fmt::format("{} of the texts {} not exactly a number of {} and {} rounded to one first, {}",
                                    in.rounded, in.rounded == 1 ? "is" : "are", from.name(),
                                    in.rounded == 1 ? "was" : "were", name_of(from.nearest())));
    }
}

// As somebody else would do it.
int run_profile(const context& ctx, const convert_arguments& args) {
    if (!args.rounding.empty() || args.overflow_given || args.random_bits != 0 || args.random_given) {
        throw std::invalid_argument(
            "--profile says how to round; it does not go with --rounding, --overflow, --random-bits, --seed or --tensor");
    }
    const source_format from = source_named(args.from);
    const any_format to = format_named(args.to);
    const conversion_profile& profile = profile_named(args.profile);
    convert_as(profile, to, 0.0f);  // that it converts to this format at all
    const input_values in = read_values(ctx, args, from);
    std::vector<std::uint32_t> codes;
    std::vector<std::string_view> doubts;
    std::size_t unsure = 0;
    for (std::size_t i = 0; i < in.typed.size(); ++i) {
        const real x = from.is_double ? to_real(in.doubles[i]) : decode(from.element, in.codes[i]);
        const profile_result r = convert_as(profile, to, x);
        codes.push_back(static_cast<std::uint32_t>(r.code));
        doubts.push_back(r.reason);
        unsure += r.unsure ? 1 : 0;
    }
    print_results(ctx, to, in, codes, doubts);
    print_note(ctx, fmt::format("{} to {} as {}: {} ({})", from.name(), name_of(to), profile.name, profile.summary,
                                profile.source));
    print_note(ctx, fmt::format("{} value{}, {} unsure", codes.size(), codes.size() == 1 ? "" : "s", unsure));
    note_rounded_texts(ctx, from, in);
    return 0;
}

rounding_rule rule_of(const convert_arguments& args, const any_format& to) {
    const rounding mode = args.rounding.empty() ? default_rounding(to) : rounding_named(args.rounding);
    if (!is_stochastic(mode) && (args.random_bits != 0 || args.random_given)) {
        throw std::invalid_argument(
            fmt::format("--random-bits, --seed and --tensor are for stochastic rounding, not for {}", name_of(mode)));
    }
    constexpr int most = 32;
    return is_stochastic(mode) ? rounding_rule(mode, args.random_bits == 0 ? most : args.random_bits)
                               : rounding_rule(mode);
}

int run(const context& ctx, const convert_arguments& args) {
    if (!args.profile.empty()) {
        return run_profile(ctx, args);
    }
    const source_format from = source_named(args.from);
    const any_format to = format_named(args.to);
    const rounding_rule rule = rule_of(args, to);
    const overflow_mode overflow = overflow_named(args.overflow);
    std::visit([&rule](const auto& f) { require_rounding(f, rule); }, to);
    const input_values in = read_values(ctx, args, from);

    std::vector<std::uint32_t> codes(in.typed.size());
    const std::span<std::uint32_t> out(codes);
    const event_counts counts =
        from.is_double
            ? convert(std::span<const double>(in.doubles), out, to, rule, args.random, overflow)
            : convert(std::span<const std::uint32_t>(in.codes), from.element, out, to, rule, args.random, overflow);
    print_results(ctx, to, in, codes, {});
    const std::string random =
        is_stochastic(rule.mode) ? fmt::format(", seed {}, tensor {}", args.random.seed, args.random.tensor) : "";
    print_note(ctx, fmt::format("{} to {}, rounding {}{}{}, overflow {}{}", from.name(), name_of(to), name_of(rule),
                                args.rounding.empty() ? " (default)" : "", random, name_of(overflow),
                                args.overflow_given ? "" : " (default)"));
    print_note(ctx, counts_text(counts));
    note_rounded_texts(ctx, from, in);
    return 0;
}

}  // namespace

void add_convert(CLI::App& app, context& ctx) {
    const auto args = std::make_shared<convert_arguments>();
    CLI::App& command = add_command(
        app, ctx,
        {.name = "convert",
         .summary = "Numbers from one format to another: codes, values and what happened",
         .details =
             "A value is decimal (0.1), hexadecimal (0x1.8p+3), inf or nan. Its text is rounded once into the\n"
             "source format (to nearest), from there once into the target. A line of output: code in hexadecimal,\n"
             "value, and the value in hexadecimal where that shows more. Counts of events go to standard error.",
         .examples = "  printf '464\\n464.0625\\n' | narrowfp convert --from f32 --to e4m3fn --overflow none\n"
                     "  narrowfp convert --from f64 --to bf16 -- 0.1 -inf\n"
                     "  narrowfp convert --from f32 --to e4m3fn --profile x86-avx10.2 464.0625 inf",
         .takes_values = true},
        [args](const context& c) { return run(c, *args); });
    command.add_option("--from", args->from, "Format of the values, or f64")->required()->type_name("FORMAT");
    command.add_option("--to", args->to, "Format of the results")->required()->type_name("FORMAT");
    command
        .add_option("--rounding", args->rounding,
                    "ties_to_even (the default; hif8: ties_to_away), ties_to_away, toward_zero,\n"
                    "toward_positive, toward_negative, to_odd, stochastic_a, stochastic_b or stochastic_c")
        ->type_name("MODE");
    command
        .add_option("--random-bits", args->random_bits, "For stochastic rounding: bits a value, 1 to 32 (the default)")
        ->check(CLI::Range(1, 32))
        ->type_name("N");
    for (const auto& [name, word, text] :
         {std::tuple{"--seed", &args->random.seed, "For stochastic rounding: seed, 0 unless given"},
          std::tuple{"--tensor", &args->random.tensor,
                     "For stochastic rounding: number of the tensor, 0 unless given"}}) {
        command
            .add_option_function<std::uint32_t>(
                name,
                [args, target = word](std::uint32_t value) {
                    *target = value;
                    args->random_given = true;
                },
                text)
            ->type_name("N");
    }
    command
        .add_option_function<std::string>(
            "--overflow",
            [args](const std::string& name) {
                args->overflow = name;
                args->overflow_given = true;
            },
            "saturate_finite (the default), saturate_propagate or none")
        ->type_name("MODE");
    command
        .add_option("--profile", args->profile,
                    "As this standard, library or machine would: see 'narrowfp list profiles'")
        ->type_name("NAME");
    command.add_flag("--bits", args->bits, "The values are codes, in hexadecimal");
    command
        .add_option("VALUE", args->values, "Values, after -- if one begins with '-'. None: standard input, one a line")
        ->type_name("");
}

}  // namespace narrowfp::cli

// SPDX-License-Identifier: Apache-2.0
// narrowfp mma: dot products of one matrix unit, codes in, patterns out, a line each; a filter for scripts and for comparing
// with a chip.
#include "cli/command.hpp"
#include "cli/names.hpp"

#include <narrowfp/base/fp_environment.hpp>
#include <narrowfp/gemm/unit_dot.hpp>

#include <fmt/format.h>

#include <array>
#include <cerrno>
#include <cstdio>
#include <cstring>
#include <memory>
#include <stdexcept>

namespace narrowfp::cli {
namespace {

struct mma_arguments {
    std::string unit;
    std::string a;
    std::string b;
    std::string output = "f32";
};

// -- numbers in hexadecimal -------------------------------------------------------------------------------------------
constexpr std::uint8_t no_digit = 0xFF;

constexpr std::array<std::uint8_t, 256> digit_values = [] {
    std::array<std::uint8_t, 256> values{};
    for (std::size_t c = 0; c < 256; ++c) {
        values[c] = no_digit;
    }
    for (std::size_t d = 0; d < 16; ++d) {
        values[static_cast<unsigned char>("0123456789abcdef"[d])] = static_cast<std::uint8_t>(d);
        values[static_cast<unsigned char>("0123456789ABCDEF"[d])] = static_cast<std::uint8_t>(d);
    }
    return values;
}();

std::size_t digits_of(int bits) { return static_cast<std::size_t>((bits + 3) / 4); }

// What stands in a column, as the error messages say it.
struct column_text {
    const char* name;
    std::string codes;  // "e4m3fn codes of 2 digits"
    std::size_t digits;
    std::uint32_t highest;
};

column_text column_of(const char* name, std::string_view format, int bits) {
    return {name, fmt::format("{} codes of {} hexadecimal digit{}", format, digits_of(bits), bits > 4 ? "s" : ""),
            digits_of(bits), bits == 32 ? 0xFFFFFFFFU : (1U << bits) - 1};
}

// The codes that stand side by side in a word of the line.
void read_codes(std::string_view word, const column_text& column, std::vector<std::uint32_t>& codes) {
    if (word.size() % column.digits != 0) {
        throw std::invalid_argument(
            fmt::format("{} has {} digits; {} expected", column.name, word.size(), column.codes));
    }
    codes.clear();
    for (std::size_t at = 0; at < word.size(); at += column.digits) {
        std::uint32_t code = 0;
        bool good = true;
        for (std::size_t i = 0; i < column.digits; ++i) {
            const std::uint8_t digit = digit_values[static_cast<unsigned char>(word[at + i])];
            good = good && digit != no_digit;
            code = code << 4 | (digit & 0xFU);
        }
        if (!good || code > column.highest) {
            throw std::invalid_argument(
                fmt::format("{}: '{}' is none of the {}", column.name, word.substr(at, column.digits), column.codes));
        }
        codes.push_back(code);
    }
}

// -- one line ---------------------------------------------------------------------------------------------------------
class mma_lines {
public:
    explicit mma_lines(const mma_arguments& args)
        : a_format_(format_named(args.a)),
          b_format_(format_named(args.b)),
          to_f16_(format_named(args.output) == any_format{f16}),
          acc_(accumulator_of(unit_named(args.unit), a_format_, b_format_, format_named(args.output))),
          dot_(acc_, a_format_, b_format_),
          columns_{column_of("A", name_of(a_format_), code_bits_of(a_format_)),
                   column_of("B", name_of(b_format_), code_bits_of(b_format_)),
                   to_f16_ ? column_of("C", "f16", 16) : column_of("C", "f32", 32)} {
        if (const auto* scaled = std::get_if<block_scaled>(&acc_)) {
            const std::string_view format = detail::format_of(scaled->scale).name;
            columns_.push_back(column_of("scales of A", format, 8));
            columns_.push_back(column_of("scales of B", format, 8));
        }
        codes_.resize(columns_.size());
    }

    // Appends the result of a line, in the digits of the output format and with a newline.
    void run(std::string_view line, std::string& out) {
        std::size_t at = 0;
        for (std::size_t column = 0; column < columns_.size(); ++column) {
            const std::string_view word = next_word(line, at);
            if (word.empty()) {
                throw std::invalid_argument(
                    fmt::format("{} is missing; {} expected", columns_[column].name, all_columns()));
            }
            read_codes(word, columns_[column], codes_[column]);
        }
        if (!next_word(line, at).empty()) {
            throw std::invalid_argument(
                fmt::format("more than {} columns; {} expected", columns_.size(), all_columns()));
        }
        if (codes_[2].size() != 1) {
            throw std::invalid_argument(fmt::format("C: one number expected, found {}", codes_[2].size()));
        }
        const float c = to_f16_ ? nearest_host<float>(f16.decode(codes_[2][0])) : std::bit_cast<float>(codes_[2][0]);
        const float d =
            columns_.size() == 5 ? dot_(codes_[0], codes_[1], c, codes_[3], codes_[4]) : dot_(codes_[0], codes_[1], c);
        const std::uint32_t pattern = to_f16_ ? f16_pattern(d) : std::bit_cast<std::uint32_t>(d);
        for (int shift = to_f16_ ? 12 : 28; shift >= 0; shift -= 4) {
            out.push_back("0123456789abcdef"[pattern >> shift & 0xFU]);
        }
        out.push_back('\n');
    }

private:
    static std::string_view next_word(std::string_view line, std::size_t& at) {
        while (at < line.size() && (line[at] == ' ' || line[at] == '\t' || line[at] == '\r')) {
            ++at;
        }
        const std::size_t first = at;
        while (at < line.size() && line[at] != ' ' && line[at] != '\t' && line[at] != '\r') {
            ++at;
        }
        return line.substr(first, at - first);
    }

    // A number that FP16 holds; NaN has the unit's pattern, all ones.
    static std::uint32_t f16_pattern(float d) {
        return std::isnan(d) ? 0x7FFFU
                             : static_cast<std::uint32_t>(
                                   project(f16, to_real(d), rounding::ties_to_even, overflow_mode::none).code);
    }

    std::string all_columns() const {
        std::string text;
        for (const column_text& column : columns_) {
            text += fmt::format("{}{} ({})", text.empty() ? "" : ", ", column.name, column.codes);
        }
        return text;
    }

    any_format a_format_;
    any_format b_format_;
    bool to_f16_;
    accumulator acc_;
    unit_dot dot_;
    std::vector<column_text> columns_;
    std::vector<std::vector<std::uint32_t>> codes_;
};

// -- all lines --------------------------------------------------------------------------------------------------------
constexpr std::size_t buffer_bytes = std::size_t{1} << 20;

void run_lines(mma_lines& lines) {
    std::vector<char> buffer(buffer_bytes);
    std::string out;
    std::size_t filled = 0;
    std::uint64_t number = 0;
    const auto one = [&](std::string_view line) {
        ++number;
        try {
            lines.run(line, out);
        } catch (const std::invalid_argument& error) {
            print_text(out);  // what the lines before it gave
            throw std::invalid_argument(fmt::format("line {}: {}", number, error.what()));
        }
    };
    for (;;) {
        if (filled == buffer.size()) {
            buffer.resize(2 * buffer.size());
        }
        const std::size_t got = std::fread(buffer.data() + filled, 1, buffer.size() - filled, stdin);
        filled += got;
        std::size_t begin = 0;
        while (const void* end = std::memchr(buffer.data() + begin, '\n', filled - begin)) {
            const auto length = static_cast<std::size_t>(static_cast<const char*>(end) - (buffer.data() + begin));
            one({buffer.data() + begin, length});
            begin += length + 1;
        }
        std::memmove(buffer.data(), buffer.data() + begin, filled - begin);
        filled -= begin;
        if (out.size() >= buffer_bytes || got == 0) {
            print_text(out);
            out.clear();
        }
        if (got == 0) {
            break;
        }
    }
    if (std::ferror(stdin) != 0) {
        throw std::runtime_error(fmt::format("standard input: {}", std::strerror(errno)));
    }
    if (filled != 0) {  // a last line without an end
        one({buffer.data(), filled});
        print_text(out);
    }
}

int run(const context& ctx, const mma_arguments& args) {
    if (ctx.json) {
        throw std::invalid_argument("mma writes patterns, a line each; it has no --json");
    }
    mma_lines lines(args);
    with_default_environment([&] { run_lines(lines); });
    return 0;
}

}  // namespace

void add_mma(CLI::App& app, context& ctx) {
    const auto args = std::make_shared<mma_arguments>();
    CLI::App& command = add_command(
        app, ctx,
        {.name = "mma",
         .summary = "Dot products of a matrix unit: codes on standard input, patterns on standard output",
         .details =
             "A line: A B C. A and B: K codes in hexadecimal side by side, 2 digits for 8 bits, 1 for 4; C: one FP32 (or\n"
             "FP16) pattern. Block-scaled units take two columns more: the scales of A and of B, 2 digits each, one\n"
             "per block of K. K may differ from line to line and may be longer than a step of the unit. A result is\n"
             "8 (or 4) digits. A line that cannot be read ends the run; the results before it were written.",
         .examples = "  echo 7e38 7e30 41100000 | narrowfp mma --unit h100 --a e4m3fn --b e4m3fn\n"
                     "  narrowfp mma --unit b200-nvfp4 --a e2m1fn --b e2m1fn < lines.txt"},
        [args](const context& c) { return run(c, *args); });
    command.add_option("--unit", args->unit, "Matrix unit: see 'narrowfp list units'")->required()->type_name("NAME");
    command.add_option("--a", args->a, "Format of A")->required()->type_name("FORMAT");
    command.add_option("--b", args->b, "Format of B")->required()->type_name("FORMAT");
    command.add_option("--out", args->output, "Registers of the unit and format of C: f32 or f16")
        ->type_name("FORMAT")
        ->capture_default_str();
}

}  // namespace narrowfp::cli

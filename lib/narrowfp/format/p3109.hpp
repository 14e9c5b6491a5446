// SPDX-License-Identifier: Apache-2.0
// The formats of IEEE P3109 (draft v4.0 of 26 June 2026, unapproved) by formula: Binary{K}p{P}{s|u}{e|f} has K bits, P
// significant bits, is signed or unsigned, has infinities (extended domain) or none (finite domain), one zero, one NaN.
//   bias                   signed 2^(K-P-1)        unsigned 2^(K-P)
//   NaN                    signed 2^(K-1)          unsigned 2^K - 1
//   +infinity, extended    signed 2^(K-1) - 1      unsigned 2^K - 2;  -infinity: 2^K - 1
// Here 3 <= K <= 16, and at most the 8 exponent bits of binary32, so that decoding to float stays exact.
#pragma once

#include <narrowfp/format/float_format.hpp>

#include <algorithm>
#include <optional>
#include <stdexcept>
#include <string>
#include <vector>

namespace narrowfp {

struct p3109_parameters {
    int k = 0;
    int p = 0;
    bool is_signed = true;
    bool extended = true;

    constexpr int exponent_bits() const { return is_signed ? k - p : k - p + 1; }
    // Of the draft (K > 2, 0 < P < K, unsigned P <= K) and of this library.
    constexpr bool is_valid() const {
        return k >= 3 && k <= 16 && p >= 1 && exponent_bits() >= 1 && exponent_bits() <= 8;
    }
};

// The parameters in a name such as "binary8p4se"; none if it is not of that form (their values are not looked at).
constexpr std::optional<p3109_parameters> parse_p3109_name(std::string_view name) {
    constexpr std::string_view prefix = "binary";
    if (!name.starts_with(prefix)) {
        return std::nullopt;
    }
    name.remove_prefix(prefix.size());
    const auto number = [&name] {  // one or two digits, no leading zero; else 0
        int value = 0;
        for (int digits = 0; digits < 2 && !name.empty() && name[0] >= (digits == 0 ? '1' : '0') && name[0] <= '9';
             ++digits) {
            value = 10 * value + (name[0] - '0');
            name.remove_prefix(1);
        }
        return value;
    };
    p3109_parameters q;
    q.k = number();
    if (q.k == 0 || !name.starts_with('p')) {
        return std::nullopt;
    }
    name.remove_prefix(1);
    q.p = number();
    if (q.p == 0 || name.size() != 2 || (name[0] != 's' && name[0] != 'u') || (name[1] != 'e' && name[1] != 'f')) {
        return std::nullopt;
    }
    q.is_signed = name[0] == 's';
    q.extended = name[1] == 'e';
    return q;
}

// The format of that name:  inline constexpr auto binary6p3uf = narrowfp::p3109_format("binary6p3uf");
// The descriptor keeps a view of `name`: pass a literal. Throws std::invalid_argument (in a constant expression: does not
// compile) for another name.
constexpr float_format p3109_format(std::string_view name) {
    const std::optional<p3109_parameters> q = parse_p3109_name(name);
    if (!q || !q->is_valid()) {
        throw std::invalid_argument("'" + std::string(name) +
                                    "' is no binary{K}p{P}{s|u}{e|f} with 3 <= K <= 16 and 1 to 8 exponent bits "
                                    "(signed K - P, unsigned K - P + 1)");
    }
    return {.name = name,
            .type_name = name,
            .source = "IEEE P3109 v4.0",
            .is_signed = q->is_signed,
            .exponent_bits = q->exponent_bits(),
            .fraction_bits = q->p - 1,
            .bias = 1 << (q->exponent_bits() - 1),  // 2^(K-P-1) and 2^(K-P)
            .infinity = q->extended ? infinity_kind::top_code : infinity_kind::none,
            .nan = q->is_signed ? nan_kind::negative_zero : nan_kind::top_code,
            .has_negative_zero = false,
            .on_overflow = q->extended ? overflow_result::infinity : overflow_result::max_finite,
            .storage_bits = q->k};
}

// The names of all formats of K bits, P increasing: "binary4p1se", "binary4p1sf", "binary4p1ue", ... They live for ever.
inline const std::vector<std::string>& p3109_names(int k) {
    static const std::vector<std::vector<std::string>> names = [] {
        std::vector<std::vector<std::string>> all(17);
        for (int bits = 3; bits <= 16; ++bits) {
            for (int p = 1; p <= bits; ++p) {
                for (const std::string_view suffix : {"se", "sf", "ue", "uf"}) {
                    if (p3109_parameters{bits, p, suffix[0] == 's', suffix[1] == 'e'}.is_valid()) {
                        all[static_cast<std::size_t>(bits)].push_back("binary" + std::to_string(bits) + "p" +
                                                                      std::to_string(p) + std::string(suffix));
                    }
                }
            }
        }
        return all;
    }();
    return names.at(static_cast<std::size_t>(k));
}

// p3109_format for a name known at run time, which need not outlive the call; none for another name.
inline std::optional<float_format> find_p3109(std::string_view name) {
    const std::optional<p3109_parameters> q = parse_p3109_name(name);
    if (!q || !q->is_valid()) {
        return std::nullopt;
    }
    const std::vector<std::string>& names = p3109_names(q->k);
    return p3109_format(*std::find(names.begin(), names.end(), name));
}

}  // namespace narrowfp

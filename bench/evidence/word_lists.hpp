// SPDX-License-Identifier: Apache-2.0
// The spellings of words.hpp, for what reads and names them.
#pragma once

#include "evidence/csv_table.hpp"
#include "evidence/words.hpp"

namespace narrowfp::bench::evidence {

inline constexpr word_list<model_kind, 4> model_kinds{{{"dense", model_kind::dense},
                                                       {"MoE", model_kind::moe},
                                                       {"dense-LoRA", model_kind::dense_lora},
                                                       {"other", model_kind::other}}};
inline constexpr word_list<scaling, 4> scalings{
    {{"tensor", scaling::tensor}, {"row", scaling::row}, {"block", scaling::block}, {"mx", scaling::mx}}};
inline constexpr word_list<certainty, 4> certainties{{{"seen", certainty::seen},
                                                      {"seen-summary", certainty::seen_summary},
                                                      {"seen via project", certainty::seen_via_project},
                                                      {"qualitative", certainty::qualitative}}};
inline constexpr word_list<same_layout, 3> layouts{
    {{"y", same_layout::yes}, {"n", same_layout::no}, {"?", same_layout::unknown}}};
inline constexpr word_list<measured_as, 2> measures{{{"time", measured_as::time}, {"rate", measured_as::rate}}};

template <class Value, std::size_t Count>
std::string_view word_of(const word_list<Value, Count>& words, Value value) {
    for (const auto& [word, known] : words) {
        if (known == value) {
            return word;
        }
    }
    return "?";
}

}  // namespace narrowfp::bench::evidence

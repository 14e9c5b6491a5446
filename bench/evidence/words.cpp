// SPDX-License-Identifier: Apache-2.0
#include "evidence/words.hpp"

#include "evidence/word_lists.hpp"

namespace narrowfp::bench::evidence {

std::string_view name_of(model_kind k) { return word_of(model_kinds, k); }
std::string_view name_of(scaling s) { return word_of(scalings, s); }
std::string_view name_of(certainty c) { return word_of(certainties, c); }
std::string_view name_of(same_layout l) { return word_of(layouts, l); }
std::string_view name_of(measured_as m) { return word_of(measures, m); }

}  // namespace narrowfp::bench::evidence

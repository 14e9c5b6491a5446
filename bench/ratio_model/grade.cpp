// SPDX-License-Identifier: Apache-2.0
#include "ratio_model/grade.hpp"

#include <stdexcept>

namespace narrowfp::bench::ratio_model {

graded grade(const grade_basis& basis) {
    for (const double p : {basis.probability, basis.without_vendor_pages}) {
        if (!(p >= 0 && p <= 1)) {
            throw std::invalid_argument("probability is " + std::to_string(p) + "; expected a number from 0 to 1");
        }
    }
    graded out{.hypothetical = basis.hypothetical,
               .provisional = !basis.later_passed,
               .gate_failed = !basis.sources_passed || !basis.later_passed.value_or(true)};
    if (out.gate_failed) {
        return out;
    }
    out.w = word_of(basis.probability);
    if (basis.capped || (out.w == word::supported && word_of(basis.without_vendor_pages) != word::supported)) {
        out.w = at_most_leans(out.w);
    }
    return out;
}

std::string text_of(const graded& g) {
    std::string out(to_string(g.w));
    out += g.hypothetical ? ", hypothetical" : "";
    out += g.provisional ? ", PROVISIONAL" : "";
    out += g.gate_failed ? ", a gate of the model failed" : "";
    return out;
}

}  // namespace narrowfp::bench::ratio_model

// SPDX-License-Identifier: Apache-2.0
#include "ratio_model/observation.hpp"

#include <algorithm>
#include <iterator>
#include <stdexcept>
#include <string_view>

namespace narrowfp::bench::ratio_model {
namespace {

constexpr double usual_sequence = 4096;
constexpr std::string_view packs_documents = "XTuner";

void require_positive(double value, std::string_view what, const evidence::unit& u) {
    if (!(value > 0)) {
        throw std::invalid_argument("unit '" + u.name + "': " + std::string(what) + " is " + std::to_string(value) +
                                    "; expected a number above 0");
    }
}

}  // namespace

double elementwise_of(const model_sizes& sizes) { return 4096 * (1 / sizes.hidden + 1 / sizes.ffn) / 1.25; }
double attention_of(const model_sizes& sizes) { return sizes.sequence / (12 * sizes.hidden); }

model_sizes sizes_of(const evidence::unit& u) {
    const bool moe = u.kind == evidence::model_kind::moe;
    model_sizes out;
    out.hidden = u.hidden.value_or(moe ? 2048 : 4096);
    out.ffn = u.ffn.value_or(moe ? 1024 : 4 * out.hidden);
    out.sequence = u.family == packs_documents ? usual_sequence : u.sequence.value_or(usual_sequence);
    return out;
}

observation observation_of(const evidence::unit& u) {
    if (u.kind != evidence::model_kind::dense && u.kind != evidence::model_kind::moe) {
        throw std::invalid_argument("unit '" + u.name + "': kind '" + std::string(evidence::name_of(u.kind)) +
                                    "'; the ratio model knows dense and MoE");
    }
    const model_sizes sizes = sizes_of(u);
    require_positive(sizes.hidden, "hidden", u);
    require_positive(sizes.ffn, "ffn", u);
    require_positive(sizes.sequence, "seq", u);
    return {.name = u.name,
            .source = u.source,
            .chip = u.chip,
            .log_ratio = u.log_ratio,
            .elementwise = elementwise_of(sizes),
            .attention = attention_of(sizes),
            .vendor_page = u.vendor_page,
            .moe = u.kind == evidence::model_kind::moe,
            .amd = evidence::chip_family(u.chip) == "AMD",
            .recipe = u.recipe};
}

std::vector<observation> observations_of(const std::vector<evidence::unit>& units) {
    std::vector<observation> out;
    std::transform(units.begin(), units.end(), std::back_inserter(out), observation_of);
    return out;
}

std::vector<observation> without_vendor_pages(const std::vector<observation>& all) {
    std::vector<observation> out;
    std::copy_if(all.begin(), all.end(), std::back_inserter(out), [](const observation& o) { return !o.vendor_page; });
    return out;
}

}  // namespace narrowfp::bench::ratio_model

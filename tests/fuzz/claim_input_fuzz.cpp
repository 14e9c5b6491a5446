// SPDX-License-Identifier: Apache-2.0
// Any text as what a user gives the claim: a what-if figure, a file of chips, a file with a model. Each is taken whole,
// and the model's parameters and work are then finite and positive, or refused with one error that changes nothing.
#include "fuzz.hpp"

#include "step_model/chip_set.hpp"
#include "step_model/subject.hpp"

#include <narrowfp/cost/training_flops.hpp>

#include <cmath>
#include <stdexcept>
#include <string_view>

namespace {

using namespace narrowfp;
using bench::step_model::chip_set;

bool is_amount(double value) { return std::isfinite(value) && value > 0; }

void take_chips(std::string_view text, bool one_datum) {
    chip_set chips;
    const std::size_t before = chips.all().size();
    try {
        one_datum ? chips.set(text) : chips.parse(text, "input");
    } catch (const std::invalid_argument&) {
        NARROWFP_FUZZ_REQUIRE(one_datum && chips.changes().empty());
        return;
    } catch (const std::runtime_error&) {
        NARROWFP_FUZZ_REQUIRE(!one_datum && chips.all().size() == before && chips.changes().empty());
        return;
    }
    NARROWFP_FUZZ_REQUIRE(!chips.changes().empty());
    for (const device::chip& chip : chips.all()) {
        NARROWFP_FUZZ_REQUIRE(chips.by_name(chip.name).name == chip.name);
        for (const device::datum& f : chip.data) {
            NARROWFP_FUZZ_REQUIRE(std::isfinite(f.value) && f.value >= 0);
        }
    }
}

void take_model(std::string_view text) {
    bench::step_model::subject subject;
    try {
        bench::step_model::parse_subject(text, "input", subject);
    } catch (const std::runtime_error&) {
        NARROWFP_FUZZ_REQUIRE(subject.is_deepseek_v3 && subject.name == "DeepSeek-V3");
        return;
    }
    NARROWFP_FUZZ_REQUIRE(cost::total_parameters(subject.model) > 0);
    NARROWFP_FUZZ_REQUIRE(is_amount(
        cost::training_flops_per_token(subject.model, subject.layout.sequence, cost::attention_count::causal)));
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    const std::string_view text(reinterpret_cast<const char*>(data), size);
    take_chips(text, true);
    take_chips(text, false);
    take_model(text);
    return 0;
}

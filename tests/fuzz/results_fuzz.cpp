// SPDX-License-Identifier: Apache-2.0
// Any text as a results file: a document that is written and read again without change and that equals itself in a
// comparison, or one std::runtime_error.
#include "fuzz.hpp"

#include "compare/results_comparison.hpp"

#include <narrowfp/report/json.hpp>

#include <stdexcept>
#include <string_view>

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    using namespace narrowfp;
    const std::string_view text(reinterpret_cast<const char*>(data), size);
    report::document doc;
    try {
        doc = report::parse_document(text, "input");
    } catch (const std::runtime_error&) {
        return 0;
    }
    const std::string written = report::to_json(doc);
    NARROWFP_FUZZ_REQUIRE(report::to_json(report::parse_document(written, "again")) == written);
    const bench::results_comparison c = bench::compare_results(doc, doc);
    NARROWFP_FUZZ_REQUIRE(c.changed.empty() && c.equal == c.compared && c.only_a.empty() && c.only_b.empty());
    NARROWFP_FUZZ_REQUIRE(c.compared + c.ratios.size() + c.no_ratio.size() == doc.records.size());
    for (const bench::measured_ratio& r : c.ratios) {
        NARROWFP_FUZZ_REQUIRE(r.ratio == 1 && r.word != bench::speed::faster && r.word != bench::speed::slower);
    }
    return 0;
}

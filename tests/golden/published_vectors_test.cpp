// SPDX-License-Identifier: Apache-2.0
// The units against dot products that real GPUs computed (north-numerical-computing/MATLAB-tensor-core, BSD-2-Clause;
// Khattak & Mikaitis, arXiv 2512.07004). NARROWFP_VECTORS names its folder model_validation; without it nothing is
// compared and the test says so.
#include "verify/published_outputs.hpp"

#include <doctest/doctest.h>

#include <cstdlib>

#include "support/bridge.hpp"

using namespace narrowfp;
using namespace narrowfp_test;

TEST_CASE("dot products of real GPUs") {
    const char* root = std::getenv("NARROWFP_VECTORS");
    if (root == nullptr || *root == '\0') {
        MESSAGE("SKIPPED: NARROWFP_VECTORS does not name a model_validation folder of MATLAB-tensor-core");
        return;
    }
    tally t("published dot products");
    for (const bench::published_agreement& a : bench::verify_published_outputs(root).all) {
        const std::string name =
            a.operation.gpu + " " + a.operation.format + (a.operation.to_f16 ? " to fp16" : " to fp32");
        t.add(a.equal);
        if (a.first) {
            t.fail(name + ": " + std::to_string(a.lines - a.equal) + " of " + std::to_string(a.lines) +
                   " differ, first test " + std::to_string(a.first->line) + ": found " + hex(a.first->found) +
                   ", measured " + hex(a.first->measured));
        }
    }
    t.finish();
}

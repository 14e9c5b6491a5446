// SPDX-License-Identifier: Apache-2.0
// The units against dot products that real GPUs computed: the folder model_validation of MATLAB-tensor-core (Khattak &
// Mikaitis, arXiv 2512.07004; BSD-2-Clause; not part of this project), read in its own layout GPU/FORMAT/{a,b,c,d}_*.txt.
// Which operation each folder stands for is data here. The samples are like N(0, 1): no specials, no subnormals, and mostly
// one step long, so agreement is necessary and not sufficient.
#pragma once

#include <narrowfp/format/element_format.hpp>

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace narrowfp::bench {

struct published_operation {
    std::string gpu;     // name of the folder
    std::string format;  // name of the folder in it
    any_format element;
    bool to_f16 = false;
    bool with_addend = true;  // false: the chip computed with C = 0, the file of C takes no part
    std::string unit;
    std::string operation;
    bool found_by_search = false;
};

// All combinations of GPU, format and output that the repository has, in its order.
std::vector<published_operation> published_operations();

struct published_mismatch {
    std::size_t line = 0;
    std::uint32_t found = 0;
    std::uint32_t measured = 0;
};

struct published_agreement {
    published_operation operation;
    std::size_t lines = 0;  // 0: the folder holds no such outputs
    std::size_t equal = 0;
    std::optional<published_mismatch> first;
};

struct published_agreements {
    std::vector<published_agreement> all;
    std::vector<std::string> unknown;  // folders with files of results for which no operation is known

    std::size_t lines() const;
    std::size_t equal() const;
};

// Throws std::runtime_error if the folder is none, holds nothing of that layout, or a file cannot be read: with its name,
// line and what was expected.
published_agreements verify_published_outputs(const std::filesystem::path& folder);

}  // namespace narrowfp::bench

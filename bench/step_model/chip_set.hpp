// SPDX-License-Identifier: Apache-2.0
// The chips that the step model is asked about: those of the library, with chips and figures from a file and what-if
// figures from the command line laid over them. Calibration and hold-outs never see a change: they use the library's.
#pragma once

#include <narrowfp/device/chip.hpp>

#include <deque>
#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

namespace narrowfp::bench::step_model {

// An Ascend: FP8 units are only supposed, and no step on it is an anchor of the step-time model.
inline bool is_ascend(const device::chip& c) { return c.vendor == "Huawei"; }

class chip_set {
public:
    chip_set();                          // the library's chips
    chip_set(const chip_set&) = delete;  // chips point into the set
    chip_set& operator=(const chip_set&) = delete;

    // Throws std::invalid_argument that names near ones for an unknown name.
    const device::chip& by_name(std::string_view name) const;
    const std::vector<device::chip>& all() const { return chips_; }

    // "h20.bf16=148": all figures of that quantity become this one. Throws std::invalid_argument that says what was
    // expected for another form, an unknown chip or quantity, a value that is neither 0 nor between 1e-6 and 1e9.
    void set(std::string_view text);

    // A JSON file: {"chips": [{"name", "full_name", "vendor", "formats", "note"?, "figures": [{"quantity", "value",
    // "source", "kind"?, "certainty"?, "note"?}]}]}. A chip of a known name replaces it. Throws std::runtime_error that
    // names file, place and what was expected; the set is unchanged then.
    void read(const std::filesystem::path& file);
    // The same from the file's text; name stands for the file in messages.
    void parse(std::string_view text, const std::string& name);

    // What was changed, one line each; empty for the library's chips.
    const std::vector<std::string>& changes() const { return changes_; }

private:
    std::string_view keep(std::string text);
    void put(device::chip chip, std::vector<device::datum> data);

    std::deque<std::string> texts_;
    std::deque<std::vector<device::datum>> data_;
    std::vector<device::chip> chips_;
    std::vector<std::string> changes_;
};

}  // namespace narrowfp::bench::step_model

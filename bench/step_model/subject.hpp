// SPDX-License-Identifier: Apache-2.0
// What is trained and how it is spread: the model and layout that the modelled rows are about. DeepSeek-V3 unless a
// model file says otherwise; its measured step serves as an anchor for itself only.
#pragma once

#include <narrowfp/cost/model_shape.hpp>
#include <narrowfp/cost/training_layout.hpp>

#include <filesystem>
#include <string>
#include <string_view>

namespace narrowfp::bench::step_model {

struct subject {
    cost::model_shape model = cost::deepseek_v3;
    cost::training_layout layout = cost::deepseek_v3_layout;
    bool is_deepseek_v3 = true;
    std::string name = "DeepSeek-V3";  // owns what the shape's name points to after reading
    std::string source;
};

// A model file: {"name", "source", "model": {...}, "layout": {...}}; bench/README.md lists the keys. Throws
// std::runtime_error that names file, place and what was expected.
void read_subject(const std::filesystem::path& file, subject& into);
// The same from the file's text; name stands for the file in messages.
void parse_subject(std::string_view text, const std::string& name, subject& into);

}  // namespace narrowfp::bench::step_model

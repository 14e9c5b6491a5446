// SPDX-License-Identifier: Apache-2.0
#include "train/run/recorded_products.hpp"

#include "support/copy_of.hpp"

#include <algorithm>
#include <cctype>
#include <stdexcept>
#include <utility>

namespace narrowfp::bench::train {

recorded_linear read_recorded_linear(const std::filesystem::path& file) {
    std::vector<linear_operands> layers = read_operands(file);  // at least one
    std::size_t last = 0;
    for (const linear_operands& o : layers) {
        last = std::max(last, o.layer);
    }
    // Files may lack layers: then the first there is behind the middle.
    const auto distance = [&](const linear_operands& o) {
        return o.layer >= last / 2 ? o.layer - last / 2 : last + last / 2 - o.layer;
    };
    const auto most = std::min_element(layers.begin(), layers.end(), [&](const auto& one, const auto& other) {
        return std::pair{distance(one), other.w.cols()} < std::pair{distance(other), one.w.cols()};
    });
    recorded_linear out{.name = file.stem().string(), .summary = {}, .file = file, .operands = std::move(*most)};
    std::transform(out.name.begin(), out.name.end(), out.name.begin(),
                   [](unsigned char c) { return std::isalnum(c) == 0 ? '_' : static_cast<char>(std::tolower(c)); });
    out.summary = "layer " + std::to_string(out.operands.layer) + " " + std::string(name_of(out.operands.kind)) +
                  " of " + file.filename().string();
    return out;
}

std::vector<recorded_linear> read_recorded_linears(std::span<const std::filesystem::path> files) {
    std::vector<recorded_linear> all;
    for (const std::filesystem::path& file : files) {
        recorded_linear one = read_recorded_linear(file);
        if (std::any_of(all.begin(), all.end(), [&](const recorded_linear& o) { return o.name == one.name; })) {
            throw std::runtime_error("'" + file.string() + "': operands of that name were given before");
        }
        all.push_back(std::move(one));
    }
    return all;
}

std::array<recorded_product, 3> products_of(const recorded_linear& linear, std::size_t most_lines) {
    const auto product = [&](const std::string& role, matrix_view<const float> a, matrix_view<const float> b) {
        return recorded_product{role + "." + linear.name, role + ", " + linear.summary,
                                copy_of(a.block(0, 0, std::min(a.rows(), most_lines), a.cols())),
                                copy_of(b.block(0, 0, b.rows(), std::min(b.cols(), most_lines)))};
    };
    const linear_operands& o = linear.operands;
    return {product("fprop", o.x.view(), o.w.view().transposed()), product("dgrad", o.dy.view(), o.w.view()),
            product("wgrad", o.dy.view().transposed(), o.x.view())};
}

}  // namespace narrowfp::bench::train

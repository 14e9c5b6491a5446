// SPDX-License-Identifier: Apache-2.0
#include "train/run/operand_files.hpp"

#include <narrowfp/io/safetensors.hpp>

#include <algorithm>
#include <cmath>
#include <span>
#include <stdexcept>
#include <string>

namespace narrowfp::bench::train {
namespace {

std::string prefix_of(const linear_operands& o) {
    return "layer" + std::to_string(o.layer) + "." + std::string(name_of(o.kind)) + ".";
}

[[noreturn]] void fail(const std::filesystem::path& path, const std::string& what) {
    throw std::runtime_error("'" + path.string() + "': " + what);
}

matrix<float> read_matrix(const safetensors_file& file, const std::string& name) {
    const safetensors_tensor* t = file.find(name);
    if (t == nullptr) {
        fail(file.path(), "has no tensor '" + name + "'");
    }
    if (t->dtype != safetensors_dtype::f32_ieee || t->shape.size() != 2) {
        fail(file.path(), "tensor '" + name + "' is no F32 matrix");
    }
    matrix<float> out(static_cast<std::size_t>(t->shape[0]), static_cast<std::size_t>(t->shape[1]));
    file.read_into(*t, std::as_writable_bytes(std::span(out.data(), out.size())));
    if (!std::all_of(out.data(), out.data() + out.size(), [](float x) { return std::isfinite(x); })) {
        fail(file.path(), "tensor '" + name + "' holds values that are not finite");
    }
    return out;
}

}  // namespace

void write_operands(const std::filesystem::path& path, const operand_origin& origin,
                    const std::vector<linear_operands>& operands) {
    std::vector<safetensors_tensor> tensors;
    const auto declare = [&](const std::string& name, const matrix<float>& m) {
        safetensors_tensor t;
        t.name = name;
        t.dtype = safetensors_dtype::f32_ieee;
        t.shape = {m.rows(), m.cols()};
        tensors.push_back(std::move(t));
    };
    for (const linear_operands& o : operands) {
        declare(prefix_of(o) + "x", o.x);
        declare(prefix_of(o) + "w", o.w);
        declare(prefix_of(o) + "dy", o.dy);
    }
    safetensors_writer out(path, std::move(tensors),
                           {{"content", "operands of linear layers in training: Y = X W^T, dX = dY W, dW = dY^T X"},
                            {"run", origin.run},
                            {"step", std::to_string(origin.step) + " of " + std::to_string(origin.steps)}});
    for (const linear_operands& o : operands) {
        for (const matrix<float>* m : {&o.x, &o.w, &o.dy}) {
            out.write(std::as_bytes(std::span(m->data(), m->size())));
        }
    }
    out.finish();
}

std::vector<linear_operands> read_operands(const std::filesystem::path& path) {
    const safetensors_file file(path);
    std::vector<linear_operands> out;
    for (const safetensors_tensor& t : file.tensors()) {
        for (std::size_t kind = 0; kind < linears_per_layer; ++kind) {
            const std::string ending = "." + std::string(linear_names[kind]) + ".x";
            if (!t.name.starts_with("layer") || !t.name.ends_with(ending)) {
                continue;
            }
            linear_operands o{.kind = static_cast<linear_kind>(kind)};
            const std::string number = t.name.substr(5, t.name.size() - 5 - ending.size());
            const bool digits =
                !number.empty() && number.size() < 7 && number.find_first_not_of("0123456789") == std::string::npos;
            if (!digits) {
                continue;
            }
            o.layer = std::stoul(number);
            o.x = read_matrix(file, prefix_of(o) + "x");
            o.w = read_matrix(file, prefix_of(o) + "w");
            o.dy = read_matrix(file, prefix_of(o) + "dy");
            if (o.x.cols() != o.w.cols() || o.dy.cols() != o.w.rows() || o.x.rows() != o.dy.rows() || o.x.size() == 0) {
                fail(path, "shapes of " + prefix_of(o) + "x, .w and .dy do not belong to one linear layer");
            }
            out.push_back(std::move(o));
        }
    }
    if (out.empty()) {
        fail(path,
             "has no operands of linear layers (tensors as layer0.gate_up.x, .w, .dy); narrowfp train --dump-operands "
             "writes them");
    }
    return out;
}

}  // namespace narrowfp::bench::train

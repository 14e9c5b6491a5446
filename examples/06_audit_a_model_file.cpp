// SPDX-License-Identifier: Apache-2.0
// What formats would do to the weights of a model file, tensor by tensor. `narrowfp audit` does more of this, and faster.
#include <narrowfp/error.hpp>
#include <narrowfp/io/model_files.hpp>
#include <narrowfp/quantize.hpp>

#include <algorithm>
#include <cstdio>
#include <filesystem>

using namespace narrowfp;

// A file to look at: a weight, and one in which a single column is 1000 times larger.
static void write_model(const std::filesystem::path& path) {
    const philox_stream random{.seed = 1, .tensor = 0};
    safetensors_writer out(path, {{"plain", safetensors_dtype::f32_ieee, {256, 512}},
                                  {"outliers", safetensors_dtype::f32_ieee, {256, 512}}});
    for (const float factor : {1.0f, 1000.0f}) {
        matrix<float> w(256, 512);
        for (std::size_t i = 0; i < w.size(); ++i) {
            w.data()[i] = (static_cast<float>(random.word(i) >> 8) * 0x1p-23f - 1) * (i % 512 == 7 ? factor : 1.0f);
        }
        out.write(std::as_bytes(std::span(w.data(), w.size())));
    }
    out.finish();
}

int main() {
    const std::filesystem::path path = "example_06.safetensors";  // in the current folder, removed at the end
    write_model(path);
    for (const safetensors_file& file : open_model(path)) {  // a file, a folder, or the index of a sharded model
        for (const safetensors_tensor& tensor : file.tensors()) {
            if (tensor.dtype != safetensors_dtype::f32_ieee || tensor.shape.size() != 2) {
                continue;
            }
            matrix<float> w(tensor.shape[0], tensor.shape[1]);
            file.read_into(tensor, std::as_writable_bytes(std::span(w.data(), w.size())));
            matrix<double> original(w.rows(), w.cols());  // metrics take their reference in double
            std::copy_n(w.data(), w.size(), original.data());
            for (const recipe& r : {recipes::tensor_current, recipes::mxfp8, recipes::int8_tile}) {
                // Rows of the file are outputs, so a row runs along k: the operand A of a recipe, not B.
                const quantized_matrix q = quantize(w.view(), r.for_a(r.element));
                const error_report error = compare(dequantize(q).view(), original.view());
                std::printf("%-8s %-6s %-14s %zu bytes, relative error %.4f, %.2f %% became zero\n",
                            tensor.name.c_str(), name_of(r.element).data(), r.name.data(), q.bytes(),
                            error.relative_frobenius,
                            100.0 * static_cast<double>(q.events().underflowed) / static_cast<double>(w.size()));
            }
        }
    }
    std::filesystem::remove(path);
}

// Output:
// plain    e4m3fn tensor_current 131076 bytes, relative error 0.0255, 0.00 % became zero
// plain    e4m3fn mxfp8          135168 bytes, relative error 0.0236, 0.00 % became zero
// plain    int8   int8_tile      135168 bytes, relative error 0.0039, 0.41 % became zero
// outliers e4m3fn tensor_current 131076 bytes, relative error 0.0268, 0.22 % became zero
// outliers e4m3fn mxfp8          135168 bytes, relative error 0.0258, 0.01 % became zero
// outliers int8   int8_tile      135168 bytes, relative error 0.0104, 21.31 % became zero

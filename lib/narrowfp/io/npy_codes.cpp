// SPDX-License-Identifier: Apache-2.0
#include <narrowfp/io/npy_codes.hpp>

#include <narrowfp/io/npy.hpp>

#include <cstring>
#include <stdexcept>
#include <string>

namespace narrowfp {
namespace {

template <class Word>
void write_words(const std::filesystem::path& path, const quantized_matrix& codes) {
    matrix<Word> words(codes.rows(), codes.cols());
    for (std::size_t i = 0; i < codes.rows(); ++i) {
        for (std::size_t j = 0; j < codes.cols(); ++j) {
            words(i, j) = static_cast<Word>(codes.code(i, j));
        }
    }
    npy_write(path, matrix_view<const Word>(words.view()));
}

std::size_t code_bytes(const any_format& element) { return code_bits_of(element) <= 8 ? 1 : 2; }

}  // namespace

void npy_write_codes(const std::filesystem::path& path, const quantized_matrix& codes) {
    if (code_bits_of(codes.element()) > 16) {
        throw std::invalid_argument("npy_write_codes: " + std::string(name_of(codes.element())) +
                                    " has codes of more than 16 bits: write its values");
    }
    if (code_bytes(codes.element()) == 1) {
        write_words<std::uint8_t>(path, codes);
    } else {
        write_words<std::uint16_t>(path, codes);
    }
}

quantized_matrix npy_read_codes(const std::filesystem::path& path, const any_format& element) {
    require_format(element);
    const npy_array array = npy_read(path);
    const auto fail = [&](const std::string& what) { throw std::runtime_error("'" + path.string() + "': " + what); };
    const std::string name(name_of(element));
    if (array.codes && *array.codes != element) {
        fail("holds codes of " + std::string(name_of(*array.codes)) + " by its header, " + name + " was asked for");
    }
    const std::size_t width = code_bytes(element);
    const bool words = array.dtype == npy_dtype::u1 || array.dtype == npy_dtype::u2 || array.dtype == npy_dtype::raw1 ||
                       array.dtype == npy_dtype::raw2;
    if (!words || item_size(array.dtype) != width || code_bits_of(element) > 16) {
        fail("dtype '" + std::string(to_string(array.dtype)) + "' cannot hold codes of " + name + ", expected " +
             (code_bits_of(element) > 16 ? "a format of at most 16 bits"
              : width == 1               ? "'|u1'"
                                         : "'<u2'"));
    }
    if (array.shape.size() != 1 && array.shape.size() != 2) {
        fail(std::to_string(array.shape.size()) + " dimensions, expected two, or one for a single row");
    }
    quantized_matrix result(array.shape.size() == 2 ? array.shape[0] : 1, array.shape.back(), element);
    for (std::size_t n = 0; n < result.rows() * result.cols(); ++n) {
        std::uint16_t code = 0;
        std::memcpy(&code, array.data.data() + n * width, width);
        if (code >> code_bits_of(element) != 0) {
            fail("element " + std::to_string(n) + " is " + std::to_string(code) + ", which is no code of " + name +
                 ": they have " + std::to_string(code_bits_of(element)) + " bits");
        }
        result.set_code(n / result.cols(), n % result.cols(), code);
    }
    return result;
}

}  // namespace narrowfp

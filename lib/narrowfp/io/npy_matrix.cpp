// SPDX-License-Identifier: Apache-2.0
// Matrices of real numbers from .npy files, exactly.
#include <narrowfp/format/types.hpp>
#include <narrowfp/io/internal/npy_text.hpp>
#include <narrowfp/io/internal/strict_json.hpp>
#include <narrowfp/io/npy.hpp>

#include <cstring>
#include <type_traits>

namespace narrowfp {
namespace {

// Elements of type From, each as make(value).
template <class From, class To, class Make>
void copy_elements(const std::vector<std::byte>& data, matrix<To>& result, Make make) {
    for (std::size_t i = 0; i < result.size(); ++i) {
        From value;
        std::memcpy(&value, data.data() + i * sizeof(From), sizeof(From));
        result.data()[i] = make(value);
    }
}

// Integers: a double holds all up to 2^53 and some beyond.
template <class Integer>
void copy_integers(const npy_array& array, const std::string& name, matrix<double>& result) {
    copy_elements<Integer>(array.data, result, [&](Integer value) {
        const auto x = static_cast<double>(value);
        constexpr double end = std::is_signed_v<Integer> ? 0x1p63 : 0x1p64;  // may not be cast back
        if constexpr (sizeof(Integer) == 8) {
            if (x >= end || static_cast<Integer>(x) != value) {
                internal::fail_file(name, "an element is " + std::to_string(value) + "; integers of dtype " +
                                              internal::shown(to_string(array.dtype)) +
                                              " are read as float64, which holds all up to 9007199254740992 (2^53)");
            }
        }
        return x;
    });
}

// Returns false for types that are not real numbers.
bool copy_as_doubles(const npy_array& array, const std::string& name, matrix<double>& result) {
    switch (array.dtype) {
        case npy_dtype::f8: copy_elements<double>(array.data, result, [](double x) { return x; }); return true;
        case npy_dtype::i1: copy_integers<std::int8_t>(array, name, result); return true;
        case npy_dtype::i2: copy_integers<std::int16_t>(array, name, result); return true;
        case npy_dtype::i4: copy_integers<std::int32_t>(array, name, result); return true;
        case npy_dtype::i8: copy_integers<std::int64_t>(array, name, result); return true;
        case npy_dtype::u1: copy_integers<std::uint8_t>(array, name, result); return true;
        case npy_dtype::u2: copy_integers<std::uint16_t>(array, name, result); return true;
        case npy_dtype::u4: copy_integers<std::uint32_t>(array, name, result); return true;
        case npy_dtype::u8: copy_integers<std::uint64_t>(array, name, result); return true;
        default: return false;
    }
}

template <class To>
bool copy_reals(const npy_array& array, const std::string& name, matrix<To>& result) {
    if (array.codes) {
        const auto value = [&](auto code) { return To{decode_float(*array.codes, code)}; };
        if (item_size(array.dtype) == 1) {
            copy_elements<std::uint8_t>(array.data, result, value);
        } else {
            copy_elements<std::uint16_t>(array.data, result, value);
        }
        return true;
    }
    if (array.dtype == npy_dtype::f4) {
        copy_elements<float>(array.data, result, [](float x) { return To{x}; });
        return true;
    }
    if (array.dtype == npy_dtype::f2) {
        copy_elements<std::uint16_t>(array.data, result,
                                     [](std::uint16_t code) { return To{nearest_host<float>(f16.decode(code))}; });
        return true;
    }
    if constexpr (std::is_same_v<To, double>) {
        return copy_as_doubles(array, name, result);
    } else {
        return false;
    }
}

}  // namespace

template <class Real>
matrix<Real> npy_read_matrix(const std::filesystem::path& path) {
    const npy_array array = npy_read(path);
    const std::string name = path.string();
    if (array.shape.size() > 2) {
        internal::fail_file(name, "shape " + internal::npy_shape_text(array.shape) +
                                      ", expected at most two dimensions: reshape it, x.reshape(-1, x.shape[-1])");
    }
    const std::size_t rows = array.shape.size() == 2 ? array.shape[0] : 1;
    matrix<Real> result(rows, array.shape.empty() ? 1 : array.shape.back());
    if (!copy_reals(array, name, result)) {
        internal::fail_file(
            name,
            "dtype " + internal::shown(to_string(array.dtype)) + ", expected " +
                (std::is_same_v<Real, float> ? "'<f4' or '<f2'" : "'<f4', '<f8', '<f2', or integers of 1 to 8 bytes") +
                "; convert it with x.astype('float32')");
    }
    return result;
}

bool fits_float(npy_dtype type) { return type == npy_dtype::f4 || type == npy_dtype::f2; }

template matrix<float> npy_read_matrix<float>(const std::filesystem::path&);
template matrix<double> npy_read_matrix<double>(const std::filesystem::path&);

}  // namespace narrowfp

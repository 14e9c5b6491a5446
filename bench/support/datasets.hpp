// SPDX-License-Identifier: Apache-2.0
// Real operands: images in the idx format (magic 0x00000803, count, rows, columns as big-endian 32-bit integers, then
// one byte per pixel, 0 to 255), plain or gzipped. The default is Fashion-MNIST as Debian's dataset-fashion-mnist
// installs it. The pixels come out as bytes; scaling them is the caller's business.
// Source: the idx format as described with the MNIST data; Xiao, Rasul, Vollgraf, arXiv:1708.07747.
#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <vector>

namespace narrowfp::bench {

struct images {
    std::size_t count = 0;
    std::size_t rows = 0;
    std::size_t cols = 0;
    std::vector<std::uint8_t> pixels;  // image after image, each row-major
};

inline constexpr const char* fashion_mnist_path = "/usr/share/datasets/fashion-mnist/train-images-idx3-ubyte.gz";

// The first `count` images of a file; 0 means all. The whole file is read, so that its checksum and length are
// verified. Throws std::runtime_error with the path if it cannot be read, is not such a file, is shorter or longer than
// its header says, or holds fewer images.
images read_idx_images(const std::filesystem::path& path, std::size_t count = 0);

// read_idx_images for 28 x 28 images. If the file is missing the message names the Debian package.
images fashion_mnist_images(const std::filesystem::path& path = fashion_mnist_path, std::size_t count = 0);

}  // namespace narrowfp::bench

// SPDX-License-Identifier: Apache-2.0
// The reader of idx image files: plain, gzipped, damaged, and Fashion-MNIST itself where it is installed.
#include <doctest/doctest.h>

#include <narrowfp/report/write_file.hpp>
#include <support/datasets.hpp>

#include <zlib.h>

#include <algorithm>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <numeric>
#include <stdexcept>
#include <string>
#include <vector>

#include "support/files.hpp"

namespace {

using namespace narrowfp;
namespace fs = std::filesystem;
using narrowfp_test::contains;
using narrowfp_test::error_of;
using narrowfp_test::temporary_file;
using narrowfp_test::temporary_folder;

std::string idx(std::uint32_t count, std::uint32_t rows, std::uint32_t cols, std::size_t bytes,
                std::uint32_t magic = 0x803) {
    std::string file;
    for (const std::uint32_t word : {magic, count, rows, cols}) {
        for (const int shift : {24, 16, 8, 0}) {
            file += static_cast<char>(word >> shift & 0xFFU);
        }
    }
    for (std::size_t i = 0; i < bytes; ++i) {
        file += static_cast<char>(i * 7 & 0xFFU);
    }
    return file;
}

// The content as gzip would store it.
std::string gzipped(const std::string& content) {
    const temporary_folder folder;
    const fs::path path = folder / "compressed";
    gzFile file = ::gzopen(path.c_str(), "wb");
    REQUIRE(file != nullptr);
    ::gzwrite(file, content.data(), static_cast<unsigned>(content.size()));
    REQUIRE(::gzclose(file) == Z_OK);
    return report::read_file(path);
}

}  // namespace

TEST_CASE("images are read from plain and from gzipped files") {
    for (const bool compressed : {false, true}) {
        const temporary_file file(compressed ? gzipped(idx(5, 3, 4, 60)) : idx(5, 3, 4, 60));
        const bench::images all = bench::read_idx_images(file.path());
        CHECK(all.count == 5);
        CHECK(all.rows == 3);
        CHECK(all.cols == 4);
        REQUIRE(all.pixels.size() == 60);
        CHECK(all.pixels[59] == static_cast<std::uint8_t>(59 * 7));
        const bench::images some = bench::read_idx_images(file.path(), 2);
        CHECK(some.count == 2);
        REQUIRE(some.pixels.size() == 24);
        CHECK(std::equal(some.pixels.begin(), some.pixels.end(), all.pixels.begin()));
    }
    const temporary_file none(idx(0, 3, 4, 0));
    CHECK(bench::read_idx_images(none.path()).pixels.empty());
}

TEST_CASE("a file that is not what its header says is refused") {
    struct broken {
        std::string content;
        const char* message;
    };
    const std::vector<broken> cases = {
        {"", "has 0 bytes, an idx image file has at least 16"},
        {idx(5, 3, 4, 60).substr(0, 15), "has 15 bytes"},
        {idx(5, 3, 4, 60, 0x801), "begins with 2049, expected 2051"},
        {idx(5, 3, 4, 59), "5 images of 3 x 4 need 60 bytes of pixels, it has 59"},
        {idx(5, 3, 4, 61), "need 60 bytes of pixels, it has more"},
        {idx(5, 0, 4, 60), "images of 0 x 4 pixels"},
        {idx(0xFFFFFFFFU, 65535, 65535, 60), "it has 60"},
        {idx(1, 0xFFFFFFFFU, 1, 60), "images of 4294967295 x 1 pixels"},
    };
    for (const broken& c : cases) {
        for (const bool compressed : {false, true}) {
            const temporary_file file(compressed ? gzipped(c.content) : c.content);
            const std::string message = error_of([&] { bench::read_idx_images(file.path()); });
            CAPTURE(message);
            CHECK(contains(message, c.message));
            CHECK(message.starts_with("'" + file.path().string() + "': "));
        }
    }
    const temporary_file file(idx(5, 3, 4, 60));
    CHECK(contains(error_of([&] { bench::read_idx_images(file.path(), 6); }), "has 5 images, 6 are asked for"));
    CHECK(contains(error_of([&] { bench::fashion_mnist_images(file.path()); }), "Fashion-MNIST has 28 x 28"));
    CHECK(contains(error_of([] { bench::read_idx_images("/nonexistent/x.gz"); }), "No such file or directory"));
    CHECK(contains(error_of([] { bench::read_idx_images("/"); }), "is a folder"));
    CHECK(contains(error_of([] { bench::fashion_mnist_images("/nonexistent/x.gz"); }),
                   "'/nonexistent/x.gz': no such file: install the Debian package dataset-fashion-mnist"));
}

TEST_CASE("a damaged gzip file is refused") {
    const std::string compressed = gzipped(idx(50, 30, 40, 60000));
    const temporary_file cut(compressed.substr(0, compressed.size() / 2));
    CHECK(contains(error_of([&] { bench::read_idx_images(cut.path()); }), "ends within the compressed data"));
    std::string flipped = compressed;
    flipped[flipped.size() - 6] = static_cast<char>(flipped[flipped.size() - 6] ^ 1);  // in the checksum
    const temporary_file wrong(flipped);
    CHECK(contains(error_of([&] { bench::read_idx_images(wrong.path(), 1); }), "damaged gzip data"));
}

TEST_CASE("Fashion-MNIST" * doctest::skip(!fs::exists(bench::fashion_mnist_path))) {
    const bench::images some = bench::fashion_mnist_images(bench::fashion_mnist_path, 4096);
    CHECK(some.count == 4096);
    CHECK(some.pixels.size() == 4096 * 784);
    const std::uint64_t sum = std::accumulate(some.pixels.begin(), some.pixels.end(), std::uint64_t{0});
    CHECK(sum > 0);
    CHECK(some.pixels[0] == 0);  // the corner of the first image is background
    const bench::images all = bench::fashion_mnist_images();
    CHECK(all.count == 60000);
    // The mean of the training pixels is well known: 0.2860 of 255.
    const std::uint64_t total = std::accumulate(all.pixels.begin(), all.pixels.end(), std::uint64_t{0});
    CHECK(static_cast<double>(total) / (60000.0 * 784 * 255) == doctest::Approx(0.2860).epsilon(0.001));
}

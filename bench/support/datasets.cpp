// SPDX-License-Identifier: Apache-2.0
#include "support/datasets.hpp"

#include <zlib.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <memory>
#include <span>
#include <stdexcept>
#include <string>
#include <system_error>

namespace narrowfp::bench {
namespace {

constexpr std::uint32_t images_magic = 0x00000803;  // unsigned bytes (08), three dimensions (03)
constexpr std::size_t header_size = 16;             // magic, count, rows, columns

[[noreturn]] void fail(const std::filesystem::path& path, const std::string& what) {
    throw std::runtime_error("'" + path.string() + "': " + what);
}

// Sequential reading through zlib, which passes a plain file through.
class reader {
public:
    explicit reader(const std::filesystem::path& path) : path_(path) {
        std::error_code error;
        if (std::filesystem::is_directory(path, error)) {  // opening one succeeds, reading does not
            fail(path, "is a folder");
        }
        errno = 0;
        file_.reset(::gzopen(path.c_str(), "rb"));
        if (file_ == nullptr) {
            fail(path, "cannot be opened: " + std::generic_category().message(errno != 0 ? errno : ENOMEM));
        }
    }

    // Fills the buffer as far as the file reaches; bytes read.
    std::size_t read(std::span<std::uint8_t> buffer) {
        const int count = ::gzread(file_.get(), buffer.data(), static_cast<unsigned>(buffer.size()));
        int code = Z_OK;
        const char* message = ::gzerror(file_.get(), &code);
        if (count < 0 || (code != Z_OK && code != Z_STREAM_END)) {
            fail(path_, code == Z_BUF_ERROR ? "ends within the compressed data"
                        : code == Z_ERRNO   ? "cannot be read: " + std::generic_category().message(errno)
                                            : std::string("damaged gzip data: ") + message);
        }
        return static_cast<std::size_t>(count);
    }

private:
    struct closer {
        void operator()(gzFile file) const { ::gzclose(file); }
    };

    const std::filesystem::path& path_;
    std::unique_ptr<gzFile_s, closer> file_;
};

struct idx_header {
    std::uint64_t count = 0;
    std::uint64_t rows = 0;
    std::uint64_t cols = 0;
};

idx_header read_header(reader& file, const std::filesystem::path& path) {
    std::array<std::uint8_t, header_size> bytes{};
    const std::size_t found = file.read(bytes);
    if (found != header_size) {
        fail(path, "has " + std::to_string(found) + " bytes, an idx image file has at least 16");
    }
    const auto word = [&](std::size_t i) {
        return std::uint32_t{bytes[4 * i]} << 24 | std::uint32_t{bytes[4 * i + 1]} << 16 |
               std::uint32_t{bytes[4 * i + 2]} << 8 | bytes[4 * i + 3];
    };
    if (word(0) != images_magic) {
        fail(path, "begins with " + std::to_string(word(0)) + ", expected 2051 (0x803), the mark of idx images");
    }
    const idx_header header{word(1), word(2), word(3)};
    if (header.rows == 0 || header.cols == 0 || header.rows > 65'535 || header.cols > 65'535) {
        fail(path, "images of " + std::to_string(header.rows) + " x " + std::to_string(header.cols) +
                       " pixels, expected 1 to 65535 each way");
    }
    return header;
}

}  // namespace

images read_idx_images(const std::filesystem::path& path, std::size_t count) {
    reader file(path);
    const idx_header header = read_header(file, path);
    if (count > header.count) {
        fail(path, "has " + std::to_string(header.count) + " images, " + std::to_string(count) + " are asked for");
    }
    const std::uint64_t image_size = header.rows * header.cols;  // < 2^32, and count < 2^32: no overflow
    const std::uint64_t expected = header.count * image_size;
    const std::uint64_t wanted = count == 0 ? expected : count * image_size;
    images result{static_cast<std::size_t>(wanted / image_size),
                  static_cast<std::size_t>(header.rows),
                  static_cast<std::size_t>(header.cols),
                  {}};
    std::vector<std::uint8_t> buffer(1U << 20);  // memory grows with what is there, not with what the header says
    std::uint64_t seen = 0;
    while (const std::size_t found = file.read(buffer)) {
        const std::uint64_t kept = std::min<std::uint64_t>(found, wanted - std::min(wanted, seen));
        result.pixels.insert(result.pixels.end(), buffer.begin(), buffer.begin() + static_cast<std::ptrdiff_t>(kept));
        seen += found;
        if (seen > expected) {
            break;
        }
    }
    if (seen != expected) {
        fail(path, std::to_string(header.count) + " images of " + std::to_string(header.rows) + " x " +
                       std::to_string(header.cols) + " need " + std::to_string(expected) + " bytes of pixels, it has " +
                       (seen > expected ? "more" : std::to_string(seen)));
    }
    return result;
}

images fashion_mnist_images(const std::filesystem::path& path, std::size_t count) {
    std::error_code error;
    if (!std::filesystem::exists(path, error)) {
        fail(path, "no such file: install the Debian package dataset-fashion-mnist");
    }
    images result = read_idx_images(path, count);
    if (result.rows != 28 || result.cols != 28) {
        fail(path, "images of " + std::to_string(result.rows) + " x " + std::to_string(result.cols) +
                       " pixels, Fashion-MNIST has 28 x 28");
    }
    return result;
}

}  // namespace narrowfp::bench

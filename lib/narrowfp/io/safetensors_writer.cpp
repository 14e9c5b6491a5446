// SPDX-License-Identifier: Apache-2.0
#include <narrowfp/io/safetensors.hpp>

#include <narrowfp/io/internal/strict_json.hpp>

#include <fcntl.h>
#include <unistd.h>

#include <atomic>
#include <cerrno>
#include <set>
#include <stdexcept>
#include <system_error>
#include <utility>

namespace narrowfp {
namespace {

using internal::shown;

[[noreturn]] void cannot_write(const std::filesystem::path& path, int error) {
    throw std::runtime_error("cannot write '" + path.string() + "': " + std::generic_category().message(error));
}

// Gives the tensors their places and returns the header's text, padded so that the data begin at a multiple of 8.
std::string place_tensors(std::vector<safetensors_tensor>& tensors, const std::map<std::string, std::string>& metadata,
                          const std::string& file) {
    nlohmann::ordered_json header = nlohmann::ordered_json::object();
    if (!metadata.empty()) {
        header["__metadata__"] = metadata;
    }
    std::set<std::string_view> names;
    std::uint64_t end = 0;
    for (safetensors_tensor& t : tensors) {
        const std::string what = "'" + file + "': tensor " + shown(t.name);
        if (t.name == "__metadata__" || !names.insert(t.name).second) {
            throw std::invalid_argument(what +
                                        (t.name == "__metadata__" ? " may not have this name" : " is given twice"));
        }
        const std::optional<std::uint64_t> bytes = internal::byte_count(t.shape, bits_of(t.dtype));
        if (!bytes || *bytes > INT64_MAX - end) {
            throw std::invalid_argument(what + " is too large, or its last byte is not full");
        }
        t.offset = end;
        t.bytes = *bytes;
        end += *bytes;
        header[t.name] = {{"dtype", std::string(to_string(t.dtype))},
                          {"shape", t.shape},
                          {"data_offsets", {t.offset, t.offset + t.bytes}}};
    }
    std::string text;
    try {
        text = header.dump();
    } catch (const nlohmann::json::exception&) {
        throw std::invalid_argument("'" + file + "': a name or a text of __metadata__ is not UTF-8");
    }
    text.append((8 - text.size() % 8) % 8, ' ');
    if (text.size() > longest_safetensors_header) {
        throw std::invalid_argument("'" + file + "': the header would have " + std::to_string(text.size()) +
                                    " bytes, expected at most " + std::to_string(longest_safetensors_header));
    }
    return text;
}

std::filesystem::path temporary_beside(const std::filesystem::path& path) {
    static std::atomic<unsigned> count{0};
    return path.parent_path() / (".narrowfp-" + std::to_string(::getpid()) + "-s" + std::to_string(count++) + ".tmp");
}

}  // namespace

safetensors_writer::safetensors_writer(std::filesystem::path path, std::vector<safetensors_tensor> tensors,
                                       const std::map<std::string, std::string>& metadata)
    : path_(std::move(path)), tensors_(std::move(tensors)) {
    const std::string header = place_tensors(tensors_, metadata, path_.string());
    for (safetensors_tensor& t : tensors_) {
        expected_ += t.bytes;
        t.offset += 8 + header.size();
    }
    std::error_code error;
    const auto status = std::filesystem::status(path_, error);
    if (std::filesystem::exists(status) && !std::filesystem::is_regular_file(status)) {
        cannot_write(path_, std::filesystem::is_directory(status) ? EISDIR : EINVAL);
    }
    temporary_ = temporary_beside(path_);
    file_ = ::open(temporary_.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0666);
    if (file_ < 0) {
        cannot_write(path_, errno);
    }
    const std::uint64_t length = header.size();
    try {
        put(&length, sizeof(length));
        put(header.data(), header.size());
    } catch (...) {  // the destructor does not run
        ::close(file_);
        ::unlink(temporary_.c_str());
        throw;
    }
}

safetensors_writer::~safetensors_writer() {
    if (file_ >= 0) {
        ::close(file_);
        ::unlink(temporary_.c_str());
    }
}

void safetensors_writer::put(const void* data, std::size_t size) {
    const char* at = static_cast<const char*>(data);
    while (size != 0) {
        const ssize_t written = ::write(file_, at, size);
        if (written < 0 && errno == EINTR) {
            continue;
        }
        if (written < 0) {
            cannot_write(path_, errno);
        }
        at += written;
        size -= static_cast<std::size_t>(written);
    }
}

void safetensors_writer::write(std::span<const std::byte> bytes) {
    if (file_ < 0 || bytes.size() > expected_ - written_) {
        throw std::invalid_argument("'" + path_.string() + "': " + std::to_string(bytes.size()) +
                                    " more bytes were given, " + std::to_string(file_ < 0 ? 0 : expected_ - written_) +
                                    " expected");
    }
    put(bytes.data(), bytes.size());
    written_ += bytes.size();
}

void safetensors_writer::finish() {
    if (file_ < 0 || written_ != expected_) {
        throw std::invalid_argument("'" + path_.string() + "': " + std::to_string(written_) + " of " +
                                    std::to_string(expected_) + " bytes were written" +
                                    (file_ < 0 ? ", and the file is finished" : ""));
    }
    const int file = std::exchange(file_, -1);
    const bool closed = ::close(file) == 0;
    if (!closed || ::rename(temporary_.c_str(), path_.c_str()) != 0) {
        const int error = errno;
        ::unlink(temporary_.c_str());
        cannot_write(path_, error);
    }
}

}  // namespace narrowfp

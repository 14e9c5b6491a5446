// SPDX-License-Identifier: Apache-2.0
// What tests of files share: folders and files that go away with the test, and texts of errors.
#pragma once

#include <narrowfp/report/write_file.hpp>

#include <doctest/doctest.h>

#include <stdlib.h>

#include <cstddef>
#include <filesystem>
#include <functional>
#include <iterator>
#include <stdexcept>
#include <string>
#include <system_error>

namespace narrowfp_test {

// A new folder, removed with everything in it.
class temporary_folder {
public:
    temporary_folder() {
        std::string name = (std::filesystem::temp_directory_path() / "narrowfp-test-XXXXXX").string();  // for mkdtemp
        REQUIRE(::mkdtemp(name.data()) != nullptr);
        path_ = name;
    }
    ~temporary_folder() {
        std::error_code ignored;
        std::filesystem::remove_all(path_, ignored);
    }
    temporary_folder(const temporary_folder&) = delete;
    temporary_folder& operator=(const temporary_folder&) = delete;

    const std::filesystem::path& path() const { return path_; }
    std::filesystem::path operator/(const std::string& name) const { return path_ / name; }

    std::size_t files() const {
        return static_cast<std::size_t>(
            std::distance(std::filesystem::directory_iterator(path_), std::filesystem::directory_iterator()));
    }

private:
    std::filesystem::path path_;
};

// A file with this content in a folder of its own.
class temporary_file {
public:
    explicit temporary_file(const std::string& content = "") { narrowfp::report::write_file(path_, content); }

    const std::filesystem::path& path() const { return path_; }

private:
    temporary_folder folder_;
    std::filesystem::path path_ = folder_ / "file";
};

// The text of the std::runtime_error that the action throws.
inline std::string error_of(const std::function<void()>& action) {
    try {
        action();
    } catch (const std::runtime_error& e) {
        return e.what();
    }
    return "no std::runtime_error was thrown";
}

inline bool contains(const std::string& text, const std::string& part) { return text.find(part) != std::string::npos; }

}  // namespace narrowfp_test

// SPDX-License-Identifier: Apache-2.0
#include <narrowfp/report/write_file.hpp>

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <atomic>
#include <cerrno>
#include <cstdio>
#include <stdexcept>
#include <system_error>
#include <utility>

namespace narrowfp::report {
namespace {

[[noreturn]] void fail(const char* what, const std::filesystem::path& path, int error) {
    throw std::runtime_error(std::string("cannot ") + what + " '" + path.string() +
                             "': " + std::generic_category().message(error));
}

// A file descriptor that closes itself; close() reports what a delayed write could not do.
class descriptor {
public:
    explicit descriptor(int fd) : fd_(fd) {}
    ~descriptor() {
        if (fd_ >= 0) {
            ::close(fd_);
        }
    }
    descriptor(const descriptor&) = delete;
    descriptor& operator=(const descriptor&) = delete;

    int get() const { return fd_; }
    bool close() { return ::close(std::exchange(fd_, -1)) == 0; }

private:
    int fd_;
};

// Removes the temporary file unless it has become the real one.
class temporary_name {
public:
    explicit temporary_name(std::filesystem::path path) : path_(std::move(path)) {}
    ~temporary_name() {
        if (!path_.empty()) {
            ::unlink(path_.c_str());
        }
    }
    temporary_name(const temporary_name&) = delete;
    temporary_name& operator=(const temporary_name&) = delete;

    void keep() { path_.clear(); }

private:
    std::filesystem::path path_;
};

bool write_all(int fd, std::string_view content) {
    while (!content.empty()) {
        const ssize_t written = ::write(fd, content.data(), content.size());
        if (written < 0) {
            if (errno == EINTR) {
                continue;
            }
            return false;
        }
        content.remove_prefix(static_cast<std::size_t>(written));
    }
    return true;
}

void write_directly(const std::filesystem::path& path, std::string_view content) {
    descriptor file(::open(path.c_str(), O_WRONLY | O_CLOEXEC));
    if (file.get() < 0 || !write_all(file.get(), content) || !file.close()) {
        fail("write", path, errno);
    }
}

// A new file beside `path`: its descriptor and its name. Processes on other hosts, and killed ones, can have had the same
// number, so a name that is taken is no error: the next one is tried.
std::pair<int, std::filesystem::path> open_temporary(const std::filesystem::path& path, mode_t mode) {
    static std::atomic<unsigned> count{0};
    constexpr int most_tries = 10'000;
    for (int n = 0;; ++n) {
        std::filesystem::path name =
            path.parent_path() / (".narrowfp-" + std::to_string(::getpid()) + "-" + std::to_string(count++) + ".tmp");
        const int fd = ::open(name.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, mode);
        if (fd >= 0 || errno != EEXIST || n == most_tries) {
            return {fd, std::move(name)};
        }
    }
}

// The file that a symbolic link leads to, there or not, so that the link itself survives the renaming.
std::filesystem::path resolved(const std::filesystem::path& path) {
    constexpr int longest_chain = 40;  // Linux's own limit
    std::filesystem::path target = path;
    std::error_code error;
    for (int i = 0; std::filesystem::is_symlink(target, error); ++i) {
        if (i == longest_chain) {
            fail("write", path, ELOOP);
        }
        const std::filesystem::path next = std::filesystem::read_symlink(target, error);
        if (error) {
            fail("write", path, error.value());
        }
        target = target.parent_path() / next;  // an absolute `next` replaces the folder
    }
    return target;
}

}  // namespace

void write_file(const std::filesystem::path& path, std::string_view content, durability until) {
    const std::filesystem::path target = resolved(path);
    struct stat info {};
    mode_t mode = 0666;
    const bool exists = ::stat(target.c_str(), &info) == 0;
    if (exists && S_ISDIR(info.st_mode)) {
        fail("write", path, EISDIR);
    }
    if (exists && !S_ISREG(info.st_mode)) {
        write_directly(target, content);
        return;
    }
    if (exists) {
        if (::access(target.c_str(), W_OK) != 0) {  // rename would replace a file that is protected
            fail("write", path, errno);
        }
        mode = info.st_mode & 0777;
    } else if (errno != ENOENT || target.filename().empty()) {
        fail("write", path, errno);
    }
    const auto [fd, temporary] = open_temporary(target, mode);
    descriptor file(fd);
    if (file.get() < 0) {
        fail("write", path, errno);
    }
    temporary_name cleaner(temporary);
    if ((exists && ::fchmod(file.get(), mode) != 0) ||  // open() took the umask off
        !write_all(file.get(), content) || (until == durability::power_loss && ::fsync(file.get()) != 0) ||
        !file.close() || ::rename(temporary.c_str(), target.c_str()) != 0) {
        fail("write", path, errno);
    }
    cleaner.keep();
    if (until == durability::power_loss) {
        const std::filesystem::path folder = target.has_parent_path() ? target.parent_path() : ".";
        descriptor directory(::open(folder.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
        if (directory.get() < 0 || ::fsync(directory.get()) != 0) {
            fail("sync the folder of", path, errno);
        }
    }
}

std::string read_file(const std::filesystem::path& path) {
    descriptor file(::open(path.c_str(), O_RDONLY | O_CLOEXEC));
    if (file.get() < 0) {
        fail("read", path, errno);
    }
    std::string content;
    char buffer[65536];
    for (;;) {
        const ssize_t count = ::read(file.get(), buffer, sizeof(buffer));
        if (count < 0 && errno == EINTR) {
            continue;
        }
        if (count < 0) {
            fail("read", path, errno);
        }
        if (count == 0) {
            return content;
        }
        content.append(buffer, static_cast<std::size_t>(count));
    }
}

}  // namespace narrowfp::report

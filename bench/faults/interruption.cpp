// SPDX-License-Identifier: Apache-2.0
#include "faults/interruption.hpp"
#include "support/seconds_now.hpp"

#include <narrowfp/report/write_file.hpp>
#include <narrowfp/round/philox.hpp>

#include <fcntl.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <chrono>
#include <cmath>
#include <csignal>
#include <stdexcept>
#include <thread>

extern char** environ;

namespace narrowfp::bench {

namespace fs = std::filesystem;

namespace {

constexpr std::uint32_t time_stream = 8000;
constexpr auto pause = std::chrono::microseconds(200);  // between two looks at the program

// A running program with its standard output; killed if it is still there at the end.
class child {
public:
    explicit child(const std::vector<std::string>& command) {
        std::array<int, 2> ends{};
        if (::pipe2(ends.data(), O_CLOEXEC | O_NONBLOCK) != 0) {
            throw std::runtime_error("cannot make a pipe");
        }
        output_ = ends[0];
        std::vector<char*> argv;
        for (const std::string& a : command) {
            argv.push_back(const_cast<char*>(a.c_str()));
        }
        argv.push_back(nullptr);
        posix_spawn_file_actions_t actions;
        posix_spawn_file_actions_init(&actions);
        posix_spawn_file_actions_adddup2(&actions, ends[1], STDOUT_FILENO);
        const int failure = ::posix_spawnp(&pid_, argv.front(), &actions, nullptr, argv.data(), environ);
        posix_spawn_file_actions_destroy(&actions);
        ::close(ends[1]);
        if (failure != 0) {
            ::close(output_);
            throw std::runtime_error(command.front() + ": cannot be started");
        }
    }
    ~child() {
        kill();
        ::close(output_);
    }
    child(const child&) = delete;
    child& operator=(const child&) = delete;

    // The exit code once it has ended; 128 + n after signal n.
    std::optional<int> ended() {
        if (!code_) {
            int status = 0;
            if (::waitpid(pid_, &status, WNOHANG) == pid_) {
                code_ = WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
            }
        }
        return code_;
    }
    void kill() {
        if (!code_) {
            ::kill(pid_, SIGKILL);
            int status = 0;
            while (::waitpid(pid_, &status, 0) < 0 && errno == EINTR) {}
            code_ = WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
        }
    }
    // It has written something.
    bool ready() {
        std::array<char, 256> text{};
        while (::read(output_, text.data(), text.size()) > 0) {
            ready_ = true;
        }
        return ready_;
    }

private:
    pid_t pid_ = 0;
    int output_ = -1;
    bool ready_ = false;
    std::optional<int> code_;
};

// The unfinished file of a checkpoint.
std::optional<fs::path> unfinished_file(const fs::path& folder) {
    std::error_code ignored;
    for (const fs::directory_entry& entry : fs::directory_iterator(folder, ignored)) {
        const std::string name = entry.path().filename().string();
        if (name.starts_with(".narrowfp-") && name.ends_with(".tmp")) {
            return entry.path();
        }
    }
    return std::nullopt;
}

// What one life of the program was to end with.
struct life_plan {
    double at = HUGE_VAL;  // seconds after its start
    bool aimed = false;    // `at` seconds after a checkpoint began to be written
};

}  // namespace

double exponential_time(double mean, std::uint32_t seed, std::uint64_t index) {
    const double u = (static_cast<double>(philox_stream{seed, time_stream}.word(index)) + 1) * 0x1p-32;  // (0, 1]
    return -mean * std::log(u);
}

interruption_outcome run_interrupted(const resumable_program& program, const kill_plan& plan) {
    interruption_outcome out;
    const double begin = seconds_now();
    double dead_since = begin;
    for (std::uint64_t life = 0;; ++life) {
        life_plan end;
        if (out.kills.size() < plan.most_kills) {
            end.aimed = plan.aim_at_writes && life % 2 == 1;
            // Writing takes some milliseconds: an aimed kill comes up to two of them after its beginning.
            constexpr double into_a_write = 0.002;
            end.at = end.aimed
                         ? into_a_write *
                               static_cast<double>(philox_stream{plan.seed, time_stream + 1}.word(plan.first + life)) *
                               0x1p-32
                         : exponential_time(plan.mean_seconds, plan.seed, plan.first + life);
        }
        const double start = seconds_now();
        child process(program.command);
        bool ready = false;
        double write_seen = -1;
        for (;;) {
            const double now = seconds_now();
            if (!ready && process.ready()) {
                ready = true;
                out.restart_times.push_back(now - dead_since);
            }
            if (const std::optional<int> code = process.ended()) {
                if (*code != 0) {
                    throw std::runtime_error(program.command.front() + ": ended by itself with exit code " +
                                             std::to_string(*code));
                }
                out.wall_seconds = now - begin;
                out.result = report::read_file(program.folder / "result");
                return out;
            }
            if (now - begin > plan.longest_seconds) {
                throw std::runtime_error(program.command.front() + ": has not ended after " +
                                         std::to_string(plan.longest_seconds) + " s and " +
                                         std::to_string(out.kills.size()) + " kills");
            }
            if (end.aimed && write_seen < 0 && unfinished_file(program.folder)) {
                write_seen = now;
            }
            if (now >= (end.aimed ? (write_seen < 0 ? HUGE_VAL : write_seen + end.at) : start + end.at)) {
                break;
            }
            std::this_thread::sleep_for(pause);
        }
        process.kill();
        dead_since = seconds_now();
        kill_event event{.seconds = dead_since - start, .ready = ready};
        if (const std::optional<fs::path> left = unfinished_file(program.folder)) {
            event.in_write = true;
            std::error_code ignored;
            event.bytes_written = fs::file_size(*left, ignored);
            fs::remove(*left, ignored);
        }
        out.kills.push_back(event);
        std::this_thread::sleep_for(std::chrono::duration<double>(plan.restart_seconds));
    }
}

}  // namespace narrowfp::bench

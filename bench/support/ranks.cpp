// SPDX-License-Identifier: Apache-2.0
#include "support/ranks.hpp"

#include "support/mpi_job.hpp"

#include <sched.h>

#include <algorithm>
#include <array>
#include <cstdio>
#include <cstdlib>
#include <exception>
#include <memory>
#include <stdexcept>
#include <string>
#include <thread>

namespace narrowfp::bench {
namespace {

// Numbers at rank 0 that all ranks raise. Loops use `items` and `items_of_next_loop` in turn.
enum class slot : std::uint8_t {
    items,
    items_of_next_loop,
    done,
    failures,
    thread_time,
    busy_time,
    fetch_time,
    fetches,
    count
};
constexpr auto slots = static_cast<std::size_t>(slot::count);

std::array<std::atomic<std::int64_t>, slots> local_numbers;  // of a single rank

std::unique_ptr<mpi_job> job;  // of several ranks

std::atomic<bool> job_runs{false};
std::atomic<const char*> last_line{nullptr};
std::atomic<int> last_code{0};

std::int64_t fetch_add(slot s, std::int64_t value) {
    return job ? job->fetch_add(static_cast<std::size_t>(s), value)
               : local_numbers[static_cast<std::size_t>(s)].fetch_add(value);
}

// The first of these variables that is set, as a number; `missing` if none is.
int number_of(std::initializer_list<const char*> names, int missing) {
    for (const char* name : names) {
        if (const char* text = std::getenv(name)) {
            return std::atoi(text);
        }
    }
    return missing;
}

// Of Open MPI, or of MPICH and Slurm's PMI-2; 0 if neither tells it: srun --mpi=pmix sets PMIX_RANK alone.
int ranks_by_environment() { return number_of({"OMPI_COMM_WORLD_SIZE", "PMI_SIZE"}, 0); }

bool started_as_rank() { return ranks_by_environment() > 0 || number_of({"PMIX_RANK"}, -1) >= 0; }

std::size_t allowed_processors() {
    cpu_set_t set;
    CPU_ZERO(&set);
    const int count = ::sched_getaffinity(0, sizeof set, &set) == 0 ? CPU_COUNT(&set) : 0;
    return count > 0 ? static_cast<std::size_t>(count) : thread_count(0);
}

}  // namespace

rank_job::rank_job(rank_use use) {
    for (auto& number : local_numbers) {
        number = 0;
    }
    if (use == rank_use::hand_out && !started_as_rank()) {
        return;
    }
    job = begin_mpi(use, slots, [] {
        if (const char* line = last_line) {
            end_ranks(line, last_code);
        }
    });
    if (job) {
        rank_ = job->rank();
        size_ = job->size();
        job_runs = true;
    }
    if (const int started = ranks_by_environment(); started > 0 && started != size_) {
        throw std::runtime_error("mpirun started " + std::to_string(started) +
                                 " processes, but this program is one of " + std::to_string(size_) +
                                 (job ? ": it was built with another MPI than that of mpirun"
                                      : ": it was built without MPI (configure with -DNARROWFP_WITH_MPI=ON)"));
    }
}

rank_job::~rank_job() {
    if (job && std::uncaught_exceptions() == 0) {
        barrier();
        job_runs = false;
        job.reset();
    }
}

std::size_t rank_job::threads(int requested) const {
    if (requested > 0 || size_ == 1) {
        return thread_count(requested);
    }
    return std::max<std::size_t>(1, std::min(allowed_processors(), thread_count(0) / job->ranks_of_host()));
}

void rank_job::barrier(const std::function<void()>& while_waiting) {
    if (job) {
        job->barrier(while_waiting);
    }
}

std::size_t rank_job::next_item() {
    const double start = seconds_now();
    const std::int64_t item = fetch_add(loops_ % 2 == 0 ? slot::items : slot::items_of_next_loop, 1);
    fetch_time_ += nanoseconds(seconds_now() - start);
    ++fetches_;
    return static_cast<std::size_t>(item);
}

void rank_job::end_of_loop(const std::function<void()>& while_waiting) {
    // The other number was last used before the previous barrier, and is next used after this one.
    const slot next = loops_ % 2 == 0 ? slot::items_of_next_loop : slot::items;
    if (is_first()) {
        fetch_add(next, -fetch_add(next, 0));
    }
    barrier(while_waiting);
    ++loops_;
}

std::uint64_t rank_job::add_done(std::uint64_t steps) {
    return static_cast<std::uint64_t>(fetch_add(slot::done, static_cast<std::int64_t>(steps))) + steps;
}

rank_times rank_job::times() {
    fetch_add(slot::thread_time, thread_time_);
    fetch_add(slot::busy_time, busy_time_);
    fetch_add(slot::fetch_time, fetch_time_);
    fetch_add(slot::fetches, fetches_);
    barrier();
    const auto seconds = [](slot s) { return static_cast<double>(fetch_add(s, 0)) * 1e-9; };
    if (!is_first()) {
        return {};
    }
    return {.thread_seconds = seconds(slot::thread_time),
            .busy_seconds = seconds(slot::busy_time),
            .fetch_seconds = seconds(slot::fetch_time),
            .fetches = static_cast<std::uint64_t>(fetch_add(slot::fetches, 0))};
}

void end_ranks(std::string_view line, int code) {
    if (!job_runs) {
        return;
    }
    if (!job->counts() || fetch_add(slot::failures, 1) == 0) {
        std::fprintf(stderr, "%.*s\n", static_cast<int>(line.size()), line.data());
        std::fflush(stderr);
    } else {
        std::this_thread::sleep_for(std::chrono::seconds(10));  // the rank that prints ends this one
    }
    job->abort(code);
}

bool ask_ranks_to_end(const char* line, int code) {
    if (!job_runs || last_line != nullptr) {
        return false;
    }
    last_code = code;
    last_line = line;
    return true;
}

bool speaks_for_all_ranks() { return number_of({"OMPI_COMM_WORLD_RANK", "PMI_RANK", "PMIX_RANK"}, 0) == 0; }

}  // namespace narrowfp::bench

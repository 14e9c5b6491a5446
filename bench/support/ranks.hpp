// SPDX-License-Identifier: Apache-2.0
// The processes (ranks) of one MPI job and the work that they share. Without mpirun, and in a build without
// NARROWFP_WITH_MPI, there is one rank and MPI is never called. Whether mpirun (or srun) started the process is read from
// its environment: MPI_Init alone would start Open MPI's daemon in every plain run.
//
// Work is handed out by a counter in the memory of rank 0, which the others raise by one-sided MPI_Fetch_and_op. Between
// hosts, Open MPI answers such a request only inside an MPI call of rank 0: without help a fetch took as long as rank 0
// computed. So rank 0 has a thread that enters MPI every millisecond; a fetch over TCP then takes 2 ms. All calls are under
// one lock (MPI_THREAD_SERIALIZED): MPI_THREAD_MULTIPLE was not faster, and asks more of an MPI.
#pragma once

#include "support/parallel.hpp"
#include "support/seconds_now.hpp"

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <string_view>

namespace narrowfp::bench {

// hand_out: work by the counter, waiting without load. messages: plain MPI from one thread, begun without mpirun, too.
enum class rank_use : std::uint8_t { hand_out, messages };

// Sums over the ranks, so far.
struct rank_times {
    double thread_seconds = 0;  // of all threads, from the start of each loop to its end on the last rank
    double busy_seconds = 0;    // of these inside an item
    double fetch_seconds = 0;   // waiting for the counter
    std::uint64_t fetches = 0;
};

// At most one in a process. Every rank makes the same calls in the same order.
class rank_job {
public:
    // Throws std::runtime_error if mpirun started several processes that this program cannot join.
    explicit rank_job(rank_use use = rank_use::hand_out);
    // Waits for the others. While an exception is on its way it leaves MPI alone: end_ranks ends the job then.
    ~rank_job();
    rank_job(const rank_job&) = delete;
    rank_job& operator=(const rank_job&) = delete;

    int rank() const { return rank_; }
    int size() const { return size_; }
    bool is_first() const { return rank_ == 0; }

    // Threads that a request means: 0 is the processors that this rank may use, at most its equal share of the host.
    std::size_t threads(int requested) const;

    // Returns when all ranks have called it. while_waiting is called now and then.
    void barrier(const std::function<void()>& while_waiting = {});

    // body(item) for every item of [0, count), each on one thread of one rank. Returns when all items of all ranks are done.
    template <class Body>
    void for_each(std::size_t count, int requested_threads, const Body& body,
                  const std::function<void()>& while_waiting = {}) {
        const double start = seconds_now();
        std::atomic<std::int64_t> busy{0};
        hand_out(
            count, threads(requested_threads), [&] { return next_item(); },
            [&](std::size_t item) {
                const double begun = seconds_now();
                body(item);
                busy += nanoseconds(seconds_now() - begun);
            });
        end_of_loop(while_waiting);
        thread_time_ += nanoseconds(seconds_now() - start) * static_cast<std::int64_t>(threads(requested_threads));
        busy_time_ += busy;
    }

    // Adds to a number that all ranks share, and returns the sum.
    std::uint64_t add_done(std::uint64_t steps);

    // On rank 0 those of all ranks; all ranks call it.
    rank_times times();

private:
    static std::int64_t nanoseconds(double seconds) { return static_cast<std::int64_t>(seconds * 1e9); }
    std::size_t next_item();
    void end_of_loop(const std::function<void()>& while_waiting);

    int rank_ = 0;
    int size_ = 1;
    std::size_t loops_ = 0;
    std::int64_t thread_time_ = 0;  // nanoseconds
    std::int64_t busy_time_ = 0;
    std::atomic<std::int64_t> fetch_time_{0};
    std::atomic<std::int64_t> fetches_{0};
};

// Ends all ranks of this process's job with this exit code. The first rank that calls it prints the line to standard
// error, the others nothing. Returns only if there is no job.
void end_ranks(std::string_view line, int code);

// For a signal handler: a thread of the job calls end_ranks soon. False if there is no job.
bool ask_ranks_to_end(const char* line, int code);

// False in a process that mpirun or srun started as another rank than 0: what every rank would say, rank 0 says alone.
bool speaks_for_all_ranks();

}  // namespace narrowfp::bench

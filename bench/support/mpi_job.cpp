// SPDX-License-Identifier: Apache-2.0
#include "support/mpi_job.hpp"

#include "support/ranks.hpp"

#ifdef NARROWFP_BENCH_MPI
#include <mpi.h>

#include <chrono>
#include <cstdlib>
#include <mutex>
#include <stdexcept>
#include <thread>
#include <utility>
#endif

namespace narrowfp::bench {

#ifdef NARROWFP_BENCH_MPI
namespace {

using std::chrono::milliseconds;

// Begins MPI in its constructor, so that it is there before any other member.
class mpi_library {
public:
    explicit mpi_library(int threads) {
        int provided = 0;
        MPI_Init_thread(nullptr, nullptr, threads, &provided);
        if (provided < threads) {
            MPI_Finalize();
            throw std::runtime_error("this MPI offers no calls from several threads (MPI_THREAD_SERIALIZED)");
        }
    }
    ~mpi_library() { MPI_Finalize(); }
    mpi_library(const mpi_library&) = delete;
    mpi_library& operator=(const mpi_library&) = delete;
};

int asked(int (*what)(MPI_Comm, int*), MPI_Comm of = MPI_COMM_WORLD) {
    int value = 0;
    what(of, &value);
    return value;
}

std::size_t count_ranks_of_host() {
    MPI_Comm host = MPI_COMM_NULL;
    MPI_Comm_split_type(MPI_COMM_WORLD, MPI_COMM_TYPE_SHARED, 0, MPI_INFO_NULL, &host);
    const int count = asked(MPI_Comm_size, host);
    MPI_Comm_free(&host);
    return static_cast<std::size_t>(count);
}

class messages_job final : public mpi_job {
public:
    int rank() const override { return rank_; }
    int size() const override { return size_; }
    std::size_t ranks_of_host() const override { return count_ranks_of_host(); }
    bool counts() const override { return false; }
    void barrier(const std::function<void()>&) override { MPI_Barrier(MPI_COMM_WORLD); }
    std::int64_t fetch_add(std::size_t, std::int64_t) override { throw std::logic_error("a job without numbers"); }
    void abort(int code) override {
        MPI_Abort(MPI_COMM_WORLD, code);
        std::abort();
    }

private:
    mpi_library library_{MPI_THREAD_SINGLE};
    int rank_ = asked(MPI_Comm_rank);
    int size_ = asked(MPI_Comm_size);
};

class hand_out_job final : public mpi_job {
public:
    hand_out_job(std::size_t numbers, std::function<void()> on_tick) {
        const auto own = static_cast<MPI_Aint>((rank_ == 0 ? numbers : 0) * sizeof(std::int64_t));
        std::int64_t* memory = nullptr;
        MPI_Win_allocate(own, sizeof(std::int64_t), MPI_INFO_NULL, MPI_COMM_WORLD, &memory, &window_);
        if (rank_ == 0) {
            MPI_Win_lock(MPI_LOCK_EXCLUSIVE, 0, 0, window_);
            std::fill(memory, memory + numbers, 0);
            MPI_Win_unlock(0, window_);
        }
        MPI_Barrier(MPI_COMM_WORLD);
        MPI_Win_lock_all(0, window_);
        helper_ = std::jthread([this, on_tick = std::move(on_tick)](const std::stop_token& stop) {
            while (!stop.stop_requested()) {
                std::this_thread::sleep_for(rank_ == 0 ? host_tick : other_tick);
                on_tick();
                if (rank_ == 0) {
                    serve();
                }
            }
        });
    }
    ~hand_out_job() override {
        helper_ = {};
        MPI_Win_unlock_all(window_);
        MPI_Win_free(&window_);
    }
    hand_out_job(const hand_out_job&) = delete;
    hand_out_job& operator=(const hand_out_job&) = delete;

    int rank() const override { return rank_; }
    int size() const override { return size_; }
    std::size_t ranks_of_host() const override { return ranks_of_host_; }
    bool counts() const override { return true; }

    // MPI_Barrier would keep a processor busy.
    void barrier(const std::function<void()>& while_waiting) override {
        MPI_Request request = MPI_REQUEST_NULL;
        {
            const std::scoped_lock lock(mutex_);
            MPI_Ibarrier(MPI_COMM_WORLD, &request);
        }
        for (int done = 0;;) {
            {
                const std::scoped_lock lock(mutex_);
                MPI_Test(&request, &done, MPI_STATUS_IGNORE);
            }
            if (done != 0) {
                return;
            }
            if (while_waiting) {
                while_waiting();
            }
            std::this_thread::sleep_for(milliseconds(1));
        }
    }

    std::int64_t fetch_add(std::size_t number, std::int64_t value) override {
        const std::scoped_lock lock(mutex_);
        std::int64_t before = 0;
        MPI_Fetch_and_op(&value, &before, MPI_INT64_T, 0, static_cast<MPI_Aint>(number), MPI_SUM, window_);
        MPI_Win_flush(0, window_);
        return before;
    }

    void abort(int code) override {
        const std::scoped_lock lock(mutex_);
        MPI_Abort(MPI_COMM_WORLD, code);
        std::abort();
    }

private:
    static constexpr milliseconds host_tick{1};
    static constexpr milliseconds other_tick{20};

    // Any call that looks for messages lets MPI answer the other ranks.
    void serve() {
        const std::scoped_lock lock(mutex_);
        int found = 0;
        MPI_Iprobe(MPI_ANY_SOURCE, MPI_ANY_TAG, MPI_COMM_WORLD, &found, MPI_STATUS_IGNORE);
    }

    mpi_library library_{MPI_THREAD_SERIALIZED};
    int rank_ = asked(MPI_Comm_rank);
    int size_ = asked(MPI_Comm_size);
    std::size_t ranks_of_host_ = count_ranks_of_host();
    MPI_Win window_ = MPI_WIN_NULL;
    std::mutex mutex_;  // of all MPI calls after the constructor
    std::jthread helper_;
};

}  // namespace

std::unique_ptr<mpi_job> begin_mpi(rank_use use, std::size_t numbers, std::function<void()> on_tick) {
    if (use == rank_use::messages) {
        return std::make_unique<messages_job>();
    }
    return std::make_unique<hand_out_job>(numbers, std::move(on_tick));
}

#else

std::unique_ptr<mpi_job> begin_mpi(rank_use, std::size_t, std::function<void()>) { return nullptr; }

#endif

}  // namespace narrowfp::bench

// SPDX-License-Identifier: Apache-2.0
#include "comm/thread_transport.hpp"

#include <algorithm>
#include <barrier>
#include <condition_variable>
#include <deque>
#include <exception>
#include <mutex>
#include <stdexcept>
#include <string>
#include <thread>
#include <vector>

namespace narrowfp::bench {

namespace {

using message = std::vector<std::uint8_t>;

struct shared_state {
    explicit shared_state(int ranks) : size(ranks), boxes(static_cast<std::size_t>(ranks * ranks)), all(ranks) {}

    std::deque<message>& box(int from, int to) { return boxes[static_cast<std::size_t>(from * size + to)]; }

    int size;
    std::mutex lock;
    std::condition_variable arrived;
    std::vector<std::deque<message>> boxes;
    std::barrier<> all;
    thread_traffic traffic;
    std::exception_ptr failure;
};

class thread_rank final : public transport {
public:
    thread_rank(shared_state& state, int rank) : state_(state), rank_(rank) {}
    int rank() const override { return rank_; }
    int size() const override { return state_.size; }

    void exchange(int to, bytes_out out, int from, bytes_in in) override {
        std::unique_lock hold(state_.lock);
        if (!out.empty()) {
            state_.box(rank_, to).emplace_back(out.begin(), out.end());
            state_.traffic.bytes += out.size();
            ++state_.traffic.messages;
            state_.arrived.notify_all();
        }
        if (in.empty()) {
            return;
        }
        std::deque<message>& box = state_.box(from, rank_);
        state_.arrived.wait(hold, [&] { return !box.empty() || state_.failure; });
        if (box.empty()) {
            throw std::runtime_error("another rank failed");
        }
        if (box.front().size() != in.size()) {
            throw std::logic_error("rank " + std::to_string(rank_) + " expects " + std::to_string(in.size()) +
                                   " bytes from rank " + std::to_string(from) + ", found " +
                                   std::to_string(box.front().size()));
        }
        std::copy(box.front().begin(), box.front().end(), in.begin());
        box.pop_front();
    }

    void barrier() override { state_.all.arrive_and_wait(); }

private:
    shared_state& state_;
    int rank_;
};

}  // namespace

thread_traffic run_ranks(int size, const std::function<void(transport&)>& work) {
    if (size < 1) {
        throw std::invalid_argument("ranks: at least one is needed, found " + std::to_string(size));
    }
    shared_state state(size);
    std::vector<std::thread> threads;
    for (int rank = 0; rank < size; ++rank) {
        threads.emplace_back([&state, &work, rank] {
            thread_rank self(state, rank);
            try {
                work(self);
            } catch (...) {
                const std::lock_guard hold(state.lock);
                if (!state.failure) {
                    state.failure = std::current_exception();
                }
                state.arrived.notify_all();
            }
            state.all.arrive_and_drop();
        });
    }
    for (std::thread& t : threads) {
        t.join();
    }
    if (state.failure) {
        std::rethrow_exception(state.failure);
    }
    return state.traffic;
}

}  // namespace narrowfp::bench

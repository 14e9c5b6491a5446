// SPDX-License-Identifier: Apache-2.0
// bench_comm: one rank of the communication suite over MPI. `narrowfp comm` starts it; by hand:
//   mpirun -np 2 --oversubscribe --mca btl tcp,self bench_comm --folder FOLDER
// Rank 0 writes results.json (bytes, errors) and timings.json there. Payload is counted in the PMPI wrappers at the end of
// this file: what the program hands to MPI. Shared memory would measure a copy of memory, so TCP is required.
// Exit codes: 0 it ran and its checks held, 1 a check failed, 2 wrong use.
#include "comm/comm_suite.hpp"
#include "support/build_info.hpp"
#include "support/ranks.hpp"

#include <narrowfp/base/version.hpp>
#include <narrowfp/report/json.hpp>

#include <mpi.h>

#include <charconv>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <sstream>
#include <stdexcept>

namespace {

using namespace narrowfp;
using namespace narrowfp::bench;

sent_traffic counted;  // by the wrappers below
constexpr int tag = 7;

void count(std::uint64_t bytes) {
    counted.bytes += bytes;
    ++counted.messages;
}

class mpi_transport final : public transport {
public:
    int rank() const override { return job_.rank(); }
    int size() const override { return job_.size(); }
    void exchange(int to, bytes_out out, int from, bytes_in in) override {
        MPI_Request request = MPI_REQUEST_NULL;
        if (!in.empty()) {
            MPI_Irecv(in.data(), static_cast<int>(in.size()), MPI_BYTE, from, tag, MPI_COMM_WORLD, &request);
        }
        if (!out.empty()) {
            MPI_Send(out.data(), static_cast<int>(out.size()), MPI_BYTE, to, tag, MPI_COMM_WORLD);
        }
        MPI_Wait(&request, MPI_STATUS_IGNORE);
    }
    void barrier() override { job_.barrier(); }

private:
    rank_job job_{rank_use::messages};
};

// -- the reduction of MPI's own choice --------------------------------------------------------------------------------
// An element is a whole tile with its scale, so that MPI can split messages only where a sum is defined. MPI knows no FP8:
// tiles are bytes and the operation is ours.
const wire_format* format_of_reduction = nullptr;  // MPI hands no context to an operation

void add_tiles(void* in, void* in_out, int* tiles, MPI_Datatype*) {
    const wire_format& format = *format_of_reduction;
    const std::size_t bytes = format.bytes(wire_tile);
    std::array<float, wire_tile> a{};
    std::array<float, wire_tile> b{};
    for (int n = 0; n < *tiles; ++n) {
        const std::size_t first = static_cast<std::size_t>(n) * bytes;
        const bytes_out left(static_cast<const std::uint8_t*>(in) + first, bytes);
        const bytes_in right(static_cast<std::uint8_t*>(in_out) + first, bytes);
        format.decode(left, a);
        format.decode(right, b);
        for (std::size_t i = 0; i < wire_tile; ++i) {
            b[i] += a[i];
        }
        format.encode(b, right);
    }
}

void reduce_by_library(const wire_format& format, std::span<float> x) {
    const std::size_t tiles = x.size() / wire_tile;
    const std::size_t bytes = format.bytes(wire_tile);
    std::vector<std::uint8_t> data(tiles * bytes);
    for (std::size_t n = 0; n < tiles; ++n) {
        format.encode(x.subspan(n * wire_tile, wire_tile), std::span(data).subspan(n * bytes, bytes));
    }
    format_of_reduction = &format;
    MPI_Datatype tile = MPI_DATATYPE_NULL;
    MPI_Type_contiguous(static_cast<int>(bytes), MPI_BYTE, &tile);
    MPI_Type_commit(&tile);
    MPI_Op sum = MPI_OP_NULL;
    MPI_Op_create(add_tiles, 1, &sum);  // a + b is b + a, bit for bit
    MPI_Allreduce(MPI_IN_PLACE, data.data(), static_cast<int>(tiles), tile, sum, MPI_COMM_WORLD);
    MPI_Op_free(&sum);
    MPI_Type_free(&tile);
    for (std::size_t n = 0; n < tiles; ++n) {
        format.decode(std::span(data).subspan(n * bytes, bytes), x.subspan(n * wire_tile, wire_tile));
    }
}

// -- the machine ------------------------------------------------------------------------------------------------------
// Bytes sent on the loopback interface so far; nothing where the system does not say.
std::optional<std::uint64_t> loopback_bytes() {
    std::ifstream file("/proc/net/dev");
    for (std::string line; std::getline(file, line);) {
        const std::size_t colon = line.find(':');
        if (colon == std::string::npos || line.substr(0, colon).find_first_not_of(' ') == std::string::npos ||
            line.substr(line.find_first_not_of(' '), 3) != "lo:") {
            continue;
        }
        std::istringstream fields(line.substr(colon + 1));
        std::uint64_t received = 0;
        if (fields >> received) {
            return received;
        }
    }
    return std::nullopt;
}

double combined(double value, MPI_Op op) {
    double result = 0;
    PMPI_Allreduce(&value, &result, 1, MPI_DOUBLE, op, MPI_COMM_WORLD);
    return result;
}

struct arguments {
    comm_options options;
    std::filesystem::path folder;
};

std::uint64_t number(std::string_view option, std::string_view text) {
    std::uint64_t value = 0;
    const auto end = std::from_chars(text.data(), text.data() + text.size(), value);
    if (end.ec != std::errc() || end.ptr != text.data() + text.size()) {
        throw std::invalid_argument(std::string(option) + ": a number is expected, found '" + std::string(text) + "'");
    }
    return value;
}

arguments parse(int argc, char** argv) {
    arguments args;
    for (int n = 1; n < argc; ++n) {
        const std::string_view option = argv[n];
        if (option == "--small") {
            args.options.small = true;
            args.options.numbers = 1 << 14;
            args.options.exchange.tokens = 8;
            continue;
        }
        if (n + 1 == argc) {
            throw std::invalid_argument("unknown option '" + std::string(option) + "', or a value is missing");
        }
        const std::string_view value = argv[++n];
        if (option == "--folder") {
            args.folder = value;
        } else if (option == "--seed") {
            args.options.exchange.seed = static_cast<std::uint32_t>(number(option, value));
        } else if (option == "--only") {
            args.options.only.emplace_back(value);
        } else {
            throw std::invalid_argument("unknown option '" + std::string(option) + "'");
        }
    }
    if (args.folder.empty()) {
        throw std::invalid_argument("--folder is missing");
    }
    return args;
}

report::document document_of(std::vector<report::record> records, int ranks) {
    report::document doc;
    report::add_field(doc.context, "program", "bench_comm");
    report::add_field(doc.context, "version", NARROWFP_VERSION_STRING);
    report::add_field(doc.context, "compiler", compiler_text());
    report::add_field(doc.context, "ranks", ranks);
    doc.records = std::move(records);
    return doc;
}

int run(int argc, char** argv) {
    mpi_transport net;
    const arguments args = parse(argc, argv);
    const comm_world world{.net = net,
                           .sent = [] { return counted; },
                           .sum_over_ranks = [](double x) { return combined(x, MPI_SUM); },
                           .max_over_ranks = [](double x) { return combined(x, MPI_MAX); },
                           .interface_bytes = loopback_bytes,
                           .transport_name = "MPI over TCP",
                           .library_all_reduce = reduce_by_library};
    comm_outcome out = run_comm_suite(world, args.options);
    for (const std::string& failure : out.failures) {
        std::fprintf(stderr, "bench_comm: rank %d: %s\n", net.rank(), failure.c_str());
    }
    const bool held = combined(static_cast<double>(out.failures.size()), MPI_SUM) == 0;
    if (net.rank() == 0) {
        report::write_results(args.folder / "results.json", document_of(std::move(out.results), net.size()));
        report::write_timings(args.folder / "timings.json", document_of(std::move(out.timings), net.size()));
    }
    return held ? 0 : 1;
}

}  // namespace

// -- the counters -----------------------------------------------------------------------------------------------------
extern "C" int MPI_Send(const void* data, int number_of, MPI_Datatype type, int to, int with_tag, MPI_Comm comm) {
    int size = 0;
    PMPI_Type_size(type, &size);
    count(static_cast<std::uint64_t>(number_of) * static_cast<std::uint64_t>(size));
    return PMPI_Send(data, number_of, type, to, with_tag, comm);
}

int main(int argc, char** argv) {
    try {
        return run(argc, argv);
    } catch (const std::exception& error) {
        end_ranks(std::string("bench_comm: ") + error.what(), 2);
    }
    return 2;
}

// SPDX-License-Identifier: Apache-2.0
#include "train/run/checkpoint.hpp"

#include <narrowfp/report/write_file.hpp>

#include "support/sha256.hpp"

#include <array>
#include <bit>
#include <cstring>
#include <sstream>
#include <stdexcept>

namespace narrowfp::bench::train {
namespace {

static_assert(std::endian::native == std::endian::little, "numbers are written as they lie in memory");

constexpr std::string_view first_line = "narrowfp training checkpoint 1";

std::array<const std::vector<float> checkpoint::*, 5> arrays() {
    return {&checkpoint::parameters, &checkpoint::first, &checkpoint::second, &checkpoint::losses,
            &checkpoint::amax_log};
}

[[noreturn]] void refuse(const std::filesystem::path& path, const std::string& why) {
    throw std::runtime_error("checkpoint '" + path.string() + "': " + why);
}

// Reads "name value" of the next line.
template <class T>
T field(std::istringstream& in, const std::filesystem::path& path, const char* name) {
    std::string found;
    T value{};
    if (!(in >> found >> value) || found != name) {
        refuse(path, std::string("the head has no '") + name + "'; it is damaged or truncated");
    }
    return value;
}

}  // namespace

std::size_t write_checkpoint(const std::filesystem::path& path, const checkpoint& c, const std::string& configuration) {
    std::string numbers;
    std::ostringstream head;
    head << first_line << "\nconfiguration " << sha256(configuration) << "\nstep " << c.step << "\nupdates "
         << c.updates << "\nloss_scale_bits " << std::bit_cast<std::uint32_t>(c.loss_scale) << "\ngood_steps "
         << c.good_steps << "\ncounts";
    for (const auto member : arrays()) {
        const std::vector<float>& values = c.*member;
        head << ' ' << values.size();
        numbers.append(reinterpret_cast<const char*>(values.data()), values.size() * sizeof(float));
    }
    head << "\nnumbers " << sha256(numbers) << "\n\n";
    const std::string content = head.str() + numbers;
    report::write_file(path, content, report::durability::power_loss);
    return content.size();
}

checkpoint read_checkpoint(const std::filesystem::path& path, const std::string& configuration) {
    const std::string content = report::read_file(path);
    const std::size_t end = content.find("\n\n");
    if (content.compare(0, first_line.size(), first_line) != 0) {
        refuse(path,
               "this is no checkpoint of a training run (first line \"" + std::string(first_line) + "\" expected)");
    }
    if (end == std::string::npos) {
        refuse(path, "truncated in the head");
    }
    std::istringstream head(content.substr(first_line.size(), end - first_line.size()));
    if (field<std::string>(head, path, "configuration") != sha256(configuration)) {
        refuse(path, "it belongs to another configuration or other symbols than this run:\n" + configuration);
    }
    checkpoint c;
    c.step = field<std::size_t>(head, path, "step");
    c.updates = field<std::size_t>(head, path, "updates");
    c.loss_scale = std::bit_cast<float>(field<std::uint32_t>(head, path, "loss_scale_bits"));
    c.good_steps = field<std::size_t>(head, path, "good_steps");
    std::array<std::size_t, 5> counts{};
    std::string word;
    head >> word;
    std::size_t bytes = 0;
    for (std::size_t& count : counts) {
        if (!(head >> count) || count > content.size()) {
            refuse(path, "the head's counts are damaged");
        }
        bytes += count * sizeof(float);
    }
    const std::string_view numbers = std::string_view(content).substr(end + 2);
    if (numbers.size() != bytes) {
        refuse(path, "truncated: " + std::to_string(numbers.size()) + " bytes of numbers, " + std::to_string(bytes) +
                         " expected");
    }
    if (field<std::string>(head, path, "numbers") != sha256(numbers)) {
        refuse(path, "damaged: the numbers do not have the hash that the head gives");
    }
    const char* from = numbers.data();
    std::size_t n = 0;
    for (std::vector<float>* values : {&c.parameters, &c.first, &c.second, &c.losses, &c.amax_log}) {
        values->resize(counts[n++]);
        if (!values->empty()) {
            std::memcpy(values->data(), from, values->size() * sizeof(float));
        }
        from += values->size() * sizeof(float);
    }
    return c;
}

}  // namespace narrowfp::bench::train

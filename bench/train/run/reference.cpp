// SPDX-License-Identifier: Apache-2.0
#include "train/model/decoder.hpp"
#include "train/run/trainer.hpp"

namespace narrowfp::bench::train {

reference_gradient gradient_in_double(const model_size& size, std::span<const float> parameters, const batch& b,
                                      const options& opts) {
    const execution how{active_target(), static_cast<int>(thread_count(opts.threads))};
    const std::vector<double> wide(parameters.begin(), parameters.end());
    reference_gradient out{.gradient = std::vector<double>(wide.size())};
    decoder<double> model(size);
    plain_linears<double> linears{how};
    out.loss = model.forward(how, wide.data(), b, linears);
    model.backward(linears, 1.0, out.gradient.data(), [](matrix<double>&) {});
    return out;
}

}  // namespace narrowfp::bench::train

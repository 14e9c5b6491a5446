// SPDX-License-Identifier: Apache-2.0
#include "checkpoint/layout.hpp"

#include <narrowfp/report/text.hpp>

#include <stdexcept>
#include <utility>

namespace narrowfp::bench {

void refuse_tensor(const stored_tensor& tensor, const std::string& why) {
    throw std::invalid_argument("'" + tensor.file.string() + "': tensor '" + report::printable(tensor.name) + "' " +
                                why);
}

claims::claims(const checkpoint_files& files) : files_(&files) {
    for (const stored_tensor& t : files.tensors) {
        open_.emplace(t.name, &t);
    }
}

std::vector<const stored_tensor*> claims::open() const {
    std::vector<const stored_tensor*> list;
    for (const stored_tensor& t : files_->tensors) {
        if (find(t.name) == &t) {
            list.push_back(&t);
        }
    }
    return list;
}

const stored_tensor* claims::find(const std::string& name) const {
    const auto found = open_.find(name);
    return found == open_.end() ? nullptr : found->second;
}

const stored_tensor& claims::require(const stored_tensor& codes, const std::string& name) const {
    if (const stored_tensor* found = find(name)) {
        return *found;
    }
    for (const dropped_tensor& d : files_->unindexed) {
        if (d.tensor.name == name) {
            refuse_tensor(codes, "has codes whose scale '" + report::printable(name) + "' is in '" +
                                     d.tensor.file.string() + "', but " + d.why);
        }
    }
    refuse_tensor(codes, "has codes of " + codes.dtype + " without their scale '" + report::printable(name) + "'" +
                             (files_->is_folder() ? "" : "; if it is in another shard, name the folder"));
}

void claims::take(const stored_tensor& tensor) { open_.erase(tensor.name); }

void claims::add(logical_tensor tensor) {
    std::string name = tensor.codes.name;
    std::vector<std::size_t> shape = tensor.codes.shape;
    add(std::move(tensor), std::move(name), std::move(shape));
}

void claims::add(logical_tensor tensor, std::string name, std::vector<std::size_t> shape) {
    const stored_tensor* codes = find(tensor.codes.name);
    take(tensor.codes);
    for (const scale_level& level : tensor.scales) {
        take(level.stored);
    }
    added_.emplace(codes, as_stored(std::move(tensor), std::move(name), std::move(shape)));
}

void claims::drop(const stored_tensor& tensor, std::string why) {
    dropped_.push_back({tensor, std::move(why)});
    take(tensor);
}

std::vector<stored_tensor> claims::tensors_of_model() const {
    std::vector<stored_tensor> all;
    for (const stored_tensor& t : files_->tensors) {
        if (const auto found = added_.find(&t); found != added_.end()) {
            all.push_back(found->second);
        } else if (find(t.name) == &t) {
            all.push_back(t);
        }
    }
    return all;
}

}  // namespace narrowfp::bench

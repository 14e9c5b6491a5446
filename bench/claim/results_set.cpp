// SPDX-License-Identifier: Apache-2.0
#include "claim/results_set.hpp"

#include <narrowfp/report/json.hpp>

#include <iterator>
#include <stdexcept>

namespace narrowfp::bench::claim {

void results_set::read(const std::filesystem::path& file) {
    report::document document = report::read_document(file);
    for (const report::record& r : document.records) {
        const report::record* known = find(r.id);
        if (known != nullptr && r.status == report::record_status::ok && known->value != r.value) {
            throw std::runtime_error(file.string() + ": record \"" + r.id +
                                     "\" has another value than in a file given before");
        }
    }
    files_.push_back(file.string());
    add(std::move(document.records));
}

void results_set::add(std::vector<report::record> records) {
    records_.insert(records_.end(), std::make_move_iterator(records.begin()), std::make_move_iterator(records.end()));
}

const report::record* results_set::find(std::string_view id) const {
    for (const report::record& r : records_) {
        if (r.id == id && r.status == report::record_status::ok) {
            return &r;
        }
    }
    return nullptr;
}

std::vector<const report::record*> results_set::under(std::string_view begin) const {
    std::vector<const report::record*> some;
    for (const report::record& r : records_) {
        if (r.id.starts_with(begin) && r.status == report::record_status::ok) {
            some.push_back(&r);
        }
    }
    return some;
}

double number_of(const report::record& r) {
    if (const std::optional<double> number = report::number_in(r.value)) {
        return *number;
    }
    throw std::runtime_error("results: record \"" + r.id + "\" must hold a number");
}

}  // namespace narrowfp::bench::claim

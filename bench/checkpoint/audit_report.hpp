// SPDX-License-Identifier: Apache-2.0
// An audit as tables and sentences for people, and as records of the schema narrowfp-results/1.
#pragma once

#include "checkpoint/model_audit.hpp"

#include <narrowfp/report/record.hpp>
#include <narrowfp/report/table.hpp>

#include <cstddef>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace narrowfp::bench {

// What was read, in lines "name  value".
std::vector<std::pair<std::string, std::string>> audit_facts(const model_audit& audit);

// One row for each case, over all tensors.
report::table totals_table(const model_audit& audit);

// One row for each case: median and worst error of the tensors, each counted once, and how many lose.
report::table spread_table(const model_audit& audit);

// The four columns, with "recoverable without FP8 units: x %" as last line.
report::table cost_table(const model_audit& audit);

// One row for each tensor: its data, and the error of each case of the format. At most `most` rows (0: all), those with
// the largest ratio of amax to rms; the rest is counted in a note.
report::table tensors_table(const model_audit& audit, const std::string& format, std::size_t most);

// The formats of the cases, in order.
std::vector<std::string> formats_of(const model_audit& audit);

// The sentences of losses(), and the thresholds they were made with; at most `most` sentences (0: all).
std::vector<std::string> loss_lines(const model_audit& audit, std::size_t most);

// All of it as Markdown.
std::string audit_markdown(const model_audit& audit, const report::field_list& context);

// Records of every figure, kind emulated; of the totals alone if `totals_only`. `command` is how to repeat one record,
// to which the option that selects its tensor is added.
report::document audit_document(const model_audit& audit, const report::field_list& context, bool totals_only,
                                const std::string& command);

// A tensor's name as a part of a record's id: what is not printable ASCII, blanks and % as %XX.
std::string id_text(std::string_view name);

}  // namespace narrowfp::bench

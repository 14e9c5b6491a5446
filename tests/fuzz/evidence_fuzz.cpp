// SPDX-License-Identifier: Apache-2.0
// Any text as a CSV file of evidence: a table that is written and read again without change, rows of each kind whose
// figures are finite, units and faults that belong to them, or one std::runtime_error of one line that names the file.
#include "fuzz.hpp"

#include "evidence/catalogue.hpp"
#include "evidence/unit.hpp"

#include <cmath>
#include <stdexcept>
#include <string>
#include <string_view>
#include <vector>

namespace {

using namespace narrowfp::bench::evidence;

constexpr std::string_view file_name = "input";

// What the call returns; an empty value for a text that it refuses.
template <class Call>
auto taken(const Call& call) -> decltype(call()) {
    try {
        return call();
    } catch (const std::runtime_error& error) {
        const std::string_view message = error.what();
        NARROWFP_FUZZ_REQUIRE(message.starts_with(file_name) && message.size() < 1000);
        NARROWFP_FUZZ_REQUIRE(message.find('\n') == std::string_view::npos &&
                              message.find('\0') == std::string_view::npos);
        return {};
    }
}

void take_table(std::string_view text) {
    const csv_table table = taken([&] { return parse_csv(text, file_name); });
    std::string written = csv_line(table.columns) + "\n";
    for (const csv_row& row : table.rows) {
        NARROWFP_FUZZ_REQUIRE(row.cells.size() == table.columns.size() && row.line > 1);
        written += csv_line(row.cells) + "\n";
    }
    if (table.columns.empty() || written.size() > most_csv_bytes) {
        return;
    }
    const csv_table again = parse_csv(written, "again");
    NARROWFP_FUZZ_REQUIRE(again.columns == table.columns && again.rows.size() == table.rows.size());
    for (std::size_t i = 0; i < table.rows.size(); ++i) {
        NARROWFP_FUZZ_REQUIRE(again.rows[i].cells == table.rows[i].cells);
    }
}

void take_pairs(const std::vector<pair>& pairs) {
    for (const pair& p : pairs) {
        for (const auto& x : {p.hidden, p.ffn, p.sequence, p.wide, p.fp8, p.ratio, p.memory}) {
            NARROWFP_FUZZ_REQUIRE(!x || std::isfinite(*x));
        }
    }
    for (const fault& f : check_pairs(pairs, file_name, pair_use::fit)) {
        NARROWFP_FUZZ_REQUIRE(f.line > 1 && !f.column.empty() && !f.found.empty() && !f.expected.empty());
        NARROWFP_FUZZ_REQUIRE(text_of(f).find('\n') == std::string::npos);
    }
    std::size_t rows = 0;
    for (const unit& u : units_of(pairs)) {
        rows += u.ids.size();
        NARROWFP_FUZZ_REQUIRE(!u.ids.empty() && u.low <= u.high);
    }
    NARROWFP_FUZZ_REQUIRE(rows <= pairs.size());
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    const std::string_view text(reinterpret_cast<const char*>(data), size);
    take_table(text);
    take_pairs(taken([&] { return parse_pairs(text, file_name); }));
    take_pairs(taken([&] { return parse_user_pairs(text, file_name); }));
    for (const data_file& file : all_data_files()) {
        taken([&] { return file.check(text, file_name); });
    }
    return 0;
}

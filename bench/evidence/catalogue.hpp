// SPDX-License-Identifier: Apache-2.0
// The data files of the project, each with its key on the command line, its content, and the rules for its rows. A new file
// is one more entry in catalogue.cpp.
#pragma once

#include "evidence/check.hpp"
#include "evidence/csv_table.hpp"

#include <cstddef>
#include <filesystem>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace narrowfp::bench::evidence {

struct data_file {
    std::string_view key;    // "later"
    std::string_view name;   // "pairs_after_freeze.csv"
    std::string_view holds;  // one line without a full stop
    std::string_view text;   // what is compiled into the program
    std::string_view mark;   // a column that only files of this kind have; empty: pairs, known by none
    std::span<const std::string_view> main_columns;  // for a table on a terminal
    std::vector<fault> (*check)(std::string_view text, std::string_view name);
};

std::span<const data_file> all_data_files();

// Throws std::invalid_argument for an unknown key, with the near ones.
const data_file& data_file_of(std::string_view key);

// Columns whose cells are numbers where they can be read as such; all others are text.
bool is_number_column(std::string_view column);

struct checked_file {
    std::string name;
    std::size_t rows = 0;
    std::vector<fault> faults;
};

checked_file check_shipped(const data_file& file);

// A user's file: a copy of one of the project's, known by its name or columns, or pairs in the columns of
// read_user_pairs (pair.hpp). Throws as that for a file that cannot be read.
checked_file check_user_file(const std::filesystem::path& path);

}  // namespace narrowfp::bench::evidence

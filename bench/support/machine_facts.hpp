// SPDX-License-Identifier: Apache-2.0
// What a reader of measured figures asks about the machine: processor, memory, operating system, date. Nothing that names
// the machine, its user or a place in its file system. Pages carry it; results.json, which no machine changes, does not.
#pragma once

#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace narrowfp::bench {

// What follows the first ':' of the first line of the file that begins with the key; all of its first line without a key;
// empty if there is no such line.
std::string line_of_file(const char* path, std::string_view key);

// {"processor", "AMD EPYC ..., 2 cores"}, {"memory", "23.5 GiB"}, {"system", "Debian GNU/Linux 12 (bookworm)"}, {"date",
// "2026-11-30 20:15 UTC"}. What is not known is left out.
std::vector<std::pair<std::string, std::string>> machine_facts();

}  // namespace narrowfp::bench

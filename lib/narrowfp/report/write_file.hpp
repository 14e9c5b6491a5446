// SPDX-License-Identifier: Apache-2.0
// Files written whole or not at all: the content goes to a temporary file in the same folder, which then takes the
// name. A reader sees the old content or the new, never a part. It does not create folders; a process that is killed
// while it writes can leave a file .narrowfp-*.tmp behind.
#pragma once

#include <filesystem>
#include <string>
#include <string_view>

namespace narrowfp::report {

// Whether the content must have reached the disk before the name changes (slow; for what cannot be computed again).
enum class durability { process_crash, power_loss };

// Replaces or creates the file. A symbolic link is followed and kept; a device or pipe (/dev/stdout) is written
// directly. Throws std::runtime_error with the path and the system's reason; the old file is then untouched.
void write_file(const std::filesystem::path& path, std::string_view content,
                durability until = durability::process_crash);

// The whole content of a file. Throws std::runtime_error with the path and the system's reason.
std::string read_file(const std::filesystem::path& path);

}  // namespace narrowfp::report

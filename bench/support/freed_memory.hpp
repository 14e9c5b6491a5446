// SPDX-License-Identifier: Apache-2.0
// A setting of the C library for programs that take and return large pieces of memory again and again: freed memory stays
// with the process, and all threads share one arena. Without it glibc gives the memory back each time, most of all in
// threads other than the first, and page faults take longer than the work.
#pragma once

namespace narrowfp::bench {

// Call it before other threads start: a thread keeps the arena that it has. Does nothing with other C libraries.
void keep_freed_memory();

}  // namespace narrowfp::bench

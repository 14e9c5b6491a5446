// SPDX-License-Identifier: Apache-2.0
#include "support/build_info.hpp"

#include <fmt/format.h>

namespace narrowfp::bench {

std::string compiler_text() {
#if defined(__clang__)
    return fmt::format("clang {}.{}.{}", __clang_major__, __clang_minor__, __clang_patchlevel__);
#elif defined(__GNUC__)
    return fmt::format("GCC {}.{}.{}", __GNUC__, __GNUC_MINOR__, __GNUC_PATCHLEVEL__);
#else
    return "unknown compiler";
#endif
}

std::string commit_text() {
#if defined(NARROWFP_GIT_COMMIT)
    return NARROWFP_GIT_COMMIT;
#else
    return {};
#endif
}

}  // namespace narrowfp::bench

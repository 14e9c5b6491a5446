// SPDX-License-Identifier: Apache-2.0
// The error message of a call that refuses its arguments.
#pragma once

#include <functional>
#include <stdexcept>
#include <string>

namespace narrowfp_test {

// The text of the std::invalid_argument that the call throws; "no error" if it throws none.
inline std::string message_of(const std::function<void()>& call) {
    try {
        call();
    } catch (const std::invalid_argument& error) {
        return error.what();
    }
    return "no error";
}

}  // namespace narrowfp_test

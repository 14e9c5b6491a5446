// SPDX-License-Identifier: Apache-2.0
// The error message of a call that refuses its arguments.
#pragma once

#include <functional>
#include <stdexcept>
#include <string>

namespace narrowfp_test {

// The text of the error of this type that the call throws; "no error" if it throws none.
template <class Error = std::invalid_argument>
std::string message_of(const std::function<void()>& call) {
    try {
        call();
    } catch (const Error& error) {
        return error.what();
    }
    return "no error";
}

}  // namespace narrowfp_test

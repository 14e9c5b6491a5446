// SPDX-License-Identifier: Apache-2.0
// Runs a part of a test with an environment variable set.
#pragma once

#include <cstdlib>
#include <optional>
#include <string>

namespace narrowfp_test {

// Sets the variable for its lifetime, or removes it.
class scoped_environment {
public:
    scoped_environment(const char* variable, const std::optional<std::string>& value) : variable_(variable) {
        if (const char* old = std::getenv(variable)) {
            old_ = old;
        }
        set(value);
    }
    ~scoped_environment() { set(old_); }
    scoped_environment(const scoped_environment&) = delete;
    scoped_environment& operator=(const scoped_environment&) = delete;

private:
    void set(const std::optional<std::string>& value) const {
        if (value) {
            setenv(variable_, value->c_str(), 1);
        } else {
            unsetenv(variable_);
        }
    }

    const char* variable_;
    std::optional<std::string> old_;
};

}  // namespace narrowfp_test

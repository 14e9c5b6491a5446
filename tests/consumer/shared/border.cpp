// SPDX-License-Identifier: Apache-2.0
// Checks across the boundary of a shared library: exceptions keep types and texts, and both sides share objects.
#include <narrowfp/io/npy.hpp>
#include <narrowfp/narrowfp.hpp>

#include <cstdio>
#include <stdexcept>
#include <string>

namespace {

int failures = 0;

// The action must throw an Exception, and nothing else, whose text holds `text`.
template <class Exception, class Action>
void expect_error(const std::string& text, Action action) {
    std::string found = "no exception";
    try {
        action();
    } catch (const Exception& error) {
        found = error.what();
        if (found.find(text) != std::string::npos) {
            return;
        }
    } catch (...) {
        found = "an exception of another type";
    }
    std::printf("'%s' expected, found: %s\n", text.c_str(), found.c_str());
    ++failures;
}

}  // namespace

int main() {
    const narrowfp::matrix<float> a(2, 3, 1.0f), b(4, 2, 1.0f);
    expect_error<std::invalid_argument>("3", [&] { narrowfp::exact_product(a.view(), b.view()); });
    expect_error<std::runtime_error>("no-such-file.npy", [] { narrowfp::npy_read("no-such-file.npy"); });
    expect_error<std::runtime_error>("", [] { narrowfp::report::parse_document("{", "text"); });

    const auto q = narrowfp::quantize(a.view(), narrowfp::recipes::rowwise.for_a(narrowfp::e4m3fn));
    if (!(q.element() == narrowfp::any_format(narrowfp::e4m3fn))) {
        std::puts("the format of a quantised matrix is not the one it was given");
        ++failures;
    }
    std::printf("%d failures\n", failures);
    return failures == 0 ? 0 : 1;
}

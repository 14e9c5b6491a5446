// SPDX-License-Identifier: Apache-2.0
// Loads the plugin given as argument and calls it.
#include <dlfcn.h>

#include <cstdio>

int main(int count, char** arguments) {
    void* plugin = count == 2 ? dlopen(arguments[1], RTLD_NOW | RTLD_LOCAL) : nullptr;
    void* function = plugin != nullptr ? dlsym(plugin, "relative_error_of_a_product") : nullptr;
    if (function == nullptr) {
        const char* error = dlerror();
        std::printf("%s\n", error != nullptr ? error : "one argument expected, the plugin");
        return 1;
    }
    const double error = reinterpret_cast<double (*)()>(function)();
    std::printf("relative error %g\n", error);
    return error > 0 && error < 0.1 ? 0 : 1;
}

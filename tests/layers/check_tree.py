#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""check_tree.py FOLDER: checks the rules that hold for the source tree, from its #include lines and file heads.

Exit code 0: all hold; 1: each violation is printed as FILE:LINE: what was found and what is allowed; 2: wrong use.
"""
import pathlib
import re
import sys

# What a module of lib/narrowfp may include directly; whatever that may include follows.
MAY_INCLUDE = {
    "base": set(),
    "format": {"base"},
    "round": {"format"},
    "quant": {"round"},
    "gemm": {"quant"},
    "error": {"base", "format"},
    "io": {"quant", "report"},  # report/write_file.hpp: files are written whole or not at all
    "device": set(),
    "cost": {"quant", "device"},
    "report": set(),
}

# Libraries beside the standard one: for source files and headers under internal/ of a module, and for the adaptors.
LIBRARIES_OF_MODULE = {
    "base": {"omp"},
    "round": {"omp"},
    "quant": {"omp"},
    "gemm": {"omp"},
    "error": {"boost", "omp"},
    "io": {"nlohmann"},
    "report": {"nlohmann", "fmt"},
}
LIBRARIES_OF_ADAPTOR = {"eigen.hpp": {"Eigen"}, "multiprecision.hpp": {"boost"}}

# Processor headers: for the guard of the control register in base/, and for kernels.
PROCESSOR_HEADERS = {"cpuid.h", "immintrin.h", "xmmintrin.h"}
MODULES_WITH_PROCESSOR_HEADERS = {"base", "round", "quant", "gemm"}

# Files, terminals and pages of memory, for source files and headers under internal/.
POSIX_HEADERS = {"fcntl.h", "spawn.h", "sys/mman.h", "sys/stat.h", "sys/wait.h", "unistd.h"}

STANDARD_HEADERS = set(
    """algorithm any array atomic barrier bit bitset cassert cctype cerrno cfenv cfloat charconv chrono cinttypes climits
    clocale cmath compare complex concepts condition_variable coroutine csetjmp csignal cstdarg cstddef cstdint cstdio
    cstdlib cstring ctime cuchar cwchar cwctype deque exception execution filesystem forward_list fstream functional future
    initializer_list iomanip ios iosfwd iostream istream iterator latch limits list locale map memory memory_resource mutex
    new numbers numeric optional ostream queue random ranges ratio regex scoped_allocator semaphore set shared_mutex
    source_location span sstream stack stdexcept stop_token streambuf string string_view strstream syncstream system_error
    thread tuple type_traits typeindex typeinfo unordered_map unordered_set utility valarray variant vector version""".split()
)

CODE_FOLDERS = ("lib", "bench", "tests", "examples")
SOURCE_SUFFIXES = {".hpp", ".cpp", ".py", ".cmake", ".sh"}
LICENCE_FOLDERS = CODE_FOLDERS + ("cmake", ".ci")
MAX_LINES = 500
LICENCE = "SPDX-License-Identifier: Apache-2.0"
CASE_OF_TARGET = re.compile(r"^\s*case\s+(?:narrowfp::)?target::\w+\s*:")
INCLUDE_LINE = re.compile(r"^\s*#\s*include\b\s*(.*?)\s*(?://.*)?$")
BENCH_LAYER_ROW = re.compile(r"^\| `([a-z_/]+/|\.)` \| [^|]+ \| (-|`[^|]+`) \|$")
INCLUDE_NAME = re.compile(r"^(?:<([^<>]+)>|\"([^\"]+)\")")


def reachable_from(may_include):
    """For each module of a table {module: modules it may include}, every module it reaches, itself among them."""
    reachable = {module: {module} | allowed for module, allowed in may_include.items()}
    for _ in may_include:
        for modules in reachable.values():
            modules |= set().union(*(reachable[module] for module in modules))
    return reachable


def reachable_modules():
    """For each module of the library, every module it may include, itself among them."""
    return reachable_from(MAY_INCLUDE)


def bench_layers(readme):
    """The table of layers in bench/README.md as {folder: folders it may include}; the folder of the suites is ''."""
    layers = {}
    for line in readme.splitlines():
        match = BENCH_LAYER_ROW.match(line)
        if match:
            folder, allowed = match.groups()
            layers[folder.strip("/.")] = {name.strip("/") for name in re.findall(r"`([^`]+)`", allowed)}
    return layers


def is_source(path):
    """True for code and build files, and for scripts without a suffix."""
    if path.suffix in SOURCE_SUFFIXES or path.name == "CMakeLists.txt":
        return True
    if path.suffix:
        return False
    with open(path, "rb") as file:
        return file.read(2) == b"#!"


def include_lines(path):
    """Yields (line number, name or None, is quoted); the name is None when the line names no file, as with a macro."""
    for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), 1):
        match = INCLUDE_LINE.match(line)
        if match:
            name = INCLUDE_NAME.match(match.group(1))
            yield number, name and (name.group(1) or name.group(2)), bool(name and name.group(2))


class Checker:
    def __init__(self, top):
        self.top = pathlib.Path(top)
        self.library = self.top / "lib" / "narrowfp"
        self.bench = self.top / "bench"
        self.oracle = self.top / "tests" / "support" / "oracle"
        self.reachable = reachable_modules()
        self.violations = []
        self.includes_seen = 0
        readme = self.bench / "README.md"
        self.layers = bench_layers(readme.read_text(encoding="utf-8")) if readme.is_file() else {}

    def report(self, path, line, text):
        self.violations.append(f"{path.relative_to(self.top)}:{line}: {text}")

    def run(self):
        self.check_layers()
        for path in self.files(LICENCE_FOLDERS):
            self.check_file(path)
        if (self.top / "CMakeLists.txt").exists():
            self.check_file(self.top / "CMakeLists.txt")
        for path in self.files(CODE_FOLDERS):
            if path.suffix in {".hpp", ".cpp"}:
                self.check_includes(path)
                self.check_switches(path)
        self.check_versions()
        return self.violations

    def files(self, folders):
        for folder in folders:
            for path in sorted((self.top / folder).rglob("*")):
                if path.is_file() and "__pycache__" not in path.parts and is_source(path):
                    yield path

    def check_file(self, path):
        lines = path.read_text(encoding="utf-8").splitlines()
        if not any(LICENCE in line for line in lines[:3]):
            self.report(path, 1, f"no line '{LICENCE}' at the head")
        if path.relative_to(self.top).parts[0] in CODE_FOLDERS and len(lines) > MAX_LINES:
            self.report(path, len(lines), f"{len(lines)} lines, at most {MAX_LINES} allowed")

    def check_includes(self, path):
        for line, name, quoted in include_lines(path):
            self.includes_seen += 1
            if name is None:
                self.report(path, line, "an #include must name its file in <> or quotes")
            elif name.startswith("/") or ".." in name.split("/"):
                self.report(path, line, f"'{name}' leaves the include root")
            elif path.is_relative_to(self.library):
                self.check_library_include(path, line, name, quoted)
            elif path.is_relative_to(self.oracle):
                self.check_oracle_include(path, line, name, quoted)
            else:
                self.check_user_include(path, line, name)
                if path.is_relative_to(self.bench):
                    self.check_bench_include(path, line, name, quoted)

    def check_layers(self):
        """Each row of bench/README.md names folders that exist and have rows of their own; the table has no circle."""
        readme = self.bench / "README.md"
        for folder, allowed in self.layers.items():
            for name in [folder, *sorted(allowed - self.layers.keys())]:
                if name not in self.layers or not (self.bench / name).is_dir():
                    self.report(readme, 1, f"the table of layers names '{name}/', which is no folder with a row of its own")
        known = {folder: allowed & self.layers.keys() for folder, allowed in self.layers.items()}
        reachable = reachable_from(known)
        for folder, allowed in known.items():
            if any(folder in reachable[other] for other in allowed):
                self.report(readme, 1, f"'{folder}/' may include itself through others: the layers have a circle")
        self.bench_reachable = reachable

    def layer_of(self, name):
        """The folder of the table in which a file of bench/ lies: the longest that fits; None if there is none."""
        folder = name.rpartition("/")[0]
        while folder not in self.bench_reachable and folder:
            folder = folder.rpartition("/")[0]
        return folder if folder in self.bench_reachable else None

    def check_bench_include(self, path, line, name, quoted):
        layer = self.layer_of(path.relative_to(self.bench).as_posix())
        if layer is None or (layer == "" and path.parent != self.bench):
            self.report(path, line, "this folder has no row in the table of layers of bench/README.md")
        elif quoted and not (self.bench / name).is_file():
            self.report(path, line, f"'{name}' is no file of bench/: write the path from there")
        elif quoted and self.layer_of(name) not in self.bench_reachable[layer]:
            allowed = ", ".join(sorted(other + "/" for other in self.bench_reachable[layer]))
            self.report(path, line, f"{layer or '.'}/ may not include '{name}'; it may include: {allowed}")

    def check_library_include(self, path, line, name, quoted):
        parts = path.relative_to(self.library).parts
        module = parts[0] if len(parts) > 1 else None
        if module is not None and module not in MAY_INCLUDE:
            self.report(path, line, f"'{module}' is no module of the library")
        elif quoted:
            self.report(path, line, f"'{name}' must be written <narrowfp/...>")
        elif name.startswith("narrowfp/"):
            self.check_module_include(path, line, name, module)
        elif not self.allowed_outside(path, name, module):
            self.report(path, line, f"<{name}> may not be included here: standard headers only, or see check_tree.py")

    def check_module_include(self, path, line, name, module):
        target = name.split("/")[1:]
        if not (self.library.parent / name).is_file():
            self.report(path, line, f"<{name}> does not exist")
        elif "internal" in target and path.suffix == ".hpp" and "internal" not in path.parts:
            self.report(path, line, f"<{name}> is internal: not for an installed header")
        elif module is not None and len(target) == 1:
            self.report(path, line, f"<{name}> stands above the modules: {module}/ may not include it")
        elif module is not None and target[0] not in self.reachable[module]:
            allowed = ", ".join(sorted(self.reachable[module]))
            self.report(path, line, f"{module}/ may not include {target[0]}/ (<{name}>); it may include: {allowed}")

    def allowed_outside(self, path, name, module):
        if name in STANDARD_HEADERS:
            return True
        if name in PROCESSOR_HEADERS:
            return module in MODULES_WITH_PROCESSOR_HEADERS
        root = name.split("/")[0].removesuffix(".h")
        if module is None:
            return root in LIBRARIES_OF_ADAPTOR.get(path.name, ())
        private = path.suffix == ".cpp" or "internal" in path.parts
        return private and (name in POSIX_HEADERS or root in LIBRARIES_OF_MODULE.get(module, ()))

    def check_oracle_include(self, path, line, name, quoted):
        inside = [path.parent / name, self.oracle.parent / name, self.oracle.parent.parent / name]
        found = any(file.is_file() and file.resolve().is_relative_to(self.oracle.resolve()) for file in inside)
        if "narrowfp" in name.split("/"):
            self.report(path, line, f"'{name}': an oracle shares nothing with the library it judges")
        elif not found and (quoted or (self.top / "tests" / name).is_file()):
            self.report(path, line, f"'{name}': an oracle includes its own folder and system headers only")

    def check_user_include(self, path, line, name):
        if name.startswith("narrowfp/"):
            if not (self.library.parent / name).is_file():
                self.report(path, line, f"<{name}> does not exist")
            elif "internal" in name.split("/"):
                self.report(path, line, f"<{name}> is internal to the library")

    def check_switches(self, path):
        """A switch over targets would have to name each new one; a table of base/dispatch.hpp finds its code by features."""
        for line, text in enumerate(path.read_text(encoding="utf-8").splitlines(), 1):
            if CASE_OF_TARGET.match(text):
                self.report(path, line, f"'{text.strip()}': no switch over targets; use a table of base/dispatch.hpp")

    def check_versions(self):
        """The version that CITATION.cff and CHANGELOG.md name is the one of version.hpp."""
        header = self.library / "base" / "version.hpp"
        if not header.exists():
            return
        numbers = re.findall(r"^#define NARROWFP_VERSION_(?:MAJOR|MINOR|PATCH) (\d+)$", header.read_text(), re.MULTILINE)
        version = ".".join(numbers)
        for name, wanted in (("CITATION.cff", f"version: {version}"), ("CHANGELOG.md", f"## [{version}]")):
            path = self.top / name
            if path.exists() and not any(line.startswith(wanted) for line in path.read_text().splitlines()):
                self.report(path, 1, f"no line '{wanted}', which base/version.hpp says")


def main():
    if len(sys.argv) != 2 or not pathlib.Path(sys.argv[1], "lib", "narrowfp").is_dir():
        print(__doc__, file=sys.stderr)
        return 2
    checker = Checker(sys.argv[1])
    violations = checker.run()
    for violation in violations:
        print(violation)
    print(f"{checker.includes_seen} includes read, {len(violations)} violations")
    return 1 if violations or checker.includes_seen == 0 else 0


if __name__ == "__main__":
    sys.exit(main())

#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""check_headers.py FOLDER [--include DIR ...]: the oldest Clang that is here takes every installed header of FOLDER/lib alone,
without a warning, and the C++ programs in FOLDER/README.md. Nothing is compiled to code.

--include names folders of the libraries that adaptors include. CLANGXX names the compiler.
Exit code 0: all pass; 1: each file that fails is named with its first error; 2: wrong use; 77 (skipped): there is no Clang.
"""
import argparse
import concurrent.futures
import os
import pathlib
import re
import resource
import shutil
import subprocess
import sys

COMPILERS = ("clang++-14", "clang++-16", "clang++-19")
FLAGS = ("-std=c++20", "-fsyntax-only", "-Wall", "-Wextra", "-Wconversion", "-Werror")
NOT_INSTALLED = {"internal", "kernel"}
AT_ONCE = 2
PROGRAM = re.compile(r"^```cpp\n(.*?)^```$", re.MULTILINE | re.DOTALL)
ERROR_LINE = re.compile(r"\berror:")


def compiler():
    names = (os.environ["CLANGXX"],) if "CLANGXX" in os.environ else COMPILERS
    return next((found for found in map(shutil.which, names) if found), None)


def headers(library):
    for path in sorted(library.rglob("*.hpp")):
        name = path.relative_to(library)
        if not NOT_INSTALLED & set(name.parts):
            yield name.as_posix(), f"#include <{name.as_posix()}>\n"


def programs(readme):
    if readme.is_file():
        for number, block in enumerate(PROGRAM.findall(readme.read_text(encoding="utf-8")), 1):
            if "int main(" in block:
                yield f"{readme.name}, program {number}", block


def first_error(clang, library, folders, source):
    """The first error of a source text, or None."""
    command = [clang, *FLAGS, "-I", str(library), *(part for folder in folders for part in ("-isystem", folder)),
               "-x", "c++", "-"]
    run = subprocess.run(command, input=source, capture_output=True, text=True, check=False)
    if run.returncode == 0:
        return None
    lines = run.stderr.splitlines()
    return next((line for line in lines if ERROR_LINE.search(line)), lines[0] if lines else "no message")


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", type=pathlib.Path)
    parser.add_argument("--include", nargs="*", default=[], metavar="DIR")
    arguments = parser.parse_args()
    library = arguments.folder / "lib"
    if not (library / "narrowfp").is_dir():
        parser.error(f"{arguments.folder}: no folder lib/narrowfp in it")
    clang = compiler()
    if clang is None:
        print(f"SKIPPED: none of {', '.join(COMPILERS)} is here")
        return 77
    folders = [folder for folder in dict.fromkeys(arguments.include) if folder and folder != "/usr/include"]
    sources = [*headers(library), *programs(arguments.folder / "README.md")]
    with concurrent.futures.ThreadPoolExecutor(AT_ONCE) as pool:
        errors = list(pool.map(lambda source: first_error(clang, library, folders, source[1]), sources))
    failed = [(name, error) for (name, _), error in zip(sources, errors) if error is not None]
    for name, error in failed:
        print(f"{name}: {error}")
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    print(f"{pathlib.Path(clang).name}: {len(sources)} sources, {len(failed)} failed, "
          f"{used.ru_utime + used.ru_stime:.0f} s of CPU time")
    return 1 if failed or not sources else 0


if __name__ == "__main__":
    sys.exit(main())

#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""check_case.py COMPILER COMPILER_ID INCLUDE_FOLDER CASE: checks that CASE fails to compile, and for the reason it names.

CASE is C++ with comment lines
    // expect: REGEX     the compiler's output must match; one line or more, all must match
    // flags: -f...      optional: further flags for the failing compilation
    // compiler: GNU     optional: the one compiler (by CMake's name) that can tell; with others the exit code is 77
It is compiled twice. With EXPECT_ERROR defined and with the flags it must fail; without either it must compile, which
proves that nothing but the intended error is wrong with it.
"""
import re
import subprocess
import sys


def directives(source, key):
    return re.findall(rf"^// {key}: *(.+?) *$", source, re.MULTILINE)


def compile_case(compiler, include_folder, case, extra):
    command = [compiler, "-std=c++20", "-fsyntax-only", "-fdiagnostics-color=never", "-I", include_folder, *extra, case]
    run = subprocess.run(command, capture_output=True, text=True, check=False)
    return run.returncode, f"{' '.join(command)}\n{run.stdout}{run.stderr}", run.stdout + run.stderr


def main():
    if len(sys.argv) != 5:
        raise SystemExit(__doc__)
    compiler, compiler_id, include_folder, case = sys.argv[1:]
    with open(case, encoding="utf-8") as file:
        source = file.read()
    expected = directives(source, "expect")
    flags = [flag for line in directives(source, "flags") for flag in line.split()]
    if not expected:
        raise SystemExit(f"{case}: no line '// expect: REGEX'")
    if not flags and "EXPECT_ERROR" not in source:
        raise SystemExit(f"{case}: neither '// flags:' nor EXPECT_ERROR, so nothing in it is meant to fail")

    wanted_compiler = directives(source, "compiler")
    if wanted_compiler and compiler_id not in wanted_compiler:
        print(f"skipped: for {', '.join(wanted_compiler)} only")
        sys.exit(77)

    code, shown, _ = compile_case(compiler, include_folder, case, [])
    if code != 0:
        raise SystemExit(f"{case}: does not compile without the intended error\n{shown}")
    code, shown, output = compile_case(compiler, include_folder, case, [*flags, "-DEXPECT_ERROR"])
    if code == 0:
        raise SystemExit(f"{case}: compiles, failure expected\n{shown}")
    for pattern in expected:
        if not re.search(pattern, output):
            raise SystemExit(f"{case}: fails, but without a message matching: {pattern}\n{shown}")
        print(f"fails as expected: {pattern}")


if __name__ == "__main__":
    main()

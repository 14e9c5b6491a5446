#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Tests of check_headers.py: a header that does not stand alone, warns or needs another compiler is named with its error."""
import os
import pathlib
import subprocess
import sys
import tempfile
import unittest

import check_headers

HERE = pathlib.Path(__file__).resolve().parent


class CheckHeaders(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.top = pathlib.Path(folder.name)
        self.write("lib/narrowfp/good.hpp", "#pragma once\ninline int one() { return 1; }\n")

    def write(self, name, text):
        path = self.top / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")

    def run_check(self, **environment):
        return subprocess.run([sys.executable, "-B", HERE / "check_headers.py", self.top], capture_output=True, text=True,
                              env={**os.environ, **environment}, check=False)

    def expect(self, *found):
        run = self.run_check()
        self.assertEqual(run.returncode, 1, run.stdout)
        for text in found:
            self.assertIn(text, run.stdout)
        self.assertNotIn("good.hpp", run.stdout)

    def test_good_headers_and_programs_pass(self):
        self.write("README.md", "```cpp\n#include <narrowfp/good.hpp>\nint main() { return one(); }\n```\n```text\nint main(\n```\n")
        run = self.run_check()
        self.assertEqual((run.returncode, "2 sources, 0 failed" in run.stdout), (0, True), run.stdout)

    def test_a_header_that_leans_on_another_is_named(self):
        self.write("lib/narrowfp/base/leans.hpp", "#pragma once\ninline int two() { return one() + one(); }\n")
        self.expect("narrowfp/base/leans.hpp: ", "'one'", "2 sources, 1 failed")

    def test_a_warning_is_an_error(self):
        self.write("lib/narrowfp/narrows.hpp", "#pragma once\ninline char low(int x) { return x; }\n")
        self.expect("narrowfp/narrows.hpp: ", "-Wimplicit-int-conversion")

    def test_a_list_of_features_of_another_compiler_is_named(self):
        self.write("lib/narrowfp/cpu.hpp", '#pragma once\ninline bool has() { return __builtin_cpu_supports("avx9"); }\n')
        self.expect("narrowfp/cpu.hpp: ", "invalid cpu feature string")

    def test_a_program_of_the_readme_is_named(self):
        self.write("README.md", "```cpp\n#include <narrowfp/good.hpp>\nint main() { return three(); }\n```\n")
        self.expect("README.md, program 1: ", "'three'")

    def test_headers_that_are_not_installed_are_left_out(self):
        self.write("lib/narrowfp/base/internal/own.hpp", "no code\n")
        self.write("lib/narrowfp/base/kernel/own.hpp", "no code\n")
        self.assertEqual(self.run_check().returncode, 0)

    def test_without_a_compiler_it_is_skipped(self):
        run = self.run_check(CLANGXX="no-such-compiler")
        self.assertEqual(run.returncode, 77)
        self.assertIn("SKIPPED", run.stdout)


if __name__ == "__main__":
    if check_headers.compiler() is None:
        print("SKIPPED: there is no Clang")
        sys.exit(77)
    unittest.main()

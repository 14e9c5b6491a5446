#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Tests of check_format.py: a file that is not formatted is named, a long literal stays whole, another version is refused."""
import os
import pathlib
import shutil
import subprocess
import sys
import tempfile
import unittest

import check_format

HERE = pathlib.Path(__file__).resolve().parent
STYLE = HERE.parent.parent / ".clang-format"


class CheckFormat(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.top = pathlib.Path(folder.name).resolve()
        shutil.copy(STYLE, self.top / ".clang-format")
        (self.top / "lib").mkdir()
        self.write("good.cpp", "int f() { return 1; }\n")

    def write(self, name, text):
        (self.top / "lib" / name).write_text(text, encoding="utf-8")

    def run_check(self, **environment):
        return subprocess.run([sys.executable, "-B", HERE / "check_format.py", self.top], capture_output=True, text=True,
                              env={**os.environ, **environment}, check=False)

    def test_a_formatted_tree_passes(self):
        run = self.run_check()
        self.assertEqual((run.returncode, run.stdout), (0, "1 files read, 0 not formatted\n"))

    def test_each_unformatted_file_is_named_once(self):
        self.write("bad.cpp", "int  f( ){return 1;}\nint  g( ){return 1;}\n")
        self.write("worse.hpp", "int* f( );\n")
        run = self.run_check()
        self.assertEqual(run.returncode, 1)
        self.assertEqual(run.stdout.count("lib/bad.cpp: not formatted; mend it with: clang-format-14 -i"), 1, run.stdout)
        self.assertIn("lib/worse.hpp: not formatted", run.stdout)
        self.assertIn("3 files read, 2 not formatted", run.stdout)

    def test_a_long_literal_is_not_broken(self):
        self.write("long.cpp", 'const char* text =\n    "' + "word " * 40 + '";\n')
        self.assertEqual(self.run_check().returncode, 0)

    def test_another_version_is_not_used(self):
        other = self.top / "other"
        other.write_text("#!/bin/sh\necho 'clang-format version 19.1.7'\n", encoding="utf-8")
        other.chmod(0o755)
        run = self.run_check(CLANG_FORMAT=str(other))
        self.assertEqual(run.returncode, 77)
        self.assertIn("clang-format-14", run.stdout)


if __name__ == "__main__":
    if check_format.find_program() is None:
        print("SKIPPED: there is no clang-format 14 here")
        sys.exit(77)
    unittest.main()

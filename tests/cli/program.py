# SPDX-License-Identifier: Apache-2.0
"""What the tests of the program narrowfp share: how it is run and what every good and bad run has in common."""
import json
import os
import re
import subprocess
import sys
import unittest

PROGRAM = ""
SCHEMA = ""
SANITIZED = "NARROWFP_TEST_SANITIZED" in os.environ  # ten times slower, and more memory
TIME_LIMIT = 1200 if SANITIZED else 120  # seconds of one run


def run(*arguments, stdin="", env=None):
    """The finished process; standard input is text."""
    environment = {k: v for k, v in os.environ.items() if k not in ("NARROWFP_TARGET", "NO_COLOR")}
    environment["NARROWFP_CORPUS_FOLDER"] = os.devnull  # no text unless a test names one: the claim repeats no recorded run
    environment.update(env or {})
    return subprocess.run([PROGRAM, *arguments], input=stdin, capture_output=True, text=True, check=False,
                          timeout=TIME_LIMIT, env=environment)


def strict_json(text):
    def refuse(word):
        raise ValueError(f"{word} is not a JSON number")

    return json.loads(text, parse_constant=refuse)


class ProgramTest(unittest.TestCase):
    def good(self, *arguments, **keywords):
        """Standard output of a run that must succeed."""
        process = run(*arguments, **keywords)
        self.assertEqual(process.returncode, 0, process.stderr)
        return process.stdout

    def bad(self, *arguments, says=(), **keywords):
        """The one line on standard error of a run that must end with 2 and print nothing."""
        process = run(*arguments, **keywords)
        self.assertEqual(process.returncode, 2, process.stdout + process.stderr)
        self.assertEqual(process.stdout, "")
        self.assertTrue(process.stderr.endswith("\n"))
        lines = process.stderr.splitlines()
        self.assertEqual(len(lines), 1, process.stderr)
        self.assertTrue(lines[0].startswith("narrowfp: "), lines[0])
        for text in (says,) if isinstance(says, str) else says:
            self.assertIn(text, lines[0])
        return lines[0]

    def largest_team(self, *arguments):
        """The most threads that worked together in a good run, as its OpenMP reports them; 1 if it reports none."""
        process = run(*arguments, env={"OMP_NUM_THREADS": "2", "OMP_DYNAMIC": "false", "OMP_DISPLAY_AFFINITY": "true",
                                       "OMP_AFFINITY_FORMAT": "team of %N"})
        self.assertEqual(process.returncode, 0, process.stderr)
        return max((int(n) for n in re.findall(r"team of (\d+)", process.stdout + process.stderr)), default=1)

    def lines(self, *arguments, **keywords):
        return [line.split() for line in self.good(*arguments, **keywords).splitlines()]


def main():
    """The main function of every test file."""
    global PROGRAM, SCHEMA
    if len(sys.argv) < 3:
        sys.exit(f"usage: {sys.argv[0]} PROGRAM RESULTS_SCHEMA [unittest arguments]")
    PROGRAM, SCHEMA = sys.argv[1:3]
    unittest.main(module="__main__", argv=[sys.argv[0], *sys.argv[3:]])

#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""check_output.py PROGRAM SOURCE: runs PROGRAM and compares what it prints with the end of SOURCE.

The expected output is the comment lines that follow the line "// Output:", each without its "// ".
"""
import difflib
import subprocess
import sys


def expected_output(source_path):
    with open(source_path, encoding="utf-8") as source:
        lines = source.read().splitlines()
    if lines.count("// Output:") != 1:
        raise SystemExit(f"{source_path}: one line '// Output:' expected, {lines.count('// Output:')} found")
    block = lines[lines.index("// Output:") + 1:]
    stray = [line for line in block if line != "//" and not line.startswith("// ")]
    if stray:
        raise SystemExit(f"{source_path}: only comment lines may follow '// Output:', found '{stray[0]}'")
    if not block:
        raise SystemExit(f"{source_path}: nothing follows '// Output:'")
    return [line[3:] for line in block]


def main():
    if len(sys.argv) != 3:
        raise SystemExit(__doc__)
    program, source_path = sys.argv[1:]
    expected = expected_output(source_path)
    run = subprocess.run([program], capture_output=True, text=True, check=False)
    if run.returncode != 0:
        raise SystemExit(f"{program}: exit code {run.returncode}\n{run.stderr}")
    printed = [line.rstrip() for line in run.stdout.splitlines()]
    if printed != expected:
        difference = difflib.unified_diff(expected, printed, source_path, program, lineterm="")
        raise SystemExit("\n".join(difference))


if __name__ == "__main__":
    main()

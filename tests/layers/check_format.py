#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""check_format.py FOLDER: every .hpp and .cpp file of the tree is as clang-format 14 with the tree's .clang-format lays it out.

The version is pinned, because another one lays code out differently. CLANG_FORMAT names the program.
Exit code 0: all files are; 1: each file that is not is named, with the command that mends it; 2: wrong use;
77 (skipped): there is no clang-format 14.
"""
import os
import pathlib
import re
import shutil
import subprocess
import sys

MAJOR = 14
FOLDERS = ("lib", "bench", "tests", "examples")
SUFFIXES = {".hpp", ".cpp", ".h", ".c"}
BATCH = 64


def major_version(program):
    """The major version that a clang-format states, or None."""
    try:
        text = subprocess.run([program, "--version"], capture_output=True, text=True, check=True).stdout
    except (OSError, subprocess.CalledProcessError):
        return None
    match = re.search(r"version (\d+)\.", text)
    return int(match.group(1)) if match else None


def find_program():
    """The first clang-format of the pinned version, or None."""
    named = os.environ.get("CLANG_FORMAT")
    for name in [named] if named else [f"clang-format-{MAJOR}", "clang-format"]:
        path = shutil.which(name)
        if path and major_version(path) == MAJOR:
            return path
    return None


def source_files(top):
    for folder in FOLDERS:
        for path in sorted((top / folder).rglob("*")):
            if path.is_file() and path.suffix in SUFFIXES:
                yield path


def unformatted(program, files):
    """The files that the program would change."""
    changed = []
    for first in range(0, len(files), BATCH):
        run = subprocess.run([program, "--dry-run", *map(str, files[first : first + BATCH])],
                             capture_output=True, text=True, check=True)
        named = re.findall(r"^(.*?):\d+:\d+: warning: code should be clang-formatted", run.stderr, re.MULTILINE)
        changed += sorted(set(named))
    return changed


def main():
    if len(sys.argv) != 2 or not pathlib.Path(sys.argv[1], ".clang-format").is_file():
        print(__doc__, file=sys.stderr)
        return 2
    top = pathlib.Path(sys.argv[1]).resolve()
    program = find_program()
    if program is None:
        print(f"SKIPPED: there is no clang-format {MAJOR} here (Debian package clang-format-{MAJOR})")
        return 77
    files = list(source_files(top))
    changed = unformatted(program, files)
    for name in changed:
        print(f"{pathlib.Path(name).relative_to(top)}: not formatted; mend it with: clang-format-{MAJOR} -i {name}")
    print(f"{len(files)} files read, {len(changed)} not formatted")
    return 1 if changed or not files else 0


if __name__ == "__main__":
    sys.exit(main())

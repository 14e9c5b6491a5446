#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""Validates result files against lib/narrowfp/report/results.schema.json, and the rules a schema cannot state.

Usage: validate_results.py [--schema FILE] FILE...
A file whose name begins with "timings" must hold measured records alone, any other file none.
Prints one line per file; exits 0 if all hold, 1 if one does not, 2 for wrong use.
"""

import argparse
import json
import os
import sys

DEFAULT_SCHEMA = os.path.join(
    os.path.dirname(os.path.abspath(__file__)), "..", "..", "lib", "narrowfp", "report", "results.schema.json"
)


def reject_constant(word):
    raise ValueError(f"{word} is not a JSON number")


def unique_keys(pairs):
    result = dict(pairs)
    if len(result) != len(pairs):
        raise ValueError("a key stands twice in one object")
    return result


def load(path):
    with open(path, "rb") as file:
        text = file.read().decode("utf-8")
    return text, json.loads(text, parse_constant=reject_constant, object_pairs_hook=unique_keys)


def all_numbers(value, path):
    if isinstance(value, float):
        yield path, value
    elif isinstance(value, dict):
        for key, item in value.items():
            yield from all_numbers(item, f"{path}.{key}")
    elif isinstance(value, list):
        for index, item in enumerate(value):
            yield from all_numbers(item, f"{path}[{index}]")


def problems(path, validator):
    try:
        text, document = load(path)
    except (OSError, ValueError) as error:
        return 0, [str(error)]
    found = [f"{error.json_path}: {error.message}" for error in validator.iter_errors(document)]
    if not text.endswith("\n"):
        found.append("no newline at the end")
    found += [f"{at}: is infinite" for at, x in all_numbers(document, "$") if x in (float("inf"), float("-inf"))]
    if found:
        return 0, found
    records = document["records"]
    timings = os.path.basename(path).startswith("timings")
    seen = set()
    for record in records:
        name = f"record '{record['id']}'"
        if record["id"] in seen:
            found.append(f"{name}: the id is used twice")
        seen.add(record["id"])
        if (record["kind"] == "measured") != timings:
            found.append(f"{name}: kind {record['kind']} in a file of {'timings' if timings else 'results'}")
        low, high = record["low"], record["high"]
        if low is not None and high is not None and low > high:
            found.append(f"{name}: low is above high")
    return len(records), found


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--schema", default=DEFAULT_SCHEMA)
    parser.add_argument("files", nargs="+", metavar="FILE")
    arguments = parser.parse_args()
    try:
        import jsonschema
    except ImportError:
        print("validate_results.py: the Debian package python3-jsonschema is missing", file=sys.stderr)
        return 2
    try:
        schema = load(arguments.schema)[1]
    except (OSError, ValueError) as error:
        print(f"validate_results.py: {arguments.schema}: {error}", file=sys.stderr)
        return 2
    jsonschema.Draft202012Validator.check_schema(schema)
    validator = jsonschema.Draft202012Validator(schema)
    failed = False
    for path in arguments.files:
        count, found = problems(path, validator)
        if found:
            failed = True
            for problem in found:
                print(f"{path}: {problem}", file=sys.stderr)
        else:
            print(f"{path}: valid, {count} records")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())

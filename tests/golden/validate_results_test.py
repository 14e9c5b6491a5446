#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""Checks that validate_results.py accepts the sample document and refuses each of its broken variants."""

import copy
import json
import os
import subprocess
import sys
import tempfile

HERE = os.path.dirname(os.path.abspath(__file__))
VALIDATOR = os.path.join(HERE, "validate_results.py")
SAMPLE = os.path.join(HERE, "sample_results.json")


def record(change):
    return lambda d: d["records"][0].update(change)


BROKEN = {
    "another schema": lambda d: d.update(schema="narrowfp-results/2"),
    "no context": lambda d: d.pop("context"),
    "an unknown field of the document": lambda d: d.update(extra=1),
    "an unknown field of a record": record({"extra": 1}),
    "a missing field": lambda d: d["records"][0].pop("low"),
    "a nested parameter": record({"parameters": {"a": [1]}}),
    "a parameter that is null": record({"parameters": {"a": None}}),
    "a key with capitals": record({"parameters": {"A": 1}}),
    "an id with a blank": record({"id": "a b"}),
    "an empty name": record({"name": ""}),
    "an empty note": record({"note": ""}),
    "an unknown kind": record({"kind": "guessed"}),
    "an unknown status": record({"status": "good"}),
    "a boolean value": record({"value": True}),
    "ok without a value": record({"value": None}),
    "a number without a unit": record({"unit": None}),
    "a broken count": record({"n": 1.5}),
    "a negative count": record({"n": -1}),
    "not run, with a value": record({"status": "not_run", "note": "why"}),
    "failed, without a note": record({"status": "failed", "value": None, "low": None, "high": None, "note": None}),
    "published without a source": record({"kind": "published"}),
    "low above high": record({"low": 3, "high": 2}),
    "an id twice": lambda d: d["records"].append(copy.deepcopy(d["records"][0])),
    "a measured record among results": record({"kind": "measured"}),
    "NaN": record({"value": float("nan")}),
    "infinity": record({"value": float("inf")}),
}

BROKEN_TEXTS = {
    "no newline at the end": lambda text: text.rstrip("\n"),
    "a key twice": lambda text: text.replace('"clean": true', '"threads": true'),
    "a number beyond double": lambda text: text.replace('"value": 0.0234', '"value": 1e999'),
    "half a file": lambda text: text[: len(text) // 2],
}


def accepted(folder, text, name="results.json"):
    path = os.path.join(folder, name)
    with open(path, "w", encoding="utf-8") as file:
        file.write(text)
    run = subprocess.run([sys.executable, VALIDATOR, path], capture_output=True, text=True, check=False)
    if run.returncode not in (0, 1) or "Traceback" in run.stderr:
        sys.exit(f"validate_results.py broke off:\n{run.stderr}")
    return run.returncode == 0


def main():
    with open(SAMPLE, encoding="utf-8") as file:
        text = file.read()
    wrong = []
    with tempfile.TemporaryDirectory() as folder:
        if not accepted(folder, text):
            wrong.append("the sample was refused")
        if accepted(folder, text, "timings.json"):
            wrong.append("accepted: results in a file of timings")
        for name, change in BROKEN.items():
            document = json.loads(text)
            change(document)
            if accepted(folder, json.dumps(document) + "\n"):
                wrong.append(f"accepted: {name}")
        for name, change in BROKEN_TEXTS.items():
            if accepted(folder, change(text)):
                wrong.append(f"accepted: {name}")
    for problem in wrong:
        print(problem, file=sys.stderr)
    print(f"{2 + len(BROKEN) + len(BROKEN_TEXTS)} documents tried, {len(wrong)} judged wrongly")
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())

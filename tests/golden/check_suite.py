#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""Runs a Google Benchmark suite on a few small rows and checks what it writes and how it ends.

Usage: check_suite.py PROGRAM
The program is one of SUITES. Exits 0 if all holds, 1 if something does not, 2 for wrong use.
"""

import json
import math
import os
import pathlib
import struct
import subprocess
import sys
import tempfile

FOLDER = pathlib.Path(__file__).resolve().parent

# For each suite: the file it writes, a filter of a few small rows, and the counters of a row.
SUITES = {
    "bench_accuracy": {
        "file": "results.json",
        "operands": True,
        "filter": "^accuracy/data:(normal|uniform01)/a:(e4m3fn|f32)/.*/k:256(/|$)",
        "counters": {
            "rel_fro", "max_ulp", "correct_bits", "sqnr_db",
            "bytes_per_element", "saturated", "underflowed", "nonfinite",
        },
    },
    "bench_convert": {
        "file": "timings.json",
        "filter": "^convert/.*/elements:262144/threads:1(/|$)",
        "counters": {"elements_per_s"},
    },
    "bench_gemm": {
        "file": "timings.json",
        "filter": "^gemm/.*/m:256/.*/threads:1(/|$)",
        "counters": {"macs_per_s"},
    },
    "bench_gemv": {
        "file": "timings.json",
        "filter": "^gemm/.*/m:(1|4)/n:512/.*/threads:1(/|$)",
        "counters": {"macs_per_s"},
    },
    "bench_quantize": {
        "file": "timings.json",
        "filter": "^quantize/.*/rows:512/cols:512/threads:1(/|$)",
        "counters": {"elements_per_s"},
    },
    "bench_memory": {
        "file": "results.json",
        "filter": "^memory/(what:matrix/format:(e4m3fn|e2m1fn|int8)/.*/rows:(1|31|127)/|what:step/.*/part:dispatch/)",
        "counters": {"bytes", "scale_bytes", "bytes_per_element", "of_bf16"},
        "values": {
            # 127 x 255 codes; 2 blocks of 128 in each of 127 rows; 1 x 2 blocks of 128 x 128
            "what:matrix/format:e4m3fn/recipe:deepseek_v3/operand:a/rows:127/cols:255/bytes": 127 * 255 + 127 * 2 * 4,
            "what:matrix/format:e4m3fn/recipe:deepseek_v3/operand:b/rows:127/cols:255/bytes": 127 * 255 + 2 * 4,
            # 32 elements share a byte, along the columns of A and the rows of B
            "what:matrix/format:e4m3fn/recipe:mxfp8/operand:a/rows:31/cols:33/scale_bytes": 31 * 2,
            "what:matrix/format:e4m3fn/recipe:mxfp8/operand:b/rows:31/cols:33/scale_bytes": 33,
            # 31 x 33 halves of a byte, rounded up
            "what:matrix/format:e2m1fn/recipe:none/operand:a/rows:31/cols:33/bytes": 512,
            # 4096 tokens of 7168, 56 scales each
            "what:step/model:deepseek_v3/part:dispatch/storage:deepseek_v3/bytes": 4096 * (7168 + 56 * 4),
        },
    },
}

problems = []


def expect(condition, text):
    if not condition:
        problems.append(text)


def reject_constant(word):
    raise ValueError(f"{word} is not a JSON number")


def strict(path):
    return json.loads(path.read_text(encoding="utf-8"), parse_constant=reject_constant)


def run(program, *arguments, env=None):
    environment = {name: value for name, value in os.environ.items() if not name.startswith("BENCHMARK_")}
    environment.pop("NARROWFP_TARGET", None)
    environment.update(env or {})
    return subprocess.run([program, *arguments], env=environment, capture_output=True, text=True, check=False)


def may_be_missing(name):
    """Rows of other libraries, of instructions and of targets that a machine may lack."""
    return any(word in name for word in ("impl:openblas", "impl:onednn", "impl:peak", "impl:instruction", "/target:"))


def check_output(path, suite):
    """The file of Google Benchmark: every row has the suite's counters, all finite."""
    document = strict(path)
    for key in ("version", "compiler", "target", "seed", "threads", "data_crc32"):
        expect(key in document["context"], f"{path.name}: no '{key}' in the context")
    single = [row for row in document["benchmarks"] if row["run_type"] == "iteration"]
    expect(single, f"{path.name}: no rows")
    for row in single:
        if row.get("error_occurred") or row.get("skipped"):
            expect(may_be_missing(row["name"]), f"{row['name']}: skipped: {row}")
            continue
        for counter in suite["counters"]:
            expect(math.isfinite(row.get(counter, math.nan)), f"{row['name']}: counter {counter}: {row.get(counter)}")
    return {row["run_name"] for row in single}


def check_results(path, suite, rows):
    """The file of --results: valid, a record for each counter of each row, nothing failed."""
    command = [sys.executable, str(FOLDER / "validate_results.py"), str(path)]
    validation = subprocess.run(command, capture_output=True, text=True, check=False)
    expect(validation.returncode == 0, f"{path.name} is not valid: {validation.stderr}")
    records = strict(path)["records"]
    for record in records:
        expect(record["status"] in ("ok", "exact", "not_run"), f"{record['id']}: {record['status']}: {record['note']}")
        if record["status"] == "not_run":
            missing_allowed = may_be_missing(record["id"]) or "/ratio_to_" in record["id"] or "/goal:" in record["id"]
            expect(missing_allowed, f"{record['id']}: not run")
    for counter in suite["counters"]:
        found = sum(record["id"].endswith("/" + counter) for record in records)
        expect(found == len(rows), f"{path.name}: {found} records of {counter}, expected {len(rows)}")
    return records


def check_values(records, values):
    """Figures that can be counted on paper."""
    found = {record["id"]: record["value"] for record in records}
    for name, value in values.items():
        expect(found.get("memory/" + name) == value, f"{name}: {found.get('memory/' + name)}, expected {value}")


def check_ratios(records):
    """Each FP8 rate is followed by its ratio to BF16 and then by that to FP32, and they are quotients of medians."""
    values = {record["id"]: record["value"] for record in records}
    ids = [record["id"] for record in records]
    rates = [i for i, record in enumerate(records) if record["unit"] == "MAC/s" and "/a:e4m3fn/" in record["id"]]
    expect(rates, "no FP8 rows")
    for i in rates:
        name = ids[i].removesuffix("/macs_per_s")
        expected = [name + "/ratio_to_bf16", name + "/ratio_to_f32"]
        expect(ids[i + 1 : i + 3] == expected, f"{name}: its ratios do not follow")
        if "/target:" in name:
            continue  # the base was filtered out, or the target is not there
        for record in records[i + 1 : i + 3]:
            quotient = values[ids[i]] / values[record["reference"] + "/macs_per_s"]
            # The median of the ratios of rounds lies between their extremes, and so does the ratio of the medians of
            # an odd number of rounds.
            right = record["low"] <= quotient <= record["high"]
            expect(right, f"{record['id']}: {record['low']} to {record['high']} without {quotient}")
            expect(record["low"] <= record["value"] <= record["high"], f"{record['id']}: outside its range")


def write_operands(path):
    """X, W and dY of a linear layer with 5 tokens, 64 inputs and 3 outputs, as narrowfp train --dump-operands writes them."""
    header, data = {}, b""
    for name, shape in (("x", (5, 64)), ("w", (3, 64)), ("dy", (5, 3))):
        count = shape[0] * shape[1]
        values = struct.pack(f"<{count}f", *(math.sin(1 + 7 * i) for i in range(count)))
        header["layer0.down." + name] = {
            "dtype": "F32", "shape": shape, "data_offsets": [len(data), len(data) + len(values)]}
        data += values
    text = json.dumps(header).encode()
    path.write_bytes(len(text).to_bytes(8, "little") + text + data)


def check_operands(program, takes_them):
    with tempfile.TemporaryDirectory() as folder:
        path = pathlib.Path(folder, "step 7.safetensors")
        write_operands(path)
        result = run(program, "--operands", str(path), "--benchmark_list_tests")
        if not takes_them:
            expect(result.returncode == 2, f"--operands: exit code {result.returncode}, expected 2")
            return
        for role, m, n, k in (("fprop", 5, 3, 64), ("dgrad", 5, 32, 3), ("wgrad", 3, 32, 5)):
            name = f"accuracy/data:{role}.step_7/a:e4m3fn/b:e4m3fn/recipe:deepseek_v3/acc:sequential/m:{m}/n:{n}/k:{k}"
            expect(name in result.stdout, f"no row {name}")
        results = pathlib.Path(folder, "results.json")
        run(program, f"--operands={path}", "--benchmark_filter=data:fprop.step_7/a:e4m3fn.*unit:h100", "--results", str(results))
        errors = [r["value"] for r in strict(results)["records"] if r["id"].endswith("/rel_fro")]
        expect(errors and all(0.001 < error < 0.2 for error in errors), f"errors on given operands: {errors}")
        path.write_bytes(path.read_bytes()[:-1])
        result = run(program, "--operands", str(path))
        expect(result.returncode == 2 and path.name in result.stderr, f"a truncated file: {result.returncode}, {result.stderr}")


def check_wrong_use(program):
    for arguments, env in (
        (["--no_such_flag"], None),
        (["--benchmark_filter=no row has this name"], None),
        (["--benchmark_format=xml"], None),
        (["--benchmark_min_time=soon"], None),
        (["--seed", "-1"], None),
        (["--results", "/no/such/folder/results.json"], None),
        (["--benchmark_out=/no/such/folder/benchmark.json"], None),
        ([], {"NARROWFP_TARGET": "abacus"}),
    ):
        result = run(program, *arguments, env=env)
        expect(result.returncode == 2, f"{arguments} {env}: exit code {result.returncode}, expected 2")
        expect(result.stderr.strip(), f"{arguments} {env}: nothing on standard error")
    result = run(program, "--help")
    right = result.returncode == 0 and "--results FILE" in result.stdout
    expect(right, f"--help: {result.returncode}, {result.stdout}")
    result = run(program, "--benchmark_list_tests")
    names = result.stdout.split()
    expect(result.returncode == 0 and names, f"--benchmark_list_tests: exit code {result.returncode}")
    expect(len(names) == len(set(names)), "two rows have one name")


def main():
    if len(sys.argv) != 2 or os.path.basename(sys.argv[1]) not in SUITES:
        print(__doc__, file=sys.stderr)
        return 2
    program = sys.argv[1]
    suite = SUITES[os.path.basename(program)]
    with tempfile.TemporaryDirectory() as folder:
        written = []
        for turn in ("first", "second"):
            results = pathlib.Path(folder, turn, suite["file"])
            results.parent.mkdir()
            output = results.parent / "benchmark.json"
            arguments = [f"--benchmark_filter={suite['filter']}", "--benchmark_min_time=0.001"]
            result = run(program, *arguments, f"--benchmark_out={output}", "--results", str(results))
            expect(result.returncode == 0, f"exit code {result.returncode}: {result.stderr}")
            if result.returncode != 0:
                break
            rows = check_output(output, suite)
            records = check_results(results, suite, rows)
            written.append(results.read_bytes())
            check_values(records, suite.get("values", {}))
            if suite["file"] == "timings.json" and "macs_per_s" in suite["counters"]:
                check_ratios(records)
        if suite["file"] == "results.json" and len(written) == 2:
            expect(written[0] == written[1], "two runs wrote different deterministic results")
        if written:
            print(f"{len(rows)} rows, {len(records)} records")
    check_operands(program, suite.get("operands", False))
    check_wrong_use(program)
    for problem in problems:
        print(problem, file=sys.stderr)
    return 1 if problems else 0


if __name__ == "__main__":
    sys.exit(main())

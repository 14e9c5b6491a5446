#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""narrowfp faults and narrowfp comm: figures, files, refusals, what the claim takes from them. comm runs with two processes
where this build has MPI."""
import json
import os
import shutil
import sys
import tempfile

import program
from program import ProgramTest, main, strict_json

SUITE = os.path.join(os.path.dirname(os.path.abspath(sys.argv[1])), "bench_comm") if len(sys.argv) > 1 else ""


def values(path):
    with open(path, encoding="utf-8") as file:
        return {r["id"]: r["value"] for r in json.load(file)["records"]}


class Faults(ProgramTest):
    def study(self, folder, *parts):
        """The values in both files of a small run of these parts."""
        arguments = [x for part in parts for x in ("--only", part)]
        process = program.run("faults", "--small", *arguments, "--output", folder)
        self.assertEqual(process.returncode, 0, process.stdout + process.stderr)
        self.assertIn("SMALL RUN", process.stdout)
        self.assertEqual(sorted(os.listdir(folder)), ["report.md", "results.json", "timings.json"])
        return values(os.path.join(folder, "results.json")), values(os.path.join(folder, "timings.json"))

    def claim_takes(self, row, words, folder):
        """The row has these words only with the files of the folder."""
        given = [x for name in ("results.json", "timings.json") for x in ("--results", os.path.join(folder, name))]
        self.assertNotIn(words, " ".join(self.good("claim", "--only", row).split()))
        self.assertIn(words, " ".join(self.good("claim", "--only", row, *given).split()))

    def test_flips(self):
        with tempfile.TemporaryDirectory() as folder:
            found, timings = self.study(folder, "payload", "scales", "master", "checksums")
            self.assertEqual(timings, {})
            self.assertAlmostEqual(found["faults.law.e4m3fn.not_finite"], 0.0118, delta=0.0005)
            self.assertAlmostEqual(found["faults.law.bf16.above_largest"], 0.0697, delta=0.0035)
            self.assertLessEqual(found["faults.payload.e4m3fn.worst"], 2)
            self.assertGreater(found["faults.payload.bf16.worst"], 1e30)
            again = self.good("faults", "--small", "--only", "payload", "--json")
            for record in strict_json(again)["records"]:
                self.assertEqual(record["value"], found[record["id"]])
            self.claim_takes("V10", "found by column checksums", folder)

    def test_training(self):
        with tempfile.TemporaryDirectory() as folder:
            found, _ = self.study(folder, "training")
            for arm in ("fp32", "bf16", "deepseek_v3"):
                self.assertEqual(found[f"faults.training.{arm}.recovered"], 1)
            # A working copy with fewer fraction bits hides more flips of the FP32 weight.
            self.assertGreater(found["faults.training.deepseek_v3.unchanged"], found["faults.training.bf16.unchanged"])
            self.assertGreater(found["faults.training.bf16.unchanged"], found["faults.training.fp32.unchanged"])

    def test_interruptions(self):
        with tempfile.TemporaryDirectory() as folder:
            found, timings = self.study(folder, "interruptions")
            self.assertEqual(found["faults.interrupted.equal_results"], 1)
            self.assertGreaterEqual(timings["faults.interrupted.kills"], 6)
            self.assertGreaterEqual(timings["faults.interrupted.kills_in_writes"], 2)
            # A share of wall-clock times: its size is no test, only that it is there.
            self.assertGreater(timings["faults.interrupted.usual.share"], 0)
            self.claim_takes("V9", "killed at random times and resumed", folder)

    def test_refusals(self):
        self.bad("faults", "--only", "payloads", says="payload")
        self.bad("faults", "--output", "/proc/none", says="/proc/none")
        # The lives of the interrupted run are started by the program alone.
        self.assertNotIn("--life", self.good("faults", "--help"))
        with tempfile.TemporaryDirectory() as folder:
            self.bad("faults", "--life", folder, says="--life")
            self.bad("faults", "--life", folder, says="--life", env={"NARROWFP_FAULTS_STARTED_BY": "0"})
            self.assertEqual(os.listdir(folder), [])


def record(identity, value, unit, kind="emulated"):
    return dict(id=identity, name="a figure", kind=kind, parameters={}, value=value, unit=unit, low=None, high=None, n=None,
                method=None, reference=None, source=None, status="ok", note=None, repro=None)


class Comm(ProgramTest):
    def claim(self, *records):
        with tempfile.TemporaryDirectory() as folder:
            path = os.path.join(folder, "results.json")
            with open(path, "w", encoding="utf-8") as file:
                json.dump({"schema": "narrowfp-results/1", "context": {}, "records": records}, file)
            return program.run("claim", "--only", "V5", "--results", path)

    def test_claim(self):
        """V5 takes counted payloads and measured links; a payload that is not the formula's fails."""
        bytes_of = lambda dispatch: (record("comm.exchange.fp8.dispatch_bytes.ranks_8", dispatch, "B"),
                                     record("comm.exchange.fp8.combine_bytes.ranks_8", 14336.0, "B"))
        links = (record("comm.link.910b3.16bit_only.traffic_over_work.ranks_8", 0.25, "1", "measured"),
                 record("comm.link.910b3.16bit_only.exposed_over_work.ranks_8", 0.0, "1", "measured"))
        good = self.claim(*bytes_of(7392.0), *links)
        self.assertEqual(good.returncode, 0, good.stdout + good.stderr)
        self.assertIn("payload counted in messages", good.stdout)
        self.assertIn("emulated link here", good.stdout)
        self.assertEqual(self.claim(*bytes_of(7393.0)).returncode, 1)

    def test_without_mpi(self):
        """Each thing that is missing is one line that says how to get it."""
        if os.path.exists(SUITE):
            self.skipTest("this build has MPI")
        self.bad("comm", says=("libopenmpi-dev openmpi-bin", "-DNARROWFP_WITH_MPI=ON"))

    def test_refusals(self):
        self.bad("comm", "--only", "exchanges", says="exchange")
        self.bad("comm", "--ranks", "1", says="2 to 64")
        self.bad("comm", "--ranks", "2,2", says="twice")

    def test_two_ranks(self):
        if not os.path.exists(SUITE) or shutil.which("mpirun") is None:
            self.skipTest("no MPI: " + ("mpirun is not installed" if os.path.exists(SUITE) else "built without NARROWFP_WITH_MPI"))
        with tempfile.TemporaryDirectory() as folder:
            process = program.run("comm", "--ranks", "2", "--small", "--allow-run-as-root", "--output", folder)
            self.assertEqual(process.returncode, 0, process.stdout + process.stderr)
            found = values(os.path.join(folder, "results.json"))
            self.assertEqual(found["comm.exchange.fp8.dispatch_bytes.ranks_2"], 7392)
            self.assertEqual(found["comm.exchange.bf16.dispatch_bytes.ranks_2"], 14336)
            self.assertEqual(found["comm.exchange.fp8.combine_bytes.ranks_2"], 14336)
            self.assertAlmostEqual(found["comm.exchange.bf16.over_fp8.ranks_2"], 1.32, delta=0.005)
            self.assertIn("comm.exchange.fp8.seconds.ranks_2", values(os.path.join(folder, "timings.json")))
            self.assertEqual(sorted(os.listdir(folder)), ["report.md", "results.json", "timings.json"])


if __name__ == "__main__":
    main()

#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""narrowfp faults and narrowfp comm: figures, files, refusals. comm runs with two processes where MPI is there, on the long run."""
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
    def test_files(self):
        with tempfile.TemporaryDirectory() as folder:
            process = program.run("faults", "--small", "--output", folder)
            self.assertEqual(process.returncode, 0, process.stdout + process.stderr)
            self.assertIn("SMALL RUN", process.stdout)
            self.assertEqual(sorted(os.listdir(folder)), ["report.md", "results.json"])
            found = values(os.path.join(folder, "results.json"))
            self.assertAlmostEqual(found["faults.law.e4m3fn.not_finite"], 0.0118, delta=0.0005)
            self.assertAlmostEqual(found["faults.law.bf16.above_largest"], 0.0697, delta=0.0035)
            self.assertLessEqual(found["faults.payload.e4m3fn.worst"], 2)
            self.assertGreater(found["faults.payload.bf16.worst"], 1e30)
            again = program.run("faults", "--small", "--only", "payload", "--json")
            for record in strict_json(again.stdout)["records"]:
                self.assertEqual(record["value"], found[record["id"]])

    def test_refusals(self):
        self.bad("faults", "--only", "payloads", says="payload")
        self.bad("faults", "--output", "/proc/none", says="/proc/none")


class Comm(ProgramTest):
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

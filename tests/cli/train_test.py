#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""narrowfp train: a very short experiment with all its files, going on from finished parts, what the claim makes of it, refusals."""
import csv
import json
import os
import signal
import subprocess
import tempfile
import time

import jsonschema

import program
from program import ProgramTest, main, strict_json

SHORT = ["train", "--size", "tiny", "--steps", "32", "--seeds", "2", "--arm", "deepseek_v3", "--arm", "int8_tile"]
ARMS = ["fp32", "bf16", "null_noise", "deepseek_v3", "int8_tile"]


def write_text(path, size=8000):
    words = "it is a truth universally acknowledged that a single man in possession of a good fortune must want".split()
    number, text = 1, []
    while sum(len(w) + 1 for w in text) < size:
        number = number * 48271 % 2147483647
        text.append(words[number % len(words)])
    with open(path, "w", encoding="utf-8") as file:
        file.write(" ".join(text))


class Train(ProgramTest):
    @classmethod
    def setUpClass(cls):
        """One short experiment serves the tests that look at it."""
        cls.temporary = tempfile.TemporaryDirectory()
        cls.addClassCleanup(cls.temporary.cleanup)
        cls.text = os.path.join(cls.temporary.name, "text.txt")
        write_text(cls.text)
        cls.folder = os.path.join(cls.temporary.name, "new", "report")
        cls.process = program.run(*SHORT, "--corpus", cls.text, "--output", cls.folder, "--threads", "2")
        if cls.process.returncode == 0:
            cls.document = cls.read(cls.folder, "results.json")
            cls.records = {r["id"]: r for r in cls.document["records"]}

    @staticmethod
    def read(folder, name):
        with open(os.path.join(folder, name), encoding="utf-8") as file:
            return strict_json(file.read())

    def setUp(self):
        self.assertEqual(self.process.returncode, 0, self.process.stderr)

    def test_files_and_schema(self):
        self.assertEqual(sorted(os.listdir(self.folder)),
                         ["curves.csv", "parts", "recorded.txt", "report.md", "results.json", "timings.json"])
        with open(program.SCHEMA, encoding="utf-8") as file:
            validator = jsonschema.Draft202012Validator(json.load(file))
        for name in ("results.json", "timings.json"):
            document = self.read(self.folder, name)
            self.assertEqual([e.message for e in validator.iter_errors(document)], [])
            kinds = {r["kind"] for r in document["records"]}
            self.assertEqual(kinds, {"measured"} if name == "timings.json" else {"emulated"})

    def test_gaps_follow_from_the_losses(self):
        loss = {arm: [self.records[f"train.loss.{arm}.seed{n:02}"]["value"] for n in (1, 2)] for arm in ARMS}
        for arm, base in (("bf16", "fp32"), ("null_noise", "fp32"), ("deepseek_v3", "bf16"), ("int8_tile", "bf16")):
            gaps = [100 * (a - b) / b for a, b in zip(loss[arm], loss[base])]
            for n, gap in enumerate(gaps):
                self.assertAlmostEqual(self.records[f"train.gap.{arm}.seed{n + 1:02}"]["value"], gap, places=9)
            record = self.records[f"train.gap.{arm}"]
            self.assertAlmostEqual(record["value"], sum(gaps) / 2, places=9)
            self.assertEqual(record["n"], 2)
            # One degree of freedom: t is 6.3138 at 90 %, the standard error half the distance.
            self.assertAlmostEqual(record["high"] - record["value"], 6.313752 * abs(gaps[0] - gaps[1]) / 2, places=4)
        for n in (1, 2):
            null = self.records[f"train.gap.null_noise.seed{n:02}"]["value"]
            self.assertAlmostEqual(self.records[f"train.gap_less_null.deepseek_v3.seed{n:02}"]["value"],
                                   self.records[f"train.gap.deepseek_v3.seed{n:02}"]["value"] - null, places=9)
        self.assertNotEqual(self.records["train.gap.null_noise.seed01"]["value"], 0)

    def test_a_short_run_decides_nothing(self):
        self.assertEqual(self.records["train.verdict.deepseek_v3"]["status"], "not_run")
        self.assertIn("NOT RUN", self.process.stdout)
        claim = strict_json(self.good("claim", "--only", "V7", "--only", "V8", "--only", "V15", "--results",
                                      os.path.join(self.folder, "results.json"), "--json"))
        verdicts = {r["id"]: r for r in claim["records"]}
        self.assertEqual(verdicts["claim.v7"]["status"], "not_run")
        self.assertIn("not of the deciding design", verdicts["claim.v7"]["note"])
        self.assertEqual(verdicts["claim.v15"]["status"], "not_run")

    def test_every_arm_has_a_gradient_and_products(self):
        for arm in ARMS:
            record = self.records[f"train.gradient_snr.{arm}"]
            self.assertEqual(record["status"], "ok")
            self.assertLessEqual(record["low"], record["value"])
        self.assertGreater(self.records["train.gradient_snr.fp32"]["value"], 80)
        order = [self.records[f"train.gradient_snr.{arm}"]["value"] for arm in ("fp32", "bf16", "deepseek_v3")]
        self.assertEqual(order, sorted(order, reverse=True))
        for role in ("fprop", "dgrad", "wgrad"):
            product = self.records[f"train.product.deepseek_v3.layer0.gate_up.{role}"]
            self.assertGreater(product["parameters"]["quantisation"], 0.005)
            self.assertLess(product["value"], 0.1)
        self.assertNotIn("train.product.null_noise.layer0.gate_up.fprop", self.records)

    def test_curves(self):
        with open(os.path.join(self.folder, "curves.csv"), encoding="utf-8", newline="") as file:
            rows = list(csv.DictReader(file))
        self.assertEqual(len(rows), len(ARMS) * 2 * 32)
        self.assertEqual({r["arm"] for r in rows}, set(ARMS))
        self.assertTrue(all(0 < float(r["loss"]) < 6 for r in rows))

    def test_threads_and_finished_parts_change_no_bit(self):
        other = os.path.join(self.temporary.name, "other")
        self.good(*SHORT, "--corpus", self.text, "--output", other, "--threads", "1", "--quiet")
        again = self.good(*SHORT, "--corpus", self.text, "--output", self.folder, "--json", "--quiet")
        for document in (self.read(other, "results.json"), strict_json(again)):
            for record, expected in zip(document["records"], self.document["records"], strict=True):
                self.assertEqual({**record, "repro": None}, {**expected, "repro": None})

    def test_a_stopped_experiment_goes_on(self):
        folder = os.path.join(self.temporary.name, "stopped")
        text = os.path.join(self.temporary.name, "long.txt")
        write_text(text, 20000)
        arguments = ["--size", "tiny", "--steps", "192", "--arm", "deepseek_v3", "--corpus", text]
        whole = strict_json(self.good("train", *arguments, "--json", "--quiet"))
        process = subprocess.Popen([program.PROGRAM, "train", *arguments, "--output", folder, "--quiet", "--threads", "1"],
                                   stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        parts = os.path.join(folder, "parts")
        deadline = time.monotonic() + 60
        while process.poll() is None and time.monotonic() < deadline:
            if os.path.isdir(parts) and any(n.endswith(".checkpoint") for n in os.listdir(parts)):
                break
            time.sleep(0.005)
        process.send_signal(signal.SIGINT)
        self.assertIn(process.wait(), (130, 0))  # 0: it was faster
        rest = strict_json(self.good("train", *arguments, "--output", folder, "--json", "--quiet"))
        values = [{r["id"]: (r["value"], r["low"], r["high"]) for r in d["records"]} for d in (rest, whole)]
        self.assertEqual(*values)
        self.assertFalse([n for n in os.listdir(parts) if not n.endswith(".json") or ".running" in n])

    def test_another_experiment_is_not_mixed_in(self):
        self.bad("train", "--size", "tiny", "--steps", "48", "--arm", "deepseek_v3", "--corpus", self.text, "--output",
                 self.folder, "--quiet", says=("another configuration", "--output"))

    def test_operands_of_all_linear_layers(self):
        folder = os.path.join(self.temporary.name, "operands")
        text = self.good("train", "--size", "tiny", "--steps", "16", "--arm", "deepseek_v3", "--corpus", self.text,
                         "--dump-operands", folder, "--quiet")
        self.assertIn("operands-step0016.safetensors", text)
        files = os.listdir(folder)
        self.assertEqual(files, ["operands-step0016.safetensors"])
        with open(os.path.join(folder, files[0]), "rb") as file:
            size = int.from_bytes(file.read(8), "little")
            header = json.loads(file.read(size))
        self.assertEqual(header["layer0.gate_up.x"]["shape"], [64, 32])
        self.assertEqual(header["layer0.gate_up.w"]["shape"], [128, 32])
        self.assertEqual(header["layer0.gate_up.dy"]["shape"], [64, 128])
        path = os.path.join(folder, files[0])
        records = json.loads(self.good("claim", "--only", "V6", "--operands", path, "--json"))["records"]
        found = {r["id"]: r for r in records}
        for role, k in (("fprop", 64), ("dgrad", 32), ("wgrad", 64)):  # the linear with most inputs: down, 32 x 64
            r = found[f"claim.v6.{role}.operands_step0016.deepseek_v3.fp32.quantisation"]
            self.assertEqual(r["parameters"]["k"], k)
            self.assertTrue(0.001 < r["value"] < 0.2)
        self.bad("claim", "--only", "V6", "--operands", path, "--operands", path, says="given before")
        self.studies_of(path)
        self.bad("claim", "--only", "V6", "--operands", self.text, says=os.path.basename(self.text))

    def studies_of(self, path):
        records = json.loads(self.good("study", "matmul", "--operands", path, "--only", "operands_step0016.e4m3fn.dee",
                                       "--json"))["records"]
        found = {r["id"]: r for r in records}
        for role, k in (("fprop", 64), ("dgrad", 32), ("wgrad", 64)):
            r = found[f"{role}.operands_step0016.e4m3fn.deepseek_v3.sequential.relative_frobenius"]
            self.assertEqual(r["parameters"]["k"], k)
            self.assertIn("--operands " + path, r["repro"])
            self.assertTrue(0.001 < r["value"] < 0.2)
        for name, figure, n in (("mx_rules", "floor.error", 1), ("retile", "fp32.twice", 1),
                                ("token_imbalance", "alpha16.tile.p1", 2), ("outliers", "channel8.rowwise", 2)):
            records = json.loads(self.good("study", name, "--operands", path, "--batches", "2", "--json"))["records"]
            found = {r["id"].removeprefix(f"study.{name}.operands_step0016."): r for r in records}
            self.assertGreater(found[figure]["value"], 0)
            self.assertEqual(found[figure]["n"], n)
            self.assertNotIn("stated", found[figure]["parameters"])
            self.assertEqual(found[figure].get("low") is not None, n > 1)
        self.bad("study", "promotion", "--operands", path, says=("takes no --operands", "retile"))
        self.bad("study", "casts", "--operands", path, says="takes no --operands")
        self.bad("study", "retile", "--operands", path, "--operands", path, says="one file")
        self.bad("study", "retile", "--operands", path, "--small", says="--small")
        self.bad("study", "retile", "--operands", self.text, says=os.path.basename(self.text))

    def test_ranks_that_cannot_join(self):
        """As if mpirun had started two processes, and this one knew no other: two would write the same files."""
        process = program.run("train", "--quick", "--corpus", self.text, env={"OMPI_COMM_WORLD_SIZE": "2"})
        self.assertEqual(process.returncode, 2)
        self.assertIn("narrowfp: mpirun started 2 processes, but this program is one of 1", process.stderr.splitlines()[0])

    def test_refusals(self):
        for arguments, says in (
                (["--arm", "fp8"], ("unknown arm", "deepseek_v3")),
                (["--size", "XL"], ("unknown model size", "tiny")),
                (["--steps", "3"], "--steps"),
                (["--seeds", "0"], "--seeds"),
                (["--quick", "--full"], "--full"),
                (["--corpus", "no/such/file"], "no/such/file"),
                (["--corpus", self.temporary.name], "folder"),
                (["--corpus", self.text], ("bytes for training", "longer text")),
                (["--corpus", ""], "empty"),
                (["--output", self.text, "--size", "tiny", "--steps", "16", "--corpus", self.text], "folder")):
            self.bad("train", *arguments, "--quiet", says=says)


if __name__ == "__main__":
    main()

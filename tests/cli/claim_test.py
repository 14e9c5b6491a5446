#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""narrowfp claim: verdicts, words, figures, files and refusals; narrowfp list and show of chips."""
import json
import os
import tempfile

import jsonschema

import program
from program import ProgramTest, main, strict_json

SELF_CHECKS = ["S1", "S2", "S3", "S4"]
ROWS = ["V1", "V2", "V3", "V4", "V5", "V6", "V7", "V8", "V9", "V10", "V11", "V12a", "V12b", "V13", "V14", "V15", "V16"]
QUESTIONS = ["Q1", "Q2", "Q3", "Q4", "Q5", "Q6"]
RUN = {"S1", "V1", "V3", "V5", "V6", "V12b"}


class Claim(ProgramTest):
    @classmethod
    def setUpClass(cls):
        """One whole run serves all tests that look at it."""
        with tempfile.TemporaryDirectory() as folder:
            cls.folder = os.path.join(folder, "new", "report")
            process = program.run("claim", "--quick", "--output", cls.folder)
            cls.code, cls.text, cls.errors = process.returncode, process.stdout, process.stderr
            cls.names = sorted(os.listdir(cls.folder))
            with open(os.path.join(cls.folder, "report.md"), encoding="utf-8") as file:
                cls.markdown = file.read()
            with open(os.path.join(cls.folder, "results.json"), encoding="utf-8") as file:
                cls.document = strict_json(file.read())
        cls.records = {record["id"]: record for record in cls.document["records"]}

    def test_exit_code_and_files(self):
        self.assertEqual(self.code, 0, self.errors)
        self.assertEqual(self.names, ["report.md", "results.json"])
        self.assertIn(os.path.join(self.folder, "report.md"), self.text)

    def test_first_lines_name_the_reasons(self):
        for text in (self.text, self.markdown):
            head = " ".join(text.split("Answers")[0].split())
            for word in ("press reports", "stability, links, software", "own fourth reason"):
                self.assertIn(word, head)

    def test_order_and_width(self):
        places = [self.text.index(title) for title in ("Answers\n", "Rows\n", "Self-checks of the model\n")]
        self.assertEqual(places, sorted(places))
        long_lines = [line for line in self.text.splitlines() if len(line) > 100 and "Re" not in line[:2]]
        self.assertEqual(long_lines, [])

    def test_every_row_and_question_is_printed(self):
        first_words = [line.split()[0] for line in self.text.splitlines() if line[:1].isalpha()]
        for name in SELF_CHECKS + ROWS + QUESTIONS:
            self.assertIn(name, first_words)

    def test_verdicts(self):
        for name in QUESTIONS[:5]:
            self.assertEqual(self.records[f"claim.{name.lower()}"]["value"], "UNDECIDED")
            self.assertTrue(self.records[f"claim.{name.lower()}"]["note"])
        self.assertEqual(self.records["claim.q6"]["value"], "NOT TESTABLE")
        self.assertEqual(self.records["claim.s1"]["value"], "PASS")
        self.assertEqual(self.records["claim.v1"]["value"], "UNDECIDED")
        self.assertEqual(self.records["claim.v12b"]["value"], "UNDECIDED")
        for name in SELF_CHECKS + ROWS:
            record = self.records[f"claim.{name.lower()}"]
            self.assertEqual(record["status"], "ok" if name in RUN else "not_run", name)
            self.assertEqual(record["repro"], f"narrowfp claim --only {name}")
            if name not in RUN:
                self.assertTrue(record["note"], name)
                self.assertTrue(record["parameters"]["would_run_it"], name)

    def test_records_keep_the_schema(self):
        with open(program.SCHEMA, encoding="utf-8") as schema:
            jsonschema.validate(self.document, json.load(schema))
        self.assertEqual(len(self.records), len(self.document["records"]))
        self.assertNotIn("measured", {record["kind"] for record in self.records.values()})
        self.assertEqual(self.document["context"]["mode"], "quick")

    def value(self, identifier):
        return self.records[identifier]["value"]

    def test_published_digits(self):
        self.assertEqual(round(self.value("claim.s1.parameters")), 671)
        self.assertEqual(self.value("claim.s1.dispatch"), 7392)
        self.assertAlmostEqual(self.value("claim.s1.flops"), 250.4, delta=0.06)
        self.assertAlmostEqual(self.value("claim.s1.tokens"), 1543, delta=0.5)
        self.assertAlmostEqual(self.value("claim.s1.rate"), 386, delta=0.5)

    def test_step_time(self):
        h800 = self.records["claim.v1.h800"]
        self.assertEqual(h800["value"], "UNDECIDED")
        self.assertAlmostEqual(h800["low"], 1.06, delta=0.005)
        self.assertAlmostEqual(h800["high"], 1.42, delta=0.005)
        self.assertIn("scenario range", h800["method"])
        borrowed = [r for name, r in self.records.items() if name.startswith("claim.v1.h800.transformer_engine")]
        self.assertEqual(len(borrowed), 4)
        self.assertTrue(all(r["method"] == "scenario: analogy" for r in borrowed))
        self.assertEqual(self.records["claim.v1.h20"]["status"], "not_run")

    def columns(self, row, cost):
        return [self.value(f"claim.{row}.{cost}.{column}")
                for column in ("fp8_units", "fp8_storage_16bit_multiply", "int8", "16bit_only")]

    def test_bytes_in_four_columns(self):
        self.assertEqual(self.columns("v3", "activations"), [155136, 155136, 155136, 254592])
        self.assertEqual(self.columns("v5", "dispatch"), [7392, 7392, 7392, 14336])
        self.assertEqual(self.columns("v5", "combine"), [14336] * 4)
        self.assertEqual(self.columns("v5", "expert_traffic"), [173824, 173824, 173824, 229376])
        for same in ("gradients", "optimizer"):
            self.assertEqual(len(set(self.columns("v3", same))), 1)
        self.assertEqual(self.value("claim.v3.weights.recoverable_without_fp8_units"), 1)
        self.assertEqual(self.text.count("recoverable without FP8 units: 100 %"), 2)
        self.assertEqual(self.markdown.count("recoverable without FP8 units: 100 %"), 2)
        self.assertIn("fp8 storage, 16-bit multiply", self.markdown)

    def test_peaks(self):
        self.assertAlmostEqual(self.value("claim.v12b.910b2.bf16.1"), 0.84, delta=0.005)
        self.assertAlmostEqual(1 / self.value("claim.v12b.910c.bf16.1"), 2.39, delta=0.005)
        self.assertAlmostEqual(1 / self.value("claim.v12b.910c.bf16.2"), 2.54, delta=0.005)
        self.assertIn("not of throughput", self.records["claim.v12b.910b3.bf16.1"]["method"])
        text = self.good("claim", "--only", "V12b")
        self.assertIn("2.00x its BF16 peak", text)
        self.assertIn("disputed", text)

    def test_gemm_error(self):
        flag = lambda name: self.records[f"claim.v6.{name}"]["parameters"]["flag"]
        self.assertAlmostEqual(self.value("claim.v6.llm_like.tensor_current.fp32.quantisation_over_bf16"), 16, delta=2)
        self.assertAlmostEqual(self.value("claim.v6.uniform01.tensor_current.h100.bias"), -0.07, delta=0.01)
        self.assertTrue(flag("uniform01.tensor_current.h100.accumulation"))
        self.assertFalse(flag("uniform01.tensor_current.h100_128.accumulation"))
        self.assertFalse(flag("uniform01.deepseek_v3.h100.accumulation"))
        self.assertFalse(flag("uniform01.bf16.h100.bias"))
        self.assertLess(self.value("claim.v6.uniform01.tensor_current.b200.accumulation"), 1e-5)

    def test_one_row(self):
        text = self.good("claim", "--only", "bytes")
        self.assertTrue(text.startswith("V3 bytes: figure"))
        self.assertNotIn("Answers", text)
        self.assertIn("int8_tile", text)
        two = strict_json(self.good("claim", "--only", "v4", "--only", "S3", "--json"))
        self.assertEqual([record["id"] for record in two["records"]], ["claim.s3", "claim.v4"])
        self.assertEqual(self.good("claim", "--only", "V4", "--quiet"), "V4 NOT RUN\n")

    def test_same_bits_with_any_number_of_threads(self):
        one, two = (self.good("claim", "--only", "V6", "--json", "--threads", n) for n in ("1", "2"))
        self.assertEqual(one, two)

    def test_errors(self):
        self.bad("claim", "--only", "V17", says=("unknown row 'V17'", "V1"))
        self.bad("claim", "--only", "gem-error", says=("unknown row 'gem-error'", "gemm-error"))
        self.bad("claim", "--only", "", says="unknown row ''")
        self.bad("claim", "--only", "Q4", says=("question", "V6 V7"))
        self.bad("claim", "--only", says="--only")
        self.bad("claim", "--full", says=("unknown option", "--full"))
        self.bad("claim", "spare", says="unexpected argument 'spare'")
        self.bad("claim", "--threads", "-1", says="--threads")
        self.bad("claim", "--output", "", says="folder is empty")
        self.bad("claim", "--", "1", says="takes no values")

    def test_output_that_cannot_be_written(self):
        with tempfile.TemporaryDirectory() as folder:
            file = os.path.join(folder, "file")
            with open(file, "w", encoding="utf-8") as out:
                out.write("kept")
            self.bad("claim", "--only", "S1", "--output", file, says=("file", "cannot create"))
            self.bad("claim", "--only", "S1", "--output", os.path.join(file, "below"), says="cannot create")
            with open(file, encoding="utf-8") as kept:
                self.assertEqual(kept.read(), "kept")
            self.bad("claim", "--only", "V99", "--output", os.path.join(folder, "none"), says="unknown row")
            self.assertFalse(os.path.exists(os.path.join(folder, "none")))
            # Nothing is left half written where the second file cannot be.
            blocked = os.path.join(folder, "blocked")
            os.makedirs(os.path.join(blocked, "results.json"))
            self.bad("claim", "--only", "S1", "--output", blocked, says="results.json")
            self.assertEqual(os.listdir(blocked), ["results.json"])


class Chips(ProgramTest):
    def test_list(self):
        lines = {line[0]: line for line in self.lines("list", "chips") if line}
        self.assertEqual(lines["h20"][2:5], ["2.00x", "296.0", "148.0"])
        self.assertEqual(lines["910b2"][2:5], ["-", "-", "353.9*"])
        names = self.good("list", "chips", "--quiet").split()
        self.assertIn("910c", names)
        self.assertEqual(names, [chip["name"] for chip in strict_json(self.good("list", "chips", "--json"))])

    def test_show(self):
        text = self.good("show", "910c", "--kind", "chip")
        for part in ("707.8 TFLOP/s", "752.0 TFLOP/s", "800.0 TFLOP/s", "disputed", "msmodeling", "none"):
            self.assertIn(part, text)
        chip = strict_json(self.good("show", "h800", "--json"))[0]
        self.assertEqual(chip["kind"], "chip")
        for figure in chip["figures"]:
            self.assertTrue(figure["source"])
        both = strict_json(self.good("show", "h100", "--json"))
        self.assertEqual([thing["kind"] for thing in both], ["unit", "chip"])
        self.bad("show", "910d", "--kind", "chip", says=("unknown chip '910d'", "910"))


if __name__ == "__main__":
    main()

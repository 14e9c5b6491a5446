#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""narrowfp claim: verdicts, words, figures, files and refusals; narrowfp list and show of chips."""
import json
import os
import re
import tempfile

import jsonschema

import program
from program import ProgramTest, main, strict_json

SELF_CHECKS = ["S1", "S2", "S3", "S4"]
ROWS = ["V1", "V2", "V3", "V4", "V5", "V6", "V7", "V8", "V9", "V10", "V11", "V12a", "V12b", "V13", "V14", "V15", "V16", "F1"]
QUESTIONS = ["Q1", "Q2", "Q3", "Q4", "Q5", "Q6"]
NOT_RUN = {"V7", "V15"}  # until 192 seeds are recorded


def unwrapped(text):
    """Paragraphs that begin with the id of a question, each in one line."""
    answers = []
    for line in text.split("The claim: ")[-1].splitlines():
        if re.match(r"Q[1-6] ", line):
            answers.append(line)
        elif answers and line.strip() and not answers[-1].endswith("\0"):
            answers[-1] += " " + line
        elif answers:
            answers[-1] += "\0"
    return [answer.rstrip("\0") for answer in answers]


class Claim(ProgramTest):
    @classmethod
    def setUpClass(cls):
        """One whole run serves all tests that look at it."""
        cls.place = tempfile.TemporaryDirectory()
        cls.folder = os.path.join(cls.place.name, "new", "report")
        process = program.run("claim", "--quick", "--output", cls.folder)
        cls.code, cls.text, cls.errors = process.returncode, process.stdout, process.stderr
        cls.names = sorted(os.listdir(cls.folder))
        with open(os.path.join(cls.folder, "report.md"), encoding="utf-8") as file:
            cls.markdown = file.read()
        with open(os.path.join(cls.folder, "results.json"), encoding="utf-8") as file:
            cls.document = strict_json(file.read())
        cls.quiet = unwrapped(cls.text)
        cls.records = {record["id"]: record for record in cls.document["records"]}

    @classmethod
    def tearDownClass(cls):
        cls.place.cleanup()

    def test_exit_code_and_files(self):
        self.assertEqual(self.code, 0, self.errors)
        self.assertEqual(self.names, ["report.html", "report.md", "results.json", "timings.json"])
        self.assertIn(os.path.join(self.folder, "report.html"), self.text)

    def test_who_says_so_stands_on_the_page(self):
        head = " ".join(self.markdown.split("## The ratio model")[0].split())
        for word in ("Press reports", "slow links between chips", "The fourth, no FP8, is the article's own"):
            self.assertIn(word, head)

    def test_order_and_width(self):
        """Rows first, the answers last, where a terminal stands when all has been printed."""
        places = [self.text.index(title) for title in ("Rows\n", "Self-checks of the model\n", "The claim:", "\nQ1 ", "Report:")]
        self.assertEqual(places, sorted(places))
        long_lines = [line for line in self.text.splitlines() if len(line) > 100 and "Re" not in line[:2]]
        self.assertEqual(long_lines, [])

    def test_every_row_and_question_is_printed(self):
        first_words = [line.split()[0] for line in self.text.splitlines() if line[:1].isalpha()]
        for name in SELF_CHECKS + ROWS + QUESTIONS:
            self.assertIn(name, first_words)

    def test_reproduce_finds_every_answer(self):
        """bench/reproduce takes the answers out of its log by a pattern."""
        with open(os.path.join(os.path.dirname(os.path.abspath(__file__)), "../../bench/reproduce"), encoding="utf-8") as file:
            pattern = re.search(r"grep -E '(.*)'\)$", file.read(), re.MULTILINE)[1]
        self.assertEqual([line[:2] for line in self.quiet if re.match(pattern, line)], QUESTIONS)
        self.assertEqual([line[:2] for line in self.quiet[-6:]], QUESTIONS)

    def test_answers(self):
        for name in QUESTIONS:
            record = self.records[f"claim.{name.lower()}"]
            self.assertIn(record["value"], next(line for line in self.quiet if line.startswith(name)))
            self.assertIn("claim." + record["parameters"]["strongest"], self.records)
        word = lambda part: self.records[f"claim.{part}"]["parameters"]["word"]
        self.assertEqual(word("q1.h800.dense_70b"), "SUPPORTED")
        self.assertEqual(word("q1.h800.dense_8b"), "LEANS SUPPORTED")
        self.assertEqual(word("q1.h800.deepseek_v3"), "OPEN")
        self.assertEqual(word("q1.h20.deepseek_v3"), "LEANS SUPPORTED")
        for chip in ("910b3", "910c"):
            self.assertEqual(word(f"q1.{chip}.deepseek_v3"), "OPEN, hypothetical")
        self.assertEqual(word("q2.kept"), "SUPPORTED")
        self.assertEqual(word("q3.existence"), "SUPPORTED")
        self.assertEqual(word("q3.units"), "NOT SUPPORTED")
        self.assertEqual(word("q5.bytes"), "SUPPORTED")
        self.assertEqual(word("q6.r2"), "NOT TESTABLE")
        for part in ("q4.run", "q5.int8"):
            self.assertEqual(self.records[f"claim.{part}"]["status"], "not_run")

    def test_gates(self):
        """The figures of the second implementation, within Monte Carlo error."""
        gate = {name: self.records[f"claim.v1.gate.{name}"] for name in ("g2", "g3", "g4", "g6")}
        self.assertTrue(all(record["parameters"]["passed"] for record in gate.values()))
        self.assertAlmostEqual(gate["g2"]["value"], 0.92, delta=0.03)
        self.assertEqual(gate["g6"]["value"], 8)
        inside = {name.rsplit(".", 1)[1]: record["parameters"]["inside"] for name, record in self.records.items()
                  if name.startswith("claim.v1.gate.g6.family.")}
        self.assertEqual([name for name, held in inside.items() if not held], ["llm.mojo".rsplit(".", 1)[1], "gb300-te-bench"])
        shuffled = self.records["claim.v1.gate.shuffled"]
        self.assertGreaterEqual(shuffled["value"], 8)

    def test_rows_have_figures(self):
        self.assertEqual(self.records["claim.s1"]["value"], "PASS")
        self.assertEqual(self.records["claim.s3"]["value"], "FAIL")
        for name in ("v1", "v2", "v4", "v11", "v12a", "v12b"):
            self.assertEqual(self.records[f"claim.{name}"]["value"], "figure", name)
            self.assertIn("model", self.records[f"claim.{name}"]["note"])
        for name in SELF_CHECKS + ROWS:
            record = self.records[f"claim.{name.lower()}"]
            self.assertEqual(record["status"], "not_run" if name in NOT_RUN else "ok", name)
            self.assertEqual(record["repro"], f"narrowfp claim --only {name}")
            if name in NOT_RUN:
                self.assertTrue(record["note"], name)
                self.assertTrue(record["parameters"]["would_run_it"], name)

    def test_nothing_names_the_machine(self):
        with open(os.path.join(self.folder, "report.html"), encoding="utf-8") as file:
            page = file.read()
        for text in (page, self.markdown):
            self.assertNotIn(self.folder, text)
            self.assertNotIn(os.path.dirname(program.PROGRAM), text)
            self.assertNotIn(os.uname().nodename + " ", text)
            self.assertIn("narrowfp claim --output FOLDER", text)
            self.assertIn("processor", text)

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
        h800, h20 = self.records["claim.v1.h800"], self.records["claim.v1.h20"]
        for record in (h800, h20):
            self.assertLess(record["low"], record["value"])
            self.assertLess(record["value"], record["high"])
            self.assertIn("scenario range", record["method"])
            self.assertNotIn("verdict", record["parameters"])
        self.assertGreater(h20["low"], h800["low"])
        borrowed = [r for name, r in self.records.items() if name.startswith("claim.v1.h800.profile.transformer_engine")]
        self.assertEqual(len(borrowed), 4)
        self.assertTrue(all(r["method"] == "scenario: analogy" for r in borrowed))
        self.assertAlmostEqual(self.value("claim.v1.h800.worked.z"), 19.926, delta=1e-6)
        apart = self.records["claim.v1.h800.slowdowns_apart"]
        self.assertLess(apart["low"], h800["low"])

    def test_shares_of_scenarios(self):
        """Shares are counts of scenarios, between 0 and 1, and nothing judges by them."""
        ids = ["claim.v1.h20.share_above_1.10", "claim.v12a.910b3.share_above_1.10", "claim.v11.format.share_largest",
               "claim.v11.h800.format.share_largest", "claim.v12b.910c.rate.share_above_1",
               "claim.v12b.910c.rate_over_int8.share_above_1"]
        for chip in ("h800", "h20", "910b2", "910b3", "910b4", "910c"):
            for case in ("", "fp8_units.", "fp8_storage_16bit_multiply.", "int8."):
                ids += [f"claim.v4.{chip}.{case}{share}" for share in
                        ("share_above_10_percent", "share_below_3_percent", "share_above_25_percent", "share_none_fits")]
        for name in ids:
            record = self.records[name]
            self.assertTrue(0 <= record["value"] <= 1, name)
            self.assertIn("no probability", record["method"], name)

    def test_chips_are_spelled_as_readers_know_them(self):
        for name in ("h800", "h20", "910b2", "910b3", "910b4", "910c"):
            for text in (self.text, self.markdown):
                spelled_low = re.search(rf"(?<![\w./-]){name}(?![\w.-])", text)
                self.assertIsNone(spelled_low, spelled_low and text[spelled_low.start() - 60:spelled_low.end() + 40])

    def test_hold_outs(self):
        ranges = {name: self.records[f"claim.s3.{name}"] for name in
                  ("gpt_7b_h100", "gpt_13b_h100", "gpt_175b_h100", "deepseek_v3_gb300")}
        inside = 0
        for record in ranges.values():
            measured = record["parameters"]["measured"]
            held = record["low"] <= measured <= record["high"]
            self.assertEqual(record["parameters"]["inside"], held)
            inside += held
        self.assertEqual(inside, 2)
        self.assertIn("S3", self.text)

    def test_published_tables(self):
        self.assertAlmostEqual(self.value("claim.v9.share.usual.3.09"), 0.852, delta=0.001)
        self.assertAlmostEqual(self.value("claim.v9.equivalent_mtbf.1.26.slow"), 6.9, delta=0.05)
        self.assertAlmostEqual(self.value("claim.v10.e4m3fn.not_finite"), 0.0118, delta=0.001)
        self.assertAlmostEqual(self.value("claim.v10.bf16.above_largest"), 0.0697, delta=0.002)
        self.assertAlmostEqual(self.value("claim.v14.tuned"), 1.59, delta=0.005)

    def test_sensitivity(self):
        lines = [r for name, r in self.records.items() if name.startswith("claim.sensitivity.")]
        self.assertGreater(len(lines), 50)
        self.assertTrue(any(r["parameters"]["flips"] for r in lines))
        self.assertFalse(all(r["parameters"]["flips"] for r in lines))
        self.assertIn("Which inputs move which figure across its threshold", self.markdown)

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
        self.assertEqual(self.markdown.count("recoverable without FP8 units: 100 %"), 3)  # V3, V4, V5
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
        self.assertNotIn("Q1 ", text)
        self.assertIn("int8_tile", text)
        two = strict_json(self.good("claim", "--only", "v4", "--only", "S3", "--json"))
        self.assertEqual([record["id"] for record in two["records"] if record["id"].count(".") == 1],
                         ["claim.s3", "claim.v4"])
        self.assertIn("V8 fp16-or-bf16: figure FP16 0 overflows", self.good("claim", "--only", "V8", "--quiet"))

    def test_same_bits_with_any_number_of_threads(self):
        one, two = (self.good("claim", "--only", "V6", "--json", "--threads", n) for n in ("1", "2"))
        self.assertEqual(one, two)

    def test_errors(self):
        self.bad("claim", "--only", "V17", says=("unknown row 'V17'", "V1"))
        self.bad("claim", "--only", "gem-error", says=("unknown row 'gem-error'", "gemm-error"))
        self.bad("claim", "--only", "", says="unknown row ''")
        self.bad("claim", "--only", "Q4", says=("question", "V6 V7"))
        self.bad("claim", "--only", says="--only")
        self.bad("claim", "--full", "--quick", says="--full")
        self.bad("claim", "--only", "V1", "--chip", "910b3", says=("910b3 has no fp8 units", "BF16 INT8"))
        self.bad("claim", "--chip", "h21", says=("unknown chip 'h21'", "h20"))
        self.bad("claim", "--set", "h20.bf16=fast", says=("h20.bf16=fast", "number"))
        self.bad("claim", "--set", "h20.bf17=1", says=("unknown quantity 'bf17'", "bf16"))
        self.bad("claim", "--set", "h20", says="CHIP.QUANTITY=NUMBER")
        self.bad("claim", "spare", says="unexpected argument 'spare'")
        self.bad("claim", "--threads", "-1", says="--threads")
        self.bad("claim", "--output", "", says="folder is empty")
        self.bad("claim", "--", "1", says="takes no values")

    def test_what_if(self):
        document = strict_json(self.good("claim", "--only", "V1", "--json", "--set", "h20.fp8=148"))
        records = {record["id"]: record for record in document["records"]}
        self.assertLess(records["claim.v1.h20"]["value"], 1)  # units as slow as 16-bit ones: casts are a loss
        self.assertIn("h20.fp8 = 148", document["context"]["change_1"])
        document = strict_json(self.good("claim", "--only", "V1", "--json", "--chip", "910b3", "--set", "910b3.fp8=590"))
        records = {record["id"]: record for record in document["records"]}
        self.assertGreater(records["claim.v1.910b3"]["value"], 1.1)
        # The anchor of H800 is the library's chip: faster FP8 units shorten its FP8 step.
        document = strict_json(self.good("claim", "--only", "V1", "--json", "--set", "h800.fp8=3958"))
        self.assertGreater({r["id"]: r for r in document["records"]}["claim.v1.h800"]["low"], 1.2)
        # Hold-outs and calibration never see a change.
        plain, changed = (self.good("claim", "--only", "S2", "--only", "S3", "--quiet", *more)
                          for more in ((), ("--set", "h800.bandwidth=1", "--set", "h100.fp8=1")))
        self.assertEqual(plain, changed)

    def test_files(self):
        with tempfile.TemporaryDirectory() as folder:
            def written(name, content):
                path = os.path.join(folder, name)
                with open(path, "w", encoding="utf-8") as file:
                    json.dump(content, file)
                return path

            model = {"name": "small", "source": "test",
                     "model": {"vocabulary": 32000, "hidden": 4096, "layers": 32, "heads": 32, "attention": "grouped",
                               "key_value_heads": 8, "key_plain": 128, "value_width": 128, "experts": 0,
                               "dense_ffn": 14336},
                     "layout": {"devices": 64, "stages": 1, "layers_per_stage": 32, "micro_batch_tokens": 8192,
                                "sequence": 8192, "micro_batches": 8, "schedule": "1f1b"}}
            text = self.good("claim", "--only", "V1", "--chip", "h100", "--model", written("good.json", model))
            self.assertIn("small", text)
            del model["model"]["hidden"]
            self.bad("claim", "--model", written("bad.json", model), says=("bad.json", "missing key", "hidden"))
            self.bad("claim", "--model", os.path.join(folder, "none.json"), says="none.json")
            chips = {"chips": [{"name": "mine", "full_name": "Mine", "vendor": "me", "formats": "BF16 FP8", "figures": [
                {"quantity": quantity, "value": value, "source": "a guess"} for quantity, value in
                (("bf16", 100), ("fp8", 200), ("int8", 200), ("memory", 100), ("bandwidth", 2), ("scale_up", 100))]}]}
            text = self.good("claim", "--only", "V1", "--chip", "mine", "--chips", written("chips.json", chips))
            self.assertIn("mine", text)
            del chips["chips"][0]["figures"][0]["source"]
            self.bad("claim", "--chips", written("chips.json", chips), says=("figures[0]", "missing key", "source"))
            other = written("other.json", {"schema": "other/1", "context": {}, "records": []})
            self.bad("claim", "--results", other, says=("other.json", "narrowfp-results/1"))
            self.assertIn("V7 loss: NOT RUN", self.good("claim", "--only", "V7", "--quiet"))

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
        chip = strict_json(self.good("show", "h800", "--kind", "chip", "--json"))[0]
        self.assertEqual(chip["kind"], "chip")
        for figure in chip["figures"]:
            self.assertTrue(figure["source"])
        both = strict_json(self.good("show", "h100", "--json"))
        self.assertEqual([thing["kind"] for thing in both], ["unit", "chip"])
        self.bad("show", "910d", "--kind", "chip", says=("unknown chip '910d'", "910"))


if __name__ == "__main__":
    main()

#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""narrowfp gemm: figures, records and refusals."""
import json
import math
import os
import struct
import tempfile

import jsonschema

import program
from program import ProgramTest, main, strict_json


SCALE_RULES = ("floor", "rceil", "ceil", "even", "midmax", "three_quarters")  # quant/scale_rule.hpp


def write_npy(path, rows, cols, values):
    """A float32 array in NumPy's format, version 1."""
    header = f"{{'descr': '<f4', 'fortran_order': False, 'shape': ({rows}, {cols}), }}"
    header += " " * (-(len(header) + 11) % 64) + "\n"
    with open(path, "wb") as file:
        file.write(b"\x93NUMPY\x01\x00" + struct.pack("<H", len(header)) + header.encode())
        file.write(struct.pack(f"<{len(values)}f", *values))


class Gemm(ProgramTest):
    small = ("--m", "16", "--n", "8", "--k", "256")

    def records(self, *arguments):
        document = strict_json(self.good("gemm", *arguments, "--json"))
        with open(program.SCHEMA, encoding="utf-8") as schema:
            jsonschema.validate(document, json.load(schema))
        ids = [record["id"] for record in document["records"]]
        self.assertEqual(len(ids), len(set(ids)))
        return {record["id"]: record for record in document["records"]}

    def value(self, identifier, *arguments):
        return self.records(*arguments)[identifier]["value"]

    def test_table(self):
        text = self.good("gemm", *self.small)
        for part in ("16 x 8 x 256", "normal", "seed 1", "tensor_current", "sequential", "0.500x", "0.250x",
                     "relative Frobenius", "quantisation alone", "accumulation alone", "SQNR", "inexact"):
            self.assertIn(part, text)
        self.assertEqual(text, self.good("gemm", *self.small, "--threads", "1"))

    def test_quiet(self):
        self.assertAlmostEqual(float(self.good("gemm", *self.small, "--quiet")),
                               self.value("gemm.total.relative_frobenius", *self.small), delta=1e-12)

    def test_records(self):
        records = self.records(*self.small, "--seed", "5")
        self.assertEqual(records["gemm.A.code_bytes"]["value"], 16 * 256)
        self.assertEqual(records["gemm.A.scale_bytes"]["value"], 4)
        self.assertEqual(records["gemm.B.bf16_bytes"]["value"], 2 * 8 * 256)
        parameters = records["gemm.total.bias"]["parameters"]
        self.assertEqual((parameters["m"], parameters["seed"], parameters["recipe"], parameters["accumulator"]),
                         (16, 5, "tensor_current", "sequential"))
        self.assertTrue(records["gemm.total.bias"]["repro"].startswith("narrowfp gemm --m 16"))
        error = records["gemm.total.relative_frobenius"]["value"]
        self.assertTrue(0.01 < error < 0.1, error)
        self.assertAlmostEqual(records["gemm.total.sqnr_db"]["value"], -20 * math.log10(error), places=9)
        self.assertLess(records["gemm.accumulation.relative_frobenius"]["value"], 1e-6)

    def test_exact_input(self):
        text = self.good("gemm", *self.small, "--a", "f32", "--b", "f32")
        self.assertIn("exact on this input", text)
        self.assertIn("none: no scales", text)
        records = self.records(*self.small, "--a", "f32", "--b", "f32")
        self.assertEqual(records["gemm.quantisation.relative_frobenius"]["status"], "exact")
        self.assertEqual(records["gemm.quantisation.relative_frobenius"]["value"], 0)
        self.assertIsNone(records["gemm.quantisation.sqnr_db"]["value"])
        self.assertEqual(records["gemm.total.relative_frobenius"]["status"], "ok")

    def test_accumulators(self):
        name = "gemm.total.relative_frobenius"
        for one, other in ((("--accumulator", "aligned(32,13)"), ("--accumulator", "aligned:32:13")),
                           (("--unit", "h100"), ("--accumulator", "aligned")),
                           (("--promotion", "none"), ())):
            self.assertEqual(self.value(name, *self.small, *one), self.value(name, *self.small, *other))
        accumulation = "gemm.accumulation.relative_frobenius"
        exact, promoted, aligned = (self.value(accumulation, *self.small, *options) for options in
                                    (("--accumulator", "exact"), ("--unit", "h100", "--promotion", "64"),
                                     ("--unit", "h100")))
        self.assertTrue(0 < exact < promoted < aligned, (exact, promoted, aligned))
        self.assertLess(exact, 2**-24)
        accumulator = self.records(*self.small, "--unit", "h100", "--promotion", "64")[name]["parameters"]
        self.assertEqual((accumulator["unit"], accumulator["accumulator"]), ("h100", "promoted(aligned(32,13),64)"))

    def test_accumulator_names(self):
        """The accumulator of every path of a unit has a name that --accumulator takes, with the same result."""
        shapes = ("--m", "3", "--n", "2", "--k", "64")
        names = set()
        for unit in self.good("list", "units", "--quiet").split():
            shown = strict_json(self.good("show", unit, "--json"))
            for path in [path for entry in shown if entry["kind"] == "unit" for path in entry["paths"]]:
                element = path["operands"].split()[0]
                for output in ("f32", "f16"):
                    if path[output] is None:
                        continue
                    name = path[output]["accumulator"]
                    scaled = name.startswith("block_scaled")
                    recipe = {"b200-mxfp8": "mxfp8", "b200-mxfp4": "mxfp4", "b200-nvfp4": "nvfp4"}[unit] if scaled else "none"
                    arguments = (*shapes, "--a", element, "--b", element, "--recipe", recipe)
                    value, by_unit = (self.records(*arguments, *how)["gemm.total.relative_frobenius"] for how in
                                      (("--accumulator", name), ("--unit", unit, "--unit-output", output)))
                    self.assertEqual(value["value"], by_unit["value"], (unit, name))
                    self.assertEqual(value["parameters"]["accumulator"], name)
                    self.assertEqual(by_unit["parameters"]["accumulator"], name)
                    names.add(name)
        self.assertGreater(len(names), 20)
        self.assertEqual(len({name for name in names if name.startswith("block_scaled")}), 3)

    def test_scale_rules(self):
        text = " ".join(self.good("gemm", "--help").split())
        self.assertIn(", ".join(SCALE_RULES), text)
        self.assertIn(", ".join(SCALE_RULES), " ".join(self.good("quantize", "--help").split()))
        for rule in SCALE_RULES:
            by_option, by_name = (self.records(*self.small, *how)["gemm.total.relative_frobenius"] for how in
                                  (("--recipe", "mxfp8", "--scale-rule", rule), ("--recipe", f"mxfp8(scale_rule={rule})")))
            self.assertEqual(by_option["parameters"]["scale_rule"], rule)
            self.assertEqual(by_option["value"], by_name["value"])
            name = by_option["parameters"]["recipe"]
            self.assertEqual(name, "mxfp8" if rule == "rceil" else f"mxfp8(scale_rule={rule})")
            self.assertEqual(name, by_name["parameters"]["recipe"])

    def test_threads(self):
        """Nothing of a product runs on more threads than were asked for, here and in the other commands that multiply."""
        for command in (("gemm", "--m", "256", "--n", "256", "--k", "512"), ("claim", "--only", "V6"),
                        ("study", "promotion", "--small"),
                        ("study", "matmul", "--small", "--only", "llm_like.e4m3fn.deepseek_v3")):
            with self.subTest(command=command):
                if self.largest_team(*command, "--threads", "3") == 1:
                    self.skipTest("a build without OpenMP, or one that does not say its threads")
                self.assertEqual(self.largest_team(*command, "--threads", "1"), 1)

    def test_recipes(self):
        for recipe, scale_bytes in (("none", 0), ("rowwise", 4 * 16), ("deepseek_v3", 4 * 16 * 2), ("mxfp8", 16 * 8)):
            self.assertEqual(self.value("gemm.A.scale_bytes", *self.small, "--recipe", recipe), scale_bytes)
        floor = self.records(*self.small, "--recipe", "mxfp8", "--scale-rule", "floor")
        self.assertEqual(floor["gemm.A.inexact"]["parameters"]["scale_rule"], "floor")
        self.assertEqual(self.value("gemm.total.relative_frobenius", *self.small, "--a", "bf16", "--b", "bf16"),
                         self.value("gemm.total.relative_frobenius", *self.small, "--a", "bf16", "--b", "bf16",
                                    "--recipe", "none"))

    def test_output_format(self):
        wide, narrow = (self.value("gemm.accumulation.relative_frobenius", *self.small, "--output", output)
                        for output in ("f32", "bf16"))
        self.assertLess(wide, narrow)

    def test_distributions(self):
        seen = {self.good("gemm", *self.small, "--quiet", "--data", name)
                for name in ("uniform01", "uniform11", "normal", "abs_normal", "lognormal", "llm_like")}
        self.assertEqual(len(seen), 6)

    def test_files(self):
        with tempfile.TemporaryDirectory() as folder:
            a, b, wrong, bad = (os.path.join(folder, name) for name in ("a.npy", "b.npy", "wrong.npy", "bad.npy"))
            write_npy(a, 2, 3, [1, 2, 3, 4, 5, 6])
            write_npy(b, 3, 1, [1, 0.5, -1])
            write_npy(wrong, 2, 1, [1, 2])
            write_npy(bad, 3, 1, [1, math.nan, 2])
            files = ("--a-file", a, "--b-file", b)
            text = self.good("gemm", *files, "--a", "bf16", "--b", "bf16")
            self.assertIn("2 x 3", text)
            self.assertIn("exact on this input", text)
            records = self.records(*files, "--a", "bf16", "--b", "bf16")
            self.assertEqual(records["gemm.total.max_ulp"]["status"], "exact")
            self.assertEqual(records["gemm.total.max_ulp"]["parameters"]["a_file"], a)
            self.bad("gemm", "--a-file", a, says="--b-file")
            self.bad("gemm", "--b-file", b, says="--a-file")
            self.bad("gemm", *files, "--k", "3", says=("--k", "--a-file"))
            self.bad("gemm", "--a-file", a, "--b-file", wrong, says=("2 x 3", "2 x 1", "columns of A"))
            self.bad("gemm", "--a-file", a, "--b-file", bad, says=("bad.npy", "element (1, 0)", "nan"))
            self.bad("gemm", "--a-file", a, "--b-file", os.path.join(folder, "missing.npy"), says="missing.npy")
            with open(wrong, "wb") as file:
                file.write(b"not an array")
            self.bad("gemm", "--a-file", a, "--b-file", wrong, says="wrong.npy")

    def test_overflowed_results_are_not_exact(self):
        with tempfile.TemporaryDirectory() as folder:
            a, b = (os.path.join(folder, name) for name in ("a.npy", "b.npy"))
            write_npy(a, 1, 1, [256])
            write_npy(b, 1, 2, [256, 256])
            options = ("--a-file", a, "--b-file", b, "--a", "f16", "--b", "f16", "--output", "f16")
            text = self.good("gemm", *options)
            self.assertIn("all: 2 elements are not finite", text)
            records = self.records(*options)
            self.assertEqual(records["gemm.total.relative_frobenius"]["status"], "undefined")
            self.assertEqual(records["gemm.total.nonfinite"]["value"], 2)
            self.assertEqual(self.good("gemm", *options, "--quiet"), "nan\n")

    def test_errors(self):
        self.bad("gemm", "--a", "e4m3", says="names several formats")
        self.bad("gemm", "--recipe", "mxfp9", says=("unknown recipe 'mxfp9'", "mxfp8"))
        self.bad("gemm", "--unit", "h10", says=("unknown unit 'h10'", "h100"))
        self.bad("gemm", "--unit", "v100", says=("v100", "e4m3fn"))
        self.bad("gemm", "--unit", "h100", "--accumulator", "exact", says="exclude")
        self.bad("gemm", "--unit-output", "f16", says=("--unit-output", "--unit"))
        self.bad("gemm", "--a", "binary8p9se", says=("binary8p9se", "3 <= K <= 16"))
        self.bad("gemm", "--data", "norml", says=("unknown distribution 'norml'", "normal"))
        self.bad("gemm", "--accumulator", "sequentail", says=("unknown accumulator", "sequential"))
        for text in ("aligned()", "aligned(32)", "aligned:32", "aligned(32,13", "aligned(a,b)"):
            self.bad("gemm", "--accumulator", text, says="aligned(products,fraction_bits[")
        for text in ("aligned(0,13)", "aligned(32,41)"):
            self.bad("gemm", "--accumulator", text, says=(text, "1 to 65536 products and 1 to 40 fraction bits"))
        self.bad("gemm", "--accumulator", "promoted(promoted(exact,2),4)", says="'promoted' found where one of these")
        self.bad("gemm", "--accumulator", "promoted(exact,2)", "--promotion", "4", says="cannot be promoted")
        for text in ("0", "-1", "some"):
            self.bad("gemm", f"--promotion={text}", says="promotion")
        self.bad("gemm", "--scale-rule", "floor", says="scale rule")
        self.bad("gemm", "--recipe", "mxfp8", "--scale-rule", "flor", says=("unknown scale rule 'flor'", *SCALE_RULES))
        self.bad("gemm", "--recipe", "mxfp8(scale_rule=flor)", says=("unknown scale rule 'flor'", *SCALE_RULES))
        self.bad("gemm", "--m", "0", says=("--m 0", "1 to"))
        self.bad("gemm", "--m=-3", says="--m -3")
        self.bad("gemm", "--k", "many", says="--k")
        self.bad("gemm", "--m", "1000000", "--k", "1000000", says="1000000 x 1000000")
        self.bad("gemm", "--seed", "99999999999", says="--seed")
        self.bad("gemm", "--threads", "-1", says="--threads")
        self.bad("gemm", "spare", says="unexpected argument 'spare'")


if __name__ == "__main__":
    main()

#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""quantize, audit and gemm on the same numbers: each is rounded once from the type that the file has, the error is against
what the file has, and nothing is called exact beside elements that are lost. The commands give the same counts."""
import json
import math
import os
import struct
import tempfile

import jsonschema

import program
from audit_test import write_npy, write_safetensors
from program import ProgramTest, main, strict_json

FLT_MAX = struct.unpack("<f", b"\xff\xff\x7f\x7f")[0]
BELOW_432 = -431.99999999999994  # FP32 has -432, which is half way between -416 and -448
ABOVE_TIE = 1 + 2.0**-8 + 2.0**-40  # FP32 has 1 + 2^-8, which is half way between 1 and 1 + 2^-7


class Exactness(ProgramTest):
    def setUp(self):
        self.folder = tempfile.TemporaryDirectory()
        self.addCleanup(self.folder.cleanup)

    def path(self, name):
        return os.path.join(self.folder.name, name)

    def tensor(self, values, dtype="F32"):
        path = self.path("w.safetensors")
        write_safetensors(path, {"w": (dtype, [1, len(values)], values)})
        return path

    def records(self, *arguments):
        document = strict_json(self.good(*arguments, "--json"))
        with open(program.SCHEMA, encoding="utf-8") as schema:
            jsonschema.validate(document, json.load(schema))
        return {r["id"]: r for r in document["records"]}

    def quantised(self, path, recipe, element):
        """Records of quantize by figure, and the bytes of the codes."""
        out = self.path("out.safetensors")
        records = self.records("quantize", path, out, "--recipe", recipe, "--format", element)
        with open(out, "rb") as file:
            (length,) = struct.unpack("<Q", file.read(8))
            begin, end = json.loads(file.read(length))["w"]["data_offsets"]
            data = file.read()[begin:end]
        return {key.removeprefix("quantize."): r for key, r in records.items()}, data

    def audited(self, path, recipe, element):
        records = self.records("audit", path, "--recipe", recipe, "--format", element)
        prefix = f"tensor.w.{element}.{recipe}."
        return {key.rsplit(".", 1)[1]: r for key, r in records.items() if key.startswith(prefix)}

    # -- one rounding -------------------------------------------------------------------------------------------------
    def test_doubles_in_safetensors(self):
        for values, element, codes, error in (
                ([BELOW_432, 448.0], "e4m3fn", b"\xfd\x7e", abs(BELOW_432 + 416) / math.hypot(BELOW_432, 448)),
                ([ABOVE_TIE, 0.0], "bf16", b"\x81\x3f\x00\x00", (1 + 2.0**-7 - ABOVE_TIE) / ABOVE_TIE)):
            path = self.tensor(values, "F64")
            records, data = self.quantised(path, "none", element)
            self.assertEqual(data, codes)
            audited = self.audited(path, "none", element)
            for figure in (records["relative_frobenius"], audited["relative_frobenius"]):
                self.assertAlmostEqual(figure["value"], error, delta=1e-15)
        path = self.tensor([BELOW_432, 448.0], "F64")
        for recipe in ("tensor_current", "deepseek_v3", "mxfp8"):
            records, data = self.quantised(path, recipe, "e4m3fn")
            self.assertEqual(data, b"\xfd\x7e", recipe)
            self.assertAlmostEqual(records["relative_frobenius"]["value"],
                                   self.audited(path, recipe, "e4m3fn")["relative_frobenius"]["value"], delta=1e-15)
        self.assertEqual(self.audited(self.tensor([1e300, 1.0], "F64"), "none", "bf16")["clipped"]["value"], 1)

    def test_an_error_is_against_the_doubles(self):
        path = self.tensor([1 + 2.0**-40, 1.0], "F64")  # as FP32 both are 1
        for records in (self.audited(path, "none", "bf16"), self.quantised(path, "none", "bf16")[0]):
            self.assertEqual(records["relative_frobenius"]["status"], "ok")
            self.assertAlmostEqual(records["relative_frobenius"]["value"], 2.0**-40 / math.sqrt(2), delta=1e-20)
        self.assertNotIn("rounded to FP32", self.good("audit", path))

    def test_products_of_arrays(self):
        a, b = self.path("a.npy"), self.path("b.npy")
        for kind, value, element, rounded in (("<f8", BELOW_432, "e4m3fn", -416), ("<f8", ABOVE_TIE, "bf16", 1 + 2.0**-7),
                                              ("<f8", 1 + 2.0**-24 + 2.0**-50, "f32", 1 + 2.0**-23),
                                              ("<i8", 16777217, "f32", 16777216),
                                              ("<i8", 2**40 + 2**32 + 1, "bf16", 2**40 + 2**33),
                                              ("<i4", 2**30 + 2**22 + 1, "bf16", 2**30 + 2**23),
                                              ("<f2", 1 + 2.0**-10, "e4m3fn", 1)):
            code = {"<f8": "d", "<i8": "q", "<i4": "i", "<f2": "e"}[kind]
            write_npy(a, kind, (1, 1), struct.pack("<" + code, value))
            write_npy(b, kind, (1, 1), struct.pack("<" + code, 1))
            records = self.records("gemm", "--a-file", a, "--b-file", b, "--a", element, "--b", element, "--recipe", "none")
            error = records["gemm.quantisation.relative_frobenius"]
            self.assertEqual(error["status"], "ok")
            self.assertAlmostEqual(error["value"], abs(rounded - value) / abs(value), delta=1e-15)
            self.assertEqual(records["gemm.A.inexact"]["value"], 1)
        write_npy(a, "<f8", (1, 2), struct.pack("<2d", BELOW_432, 448.0))
        write_npy(b, "<f4", (2, 1), struct.pack("<2f", 1.0, 0.0))
        records = self.records("gemm", "--a-file", a, "--b-file", b, "--recipe", "tensor_current")
        self.assertAlmostEqual(records["gemm.total.max_relative"]["value"], abs(BELOW_432 + 416) / 432, delta=1e-6)
        write_npy(a, "<i8", (1, 2), struct.pack("<2q", 1, 2**53 + 1))
        self.bad("gemm", "--a-file", a, "--b-file", b, says=("a.npy", "9007199254740993", "<i8", "2^53"))
        write_npy(a, "|b1", (1, 2), b"\x01\x00")
        self.bad("gemm", "--a-file", a, "--b-file", b, says=("a.npy", "|b1", "<f8", "integers"))

    def test_products_of_layers(self):
        model, captured = self.path("m.safetensors"), self.path("x.safetensors")
        write_safetensors(model, {"a.weight": ("F64", [1, 2], [BELOW_432, 448.0])})
        write_safetensors(captured, {"a": ("F32", [1, 2], [1.0, 0.0])})
        records = self.records("audit", model, "--activations", captured, "--recipe", "none", "--format", "e4m3fn")
        self.assertAlmostEqual(records["product.0.e4m3fn.none.error_w"]["value"], abs(BELOW_432 + 416) / 432, delta=1e-12)
        self.assertAlmostEqual(records["product.0.e4m3fn.none.bias"]["value"], 16 / 432, delta=1e-12)  # -448: below zero

    # -- never exact beside what is lost ------------------------------------------------------------------------------
    def check_lost(self, values, recipe, element, counts, words, status="undefined"):
        path = self.tensor(values)
        records, _ = self.quantised(path, recipe, element)
        audited = self.audited(path, recipe, element)
        for figure, count in counts.items():
            self.assertEqual(records[figure]["value"], count, figure)
            if figure in audited:
                self.assertEqual(audited[figure]["value"], count, figure)
        for figure in (records["relative_frobenius"], audited["relative_frobenius"]):
            self.assertEqual(figure["status"], status)
            self.assertEqual(figure["value"] is None, status == "undefined")
            self.assertNotIn("exact", figure["note"] or "")
        for text in (self.good("quantize", path, self.path("o.safetensors"), "--recipe", recipe, "--format", element),
                     self.good("quantize", path, self.path("o.safetensors"), "--recipe", recipe, "--format", element,
                               "--quiet"),
                     self.good("audit", path, "--quiet", "--recipe", recipe, "--format", element)):
            self.assertNotIn("exact", text)
        text = self.good("audit", path, "--recipe", recipe, "--format", element)
        self.assertNotIn("exact", " ".join(text.split()).replace("exact: exact on this input.", ""))  # the key of the table
        for out in (text, self.good("quantize", path, self.path("o.safetensors"), "--recipe", recipe, "--format", element)):
            for word in words:
                self.assertIn(word, " ".join(out.split()))

    def test_nan_in_a_block_of_a_format_without_nan(self):
        self.check_lost([1.0] * 31 + [math.nan], "mxfp4", "e2m1fn",
                        {"nan": 1, "infinite": 0, "nan_by_scale": 31, "restored_infinite": 0, "left_out": 32,
                         "saturated": 0, "underflowed": 0}, ("1 NaN", "31 NaN because the scale of their block is NaN", "not finite"))
        self.check_lost([1.0] * 33 + [math.nan] + [1.0] * 30, "mxfp4", "e2m1fn",
                        {"nan": 1, "nan_by_scale": 31, "left_out": 32}, ("31 NaN because the scale of their block is NaN",))

    def test_nan_in_its_element(self):
        self.check_lost([1.0] * 31 + [math.nan], "mxfp8", "e4m3fn", {"nan": 1, "nan_by_scale": 0, "left_out": 1}, ("1 NaN",))

    def test_infinity(self):
        self.check_lost([1.0, math.inf, 1.0, -math.inf], "tensor_current", "e4m3fn",
                        {"infinite": 2, "saturated": 2, "left_out": 2}, ("2 infinite",))

    def test_infinite_once_restored(self):
        self.check_lost([FLT_MAX] + [2.0**119] * 31, "mxfp8", "e4m3fn", {"restored_infinite": 1, "infinite": 0, "left_out": 1},
                        ("1 infinite after dequantisation",))
        a, b = self.path("a.npy"), self.path("b.npy")
        write_npy(a, "<f4", (1, 2), struct.pack("<2f", FLT_MAX, 0.0))
        write_npy(b, "<f4", (2, 1), struct.pack("<2f", 1.0, 0.0))
        arguments = ("gemm", "--a-file", a, "--b-file", b, "--recipe", "mxfp8")
        records = self.records(*arguments)
        self.assertEqual(records["gemm.A.restored_infinite"]["value"], 1)
        for scope in ("total", "quantisation"):
            self.assertEqual(records[f"gemm.{scope}.relative_frobenius"]["status"], "undefined")
            self.assertEqual(records[f"gemm.{scope}.nonfinite"]["value"], 1)
        text = self.good(*arguments)
        self.assertNotIn("exact on this input", text)
        self.assertIn("restored_infinite", text)
        self.assertEqual(self.good(*arguments, "--quiet"), "nan\n")

    def test_a_scale_of_zero(self):
        self.check_lost([1.0] * 16 + [1e-6] * 16, "nvfp4", "e2m1fn", {"underflowed": 16, "saturated": 0, "left_out": 0},
                        (), status="ok")

    def test_zero_by_scaling(self):
        self.check_lost([2.0**100, 2.0**-100], "tensor_current", "e4m3fn", {"underflowed": 1, "left_out": 0}, (), status="ok")

    def test_factor(self):
        path = self.tensor([1.0, 2.0])
        for factor in ("1e-60", "1e60", "-1", "nan"):
            self.bad("quantize", path, self.path("o"), "--recipe", "static", f"--factor={factor}", says="--factor")


if __name__ == "__main__":
    main()

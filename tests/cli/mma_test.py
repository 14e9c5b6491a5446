#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""narrowfp mma and verify: worked examples, block scales, refusals with line numbers, a folder of outputs."""
import json
import os
import struct
import tempfile

import jsonschema

import program
from program import ProgramTest, main, run, strict_json


def mma(unit, a, b=None, out=None):
    return ("mma", "--unit", unit, "--a", a, "--b", b or a, *(("--out", out) if out else ()))


class Mma(ProgramTest):
    def test_examples(self):
        for unit, a, line, result in (
                ("h100", "e4m3fn", "7e38 7e30 41100000", "48440000"),
                ("b200", "e4m3fn", "7E38 7E30 41100000", "48440260"),
                ("ada", "e4m3fn", "58" + "00" * 15 + "38 " + "58" + "00" * 15 + "08 c3800000", "3c800000"),
                ("v100", "f16", "0C00" * 4 + " " + "0C00" * 4 + " 3F800000", "3f800000"),
                ("a100", "tf32", "3F801FFF3F800000 3F80000033800000 00000000", "3f800000"),
                ("mi300", "f16", "3c00 3c00 b0800000", "3f7fffff"),
                ("h20", "e5m2", "7c 00 00000000", "7fffffff"),
                ("b200-mxfp4", "e2m1fn", "71 71 00000000 80 7f", "42910000"),
                ("b200-nvfp4", "e2m1fn", "2 2 00000000 3c 38", "3fc00000")):
            with self.subTest(unit=unit, line=line):
                self.assertEqual(self.good(*mma(unit, a), stdin=line + "\n"), result + "\n")

    def test_f16_output(self):
        self.assertEqual(self.good(*mma("a100", "f16", out="f16"), stdin="3c000c00 10001000 3c00\n3c00 1000 3c00"),
                         "3c01\n3c00\n")
        self.assertEqual(self.good(*mma("h100", "f16", out="f16"), stdin="7c00 0000 0000\n"), "7fff\n")

    def test_many_lines(self):
        line = "\t38" * 1 + " 38  3f800000 \r\n"
        self.assertEqual(self.good(*mma("h100", "e4m3fn"), stdin=line * 70000), "40000000\n" * 70000)
        self.assertEqual(self.good(*mma("h100", "e4m3fn")), "")

    def test_refusals(self):
        unit = mma("h100", "e4m3fn")
        good = "38 38 3f800000\n"
        for line, says in (("", "A is missing"), ("38 38", "C is missing"), ("38 3 3f800000", "B has 1 digits"),
                           ("38 zz 3f800000", "'zz' is none of the e4m3fn codes of 2 hexadecimal digits"),
                           ("3838 38 3f800000", "2 elements and B 1"), ("38 38 3f80", "C has 4 digits"),
                           ("38 38 3f8000003f800000", "one number expected"), ("38 38 3f800000 00", "more than 3 columns")):
            with self.subTest(line=line):
                process = run(*unit, stdin=good + line + "\n" + good)
                self.assertEqual(process.returncode, 2)
                self.assertEqual(process.stdout, "40000000\n")  # what stands before the bad line
                self.assertEqual(len(process.stderr.splitlines()), 1)
                self.assertIn("line 2: ", process.stderr)
                self.assertIn(says, process.stderr)
        self.bad(*mma("b200-mxfp8", "e4m3fn"), stdin="38 38 00000000 7f7f 7f\n", says=("line 1", "1 blocks", "2 and 1"))
        self.bad(*mma("a100", "e4m3fn"), says="no path for operands e4m3fn x e4m3fn")
        self.bad(*mma("a100", "bf16", out="f16"), says="with f16 output")
        self.bad(*mma("h1000", "bf16"), says="h100")
        self.bad(*mma("ascend910-hypothetical", "bf16"), says="ascend910-hypothetical-fma")
        self.bad("mma", "--unit", "h100", "--a", "e4m3", "--b", "e4m3fn", says="e4m3fn")


class Verify(ProgramTest):
    def folder(self, root, gpu, name, lines):
        """A folder in the layout of the published one: (a, b, c, d) as FP32 numbers, d as 32 binary digits."""
        path = os.path.join(root, gpu, name)
        os.makedirs(path)
        hexadecimal = lambda x: struct.pack(">f", x).hex()
        for file, texts in ((f"a_{gpu}_{name}", [" ".join(map(hexadecimal, a)) for a, _, _, _ in lines]),
                            (f"b_{gpu}_{name}", [" ".join(map(hexadecimal, b)) for _, b, _, _ in lines]),
                            (f"c_{gpu}_fp32", [hexadecimal(c) for _, _, c, _ in lines]),
                            (f"d_{gpu}_fp32", [f"{int(hexadecimal(d), 16):032b}" for _, _, _, d in lines])):
            with open(os.path.join(path, file + ".txt"), "w", encoding="ascii") as out:
                out.write("\n".join(texts) + "\n")
        return path

    def test_folder(self):
        with tempfile.TemporaryDirectory() as root:
            self.folder(root, "A100", "fp16", [([1, 2], [3, 4], 0.5, 11.5), ([2], [2], 1, 5)])
            self.folder(root, "H100", "E4M3", [([1, 2], [3, 4], 99, 11)])  # C takes no part
            text = self.good("verify", root)
            self.assertIn("3 of 3 results equal", text)
            self.assertIn("C takes no part", text)
            document = strict_json(self.good("verify", root, "--json"))
            with open(program.SCHEMA, encoding="utf-8") as schema:
                jsonschema.validate(document, json.load(schema))
            records = {record["id"]: record for record in document["records"]}
            self.assertEqual((records["verify.A100.fp16.fp32"]["value"], records["verify.A100.fp16.fp32"]["n"]), (2, 2))
            self.assertEqual(records["verify.B200.E5M2.fp16"]["status"], "not_run")
            self.assertTrue(records["verify.B200.E5M2.fp16"]["parameters"]["found_by_search"])
            self.folder(root, "B200", "bf16", [([1], [1], 0, 1.5)])
            process = run("verify", root)
            self.assertEqual(process.returncode, 1)
            self.assertIn("3 of 4 results equal", process.stdout)
            self.assertIn("found 3f800000, measured 3fc00000", process.stdout)

    def test_every_operation_has_its_unit(self):
        with tempfile.TemporaryDirectory() as root:
            for gpu in ("V100", "A100", "A2", "Ada", "L40S", "H100", "H200", "B200"):
                for name in ("fp16", "bf16", "tf32", "E4M3", "E5M2"):
                    path = self.folder(root, gpu, name, [([1], [1], 0, 1)])
                    with open(os.path.join(path, f"d_{gpu}_fp16.txt"), "w", encoding="ascii") as file:
                        file.write("3f800000\n")
            text = self.good("verify", root)
            self.assertIn("50 of 50 results equal", text)
            self.assertIn(os.path.join("V100", "E4M3", "d_V100_fp32.txt") + ": no operation is known", text)

    def test_refusals(self):
        self.bad("verify", "/nowhere", says=("/nowhere", "model_validation"))
        with tempfile.TemporaryDirectory() as root:
            self.bad("verify", root, says=("GPU/FORMAT", "H100"))
            path = self.folder(root, "V100", "fp16", [([1], [1], 0, 1), ([1.0001], [1], 0, 1)])
            self.bad("verify", root, says=("a_V100_fp16.txt, line 2", "not exact in f16"))
            with open(os.path.join(path, "c_V100_fp32.txt"), "w", encoding="ascii") as file:
                file.write("zz\n")
            self.bad("verify", root, says=("c_V100_fp32.txt, line 1", "'zz'"))


if __name__ == "__main__":
    main()

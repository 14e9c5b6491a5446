#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""narrowfp audit: files of every kind in, totals against an independent reader, figures against closed forms, bad input."""
import json
import os
import random
import resource
import struct
import subprocess
import sys
import tempfile

import program
from program import ProgramTest, main, strict_json
from safetensors_reader import totals


def pack(values, dtype):
    if dtype == "BF16":
        return b"".join(struct.pack("<f", v)[2:] for v in values)
    return struct.pack(f"<{len(values)}{dict(F64='d', F32='f', F16='e', F8_E4M3='B', I64='q', U8='B')[dtype]}", *values)


def write_safetensors(path, tensors, metadata=None):
    """tensors: name -> (dtype, shape, values)"""
    header, data = {"__metadata__": metadata} if metadata else {}, b""
    for name, (dtype, shape, values) in tensors.items():
        raw = pack(values, dtype)
        header[name] = {"dtype": dtype, "shape": shape, "data_offsets": [len(data), len(data) + len(raw)]}
        data += raw
    text = json.dumps(header).encode()
    with open(path, "wb") as file:
        file.write(struct.pack("<Q", len(text)) + text + data)


def write_npy(path, descr, shape, data):
    text = f"{{'descr': '{descr}', 'fortran_order': False, 'shape': {shape}, }}\n".encode()
    with open(path, "wb") as file:
        file.write(b"\x93NUMPY\1\0" + struct.pack("<H", len(text)) + text + data)


class Audit(ProgramTest):
    def setUp(self):
        self.folder = tempfile.TemporaryDirectory()
        self.addCleanup(self.folder.cleanup)

    def path(self, name):
        return os.path.join(self.folder.name, name)

    def records(self, *arguments):
        document = strict_json(self.good("audit", *arguments, "--json"))
        self.assertEqual(document["schema"], "narrowfp-results/1")
        records = {r["id"]: r for r in document["records"]}
        self.assertEqual(len(records), len(document["records"]))
        return records

    def model(self):
        generator = random.Random(5)
        normal = [struct.unpack("<f", struct.pack("<f", generator.gauss(0, 0.02)))[0] for _ in range(200 * 300)]
        bf16 = [struct.unpack("<f", b"\0\0" + struct.pack("<f", v)[2:])[0] for v in normal[:4096]]
        spiky = [v * (500 if n == 77 else 1) for n, v in enumerate(normal[:16384])]
        path = self.path("model.safetensors")
        write_safetensors(path, {
            "layers.0.weight": ("F32", [200, 300], normal),
            "layers.0.bias": ("F32", [300], normal[:300]),
            "experts": ("F32", [2, 64, 128], spiky),
            "filters": ("F32", [16, 4, 3, 3], normal[:576]),
            "half": ("BF16", [32, 128], bf16),
            "odd name\u00e9%": ("F16", [3, 5], [0.0, -0.0, 1.5] * 5),
            "damaged": ("F32", [2, 3], [1.0, float("nan"), float("inf"), -2.0, float("-inf"), 0.0]),
            "ids": ("I64", [7], list(range(7))),
        }, {"format": "pt"})
        return path

    def check_totals(self, records, *paths):
        for figure, expected in totals(paths).items():
            found = records[f"total.{figure}"]["value"]
            if figure == "sum_of_squares":
                self.assertAlmostEqual(found / expected, 1, delta=1e-13)
            else:
                self.assertEqual(found, expected, figure)

    def test_totals_equal_an_independent_reader(self):
        path = self.model()
        records = self.records(path)
        self.check_totals(records, path)
        elements = totals([path])["elements"]
        self.assertEqual(records["total.e4m3fn.tensor_current.tensor.code_bytes"]["value"], elements)
        self.assertEqual(records["total.e4m3fn.tensor_current.tensor.scale_bytes"]["value"], 4 * 7)
        self.assertEqual(records["total.bf16.none.-.bytes"]["value"], 2 * elements)
        self.assertEqual((records["total.left_alone"]["value"], records["total.left_alone_bytes"]["value"]), (1, 56))
        totals_only = self.records(path, "--totals")
        self.assertEqual({k: v["value"] for k, v in totals_only.items()},
                         {k: v["value"] for k, v in records.items() if k.startswith("total.")})

    def test_schema(self):
        validator = os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "golden", "validate_results.py")
        with open(self.path("results.json"), "w", encoding="utf-8") as file:
            file.write(self.good("audit", self.model(), "--json"))
        process = subprocess.run([sys.executable, validator, "--schema", program.SCHEMA, self.path("results.json")],
                                 capture_output=True, text=True, check=False)
        self.assertEqual(process.returncode, 0, process.stdout + process.stderr)

    def test_threads_have_no_influence(self):
        path = self.model()
        documents = [strict_json(self.good("audit", path, "--json", "--threads", n)) for n in ("1", "3")]
        self.assertEqual(*[[(r["id"], r["value"]) for r in d["records"]] for d in documents])

    def test_bytes_are_closed_forms(self):
        records = self.records(self.model(), "--tensor", "layers.0.weight", "--tensor", "filters")
        weight, filters = "tensor.layers.0.weight.e4m3fn.", "tensor.filters.e4m3fn."
        for recipe, scales in (("tensor_current.tensor", 4), ("rowwise.row", 4 * 200),
                               ("deepseek_v3.block(128,128)", 4 * 2 * 3), ("mxfp8.block(1,32)", 200 * 10),
                               ("deepseek_v3.block(1,128)", 4 * 200 * 3)):
            self.assertEqual(records[weight + recipe + ".scale_bytes"]["value"], scales)
            self.assertEqual(records[weight + recipe + ".code_bytes"]["value"], 60000)
        self.assertEqual((records[filters + "rowwise.row.scale_bytes"]["parameters"]["rows"],
                          records[filters + "rowwise.row.scale_bytes"]["parameters"]["cols"]), (16, 36))
        self.assertEqual(records["total.column.fp8_units.recovered"]["value"], 1.0)
        self.assertEqual(records["total.column.fp8_storage_16bit_multiply.bytes"]["value"],
                         60000 + 576 + 4 * (2 * 3 + 1))
        self.assertEqual(records["total.column.16bit_only.bytes"]["value"], 2 * 60576)

    def test_layout(self):
        path = self.model()

        def shape_and_blocks(*options):
            records = self.records(path, "--tensor", "filters", "--format", "e4m3fn", "--recipe", "mxfp8", *options)
            p = records["tensor.filters.elements"]["parameters"]
            blocks = {r["parameters"]["blocks"] for r in records.values() if r["parameters"].get("recipe") == "mxfp8"}
            return p["rows"], p["cols"], blocks

        self.assertEqual(shape_and_blocks(), (16, 36, {"block(1,32)"}))
        self.assertEqual(shape_and_blocks("--rows", "leading"), (192, 3, {"block(1,32)"}))
        self.assertEqual(shape_and_blocks("--k", "first"), (16, 36, {"block(32,1)"}))
        a = self.records(path, "--tensor", "half", "--operand", "a", "--recipe", "deepseek_v3", "--format", "e4m3fn")
        self.assertEqual({r["parameters"]["blocks"] for r in a.values() if "blocks" in r["parameters"]}, {"block(1,128)"})

    def test_exact_and_not_finite(self):
        records = self.records(self.model())
        exact = records["tensor.half.bf16.none.-.relative_frobenius"]
        self.assertEqual((exact["value"], exact["status"], exact["note"]), (0.0, "exact", "exact on this input"))
        self.assertIsNone(records["tensor.half.bf16.none.-.sqnr_db"]["value"])
        damaged = {k: records["tensor.damaged." + k]["value"] for k in ("nan", "infinite", "amax", "sum_of_squares")}
        self.assertEqual(damaged, {"nan": 1, "infinite": 2, "amax": 2.0, "sum_of_squares": 5.0})
        self.assertEqual(records["tensor.damaged.bf16.none.-.left_out"]["value"], 3)
        self.assertEqual(records["tensor.damaged.bf16.none.-.clipped"]["value"], 0)
        self.assertEqual(records["tensor.odd%20name%C3%A9%25.zeros"]["value"], 10)
        text = self.good("audit", self.model(), "--tensor", "half", "--format", "bf16")
        self.assertIn("exact on this input", text)
        self.assertIn("1 NaN, 2 infinite", self.good("audit", self.model()))

    def test_known_errors(self):
        # One scale of 448 / 448 = 1: 17 is between 16 and 18 and goes to the even 16; 2^-11 becomes zero.
        path = self.path("known.safetensors")
        write_safetensors(path, {"w": ("F32", [1, 4], [448.0, 17.0, 2.0**-11, 0.0])})
        records = self.records(path, "--format", "e4m3fn", "--recipe", "tensor_current")
        base = "tensor.w.e4m3fn.tensor_current.tensor."
        squares = 448.0**2 + 17.0**2 + 2.0**-22
        self.assertAlmostEqual(records[base + "relative_frobenius"]["value"], ((1 + 2.0**-22) / squares) ** 0.5, delta=1e-16)
        self.assertEqual(records[base + "worst_relative"]["value"], 1.0)
        self.assertEqual((records[base + "underflowed"]["value"], records[base + "clipped"]["value"]), (1, 0))
        direct = self.records(path, "--format", "e2m1fn", "--recipe", "none")["tensor.w.e2m1fn.none.-.clipped"]
        self.assertEqual(direct["value"], 2)

    def test_losses_and_rescue(self):
        text = self.good("audit", self.model(), "--top", "0")
        line = next(line for line in text.splitlines() if line.startswith("experts (amax/rms") and " in int8: " in line)
        self.assertIn("tensor_current (tensor)", line)
        self.assertIn("rescued by int8_tile (1", line)
        self.assertIn("more than 1.00 % of the nonzero elements", text)
        self.assertIn("recoverable without FP8 units: 100 % of the bytes", text.splitlines()[-1])
        plain = self.good("audit", self.model(), "--tensor", "layers.0.bias", "--format", "bf16")
        self.assertIn("No tensor loses much", plain)

    def test_each_tensor_counted_once(self):
        # One scale of 1 each: 17 goes to 16 and the small one to zero; the vector has nearly all of the sum of squares.
        path = self.path("spread.safetensors")
        write_safetensors(path, {"exact": ("F32", [1, 2], [448.0, 16.0]), "one": ("F32", [1, 2], [448.0, 17.0]),
                                 "both": ("F32", [1, 4], [448.0, 17.0, 2.0**-11, 0.0]),
                                 "bias": ("F32", [2], [4480000.0, 0.0])})
        arguments = ("--format", "e4m3fn", "--recipe", "tensor_current")
        base = "total.e4m3fn.tensor_current.tensor."
        records = self.records(path, "--matrices", *arguments)
        self.assertEqual(records["total.tensors"]["value"], 3)
        self.assertAlmostEqual(records[base + "tensor_median_relative_frobenius"]["value"], (1 / (448**2 + 17**2)) ** 0.5, delta=1e-15)
        self.assertAlmostEqual(records[base + "tensor_worst_relative_frobenius"]["value"],
                               ((1 + 2.0**-22) / (448**2 + 17**2 + 2.0**-22)) ** 0.5, delta=1e-15)
        self.assertEqual((records[base + "worst_tensor"]["value"], records[base + "losing_tensors"]["value"]), ("both", 1))
        self.assertEqual(records["total.vector_elements"]["value"], 0)
        everything = self.records(path, *arguments)
        self.assertEqual((everything["total.vector_elements"]["value"], everything["total.vector_sum_of_squares"]["value"]),
                         (2, 4480000.0**2))
        text = self.good("audit", path, *arguments)
        for part in ("Each tensor counted once", "bias has 100 % of the sum of squares", "--matrices leaves them out"):
            self.assertIn(part, " ".join(text.split()))
        self.assertNotIn("--matrices", self.good("audit", path, "--matrices", *arguments))
        self.bad("audit", path, "--tensor", "bias", "--matrices", says="--matrices leaves no tensor")

    def test_outputs(self):
        path = self.model()
        markdown = self.good("audit", path, "--markdown")
        self.assertTrue(markdown.startswith("# "))
        for part in ("fp8 storage, 16-bit multiply", "16-bit only", "recoverable without FP8 units", "odd name"):
            self.assertIn(part, markdown)
        lines = self.lines("audit", path, "--quiet", "--format", "bf16", "--tensor", "half")
        self.assertEqual(lines, [["bf16", "none", "-", str(2 * 4096), "exact"]])
        self.assertEqual(program.run("audit", path, "--quiet").stderr, "")
        self.assertIn("peak memory", program.run("audit", path).stderr)

    def test_kinds_of_paths(self):
        shards = self.path("shards")
        os.mkdir(shards)
        for n in (1, 2):
            write_safetensors(os.path.join(shards, f"m-{n}.safetensors"), {f"w{n}": ("F32", [2], [1.0, n])})
        self.assertEqual(self.records(shards)["total.sum_of_squares"]["value"], 1 + 1 + 1 + 4)
        index = os.path.join(shards, "m.safetensors.index.json")
        with open(index, "w", encoding="utf-8") as file:
            json.dump({"weight_map": {"w1": "m-1.safetensors", "w2": "m-2.safetensors"}}, file)
        self.assertEqual(self.records(index)["total.tensors"]["value"], 2)
        self.assertEqual(self.records(shards)["total.tensors"]["value"], 2)
        arrays = self.path("arrays")
        os.mkdir(arrays)
        write_npy(os.path.join(arrays, "a.npy"), "<f4", (2, 2), struct.pack("<4f", 1, 2, 3, 4))
        write_npy(os.path.join(arrays, "b.npy"), "<f8", (1,), struct.pack("<d", 0.1))
        records = self.records(arrays, os.path.join(shards, "m-1.safetensors"))
        self.assertEqual({i.split(".")[1] for i in records if i.startswith("tensor.")}, {"a", "b", "w1"})
        codes = self.path("codes.npy")
        write_npy(codes, "|u1", (1, 3), bytes([0x38, 0x7E, 0x01]))
        records = self.records(codes, "--codes", "e4m3fn", "--format", "e4m3fn", "--recipe", "none")
        self.assertEqual(records["tensor.codes.amax"]["value"], 448.0)
        self.assertEqual(records["tensor.codes.e4m3fn.none.-.relative_frobenius"]["status"], "exact")
        self.bad("audit", codes, says=("codes.npy", "none of the 1 tensors", "|u1"))
        self.bad("audit", codes, "--codes", "bf16", says=("codes.npy", "|u1", "bf16", "<u2"))
        two = self.path("w1.npy")
        write_npy(two, "<f4", (1,), struct.pack("<f", 1))
        both = self.records(two, os.path.join(shards, "m-1.safetensors"))
        self.assertIn(f"tensor.{shards}/m-1.safetensors:w1.elements", both)
        self.bad("audit", two, two, says=("w1.npy", "twice"))

    def test_arrays_of_other_orders(self):
        values = [1.0, -2.0, 300.0, 4.5, 0.1, 6.0]
        plain, other = self.path("plain.npy"), self.path("other.npy")
        write_npy(plain, "<f8", (2, 3), struct.pack("<6d", *values))
        turned = [values[r * 3 + c] for c in range(3) for r in range(2)]
        for descr, form in ((">f8", ">6d"), ("<f8", "<6d")):
            write_npy(other, descr, (2, 3), struct.pack(form, *turned))
            with open(other, "rb") as file:
                content = file.read().replace(b"'fortran_order': False", b"'fortran_order': True ")
            with open(other, "wb") as file:
                file.write(content)
            expected = self.records(plain, "--format", "e4m3fn")
            found = self.records(other, "--format", "e4m3fn")
            for figure in ("amax", "sum_of_squares", "kurtosis", "e4m3fn.rowwise.row.relative_frobenius"):
                self.assertEqual(found["tensor.other." + figure]["value"], expected["tensor.plain." + figure]["value"])
        write_npy(other, "float8_e4m3fn", (2,), b"\x7e\x38")
        self.assertEqual(self.records(other)["tensor.other.amax"]["value"], 448)
        self.bad("audit", other, "--codes", "e5m2", says=("e4m3fn by its header", "e5m2"))
        write_npy(other, "<f4", (), struct.pack("<f", 3))
        self.assertEqual(self.records(other)["tensor.other.amax"]["value"], 3)
        write_npy(other, "<f4", (0, 3), b"")
        self.bad("audit", other, says="none of the 1 tensors has real elements")

    def test_memory(self):
        # 40 MiB in one tensor: less than twice that and 200 MiB, with all cases.
        path = self.path("large.safetensors")
        block = struct.pack("<1024f", *(random.Random(2).gauss(0, 1) for _ in range(1024)))
        header = json.dumps({"w": {"dtype": "F32", "shape": [2560, 4096], "data_offsets": [0, 2560 * 4096 * 4]}}).encode()
        with open(path, "wb") as file:
            file.write(struct.pack("<Q", len(header)) + header)
            for _ in range(2560 * 4):
                file.write(block)
        before = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss
        self.good("audit", path, "--json")
        peak = max(before, resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss) * 1024
        if not program.SANITIZED:
            self.assertLess(peak, 2 * 2560 * 4096 * 4 + 200 * 2**20)

    def test_bad_names(self):
        path = self.model()
        self.bad("audit", says="path")
        self.bad("audit", path, "--format", "e4m3", says=("names several formats", "e4m3fn"))
        self.bad("audit", path, "--format", "e4m3fm", says=("unknown format 'e4m3fm'", "e4m3fn"))
        self.bad("audit", path, "--recipe", "deepseek", says=("unknown recipe 'deepseek'", "deepseek_v3"))
        self.bad("audit", path, "--tensor", "layers.0.weigth", says=("'layers.0.weigth'", "layers.0.weight"))
        self.bad("audit", path, "--tensor", "!*", says="no tensor")
        self.bad("audit", path, "--k", "middle", says=("middle", "last"))
        self.bad("audit", path, "--rows", "all", says=("all", "leading"))
        self.bad("audit", path, "--operand", "c", says="'c'")
        self.bad("audit", path, "--json", "--markdown", says="exclude")
        self.bad("audit", path, "--tensor", "ids", says=("none of the 1 tensors", "I64"))
        self.assertEqual(self.records(path, "--tensor", "!ids", "--tensor", "*.weight")["total.tensors"]["value"], 1)

    def test_bad_files(self):
        self.bad("audit", self.path("none.safetensors"), says=("none.safetensors", "No such file"))
        self.bad("audit", self.path("none"), says="no such file or folder")
        self.bad("audit", self.folder.name, says="holds no .safetensors and no .npy")
        with open(self.path("x.txt"), "w", encoding="utf-8") as file:
            file.write("text")
        self.bad("audit", self.path("x.txt"), says=("x.txt", "expected a folder"))
        good = self.model()
        with open(good, "rb") as file:
            content = file.read()
        for name, data, says in (("cut", content[:-5], ("byte", "the file has")), ("start", content[:5], "5 bytes"),
                                 ("header", content[:40], "truncated"), ("junk", b"\xff" * 100, "header"),
                                 ("long", content + b"x", "the file has")):
            path = self.path(name + ".safetensors")
            with open(path, "wb") as file:
                file.write(data)
            self.bad("audit", path, "--json", says=(path, *((says,) if isinstance(says, str) else says)))
        path = self.path("empty.safetensors")
        write_safetensors(path, {"e": ("F32", [0, 4], []), "w": ("F32", [1], [1.0])})
        self.assertEqual(self.records(path)["total.tensors"]["value"], 1)
        self.assertIn("'e' is empty, shape 0 x 4", program.run("audit", path).stderr)
        self.assertEqual(self.records(path, "--tensor", "!e")["total.tensors"]["value"], 1)
        write_safetensors(path, {})
        self.bad("audit", path, says="holds no tensors")
        write_npy(self.path("order.npy"), "<f4", (2,), struct.pack("<f", 1))
        self.bad("audit", self.path("order.npy"), says=("needs 8 bytes", "has 4"))
        with open(self.path("order.npy"), "rb") as file:
            fortran = file.read().replace(b"'fortran_order': False", b"'fortran_order': True ") + bytes(4)
        with open(self.path("fortran.npy"), "wb") as file:
            file.write(fortran)
        self.assertEqual(self.records(self.path("fortran.npy"))["tensor.fortran.elements"]["value"], 2)
        write_npy(self.path("type.npy"), "<c8", (1,), bytes(8))
        self.bad("audit", self.path("type.npy"), says="<c8")
        write_npy(self.path("raw.npy"), "|V1", (1,), b"x")
        self.bad("audit", self.path("raw.npy"), says="--codes")


if __name__ == "__main__":
    main()

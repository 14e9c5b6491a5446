#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""narrowfp quantize and audit --activations: files read by an independent reader, codes and scales computed here, products
in exact sums, studies of scales in a short run, bad input."""
import array
import bisect
import json
import math
import os
import random
import struct
import tempfile

from audit_test import write_npy, write_safetensors
from program import ProgramTest, main, strict_json


def f32(x):
    return struct.unpack("<f", struct.pack("<f", x))[0]


def e4m3_value(code):
    field, fraction = code >> 3 & 15, code & 7
    return math.ldexp(fraction, -9) if field == 0 else math.ldexp(8 + fraction, field - 10)


TABLE = [e4m3_value(code) for code in range(127)]  # 0 to 448


def e4m3(x):
    """Nearest code, ties to even, saturated."""
    magnitude = min(abs(x), 448.0)
    low = bisect.bisect_right(TABLE, magnitude) - 1
    high = min(low + 1, 126)
    below, above = magnitude - TABLE[low], TABLE[high] - magnitude
    code = low if below < above or (below == above and low % 2 == 0) or high == low else high
    return code | (128 if math.copysign(1, x) < 0 else 0)


def decode(code):
    return math.copysign(TABLE[code & 127], -1 if code & 128 else 1)


def read_safetensors(path):
    """name -> (dtype, shape, bytes), and the metadata."""
    with open(path, "rb") as file:
        (length,) = struct.unpack("<Q", file.read(8))
        header = json.loads(file.read(length))
        data = file.read()
    metadata = header.pop("__metadata__", {})
    return {name: (t["dtype"], t["shape"], data[slice(*t["data_offsets"])]) for name, t in header.items()}, metadata


def deepseek(x, rows, cols, block_rows, block_cols):
    """Codes and scales of rows x cols numbers, d = fl32(max(amax, 1e-4) / 448), code of fl32(x / d)."""
    grid = -(-cols // block_cols)
    scales = []
    for i in range(0, rows, block_rows):
        for j in range(0, cols, block_cols):
            amax = max(abs(x[r * cols + c]) for r in range(i, min(i + block_rows, rows))
                       for c in range(j, min(j + block_cols, cols)))
            scales.append(f32(max(amax, f32(1e-4)) / 448))
    codes = [e4m3(f32(v / scales[n // cols // block_rows * grid + n % cols // block_cols])) for n, v in enumerate(x)]
    return codes, scales


class Quantize(ProgramTest):
    def setUp(self):
        self.folder = tempfile.TemporaryDirectory()
        self.addCleanup(self.folder.cleanup)
        generator = random.Random(11)
        self.w = [f32(generator.gauss(0, 0.02)) for _ in range(130 * 200)]
        self.e = [f32(generator.gauss(0, 1)) for _ in range(3 * 16 * 64)]
        self.model = self.path("model.safetensors")
        write_safetensors(self.model, {"layer.weight": ("F32", [130, 200], self.w),
                                       "layer.bias": ("F32", [130], self.w[:130]),
                                       "experts.weight": ("BF16", [3, 16, 64], self.e),
                                       "ids": ("I64", [3, 2], [1, 2, 3, 4, 5, 6])})

    def path(self, name):
        return os.path.join(self.folder.name, name)

    def quantised(self, recipe, *options, weights=("layer.weight", "experts.weight")):
        out = self.path(f"{recipe}.safetensors")
        document = strict_json(self.good("quantize", self.model, out, "--recipe", recipe, "--json", *options))
        records = {r["id"].removeprefix("quantize."): r.get("value") for r in document["records"]}
        tensors, metadata = read_safetensors(out)
        self.assertEqual(metadata["format"], "pt")
        self.assertTrue(metadata["quantization"].startswith(recipe))
        self.assertEqual(records["code_bytes"] + records["scale_bytes"] + records["copied_bytes"],
                         sum(len(data) for _, _, data in tensors.values()))
        self.assertEqual(records["elements"], sum(math.prod(shape) for name, (_, shape, _) in tensors.items()
                                                  if name in weights))
        self.assertEqual(records["tensors"] + records["copied"], 4)
        return tensors, records

    def test_square_blocks(self):
        tensors, records = self.quantised("deepseek_v3")
        codes, scales = deepseek(self.w, 130, 200, 128, 128)
        self.assertEqual(tensors["layer.weight"], ("F8_E4M3", [130, 200], bytes(codes)))
        self.assertEqual(tensors["layer.weight_scale_inv"], ("F32", [2, 2], struct.pack("<4f", *scales)))
        bf16 = [struct.unpack("<f", b"\0\0" + struct.pack("<f", v)[2:])[0] for v in self.e]
        parts = [deepseek(bf16[n * 1024:(n + 1) * 1024], 16, 64, 128, 128) for n in range(3)]
        self.assertEqual(tensors["experts.weight"][2], b"".join(bytes(c) for c, _ in parts))
        self.assertEqual(tensors["experts.weight_scale_inv"][:2], ("F32", [3, 1, 1]))
        self.assertEqual(tensors["experts.weight_scale_inv"][2], struct.pack("<3f", *(s[0] for _, s in parts)))
        source, _ = read_safetensors(self.model)
        for name in ("layer.bias", "ids"):
            self.assertEqual(tensors[name], source[name])
        grid = [scales[i // 128 * 2 + j // 128] for i in range(130) for j in range(200)]
        error = math.fsum((f32(decode(c) * s) - v)**2 for c, s, v in zip(codes, grid, self.w))
        for c, s in parts:
            at = parts.index((c, s)) * 1024
            error += math.fsum((f32(decode(k) * s[0]) - v)**2 for k, v in zip(c, bf16[at:at + 1024]))
        reference = math.fsum(v * v for v in self.w + bf16)
        self.assertAlmostEqual(records["relative_frobenius"] / math.sqrt(error / reference), 1, delta=1e-9)

    def test_names_types_and_shapes(self):
        for recipe, weight, scale, suffix in (("tensor_current", "F8_E4M3", ("F32", [1]), "_scale"),
                                              ("rowwise", "F8_E4M3", ("F32", [130, 1]), "_scale"),
                                              ("deepseek_v3_ue8m0", "F8_E4M3", ("F8_E8M0", [2, 2]), "_scale_inv"),
                                              ("mxfp8", "F8_E4M3", ("F8_E8M0", [130, 7]), "_scale"),
                                              ("mxfp4", "F4", ("F8_E8M0", [130, 7]), "_scale"),
                                              ("mxfp6", "F6_E2M3", ("F8_E8M0", [130, 7]), "_scale"),
                                              ("nvfp4", "F4", ("F8_E4M3", [130, 13]), "_scale"),
                                              ("int8_tile", "I8", ("F32", [2, 2]), "_scale_inv")):
            tensors, _ = self.quantised(recipe)
            self.assertEqual(tensors["layer.weight"][:2], (weight, [130, 200]), recipe)
            self.assertEqual(tensors["layer.weight" + suffix][:2], scale, recipe)
            self.assertEqual("layer.weight_scale_2" in tensors, recipe == "nvfp4")
        amax = max(map(abs, self.w))
        (factor,) = struct.unpack("<f", self.quantised("nvfp4")[0]["layer.weight_scale_2"][2])
        self.assertEqual(factor, f32(1 / f32(2688 / amax)))
        self.assertNotIn("layer.weight_scale", self.quantised("none", "--format", "bf16")[0])

    def test_mx_scales_round_up(self):
        tensors, _ = self.quantised("mxfp8")
        scales = tensors["layer.weight_scale"][2]
        for n, code in enumerate(scales):
            block = self.w[n // 7 * 200:n // 7 * 200 + 200][n % 7 * 32:n % 7 * 32 + 32]
            amax = max(map(abs, block))
            self.assertLessEqual(amax, math.ldexp(448 * (1 + 2**-23), code - 127))
            self.assertGreater(amax, math.ldexp(448, code - 128))

    def test_choices(self):
        tensors, _ = self.quantised("mxfp8", "--tensor", "!experts*", weights=("layer.weight",))
        self.assertEqual(tensors["experts.weight"][0], "BF16")
        tensors, _ = self.quantised("rowwise", "--k", "first")
        self.assertEqual(tensors["layer.weight_scale"][:2], ("F32", [1, 200]))
        self.assertIn("factor", self.bad("quantize", self.model, self.path("o"), "--recipe", "static"))
        tensors, _ = self.quantised("static", "--factor", "64")
        self.assertEqual(tensors["layer.weight_scale"], ("F32", [1], struct.pack("<f", 1 / 64)))

    def test_bad_input(self):
        out = self.path("out.safetensors")
        self.bad("quantize", self.model, out, "--recipe", "mxfp9", says="mxfp8")
        self.bad("quantize", self.model, out, "--recipe", "hif8", says="no type for codes of hif8")
        self.bad("quantize", self.model, out, "--recipe", "mxfp8", "--tensor", "layer.bias", says="nothing to quantise")
        self.bad("quantize", self.path("none.safetensors"), out, "--recipe", "mxfp8", says="none.safetensors")
        self.bad("quantize", self.model, self.path("no/out.safetensors"), "--recipe", "mxfp8", says="cannot write")
        self.assertFalse(os.path.exists(out))

    def test_audit_reads_values_not_codes(self):
        self.quantised("deepseek_v3")
        document = strict_json(self.good("audit", self.path("deepseek_v3.safetensors"), "--tensor", "layer.weight",
                                         "--format", "e4m3fn", "--recipe", "deepseek_v3", "--recipe", "none", "--json"))
        records = {r["id"]: r for r in document["records"]}
        codes, scales = deepseek(self.w, 130, 200, 128, 128)
        amax = max(decode(c & 127) * scales[n // 200 // 128 * 2 + n % 200 // 128] for n, c in enumerate(codes))
        self.assertEqual(records["tensor.layer.weight.amax"]["value"], amax)
        error = "total.e4m3fn.{}.relative_frobenius"
        # Values are exact products, codes times scales are rounded to FP32.
        self.assertLess(records[error.format("deepseek_v3.block(128,128)")]["value"], 2.0**-24)
        self.assertGreater(records[error.format("none.-")]["value"], 0.01)

    def test_metadata_of_the_source_stay(self):
        source = self.path("with.safetensors")
        with open(self.model, "rb") as file:
            (length,) = struct.unpack("<Q", file.read(8))
            header = json.loads(file.read(length))
            data = file.read()
        text = json.dumps({"__metadata__": {"author": "somebody", "format": "np"}, **header}).encode()
        with open(source, "wb") as file:
            file.write(struct.pack("<Q", len(text)) + text + data)
        self.good("quantize", source, self.path("out.safetensors"), "--recipe", "mxfp8")
        metadata = read_safetensors(self.path("out.safetensors"))[1]
        self.assertEqual((metadata["author"], metadata["format"]), ("somebody", "np"))
        self.assertEqual((metadata["quantized_tensors"], metadata["k"]), ("2", "last"))

    def test_packed_rows_need_whole_bytes(self):
        odd = self.path("odd.safetensors")
        write_safetensors(odd, {"a.weight": ("F32", [2, 33], self.w[:66]), "b.weight": ("F32", [2, 40], self.w[:80])})
        out = self.path("o.safetensors")
        self.bad("quantize", odd, out, "--recipe", "mxfp4", says=("a.weight", "33 elements", "whole bytes", "'!a.weight'"))
        self.assertFalse(os.path.exists(out))
        text = self.good("quantize", odd, out, "--recipe", "mxfp4", "--tensor", "!a.weight")
        self.assertIn("cut groups", text)
        self.assertIn("b.weight", text)


class Activations(ProgramTest):
    def setUp(self):
        self.folder = tempfile.TemporaryDirectory()
        self.addCleanup(self.folder.cleanup)
        generator = random.Random(3)
        self.x = [f32(generator.gauss(0, 1)) for _ in range(6 * 140)]
        self.w = [f32(generator.gauss(0, 0.1)) for _ in range(5 * 140)]
        self.model, self.captured = (os.path.join(self.folder.name, n) for n in ("m.safetensors", "x.safetensors"))
        write_safetensors(self.model, {"a.weight": ("F32", [5, 140], self.w), "b.weight": ("F32", [4, 8], self.w[:32])})
        write_safetensors(self.captured, {"a.input": ("F32", [2, 3, 140], self.x)})

    def test_error_of_the_product(self):
        document = strict_json(self.good("audit", self.model, "--activations", self.captured, "--recipe", "deepseek_v3", "--json"))
        values = {r["id"]: r["value"] for r in document["records"]}
        self.assertEqual(document["records"][0]["parameters"]["tokens"], 6)

        def product(x, w):
            return [math.fsum(x[i * 140 + k] * w[j * 140 + k] for k in range(140)) for i in range(6) for j in range(5)]

        def back(v, rows, block_rows, block_cols):
            codes, scales = deepseek(v, rows, 140, block_rows, block_cols)
            return [f32(decode(c) * scales[n // 140 // block_rows * 2 + n % 140 // block_cols])
                    for n, c in enumerate(codes)]

        xq, wq = back(self.x, 6, 1, 128), back(self.w, 5, 128, 128)
        reference = product(self.x, self.w)

        def relative(y):
            return math.sqrt(math.fsum((a - b)**2 for a, b in zip(y, reference)) / math.fsum(b * b for b in reference))

        stem = "product.0.e4m3fn.deepseek_v3."
        self.assertAlmostEqual(values[stem + "error_x"], relative(product(xq, self.w)), delta=1e-9)
        self.assertAlmostEqual(values[stem + "error_w"], relative(product(self.x, wq)), delta=1e-9)
        self.assertAlmostEqual(values[stem + "error"], relative(product(xq, wq)), delta=1e-6)

    def test_pairs_and_errors(self):
        lines = self.lines("audit", self.model, "--activations", self.captured, "--quiet", "--tokens", "2")
        self.assertTrue(all(line[0] == "a.weight" for line in lines))
        self.assertEqual({line[2] for line in lines} >= {"deepseek_v3", "mxfp8", "int8_tile", "none"}, True)
        array = os.path.join(self.folder.name, "any.npy")
        write_npy(array, "<f4", "(6, 140)", struct.pack("<840f", *self.x))
        self.good("audit", self.model, "--tensor", "a.weight", "--activations", array)
        self.bad("audit", self.model, "--activations", array, says=("no activations fit", "a.weight", "any"))
        self.bad("audit", self.model, "--tensor", "b.weight", "--activations", array, says="6 x 140")
        write_npy(array, "<f4", "(1, 8)", struct.pack("<8f", 1, 2, 3, math.inf, 1, 1, 1, 1))
        self.bad("audit", self.model, "--tensor", "b.weight", "--activations", array, says="NaN or infinities")


class Studies(ProgramTest):
    def test_short_runs(self):
        for name, some in (("mx_rules", "floor.clipped"), ("near_constant", "1.8.floor.bias"), ("retile", "power.twice"),
                           ("token_imbalance", "alpha16.block.p1"), ("outliers", "size1e4.tensor.zeros"),
                           ("delayed_spikes", "x5.delayed")):
            arguments = ("study", name, "--small", "--batches", "2", "--json")
            document = strict_json(self.good(*arguments))
            records = {r["id"]: r for r in document["records"]}
            self.assertIn(f"study.{name}.{some}", records)
            self.assertEqual(self.good(*arguments), self.good(*arguments[:3], "--threads", "2", *arguments[3:]).replace(
                " --threads 2", "")) if name == "retile" else None

    def test_what_must_hold(self):
        document = strict_json(self.good("study", "token_imbalance", "--small", "--batches", "2", "--json"))
        value = {r["id"].removeprefix("study.token_imbalance."): r["value"] for r in document["records"]}
        # Tiles along a token do not see other tokens; blocks and tensors lose the small ones.
        self.assertAlmostEqual(value["alpha16.tile.p1"], value["alpha0.tile.p1"], delta=1)
        self.assertLess(value["alpha16.block.p1"], value["alpha0.block.p1"] - 20)
        self.assertLess(value["alpha16.tensor.p1"], value["alpha0.tensor.p1"] - 20)
        self.assertEqual(value["alpha16.tile.zeros"], value["alpha0.tile.zeros"])

    def test_bytes_and_times(self):
        document = strict_json(self.good("study", "footprint", "--json"))
        value = {r["id"].removeprefix("footprint."): r["value"] for r in document["records"]}
        self.assertEqual(value["column.fp8_units.dispatch"], 8 * 4096 * 7392)  # the published 7,392 B a token
        self.assertEqual(value["column.wide.weights"], 2 * 407306240)  # 187,105,280 of attention, 5 x 44,040,192
        self.assertEqual(value["column.fp8_storage.activations"], value["column.fp8_units.activations"])
        self.assertEqual(value["recipe.rowwise__stock.activations"], value["recipe.bf16.activations"])
        self.assertEqual({value[f"column.{c}.moments"] for c in ("fp8_units", "int8", "wide")}, {4 * 407306240})
        document = strict_json(self.good("study", "casts", "--small", "--json"))
        shares = [r for r in document["records"] if r["id"].endswith(".share")]
        self.assertEqual(len(shares), 4)
        self.assertTrue(all(r["kind"] == "measured" and 0 < r["value"] < 1 for r in shares))

    def test_errors(self):
        self.bad("study", "retyle", says="retile")
        self.bad("study", "retile", "--only", "x", says="matmul")


class Strips(ProgramTest):
    """Large matrices are quantised by strips of rows: as if each block had been alone."""

    def test_a_matrix_and_its_parts_give_the_same_codes_and_scales(self):
        cols, cuts = 416, (0, 1280, 5632, 6001)  # the strips of the whole begin elsewhere
        random.seed(7)
        data = bytearray(random.randbytes(2 * cols * cuts[-1]))
        data[1::2] = bytes((b & 0x80) | 0x38 + (b & 7) for b in data[1::2])  # BF16 from 2^-15 to 2, both signs

        def numbers(part):
            wide = bytearray(2 * len(part))  # FP32: two bytes of zeros before each word
            wide[2::4], wide[3::4] = part[0::2], part[1::2]
            return array.array("f", bytes(wide)).tolist()

        parts = {f"part{n}.weight": ("BF16", [b - a, cols], numbers(data[2 * cols * a:2 * cols * b]))
                 for n, (a, b) in enumerate(zip(cuts, cuts[1:]))}
        with tempfile.TemporaryDirectory() as folder:
            path, out = os.path.join(folder, "model.safetensors"), os.path.join(folder, "out.safetensors")
            write_safetensors(path, {"whole.weight": ("BF16", [cuts[-1], cols], numbers(data)), **parts})
            for recipe, scale in (("deepseek_v3", "_scale_inv"), ("mxfp8", "_scale"), ("mxfp4", "_scale"),
                                  ("rowwise", "_scale")):
                with self.subTest(recipe):
                    self.good("quantize", path, out, "--recipe", recipe, "--quiet")
                    tensors, _ = read_safetensors(out)
                    os.remove(out)
                    for suffix in ("", scale):
                        joined = b"".join(tensors[name + suffix][2] for name in parts)
                        self.assertEqual(tensors["whole.weight" + suffix][2], joined)


if __name__ == "__main__":
    main()

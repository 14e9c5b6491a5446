#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Quantised checkpoints in narrowfp audit and quantize: values and not codes, the error against the original, own files."""
import json
import math
import os
import struct

from checkpoint_case import Checkpoint, files, layouts, numbers
from program import main, strict_json


class Quantised(Checkpoint):
    """audit and quantize of quantised checkpoints."""

    def figures(self, *arguments):
        return {r["id"]: r.get("value") for r in strict_json(self.good("audit", *arguments, "--json"))["records"]}

    def test_audit_reads_values(self):
        """A code of 448 with a scale of 2^-10 is a weight of 0.4375, and scales are no weights."""
        case = layouts.Case("deepseek", config={"quantization_config": layouts.FP8})
        case.put("a.weight", "F8_E4M3", (2, 4), [0x7E, 0x38, 0, 0, 0, 0, 0, 0])
        case.put("a.weight_scale_inv", "F32", (1, 1), struct.pack("<f", 2.0**-10))
        records = self.figures(self.written(case))
        self.assertEqual(records["tensor.a.weight.amax"], 0.4375)
        self.assertEqual((records["total.tensors"], records["total.elements"]), (1, 8))

    def test_against_the_original(self):
        original = layouts.Case("")
        x = [500.0, 2.0**-9, 1e-5, 448.0, -3.0, 0.0, 7.0, 8.0]
        original.put("a.weight", "F32", (2, 4), struct.pack("<8f", *x))
        original.put("b.weight", "BF16", (4,), struct.pack("<4H", 0x3F80, 0x4000, 0x4040, 0))
        original.put("c.weight", "F32", (1,), bytes(4))
        case = layouts.Case("deepseek", config={"quantization_config": layouts.FP8})
        codes = [0x7E, 0x01, 0x00, 0x7E, 0xC4, 0x00, 0x4E, 0x51]
        case.put("a.weight", "F8_E4M3", (2, 4), codes)
        case.put("a.weight_scale_inv", "F32", (1, 1), struct.pack("<f", 1.0))
        case.put("b.weight", "BF16", (4,), struct.pack("<4H", 0x3F80, 0x4000, 0x4040, 0))
        case.put("d.weight", "F32", (1,), bytes(4))
        x = struct.unpack("<8f", struct.pack("<8f", *x))
        y = [float(numbers.decode("E4M3", c)) for c in codes]
        arguments = (self.written(case), "--against", self.written(original, "original"))
        found = self.figures(*arguments)
        stem = "against.tensor.a.weight."
        error2, reference2 = math.fsum((a - b)**2 for a, b in zip(x, y)), math.fsum(a * a for a in x)
        self.assertAlmostEqual(found[stem + "relative_frobenius"] / math.sqrt(error2 / reference2), 1, 12)
        cosine = math.fsum(a * b for a, b in zip(x, y)) / math.sqrt(reference2 * math.fsum(b * b for b in y))
        self.assertAlmostEqual(found[stem + "cosine"], cosine, 12)
        self.assertEqual((found[stem + "clipped"], found[stem + "zeroed"], found[stem + "elements"]), (1, 1, 8))
        self.assertAlmostEqual(found["against.total.relative_frobenius"] / math.sqrt(error2 / (reference2 + 14)), 1, 12)
        self.assertEqual(found["against.tensor.b.weight.relative_frobenius"], 0)
        self.assertEqual((found["codes.a.weight.saturated"], found["codes.a.weight.zero"], found["codes.a.weight.subnormal"],
                          found["codes.a.weight.unused"]), (2, 2, 1, 254 - 6))
        self.assertEqual(self.lines("audit", *arguments, "--quiet")[-1], ["b.weight", "exact", "0", "0"])
        text = self.good("audit", *arguments)
        for part in ("####", "1: d.weight", "1: c.weight", "What the codes tell"):
            self.assertIn(part, text)
        original.put("a.weight", "F32", (4, 2), bytes(32))
        self.bad("audit", arguments[0], "--against", self.written(original, "turned"), says=("a.weight", "2 x 4", "4 x 2"))
        self.bad("audit", *arguments, "--markdown", says="excludes")

    def test_error_that_quantize_reported(self):
        case = layouts.Case("")
        values = struct.pack(f"<{130 * 200}f", *(case.random.gauss(0, 1) for _ in range(130 * 200)))
        case.put("a.weight", "F32", (130, 200), values)
        source = self.written(case)
        for recipe in ("deepseek_v3", "mxfp4", "nvfp4"):
            out = self.path(recipe + ".safetensors")
            document = strict_json(self.good("quantize", source, out, "--recipe", recipe, "--json"))
            reported = {r["id"].removeprefix("quantize."): r.get("value") for r in document["records"]}
            found = self.figures(out, "--against", source)
            self.assertAlmostEqual(found["against.total.relative_frobenius"] / reported["relative_frobenius"], 1, 6)
            self.assertEqual(found["against.total.zeroed"], reported["underflowed"])
            blocks = {"deepseek_v3": (128, 128), "mxfp4": (1, 32), "nvfp4": (1, 16)}[recipe]
            worst = next(r for r in strict_json(self.good("audit", out, "--against", source, "--json"))["records"]
                         if r["id"].endswith(".worst0"))
            self.assertEqual((worst["parameters"]["block_rows"], worst["parameters"]["block_cols"]), blocks)
            self.good("dequantize", out, self.path(recipe), "--to", "f32")
            back = struct.unpack(f"<{130 * 200}f", files.read_model(self.path(recipe))[0]["a.weight"][2])
            x = struct.unpack(f"<{130 * 200}f", values)
            errors = {}
            for n, (a, b) in enumerate(zip(x, back)):
                sums = errors.setdefault((n // 200 // blocks[0], n % 200 // blocks[1]), [0.0, 0.0])
                sums[0] += (a - b)**2
                sums[1] += a * a
            worst_error = max(math.sqrt(e / r) for e, r in errors.values())
            self.assertAlmostEqual(worst["value"] / worst_error, 1, 5)

    def test_what_the_codes_tell(self):
        case = layouts.gpt_oss()
        found = self.figures(self.written(case), "--tensor", "*gate_up_proj", "--format", "bf16")
        name = "model.layers.0.mlp.experts.gate_up_proj"
        codes = [n for b in case.shards[0][name + "_blocks"][2] for n in (b & 15, b >> 4)]
        scales = case.shards[1][name + "_scales"][2]
        stem = f"codes.{name}."
        self.assertEqual(found[stem + "saturated"], sum(c & 7 == 7 for c in codes))
        self.assertEqual(found[stem + "zero"], sum(c & 7 == 0 for c in codes))
        self.assertEqual(found[stem + "subnormal"], sum(c & 7 == 1 for c in codes))
        self.assertEqual(found[stem + "unused"], 16 - len(set(codes)))
        self.assertEqual([found[f"{stem}scale0.{k}"] for k in ("count", "nan", "lowest", "highest")],
                         [len(scales), scales.count(255), scales.count(0), scales.count(254)])

    def test_audit_of_every_layout(self):
        """Sums over the values, with k as columns whatever the layout stores."""
        for make in (layouts.deepseek_v4, layouts.modelopt_nvfp4, layouts.gpt_oss, layouts.ct_mx, layouts.torchao, layouts.mlx):
            case = make()
            records = self.figures(self.written(case, make.__name__), "--format", "e4m3fn", "--recipe", "none")
            for name, (shape, values) in case.expected.items():
                finite = [float(v) for v in values if v is not None]  # exact
                self.assertEqual(records[f"tensor.{name}.amax"], max(map(abs, finite)), name)
                self.assertEqual(records[f"tensor.{name}.zeros"], sum(v == 0 for v in finite), name)
                self.assertEqual(records[f"tensor.{name}.nan"], sum(v is None for v in values), name)
                self.assertAlmostEqual(records[f"tensor.{name}.sum_of_squares"] / math.fsum(v * v for v in finite), 1, 12)

    def test_transposed_experts_are_quantised_along_k(self):
        """gpt-oss is MXFP4 already: MXFP4 along k changes nothing, in the orientation of transformers or as stored."""
        case = layouts.gpt_oss()
        for shard in case.shards:
            for name, (dtype, shape, data) in shard.items():
                if name.endswith("_scales"):  # no scale at the limits, and each block reaches 6
                    shard[name] = (dtype, shape, bytes(min(max(b, 100), 140) for b in data))
                if name.endswith("_blocks"):
                    shard[name] = (dtype, shape, bytes(b | 7 if n % 16 == 0 else b for n, b in enumerate(data)))
        source = self.written(case)
        text = self.lines("audit", source, "--format", "e2m1fn", "--recipe", "mxfp4", "--tensor", "*proj", "--quiet")
        self.assertEqual([line[-1] for line in text if line[1] == "mxfp4"], ["exact"])
        document = strict_json(self.good("quantize", source, self.path("own"), "--recipe", "mxfp4", "--tensor", "*proj",
                                         "--json"))
        error = next(r for r in document["records"] if r["id"] == "quantize.relative_frobenius")
        self.assertEqual(error["status"], "exact")
        name = "model.layers.0.mlp.experts.gate_up_proj"
        tensors, _ = files.read_model(self.path("own"))
        self.assertEqual(tensors[name][:2], ("F4", [2, 64, 48]))
        self.assertEqual(tensors[name + "_scale"][:2], ("F8_E8M0", [2, 2, 48]))
        self.good("dequantize", source, self.path("plain"))
        self.good("dequantize", self.path("own"), self.path("own-plain"))
        self.assertEqual(files.read_model(self.path("own-plain"))[0], files.read_model(self.path("plain"))[0])

    def test_own_files_come_back(self):
        case = layouts.Case("")
        values = [struct.unpack("<f", struct.pack("<f", case.random.gauss(0, 1)))[0] for _ in range(3 * 64 * 96)]
        case.put("a.weight", "F32", (192, 96), struct.pack(f"<{len(values)}f", *values))
        case.put("b.weight", "F32", (3, 64, 96), struct.pack(f"<{len(values)}f", *values))
        case.plain("norm.weight", "BF16", (7,))
        source = self.written(case)
        for recipe, more in (("deepseek_v3", ()), ("rowwise", ()), ("tensor_current", ()), ("mxfp8", ()), ("mxfp4", ()),
                             ("mxfp6", ()), ("nvfp4", ()), ("int8_tile", ()), ("mxfp8", ("--k", "first")),
                             ("nvfp4", ("--k", "first")), ("none", ("--format", "e2m1fn")), ("none", ("--format", "e3m2fn"))):
            with self.subTest(recipe=recipe, more=more):
                name = "-".join((recipe, *more)).replace("--", "")
                out = self.path(name + ".safetensors")
                document = strict_json(self.good("quantize", source, out, "--recipe", recipe, *more, "--json"))
                reported = next(r for r in document["records"] if r["id"] == "quantize.relative_frobenius")["value"]
                self.good("dequantize", out, self.path(name), "--to", "f32")
                tensors, _ = files.read_model(self.path(name))
                self.assertEqual(set(tensors), {"a.weight", "b.weight", "norm.weight"})
                self.assertEqual(tensors["norm.weight"], case.kept["norm.weight"])
                error = 0.0
                for weight in ("a.weight", "b.weight"):
                    self.assertEqual(tensors[weight][:2], ("F32", case.shards[0][weight][1]))
                    back = struct.unpack(f"<{len(values)}f", tensors[weight][2])
                    error += math.fsum((x - y)**2 for x, y in zip(back, values))
                reference = 2 * math.fsum(x * x for x in values)
                self.assertAlmostEqual(math.sqrt(error / reference) / reported, 1, delta=1e-6)
                records = self.figures(out, "--format", "bf16")
                self.assertEqual(records["total.tensors"], 3)
        document = out = self.path("cut.safetensors")
        tensors, metadata = files.read(self.path("mxfp8.safetensors"))
        files.write(out, {k: v for k, v in tensors.items() if k != "a.weight_scale"}, metadata)
        self.bad("audit", out, says="2 quantised tensors, and 1 have codes and scales here")
        files.write(out, {**tensors, "a.weight_scale": ("F8_E8M0", [96, 6], bytes(576))}, metadata)
        self.bad("audit", out, says=("'a.weight_scale' is 96 x 6", "no grid of recipe mxfp8"))

    def test_quantised_once(self):
        """FP8 with scales to NVFP4 in one step: what the exact values in 64 bits give."""
        case = layouts.Case("deepseek", config={"quantization_config": layouts.FP8})
        codes = [c if c & 0x7F != 0x7F else 0 for c in case.codes(144 * 96)]
        scales = [b for b in case.f32(16) if b not in (layouts.F32_HUGE, layouts.F32_TINY, layouts.F32_NAN)][:2]
        case.put("a.weight", "F8_E4M3", (144, 96), codes)
        case.put("a.weight_scale_inv", "F32", (2, 1), layouts.words(scales))
        factors = struct.unpack("<2f", layouts.words(scales))
        values = [float(numbers.decode("E4M3", c)) * factors[n // 96 // 128] for n, c in enumerate(codes)]  # exact
        wide = layouts.Case("")
        wide.put("a.weight", "F64", (144, 96), struct.pack(f"<{len(values)}d", *(v + 0.0 for v in values)))
        for name, model in (("one", self.written(case)), ("two", self.written(wide, "wide"))):
            self.good("quantize", model, self.path(name + ".safetensors"), "--recipe", "nvfp4")
        one, two = (files.read(self.path(name + ".safetensors"))[0] for name in ("one", "two"))
        for name in ("a.weight_scale", "a.weight_scale_2"):
            self.assertEqual(one[name], two[name])
        self.assertEqual(set(one), {"a.weight", "a.weight_scale", "a.weight_scale_2"})
        for n, (a, b) in enumerate(zip(one["a.weight"][2], two["a.weight"][2])):
            for shift in (0, 4):
                x, y = a >> shift & 15, b >> shift & 15
                self.assertTrue(x == y or x & 7 == y & 7 == 0, n)  # the sign of zeros is lost in `wide`
        self.bad("quantize", self.written(layouts.quark(), "q"), self.path("o"), "--recipe", "nvfp4", "--tensor", "!a.*",
                 says=("'a.weight' is quantised in the source and was not chosen", "narrowfp dequantize"))

    def test_shards(self):
        case = layouts.Case("", shards=2, config={"model_type": "x"})
        for n in range(4):
            case.plain(f"{n}.weight", "F32", (8, 64), shard=n // 2)
        source = self.written(case)
        self.good("quantize", source, self.path("same"), "--recipe", "mxfp8")
        _, shards = files.read_model(self.path("same"))
        self.assertEqual(shards["3.weight_scale"], "model-00002-of-00002.safetensors")
        self.good("quantize", source, self.path("small"), "--recipe", "mxfp8", "--shard-size", "1.1KB")
        tensors, shards = files.read_model(self.path("small"))
        self.assertEqual(shards["3.weight"], "model-00002-of-00002.safetensors")
        self.good("quantize", source, self.path("one"), "--recipe", "mxfp8", "--shard-size", "1GB")
        self.assertEqual(files.read_model(self.path("one"))[0], tensors)
        with open(self.path("small", "model.safetensors.index.json"), encoding="utf-8") as file:
            self.assertEqual(json.load(file)["weight_map"], shards)
        self.good("dequantize", self.path("small"), self.path("plain"), "--to", "f32")
        self.assertEqual(set(files.read_model(self.path("plain"))[0]), {f"{n}.weight" for n in range(4)})
        for bad in ("5 parsecs", "0", "-1GB", "GB"):
            self.bad("quantize", source, self.path("o"), f"--shard-size={bad}", "--recipe", "mxfp8", says=(bad, "GiB"))
        self.bad("quantize", source, self.path("o.safetensors"), "--shard-size", "1GB", "--recipe", "mxfp8", says="folder")



if __name__ == "__main__":
    main()

#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""narrowfp dequantize: every layout against values that an independent generator computes as fractions, files that do not
hold together, and what is left beside the weights."""
import json
import math
import os
import signal
import struct
import subprocess
import time

import program
from checkpoint_case import FORMS, Checkpoint, expected_data, files, layouts, numbers
from program import main, strict_json


class Dequantize(Checkpoint):
    def test_every_layout(self):
        for make in layouts.CASES:
            with self.subTest(make.__name__):
                case = make()
                source = self.written(case, make.__name__)
                for to in ("bf16", "f32", "f16") if make in (layouts.deepseek_v3, layouts.ct_nvfp4) else ("bf16",):
                    out = self.path(f"{make.__name__}-{to}")
                    document = strict_json(self.good("dequantize", source, out, "--to", to, "--json"))
                    values = {r["id"].removeprefix("dequantize."): r for r in document["records"]}
                    self.assertEqual(values["tensors"]["parameters"]["layout"], case.layout)
                    self.assertEqual(values["tensors"]["value"], len(case.expected))
                    self.assertEqual(values["nan"]["value"],
                                     sum(v is None for _, x in case.expected.values() for v in x))
                    self.check_folder(case, out, to)

    def check_folder(self, case, out, to):
        tensors, shards = files.read_model(out)
        self.assertEqual(set(tensors), set(case.expected) | set(case.kept))
        dtype, _, _, torch = FORMS[to]
        for name, (shape, values) in case.expected.items():
            self.require_equal(tensors, name, (dtype, shape, expected_data(values, to)), case)
        for name, entry in case.kept.items():
            self.assertEqual(tensors[name], entry, name)
        if len(case.shards) > 1:
            with open(os.path.join(out, "model.safetensors.index.json"), encoding="utf-8") as file:
                index = json.load(file)
            self.assertEqual(index["weight_map"], shards)
            self.assertEqual(index["metadata"]["total_size"], sum(len(data) for _, _, data in tensors.values()))
        if case.config is not None:
            with open(os.path.join(out, "config.json"), encoding="utf-8") as file:
                config = json.load(file)
            gone = {"quantization_config", "quantization", "expert_dtype"}
            self.assertFalse(gone & set(config))
            for key, value in case.config.items():
                if key not in gone and key not in ("torch_dtype", "dtype"):
                    self.assertEqual(config[key], value)
            self.assertIn(torch, (config.get("torch_dtype"), config.get("dtype")))
        self.assertFalse(os.path.exists(os.path.join(out, "hf_quant_config.json")))
        for name, content in (case.others or {}).items():
            if isinstance(content, str):
                with open(os.path.join(out, name), encoding="utf-8") as file:
                    self.assertEqual(file.read(), content)
        for shard in set(shards.values()):
            metadata = files.read(os.path.join(out, shard))[1]
            self.assertEqual(metadata["format"], "pt")
            self.assertFalse({"_quantization_metadata", "tensor_names"} & set(metadata))
            if case.metadata and "author" in case.metadata:
                self.assertEqual(metadata["author"], "kept")

    def test_without_configuration(self):
        """Names alone are enough."""
        for make in (layouts.deepseek_v4, layouts.ct_nvfp4, layouts.modelopt_nvfp4, layouts.gpt_oss):
            case = make()
            case.config = case.others = None
            out = self.path(make.__name__ + "-out")
            self.good("dequantize", self.written(case, make.__name__), out)
            self.check_folder(case, out, "bf16")

    def test_one_rounding(self):
        """Products near 1 + 2^-8, which FP32 rounds to that tie of BF16."""
        (scale,) = struct.unpack("<I", struct.pack("<f", (1 + 2.0**-8) / 1.125))
        found = set()
        for bits in range(scale - 64, scale + 64):
            exact = numbers.product(numbers.decode("E4M3", 0x39), numbers.decode("F32", bits))
            once = numbers.encode("BF16", exact)
            twice = numbers.encode("BF16", numbers.decode("F32", numbers.encode("F32", exact)))
            if once != twice:
                found.add((bits, once, twice))
        self.assertTrue(found)
        bits, once, _ = min(found)
        case = layouts.Case("modelopt")
        case.put("a.weight", "F8_E4M3", (1, 2), [0x39, 0xB9])
        case.put("a.weight_scale", "F32", (), layouts.words([bits]))
        self.good("dequantize", self.written(case), self.path("out"))
        tensors, _ = files.read_model(self.path("out"))
        self.assertEqual(tensors["a.weight"][2], struct.pack("<2H", once, once | 0x8000))

    def test_codes_and_scales_come_back(self):
        """DeepSeek, through BF16, to DeepSeek: every block reaches 448 and scales are powers of two."""
        case = layouts.Case("deepseek", config={"quantization_config": layouts.FP8})
        codes = [c if c & 0x7F != 0x7F else 0x7E for c in case.codes(200 * 328)]
        codes = [0 if c == 0x80 else c for c in codes]  # -0 stays -0 in BF16, and comes back
        for r, c in ((r, c) for r in (0, 128) for c in (0, 128, 256)):
            codes[r * 328 + c] = 0x7E
        scales = [(100 + n) << 23 for n in range(6)]
        case.put("a.weight", "F8_E4M3", (200, 328), codes)
        case.put("a.weight_scale_inv", "F32", (2, 3), layouts.words(scales))
        source = self.written(case)
        self.assertEqual(self.lines("dequantize", source, self.path("plain"), "--quiet")[0][2], "exact")
        self.good("quantize", self.path("plain"), self.path("again"), "--recipe", "deepseek_v3(amax_floor=0)")
        tensors, _ = files.read_model(self.path("again"))
        self.assertEqual(tensors["a.weight"], ("F8_E4M3", [200, 328], bytes(codes)))
        self.assertEqual(tensors["a.weight_scale_inv"], ("F32", [2, 3], layouts.words(scales)))
        with open(self.path("again", "config.json"), encoding="utf-8") as file:
            self.assertNotIn("quantization_config", json.load(file))

    def test_same_recipe_changes_nothing(self):
        """DeepSeek to DeepSeek: any scales, for every block reaches 448."""
        case = layouts.Case("deepseek", config={"quantization_config": layouts.FP8})
        codes = [c if c & 0x7F != 0x7F else 0x7E for c in case.codes(200 * 328)]
        for r, c in ((r, c) for r in (0, 128) for c in (0, 128, 256)):
            codes[r * 328 + c] = 0x7E
        scales = case.f32(4)[:4] + [0x3C7A1B2D, 0x3F000001]
        case.put("a.weight", "F8_E4M3", (200, 328), codes)
        case.put("a.weight_scale_inv", "F32", (2, 3), layouts.words(scales))
        self.good("quantize", self.written(case), self.path("again"), "--recipe", "deepseek_v3(amax_floor=0)")
        tensors, _ = files.read_model(self.path("again"))
        self.assertEqual(tensors["a.weight_scale_inv"], ("F32", [2, 3], layouts.words(scales)))
        self.assertEqual(tensors["a.weight"], ("F8_E4M3", [200, 328], bytes(codes)))

    def test_traps(self):
        """Files that are written with one rule stepped on the wrong way must not give the values of the right rule."""
        def high_first(codes):
            return bytes(codes[n] << 4 | codes[n + 1] for n in range(0, len(codes), 2))

        def in_rows(scales, rows, cols):
            padded = bytearray(layouts.up(rows, 128) * 128 * layouts.up(cols, 4) * 4)
            padded[:len(scales)] = bytes(scales)
            return bytes(padded)

        def inverted(case, name, rows, cols, scale, factor=None, divide=False, *more, **keywords):
            return right_fp4(case, name, rows, cols, scale, factor, not divide, *more, **keywords)

        right_fp4 = layouts.fp4
        for name, wrong, cases in (("pairs", high_first, (layouts.deepseek_v4, layouts.gpt_oss, layouts.torchao)),
                                   ("tiles", in_rows, (layouts.comfyui, layouts.torchao)),
                                   ("fp4", inverted, (layouts.ct_nvfp4, layouts.quark))):
            right = getattr(layouts, name)
            for make in cases:
                with self.subTest(trap=name, case=make.__name__):
                    setattr(layouts, name, wrong)
                    try:
                        case = make()
                    finally:
                        setattr(layouts, name, right)
                    out = self.path(f"{name}-{make.__name__}-out")
                    self.good("dequantize", self.written(case, f"{name}-{make.__name__}"), out)
                    with self.assertRaises(AssertionError):
                        self.check_folder(case, out, "bf16")
        # Experts that are square, where no shape tells: as stored is not as transformers has them.
        case = layouts.gpt_oss()
        self.good("dequantize", self.written(case), self.path("out"))
        name = "model.layers.0.mlp.experts.down_proj"
        shape, values = case.expected[name]
        turned = [values[(e * 64 + r) * 64 + c] for e in range(2) for c in range(64) for r in range(64)]
        data = files.read_model(self.path("out"))[0][name][2]
        self.assertEqual(data, expected_data(values, "bf16"))
        self.assertNotEqual(data, expected_data(turned, "bf16"))

    def test_interrupted(self):
        path, size = self.path("large.safetensors"), 1 << 25
        files.write(path, {f"{n}.weight": ("F8_E4M3", (size >> 12, 1 << 12), bytes(size)) for n in range(2)})
        with subprocess.Popen([program.PROGRAM, "dequantize", path, self.path("out"), "--threads", "1"],
                              stdout=subprocess.PIPE, stderr=subprocess.PIPE) as process:
            while process.poll() is None and not any(n.startswith(".narrowfp") for n in os.listdir(self.folder.name)):
                time.sleep(0.001)
            process.send_signal(signal.SIGINT)
            process.communicate()
        self.assertEqual(process.returncode, 130)
        self.assertEqual(os.listdir(self.folder.name), ["large.safetensors"])

    def test_unindexed_and_stale_tensors(self):
        case = layouts.deepseek_v3()
        source = self.written(case)
        shard = os.path.join(source, "model-00002-of-00002.safetensors")
        tensors = files.read(shard)[0]
        stale = dict(tensors)
        name = "model.layers.0.mlp.down_proj.weight"  # is in the first shard
        stale[name] = ("F8_E4M3", [1, 2], b"ab")
        stale["left.over"] = ("BF16", [1], b"ab")
        files.write(shard, stale)
        process = program.run("dequantize", source, self.path("out"))
        self.assertEqual(process.returncode, 0, process.stderr)
        self.assertIn(f"left out: {name} (a stale copy: the index places it in 'model-00001-of-00002", process.stderr)
        self.assertIn("left out: left.over (the index does not name it)", process.stderr)
        self.check_folder(case, self.path("out"), "bf16")
        for part in (stale, {k: v for k, v in tensors.items() if not k.endswith("q_a_proj.weight_scale_inv")}):
            files.write(shard, part)
        self.bad("dequantize", source, self.path("none"), says=("which does not hold it", "q_a_proj.weight_scale_inv"))


class Refusals(Checkpoint):
    def refused(self, case, *says, name="bad"):
        """By every command that reads it, with nothing written."""
        source = self.written(case, name)
        says = (source, *says)
        line = self.bad("dequantize", source, self.path(name + "-out"), says=says)
        self.assertEqual(self.bad("audit", source, says=says), line)
        self.assertEqual(self.bad("quantize", source, self.path(name + "-out"), "--recipe", "mxfp8", says=says), line)
        self.assertFalse(os.path.exists(self.path(name + "-out")))
        self.assertEqual(set(os.listdir(self.folder.name)) - {name}, set())
        for root, _, names in os.walk(source):
            for entry in names:
                os.remove(os.path.join(root, entry))
        os.rmdir(source)

    def one(self, scale=None, shape=(200, 328), config=None, codes="F8_E4M3", name="a.weight_scale_inv"):
        case = layouts.Case("deepseek", config={"quantization_config": config or layouts.FP8})
        size = math.prod(shape)
        case.put("a.weight", codes, shape, case.codes(size))
        if scale is not None:
            case.put(name, "F32", scale, layouts.words(case.f32(math.prod(scale))))
        return case

    def test_scales_that_do_not_fit(self):
        self.refused(self.one(), "'a.weight' has codes of F8_E4M3 without their scale 'a.weight_scale_inv'")
        self.refused(self.one((3, 2)), "'a.weight_scale_inv' is 3 x 2", "need 2 x 3", "it is transposed")
        self.refused(self.one((2, 4)), "is 2 x 4", "200 x 328 need 2 x 3 (blocks of 128 x 128)")
        self.refused(self.one((4, 4)), "is 4 x 4")
        block = {**layouts.FP8, "weight_block_size": [128, 0]}
        self.refused(self.one((2, 3), config=block), "weight_block_size is [128,0]", "two numbers above 0")
        case = self.one((2, 3))
        case.put("a.weight_scale_inv", "I64", (2, 3), bytes(48))
        self.refused(case, "'a.weight_scale_inv' is a scale by its name and of I64")
        case = layouts.deepseek_v4()
        del case.config["expert_dtype"], case.shards[0]["layers.0.ffn.experts.0.w1.scale"]
        self.refused(case, "'layers.0.ffn.experts.0.w1.weight' holds packed codes or integers of I8 without scales")
        # compressed-tensors: the height of blocks is never guessed from the grid.
        case = layouts.Case("compressed-tensors", config=layouts.ct_config("float-quantized", block_structure=[128, 128]))
        case.put("a.weight", "F8_E4M3", (200, 328), case.codes(200 * 328))
        case.put("a.weight_scale", "F32", (4, 3), layouts.words(case.f32(12)))
        self.refused(case, "'a.weight_scale' is 4 x 3", "2 x 3 (blocks of 128 x 128)")
        case = layouts.modelopt_nvfp4()
        case.put("a.weight_scale", "F8_E4M3", (40, 10), case.e4m3_scales(400))
        self.refused(case, "'a.weight_scale' is 40 x 10", "need 40 x 21", "half as wide")
        case = layouts.modelopt_nvfp4()
        del case.shards[0]["a.weight_scale_2"]
        self.refused(case, "'a.weight'", "without their scale 'a.weight_scale_2'")
        case = layouts.ct_nvfp4()
        del case.shards[1]["a.weight_global_scale"]
        self.refused(case, "'a.weight_packed'", "without their scale 'a.weight_global_scale'")
        for bits, text in ((0, "0"), (layouts.F32_NAN, "nan")):
            case = layouts.ct_nvfp4()
            case.put("a.weight_global_scale", "F32", (1,), layouts.words([bits]), 1)
            source = self.written(case, "zero")
            self.bad("dequantize", source, self.path("zero-out"), says=("'a.weight_global_scale' divides, and is " + text))
            self.assertEqual(os.listdir(self.folder.name), ["zero"])
            for entry in os.listdir(source):
                os.remove(os.path.join(source, entry))
            os.rmdir(source)
        case = layouts.gpt_oss()
        case.put("model.layers.0.mlp.experts.down_proj_scales", "U8", (2, 2, 64), bytes(256), 1)
        self.refused(case, "down_proj_blocks", "E x rows x groups")
        case = layouts.fbgemm()
        case.put("experts.down_proj_scale", "F32", (2, 1, 24), case.shards[0]["experts.down_proj_scale"][2])
        self.refused(case, "'experts.down_proj_scale' is 2 x 1 x 24", "need 2 x 24 x 1")
        case = layouts.comfyui()
        case.put("b.weight_scale", "F8_E4M3", (144, 6), bytes(144 * 6))
        self.refused(case, "'b.weight_scale' is 144 x 6", "2048 scales in tiles of 128 x 4")

    def test_promises(self):
        plain = layouts.Case("", config={"quantization_config": layouts.FP8})
        plain.plain("a.weight", "BF16", (4, 4))
        self.refused(plain, "config.json says quant_method fp8", "no tensor here has codes and scales")
        plain.config = {"quantization_config": {"quant_method": "compressed-tensors"}}
        self.refused(plain, "config.json says compressed-tensors")
        plain.config = None
        plain.others = {"hf_quant_config.json": {"quantization": {"quant_algo": "NVFP4"}}}
        self.refused(plain, "quant_algo NVFP4")
        case = layouts.torchao()
        del case.metadata["m.a.weight"]
        self.refused(case, "tensor_names lists 'm.a.weight'")
        case = layouts.comfyui()
        del case.shards[0]["b.weight"]
        self.refused(case, "the layer 'b' is announced as quantised, and 'b.weight' is not here")
        case = layouts.mlx()
        del case.shards[0]["a.scales"]
        self.refused(case, "'a.weight'", "without their scale 'a.scales'")

    def test_other_schemes_are_named(self):
        for method in ("gptq", "awq", "bitsandbytes"):
            case = layouts.Case("", config={"quantization_config": {"quant_method": method}})
            case.plain("a.weight", "BF16", (4, 4))
            self.refused(case, f"quant_method '{method}', a scheme of integers or code books, which is not read")
        case.config = {"quantization_config": {"quant_method": "newest"}}
        self.refused(case, "quant_method 'newest'", "read are fp8, compressed-tensors")
        case = layouts.Case("")
        case.put("a.qweight", "I32", (2, 2), bytes(16))
        self.refused(case, "'a.qweight' belongs to GPTQ or AWQ")
        case = layouts.Case("")
        case.put("a.weight.absmax", "F32", (2,), bytes(8))
        self.refused(case, "'a.weight.absmax' belongs to bitsandbytes")
        case = layouts.mlx()
        case.put("a.biases", "BF16", (1,), bytes(2))
        self.refused(case, "MLX's affine mode")
        case = layouts.Case("")
        case.put("a.weight", "F8_E4M3", (2, 2), bytes(4))
        case.put("a.new_scale", "F32", (), bytes(4))
        self.refused(case, "'a.new_scale' looks like their scale in a layout that is not known")
        case = layouts.modelopt_nvfp4()
        case.put("a.svdquant_lora_a", "BF16", (1,), bytes(2))
        self.refused(case, "SVDQuant")

    def test_folders_and_files(self):
        source = self.written(layouts.ct_nvfp4())
        index = os.path.join(source, "model.safetensors.index.json")
        with open(index, encoding="utf-8") as file:
            good = file.read()
        for text, says in ((good.replace("model-00001", "../model-00001"), "plain name of a .safetensors file"),
                           (good.replace("model-00001", "/tmp/model-00001"), "plain name of a .safetensors file"),
                           (good[:-2], "not JSON"), (good.replace("a.weight_packed", "b"), "does not hold it")):
            with open(index, "w", encoding="utf-8") as file:
                file.write(text)
            self.bad("dequantize", source, self.path("out"), says=says)
        with open(index, "w", encoding="utf-8") as file:
            file.write(good)
        # A shard alone: its scale is in another.
        self.bad("dequantize", os.path.join(source, "model-00001-of-00002.safetensors"), self.path("out"),
                 says=("'a.weight_packed'", "name the folder"))
        with open(os.path.join(source, "config.json"), "w", encoding="utf-8") as file:
            file.write("{" * 3)
        self.bad("dequantize", source, self.path("out"), says=("config.json", "not JSON"))
        self.assertEqual(os.listdir(self.folder.name), ["model"])

    def test_output(self):
        source = self.written(layouts.quark())
        out = self.path("out")
        os.mkdir(out)
        with open(os.path.join(out, "x"), "w", encoding="utf-8"):
            pass
        self.bad("dequantize", source, out, says=("out'", "not empty"))
        self.bad("quantize", source, out, "--recipe", "nvfp4", says=("out'", "not empty"))
        self.bad("dequantize", source, os.path.join(out, "x"), says="is a file")
        self.bad("dequantize", source, self.path("no", "where"), says="cannot write")
        self.bad("dequantize", source, self.path("o"), "--to", "e5m2", says=("'e5m2'", "bf16, f16 or f32"))
        self.bad("dequantize", source, says="OUT")
        with open(self.path("m.gguf"), "wb") as file:
            file.write(b"GGUF" + bytes(20))
        self.bad("audit", self.path("m.gguf"), says=("m.gguf", "version 0, expected 2 or 3"))
        os.remove(os.path.join(out, "x"))
        self.good("dequantize", source, out)
        self.bad("dequantize", out, self.path("again"), says="nothing to dequantise")

    def test_little_space(self):
        path = self.path("huge.safetensors")
        rows, cols = 1 << 22, 1 << 21  # 8 TiB, none of them on the disk
        header = json.dumps({"a.weight": {"dtype": "F8_E4M3", "shape": [rows, cols], "data_offsets": [0, rows * cols]}})
        with open(path, "wb") as file:
            file.write(struct.pack("<Q", len(header)) + header.encode())
            try:
                file.truncate(8 + len(header) + rows * cols)
            except OSError:
                self.skipTest("no sparse files of this size here")
        self.bad("dequantize", path, self.path("out"), says=("out' needs 16", "free"))
        self.assertEqual(os.listdir(self.folder.name), ["huge.safetensors"])


if __name__ == "__main__":
    main()

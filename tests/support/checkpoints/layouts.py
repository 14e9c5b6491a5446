# SPDX-License-Identifier: Apache-2.0
"""Small checkpoints of every layout with the exact values of their weights. Each function writes codes and scales at random
places of their range and says element by element which code is multiplied with which scales. Written from the layouts'
descriptions; it shares no code with the reader that it tests."""
import json
import math
import random
import struct

from checkpoints.numbers import decode, product

F32_NAN, F32_HUGE, F32_TINY = 0x7FC00000, 0x7149F2CA, 0x00000003


class Case:
    """Tensors by shard, configuration, and what must come out."""

    def __init__(self, layout, seed=1, shards=1, config=None, metadata=None, others=None):
        self.layout, self.config, self.metadata, self.others = layout, config, metadata, others
        self.random = random.Random(f"{layout} {seed}")
        self.shards = [{} for _ in range(shards)]
        self.expected = {}  # name -> (shape, values)
        self.kept = {}      # name -> entry, as it was
        self.dropped = []

    def put(self, name, dtype, shape, data, shard=0):
        self.shards[shard][name] = (dtype, list(shape), bytes(data))

    def plain(self, name, dtype, shape, shard=0):
        width = {"BF16": 2, "F16": 2, "F32": 4, "I64": 8}[dtype]
        data = bytes(self.random.randrange(256) for _ in range(width * math.prod(shape)))
        self.put(name, dtype, shape, data, shard)
        self.kept[name] = self.shards[shard][name]

    def drop(self, name, dtype="F32", shape=(), shard=0):
        size = {"F32": 4, "BF16": 2, "U8": 1, "F8_E4M3": 1}[dtype] * math.prod(shape)
        self.put(name, dtype, shape, bytes(self.random.randrange(32, 64) for _ in range(size)), shard)
        self.dropped.append(name)

    def codes(self, count, bits=8, form="E4M3"):
        """Random codes, a run of zeros in the middle; E5M2 without infinities."""
        top = 1 << bits
        codes = [self.random.randrange(top) for _ in range(count)]
        for n in range(count // 3, count // 3 + min(64, count // 8)):
            codes[n] = 0
        return [c & 0xBF if form == "E5M2" and c & 0x7C == 0x7C else c for c in codes]

    def f32(self, count):
        """Bits of scales: any mantissa, and the first ones huge, tiny, NaN."""
        bits = [self.random.randrange(0x38000000, 0x41000000) for _ in range(count)]
        for n, special in enumerate((F32_HUGE, F32_TINY, F32_NAN)):
            if count > 4:
                bits[(n + 1) * (count - 1) // 4] = special
        return bits

    def exponents(self, count):
        codes = [self.random.randrange(100, 140) for _ in range(count)]
        for n, special in enumerate((0, 254, 255)):
            if count > 4:
                codes[(n + 1) * (count - 1) // 4] = special
        return codes

    def e4m3_scales(self, count):
        return [self.random.randrange(1, 0x7E) if self.random.randrange(9) else 0 for _ in range(count)]

    def expect(self, name, shape, value):
        """value(indices...) for every element in row-major order."""
        values, index = [], [0] * len(shape)
        for _ in range(math.prod(shape)):
            values.append(value(*index))
            for d in reversed(range(len(shape))):
                index[d] += 1
                if index[d] < shape[d]:
                    break
                index[d] = 0
        self.expected[name] = (list(shape), values)


def words(bits):
    return struct.pack(f"<{len(bits)}I", *bits)


def pairs(codes):
    """4-bit codes in bytes, the first in the low half."""
    return bytes(codes[n] | codes[n + 1] << 4 for n in range(0, len(codes), 2))


def up(n, d):
    return -(-n // d)


def fp8_block(case, name, scale, rows, cols, block=(128, 128), shards=(0, 0), dtype="F32"):
    gr, gc = up(rows, block[0]), up(cols, block[1])
    codes = case.codes(rows * cols)
    case.put(name, "F8_E4M3", (rows, cols), codes, shards[0])
    if dtype == "F32":
        bits = case.f32(gr * gc)
        case.put(scale, "F32", (gr, gc), words(bits), shards[1])
        scales = [decode("F32", b) for b in bits]
    elif dtype == "BF16":
        bits = [b >> 16 for b in case.f32(gr * gc)]
        case.put(scale, "BF16", (gr, gc), struct.pack(f"<{len(bits)}H", *bits), shards[1])
        scales = [decode("BF16", b) for b in bits]
    else:
        bits = case.exponents(gr * gc)
        case.put(scale, dtype, (gr, gc), bits, shards[1])
        scales = [decode("E8M0", b) for b in bits]
    case.expect(name, (rows, cols), lambda r, c: product(decode("E4M3", codes[r * cols + c]),
                                                         scales[r // block[0] * gc + c // block[1]]))


def fp8_single(case, name, scale, rows, cols, shape=(), dtype="F32", form="E4M3"):
    codes = case.codes(rows * cols, form=form)
    case.put(name, f"F8_{form}", (rows, cols), codes)
    (bits,) = case.f32(1)
    if dtype == "BF16":
        bits >>= 16
    case.put(scale, dtype, shape, bits.to_bytes(2 if dtype == "BF16" else 4, "little"))
    s = decode(dtype, bits)
    case.expect(name, (rows, cols), lambda r, c: product(decode(form, codes[r * cols + c]), s))


def fp8_channel(case, name, scale, rows, cols, shape):
    codes, bits = case.codes(rows * cols), case.f32(rows)
    case.put(name, "F8_E4M3", (rows, cols), codes)
    case.put(scale, "F32", shape, words(bits))
    case.expect(name, (rows, cols), lambda r, c: product(decode("E4M3", codes[r * cols + c]), decode("F32", bits[r])))


def fp4(case, name, rows, cols, scale, factor=None, divide=False, codes_name=None, dtype="U8", scale_dtype=None, shard=0):
    """NVFP4 with a factor, MXFP4 without; low nibble first."""
    group = 32 if factor is None else 16
    groups = up(cols, group)
    codes = case.codes(rows * cols, bits=4)
    case.put(codes_name or name, dtype, (rows, cols // 2), pairs(codes))
    if factor is None:
        scales = case.exponents(rows * groups)
        case.put(scale, scale_dtype or "U8", (rows, groups), scales, shard)
        case.expect(name, (rows, cols), lambda r, c: product(decode("E2M1", codes[r * cols + c]),
                                                             decode("E8M0", scales[r * groups + c // group])))
        return
    scales = case.e4m3_scales(rows * groups)
    case.put(scale, "F8_E4M3", (rows, groups), scales, shard)
    (bits,) = case.f32(1)
    f = decode("F32", bits)
    case.put(factor[0], "F32", factor[1], words([bits]), shard)
    case.expect(name, (rows, cols), lambda r, c: product(decode("E2M1", codes[r * cols + c]),
                                                         decode("E4M3", scales[r * groups + c // group]),
                                                         1 / f if divide else f))


def fp8_mx(case, name, scale, rows, cols, dtype="U8"):
    fp8_block(case, name, scale, rows, cols, (1, 32), dtype=dtype)


FP8 = {"quant_method": "fp8", "fmt": "e4m3", "activation_scheme": "dynamic", "weight_block_size": [128, 128]}


def deepseek_v3():
    case = Case("deepseek", shards=2, config={"architectures": ["X"], "torch_dtype": "bfloat16", "num_key_value_heads": 2,
                                              "rms_norm_eps": 1e-06, "quantization_config": FP8},
                others={"tokenizer.json": "{}", "hf_quant_config.txt": "kept"})
    p = "model.layers.0."
    fp8_block(case, p + "self_attn.q_a_proj.weight", p + "self_attn.q_a_proj.weight_scale_inv", 200, 328, shards=(0, 1))
    fp8_block(case, p + "mlp.down_proj.weight", p + "mlp.down_proj.weight_scale_inv", 130, 40, dtype="BF16")
    # Fused: two chunks of 150 rows, each with its own ragged blocks.
    codes, bits = case.codes(300 * 140), case.f32(8)
    case.put(p + "self_attn.qkv_proj.weight", "F8_E4M3", (300, 140), codes)
    case.put(p + "self_attn.qkv_proj.weight_scale_inv", "F32", (4, 2), words(bits))
    case.expect(p + "self_attn.qkv_proj.weight", (300, 140), lambda r, c: product(
        decode("E4M3", codes[r * 140 + c]), decode("F32", bits[(r // 150 * 2 + r % 150 // 128) * 2 + c // 128])))
    experts, grid = case.codes(3 * 40 * 136), case.f32(6)
    case.put(p + "mlp.experts.gate_up_proj", "F8_E4M3", (3, 40, 136), experts)
    case.put(p + "mlp.experts.gate_up_proj_scale_inv", "F32", (3, 1, 2), words(grid))
    case.expect(p + "mlp.experts.gate_up_proj", (3, 40, 136), lambda e, r, c: product(
        decode("E4M3", experts[(e * 40 + r) * 136 + c]), decode("F32", grid[e * 2 + c // 128])))
    down, single = case.codes(3 * 8 * 16), case.f32(3)
    case.put(p + "mlp.experts.down_proj", "F8_E4M3", (3, 8, 16), down)
    case.put(p + "mlp.experts.down_proj_scale_inv", "F32", (3,), words(single))
    case.expect(p + "mlp.experts.down_proj", (3, 8, 16), lambda e, r, c: product(
        decode("E4M3", down[(e * 8 + r) * 16 + c]), decode("F32", single[e])))
    fp8_mx(case, p + "mlp.mx.weight", p + "mlp.mx.weight_scale_inv", 40, 72)
    fp8_single(case, p + "mlp.one.weight", p + "mlp.one.weight_scale_inv", 8, 12, dtype="BF16")
    case.drop(p + "mlp.one.activation_scale", "BF16")
    case.plain("model.embed_tokens.weight", "BF16", (10, 8))
    case.plain(p + "mlp.gate.e_score_correction_bias", "F32", (7,), shard=1)
    return case


def deepseek_v4():
    case = Case("deepseek", seed=4, config={"expert_dtype": "fp4", "dtype": "bfloat16", "quantization_config": FP8})
    p = "layers.0."
    fp8_block(case, p + "attn.wq_a.weight", p + "attn.wq_a.scale", 200, 328, dtype="F8_E8M0")
    fp4(case, p + "ffn.experts.0.w1.weight", 40, 96, p + "ffn.experts.0.w1.scale", dtype="I8", scale_dtype="F8_E8M0")
    fp8_block(case, p + "engram.embed.weight", p + "engram.embed.scale", 50, 64, (1, 32), dtype="F8_E8M0")
    case.plain(p + "hc_attn_scale", "F32", (3,))
    case.plain(p + "ffn_norm.weight", "BF16", (16,))
    return case


def deepseek_v4_nvfp4():
    case = Case("deepseek", seed=43, config={"moe_quant_algo": "NVFP4", "quantization_config": FP8})
    p = "layers.0."
    fp8_block(case, p + "attn.wq_a.weight", p + "attn.wq_a.scale", 130, 140, dtype="F8_E8M0")
    w = p + "ffn.experts.0.w1.weight"
    fp4(case, w, 16, 48, w + "_scale", (w + "_scale_2", ()))
    case.drop(p + "ffn.experts.0.w1.input_scale")
    return case


def deepseek_v41():
    case = Case("deepseek", seed=41, config={"quantization_config": {**FP8, "weight_block_size": [32, 32]}})
    fp8_block(case, "layers.0.attn.wo.weight", "layers.0.attn.wo.scale", 100, 72, (32, 32), dtype="F8_E8M0")
    return case


def deepseek_base():
    case = Case("deepseek", seed=42, config={"expert_dtype": "fp8", "quantization_config": FP8})
    fp8_block(case, "layers.0.ffn.experts.0.w2.weight", "layers.0.ffn.experts.0.w2.scale", 130, 140)
    return case


def ct_config(kind, **weights):
    return {"quantization_config": {"quant_method": "compressed-tensors", "format": kind, "quantization_status": "compressed",
                                    "config_groups": {"group_0": {"targets": ["Linear"], "weights": weights}},
                                    "ignore": ["lm_head"]}}


def ct_fp8():
    case = Case("compressed-tensors", config=ct_config("float-quantized", num_bits=8, type="float", strategy="block",
                                                       block_structure=[128, 128]))
    fp8_block(case, "a.weight", "a.weight_scale", 200, 328, dtype="BF16")
    fp8_channel(case, "b.weight", "b.weight_scale", 64, 64, (64, 1))
    fp8_single(case, "c.weight", "c.weight_scale", 20, 30, (1,))
    case.drop("c.input_scale", shape=(1,))
    case.drop("self_attn.k_scale", "BF16", (1,))
    case.plain("lm_head.weight", "BF16", (4, 4))
    return case


def ct_nvfp4():
    case = Case("compressed-tensors", seed=2, shards=2, config=ct_config("nvfp4-pack-quantized", num_bits=4, type="float",
                                                                         group_size=16))
    fp4(case, "a.weight", 40, 328, "a.weight_scale", ("a.weight_global_scale", (1,)), True, "a.weight_packed", shard=1)
    case.drop("a.input_global_scale", shape=(1,))
    return case


def ct_mx():
    case = Case("compressed-tensors", seed=3, config=ct_config("mixed-precision", num_bits=4, type="float", group_size=32))
    fp4(case, "a.weight", 40, 328, "a.weight_scale", codes_name="a.weight_packed")
    fp8_mx(case, "b.weight", "b.weight_scale", 24, 72)
    return case


def mo(algorithm, **more):
    return {"config": {"quantization_config": {"quant_method": "modelopt", "quant_algo": algorithm}},
            "others": {"hf_quant_config.json": {"producer": {"name": "modelopt"}, "quantization": {"quant_algo": algorithm}}},
            **more}


def modelopt_fp8():
    case = Case("modelopt", **mo("FP8"))
    fp8_single(case, "a.weight", "a.weight_scale", 200, 328)
    fp8_channel(case, "b.weight", "b.weight_scale", 64, 64, (64,))
    codes, bits = case.codes(130 * 140), case.f32(4)
    case.put("c.weight", "F8_E4M3", (130, 140), codes)
    case.put("c.weight_scale", "F32", (2, 1, 2, 1), words(bits))
    case.expect("c.weight", (130, 140), lambda r, c: product(decode("E4M3", codes[r * 140 + c]),
                                                             decode("F32", bits[r // 128 * 2 + c // 128])))
    fp8_mx(case, "d.weight", "d.weight_scale", 24, 72)
    case.drop("a.input_scale")
    case.drop("k_proj.k_scale")
    return case


def modelopt_nvfp4():
    case = Case("modelopt", seed=2, **mo("NVFP4"))
    fp4(case, "a.weight", 40, 336, "a.weight_scale", ("a.weight_scale_2", ()))
    # Stacked experts: [E, k / 2, columns], two rows in a byte.
    count, k, cols = 2, 48, 24
    codes, scales, factors = case.codes(count * k * cols, bits=4), case.e4m3_scales(count * 3 * cols), case.f32(count)
    data = bytes(codes[(e * k + 2 * r) * cols + c] | codes[(e * k + 2 * r + 1) * cols + c] << 4
                 for e in range(count) for r in range(k // 2) for c in range(cols))
    case.put("experts.gate_up_proj", "U8", (count, k // 2, cols), data)
    case.put("experts.gate_up_proj_weight_scale", "F8_E4M3", (count, 3, cols), scales)
    case.put("experts.gate_up_proj_weight_scale_2", "F32", (count,), words(factors))
    case.drop("experts.gate_up_proj_input_scale")
    case.expect("experts.gate_up_proj", (count, k, cols), lambda e, r, c: product(
        decode("E2M1", codes[(e * k + r) * cols + c]), decode("E4M3", scales[(e * 3 + r // 16) * cols + c]),
        decode("F32", factors[e])))
    return case


def modelopt_awq():
    case = Case("modelopt", seed=3, **mo("NVFP4_AWQ"))
    fp4(case, "a.weight", 8, 64, "a.weight_scale", ("a.weight_scale_2", ()))
    columns = [case.random.randrange(0x3F00, 0x4000) for _ in range(64)]
    case.put("a.pre_quant_scale", "BF16", (64,), struct.pack("<64H", *columns))
    shape, values = case.expected["a.weight"]
    case.expected["a.weight"] = (shape, [product(v, decode("BF16", columns[n % 64])) for n, v in enumerate(values)])
    return case


def gpt_oss():
    case = Case("gpt-oss", shards=2, config={"quantization_config": {"quant_method": "mxfp4"}})
    for name, rows, k in (("gate_up_proj", 48, 64), ("down_proj", 64, 64)):
        stem, groups = "model.layers.0.mlp.experts." + name, k // 32
        codes, scales = case.codes(2 * rows * k, bits=4), case.exponents(2 * rows * groups)
        case.put(stem + "_blocks", "U8", (2, rows, groups, 16), pairs(codes))
        case.put(stem + "_scales", "U8", (2, rows, groups), scales, shard=1)
        case.expect(stem, (2, k, rows), lambda e, c, r, k=k, rows=rows, codes=codes, scales=scales, groups=groups: product(
            decode("E2M1", codes[(e * rows + r) * k + c]), decode("E8M0", scales[(e * rows + r) * groups + c // 32])))
        case.plain(stem + "_bias", "BF16", (2, rows))
    return case


def tiles(scales, rows, cols):
    """A grid in tiles of 128 x 4, cuBLAS's order."""
    across = up(cols, 4)
    data = bytearray(b"\x3c" * (up(rows, 128) * 128 * across * 4))
    for r in range(rows):
        for c in range(cols):
            data[(r // 128 * across + c // 4) * 512 + r % 32 * 16 + r % 128 // 32 * 4 + c % 4] = scales[r * cols + c]
    return bytes(data)


def comfyui():
    layers = {"b": {"format": "nvfp4"}, "d": {"format": "float8_e5m2"}}
    case = Case("comfyui", metadata={"_quantization_metadata": json.dumps({"format_version": "1.0", "layers": layers}),
                                     "author": "kept"})
    fp8_single(case, "a.weight", "a.weight_scale", 20, 30)
    marker = json.dumps({"format": "float8_e4m3fn"}).encode()
    case.put("a.comfy_quant", "U8", (len(marker),), marker)
    case.dropped.append("a.comfy_quant")
    rows, cols = 144, 96
    codes, scales, bits = case.codes(rows * cols, bits=4), case.e4m3_scales(rows * cols // 16), case.f32(1)
    high_first = bytes(codes[n] << 4 | codes[n + 1] for n in range(0, len(codes), 2))
    case.put("b.weight", "U8", (rows, cols // 2), high_first)
    case.put("b.weight_scale", "F8_E4M3", (256, 8), tiles(scales, rows, cols // 16))
    case.put("b.weight_scale_2", "F32", (), words(bits))
    case.expect("b.weight", (rows, cols), lambda r, c: product(
        decode("E2M1", codes[r * cols + c]), decode("E4M3", scales[r * (cols // 16) + c // 16]), decode("F32", bits[0])))
    mx, exponents = case.codes(160 * 64), case.exponents(160 * 2)
    case.put("c.weight", "F8_E4M3", (160, 64), mx)
    case.put("c.weight_scale", "F8_E8M0", (256, 4), tiles(exponents, 160, 2))
    case.expect("c.weight", (160, 64), lambda r, c: product(decode("E4M3", mx[r * 64 + c]),
                                                            decode("E8M0", exponents[r * 2 + c // 32])))
    marker = json.dumps({"format": "mxfp8"}).encode()
    case.put("c.comfy_quant", "U8", (len(marker),), marker)
    case.dropped.append("c.comfy_quant")
    fp8_single(case, "d.weight", "d.weight_scale", 6, 8, form="E5M2")
    case.drop("a.input_scale")
    return case


def comfyui_old():
    case = Case("comfyui", seed=2)
    case.drop("scaled_fp8", "F8_E4M3", (0,))
    fp8_single(case, "a.weight", "a.scale_weight", 20, 30)
    fp8_single(case, "b.weight", "b.scale_weight", 4, 30, (1,))
    case.drop("a.scale_input")
    literal = case.codes(64)
    case.put("c.weight", "F8_E4M3", (8, 8), literal)
    case.expect("c.weight", (8, 8), lambda r, c: decode("E4M3", literal[r * 8 + c]))
    return case


def torchao():
    names = {"m.a.weight": {"_type": "Float8Tensor", "_data": {"block_size": [1, 328]},
                            "_tensor_data_names": ["_weight_qdata", "_weight_scale"]},
             "m.b.weight": {"_type": "NVFP4Tensor", "_data": {"is_swizzled_scales": True},
                            "_tensor_data_names": ["_weight_qdata", "_weight_scale", "_weight_per_tensor_scale"]},
             "m.c.weight": {"_type": "MXTensor", "_data": {"elem_dtype": "torch.float8_e4m3fn", "block_size": 32},
                            "_tensor_data_names": ["_weight_qdata", "_weight_scale"]},
             "m.d.weight": {"_type": "Tensor", "_tensor_data_names": []}}
    case = Case("torchao", config={"quantization_config": {"quant_method": "torchao"}},
                metadata={"tensor_names": json.dumps(list(names)), **{k: json.dumps(v) for k, v in names.items()}})
    fp8_channel(case, "m.a._weight_qdata", "m.a._weight_scale", 40, 328, (40, 1))
    case.expected["m.a.weight"] = case.expected.pop("m.a._weight_qdata")
    rows, cols = 130, 80
    codes, scales, bits = case.codes(rows * cols, bits=4), case.e4m3_scales(rows * 5), case.f32(1)
    case.put("m.b._weight_qdata", "U8", (rows, cols // 2), pairs(codes))
    case.put("m.b._weight_scale", "F8_E4M3", (64, 32), tiles(scales, rows, 5))
    case.put("m.b._weight_per_tensor_scale", "F32", (), words(bits))
    case.drop("m.b._weight_act_per_tensor_scale")
    case.expect("m.b.weight", (rows, cols), lambda r, c: product(
        decode("E2M1", codes[r * cols + c]), decode("E4M3", scales[r * 5 + c // 16]), decode("F32", bits[0])))
    fp8_mx(case, "m.c._weight_qdata", "m.c._weight_scale", 24, 72, dtype="F8_E8M0")
    case.expected["m.c.weight"] = case.expected.pop("m.c._weight_qdata")
    case.plain("m.d.weight", "BF16", (4, 6))
    return case


def mlx():
    quantization = {"group_size": 32, "bits": 4, "mode": "mxfp4", "b": {"group_size": 16, "bits": 4, "mode": "nvfp4"},
                    "c": {"group_size": 32, "bits": 8, "mode": "mxfp8"}}
    case = Case("mlx", config={"quantization": quantization, "quantization_config": quantization},
                metadata={"format": "mlx"})
    for name, group, bits, form, scale_form in (("a", 32, 4, "E2M1", "E8M0"), ("b", 16, 4, "E2M1", "E4M3"),
                                                ("c", 32, 8, "E4M3", "E8M0")):
        count, rows, cols = 2, 6, 96
        codes = case.codes(count * rows * cols, bits=bits)
        scales = (case.exponents if scale_form == "E8M0" else case.e4m3_scales)(count * rows * cols // group)
        each = 32 // bits
        packed = [sum(codes[n + i] << (bits * i) for i in range(each)) for n in range(0, len(codes), each)]
        case.put(name + ".weight", "U32", (count, rows, cols // each), words(packed))
        case.put(name + ".scales", "U8", (count, rows, cols // group), scales)
        case.expect(name + ".weight", (count, rows, cols),
                    lambda e, r, c, codes=codes, scales=scales, group=group, form=form, scale_form=scale_form: product(
                        decode(form, codes[(e * 6 + r) * 96 + c]),
                        decode(scale_form, scales[((e * 6 + r) * 96 + c) // group])))
    case.plain("norm.weight", "BF16", (6,))
    return case


def fbgemm():
    case = Case("fbgemm", config={"quantization_config": {"quant_method": "fbgemm_fp8"}})
    fp8_channel(case, "a.weight", "a.weight_scale", 64, 64, (64, 1))
    case.drop("a.input_scale_ub")
    for name, k, cols, shape in (("gate_up_proj", 24, 32, (2, 1, 32)), ("down_proj", 24, 24, (2, 24, 1))):
        codes, bits = case.codes(2 * k * cols), case.f32(2 * cols)
        case.put("experts." + name, "F8_E4M3", (2, k, cols), codes)
        case.put(f"experts.{name}_scale", "F32", shape, words(bits))
        case.expect("experts." + name, (2, k, cols), lambda e, r, c, codes=codes, bits=bits, k=k, cols=cols: product(
            decode("E4M3", codes[(e * k + r) * cols + c]), decode("F32", bits[e * cols + c])))
    return case


def quark():
    case = Case("quark", config={"quantization_config": {"quant_method": "quark"}})
    fp8_single(case, "a.weight", "a.weight_scale", 20, 30)
    fp8_channel(case, "b.weight", "b.weight_scale", 24, 24, (24,))
    fp8_block(case, "c.weight", "c.weight_scale", 130, 140)
    fp4(case, "d.weight", 8, 72, "d.weight_scale")
    fp4(case, "e.weight", 8, 72, "e.weight_scale", ("e.weight_scale_2", ()))
    case.drop("a.input_scale")
    return case


def autofp8():
    case = Case("autofp8", config={"quantization_config": {"quant_method": "fp8", "activation_scheme": "static",
                                                           "ignored_layers": ["lm_head"]}})
    fp8_single(case, "a.weight", "a.weight_scale", 20, 30)
    case.drop("a.input_scale")
    case.drop("a.kv_scale")
    return case


def mistral():
    case = Case("mistral", others={"params.json": {"dim": 8, "quantization": {"qformat_weight": "fp8_e4m3"}}})
    fp8_single(case, "layers.0.attention.wq.weight", "layers.0.attention.wq.qscale_weight", 20, 30)
    case.drop("layers.0.attention.wq.qscale_act")
    case.plain("norm.weight", "BF16", (8,))
    return case


def raw_fp8():
    case = Case("")
    for form in ("E4M3", "E5M2"):
        codes = case.codes(40 * 30, form=form)
        case.put(form, f"F8_{form}", (40, 30), codes)
        case.expect(form, (40, 30), lambda r, c, codes=codes, form=form: decode(form, codes[r * 30 + c]))
    codes = case.codes(6 * 10, bits=4)
    case.put("fp4", "F4", (6, 10), pairs(codes))
    case.expect("fp4", (6, 10), lambda r, c: decode("E2M1", codes[r * 10 + c]))
    six = case.codes(4 * 12, bits=6)
    word = sum(code << (6 * n) for n, code in enumerate(six))
    case.put("fp6", "F6_E3M2", (4, 12), word.to_bytes(36, "little"))
    case.expect("fp6", (4, 12), lambda r, c: decode("E3M2", six[r * 12 + c]))
    case.plain("norm", "F32", (5,))
    return case


CASES = (deepseek_v3, deepseek_v4, deepseek_v4_nvfp4, deepseek_v41, deepseek_base, ct_fp8, ct_nvfp4, ct_mx, modelopt_fp8, modelopt_nvfp4,
         modelopt_awq, gpt_oss, comfyui, comfyui_old, torchao, mlx, fbgemm, quark, autofp8, mistral, raw_fp8)

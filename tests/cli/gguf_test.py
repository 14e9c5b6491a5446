#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""GGUF files: every value against an independent generator, types that are left out, and headers that do not hold together."""
import os
import random
import struct
from fractions import Fraction

import program
from checkpoint_case import Checkpoint, expected_data, files
from checkpoints import gguf
from program import main


def blocks(kind, count, scale_bytes):
    chance = random.Random(count)
    scales, codes = (1, 16) if kind == "MXFP4" else (4, 32)
    return b"".join(bytes(scale_bytes[(n * scales + s) % len(scale_bytes)] for s in range(scales)) + chance.randbytes(codes)
                    for n in range(count))


class Gguf(Checkpoint):
    def file(self, data):
        with open(self.path("m.gguf"), "wb") as out:
            out.write(data)
        return self.path("m.gguf")

    def test_values(self):
        mx = blocks("MXFP4", 2 * 3 * 2, (0, 1, 127, 130, 254, 255))
        nv = blocks("NVFP4", 2 * 3, (0, 1, 0x38, 0x7E, 0x7F, 0x80, 0xB8, 0xFF))
        factors = (Fraction(3, 4), Fraction(-5))
        plain = {"F32": struct.pack("<6f", *range(6)), "F16": bytes(range(12)), "BF16": bytes(range(12))}
        tensors = {"a.weight": ("MXFP4", (2, 3, 64), mx), "b.weight": ("NVFP4", (2, 3, 64), nv),
                   "b.scale": ("F32", (2,), struct.pack("<2f", *factors)), "c.weight": ("Q4_0", (32,), bytes(18)),
                   "d.weight": ("TQ2_0", (256,), bytes(66)),
                   **{kind: (kind, (2, 3), data) for kind, data in plain.items()}}
        expected = {"a.weight": gguf.block_values("MXFP4", mx),
                    "b.weight": [v for n in range(2) for v in gguf.block_values("NVFP4", nv[n * 108:(n + 1) * 108], factors[n])]}
        nested = struct.pack("<IQ", 9, 1) + struct.pack("<IQ", 8, 2) + gguf.text("x") + gguf.text("y")
        for version, alignment in ((2, 32), (3, 64)):
            source = self.file(gguf.build(tensors, (("list", 9, nested),
                                                    ("general.alignment", 4, struct.pack("<I", alignment))), version, alignment))
            out = self.path(f"out{version}")
            self.good("dequantize", source, out, "--to", "f32")
            found, _ = files.read(os.path.join(out, "m.safetensors"))
            self.assertEqual(set(found), set(expected) | set(plain))
            for name, values in expected.items():
                self.assertEqual(found[name], ("F32", [2, 3, 64], expected_data(values, "f32")), name)
            for kind, data in plain.items():
                self.assertEqual(found[kind], (kind, [2, 3], data))
        process = program.run("audit", source)
        self.assertEqual(process.returncode, 0, process.stderr)
        for word in ("gguf", "c.weight (GGUF type Q4_0 is not read)", "d.weight (GGUF type TQ2_0 is not read)"):
            self.assertIn(word, process.stdout + process.stderr)

    def test_malformed(self):
        good = gguf.build({"w": ("MXFP4", (1, 32), bytes(17))})
        huge = struct.pack("<Q", 1 << 62)
        for data, says in ((b"GGUX" + good[4:], "GGUF"), (good[:4] + b"\1" + good[5:], "version 1, expected 2 or 3"),
                           (good[:8] + huge + good[16:], "tensors"), (good[:16] + huge + good[24:], "metadata values"),
                           (good[:24] + huge + good[32:], "name of tensor 0"), (good[:30], "6 bytes left"), (good[:50], "tensor 'w' needs"),
                           (good[:-20], "offset 0"), (gguf.build({"w": ("MXFP4", (1, 33), bytes(17))}), "multiple of 32"),
                           (gguf.build({"w": ("F32", (1 << 40, 1 << 40), b"")}), "overflows"),
                           (gguf.build({}, (("k", 9, struct.pack("<IQ", 0, 1 << 60)),)), "metadata 'k'"),
                           (gguf.build({}, (("general.alignment", 4, bytes(4)),)), "multiple of 8")):
            self.bad("dequantize", self.file(data), self.path("out"), says=("m.gguf", says))
            self.assertEqual(os.listdir(self.folder.name), ["m.gguf"])


if __name__ == "__main__":
    main()

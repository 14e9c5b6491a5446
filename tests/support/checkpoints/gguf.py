# SPDX-License-Identifier: Apache-2.0
"""Writing GGUF files, with the standard library alone, and the values of their blocks as fractions."""
import struct
from fractions import Fraction

from . import numbers

TYPES = {"F32": 0, "F16": 1, "Q4_0": 2, "BF16": 30, "TQ2_0": 35, "MXFP4": 39, "NVFP4": 40}


def text(word):
    return struct.pack("<Q", len(word)) + word.encode()


def build(tensors, metadata=(), version=3, alignment=32):
    """tensors: name -> (type, shape with the fastest dimension last, bytes). metadata: (key, value type, bytes of the value)."""
    head = struct.pack("<4sIQQ", b"GGUF", version, len(tensors), len(metadata))
    for key, kind, value in metadata:
        head += text(key) + struct.pack("<I", kind) + value
    data = b""
    for name, (kind, shape, content) in tensors.items():
        head += text(name) + struct.pack(f"<I{len(shape)}QIQ", len(shape), *reversed(shape), TYPES[kind], len(data))
        data += content + bytes(-len(content) % alignment)
    return head + bytes(-len(head) % alignment) + data


def scale_of(kind, byte):
    if kind == "MXFP4":
        return numbers.power(byte - 127)
    exponent, fraction = byte >> 3 & 15, byte & 7
    if byte == 0x7F:
        return Fraction(0)
    return (fraction if exponent == 0 else fraction + 8) * numbers.power(max(exponent, 1) - 10)


def block_values(kind, data, factor=Fraction(1)):
    scales, group, size = (1, 32, 17) if kind == "MXFP4" else (4, 16, 36)
    values = []
    for at in range(0, len(data), size):
        for n in range(scales):
            codes = data[at + scales + n * group // 2:at + scales + (n + 1) * group // 2]
            halves = [b & 15 for b in codes] + [b >> 4 for b in codes]
            values += [numbers.product(numbers.decode("E2M1", c), scale_of(kind, data[at + n]), factor) for c in halves]
    return values

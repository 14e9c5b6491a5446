#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""safetensors_reader.py FILE...: totals of the F32, F16 and BF16 tensors, by the standard library alone, as JSON."""
import array
import json
import math
import struct
import sys

PART = 1 << 20  # elements read at a time


def floats(data, dtype):
    if dtype == "F16":
        return struct.unpack(f"<{len(data) // 2}e", data)
    if dtype == "BF16":  # the upper half of an F32
        data = b"".join(b"\0\0" + data[i:i + 2] for i in range(0, len(data), 2))
    return array.array("f", data)


def totals(paths):
    sums, squares = dict.fromkeys(("tensors", "elements", "stored_bytes", "zeros", "nan", "infinite", "amax"), 0), []
    for path in paths:
        with open(path, "rb") as file:
            (length,) = struct.unpack("<Q", file.read(8))
            for name, tensor in json.loads(file.read(length)).items():
                if name != "__metadata__" and tensor["dtype"] in ("F32", "F16", "BF16"):
                    width, (begin, end) = 4 if tensor["dtype"] == "F32" else 2, tensor["data_offsets"]
                    assert end - begin == width * math.prod(tensor["shape"])
                    sums["tensors"] += 1
                    sums["stored_bytes"] += end - begin
                    for at in range(begin, end, PART * width):
                        file.seek(8 + length + at)
                        x = floats(file.read(min(PART * width, end - at)), tensor["dtype"])
                        finite = [v for v in x if math.isfinite(v)]
                        sums["elements"] += len(x)
                        sums["zeros"] += x.count(0.0)
                        sums["nan"] += sum(map(math.isnan, x))
                        sums["infinite"] += sum(map(math.isinf, x))
                        sums["amax"] = max(sums["amax"], max(map(abs, finite), default=0.0))
                        squares.append(math.fsum(v * v for v in finite))
    return {**sums, "sum_of_squares": math.fsum(squares)}


if __name__ == "__main__":
    print(json.dumps(totals(sys.argv[1:])))

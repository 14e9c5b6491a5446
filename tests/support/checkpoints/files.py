# SPDX-License-Identifier: Apache-2.0
"""Writing and reading .safetensors files and folders of them, with the standard library alone."""
import json
import math
import os
import struct

BITS = {"F4": 4, "F6_E2M3": 6, "F6_E3M2": 6, "U8": 8, "I8": 8, "F8_E4M3": 8, "F8_E5M2": 8, "F8_E8M0": 8, "BF16": 16, "F16": 16,
        "F32": 32, "U32": 32, "I32": 32, "I64": 64, "F64": 64}


def write(path, tensors, metadata=None):
    """tensors: name -> (dtype, shape, bytes)."""
    header, offset = {} if metadata is None else {"__metadata__": metadata}, 0
    for name, (dtype, shape, data) in tensors.items():
        assert len(data) * 8 == BITS[dtype] * math.prod(shape), (name, dtype, shape, len(data))
        header[name] = {"dtype": dtype, "shape": list(shape), "data_offsets": [offset, offset + len(data)]}
        offset += len(data)
    text = json.dumps(header).encode()
    with open(path, "wb") as file:
        file.write(struct.pack("<Q", len(text)) + text + b"".join(data for _, _, data in tensors.values()))


def read(path):
    """name -> (dtype, shape, bytes), and the metadata."""
    with open(path, "rb") as file:
        (length,) = struct.unpack("<Q", file.read(8))
        header = json.loads(file.read(length))
        data = file.read()
    metadata = header.pop("__metadata__", {})
    return {name: (t["dtype"], t["shape"], data[slice(*t["data_offsets"])]) for name, t in header.items()}, metadata


def write_model(folder, shards, config=None, metadata=None, index=True, others=None):
    """shards: a list of tensors as write takes them. With several shards an index is written."""
    os.makedirs(folder)
    count, weight_map, total = len(shards), {}, 0
    for n, tensors in enumerate(shards):
        name = f"model-{n + 1:05d}-of-{count:05d}.safetensors" if count > 1 else "model.safetensors"
        write(os.path.join(folder, name), tensors, metadata)
        for tensor, (_, _, data) in tensors.items():
            weight_map[tensor] = name
            total += len(data)
    if count > 1 and index:
        with open(os.path.join(folder, "model.safetensors.index.json"), "w", encoding="utf-8") as file:
            json.dump({"metadata": {"total_size": total}, "weight_map": weight_map}, file)
    for name, content in {**({} if config is None else {"config.json": config}), **(others or {})}.items():
        with open(os.path.join(folder, name), "w", encoding="utf-8") as file:
            file.write(content if isinstance(content, str) else json.dumps(content))


def read_model(folder):
    """All tensors of a folder, and the shard of each."""
    tensors, shards = {}, {}
    for name in sorted(os.listdir(folder)):
        if name.endswith(".safetensors"):
            for tensor, entry in read(os.path.join(folder, name))[0].items():
                assert tensor not in tensors, tensor
                tensors[tensor], shards[tensor] = entry, name
    return tensors, shards

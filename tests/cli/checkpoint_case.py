# SPDX-License-Identifier: Apache-2.0
"""What the tests of quantised checkpoints share: the generator, writing its files, comparing element by element."""
import math
import os
import struct
import sys
import tempfile

from program import ProgramTest

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "support"))
from checkpoints import files, layouts, numbers  # noqa: E402

FORMS = {"bf16": ("BF16", "BF16", "H", "bfloat16"), "f16": ("F16", "F16", "H", "float16"), "f32": ("F32", "F32", "I", "float32")}


def expected_data(values, to):
    _, form, letter, _ = FORMS[to]
    return struct.pack(f"<{len(values)}{letter}", *(numbers.encode(form, v) for v in values))


class Checkpoint(ProgramTest):
    def setUp(self):
        self.folder = tempfile.TemporaryDirectory()
        self.addCleanup(self.folder.cleanup)

    def path(self, *names):
        return os.path.join(self.folder.name, *names)

    def written(self, case, name="model", **keywords):
        files.write_model(self.path(name), case.shards, case.config, case.metadata, others=case.others, **keywords)
        return self.path(name)

    def require_equal(self, tensors, name, entry, case):
        dtype, shape, data = tensors[name]
        self.assertEqual((dtype, shape), entry[:2], name)
        if data != entry[2]:
            width = len(data) // math.prod(shape)
            at = next(n for n in range(0, len(data), width) if data[n:n + width] != entry[2][n:n + width])
            self.fail(f"{case.layout}: {name}, element {at // width} of {shape}: {data[at:at + width].hex()}, "
                      f"expected {entry[2][at:at + width].hex()}")

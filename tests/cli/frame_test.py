#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""narrowfp's help, version, errors and colours, and its commands list and show."""
import os
import signal
import subprocess
import time

import program
from program import ProgramTest, main, strict_json


class Frame(ProgramTest):
    commands = ("list", "show", "convert", "gemm")

    def test_help_ends_with_an_example(self):
        self.assertIn("narrowfp convert", self.good("--help").splitlines()[-1])
        for command in self.commands:
            text = self.good(command, "--help")
            self.assertIn("Example:", text)
            self.assertTrue(text.splitlines()[-1].startswith("  narrowfp " + command), text)
            for option in ("--json", "--quiet", "--color", "--help"):
                self.assertIn(option, text)

    def test_examples_run(self):
        for command in self.commands:
            example = self.good(command, "--help").split("Example:\n")[1].splitlines()[0].strip()
            shell = example.replace("narrowfp ", f"'{program.PROGRAM}' ", 1) if "|" not in example else \
                example.replace("| narrowfp ", f"| '{program.PROGRAM}' ")
            process = subprocess.run(["/bin/sh", "-c", shell], capture_output=True, text=True, check=False, timeout=120)
            self.assertEqual(process.returncode, 0, process.stderr)
            self.assertNotEqual(process.stdout, "")

    def test_version(self):
        lines = self.good("--version").splitlines()
        self.assertRegex(lines[0], r"^narrowfp \d+\.\d+\.\d+$")
        self.assertTrue(any(line.startswith("compiler ") for line in lines))
        self.assertTrue(any(line.startswith("targets ") and "scalar" in line for line in lines))

    def test_wrong_use(self):
        self.bad(says=("a command is missing", "convert"))
        self.bad("convrt", says=("unknown command 'convrt'", "near: convert"))
        self.bad("--colour", "always", says="unknown option '--colour'")
        self.bad("list", "formats", "--jsn", says=("unknown option of 'list' '--jsn'", "--json"))
        self.bad("list", "formats", "more", says="unexpected argument 'more'")
        self.bad("list", "formats", "--", "more", says="'more'")
        self.bad("list", says="KIND")
        self.bad("list", "formats", "--color", "sometimes", says="sometimes")
        self.bad("two\nlines", says="two lines")

    def test_unknown_option_is_named_before_a_missing_one(self):
        self.bad("convert", "--form", "f32", "--to", "e5m2", "1", says=("'--form'", "near: --from"))

    def test_target(self):
        self.bad("list", "targets", env={"NARROWFP_TARGET": "mmx"}, says=("NARROWFP_TARGET=mmx", "scalar"))
        self.bad("convert", "--from", "f32", "--to", "e5m2", "1", env={"NARROWFP_TARGET": "mmx"}, says="mmx")
        forced = strict_json(self.good("list", "targets", "--json", env={"NARROWFP_TARGET": "scalar"}))
        self.assertEqual([t["name"] for t in forced if t["active"]], ["scalar"])
        for target in forced:  # each is offered, or it says why not
            offered = target["cpu_offers"] and target["has_kernels"]
            self.assertEqual(target["refused"] is None, offered, target)
        self.assertIn("avx512bf16", forced[-1]["features"])
        table = self.good("list", "targets")
        self.assertIn("offered", table)
        for target in forced:
            self.assertIn(target["refused"] or target["name"], " ".join(table.split()))

    def test_colour(self):
        coloured = self.good("show", "e5m2", "--color", "always")
        self.assertIn("\x1b[1m", coloured)
        for plain in (self.good("show", "e5m2"), self.good("show", "e5m2", "--color", "never"),
                      self.good("show", "e5m2", "--color", "auto", env={"NO_COLOR": "1"})):
            self.assertNotIn("\x1b", plain)
            self.assertEqual(plain, coloured.replace("\x1b[1m", "").replace("\x1b[0m", ""))

    def test_colour_on_a_terminal(self):
        def on_terminal(**env):
            master, slave = os.openpty()
            environment = {k: v for k, v in os.environ.items() if k != "NO_COLOR"} | {"TERM": "xterm"} | env
            with subprocess.Popen([program.PROGRAM, "list", "targets"], stdout=slave, stderr=slave,
                                  env=environment) as process:
                os.close(slave)
                output = b""
                while True:
                    try:
                        chunk = os.read(master, 4096)
                    except OSError:
                        break
                    if not chunk:
                        break
                    output += chunk
                self.assertEqual(process.wait(), 0)
            os.close(master)
            return output.decode()

        self.assertIn("\x1b[", on_terminal())
        self.assertNotIn("\x1b[", on_terminal(NO_COLOR="1"))
        self.assertNotIn("\x1b[", on_terminal(TERM="dumb"))

    def wait_for_handler(self, pid):
        """Until the process catches SIGINT."""
        for _ in range(6000):
            with open(f"/proc/{pid}/status", encoding="ascii") as file:
                caught = next(int(line.split()[1], 16) for line in file if line.startswith("SigCgt:"))
            if caught >> (signal.SIGINT - 1) & 1:
                return
            time.sleep(0.01)
        self.fail("SIGINT is not caught after a minute")

    def test_interrupt(self):
        with subprocess.Popen([program.PROGRAM, "convert", "--from", "f32", "--to", "e5m2"], stdin=subprocess.PIPE,
                              stdout=subprocess.PIPE, stderr=subprocess.PIPE) as process:
            self.wait_for_handler(process.pid)
            process.send_signal(signal.SIGINT)
            output, error = process.communicate(timeout=60)
            self.assertEqual(process.returncode, 130)
            self.assertEqual(output, b"")
            self.assertIn(b"interrupted", error)

    def test_full_disk(self):
        if not os.path.exists("/dev/full"):
            self.skipTest("no /dev/full here")
        with open("/dev/full", "w", encoding="ascii") as full:
            process = subprocess.run([program.PROGRAM, "list", "formats"], stdout=full, stderr=subprocess.PIPE,
                                     text=True, check=False)
        self.assertEqual(process.returncode, 2)
        self.assertIn("cannot write to standard output", process.stderr)


class List(ProgramTest):
    def test_kinds(self):
        for kind, some in (("formats", ("e4m3fn", "hif8", "f32")), ("recipes", ("tensor_current", "mxfp8")),
                           ("units", ("h100",)), ("targets", ("scalar",)),
                           ("profiles", ("onnx", "cuda-satfinite", "x86-avx10.2"))):
            names = self.good("list", kind, "--quiet").split()
            self.assertEqual(len(names), len(set(names)))
            self.assertEqual([entry["name"] for entry in strict_json(self.good("list", kind, "--json"))], names)
            table = self.good("list", kind)
            for name in some:
                self.assertIn(name, names)
                self.assertIn(name, table)

    def test_format_figures(self):
        formats = {f["name"]: f for f in strict_json(self.good("list", "formats", "--json"))}
        e4m3fn = formats["e4m3fn"]
        self.assertEqual((e4m3fn["bits"], e4m3fn["max"], e4m3fn["min_normal"], e4m3fn["min_subnormal"]),
                         (8, 448, 2**-6, 2**-9))
        self.assertEqual((e4m3fn["infinity"], e4m3fn["nan"], e4m3fn["negative_zero"]), (False, True, True))
        self.assertEqual(formats["f32"]["min_subnormal"], 2**-149)
        self.assertIsNone(formats["e8m0fnu"]["min_subnormal"])

    def test_unknown_kind(self):
        self.bad("list", "fromats", says=("unknown kind 'fromats'", "near: formats"))


class Show(ProgramTest):
    def only(self, *arguments):
        objects = strict_json(self.good("show", *arguments, "--json"))
        self.assertEqual(len(objects), 1)
        return objects[0]

    def test_format(self):
        f = self.only("e4m3fn")
        self.assertEqual((f["kind"], f["layout"], f["bias"], f["binades"], f["positive_values"]),
                         ("format", "S.EEEE.MMM", 7, 18, 126))
        self.assertEqual((f["max"]["code"], f["max"]["value"], f["epsilon"]), ("7e", 448, 0.125))
        self.assertEqual((f["min_normal"]["code"], f["min_subnormal"]["code"]), ("08", "01"))
        self.assertEqual([(r["first"], r["last"]) for r in f["nan_codes"]], [("7f", "7f"), ("ff", "ff")])
        self.assertEqual((f["overflow_threshold"], f["overflow_at_threshold"]["value"]), (464, 448))
        self.assertEqual(f["overflow_above_threshold"]["value"], "nan")
        text = self.good("show", "e4m3fn")
        for part in ("S.EEEE.MMM", "448", "464 with ties_to_even", "7f, ff"):
            self.assertIn(part, text)

    def test_other_formats(self):
        e5m2 = self.only("float8_e5m2")
        self.assertEqual((e5m2["overflow_threshold"], e5m2["overflow_at_threshold"]["value"]), (61440, "inf"))
        self.assertEqual((e5m2["infinity_code"], e5m2["nan_codes"][0]), ("7c", {"first": "7d", "last": "7f"}))
        hif8 = self.only("hif8", "--kind", "format")
        self.assertEqual((hif8["binades"], hif8["bias"], hif8["rounding_to_nearest"]), (38, None, "ties_to_away"))
        f32 = self.only("fp32")
        self.assertEqual((f32["name"], f32["positive_values"], f32["epsilon"]), ("f32", 2139095039, 2**-23))
        self.assertEqual(f32["nan_codes"][0], {"first": "7f800001", "last": "7fffffff"})
        self.assertEqual(self.only("e2m1fn")["nan_codes"], [])
        self.assertFalse(self.only("e8m0fnu")["zero"])

    # Name, max (code), min normal, min subnormal, positive finite values, overflow threshold, what the tie gives. Published:
    # OCP OFP8 1.0 and MX 1.0, LLVM APFloat, arXiv 2206.02915, IEEE P3109 v4.0, arXiv 2409.16626, IEEE 754, NVIDIA.
    published = (
        ("e4m3fn", 448, "7e", -6, -9, 126, 464, 448),
        ("e5m2", 57344, "7b", -14, -16, 123, 61440, "inf"),
        ("e4m3ieee", 240, "77", -6, -9, 119, 248, "inf"),
        ("e3m4ieee", 15.5, "6f", -2, -6, 111, 15.75, "inf"),
        ("e3m4fn", 30, "7e", -2, -6, 126, 30.5, 30),
        ("e4m3fnuz", 240, "7f", -7, -10, 127, 248, "nan"),
        ("e5m2fnuz", 57344, "7f", -15, -17, 127, 61440, "nan"),
        ("e4m3b11fnuz", 30, "7f", -10, -13, 127, 31, "nan"),
        ("e8m0fnu", 2.0**127, "fe", -127, None, 255, None, None),
        ("e2m3fn", 7.5, "1f", 0, -3, 31, None, 7.5),
        ("e3m2fn", 28, "1f", -2, -4, 31, None, 28),
        ("e2m1fn", 6, "7", 0, -1, 7, None, 6),
        ("binary8p3se", 49152, "7e", -15, -17, 126, 53248, 49152),
        ("binary8p4se", 224, "7e", -7, -10, 126, 232, 224),
        ("binary8p3sf", 57344, "7f", -15, -17, 127, None, 57344),
        ("binary8p4sf", 240, "7f", -7, -10, 127, None, 240),
        ("hif8", 2**15, "6e", -15, -22, 126, 40960, "inf"),
        ("f16", 65504, "7bff", -14, -24, None, 65520, "inf"),
        ("bf16", (2 - 2**-7) * 2.0**127, "7f7f", -126, -133, None, None, None),
        ("tf32", (2 - 2**-10) * 2.0**127, "7f7fe000", -126, -136, None, None, None),
        ("f32", (2 - 2**-23) * 2.0**127, "7f7fffff", -126, -149, None, None, None),
        ("binary8p1uf", 2.0**126, "fe", None, None, None, None, None),
    )
    published_specials = {  # bias, -0, code of infinity, ranges of NaN codes
        "e4m3fn": (7, True, None, ["7f", "ff"]), "e5m2": (15, True, "7c", ["7d-7f", "fd-ff"]),
        "e4m3ieee": (7, True, "78", ["79-7f", "f9-ff"]), "e3m4ieee": (3, True, "70", ["71-7f", "f1-ff"]),
        "e3m4fn": (3, True, None, ["7f", "ff"]), "e4m3fnuz": (8, False, None, ["80"]),
        "e5m2fnuz": (16, False, None, ["80"]), "e4m3b11fnuz": (11, False, None, ["80"]),
        "e8m0fnu": (127, False, None, ["ff"]), "e2m3fn": (1, True, None, []), "e3m2fn": (3, True, None, []),
        "e2m1fn": (1, True, None, []), "binary8p3se": (16, False, "7f", ["80"]), "binary8p4se": (8, False, "7f", ["80"]),
        "binary8p3sf": (16, False, None, ["80"]), "binary8p4sf": (8, False, None, ["80"]),
        "hif8": (None, False, "6f", ["80"]), "f16": (15, True, "7c00", ["7c01-7fff", "fc01-ffff"]),
        "bf16": (127, True, "7f80", ["7f81-7fff", "ff81-ffff"]), "tf32": (127, True, "7f800000", None),
        "f32": (127, True, "7f800000", ["7f800001-7fffffff", "ff800001-ffffffff"]),
        "binary8p1uf": (128, False, None, ["ff"])}

    def test_published_numbers(self):
        for name, largest, code, normal, subnormal, count, threshold, tie in self.published:
            with self.subTest(format=name):
                f = self.only(name, "--kind", "format")
                self.assertEqual((f["max"]["value"], f["max"]["code"]), (largest, code))
                if normal is not None:
                    self.assertEqual(f["min_normal"]["value"], 2.0**normal)
                    self.assertEqual(f["min_subnormal"] and f["min_subnormal"]["value"],
                                     None if subnormal is None else 2.0**subnormal)
                if count is not None:
                    self.assertEqual(f["positive_values"], count)
                if threshold is not None:
                    self.assertEqual(f["overflow_threshold"], threshold)
                if tie is not None:
                    self.assertEqual(f["overflow_at_threshold"]["value"], tie)
                bias, negative_zero, infinity, nans = self.published_specials[name]
                self.assertEqual((f["bias"], f["negative_zero"], f["infinity_code"]), (bias, negative_zero, infinity))
                if nans is not None:
                    found = [r["first"] + ("" if r["first"] == r["last"] else "-" + r["last"]) for r in f["nan_codes"]]
                    self.assertEqual(found, nans)
                self.assertIn(f"code {code}", self.good("show", name, "--kind", "format"))

    def test_profile(self):
        profile = self.only("ml_dtypes-saturate", "--kind", "profile")
        cells = {f["format"]: f for f in profile["formats"]}
        self.assertEqual((cells["e4m3fn"]["overflow"]["value"], cells["e4m3fn"]["infinity"]["value"]), ("448", "nan"))
        self.assertIsNone(cells["e4m3fn"]["infinity"]["unsure"])
        arm = {f["format"]: f for f in self.only("arm")["formats"]}
        self.assertIsNone(arm["e5m2"]["overflow"]["unsure"])
        self.assertIn("not available", arm["e5m2"]["infinity"]["unsure"])
        self.assertIn("Unsure (?)", self.good("show", "arm"))
        self.assertIn("f16", self.good("show", "x86-avx10.2"))
        x86 = {f["format"]: f for f in self.only("x86-avx10.2-s")["formats"]}
        self.assertEqual([x86[f]["overflow"]["unsure"] for f in ("e4m3fn", "e5m2")], [None, None])
        for name in self.good("list", "profiles", "--quiet").split():
            self.only(name, "--kind", "profile")

    def test_codes(self):
        codes = self.only("e4m3fn", "--codes")["codes"]
        self.assertEqual(len(codes), 256)
        self.assertEqual(codes[0x39], {"code": "39", "bits": "0.0111.001", "value": 1.125, "class": "normal"})
        self.assertEqual(codes[0x01]["class"], "subnormal")
        self.assertEqual(codes[0x80]["class"], "zero")
        self.assertEqual((codes[0x7F]["class"], codes[0x7F]["value"]), ("nan", "nan"))
        for row in codes:
            if row["class"] in ("normal", "subnormal"):
                sign, exponent, fraction = (int(field, 2) for field in row["bits"].split("."))
                magnitude = (8 + fraction) * 2**(exponent - 10) if exponent else fraction * 2**-9
                self.assertEqual(row["value"], -magnitude if sign else magnitude)
        self.assertEqual(len(self.good("show", "e2m1fn", "--codes", "--quiet").splitlines()), 16)
        self.assertEqual(self.only("hif8", "--kind", "format", "--codes")["codes"][0x6F]["bits"], "0.11.0111.1")

    def test_recipe_and_unit(self):
        recipe = self.only("deepseek_v3")
        self.assertEqual((recipe["kind"], recipe["a"]["granularity"], recipe["b"]["granularity"]),
                         ("recipe", "block(1,128)", "block(128,128)"))
        unit = self.only("h100", "--kind", "unit")
        paths = {path["operands"]: path for path in unit["paths"]}
        self.assertEqual((unit["kind"], paths["e4m3fn e5m2"]["f32"]["accumulator"]), ("unit", "aligned(32,13)"))
        self.assertEqual([path["operands"] for path in self.only("v100")["paths"]], ["f16"])
        self.assertEqual(len(self.only("ascend910-hypothetical")["members"]), 4)
        self.assertIn("block(1,128)", self.good("show", "deepseek_v3"))
        self.assertIn("32 products a step", self.good("show", "h100"))

    def test_errors(self):
        self.bad("show", "e4m3fm", says=("unknown name 'e4m3fm'", "e4m3fn"))
        self.bad("show", "e4m3", says=("names several formats", "e4m3fn", "e4m3ieee"))
        self.bad("show", "fp8", says=("names several formats", "hif8"))
        self.bad("show", "h100", "--kind", "format", says="unknown format 'h100'")
        self.bad("show", "h100", "--kind", "unti", says=("unknown kind 'unti'", "near: unit"))
        self.bad("show", "f32", "--codes", says="16 bits")
        self.bad("show", "h100", "--codes", says="formats")
        self.bad("show", says="NAME")


if __name__ == "__main__":
    main()

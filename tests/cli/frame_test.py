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

    def test_interrupt(self):
        with subprocess.Popen([program.PROGRAM, "convert", "--from", "f32", "--to", "e5m2"], stdin=subprocess.PIPE,
                              stdout=subprocess.PIPE, stderr=subprocess.PIPE) as process:
            time.sleep(0.5)
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
                           ("units", ("h100",)), ("targets", ("scalar",))):
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
        self.assertEqual((unit["kind"], unit["fp8"]["products"], unit["fp8"]["fraction_bits"]), ("unit", 32, 13))
        self.assertIsNone(self.only("v100")["fp8"])
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

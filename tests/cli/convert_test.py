#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""narrowfp convert: the texts it reads, the codes it prints, the events it counts."""
import random
import struct
from fractions import Fraction

from program import ProgramTest, main, run, strict_json


def decimal_of(x):
    """A fraction with a denominator of twos and fives as a decimal text, exactly."""
    digits = 0
    while (x * 10**digits).denominator != 1:
        digits += 1
    whole = abs(int(x * 10**digits))
    text = str(whole).rjust(digits + 1, "0")
    return ("-" if x < 0 else "") + (f"{text[:-digits]}.{text[-digits:]}" if digits else text)


class Convert(ProgramTest):
    four = "464\n464.0625\n-0\nnan\n"

    def codes(self, *arguments, **keywords):
        return [line[0] for line in self.lines("convert", *arguments, **keywords)]

    def test_first_lines(self):
        options = ("--from", "f32", "--to", "e4m3fn", "--rounding", "ties_to_even", "--overflow")
        codes = self.codes(*options, "none", stdin=self.four)
        self.assertEqual(codes[:3], ["7e", "7f", "80"])
        self.assertIn(codes[3], ("7f", "ff"))
        self.assertEqual(self.codes(*options, "saturate_finite", stdin=self.four)[:3], ["7e", "7e", "80"])
        self.assertEqual(self.lines("convert", *options, "none", "0x1.1008p+0"), [["39", "1.125", "0x1.2p+0"]])

    def test_arguments(self):
        options = ("--from", "f32", "--to", "e4m3fn")
        self.assertEqual(self.codes(*options, "--", "-0", "-1.5"), ["80", "bc"])
        self.assertEqual(self.codes(*options, "1", "--", "-1"), ["38", "b8"])
        self.assertEqual(self.codes("1", "2", *options), ["38", "40"])
        self.assertEqual(self.codes(*options, "--", "-inf", "+INF", "-NaN"), ["fe", "7e", "ff"])

    def test_lines(self):
        self.assertEqual(self.codes("--from", "f32", "--to", "e4m3fn", stdin="1\r\n\n  2\t\n.5"), ["38", "40", "30"])
        self.assertEqual(self.good("convert", "--from", "f32", "--to", "e5m2", stdin=""), "")

    def test_counts(self):
        process = run("convert", "--from", "f32", "--to", "e4m3fn", stdin=self.four + "inf\n1e-9\n0.003\n")
        self.assertIn("rounding ties_to_even (default), overflow saturate_finite (default)", process.stderr)
        self.assertIn("7 values: inexact 4, overflowed 1, saturated 2, underflowed 1, subnormal 1, nan 1, infinite 1",
                      process.stderr)
        self.assertIn("were rounded to one first", process.stderr)
        quiet = run("convert", "--from", "f32", "--to", "e4m3fn", "--quiet", stdin=self.four)
        self.assertEqual((quiet.returncode, quiet.stderr), (0, ""))
        explicit = run("convert", "--from", "f32", "--to", "e4m3fn", "--rounding", "to_odd", "--overflow", "none", "1")
        self.assertIn("rounding to_odd, overflow none\n", explicit.stderr)
        self.assertNotIn("rounded to one first", explicit.stderr)

    def test_default_rounding_is_that_of_the_format(self):
        process = run("convert", "--from", "f32", "--to", "hif8", "1.0625")
        self.assertIn("rounding ties_to_away (default)", process.stderr)
        self.assertEqual(process.stdout.split()[1], "1.125")
        self.bad("convert", "--from", "f32", "--to", "hif8", "--rounding", "ties_to_even", "1", says="ties_to_away")

    def test_bits(self):
        self.assertEqual(self.lines("convert", "--bits", "--from", "e4m3fn", "--to", "f32", "7e", "0x01", "7f"),
                         [["43e00000", "448"], ["3b000000", "0.001953125", "0x1p-9"], ["7fc00000", "nan"]])
        self.assertEqual(self.codes("--bits", "--from", "f64", "--to", "bf16", "3ff0000000000000"), ["3f80"])
        self.assertEqual(self.codes("--bits", "--from", "f32", "--to", "e2m1fn", "3f800000"), ["2"])
        self.bad("convert", "--bits", "--from", "e4m3fn", "--to", "f32", "7e", "1ff", says=("value 2", "'1ff'", "ff"))
        self.bad("convert", "--bits", "--from", "e2m1fn", "--to", "f32", stdin="f\n10\n", says=("line 2", "'10'"))
        self.bad("convert", "--bits", "--from", "e4m3fn", "--to", "f32", "1.0", says="'1.0'")

    def test_json(self):
        rows = strict_json(self.good("convert", "--from", "f32", "--to", "bf16", "--json", "--",
                                     "0.1", "inf", "-0", "nan"))
        self.assertEqual([row["class"] for row in rows], ["normal", "normal", "zero", "nan"])
        self.assertEqual(rows[0], {"input": "0.1", "code": "3dcd", "value": 0.10009765625, "hex": "0x1.9ap-4",
                                   "class": "normal"})
        none = strict_json(self.good("convert", "--from", "f32", "--to", "bf16", "--json", "--overflow", "none", "inf"))
        self.assertEqual((none[0]["value"], none[0]["hex"], none[0]["class"]), ("inf", None, "infinity"))

    def test_one_rounding_of_the_text(self):
        # Above the midpoint of 1 and 1 + 2^-23 by less than a double can hold: to double first, then to FP32, is wrong.
        midpoint = Fraction(1) + Fraction(1, 2**24)
        text = decimal_of(midpoint) + "0" * 40 + "1"
        self.assertEqual(self.codes("--from", "f32", "--to", "f32", text), ["3f800001"])
        self.assertEqual(self.codes("--from", "f64", "--to", "f32", text), ["3f800000"])
        self.assertEqual(self.codes("--from", "f32", "--to", "f32", decimal_of(midpoint)), ["3f800000"])
        # The same for a narrow source format: 1.0625 is the midpoint of 1 and 1.125 in e4m3fn.
        self.assertEqual(self.codes("--from", "e4m3fn", "--to", "e4m3fn", "1.0625", "1.0625" + "0" * 60 + "1",
                                    "0x1.1p0", "0x1.1000000000000000000000001p0"), ["38", "39", "38", "39"])

    def test_random_decimals_are_read_exactly(self):
        generator = random.Random(7)
        texts = [f"{generator.choice(['', '-'])}{generator.randrange(10**generator.randrange(1, 25))}"
                 f".{generator.randrange(10**generator.randrange(1, 25))}e{generator.randrange(-60, 12)}"
                 for _ in range(2000)]
        texts += ["1e-400", "-1e-5000", "5e-324", "2.4703282292062327e-324", "2.4703282292062329e-324", "0e99999999999"]
        rows = self.codes("--from", "f64", "--to", "f32", stdin="\n".join(texts))
        self.assertEqual(rows, [struct.pack(">f", float(text)).hex() for text in texts])

    def test_random_decimals_into_a_narrow_format(self):
        codes = strict_json(self.good("show", "e4m3fn", "--codes", "--json"))[0]["codes"]
        values = [(Fraction(row["value"]), int(row["code"], 16)) for row in codes[:0x7F]]
        generator = random.Random(11)
        texts = []
        for (low, _), (high, _) in zip(values, values[1:]):
            middle = (low + high) / 2
            tiny = Fraction(1, 10**generator.randrange(3, 60))
            texts += [decimal_of(middle), decimal_of(middle + low * tiny + tiny), decimal_of(middle - tiny)]
        expected = []
        for text in texts:
            x = Fraction(text)
            distance = min(abs(x - v) for v, _ in values)
            near = [c for v, c in values if abs(x - v) == distance]
            expected.append(f"{near[0] if len(near) == 1 or near[0] % 2 == 0 else near[1]:02x}")
        self.assertEqual(self.codes("--from", "e4m3fn", "--to", "e4m3fn", stdin="\n".join(texts)), expected)

    def test_shortest_text_reads_back(self):
        generator = random.Random(3)
        codes = [f"{generator.randrange(2**32):08x}" for _ in range(2000)]
        codes = [c for c in codes if (int(c, 16) >> 23) & 0xFF != 0xFF]
        rows = self.lines("convert", "--bits", "--from", "f32", "--to", "f32", stdin="\n".join(codes))
        for column in (1, -1):  # decimal and hexadecimal
            again = self.codes("--from", "f32", "--to", "f32", stdin="\n".join(row[column] for row in rows))
            self.assertEqual(again, codes)

    def test_bad_values(self):
        options = ("convert", "--from", "f32", "--to", "e4m3fn")
        for text in ("1,5", "1e", "0x", "--", "1.2.3", "e5", ".", "nanx", "1 2", "0x1.gp0", "1p3", "\u0661",
                     "1" * 5000):
            self.bad(*options, stdin=f"1\n2\n{text}\n4\n", says="line 3: '")
        self.bad(*options, "1", "x", "y", says=("value 2", "'x'"))
        self.bad(*options, stdin="bad\x1b[31m\n", says="line 1: 'bad?[31m'")
        self.bad(*options, "1e39", says=("'1e39'", "range of f32"))
        self.bad("convert", "--from", "f64", "--to", "e4m3fn", "1e400", says="range of f64")
        self.bad("convert", "--from", "e4m3fn", "--to", "f32", "500", says=("range of e4m3fn", "448"))
        self.bad("convert", "--from", "e4m3fn", "--to", "f32", "inf", says="no code in e4m3fn")
        self.bad("convert", "--from", "e2m1fn", "--to", "f32", "nan", says="no code in e2m1fn")
        self.bad("convert", "--from", "e8m0fnu", "--to", "f32", "0", says="no code in e8m0fnu")
        self.bad("convert", "--from", "e8m0fnu", "--to", "f32", "--", "-1", says="no sign")
        self.bad("convert", "--from", "e8m0fnu", "--to", "f32", "1e-60", says="smallest value")

    def test_stochastic(self):
        options = ("--from", "f32", "--to", "e4m3fn", "--rounding", "stochastic_a", "--random-bits", "8", "--seed", "7")
        values = ["1.03125"] * 4000  # a quarter of the way from 1 to 1.125
        codes = self.codes(*options, stdin="\n".join(values))
        self.assertEqual(set(codes), {"38", "39"})
        self.assertTrue(850 < codes.count("39") < 1150, codes.count("39"))  # 1000 expected, deviation 27
        self.assertEqual(self.codes(*options, stdin="\n".join(values[:100])), codes[:100])
        self.assertNotEqual(self.codes(*options, "--tensor", "1", stdin="\n".join(values)), codes)
        process = run("convert", *options, "1.1")
        self.assertIn("rounding stochastic_a(8), seed 7, tensor 0", process.stderr)
        self.assertIn("stochastic_c(32)", run("convert", *options[:4], "--rounding", "stochastic_c", "1").stderr)
        self.bad("convert", *options[:4], "--seed", "7", "1", says=("--seed", "ties_to_even"))
        self.bad("convert", *options[:6], "--random-bits", "33", "1", says="33")
        self.codes("--from", "f32", "--to", "hif8", "--rounding", "stochastic_b", "1.1")

    def test_profiles(self):
        def of(profile, to, *values):
            return self.codes("--from", "f32", "--to", to, "--profile", profile, "--", *values)

        self.assertEqual(of("ocp", "e4m3fn", "464", "464.0625", "-1e9", "inf"), ["7e", "7f", "ff", "7f"])
        self.assertEqual(of("cuda-satfinite", "e4m3fn", "464.0625", "-inf"), ["7e", "fe"])
        self.assertEqual(of("ml_dtypes-saturate", "e5m2", "1e9", "inf"), ["7b", "7c"])
        self.assertEqual(of("x86-avx10.2", "e4m3fn", "464.0625"), ["7e"])  # rounded to FP16 first
        self.assertEqual(of("amd-fnuz", "e4m3fnuz", "1e9", "inf", "-0"), ["7f", "80", "00"])
        process = run("convert", "--from", "f32", "--to", "e4m3fn", "--profile", "arm-osc1", "1000", "inf")
        lines = process.stdout.splitlines()
        self.assertEqual(lines[0], "7e  448")
        self.assertIn("unsure: the rows for infinity", lines[1])
        self.assertIn("2 values, 1 unsure", process.stderr)
        rows = strict_json(self.good("convert", "--from", "f32", "--to", "e4m3fn", "--profile", "arm-osc1", "--json",
                                     "1000", "inf"))
        self.assertIsNone(rows[0]["unsure"])
        self.assertIn("infinity", rows[1]["unsure"])
        self.bad("convert", "--from", "f32", "--to", "hif8", "--profile", "arm", "1", says=("arm", "hif8", "e4m3fn, e5m2"))
        self.bad("convert", "--from", "f32", "--to", "e5m2", "--profile", "onyx", "1", says=("unknown profile", "onnx"))
        self.bad("convert", "--from", "f32", "--to", "e5m2", "--profile", "ocp", "--overflow", "none", "1",
                 says=("--profile", "--overflow"))

    def test_formats_by_formula(self):
        self.assertEqual(self.codes("--from", "f32", "--to", "binary6p3uf", "1", "1e9"), ["20", "3e"])
        self.assertEqual(self.codes("--from", "f32", "--to", "tf32", "1.0009765625"), ["3f802000"])
        self.assertEqual(self.codes("--from", "f32", "--to", "e5m6", "1"), ["3c0"])

    def test_bad_names(self):
        self.bad("convert", "--to", "e4m3fn", "1", says="--from")
        self.bad("convert", "--from", "f32", "--to", "e4m3", "1", says=("names several formats", "e4m3fn"))
        self.bad("convert", "--from", "f32", "--to", "fp8", "1", says="names several formats")
        self.bad("convert", "--from", "f32", "--to", "f64", "1", says="unknown format 'f64'")
        self.bad("convert", "--from", "f23", "--to", "f16", "1", says=("unknown format 'f23'", "f32"))
        self.bad("convert", "--from", "f32", "--to", "f16", "--rounding", "ties_to_evn", "1",
                 says=("unknown rounding 'ties_to_evn'", "ties_to_even"))
        self.bad("convert", "--from", "f32", "--to", "f16", "--overflow", "saturate", "1",
                 says=("unknown overflow mode 'saturate'", "saturate_finite"))
        self.bad("convert", "--from", "f32", "--to", "f16", "-inf", says="after '--'")


if __name__ == "__main__":
    main()

# SPDX-License-Identifier: Apache-2.0
"""Values of narrow codes as fractions, and fractions rounded to the codes of BF16, FP16 and FP32. Written from the formats'
definitions, with the standard library alone; None is NaN, inf a float."""
import functools
import math
from fractions import Fraction

# name: exponent bits, fraction bits, bias, kind
FORMATS = {"E4M3": (4, 3, 7, "fn"), "E5M2": (5, 2, 15, "ieee"), "E2M1": (2, 1, 1, "finite"), "E2M3": (2, 3, 1, "finite"),
           "E3M2": (3, 2, 3, "finite"), "BF16": (8, 7, 127, "ieee"), "F16": (5, 10, 15, "ieee"), "F32": (8, 23, 127, "ieee")}


class Zero(Fraction):
    """Minus zero, which Fraction has not."""


MINUS_ZERO = Zero(0)


def power(e):
    return Fraction(2) ** e


@functools.lru_cache(maxsize=None)
def decode(name, code):
    """The value of a code: a Fraction, None for NaN, a float for infinities."""
    if name == "E8M0":
        return None if code == 255 else power(code - 127)
    exponent_bits, fraction_bits, bias, kind = FORMATS[name]
    fraction = code & ((1 << fraction_bits) - 1)
    exponent = code >> fraction_bits & ((1 << exponent_bits) - 1)
    negative = code >> (fraction_bits + exponent_bits) & 1
    if kind == "fn" and exponent == (1 << exponent_bits) - 1 and fraction == (1 << fraction_bits) - 1:
        return None
    if kind == "ieee" and exponent == (1 << exponent_bits) - 1:
        return None if fraction else (-math.inf if negative else math.inf)
    if exponent == 0:
        value = Fraction(fraction) * power(1 - bias - fraction_bits)
    else:
        value = Fraction((1 << fraction_bits) + fraction) * power(exponent - bias - fraction_bits)
    if value == 0:
        return MINUS_ZERO if negative else value
    return -value if negative else value


def is_minus_zero(x):
    return isinstance(x, Zero)


def product(*factors):
    """Exact; NaN and the signs of zeros as IEEE 754 has them. Factors are finite or None."""
    if any(f is None for f in factors):
        return None
    result = Fraction(1)
    negative = False
    for f in factors:
        negative ^= f < 0 or is_minus_zero(f)
        result *= abs(f)
    if result == 0:
        return MINUS_ZERO if negative else result
    return -result if negative else result


NAN = {"BF16": 0x7FC0, "F16": 0x7E00, "F32": 0x7FC00000}


@functools.lru_cache(maxsize=1 << 18, typed=True)  # typed: 0 and MINUS_ZERO are equal
def encode(name, value):
    """The code nearest to the value, ties to even; beyond the range infinity."""
    if value is None:
        return NAN[name]
    exponent_bits, fraction_bits, bias, _ = FORMATS[name]
    sign = 1 << (exponent_bits + fraction_bits) if value < 0 or is_minus_zero(value) else 0
    magnitude = abs(Fraction(value))
    if magnitude == 0:
        return sign
    exponent = magnitude.numerator.bit_length() - magnitude.denominator.bit_length()
    if magnitude < power(exponent):
        exponent -= 1
    step = max(exponent, 1 - bias) - fraction_bits
    scaled = magnitude / power(step)
    whole, rest = divmod(scaled.numerator, scaled.denominator)
    if 2 * rest > scaled.denominator or (2 * rest == scaled.denominator and whole % 2 == 1):
        whole += 1
    # Codes of one sign are in the order of their values, so a carry goes into the exponent by itself.
    if whole < 1 << fraction_bits:
        code = whole
    else:
        code = ((step + fraction_bits + bias) << fraction_bits) + whole - (1 << fraction_bits)
    infinity = ((1 << exponent_bits) - 1) << fraction_bits
    return sign | min(code, infinity)

"""Judges what samples.ts writes, by mpmath: for each function the largest error in units of the last place of the 80-bit
result, how many results are not the nearest number (by more than what mpmath itself may be off at a tie), and where the error was largest.

Sine, cosine and tangent are of the argument as x87 processors reduce it: by the 66 bits of pi of SDM vol. 1 section 8.3.8.
A result of infinity or zero counts as right where the exact one is beyond the format's range."""
import sys
from fractions import Fraction
from mpmath import mp, mpf, atan2, cos, expm1, log, log1p, pi, sin, tan

BIAS = 0x3FFF
HALF_PI_66 = Fraction(0xC90FDAA22168C234C >> 2, 1 << 65)


def number(text):
    se, significand = (int(part, 16) for part in text.split(":"))
    exp = max(se & 0x7FFF, 1) - BIAS - 63
    value = Fraction(significand) * (Fraction(2) ** exp)
    return -value if se & 0x8000 else value


def special(text):
    return int(text.split(":")[0], 16) & 0x7FFF == 0x7FFF


def real(value):
    return mpf(value.numerator) / mpf(value.denominator)


def reduced(x):
    turns = round(x / HALF_PI_66)
    return turns & 3, real(x - turns * HALF_PI_66)


def sine(x, add):
    quadrant, rest = reduced(x)
    quadrant = (quadrant + add) & 3
    value = cos(rest) if quadrant & 1 else sin(rest)
    return -value if quadrant & 2 else value


def tangent(x):
    quadrant, rest = reduced(x)
    return -1 / tan(rest) if quadrant & 1 else tan(rest)


FUNCTIONS = {
    "fsin": lambda x: sine(x, 0),
    "fcos": lambda x: sine(x, 1),
    "fsincos.sin": lambda x: sine(x, 0),
    "fsincos.cos": lambda x: sine(x, 1),
    "fptan": tangent,
    "fpatan": lambda y, x: atan2(real(y), real(x)),
    "f2xm1": lambda x: expm1(real(x) * log(mpf(2))),
    "fyl2x": lambda y, x: real(y) * log(real(x)) / log(mpf(2)),
    "fyl2xp1": lambda y, x: real(y) * log1p(real(x)) / log(mpf(2)),
}


def error(exact, text):
    """In units of the last place of the exact result in the format; None where the format does not reach to it."""
    if exact == 0:
        return mpf(0) if number(text) == 0 else mpf("inf")
    exp = max(int(mp.floor(mp.log(abs(exact), 2))), 1 - BIAS)
    if abs(exact) < mpf(2) ** exp and exp > 1 - BIAS:
        exp -= 1
    unit = mpf(2) ** (exp - 63)
    if special(text):
        return mpf(0) if exp > BIAS or abs(exact) + unit / 2 >= mpf(2) ** (BIAS + 1) else mpf("inf")
    return abs(real(number(text)) - exact) / unit


mp.prec = 400
worst = {}
for line in sys.stdin:
    name, *operands, result = line.split()
    values = [number(text) for text in operands]
    exact = FUNCTIONS[name](*values)
    found = error(exact, result)
    cases, wrong, most, where = worst.get(name, (0, 0, mpf(0), ""))
    if found > most:
        most, where = found, " ".join(operands)
    worst[name] = (cases + 1, wrong + (found > mpf("0.5") + mpf("1e-30")), most, where)
print("| instruction | arguments | not the nearest | largest error, ulp | at |")
print("| --- | ---: | ---: | ---: | --- |")
for name, (cases, wrong, most, where) in worst.items():
    print(f"| {name} | {cases} | {wrong} | {mp.nstr(most, 7)} | {where} |")

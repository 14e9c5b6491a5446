#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""narrowfp compare: equal files, changed bits, times, rows of one file only, exit codes, refusals."""
import copy
import json
import os
import tempfile

import program
from program import ProgramTest, main, strict_json


def record(identity, value, **fields):
    base = dict(id=identity, name="a figure", kind="emulated", parameters={"k": 16}, value=value, unit="1", low=None, high=None,
                n=None, method=None, reference=None, source=None, status="ok", note=None, repro=None)
    return {**base, **fields}


def timing(name, value, low, high, unit="MAC/s"):
    return record(name, value, kind="measured", unit=unit, low=low, high=high, n=9)


class Compare(ProgramTest):
    def setUp(self):
        self.folder = tempfile.TemporaryDirectory()
        self.addCleanup(self.folder.cleanup)

    def path(self, name):
        return os.path.join(self.folder.name, name)

    def write(self, name, *records, **fields):
        with open(self.path(name), "w", encoding="utf-8") as file:
            json.dump({"schema": "narrowfp-results/1", "context": {"version": "1", "seed": 1}, "records": records, **fields}, file)
        return self.path(name)

    def ends_with(self, code, *arguments):
        process = program.run("compare", *arguments)
        self.assertEqual(process.returncode, code, process.stdout + process.stderr)
        self.assertEqual(process.stderr, "")
        return process.stdout

    def compared(self, code, *arguments):
        return strict_json(self.ends_with(code, *arguments, "--json"))

    def test_equal(self):
        a = self.write("a.json", record("x", 0.1), record("n", 3, unit="B"), record("w", "SUPPORTED", unit=None),
                       record("u", None, status="undefined", note="0/0"))
        found = self.compared(0, a, a)
        self.assertEqual((found["held"], found["compared"], found["equal"]), (True, 4, 4))
        self.assertEqual([found[k] for k in ("changed", "measured", "only_in_a", "only_in_b", "context")], [[]] * 5)
        self.assertIn("4 of 4 deterministic figures are equal bit for bit", self.ends_with(0, a, a))
        self.assertEqual(self.ends_with(0, a, a, "--quiet"), "")

    def test_every_deterministic_field_counts(self):
        good = record("x", 1.5, low=1.0, high=2.0)
        a = self.write("a.json", good, record("y", 7, unit="B"))
        for field, value in (("value", 1.5000000000000002), ("value", 1), ("low", 0.5), ("high", None), ("unit", "dB"),
                             ("status", "exact"), ("kind", "modelled"), ("parameters", {"k": 32}), ("n", 3)):
            with self.subTest(field=field, value=value):
                b = self.write("b.json", {**good, field: value}, record("y", 7, unit="B"))
                found = self.compared(1, a, b)
                self.assertEqual([(c["id"], c["field"]) for c in found["changed"]], [("x", field)])
                self.assertEqual((found["held"], found["compared"], found["equal"]), (False, 2, 1))
        for kind in ("emulated", "modelled", "published"):
            x, y = (self.write(n, record("z", v, kind=kind, source="s")) for n, v in (("x.json", 0.0), ("y.json", -0.0)))
            self.assertEqual(self.compared(1, x, y)["changed"][0]["b"], "-0.0")

    def test_size_of_a_change(self):
        a, b = self.write("a.json", record("x", 8, unit="B")), self.write("b.json", record("x", 10, unit="B"))
        self.assertEqual(self.compared(1, a, b)["changed"][0]["relative_change"], 0.25)
        text = self.ends_with(1, a, b)
        self.assertIn("Changed: 1 of 1", text)
        self.assertIn("+25.0 %", text)
        self.assertEqual(self.ends_with(1, a, b, "--quiet"), "changed x value 8 10\n")

    def test_words_do_not_count(self):
        a = self.write("a.json", record("x", 1.0))
        b = self.write("b.json", record("x", 1.0, name="other", note="a note", repro="a command"))
        self.assertEqual(self.compared(0, a, b)["reworded"], 1)

    def test_times_are_ratios(self):
        a = self.write("a.json", timing("up", 100.0, 90.0, 110.0), timing("near", 100.0, 90.0, 110.0),
                       timing("slow", 2.0, 1.9, 2.1, "s"), timing("bytes", 4.0, 4.0, 4.0, "B"), timing("zero", 0.0, 0.0, 1.0))
        b = self.write("b.json", timing("up", 200.0, 190.0, 210.0), timing("near", 105.0, 95.0, 120.0),
                       timing("slow", 3.0, 2.9, 3.2, "s"), timing("bytes", 8.0, 8.0, 8.0, "B"), timing("zero", 1.0, 0.5, 2.0))
        found = self.compared(0, a, b)
        rows = {r["id"]: r for r in found["measured"]}
        self.assertEqual({k: (r["ratio"], r["b_is"]) for k, r in rows.items()},
                         {"up": (2.0, "faster"), "near": (1.05, "within the spread"), "slow": (1.5, "slower"), "bytes": (2.0, "-")})
        self.assertEqual((rows["up"]["low"], rows["up"]["high"]), (190 / 110, 210 / 90))
        self.assertEqual((found["compared"], found["measured_without_ratio"]), (0, ["zero"]))
        self.assertIn("ratio up 2", self.ends_with(0, a, b, "--quiet"))
        text = self.ends_with(0, a, b)
        self.assertIn(f"mean of B/A in MAC/s: {(2 * 1.05) ** 0.5:.2f}x", text)
        self.assertNotIn("Changed", text)

    def test_a_figure_that_is_measured_in_one_file_only_is_changed(self):
        a, b = self.write("a.json", record("x", 1.0)), self.write("b.json", timing("x", 1.0, 1.0, 1.0, "1"))
        self.assertIn("kind", [c["field"] for c in self.compared(1, a, b)["changed"]])

    def test_rows_of_one_file(self):
        a, b = self.write("a.json", record("x", 1.0), record("old", 1.0)), self.write("b.json", record("new", 1.0), record("x", 1.0))
        found = self.compared(0, a, b)
        self.assertEqual((found["only_in_a"], found["only_in_b"]), (["old"], ["new"]))
        text = self.ends_with(0, a, b)
        self.assertIn("Only in A: 1\n  old", text)
        self.assertIn("Only in B: 1\n  new", text)
        self.assertFalse(self.compared(1, a, b, "--same-rows")["held"])
        self.bad("compare", self.write("c.json", record("z", 1.0)), b, says=("c.json", "b.json", "no figure in common"))

    def test_context(self):
        a = self.write("a.json", record("x", 1.0))
        b = self.write("b.json", record("x", 2.0), context={"version": "2", "seed": 1, "commit": "c"})
        found = self.compared(1, a, b)
        self.assertEqual([(c["id"], c["a"], c["b"]) for c in found["context"]], [("version", "1", "2"), ("commit", "-", "c")])
        self.assertFalse(found["other_data"])
        c = self.write("c.json", record("x", 2.0), context={"version": "1", "seed": 2})
        self.assertTrue(self.compared(1, a, c)["other_data"])
        self.assertIn("no change of behaviour", self.ends_with(1, a, c))

    def test_top(self):
        a, b = (self.write(n, *(record(f"x{i}", i + shift, unit="B") for i in range(30))) for n, shift in (("a", 0), ("b", 1)))
        self.assertIn("And 10 more", self.ends_with(1, a, b))
        self.assertIn("x29", self.ends_with(1, a, b, "--top", "0"))

    def test_what_the_program_writes(self):
        paths = [self.path("first.json"), self.path("second.json")]
        for path in paths:
            with open(path, "w", encoding="utf-8") as file:
                file.write(self.good("claim", "--only", "S1", "--json"))
        found = self.compared(0, *paths, "--same-rows")
        self.assertGreater(found["compared"], 5)
        with open(paths[1], encoding="utf-8") as file:
            document = json.load(file)
        changed = copy.deepcopy(document)
        number = next(r for r in changed["records"] if isinstance(r["value"], float))
        number["value"] *= 1 + 2**-50
        with open(paths[1], "w", encoding="utf-8") as file:
            json.dump(changed, file)
        self.assertEqual([c["id"] for c in self.compared(1, *paths)["changed"]], [number["id"]])

    def test_bad_files(self):
        good = self.write("good.json", record("x", 1.0))
        self.bad("compare", good, says="see 'narrowfp compare --help'")
        self.bad("compare", good, self.path("none.json"), says=("none.json", "No such file"))
        self.bad("compare", self.folder.name, good, says=self.folder.name)
        self.bad("compare", good, self.write("other.json", schema="narrowfp-results/2"),
                 says=("other.json", "narrowfp-results/2", "expected \"narrowfp-results/1\""))
        for name, text, says in (("text", "narrowfp", "not JSON"), ("cut", '{"schema": "narrowfp-res', "not JSON"),
                                 ("list", "[]", "expected an object"), ("empty", "", "not JSON"),
                                 ("bare", "{}", "schema: missing")):
            with open(self.path(name), "w", encoding="utf-8") as file:
                file.write(text)
            self.bad("compare", self.path(name), good, "--json", says=(name, says))
        self.bad("compare", good, self.write("twice.json", record("x", 1.0), record("x", 1.0)), says=("twice.json", "'x'", "twice"))
        self.bad("compare", good, self.write("nan.json", record("x", float("nan"))), says=("nan.json", "not JSON"))
        self.bad("compare", good, good, "--tpo", "3", says="--top")

    def test_help(self):
        text = self.good("compare", "--help")
        self.assertIn("narrowfp compare before/results.json after/results.json", text)


if __name__ == "__main__":
    main()

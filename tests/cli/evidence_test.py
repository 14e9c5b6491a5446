#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""narrowfp evidence: lists and their filters, single rows and units, checks of the project's files and of a user's."""
import csv
import io
import os
import tempfile

import program
from program import ProgramTest, main, strict_json

FILES = {"pairs": "pairs.csv", "later": "pairs_after_freeze.csv", "gemm": "gemm.csv", "loss": "loss_gaps.csv",
         "memory": "memory.csv", "runs": "runs_16bit.csv"}
USER = "model,kind,chip,hidden,ffn,seq,recipe,bf16,fp8,measure\n"


def data(name):
    folder = os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "..", "bench", "evidence", "data")
    with open(os.path.join(folder, name), encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


class Evidence(ProgramTest):
    def evidence(self, *arguments):
        return self.good("evidence", *arguments)

    def json(self, *arguments):
        return strict_json(self.evidence(*arguments, "--json"))

    def csv(self, *arguments):
        return list(csv.DictReader(io.StringIO(self.evidence(*arguments, "--csv"))))

    def refused(self, *arguments, says):
        return self.bad("evidence", *arguments, says=says)

    def user_file(self, text):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        path = os.path.join(folder.name, "mine.csv")
        with open(path, "wb") as file:
            file.write(text.encode("utf-8") if isinstance(text, str) else text)
        return path

    def test_help(self):
        self.assertIn("narrowfp evidence list", self.evidence("--help"))
        for command in ("list", "show", "check"):
            text = self.evidence(command, "--help")
            self.assertIn("Example:", text)
            for option in ("--json", "--csv", "--quiet", "--color"):
                self.assertIn(option, text)

    def test_wrong_use(self):
        self.refused(says=("a command of 'evidence' is missing", "list, show, check", "narrowfp evidence --help"))
        self.refused("lst", says=("unknown command of 'evidence' 'lst'", "near: list"))
        self.refused("list", "--chp", "H100", says=("unknown option of 'evidence list' '--chp'", "--chip"))
        self.refused("list", "more", says="unexpected argument 'more' of 'evidence list'")
        self.refused("list", "--", "x", says="'x'")
        self.refused("show", says=("target", "narrowfp evidence show --help"))
        self.refused("list", "--json", "--csv", says="--json and --csv exclude each other")

    def test_units(self):
        units = self.json("list")
        self.assertEqual((units["file"], units["kind"], len(units["units"])), ("pairs.csv", "published", 69))
        self.assertEqual(sum(u["vendor_page"] for u in units["units"]), 24)
        rows = {int(r["id"]): r for r in data("pairs.csv")}
        for unit in units["units"]:
            ratios = sorted(float(rows[i]["ratio"]) for i in unit["ids"])
            self.assertEqual((unit["low"], unit["high"], unit["rows"]), (ratios[0], ratios[-1], len(ratios)))
            middle = len(ratios) // 2
            median = ratios[middle] if len(ratios) % 2 else (ratios[middle - 1] * ratios[middle]) ** 0.5
            self.assertAlmostEqual(unit["ratio"], median, delta=1e-12)
        self.assertEqual([u["unit"] for u in self.csv("list")], [u["unit"] for u in units["units"]])
        text = self.evidence("list")
        self.assertIn("69 units, median: 1.23", text)
        self.assertIn("24 on the vendor's own pages: 1.35; 45 elsewhere: 1.16", text)
        self.assertEqual(len(self.json("list", "--file", "later")["units"]), 45)

    def test_filters(self):
        def units(*arguments):
            return self.json("list", *arguments)["units"]

        self.assertTrue(all(u["chip"] == "H100" for u in units("--chip", "h100")))
        self.assertEqual({u["chip"] for u in units("--chip", "Hopper")}, {"H100", "H200", "H800"})
        chosen = units("--chip", "H100", "--kind", "moe", "--recipe", "block")
        self.assertTrue(chosen and all((u["kind"], u["recipe"]) == ("MoE", "block") for u in chosen))
        self.assertEqual({u["family"] for u in units("--source", "nvidia-te")}, {"NVIDIA-TE"})
        self.assertEqual(len(self.json("list", "--rows", "--source", "LLMQ", "--file", "later")["rows"]), 49)
        self.assertEqual(units("--chip", "MI300X", "--kind", "MoE"), [])  # each is known, together there is none
        self.assertIn("No unit is left", self.evidence("list", "--chip", "MI300X", "--kind", "MoE"))
        self.refused("list", "--chip", "H1000", says=("unknown chip 'H1000'", "near: H100", "pairs.csv"))
        self.refused("list", "--kind", "mixture", says=("unknown kind 'mixture'", "dense"))
        self.refused("list", "--recipe", "tensr", says=("unknown recipe 'tensr'", "near: tensor"))
        self.refused("list", "--source", "nanocht", says=("unknown source 'nanocht'", "near: nanochat"))
        self.refused("list", "--file", "gem", says=("unknown file 'gem'", "near: gemm"))
        self.refused("list", "--file", "gemm", "--kind", "dense", says=("gemm.csv", "no column 'kind'"))

    def test_rows_of_every_file(self):
        for key, name in FILES.items():
            with self.subTest(file=key):
                published = data(name)
                self.assertEqual([{k: v.strip() for k, v in r.items()} for r in published],
                                 self.csv("list", "--rows", "--file", key))
                objects = self.json("list", "--rows", "--file", key)
                self.assertEqual((objects["file"], objects["kind"]), (name, "published"))
                self.assertEqual([o["id"] for o in objects["rows"]], [int(r["id"]) for r in published])
                self.assertIn(f"{len(published)} rows of {name}", " ".join(self.evidence("list", "--rows", "--file", key).split()))

    def test_row(self):
        row = next(r for r in data("pairs_after_freeze.csv") if r["id"] == "49")
        shown = self.json("show", "later:49")
        self.assertEqual((shown["file"], shown["row"]["id"], shown["row"]["family"]), ("pairs_after_freeze.csv", 49, row["family"]))
        self.assertEqual(shown["row"]["ratio"], float(row["ratio"]))
        self.assertIsNone(shown["row"]["memory"] if not row["memory"] else None)
        self.assertIn(row["source"], " ".join(self.evidence("show", "later:49").split()))
        self.assertEqual(self.csv("show", "loss:3")[0]["gap_kind"], "divergence")
        self.assertEqual(self.json("show", "1"), self.json("show", "pairs:1"))
        self.assertEqual(self.json("show", "gemm:48")["row"]["ratio"], "1.64-1.81")
        self.refused("show", "pairs:999", says=("unknown id 999 of pairs.csv", "the nearest is 167"))
        self.refused("show", "later:17", says=("unknown id 17 of pairs_after_freeze.csv", "the nearest is 16"))
        self.refused("show", "los:3", says=("unknown file 'los'", "near: loss"))

    def test_unit(self):
        name = "NVIDIA-dgxc|Llama3.1-8B|H100|tensor"
        shown = self.json("show", name)
        self.assertEqual((shown["unit"]["unit"], len(shown["rows"])), (name, shown["unit"]["rows"]))
        self.assertTrue(all(r["unit"] == name for r in shown["rows"]))
        text = self.evidence("show", name)
        self.assertIn("pairs.csv, line", text)
        self.assertEqual(len(self.csv("show", name)), len(shown["rows"]))
        self.assertIsNone(self.json("show", "MLM-user|dense LLM|H800|tensor")["unit"])  # no row is included
        self.refused("show", "nanochat", says=("unknown row or unit 'nanochat'", "near: nanochat|"))
        self.refused("show", "zzzzzzzz", says=("unknown row or unit 'zzzzzzzz'", "FILE:ID"))

    def test_shipped_files_hold(self):
        checked = self.json("check")
        self.assertTrue(checked["held"])
        self.assertEqual([f["file"] for f in checked["files"]], list(FILES.values()))
        self.assertEqual([f["rows"] for f in checked["files"]], [len(data(n)) for n in FILES.values()])
        self.assertIn("pairs.csv: 165 rows, 0 faults", self.evidence("check"))
        self.assertEqual(self.csv("check"), [])
        self.assertEqual(self.evidence("check", "--quiet"), "")

    def test_users_file(self):
        good = self.user_file(USER + "A,dense,H100,4096,14336,4096,tensor,12,10,time s\n")
        self.assertIn("mine.csv: 1 row, 0 faults", self.evidence("check", good))
        faulty = self.user_file(USER.replace("\n", ",ratio,id\n") + "A,dense,H100,63,14336,4096,tensor,12,10,rate,1.2,7\n"
                                "A,dense,H100,64,14336,4096,tensor,12,10,time,1.2,7\n")
        process = program.run("evidence", "check", faulty, "--json")
        self.assertEqual((process.returncode, process.stderr), (2, ""))
        checked = strict_json(process.stdout)
        self.assertFalse(checked["held"])
        self.assertEqual([(f["line"], f["id"], f["column"]) for f in checked["files"][0]["faults"]],
                         [(2, 7, "ratio"), (2, 7, "hidden"), (3, 7, "id")])
        self.assertIn("it is the inverse", checked["files"][0]["faults"][0]["expected"])
        process = program.run("evidence", "check", faulty, "--quiet")
        self.assertEqual((process.returncode, len(process.stdout.splitlines())), (2, 3))
        process = program.run("evidence", "check", faulty, "--csv")
        self.assertEqual([r["column"] for r in csv.DictReader(io.StringIO(process.stdout))], ["ratio", "hidden", "id"])

    def test_a_source_is_needed_where_the_column_is(self):
        row = "A,dense,H100,4096,14336,4096,tensor,12,10,time s,%s\n"
        self.assertIn("0 faults", self.evidence("check", self.user_file(USER.replace("\n", ",source\n") + row % "a page")))
        process = program.run("evidence", "check", self.user_file(USER.replace("\n", ",source\n") + row % ""))
        self.assertEqual(process.returncode, 2)
        self.assertIn("column 'source': found nothing, expected a text", process.stdout)

    def test_a_unit_has_one_chip(self):
        row = "A,dense,%s,4096,14336,4096,tensor,12,10,time s,u\n"
        process = program.run("evidence", "check", self.user_file(USER.replace("\n", ",unit\n") + row % "H100" + row % "H20"))
        self.assertEqual(process.returncode, 2)
        self.assertIn("column 'chip': found H20, expected H100", process.stdout)

    def test_users_file_that_cannot_be_read(self):
        row = "A,dense,H100,64,64,64,row,1,2,rate\n"
        for text, says in (("", "the file is empty"), (USER.replace(",", ";"), "columns are separated by ';', expected ','"),
                           ((USER + row).encode("utf-16"), "UTF-16"), (USER + "A,dense\n", ":2: found 2 cells, expected 10"),
                           (USER + row.replace(",1,", ',"1,5",'), ("column 'bf16': found '1,5'", "decimal point")),
                           (USER + row.replace("dense", "moe"), ("column 'kind': found 'moe'", "MoE")),
                           ("model,chip\n", "columns missing: kind, hidden, ffn, seq, recipe, bf16, fp8, measure"),
                           (USER.replace("seq", "sequence") + row, ("unknown column 'sequence'", "near: seq"))):
            with self.subTest(text=text):
                self.refused("check", self.user_file(text), says=says)
        self.refused("check", "/nowhere.csv", says="/nowhere.csv")

    def test_score(self):
        path = self.user_file("model,kind,chip,hidden,ffn,seq,recipe,ratio\n"
                              "mine,dense,H100,8192,28672,8192,tensor,1.38\n"
                              "other,MoE,GB200,5120,8192,4096,mx,2.5\n")
        found = strict_json(self.evidence("score", "--pairs", path, "--json"))
        self.assertEqual([row["model"] for row in found], ["mine", "other"])
        self.assertEqual([row["measured"] for row in found], [1.38, 2.5])
        self.assertEqual([row["inside"] for row in found], [True, False])
        for row in found:
            self.assertLess(row["low"], row["median"])
            self.assertLess(row["median"], row["high"])
        self.assertAlmostEqual(found[0]["median"], 1.38, delta=0.02)
        self.assertIn("1 of 2 rows inside", self.evidence("score", "--pairs", path))
        self.refused("score", says=("--pairs", "narrowfp evidence score --help"))
        self.refused("score", "--pairs", path + ".none", says=path + ".none")
        lora = self.user_file("model,kind,chip,hidden,ffn,seq,recipe,ratio\nmine,dense-LoRA,H100,4096,14336,4096,tensor,1.3\n")
        self.refused("score", "--pairs", lora, says=("line 2", "kind", "dense-LoRA", "dense and MoE"))


if __name__ == "__main__":
    main()

#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""narrowfp verify recorded, and the recorded run that a claim repeats: equal runs, changed records, a missing or another text."""
import hashlib
import os
import re
import tempfile

import program
from program import ProgramTest, main, strict_json
from train_test import write_text

RECORDED = os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "..", "bench", "evidence", "recorded", "training.txt")


class Recorded(ProgramTest):
    @classmethod
    def setUpClass(cls):
        cls.temporary = tempfile.TemporaryDirectory()
        cls.addClassCleanup(cls.temporary.cleanup)
        cls.text = cls.path("text.txt")
        write_text(cls.text)
        cls.process = program.run("train", "--size", "tiny", "--steps", "16", "--seeds", "2", "--arm", "deepseek_v3", "--corpus",
                                  cls.text, "--output", cls.path("out"), "--quiet")
        with open(cls.path("out", "recorded.txt"), encoding="utf-8") as file:
            cls.lines = file.readlines()

    @classmethod
    def path(cls, *names):
        return os.path.join(cls.temporary.name, *names)

    def verify(self, *arguments, code=0, **keywords):
        process = program.run("verify", "recorded", *arguments, **keywords)
        self.assertEqual(process.returncode, code, process.stdout + process.stderr)
        return process.stdout

    def changed(self, old, new, rehash):
        """A file of the records in which the first has `old` replaced by `new`, under its old hash or a new one."""
        digest, text = self.lines[0].rstrip("\n").split(" ", 1)
        self.assertEqual(digest, hashlib.sha256(text.encode()).hexdigest())
        self.assertIn(old, text)
        text = text.replace(old, new, 1)
        digest = hashlib.sha256(text.encode()).hexdigest() if rehash else digest
        path = self.path("changed.txt")
        with open(path, "w", encoding="utf-8") as file:
            file.writelines([f"{digest} {text}\n"] + self.lines[1:])
        return path

    def test_one_a_share_or_all_are_repeated(self):
        mine = ["--file", self.path("out", "recorded.txt"), "--corpus", self.text]
        self.assertIn("8 of 8 repeated runs equal, bit for bit\n", self.verify(*mine, "--all"))
        found = re.search(r"1 of 1 repeated runs equal, bit for bit \(--draw (\d+)\)", self.verify(*mine))
        again = self.verify(*mine, "--draw", found[1])
        self.assertIn(f"--draw {found[1]})", again)
        self.assertIn("2 of 2", self.verify(*mine, "--share", "0.25"))
        only = self.verify(*mine, "--only", "bf16/2 (size tiny, 16 steps)")
        self.assertIn("bf16/2", only)
        records = strict_json(self.verify(*mine, "--all", "--json"))["records"]
        self.assertEqual([r["value"] for r in records], [8] + 8 * ["equal"])
        self.assertEqual(records[0]["kind"], "recorded")

    def test_changes_are_found(self):
        loss = re.search(r'"loss":(\d+\.\d+)', self.lines[0])[1]
        other = loss[:-1] + ("1" if loss[-1] != "1" else "2")
        path = self.changed(loss, other, rehash=False)
        self.assertIn("changed.txt:1: the line was changed", self.verify("--file", path, "--corpus", self.text, code=1))
        path = self.changed(loss, other, rehash=True)
        told = self.verify("--file", path, "--corpus", self.text, "--all", "--quiet", code=1)
        self.assertIn("7 of 8 repeated runs equal", told)

    def test_refusals(self):
        mine = ["--file", self.path("out", "recorded.txt")]
        self.bad("verify", says=("DIR", "narrowfp verify recorded"))
        self.bad("verify", "recorded", *mine, "--only", "bf16/3", "--corpus", self.text, says=("bf16/3", "near"))
        self.bad("verify", "recorded", *mine, "--share", "2", says="--share")
        self.bad("verify", "recorded", *mine, "--all", "--only", "x", says="--all")
        self.bad("verify", "recorded", "--file", "no/such/file", says="no/such/file")
        another = self.path("another.txt")
        write_text(another, 9000)
        self.bad("verify", "recorded", *mine, "--corpus", another, says=("another.txt", "CRC-32"))

    def test_without_the_text_hashes_are_checked_and_nothing_is_repeated(self):
        told = self.verify()
        self.assertIn("all hashes fit", told)
        self.assertIn("not repeated here", told)

    def test_the_claim_says_whether_it_repeated_a_run(self):
        with open(RECORDED, encoding="utf-8") as file:
            runs = sum('"kind":"run"' in line for line in file)
        folder = self.path("claim")
        self.good("claim", "--only", "V7", "--output", folder, "--quiet")
        with open(os.path.join(folder, "timings.json"), encoding="utf-8") as file:
            record = strict_json(file.read())["records"][0]
        self.assertEqual(record["status"], "not_run")
        self.assertIn("get_corpus", record["note"])
        with open(os.path.join(folder, "results.json"), encoding="utf-8") as file:
            gap = next(r for r in strict_json(file.read())["records"] if r["id"] == "claim.v7.gap")
        self.assertEqual(gap["kind"], "recorded")
        self.assertLess(gap["n"], runs)


if __name__ == "__main__":
    main()

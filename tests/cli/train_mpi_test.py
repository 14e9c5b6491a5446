#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""narrowfp train under mpirun: the same files from 1, 2 and 8 ranks and after kills, one message for each error.

Environment: NARROWFP_RANKS_PROBES, the folder of ranks_probe and looks_probe; NARROWFP_TEST_KILLS, how many kills to survive (default 2; 100 is
the long test). Between the ranks of one host Open MPI uses shared memory; some tests ask for TCP instead, as between hosts.
"""
import json
import os
import random
import re
import shutil
import signal
import subprocess
import sys
import tempfile
import time

import program
from program import ProgramTest, main
from train_test import write_text

KILLS = int(os.environ.get("NARROWFP_TEST_KILLS", "2"))
PROBES = os.path.abspath(os.environ.get("NARROWFP_RANKS_PROBES", ""))
OVER_TCP = ("--mca", "btl", "tcp,self", "--mca", "osc", "pt2pt")
SHORT = ("train", "--size", "tiny", "--steps", "192", "--seeds", "3", "--arm", "deepseek_v3", "--arm", "int8_tile", "--output", "out")
FILES = ("results.json", "curves.csv", "report.md")
ENVIRONMENT = {**os.environ, "OMPI_ALLOW_RUN_AS_ROOT": "1", "OMPI_ALLOW_RUN_AS_ROOT_CONFIRM": "1"}


def command_of(ranks, *arguments, mpirun=()):
    """`ranks` processes; 0: without mpirun."""
    start = ["mpirun", "-q", "--oversubscribe", "--bind-to", "none", *mpirun, "-n", str(ranks)] if ranks else []
    return [*start, os.path.abspath(program.PROGRAM), *arguments]


def read(*path):
    with open(os.path.join(*path), encoding="utf-8") as file:
        return file.read()


def messages(text):
    return re.findall(r"^narrowfp: .*$", text, re.MULTILINE)


class TrainMpi(ProgramTest):
    @classmethod
    def setUpClass(cls):
        """What one process without mpirun makes of the experiment is what all others have to make of it."""
        cls.temporary = tempfile.TemporaryDirectory()
        cls.addClassCleanup(cls.temporary.cleanup)
        cls.text = os.path.join(cls.temporary.name, "text.txt")
        write_text(cls.text, 20000)
        cls.short = (*SHORT, "--corpus", cls.text)
        cls.alone = os.path.join(cls.temporary.name, "alone")
        process = cls.start(cls.alone, command_of(0, *cls.short))
        if process.wait(timeout=program.TIME_LIMIT) != 0:
            raise AssertionError(read(cls.alone, "stderr"))

    @classmethod
    def start(cls, folder, command):
        """Started in its own folder, so that all command lines are alike."""
        os.makedirs(folder, exist_ok=True)
        with open(os.path.join(folder, "stdout"), "w", encoding="utf-8") as out, \
             open(os.path.join(folder, "stderr"), "w", encoding="utf-8") as err:
            return subprocess.Popen(command, cwd=folder, stdout=out, stderr=err, stdin=subprocess.DEVNULL, env=ENVIRONMENT)

    def finish(self, folder, command, code=0):
        process = self.start(folder, command)
        self.assertEqual(process.wait(timeout=program.TIME_LIMIT), code, read(folder, "stderr"))
        return read(folder, "stderr")

    def folder(self, name):
        return os.path.join(self.temporary.name, name)

    def assert_as_alone(self, folder):
        for name in FILES:
            self.assertEqual(read(folder, "out", name), read(self.alone, "out", name), name)
        parts = sorted(n for n in os.listdir(os.path.join(self.alone, "out", "parts")))
        self.assertEqual(sorted(n for n in os.listdir(os.path.join(folder, "out", "parts"))
                                if not re.fullmatch(r"\.narrowfp-\d+-\d+\.tmp", n)), parts)  # of a killed process
        for name in parts:
            part, expected = (json.loads(read(f, "out", "parts", name)) for f in (folder, self.alone))
            for one in (part, expected):
                one["part"].pop("seconds", None)
            self.assertEqual(part, expected, name)

    def test_as_one_process(self):
        for ranks, mpirun in ((1, ()), (2, ()), (8, ()), (3, OVER_TCP)):
            with self.subTest(ranks=ranks):
                folder = self.folder(f"ranks{ranks}")
                text = self.finish(folder, command_of(ranks, *self.short, mpirun=mpirun))
                self.assertEqual(text.count("Plan:"), 1)
                self.assertEqual(read(folder, "stdout").count("T3: gap"), 1)
                self.assert_as_alone(folder)
                times = {r["id"]: r["value"] for r in json.loads(read(folder, "out", "timings.json"))["records"]}
                self.assertEqual("train.ranks.waiting" in times, ranks > 1)
                if ranks > 1:
                    self.assertTrue(0 <= times["train.ranks.waiting"] < 1)
                    print(f"{ranks} ranks{' over TCP' if mpirun else ''}: {100 * times['train.ranks.waiting']:.0f} % of the time "
                          f"of all threads without work, {1e6 * times['train.ranks.fetch']:.0f} us per fetch")

    def test_looks(self):
        """All ranks agree where a sequential test stops: one arm stops at a look, the other goes on."""
        for ranks in (0, 1, 4):
            folder = self.folder(f"looks{ranks}")
            start = command_of(ranks)[:-1]
            self.finish(folder, [*start, os.path.join(PROBES, "looks_probe"), "out"])
        made = read(self.folder("looks0"), "stdout")
        counts = [sum(line.startswith(arm) for line in made.splitlines()) for arm in ("deepseek_v3", "int8_tile", "bf16")]
        self.assertEqual(len(set(counts[:2])), 2, counts)
        self.assertEqual(max(counts), counts[2])
        for ranks in (1, 4):
            self.assertEqual(read(self.folder(f"looks{ranks}"), "stdout").replace("\r", ""), made)

    def test_forks(self):
        arguments = ("train", "--design", "pilot", "--size", "tiny", "--steps", "64", "--seeds", "2", "--quiet", "--corpus", self.text,
                     "--output", "out")
        for ranks in (0, 4):
            self.finish(self.folder(f"pilot{ranks}"), command_of(ranks, *arguments))
        for name in FILES:
            self.assertEqual(*(read(self.folder(f"pilot{ranks}"), "out", name) for ranks in (0, 4)))

    def kill_one(self, process, end):
        """SIGKILL to one rank after up to `end` seconds. Whether it was in time."""
        time.sleep(random.uniform(0.1, end))
        try:
            ranks = [int(p) for p in read(f"/proc/{process.pid}/task/{process.pid}/children").split()]
            os.kill(random.choice(ranks), signal.SIGKILL)
        except (FileNotFoundError, IndexError, ProcessLookupError):
            return False
        return process.wait(timeout=program.TIME_LIMIT) != 0

    def test_a_killed_job_goes_on(self):
        """Kills, each in an experiment that is new or was killed before; whenever one is finished it must be as ever."""
        random.seed(1)
        folder, killed, finished, end = self.folder("killed"), 0, 0, 1.5
        while killed < KILLS:
            process = self.start(folder, command_of(4, *self.short, "--threads", "1"))
            if self.kill_one(process, end):
                killed += 1
                end = 1.5
                continue
            process.wait(timeout=program.TIME_LIMIT)
            if process.returncode == 0:
                finished += 1
                self.finish(folder, command_of(random.choice((0, 2)), *self.short))
                self.assert_as_alone(folder)
                shutil.rmtree(folder)
            end = max(0.3, end * 0.8)
        self.finish(folder, command_of(2, *self.short))
        self.assert_as_alone(folder)
        print(f"{killed} kills, {finished + 1} finished experiments, all as one process makes them")

    def test_one_message(self):
        damaged = self.folder("damaged")
        shutil.copytree(self.alone, damaged)
        with open(os.path.join(damaged, "out", "parts", "bf16-seed02.json"), "w", encoding="utf-8") as file:
            file.write("x")
        for name, arguments, says in (
                ("no_output", ("train", "--quick", "--corpus", self.text), ("--output is missing", "3 ranks")),
                ("unknown", ("train", "--outptu", "out"), ("--outptu",)),
                ("no_text", ("train", "--corpus", "no/such/file", "--output", "out"), ("no/such/file",)),
                ("damaged", self.short, ("bf16-seed02.json", "no finished part"))):
            found = messages(self.finish(self.folder(name), command_of(3, *arguments), code=2))
            self.assertEqual(len(found), 1, found)
            for words in says:
                self.assertIn(words, found[0])

    def test_interrupted(self):
        folder = self.folder("interrupted")
        text = self.folder("long.txt")
        with open(text, "w", encoding="utf-8") as file:
            file.write(15 * (read(self.text) + " "))
        process = self.start(folder, command_of(3, "train", "--size", "tiny", "--steps", "4000", "--seeds", "9", "--arm", "bf16",
                                                "--quiet", "--corpus", text, "--output", "out"))
        deadline = time.monotonic() + 60
        parts = os.path.join(folder, "out", "parts")
        while time.monotonic() < deadline and not (os.path.isdir(parts) and os.listdir(parts)):
            time.sleep(0.05)
        ranks = read(f"/proc/{process.pid}/task/{process.pid}/children").split()
        os.kill(int(ranks[-1]), signal.SIGINT)
        self.assertEqual(process.wait(timeout=program.TIME_LIMIT), 130)
        self.assertEqual(messages(read(folder, "stderr")), ["narrowfp: interrupted"])

    def test_the_counter(self):
        """Each item once; the counter answers while rank 0 computes for two seconds."""
        for mpirun in ((), OVER_TCP):
            process = subprocess.run(["mpirun", "-q", "--oversubscribe", "--bind-to", "none", *mpirun, "-n", "3", os.path.join(PROBES, "ranks_probe")],
                                     capture_output=True, text=True, check=False, timeout=program.TIME_LIMIT, env=ENVIRONMENT)
            self.assertEqual(process.returncode, 0, process.stderr)
            seconds = float(re.search(r"longest ([0-9.]+) s", process.stdout).group(1))
            self.assertLess(seconds, 1)
            print(f"{'TCP' if mpirun else 'shared memory'}: {process.stdout.strip()}")


if __name__ == "__main__":
    if shutil.which("mpirun") is None:
        print("SKIPPED: mpirun is not installed (Debian package openmpi-bin)")
        sys.exit(0)
    main()

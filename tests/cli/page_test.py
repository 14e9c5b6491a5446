#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""report.html of narrowfp claim: well formed, needs nothing else; in a real browser, if one is there, it says nothing on the
console, nothing is wider than a telephone's screen, every figure is visible there and printed on paper."""
import html
import os
import re
import shutil
import subprocess
import tempfile
import unittest
import xml.etree.ElementTree

import program
from browser import BROWSER, WIDTH, PageTest, Reader
from program import main


class Page(PageTest):
    @classmethod
    def setUpClass(cls):
        cls.folder = tempfile.TemporaryDirectory()
        process = program.run("claim", "--quick", "--quiet", "--output", cls.folder.name)
        assert process.returncode == 0, process.stderr
        cls.file = os.path.join(cls.folder.name, "report.html")
        with open(cls.file, encoding="utf-8") as file:
            cls.text = file.read()
        cls.reader = Reader()
        cls.reader.feed(cls.text)
        cls.lines = process.stdout.splitlines()

    @classmethod
    def tearDownClass(cls):
        cls.folder.cleanup()

    def test_well_formed_and_complete_by_itself(self):
        self.check_well_formed(self.reader)
        self.assertLess(len(self.text), 3_000_000)

    def test_answers_come_first_and_every_row_is_there(self):
        words = {line.split()[0]: line for line in self.lines}
        self.assertEqual([name for name in words if name.startswith("Q")], ["Q1", "Q2", "Q3", "Q4", "Q5", "Q6"])
        places = [self.text.index(f'id="{part}"') for part in
                  ("forest", "answers", "gates", "rows", "self-checks", "worked", "sensitivity")]
        self.assertEqual(places, sorted(places))
        head = self.text[:places[1]]
        for text in ("no FP8, is the article&#39;s own", "unstable chips, slow links", "SUPPORTED", "OPEN", "NOT TESTABLE",
                     "G6", "16-bit only"):
            self.assertIn(text, head)
        for row in (name for name in words if name[0] in "SV"):
            self.assertIn(f'id="{row.lower()}"', self.text)
            self.assertIn(f"narrowfp claim --only {row}<", self.text)

    def test_the_first_screen_is_short_and_needs_no_row(self):
        """At most 900 words before the details, none of them the id of a row."""
        head = self.text[self.text.index("<main>"):self.text.index("<nav")]
        head = re.sub(r"<details.*?</details>|<svg.*?</svg>", " ", head, flags=re.DOTALL)
        words = html.unescape(re.sub(r"<[^>]*>", " ", head)).split()
        self.assertLess(len(words), 900)
        self.assertEqual([word for word in words if re.fullmatch(r"[VSF][0-9]+[ab]?[.,;:]?", word)], [])

    def test_the_counterfactual_is_there_line_by_line(self):
        section = self.text[self.text.index('id="worked"'):self.text.index('id="sensitivity"')]
        for text in ("H800", "H20", "910B3", "910C", "1000 a / (b d)", "aa / z"):
            self.assertIn(text, section)

    def test_figures(self):
        drawn = re.findall(r"<svg [^>]*role=\"img\".*?</svg>", self.text, re.DOTALL)
        if shutil.which("gnuplot") is None:
            self.assertEqual(drawn, [])
            self.assertIn("gnuplot is missing", self.text)
            return
        self.assertGreater(len(drawn), 15)
        for figure in drawn:
            root = xml.etree.ElementTree.fromstring(figure)
            self.assertEqual(root.get("role"), "img")
            self.assertGreater(len(root.get("aria-label")), 40)
        self.assertEqual(self.text.count("Values of this figure"), len(drawn) - self.text.count('class="on-narrow"'))
        for name in ("s2-fit", "s3-pairs", "v1-ratios", "v1-layer", "v1-sensitivity", "v2-shapes", "v3-bytes", "v4-extra",
                     "v5-bytes", "v6-bits", "v6-formats", "v6-length-uniform01", "v6-length-normal", "v9-share", "v10-flips",
                     "v11-factors", "v11-orders", "v12a-ratios", "v12a-layer", "v12b-rate", "v13-hours", "v14-software",
                     "v15-speed", "v16-recoverable"):
            self.assertIn(f'<figure id="{name}"', self.text)

    def test_without_gnuplot_there_are_tables(self):
        with tempfile.TemporaryDirectory() as folder:
            self.good("claim", "--only", "V4", "--output", folder, env={"PATH": folder})
            with open(os.path.join(folder, "report.html"), encoding="utf-8") as file:
                text = file.read()
        self.assertNotIn('role="img"', text)
        self.assertIn("<caption>V4: extra time of the cheapest 16-bit schedule that fits</caption>", text)
        self.assertIn("gnuplot is missing", text)

    @unittest.skipUnless(BROWSER, "SKIPPED: chromium is missing")
    def test_on_a_telephone(self):
        answer = self.asked(WIDTH)
        self.check_layout(answer, WIDTH)
        self.assertEqual(answer["background"], "rgb(255, 255, 255)")
        self.assertTrue(any(more > 2 for more, _ in answer["tables"]))

    @unittest.skipUnless(BROWSER, "SKIPPED: chromium is missing")
    def test_in_the_dark_and_on_a_desk(self):
        answer = self.asked(1280, "--window-size=1400,900", "--blink-settings=preferredColorScheme=0")
        self.check_layout(answer, 1280)
        self.assertEqual(answer["background"], "rgb(20, 24, 29)")

    @unittest.skipUnless(BROWSER, "SKIPPED: chromium is missing")
    def test_on_paper(self):
        paper = os.path.join(self.folder.name, "report.pdf")
        self.browse(f"--print-to-pdf={paper}", "--no-pdf-header-footer")
        with open(paper, "rb") as file:
            self.assertEqual(file.read(5), b"%PDF-")
        if shutil.which("pdftotext") is None:
            self.skipTest("SKIPPED: pdftotext is missing")
        process = subprocess.run(["pdftotext", paper, "-"], capture_output=True, text=True, check=True)
        printed = " ".join(process.stdout.split())
        for caption in re.findall(r"<figcaption>(.*?)</figcaption>", self.text):
            self.assertTrue(" ".join(html.unescape(caption).split()) in printed, caption)
        for text in ("factor in achieved FLOP/s of a device", "K, products in a sum", "bits an element"):
            self.assertTrue(text in printed, text)  # written inside figures


if __name__ == "__main__":
    main()

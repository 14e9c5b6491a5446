#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""report.html of narrowfp claim: well formed, needs nothing else; in a real browser, if one is there, it says nothing on the
console, nothing is wider than a telephone's screen, every figure is visible there and printed on paper."""
import html
import html.parser
import json
import os
import re
import shutil
import subprocess
import tempfile
import unittest
import urllib.parse
import xml.etree.ElementTree

import program
from program import ProgramTest, main

WIDTH = 390
BROWSER = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None)
VOID = {"meta", "br", "hr", "img", "link", "input"}

# What the page is asked in the browser; the answer goes to its frame. A box that scrolls may hold wider things.
QUESTIONS = """<script>addEventListener('load', () => {
  const scrolls = e => e.closest('.scroll, pre');
  const wide = [...document.querySelectorAll('body *')].filter(e => !scrolls(e) && !e.closest('svg') &&
    e.getBoundingClientRect().right > innerWidth + 0.5).map(e => e.tagName + ' ' + e.textContent.slice(0, 60));
  const figures = [...document.querySelectorAll('figure')].map(e => {
    const svg = e.querySelector('svg'), box = svg.getBoundingClientRect();
    return [e.id, box.left, box.right, box.height, getComputedStyle(svg).visibility,
      Math.min(...[...svg.querySelectorAll('text')].map(t => t.getBoundingClientRect().height)),
      [...svg.querySelectorAll('text')].filter(t => { const b = t.getBoundingClientRect();
        return b.left < box.left - 1 || b.right > box.right + 1 || b.top < box.top - 1 || b.bottom > box.bottom + 1; })
        .map(t => t.textContent)];
  });
  parent.postMessage(JSON.stringify({width: innerWidth, page: document.documentElement.scrollWidth,
    wide, figures, background: getComputedStyle(document.body).backgroundColor}), '*');
});</script>"""

# A window is at least 500 wide in the browser, a frame is as wide as it is told. The answer becomes the title.
FRAME = """<!DOCTYPE html><title>none</title><body style="margin:0"><script>addEventListener('message', e => {
  document.title = 'ANSWER' + encodeURIComponent(e.data); });</script>
<iframe src="asked.html" style="border:0;width:%dpx;height:800px"></iframe>"""


class Reader(html.parser.HTMLParser):
    """Refuses what is not closed in order; remembers ids, references and what would be loaded."""

    def __init__(self):
        super().__init__()
        self.open, self.ids, self.references, self.tags, self.loads = [], [], [], [], []

    def handle_starttag(self, tag, attrs):
        self.tags.append(tag)
        if tag not in VOID:
            self.open.append(tag)
        for name, value in attrs:
            if name == "id":
                self.ids.append(value)
            elif name in ("href", "xlink:href"):
                (self.references if value.startswith("#") else self.loads).append(value.lstrip("#"))
            elif name in ("src", "srcset", "poster", "data", "action") or name.startswith("on"):
                self.loads.append(f"{name}={value}")

    def handle_startendtag(self, tag, attrs):
        self.handle_starttag(tag, attrs)
        if tag not in VOID:
            self.open.pop()

    def handle_endtag(self, tag):
        if not self.open or self.open[-1] != tag:
            raise ValueError(f"</{tag}> closes {self.open[-3:]} at {self.getpos()}")
        self.open.pop()


class Page(ProgramTest):
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
        self.assertEqual(self.reader.open, [])
        self.assertEqual(self.reader.loads, [])
        for tag in ("script", "link", "img", "iframe", "object", "embed"):
            self.assertNotIn(tag, self.reader.tags)
        for loading in ("url(", "@import", "@font-face"):
            self.assertNotIn(loading, self.text)
        self.assertEqual(len(self.reader.ids), len(set(self.reader.ids)))
        self.assertEqual(set(self.reader.references) - set(self.reader.ids), set())
        self.assertLess(len(self.text), 3_000_000)

    def test_answers_come_first_and_every_row_is_there(self):
        words = {line.split()[0]: line for line in self.lines}
        self.assertEqual([name for name in words if name.startswith("Q")], ["Q1", "Q2", "Q3", "Q4", "Q5", "Q6"])
        places = [self.text.index(f'id="{part}"') for part in ("answers", "self-checks", "rows", "worked", "sensitivity")]
        self.assertEqual(places, sorted(places))
        head = self.text[:places[0]]
        for text in ("no FP8, is the article&#39;s own", "unstable chips, slow links", "neither confirmed nor refuted", "SUPPORTED",
                     "NOT SUPPORTED", "UNDECIDED", "NOT TESTABLE", "WHY", "a chip without FP8 units has too"):
            self.assertIn(text, head)
        for row in (name for name in words if name[0] in "SV"):
            self.assertIn(f'id="{row.lower()}"', self.text)
            self.assertIn(f"narrowfp claim --only {row}<", self.text)

    def test_the_counterfactual_is_there_line_by_line(self):
        section = self.text[self.text.index('id="worked"'):self.text.index('id="sensitivity"')]
        for text in ("H800", "H20", "910B3", "910C", "1000 a / (b d)", "aa / z"):
            self.assertIn(text, section)

    def test_figures(self):
        drawn = re.findall(r"<svg .*?</svg>", self.text, re.DOTALL)
        if shutil.which("gnuplot") is None:
            self.assertEqual(drawn, [])
            self.assertIn("gnuplot is missing", self.text)
            return
        self.assertGreater(len(drawn), 15)
        for figure in drawn:
            root = xml.etree.ElementTree.fromstring(figure)
            self.assertEqual(root.get("role"), "img")
            self.assertGreater(len(root.get("aria-label")), 40)
        self.assertEqual(self.text.count("Values of this figure"), len(drawn))
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
        self.assertNotIn("<svg", text)
        self.assertIn("<caption>V4: extra time of the cheapest 16-bit schedule that fits</caption>", text)
        self.assertIn("gnuplot is missing", text)

    def browse(self, *arguments, file=None):
        with tempfile.TemporaryDirectory() as profile:
            process = subprocess.run(
                [BROWSER, "--headless", "--no-sandbox", "--disable-gpu", "--disable-extensions", "--hide-scrollbars",
                 "--enable-logging=stderr", f"--user-data-dir={profile}", "--virtual-time-budget=10000", *arguments,
                 "file://" + (file or self.file)],
                capture_output=True, text=True, check=False, timeout=240)
        self.assertEqual(process.returncode, 0, process.stderr[-2000:])
        self.assertEqual([line for line in process.stderr.splitlines() if "CONSOLE" in line], [])
        return process.stdout

    def asked(self, width, *arguments):
        """What the page says about itself in a frame of this width."""
        frame = os.path.join(self.folder.name, "frame.html")
        for name, text in (("asked.html", self.text.replace("</head>", QUESTIONS + "</head>")), ("frame.html", FRAME % width)):
            with open(os.path.join(self.folder.name, name), "w", encoding="utf-8") as file:
                file.write(text)
        dom = self.browse("--dump-dom", *arguments, file=frame)
        answer = re.search(r"<title>ANSWER(.*?)</title>", dom)
        self.assertIsNotNone(answer, "the page did not answer")
        return json.loads(urllib.parse.unquote(answer.group(1)))

    @unittest.skipUnless(BROWSER, "SKIPPED: chromium is missing")
    def test_on_a_telephone(self):
        answer = self.asked(WIDTH)
        self.assertEqual(answer["width"], WIDTH)
        self.assertLessEqual(answer["page"], WIDTH)
        self.assertEqual(answer["wide"], [])
        self.assertEqual(answer["background"], "rgb(255, 255, 255)")
        for name, left, right, height, visibility, smallest, outside in answer["figures"]:
            self.assertGreaterEqual(left, 0, name)
            self.assertLessEqual(right, WIDTH, name)
            self.assertGreater(height, 100, name)
            self.assertEqual(visibility, "visible", name)
            self.assertGreater(smallest, 8, name)
            self.assertEqual(outside, [], name)

    @unittest.skipUnless(BROWSER, "SKIPPED: chromium is missing")
    def test_in_the_dark_and_on_a_desk(self):
        answer = self.asked(1280, "--window-size=1400,900", "--blink-settings=preferredColorScheme=0")
        self.assertEqual(answer["background"], "rgb(20, 24, 29)")
        self.assertEqual(answer["wide"], [])
        self.assertLessEqual(answer["page"], 1280)

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

#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""A page of made-up data with every element: well formed; in a browser, if one is there: six answers and the head of the picture
fit on the first screen, a telephone shows the narrow picture, a wide table says that it goes on, paper has all of it."""
import os
import shutil
import subprocess
import tempfile
import unittest

import program
from browser import BROWSER, WIDTH, PageTest, Reader
from program import main

GRADES = ("SUPPORTED", "LEANS SUPPORTED", "OPEN", "LEANS AGAINST", "NOT SUPPORTED", "NOT TESTABLE", "NOT RUN")
NEEDS_BROWSER = unittest.skipUnless(BROWSER, "SKIPPED: chromium is missing")
DRAWN = shutil.which("gnuplot") is not None


class Elements(PageTest):
    @classmethod
    def setUpClass(cls):
        cls.folder = tempfile.TemporaryDirectory()
        process = program.run()
        assert process.returncode == 0, process.stderr
        cls.text = process.stdout
        cls.file = os.path.join(cls.folder.name, "page.html")
        with open(cls.file, "w", encoding="utf-8") as file:
            file.write(cls.text)

    @classmethod
    def tearDownClass(cls):
        cls.folder.cleanup()

    def test_well_formed(self):
        reader = Reader()
        reader.feed(self.text)
        self.check_well_formed(reader)
        self.assertEqual(self.text.count('role="img"'), 2 if DRAWN else 0)

    @NEEDS_BROWSER
    def test_the_first_screen(self):
        answer = self.asked(1280, "--window-size=1400,900")
        self.check_layout(answer, 1280)
        self.assertEqual(len(answer["answers"]), 6)
        self.assertLess(max(answer["answers"]), 700)  # of 900: the picture begins below
        self.assertEqual([more > 2 for more, _ in answer["tables"]], [False, False])
        if DRAWN:
            name, left, right, *_ = answer["figures"][0]
            self.assertEqual((name, round(right - left)), ("forest", 800))

    @NEEDS_BROWSER
    def test_on_a_telephone(self):
        for arguments in ((), ("--blink-settings=preferredColorScheme=0",)):
            answer = self.asked(WIDTH, *arguments)
            self.check_layout(answer, WIDTH)
            self.assertEqual([more > 2 for more, _ in answer["tables"]], [True, False])
            if DRAWN:
                _, _, _, height, _, smallest, _ = answer["figures"][0]
                self.assertGreater(height, WIDTH)  # the narrow picture, not the wide one made small
                self.assertGreater(smallest, 12)

    @NEEDS_BROWSER
    def test_on_paper(self):
        if shutil.which("pdftotext") is None:
            self.skipTest("SKIPPED: pdftotext is missing")
        paper = os.path.join(self.folder.name, "page.pdf")
        self.browse(f"--print-to-pdf={paper}", "--no-pdf-header-footer")
        process = subprocess.run(["pdftotext", paper, "-"], capture_output=True, text=True, check=True)
        printed = " ".join(process.stdout.split())
        for word in GRADES:
            self.assertIn(word, printed)
        self.assertNotIn("scroll sideways", printed)
        self.assertEqual(printed.count("1.10: threshold"), 1 if DRAWN else 0)  # one of two drawings


if __name__ == "__main__":
    main()

# SPDX-License-Identifier: Apache-2.0
"""What the tests of HTML pages share: a strict reader, and a browser that is asked how a page looks."""
import html.parser
import json
import os
import re
import shutil
import subprocess
import tempfile
import urllib.parse

from program import ProgramTest

WIDTH = 390
BROWSER = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None)
VOID = {"meta", "br", "hr", "img", "link", "input"}

# What the page is asked in the browser; the answer goes to its frame. A box that scrolls may hold wider things.
QUESTIONS = """<script>addEventListener('load', () => {
  const scrolls = e => e.closest('.scroll, pre');
  const shown = (e, tag) => [...e.querySelectorAll(tag)].find(s => s.getClientRects().length) || e;
  const wide = [...document.querySelectorAll('body *')].filter(e => !scrolls(e) && !e.closest('svg') &&
    e.getBoundingClientRect().right > innerWidth + 0.5).map(e => e.tagName + ' ' + e.textContent.slice(0, 60));
  const figures = [...document.querySelectorAll('figure')].map(e => {
    const svg = shown(e, 'svg'), box = svg.getBoundingClientRect();
    return [e.id, box.left, box.right, box.height, getComputedStyle(svg).visibility,
      Math.min(...[...svg.querySelectorAll('text')].map(t => t.getBoundingClientRect().height)),
      [...svg.querySelectorAll('text')].filter(t => { const b = t.getBoundingClientRect();
        return b.left < box.left - 1 || b.right > box.right + 1 || b.top < box.top - 1 || b.bottom > box.bottom + 1; })
        .map(t => t.textContent)];
  });
  // Tables: by how much one is wider than its box, and how high the line is that says so.
  const tables = [...document.querySelectorAll('.scroll')].filter(e => !e.closest('details:not([open])')).map(e =>
    [e.scrollWidth - e.clientWidth, e.querySelector('.hint').getBoundingClientRect().height]);
  parent.postMessage(JSON.stringify({width: innerWidth, page: document.documentElement.scrollWidth,
    wide, figures, tables, answers: [...document.querySelectorAll('.answers > li')].map(e =>
      e.getBoundingClientRect().bottom), background: getComputedStyle(document.body).backgroundColor}), '*');
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


class PageTest(ProgramTest):
    """A test whose class has `folder`, a temporary one, and the page's `file` and `text`."""

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

    def check_well_formed(self, reader):
        """The page is closed in order, leads only to itself and loads nothing."""
        self.assertEqual(reader.open, [])
        self.assertEqual(reader.loads, [])
        for tag in ("script", "link", "img", "iframe", "object", "embed"):
            self.assertNotIn(tag, reader.tags)
        for loading in ("url(", "@import", "@font-face"):
            self.assertNotIn(loading, self.text)
        self.assertEqual(len(reader.ids), len(set(reader.ids)))
        self.assertEqual(set(reader.references) - set(reader.ids), set())

    def check_layout(self, answer, width):
        """Nothing leaves a screen of this width, figures are whole, and tables that go on say so."""
        self.assertEqual(answer["width"], width)
        self.assertLessEqual(answer["page"], width)
        self.assertEqual(answer["wide"], [])
        for name, left, right, height, visibility, smallest, outside in answer["figures"]:
            self.assertGreaterEqual(left, 0, name)
            self.assertLessEqual(right, width, name)
            self.assertGreater(height, 100, name)
            self.assertEqual(visibility, "visible", name)
            self.assertGreater(smallest, 8, name)
            self.assertEqual(outside, [], name)
        for more, line in answer["tables"]:
            self.assertEqual(line > 10 if more > 2 else line > 1, more > 2, (more, line))

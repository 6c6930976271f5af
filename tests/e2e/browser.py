"""Debian's Chromium on a running server: what every test of the console stands on."""
import os
import pathlib
import re
import shutil
import struct
import sys
import time
import zlib

from playwright.sync_api import sync_playwright

from program import Program

# Where pictures of the pages are left for people to look at; nowhere when unset.
PICTURES = os.environ.get("SINTER_PAGE_PICTURES")
# Machines of tests have little shared memory, and no graphics: a page whose frames wait for either hangs, in silence.
FLAGS = ["--no-sandbox", "--disable-dev-shm-usage", "--disable-gpu"]
AXE = pathlib.Path(__file__).parents[2] / "web" / "node_modules" / "axe-core" / "axe.min.js"


def png(width, height, grey):
    """A grey PNG; grey(x, y) gives 0..255."""
    rows = b"".join(b"\0" + bytes(grey(x, y) for x in range(width)) for y in range(height))

    def chunk(kind, data):
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))
    header = struct.pack(">IIBBBBB", width, height, 8, 0, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", zlib.compress(rows)) + chunk(b"IEND", b"")


def luminance(colour):
    """WCAG 2's, of "rgb(r, g, b)"."""
    linear = [c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4
              for c in (int(n) / 255 for n in re.findall(r"\d+", colour)[:3])]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


class Browser(Program):
    def run(self, result=None):
        result = result or self.defaultTestResult()
        self.wrong = lambda: len(result.errors) + len(result.failures)
        self.wrong_before = self.wrong()
        return super().run(result)

    def browse(self, **options):
        """A browser on the server, which runs. What it says and what it asks of others is kept."""
        playwright = sync_playwright().start()
        self.addCleanup(playwright.stop)
        browser = playwright.chromium.launch(executable_path=shutil.which("chromium"), args=FLAGS)
        self.addCleanup(browser.close)
        self.said, self.foreign, self.waiting = [], [], set()
        self.context = browser.new_context(viewport={"width": 1440, "height": 900}, locale="en-US", **options)
        self.page = self.context.new_page()
        self.page.on("console", lambda message: self.said.append(message.text))
        self.page.on("pageerror", lambda error: self.said.append(str(error)))
        self.page.on("request", self.note)
        for event in ("requestfinished", "requestfailed"):
            self.page.on(event, lambda request: self.waiting.discard(request.url))
        # Put here last, and so done first: the page as a test that failed left it.
        self.addCleanup(self.tell_what_is_shown)
        return self.page

    def tell_what_is_shown(self):
        """On stderr, where the test failed: what it waited for may stand there otherwise, or something in its way."""
        if self.wrong() == self.wrong_before:
            return
        try:
            shown = self.page.evaluate("[location.href, document.visibilityState, document.body.innerText.slice(0, 1500)]")
        except Exception as error:  # the test's own failure is what counts
            shown = repr(error)
        print("the page:", shown, "the browser said:", self.said, "unanswered:", sorted(self.waiting), file=sys.stderr)

    def note(self, request):
        self.waiting.add(request.url)
        if not request.url.startswith((self.origin + "/", "data:", "blob:" + self.origin)):
            self.foreign.append(request.url)

    def quiet(self):
        """Nothing was wrong with what was shown, and nobody outside was asked for anything."""
        self.assertEqual(self.said, [], "the browser had something to say")
        self.assertEqual(self.foreign, [], "the console loads from elsewhere")

    def console_link(self, *words):
        return self.ok("console", "link", *words).strip()

    def sign_in(self, *words):
        self.page.goto(self.console_link(*words))
        self.page.wait_for_selector(".who >> visible=true")

    def go(self, place, ready="h1"):
        self.page.goto(f"{self.origin}/#/{place}")
        self.page.wait_for_selector(ready)

    def picture(self, name):
        if PICTURES:
            self.page.screenshot(path=pathlib.Path(PICTURES) / f"{name}.png", full_page=True)

    def axe(self, where):
        """axe-core's serious and critical faults of what is shown."""
        self.page.evaluate(AXE.read_text())
        result = self.page.evaluate("axe.run({resultTypes: ['violations']})")
        faults = [f"{v['id']}: {v['help']}: {n['target']} {n['html'][:120]}"
                  for v in result["violations"] if v["impact"] in ("serious", "critical") for n in v["nodes"]]
        self.assertEqual(faults, [], where)
        self.assertGreater(len(result["passes"]), 10)

    def contrast(self, selector):
        """Of an element's text before the nearest ground that has a colour."""
        colours = self.page.evaluate("""selector => {
            let at = document.querySelector(selector);
            const ink = getComputedStyle(at).color;
            while (getComputedStyle(at).backgroundColor === "rgba(0, 0, 0, 0)") at = at.parentElement;
            return [ink, getComputedStyle(at).backgroundColor];
        }""", selector)
        dim, bright = sorted(map(luminance, colours))
        return (bright + 0.05) / (dim + 0.05)

    def fits(self, width, where):
        """Nothing makes the page wider than the window; what is wide scrolls in its own frame."""
        self.page.set_viewport_size({"width": width, "height": 900})
        self.assertLessEqual(self.page.evaluate("document.documentElement.scrollWidth"), width, where)
        # Charts follow the window a frame or two later.
        deadline = time.monotonic() + 10
        while True:
            outside = self.page.evaluate("""width => [...document.querySelectorAll("main *, .rail *")].filter(e => {
                const box = e.getBoundingClientRect();
                return box.width > 0 && box.right > width + 1 && e.closest(".ledger, .unseen, dialog") === null;
            }).map(e => e.outerHTML.slice(0, 100))""", width)
            if not outside or time.monotonic() > deadline:
                break
            self.page.wait_for_timeout(100)
        self.assertEqual(outside, [], where)

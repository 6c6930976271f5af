"""The page at / in a real browser: services and traffic, the try-it box, both languages."""
import os
import pathlib
import re
import shutil
import struct
import zlib

from playwright.sync_api import sync_playwright

from program import Program, main, recipe, small_data

# Where a picture of the page is left for people to look at; nowhere when unset.
PICTURES = os.environ.get("SINTER_PAGE_PICTURES")


def png(width, height, grey):
    """A grey PNG; grey(x, y) gives 0..255."""
    rows = b"".join(b"\0" + bytes(grey(x, y) for x in range(width)) for y in range(height))

    def chunk(kind, data):
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))
    header = struct.pack(">IIBBBBB", width, height, 8, 0, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", zlib.compress(rows)) + chunk(b"IEND", b"")


class Page(Program):
    def setUp(self):
        super().setUp()
        self.serve()
        playwright = sync_playwright().start()
        self.addCleanup(playwright.stop)
        browser = playwright.chromium.launch(executable_path=shutil.which("chromium"), args=["--no-sandbox"])
        self.addCleanup(browser.close)
        self.page = browser.new_page(viewport={"width": 1200, "height": 900}, locale="en-US")
        self.said = []
        self.page.on("console", lambda message: self.said.append(message.text))
        self.page.on("pageerror", lambda error: self.said.append(str(error)))
        self.foreign = []
        self.page.on("request", lambda r: None if r.url.startswith((self.origin, "data:", "blob:")) else self.foreign.append(r.url))

    def picture(self, name):
        if PICTURES:
            self.page.screenshot(path=pathlib.Path(PICTURES) / f"{name}.png", full_page=True)

    def contrast(self, selector):
        """Of an element's text before the nearest ground that has a colour (WCAG 2)."""
        colours = self.page.evaluate("""selector => {
            let at = document.querySelector(selector);
            const ink = getComputedStyle(at).color;
            while (getComputedStyle(at).backgroundColor === "rgba(0, 0, 0, 0)") at = at.parentElement;
            return [ink, getComputedStyle(at).backgroundColor];
        }""", selector)

        def luminance(colour):
            linear = [c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4
                      for c in (int(n) / 255 for n in re.findall(r"\d+", colour)[:3])]
            return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]
        dim, bright = sorted(map(luminance, colours))
        return (bright + 0.05) / (dim + 0.05)

    def test_an_empty_home_says_what_to_do(self):
        self.page.goto(self.origin)
        self.page.wait_for_selector("text=sinter service deploy NAME MODEL")
        self.assertTrue(self.page.locator("#try").is_hidden())
        self.assertEqual(self.said, [])

    def test_services_traffic_and_the_try_it_box(self):
        self.ok("data", "add", "small", small_data(self.folder / "data"), "--classes", "fashion-mnist")
        self.ok("train", self.recipe_file(recipe(epochs=10)))
        self.ok("service", "deploy", "clothes", "digits")
        page = self.page
        page.goto(self.origin)
        page.wait_for_selector("text=clothes")
        page.wait_for_selector("#samples button")
        # A sample: most of twelve must get the label that they have; the answer names the revision.
        right = 0
        for i in range(12):
            sample = page.locator("#samples button").nth(i)
            label = sample.get_attribute("title")
            sample.click()
            page.wait_for_function("label => document.getElementById('told').textContent.includes(label)", arg=label)
            right += page.locator("#answer li span").first.text_content() == label
            self.assertRegex(page.locator("#told").text_content(), r"revision \S+ answered in [\d.]+ ms")
        self.assertGreaterEqual(right, 6)
        shown = [float(t.rstrip("%")) for t in page.locator("#answer li span:last-child").all_text_contents()]
        self.assertEqual(shown, sorted(shown, reverse=True))
        self.picture("sample")
        # Drawing.
        page.click("#clear")
        self.assertEqual(page.locator("#answer li").count(), 0)
        box = page.locator("#pad").bounding_box()
        page.mouse.move(box["x"] + 60, box["y"] + 60)
        page.mouse.down()
        page.mouse.move(box["x"] + 220, box["y"] + 60, steps=5)
        page.mouse.move(box["x"] + 220, box["y"] + 220, steps=5)
        page.mouse.up()
        page.wait_for_selector("#answer li")
        self.picture("drawn")
        # An upload of another size.
        page.click("#clear")
        page.set_input_files("#upload", {"name": "a.png", "mimeType": "image/png",
                                         "buffer": png(90, 60, lambda x, y: 255 if 20 < x < 70 and 10 < y < 50 else 0)})
        page.wait_for_selector("#answer li")
        # What is no picture is said, and nothing is asked.
        page.set_input_files("#upload", {"name": "notes.png", "mimeType": "image/png", "buffer": b"no picture"})
        page.wait_for_selector("text=notes.png is no picture")
        self.assertEqual(page.locator("#answer li").count(), 0)
        # The traffic that this was; a card that is drawn anew each second keeps its focus and its clicks.
        page.wait_for_function("""() => { const f = document.querySelector('.figures div');
                                          return f !== null && parseFloat(f.textContent) > 0; }""")
        page.wait_for_selector("svg.line polyline")
        self.assertEqual(page.locator(".legend b").all_text_contents(), ["revision 1"])
        page.locator(".card").click()
        self.assertEqual(page.locator(".card").get_attribute("aria-pressed"), "true")
        # The other language, kept over a reload.
        page.click("#language")
        page.wait_for_selector("text=服务")
        page.reload()
        page.wait_for_selector("text=试用 clothes")
        self.picture("chinese")
        # Nothing is cut off or moves out of sight on narrow and wide screens, by day and by night.
        for language in ("zh-CN", "en"):
            for width in (360, 800, 1600):
                page.set_viewport_size({"width": width, "height": 900})
                self.assertEqual(page.evaluate("document.documentElement.scrollWidth"), width, language)
                boxes = page.locator("#pad, #samples button, .card").evaluate_all("all => all.map(e => e.getBoundingClientRect().right)")
                self.assertLessEqual(max(boxes), width, language)
            page.click("#language")
        for scheme in ("light", "dark"):
            page.emulate_media(color_scheme=scheme)
            self.assertGreater(self.contrast("body"), 7, scheme)
            self.assertGreater(self.contrast(".card .quiet"), 4.5, scheme)
            self.picture(scheme)
        self.assertEqual(self.said, [], "the browser had something to say")
        self.assertEqual(self.foreign, [], "the page loads from elsewhere")

    def test_a_server_that_goes_is_told(self):
        self.page.goto(self.origin)
        self.page.wait_for_selector("text=No service yet")
        self.processes[0].kill()
        self.page.wait_for_selector("#problem:visible")

    def test_every_word_has_both_languages(self):
        text = (pathlib.Path(__file__).parents[2] / "web" / "page" / "words.js").read_text()
        english, chinese = re.search(r"en: \{(.*?)\n  \},\n  zh: \{(.*?)\n  \},", text, re.S).groups()

        def entries(part):
            return {k: sorted(re.findall(r"\{\w+\}", v)) for k, v in re.findall(r'(\w+): "([^"]*)"', part)}
        self.assertEqual(entries(english), entries(chinese))
        self.assertGreater(len(entries(english)), 10)

    def test_headers_of_the_page(self):
        import urllib.request
        with urllib.request.urlopen(self.origin + "/") as answer:
            self.assertIn("frame-ancestors 'none'", answer.headers["Content-Security-Policy"])
            self.assertEqual(answer.headers["X-Content-Type-Options"], "nosniff")
            tag = answer.headers["ETag"]
        self.assertEqual(self.request("GET", "/", headers={"If-None-Match": tag})[0], 304)
        self.assertEqual(self.request("GET", "/", headers={"Host": "evil.example"})[0], 421)


if __name__ == "__main__":
    main()

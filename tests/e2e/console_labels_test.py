"""Labelling in the console: by keyboard at the desk, with the mouse, reviewed, and committed as a version."""
import io
import json
import math
import struct
import wave

from browser import Browser
from program import main, small_data

CLASSES = ["T-shirt/top", "Trouser", "Pullover", "Dress", "Coat", "Sandal", "Shirt", "Sneaker", "Bag", "Ankle boot"]
KEYS = "1234567890"
TEXTS = ["Ana Silva met Bo Li in Porto.", "\U0001F600 Chen went home.", "Nobody came to the station."]


class Labels(Browser):
    def prepare(self):
        self.serve()
        self.ok("data", "add", "small", small_data(self.folder / "idx"), "--classes", "fashion-mnist")
        self.browse()
        self.sign_in()

    def make(self, name, **spec):
        status, said = self.request("POST", "/sinter/v1/labellings", self.token, {"name": name, **spec})
        self.assertEqual(status, 201, said)

    def answer(self, name, item, value, labeller):
        status, said = self.request("PUT", f"/sinter/v1/labellings/{name}/items/{item}/answer", self.token,
                                    {"value": value, "seconds": 1, "labeller": labeller})
        self.assertEqual(status, 200, said)

    def items(self, name, labeller="reader"):
        """All items, as somebody is handed them who gives no answer."""
        status, said = self.request("POST", f"/sinter/v1/labellings/{name}/next", self.token,
                                    {"count": 100, "labeller": labeller})
        self.assertEqual(status, 200, said)
        return json.loads(said)["items"]

    def status(self, name):
        return self.get(f"/sinter/v1/labellings/{name}")["status"]

    def shown(self):
        """The item that lies on the desk: the number in its picture's address."""
        return int(self.page.locator(".desk-picture img").get_attribute("src").split("/")[-2])

    def all_saved(self, name, done):
        self.page.wait_for_function("done => document.getElementById('done').textContent.startsWith(done + ' /')", arg=str(done))
        self.assertEqual(self.status(name)["done"], done)

    def test_twenty_pictures_by_keyboard(self):
        self.prepare()
        page = self.page
        page.goto(f"{self.origin}/#/data/small")
        page.click(".actions button:has-text('Label')")
        page.wait_for_selector("dialog fieldset")
        self.axe("a labelling to be made")
        page.locator("dialog input").first.fill("slice")
        self.assertEqual(page.locator("dialog textarea").input_value(), ", ".join(CLASSES))
        page.locator("dialog label:has-text('How many') input").fill("20")
        self.picture("labelling-new")
        page.locator("dialog button[type=submit]").click()
        page.wait_for_selector("h1:has-text('slice')")
        page.click(".actions a:has-text('Label')")
        page.wait_for_selector(".desk-picture img")
        self.axe("the desk")
        self.picture("desk-1440")
        # Any class will do: what counts is that exactly these come to stand in the version.
        given, order = {}, []
        for i in range(20):
            item = self.shown()
            self.assertNotIn(item, given, "an item is shown once")
            page.wait_for_function("() => document.querySelector('.desk-picture img').naturalWidth === 28")
            given[item] = (3 * i + 1) % 10
            order.append(item)
            page.keyboard.press(KEYS[given[item]])
            if i == 9:
                # A wrong one, taken back: the same item is asked again, and the other answer counts.
                page.keyboard.press("z")
                page.wait_for_function("n => document.querySelector('.desk-picture img').src.includes('/items/' + n + '/')", arg=item)
                given[item] = (given[item] + 1) % 10
                page.keyboard.press(KEYS[given[item]])
        page.wait_for_selector("text=Nothing is left to label")
        self.all_saved("slice", 20)
        self.assertEqual(self.status("slice")["answers"], 20)
        self.picture("desk-over")
        page.click("text=To the labelling")
        page.wait_for_selector(".actions button:has-text('Commit')")
        page.click(".actions button:has-text('Commit')")
        page.locator("dialog input").fill("twenty by hand")
        page.locator("dialog button[type=submit]").click()
        page.wait_for_selector(".facts a:has-text('small@2')")
        self.axe("a labelling")
        self.fits(360, "a labelling")
        self.picture("labelling-360")
        # Row by row: what differs from the version before are these rows, and they hold these labels.
        rows = {i["item"]: i["row"] for i in self.rows_of("slice")}
        before, after = self.column("small@1"), self.column("small@2")
        wanted = list(before)
        for item, label in given.items():
            wanted[rows[item]] = label
        self.assertEqual(list(after), wanted)
        self.quiet()

    def rows_of(self, name):
        self.request("POST", f"/sinter/v1/labellings/{name}/reopen", self.token, {})
        items = self.get(f"/sinter/v1/labellings/{name}/review?limit=200")["items"]
        if items:
            return items
        # Without a review, a second labelling of the same rows tells which they are.
        spec = self.get(f"/sinter/v1/labellings/{name}")["spec"]
        rows = {k: v for k, v in spec["rows"].items() if k in ("count", "seed")}
        self.make(f"{name}-again", dataset="small@1", task="classification", split=spec["split"], rows=rows)
        return self.items(f"{name}-again")

    def column(self, ref):
        """The label bytes of a version's train split."""
        files = self.get(f"/sinter/v1/datasets/{ref}")["manifest"]["files"]
        sha = next(f["sha256"] for f in files if f["path"] == "train/label.bin")
        return self.request("GET", f"/sinter/v1/blobs/{sha}", self.token)[1]

    def test_gold_is_told_at_once(self):
        self.prepare()
        self.make("golden", dataset="small@1", task="classification", rows={"count": 12, "seed": 3}, gold={"every": 2})
        page = self.page
        self.go("labels/golden/desk", ".desk-picture img")
        told = 0
        for _ in range(12):
            if page.locator(".desk-picture img").count() == 0:
                break
            item = self.shown()
            page.keyboard.press("1")
            page.wait_for_function("n => { const p = document.querySelector('.desk-picture img');"
                                   " return p === null || !p.src.includes('/items/' + n + '/'); }", arg=item)
            page.wait_for_timeout(200)
            told += page.locator(".gold.right, .gold.wrong").count()
        self.picture("desk-gold")
        page.wait_for_selector("text=/gold \\d+\\/\\d+/")
        status = self.status("golden")
        gold = status["labellers"][0]["gold"]
        self.assertGreater(gold["asked"], 0)
        self.assertEqual(told, gold["asked"])
        self.assertIn(f"gold {gold['right']}/{gold['asked']}", page.locator(".desk-bar").text_content())
        self.quiet()

    def test_any_number_of_classes_and_skipping(self):
        self.prepare()
        self.make("tags", dataset="small@1", task="multilabel", classes=["top", "bottom", "shoe"], column="tags",
                  rows={"count": 3, "seed": 1})
        page = self.page
        self.go("labels/tags/desk", ".class-list")
        first = self.shown()
        page.keyboard.press("1")
        page.keyboard.press("3")
        page.keyboard.press("2")
        page.keyboard.press("2")
        self.assertEqual(page.locator("[aria-pressed=true]").all_text_contents(), ["1top", "3shoe"])
        self.picture("desk-tags")
        page.keyboard.press("Enter")
        page.wait_for_function("n => !document.querySelector('.desk-picture img').src.includes('/items/' + n + '/')", arg=first)
        page.keyboard.press("s")
        page.wait_for_function("() => document.querySelectorAll('[aria-pressed=true]').length === 0")
        page.click("text=top")
        page.click("text=Save")
        page.wait_for_selector("text=Nothing is left to label")
        labeller = self.status("tags")["labellers"][0]
        self.assertEqual((labeller["answers"], labeller["skipped"]), (2, 1))
        # Taken back, the item comes with what was said of it; on another day it is asked again without.
        page.keyboard.press("z")
        page.wait_for_selector("[aria-pressed=true]:has-text('top')")
        last = self.shown()
        page.keyboard.press("Enter")
        page.wait_for_selector("text=Nothing is left to label")
        self.go("labels/tags", ".facts")
        self.go("labels/tags/desk", ".desk .empty")
        page.keyboard.press("z")
        page.wait_for_selector(".desk-picture img")
        self.assertEqual(self.shown(), last)
        self.assertEqual(self.status("tags")["done"], 2)

    def test_boxes_by_mouse_and_keyboard(self):
        self.prepare()
        self.make("boxes", dataset="small@1", task="boxes", classes=["garment", "logo"], column="boxes",
                  rows={"count": 2, "seed": 1}, review="all")
        page = self.page
        self.go("labels/boxes/desk", ".box-area")
        area = page.locator(".box-area").bounding_box()

        def at(x, y):
            return area["x"] + x * area["width"], area["y"] + y * area["height"]

        def drag(a, b):
            page.mouse.move(*at(*a))
            page.mouse.down()
            page.mouse.move(*at((a[0] + b[0]) / 2, (a[1] + b[1]) / 2))
            page.mouse.move(*at(*b))
            page.mouse.up()
        drag((0.1, 0.2), (0.5, 0.6))
        drag((0.3, 0.4), (0.4, 0.5))     # moved by a tenth
        drag((0.6, 0.7), (0.8, 0.9))     # its corner drawn out
        page.keyboard.press("Escape")
        page.mouse.click(*at(0.95, 0.05))  # beside: no box
        self.assertEqual(page.locator(".box").count(), 1)
        page.keyboard.press("2")
        page.keyboard.press("n")
        page.keyboard.press("ArrowLeft")
        page.keyboard.press("Shift+ArrowDown")
        self.assertEqual(page.locator(".box").count(), 2)
        self.axe("boxes")
        self.picture("desk-boxes")
        page.keyboard.press("Enter")
        page.wait_for_function("() => document.querySelectorAll('.box').length === 0")
        page.keyboard.press("Enter")
        page.wait_for_selector("text=Nothing is left to label")
        items = {i["item"]: i["answers"][0]["value"]["boxes"] for i in self.get("/sinter/v1/labellings/boxes/review")["items"]}
        first, second = sorted(items.values(), key=len, reverse=True)
        self.assertEqual(second, [])
        garment, logo = first
        self.assertEqual((garment["class"], logo["class"]), ("garment", "logo"))
        for field, wanted in (("x", 0.2), ("y", 0.3), ("width", 0.6), ("height", 0.6)):
            self.assertAlmostEqual(garment[field], wanted, delta=0.01)
        for field, wanted in (("x", 0.34), ("y", 0.35), ("width", 0.3), ("height", 0.31)):
            self.assertAlmostEqual(logo[field], wanted, delta=1e-4)
        self.go("labels/boxes/review", ".box")
        self.picture("review-boxes")
        self.quiet()

    def texts(self):
        self.serve()
        path = self.folder / "texts.csv"
        path.write_text("text,note\n" + "".join(f'"{t}",{i}\n' for i, t in enumerate(TEXTS)))
        self.ok("data", "add", "texts", path, "--column", "text=text", "--test-share", "0")
        self.browse()
        self.sign_in()

    def test_spans_by_mouse_and_keyboard(self):
        self.texts()
        self.make("names", dataset="texts", task="spans", classes=["PERSON", "PLACE"], column="spans", content="text", review="all")
        page = self.page
        self.go("labels/names/desk", ".marking")
        given = {}
        for _ in range(len(TEXTS)):
            if page.locator(".marking").count() == 0:
                break
            text = page.locator(".marking").text_content()
            if text == TEXTS[0]:
                # Two words by keyboard; a place with the mouse, dragged over.
                for key in ("ArrowRight", "Shift+ArrowRight", "1", "Escape"):
                    page.keyboard.press(key)
                page.keyboard.press("2")
                self.drag_over("Porto")
                given[text] = [{"class": "PERSON", "begin": 0, "end": 9}, {"class": "PLACE", "begin": 23, "end": 28}]
                page.wait_for_selector("mark:has-text('Porto')")
                self.axe("spans")
                self.picture("desk-spans")
            elif text == TEXTS[1]:
                # Behind a sign of two units: places count code points.
                page.keyboard.press("1")
                self.drag_over("Chen")
                given[text] = [{"class": "PERSON", "begin": 2, "end": 6}]
                page.wait_for_selector("mark:has-text('Chen')")
            else:
                given[text] = []
            page.keyboard.press("Enter")
            page.wait_for_function("text => document.querySelector('.marking')?.textContent !== text", arg=text)
        page.wait_for_selector("text=Nothing is left to label")
        items = self.get("/sinter/v1/labellings/names/review")["items"]
        self.assertEqual({i["content"]["text"]: i["answers"][0]["value"]["spans"] for i in items}, given)
        self.quiet()

    def drag_over(self, word):
        places = self.page.evaluate("""word => {
            const walk = document.createTreeWalker(document.querySelector('.marking'), NodeFilter.SHOW_TEXT);
            while (walk.nextNode()) {
                const at = walk.currentNode.textContent.indexOf(word);
                if (at < 0) continue;
                const range = document.createRange();
                range.setStart(walk.currentNode, at);
                range.setEnd(walk.currentNode, at + word.length);
                const box = range.getBoundingClientRect();
                return [box.left, box.right, box.top + box.height / 2];
            }
        }""", word)
        left, right, y = places
        self.page.mouse.move(left + 1, y)
        self.page.mouse.down()
        self.page.mouse.move((left + right) / 2, y)
        self.page.mouse.move(right - 1, y)
        self.page.mouse.up()

    def test_a_transcript_is_typed(self):
        self.texts()
        self.make("words", dataset="texts", task="transcript", column="said", content="text", rows={"count": 1, "seed": 1}, review="all")
        page = self.page
        self.go("labels/words/desk", "textarea")
        page.keyboard.type("z and s are letters here")
        page.keyboard.press("Shift+Enter")
        page.keyboard.type("1")
        self.axe("a transcript")
        page.keyboard.press("Enter")
        page.wait_for_selector("text=Nothing is left to label")
        (item,) = self.get("/sinter/v1/labellings/words/review")["items"]
        self.assertEqual(item["answers"][0]["value"], {"text": "z and s are letters here\n1"})

    def sounds(self):
        """Three clips of 3, 4 and 5 s, tones of their own, as files of 16 bits."""
        self.serve()
        folder, rate = self.folder / "clips" / "tones", 8000
        folder.mkdir(parents=True)
        for seconds in (3, 4, 5):
            samples = [int(9000 * math.sin(2 * math.pi * 100 * seconds * t / rate)) for t in range(rate * seconds)]
            with wave.open(str(folder / f"{seconds}.wav"), "wb") as out:
                out.setparams((1, 2, rate, 0, "NONE", ""))
                out.writeframes(struct.pack(f"<{len(samples)}h", *samples))
        self.ok("data", "add", "clips", self.folder / "clips", "--rate", rate, "--seconds", 5, "--test-share", "0")
        self.browse()
        self.sign_in()

    def played(self, what):
        return self.page.evaluate(f"() => document.querySelector('.player audio').{what}")

    def wait_played(self, condition):
        self.page.wait_for_function(f"() => {{ const a = document.querySelector('.player audio'); return a !== null && ({condition}); }}")

    def test_sound_is_transcribed_by_keyboard(self):
        self.sounds()
        self.make("spoken", dataset="clips", task="transcript", column="said", review="all")
        self.assertEqual(self.get("/sinter/v1/labellings/spoken")["spec"]["content"], "sound")
        page = self.page
        self.go("labels/spoken/desk", ".player")
        given = {}
        for n in range(3):
            self.wait_played("a.readyState >= 2 && a.paused")
            url = self.played("getAttribute('src')")
            # What is heard is the file, without the silence that fills the row.
            with wave.open(io.BytesIO(self.request("GET", url, self.token)[1])) as heard:
                rate, frames = heard.getframerate(), heard.getnframes()
                samples = struct.unpack(f"<{frames}h", heard.readframes(frames))
            self.assertEqual(rate, 8000)
            seconds = frames // rate
            self.assertIn(seconds, (3, 4, 5))
            wanted = [9000 * math.sin(2 * math.pi * 100 * seconds * t / rate) for t in range(frames)]
            self.assertLess(max(abs(a - b) for a, b in zip(samples, wanted)), 3)
            self.assertAlmostEqual(self.played("duration"), seconds, delta=0.01)
            page.keyboard.press("Control+ ")
            self.wait_played("!a.paused && a.currentTime > 0.3")
            page.keyboard.press("Control+ ")
            self.wait_played("a.paused")
            if n == 0:
                page.evaluate("() => { document.querySelector('.player audio').currentTime = 2.5; }")
                self.wait_played("a.currentTime === 2.5 && !a.seeking")
                page.keyboard.press("Control+ArrowLeft")
                self.wait_played("Math.abs(a.currentTime - 0.5) < 0.01 && !a.seeking")
                page.keyboard.press("Control+ArrowLeft")
                self.wait_played("a.currentTime === 0")
                page.keyboard.press("Control+ArrowUp")
                self.axe("a sound")
                self.fits(360, "a sound")
                self.picture("desk-sound-360")
                page.set_viewport_size({"width": 1440, "height": 900})
                self.picture("desk-sound")
            self.assertEqual(self.played("playbackRate"), 1.25, "the speed stays from sound to sound")
            # Out of the field the same keys do it without Ctrl, and letters are the desk's.
            page.keyboard.press("Escape")
            page.keyboard.press(" ")
            self.wait_played("!a.paused")
            page.keyboard.press(" ")
            self.wait_played("a.paused")
            page.locator("textarea").focus()
            given[seconds] = f"a tone of {seconds} s"
            page.keyboard.type(given[seconds])
            page.keyboard.press("Enter")
            if n < 2:
                page.wait_for_function("url => document.querySelector('.player audio')?.getAttribute('src') !== url", arg=url)
        page.wait_for_selector("text=Nothing is left to label")
        items = self.get("/sinter/v1/labellings/spoken/review")["items"]
        self.assertEqual({round(i["content"]["seconds"]): i["answers"][0]["value"]["text"] for i in items}, given)
        # A part, as players ask for it; nobody without a session.
        self.assertEqual(page.evaluate("""async url => {
            const part = await fetch(url, {headers: {Range: "bytes=8-11"}});
            return [part.status, part.headers.get("content-type"), await part.text()];
        }""", url), [206, "audio/wav", "WAVE"])
        self.assertEqual(self.request("GET", url)[0], 401)
        # In the review the space bar plays, and a key decides.
        self.go("labels/spoken/review", ".player")
        self.wait_played("a.readyState >= 2")
        page.keyboard.press(" ")
        self.wait_played("!a.paused")
        page.keyboard.press("1")
        page.wait_for_selector("text=1 of 2")
        self.quiet()
        # In Chinese; and a sound that does not come is told, and asked for again.
        page.click("#language")
        page.wait_for_selector(".player-play:has-text('播放')")
        page.route("**/items/*/content", lambda route: route.abort())
        page.reload()
        page.wait_for_selector(".player-failed:has-text('无法播放该声音')")
        page.unroute("**/items/*/content")
        page.click(".player-failed button")
        self.wait_played("a.readyState >= 2")

    def test_review_decides_by_key(self):
        self.prepare()
        self.make("twice", dataset="small@1", task="classification", rows={"count": 4, "seed": 2}, labellers=2, review="disagreements")
        items = [i["item"] for i in self.items("twice", "ana")]
        for i, item in enumerate(items):
            self.answer("twice", item, {"class": "Coat"}, "ana")
            self.answer("twice", item, {"class": "Coat" if i == 0 else "Shirt"}, "bo")
        self.assertEqual(self.status("twice")["in_review"], 3)
        page = self.page
        self.go("labels/twice/review", ".opinions")
        self.assertEqual(page.locator(".opinions .opinion-value").all_text_contents(), ["Coat", "Shirt"])
        self.axe("a review")
        self.fits(360, "a review")
        self.picture("review-360")
        page.set_viewport_size({"width": 1440, "height": 900})
        self.picture("review-1440")
        # One key upon the other: each decides what is shown when it comes.
        page.keyboard.press("2")
        page.keyboard.press("Shift+4")
        page.wait_for_selector("text=1 of 1")
        page.keyboard.press("s")
        page.wait_for_selector("text=Nothing waits for a reviewer")
        page.wait_for_timeout(300)
        decisions = {i["item"]: i["decision"] for i in self.get("/sinter/v1/labellings/twice/review")["items"]}
        self.assertEqual([decisions.get(i) for i in items[1:]], [{"class": "Shirt"}, {"class": "Dress"}, {"skip": True}])
        self.go("labels/twice", "section[aria-label='Agreement']")
        agreement = self.status("twice")["agreement"]
        self.assertEqual(agreement["observed"], 0.25)
        self.assertEqual(page.locator("section[aria-label='Agreement'] .big").text_content(), "25.0%")
        self.axe("agreement")
        self.picture("agreement-1440")
        self.quiet()

    def test_every_page_by_night_in_chinese_on_a_phone(self):
        self.prepare()
        self.make("slice", dataset="small@1", task="classification", rows={"count": 4, "seed": 1}, labellers=2,
                  review="disagreements", instructions="One garment a picture.")
        self.make("boxes", dataset="small@1", task="boxes", classes=["garment"], column="boxes", rows={"count": 2, "seed": 1})
        for item in [i["item"] for i in self.items("slice", "ana")][:2]:
            self.answer("slice", item, {"class": "Coat"}, "ana")
            self.answer("slice", item, {"class": "Bag"}, "bo")
        page = self.page
        page.click("#language")
        for scheme in ("light", "dark"):
            page.emulate_media(color_scheme=scheme)
            for place, ready in (("labels", ".ledger"), ("labels/slice", ".facts"), ("labels/slice/desk", ".class-list"),
                                 ("labels/boxes/desk", ".box-area"), ("labels/slice/review", ".opinions"),
                                 ("data/small/clean", ".add-step"), ("sweeps", "h1"), ("cost", "h1")):
                self.go(place, ready)
                for width in (1440, 360):
                    with self.subTest(place=place, scheme=scheme, width=width):
                        self.fits(width, place)
                        self.axe(place)
                self.picture(f"{place.replace('/', '-')}-360-{scheme}-zh")
                page.set_viewport_size({"width": 1440, "height": 900})
        self.assertGreater(self.contrast("body"), 7)


if __name__ == "__main__":
    main()

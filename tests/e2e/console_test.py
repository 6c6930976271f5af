"""The console in a real browser: every page with real data, in both languages, by day and by night.

What a page waits for is a function, never an expression: Chromium would have to eval that, and the page's policy
forbids it.
"""
import json
import threading

from browser import Browser, png
from program import conv_recipe, main, recipe, small_data

RUNS = (recipe(epochs=10), recipe(kind="sgd", rate=0.05, epochs=3), conv_recipe())
NAN = recipe(name="wild", kind="sgd", rate=1000).replace("0.00392156862745098", "1.0e12")


class Console(Browser):
    def everything(self):
        """A home with two versions of a model, a service that was rolled out twice, and a run that failed."""
        self.ok("data", "add", "small", small_data(self.folder / "data"), "--classes", "fashion-mnist")
        for text in RUNS:
            self.ok("train", self.recipe_file(text))
        self.fails("train", self.recipe_file(NAN))
        self.ok("service", "deploy", "clothes", "digits@1")
        self.ok("service", "rollout", "clothes", "digits@2")
        self.runs = [r["id"] for r in self.get("/sinter/v1/runs")["items"]]

    def places(self):
        """Every page, and what shows that it is there in whole."""
        ids = [r for r in self.runs if not r.startswith("wild")]
        return {
            "overview": ("", ".attention"),
            "data": ("data", ".ledger"),
            "dataset": ("data/small", ".bar-cell"),
            "runs": ("runs", ".ledger"),
            "run": (f"runs/{ids[0]}", ".chart canvas"),
            "failed-run": (f"runs/{next(r for r in self.runs if r.startswith('wild'))}", ".problem"),
            "compare": (f"runs/compare?ids={','.join(ids)}", ".chart canvas"),
            "models": ("models", ".ledger"),
            "model": ("models/digits", ".confusion"),
            "services": ("services", ".spark"),
            "service": ("services/clothes", ".chart canvas"),
            "try": ("services/clothes/try", "#samples canvas"),
            "nothing": ("nowhere", ".empty"),
        }

    def test_every_page_in_every_dress(self):
        self.serve()
        self.everything()
        page = self.browse()
        self.sign_in()
        for name, (place, ready) in self.places().items():
            self.go(place, ready)
            self.picture(f"{name}-1440")
            for width in (1440, 800, 360):
                with self.subTest(page=name, width=width):
                    self.fits(width, name)
                    self.axe(name)
            self.picture(f"{name}-360")
            page.set_viewport_size({"width": 1440, "height": 900})
        page.click("#language")
        page.wait_for_function("() => document.documentElement.lang === 'zh-CN'")
        page.emulate_media(color_scheme="dark")
        for name, (place, ready) in self.places().items():
            self.go(place, ready)
            self.assertRegex(page.locator(".margin h2, h1").first.text_content() + page.title(), r"[\u4e00-\u9fff]|Sinter")
            with self.subTest(page=name, night=True):
                self.fits(360, name)
                self.axe(name)
            self.picture(f"{name}-360-night-zh")
            page.set_viewport_size({"width": 1440, "height": 900})
        self.assertGreater(self.contrast("body"), 7)
        self.quiet()

    def test_the_overview_says_what_needs_a_person(self):
        self.serve()
        self.everything()
        page = self.browse()
        self.sign_in()
        self.go("", ".attention")
        wild = next(r for r in self.runs if r.startswith("wild"))
        self.assertIn("1 service answers", page.locator("h1").text_content())
        self.assertIn("1 thing needs you", page.locator("h1").text_content())
        self.assertIn(f"{wild} failed", page.locator(".attention").first.text_content())
        page.click(f"text={wild} failed")
        page.wait_for_selector(".problem")
        self.assertIn("the loss", page.locator(".problem").text_content())
        # A figure that stands on the pages is the one that the server gives.
        accuracy = self.get("/sinter/v1/models/digits")["details"]["figures"]["accuracy"]
        self.go("models/digits", ".big")
        self.assertEqual(page.locator(".big").first.text_content(), f"{100 * accuracy:.2f}%")
        self.go("data/small", ".bar-cell")
        rows = self.get("/sinter/v1/datasets/small/profile")["profile"]["splits"][0]["classes"]
        shown = page.locator(".bar-cell b").all_text_contents()
        self.assertEqual(shown[0::2], [str(c["rows"]) for c in rows])
        page.wait_for_function("() => document.querySelector('.sample-grid').naturalWidth > 100")
        self.quiet()

    def test_a_table_shows_what_is_missing_and_whose_it_is(self):
        self.serve()
        rows = ["age,mail,grade"] + [f"{20 + i},{'' if i % 5 == 0 else f'p{i}@example.org'},{'ab'[i % 2]}" for i in range(20)]
        (self.folder / "people.csv").write_text("\n".join(rows) + "\n")
        self.ok("data", "add", "people", self.folder / "people.csv")
        self.browse()
        self.sign_in()
        self.go("data/people", "[aria-label='Columns'] table")
        self.assertEqual(self.page.locator(".sample-grid").count(), 0, "a table has no pictures")
        split = self.get("/sinter/v1/datasets/people/profile")["profile"]["splits"][0]
        columns = {c["name"]: c for c in split["columns"]}
        mail = self.page.locator("[aria-label='Columns'] tr:has(th:text-is('mail'))")
        missing = columns["mail"]["missing"]
        self.assertGreater(missing, 0)
        self.assertIn(str(missing), mail.locator(".notable").all_text_contents())
        personal = self.page.locator("tr:has-text('Personal data') td").first.text_content()
        self.assertEqual(int(personal), sum(sum(c.get("personal", {}).values()) for c in columns.values()))
        self.assertGreaterEqual(int(personal), split["rows"] - missing)
        self.axe("a table")
        self.fits(360, "a table")
        self.picture("table")
        self.quiet()

    def test_lineage_leads_from_data_to_service_and_back(self):
        self.serve()
        self.everything()
        page = self.browse()
        self.sign_in()
        run = self.get("/sinter/v1/models/digits@2")["details"]["run"]
        self.go("models/digits@2", ".lineage .here")
        columns = page.locator(".lineage-column").all()
        shown = [column.locator("li").all_text_contents() for column in columns]
        self.assertEqual(shown[:3], [["small@1"], [run], ["digits@2"]])
        self.assertEqual(shown[3], ["clothes@2"])
        self.assertEqual(page.locator(".lineage-lines path").count(), 3)
        self.assertIn("digits@2 led to clothes@2", page.locator(".unseen li").all_text_contents())
        self.picture("lineage")
        page.click(f".lineage a:has-text('{run}')")
        page.wait_for_selector(f"h1:has-text('{run}')")
        page.wait_for_selector(".lineage .here")
        # From the data: everything that was ever made of it.
        self.go("data/small", ".lineage .here")
        made = [column.locator("li").all_text_contents() for column in page.locator(".lineage-column").all()]
        self.assertEqual(sorted(made[1]), sorted(self.runs))
        self.assertEqual(made[2], ["conv@1", "digits@1", "digits@2"])
        self.axe("lineage")
        self.fits(360, "lineage")
        self.quiet()

    def test_a_run_is_watched_live_and_cancelled(self):
        self.serve()
        self.ok("data", "add", "small", small_data(self.folder / "data"))
        training = self.start("train", self.recipe_file(recipe(epochs=4000)))
        run = self.wait_for_run(training, lambda r: r["step"] > 0)["id"]
        page = self.browse()
        self.sign_in()
        self.go("", ".running")
        self.assertIn(run, page.locator(".running").text_content())
        page.click(f"text={run}")
        page.wait_for_selector(".chart canvas")
        at = page.locator(".progress .number").text_content()
        page.wait_for_function("at => document.querySelector('.progress .number').textContent !== at", arg=at)
        last = page.locator(".curve-table td").first.text_content()
        page.wait_for_function("last => document.querySelector('.curve-table td').textContent !== last", arg=last)
        page.click("text=Cancel the run")
        page.wait_for_selector("dialog[open]")
        self.axe("a question")
        page.locator("dialog button.danger").click()
        page.wait_for_selector(".head .state-ended")
        self.assertEqual(self.get(f"/sinter/v1/runs/{run}")["state"], "cancelled")
        training.wait(timeout=60)
        self.quiet()

    def test_a_job_is_followed_and_cancelled(self):
        self.serve()
        page = self.browse()
        self.sign_in()
        name = self.ok("job", "submit", "--", "sh", "-c",
                       "i=0; while :; do i=$((i+1)); echo line $i; sleep 0.2; done").strip()
        self.go("jobs", f"text={name}")
        self.axe("jobs")
        self.fits(360, "jobs")
        page.set_viewport_size({"width": 1440, "height": 900})
        page.click("tbody a")
        page.wait_for_selector(".log:has-text('line 3')")
        lines = page.locator(".log").text_content().count("\n")
        page.wait_for_function("n => document.querySelector('.log').textContent.split('\\n').length > n + 3", arg=lines)
        text = page.locator(".log").text_content().split("\n")
        self.assertEqual(text[:3], ["line 1", "line 2", "line 3"])
        self.axe("a job")
        self.picture("job")
        page.click("text=Cancel the job")
        page.locator("dialog button.danger").click()
        page.wait_for_selector(".head .state-ended")
        page.wait_for_selector("text=That was all.")
        self.assertEqual(self.get(f"/sinter/v1/jobs/{name}")["state"], "cancelled")
        self.fits(360, "a job")

    def test_a_recipe_is_trained_from_the_console(self):
        self.serve()
        self.ok("data", "add", "small", small_data(self.folder / "data"))
        page = self.browse()
        self.sign_in()
        self.go("jobs", ".empty")
        page.click("text=Train")
        page.fill("dialog textarea", "name: nonsense\n")
        page.locator("dialog button[type=submit]").click()
        page.wait_for_selector("dialog .problem")
        self.axe("a recipe that is refused")
        page.fill("dialog textarea", recipe(epochs=1))
        page.locator("dialog button[type=submit]").click()
        page.wait_for_selector(".head .state-done", timeout=90000)
        page.click(".facts a")
        page.wait_for_selector(".chart canvas")
        page.click("text=Train with this recipe")
        self.assertEqual(page.input_value("dialog textarea"), recipe(epochs=1))

    def test_runs_are_chosen_and_compared(self):
        self.serve()
        self.everything()
        page = self.browse()
        self.sign_in()
        self.go("runs", ".ledger")
        compare = page.locator(".actions .primary")
        self.assertTrue(compare.is_disabled())
        for run in self.runs:
            if run.startswith("digits"):
                page.check(f"[aria-label='Compare {run}']")
        compare.click()
        page.wait_for_selector(".chart canvas")
        table = page.locator("[aria-label='Recipe'] table").text_content()
        self.assertIn("optimizer.kind", table)
        self.assertIn("sgd", table)
        self.assertNotIn("batch_size", table, "what does not differ is shown only when asked for")
        page.check("text=Show what is the same")
        self.assertIn("batch_size", page.locator("[aria-label='Recipe'] table").text_content())
        self.assertEqual(page.locator(".chart").first.locator("tbody th").count(), 2, "two curves over each other")
        self.quiet()

    def test_a_service_is_deployed_changed_and_ended(self):
        self.serve()
        self.everything()
        page = self.browse()
        self.sign_in()
        self.go("models/digits@1", ".actions button")
        page.click("text=Deploy")
        page.locator("dialog input[type=text]").fill("second")
        page.locator("dialog button[type=submit]").click()
        page.wait_for_selector(".head .state-done")
        self.assertEqual(self.get("/sinter/v1/services/second")["current"]["model"], "digits@1")
        self.go("services/second", ".actions button")
        page.click("text=Roll out")
        page.locator("dialog select").nth(1).select_option("digits@2")
        page.locator("dialog button[type=submit]").click()
        page.wait_for_selector("text=digits@1 → digits@2")
        page.click("text=Roll back")
        page.locator("dialog button[type=submit]").click()
        page.wait_for_selector("text=digits@2 → digits@1")
        history = self.get("/sinter/v1/services/second")["history"]
        self.assertEqual([h["what"] for h in history], ["deploy", "rollout", "rollback"])
        self.assertEqual([h["by"] for h in history], ["local", "gates", "local"])
        # A refusal is told in the dialog, and changes nothing.
        page.click("text=Roll out")
        page.locator("dialog select").nth(0).select_option("conv")
        page.locator("dialog button[type=submit]").click()
        page.wait_for_function("() => document.querySelector('dialog[open]') === null || document.querySelector('dialog .problem')")
        page.keyboard.press("Escape")
        page.click("text=End the service")
        confirm = page.locator("dialog button.danger")
        self.assertTrue(confirm.is_disabled())
        page.locator("dialog input").fill("second")
        confirm.click()
        page.wait_for_selector("h1:has-text('Services')")
        self.assertEqual([s["name"] for s in self.get("/sinter/v1/services")["items"]], ["clothes"])

    def test_traffic_and_the_try_it_page(self):
        self.serve()
        self.everything()
        page = self.browse()
        self.sign_in()
        self.go("services/clothes/try", "#samples button")
        # A sample: most of twelve must get the label that they have; the answer names the revision.
        right = 0
        for i in range(12):
            sample = page.locator("#samples button").nth(i)
            label = sample.get_attribute("title")
            sample.click()
            page.wait_for_function("label => document.getElementById('told').textContent.includes('label: ' + label)", arg=label)
            right += page.locator("#answer li span").first.text_content() == label
            self.assertRegex(page.locator("#told").text_content(), r"revision \S+ answered in [\d.]+ ms")
        self.assertGreaterEqual(right, 6)
        shown = [float(t.rstrip("%")) for t in page.locator("#answer li span:last-child").all_text_contents()]
        self.assertEqual(shown, sorted(shown, reverse=True))
        # Drawing.
        page.click("#clear")
        page.wait_for_selector("#answer li", state="detached")
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
        page.wait_for_selector("#answer li", state="detached")
        page.set_input_files("#upload", {"name": "a.png", "mimeType": "image/png",
                                         "buffer": png(90, 60, lambda x, y: 255 if 20 < x < 70 and 10 < y < 50 else 0)})
        page.wait_for_selector("#answer li")
        # What is no picture is said, and nothing is asked.
        page.set_input_files("#upload", {"name": "notes.png", "mimeType": "image/png", "buffer": b"no picture"})
        page.wait_for_selector("text=notes.png is no picture")
        self.assertEqual(page.locator("#answer li").count(), 0)
        # The traffic of the service, as it happens.
        self.go("services/clothes", ".chart canvas")
        ask = json.dumps({"inputs": [{"name": "image", "datatype": "UINT8", "shape": [1, 28, 28], "data": [0] * 784}]})
        done = threading.Event()

        def load():
            while not done.is_set():
                self.request("POST", "/v2/models/clothes/infer", body=json.loads(ask))
        thread = threading.Thread(target=load)
        thread.start()
        self.addCleanup(done.set)
        page.wait_for_function("() => parseFloat(document.querySelector('.headline .big').textContent) > 0")
        page.wait_for_selector(".curve-table >> text=revision 2")
        self.picture("traffic")
        done.set()
        thread.join()
        self.quiet()

    def test_a_model_of_numbers_has_fields(self):
        """A try-it page made from a signature without pictures: y = x w, by hand."""
        import numpy as np
        import onnx
        from onnx import TensorProto, helper, numpy_helper
        weight = np.arange(12, dtype=np.float32).reshape(3, 4) / 8
        graph = helper.make_graph(
            [helper.make_node("MatMul", ["x", "w"], ["y"])], "small",
            [helper.make_tensor_value_info("x", TensorProto.FLOAT, ["n", 3])],
            [helper.make_tensor_value_info("y", TensorProto.FLOAT, ["n", 4])], [numpy_helper.from_array(weight, "w")])
        folder = self.folder / "model"
        folder.mkdir()
        onnx.save(helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=8), folder / "model.onnx")
        (folder / "signature.json").write_text(json.dumps(
            {"format": "sinter.signature.v1", "task": "regression", "inputs": [{"name": "x", "dtype": "f32", "shape": [3]}],
             "outputs": [{"name": "y", "dtype": "f32", "shape": [4]}]}))
        self.serve()
        self.ok("model", "push", "linear", folder)
        self.ok("service", "deploy", "linear", "linear")
        page = self.browse()
        self.sign_in()
        self.go("services/linear/try", ".number-fields input")
        self.assertEqual(page.locator(".number-fields input").count(), 3)
        for i, value in enumerate(("1", "-2", "0.5")):
            page.locator(".number-fields input").nth(i).fill(value)
        page.click("text=Ask")
        page.wait_for_selector(".plain-output")
        shown = [float(v) for v in page.locator(".plain-output pre").text_content().split()]
        expected = np.array([1, -2, 0.5], np.float32) @ weight
        np.testing.assert_allclose(shown, expected, atol=0.006)
        page.locator(".number-fields input").nth(0).fill("one")
        page.wait_for_selector("text=3 numbers are wanted")
        self.assertTrue(page.locator("form .primary").is_disabled())
        self.axe("a model of numbers")
        self.fits(360, "a model of numbers")
        self.picture("numbers")

    def test_an_empty_home_says_what_to_do(self):
        self.serve()
        page = self.browse()
        self.sign_in()
        for place, command in (("", "sinter data add NAME FOLDER"), ("data", "sinter data add NAME FOLDER"),
                               ("runs", "sinter train recipe.yaml"),
                               ("jobs", "sinter job submit --recipe recipe.yaml"),
                               ("models", "sinter model push NAME FOLDER"),
                               ("services", "sinter service deploy NAME MODEL")):
            self.go(place, f"text={command}")
            self.axe(f"empty {place}")
            self.picture(f"empty-{place or 'overview'}")
        for place in ("data/none", "runs/none", "models/none", "services/none"):
            self.go(place, ".problem")
        self.assertEqual(self.foreign, [])

    def test_a_server_that_goes_is_told_and_found_again(self):
        server = self.serve()
        port = self.origin.rsplit(":", 1)[1]
        page = self.browse()
        self.sign_in()
        self.go("", ".empty")
        server.kill()
        server.wait()
        page.wait_for_selector(".away:visible")
        self.assertTrue(page.locator(".empty").is_visible(), "what was there stays")
        again = self.start("serve", "--home", self.home, "--listen", f"127.0.0.1:{port}")
        self.assertRegex(again.stdout.readline(), "^ready ")
        page.wait_for_selector(".away", state="detached")
        page.wait_for_selector(".who >> visible=true")


if __name__ == "__main__":
    main()

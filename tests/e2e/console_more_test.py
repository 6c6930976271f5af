"""Runs in parallel coordinates, what the machine did, a service's gates in a form, its hard cases, and pages that the
server's changes bring up to date."""
import json

from browser import Browser
from program import main, recipe, small_data

RUNS = [recipe(epochs=1), recipe(rate=0.003, epochs=1), recipe(kind="sgd", rate=0.05, epochs=2), recipe(kind="sgd", rate=0.01, epochs=2)]


class More(Browser):
    def trained(self, recipes=RUNS):
        self.ok("data", "add", "small", small_data(self.folder / "idx"), "--classes", "fashion-mnist")
        for text in recipes:
            self.ok("train", self.recipe_file(text))

    def post(self, path, body):
        status, said = self.request("POST", path, self.token, body)
        return status, json.loads(said)

    def test_runs_are_lines_through_their_parameters(self):
        self.serve()
        self.trained()
        self.browse()
        page = self.page
        self.sign_in()
        self.go("runs", ".ledger")
        page.click("text=Choose all")
        page.click(".actions .primary")
        page.wait_for_selector(".parallel polyline")
        names = page.locator(".axis-name").all_text_contents()
        for wanted in ("kind", "learning_rate", "epochs", "test.accuracy"):
            self.assertIn(wanted, [n.strip() for n in names])
        self.assertNotIn("batch_size", names, "what does not differ is no axis")
        self.assertEqual(page.locator(".lines:not(.outside) polyline").count(), 4)
        # By keyboard: the upper half of the kinds is sgd; the table says the same as the lines.
        page.locator(".axis", has_text="adam").focus()
        page.keyboard.press("ArrowUp")
        page.wait_for_selector("text=2 of 4 runs")
        self.assertEqual(page.locator(".lines.outside polyline").count(), 2)
        rows = page.locator("[aria-label='Parameters'] tbody tr")
        kept = [row.text_content() for row in rows.all() if "same" not in (row.get_attribute("class") or "")]
        self.assertEqual(len(kept), 2)
        self.assertTrue(all("sgd" in text for text in kept), kept)
        page.keyboard.press("Escape")
        page.wait_for_selector("text=4 of 4 runs")
        # By drag: the better half of the accuracies.
        accuracy = {r["id"]: self.get(f"/sinter/v1/runs/{r['id']}/metrics?name=test.accuracy&points=1000")["mean"][-1]
                    for r in self.get("/sinter/v1/runs")["items"]}
        least, most = min(accuracy.values()), max(accuracy.values())
        grip = page.locator(".axis", has_text="test.accuracy").locator(".grip")
        grip.scroll_into_view_if_needed()
        box = grip.bounding_box()
        x, top, height = box["x"] + box["width"] / 2, box["y"] + 8, box["height"] - 16
        page.mouse.move(x, top - 4)
        page.mouse.down()
        page.mouse.move(x, top + height / 2, steps=5)
        page.mouse.up()
        better = sum(a >= (least + most) / 2 for a in accuracy.values())
        page.wait_for_selector(f"text={better} of 4 runs")
        self.axe("parallel coordinates")
        self.picture("parallel-1440")
        self.fits(360, "parallel coordinates")
        self.picture("parallel-360")
        self.quiet()

    def test_what_the_machine_did_is_drawn_by_the_clock(self):
        self.serve()
        self.ok("data", "add", "small", small_data(self.folder / "idx"))
        status, run = self.post("/sinter/v1/runs", {"name": "odd", "recipe": recipe(), "dataset": "small"})
        self.assertLess(status, 300, run)
        run = run["id"]
        status, attempt = self.post(f"/sinter/v1/runs/{run}/attempts", {})
        self.assertLess(status, 300, attempt)
        points = [{"name": "system/cores", "step": i, "value": 1.5 + i / 10, "wall_ms": 1700000000000 + 1000 * i}
                  for i in range(5)] + [{"name": "train.loss", "step": 1, "value": 0.5, "wall_ms": 1700000000000}]
        status, said = self.request("POST", f"/sinter/v1/runs/{run}/metrics", attempt["token"], {"points": points})
        self.assertEqual(status, 200, said)
        self.browse()
        self.sign_in()
        self.go(f"runs/{run}", "section[aria-label='System'] canvas")
        cell = self.page.locator("section[aria-label='System'] .curve-table tr:has-text('cores') td").first
        self.assertEqual(cell.text_content(), "1.90")
        self.assertEqual(self.page.locator("section[aria-label='Curves'] th:has-text('cores')").count(), 0)

    def test_gates_are_edited_in_a_form(self):
        self.serve()
        self.trained(RUNS[:1])
        self.ok("service", "deploy", "clothes", "digits")
        self.browse()
        page = self.page
        self.sign_in()
        self.go("services/clothes", "section[aria-label='Gates'] button")
        page.locator("section[aria-label='Gates'] button").click()
        page.wait_for_selector("dialog[open]")
        self.axe("the gates' form")
        self.picture("gates-form")
        p99 = page.locator("dialog label:has-text('p99') input")
        self.assertEqual(p99.input_value(), "")
        self.assertEqual(p99.get_attribute("placeholder"), "1,000", "the default is shown")
        p99.fill("fast")
        self.assertTrue(page.locator("dialog button[type=submit]").is_disabled())
        page.wait_for_selector("text=fast is no number")
        p99.fill("250")
        page.locator("dialog label:has-text('Data set') select").select_option("small")
        page.locator("dialog label:has-text('Margin') input").fill("0.05")
        page.locator("dialog label:has-text('Strategy') select").select_option("canary")
        page.locator("dialog label:has-text('Shares') input").fill("10, 50, 100")
        page.locator("dialog label:has-text('may be kept') input").check()
        page.locator("dialog button[type=submit]").click()
        page.wait_for_selector("dialog", state="detached")
        gates = self.get("/sinter/v1/services/clothes")["gates"]
        self.assertEqual(gates["budget"]["p99_ms"], 250)
        self.assertEqual(gates["budget"]["window_s"], 60, "what was left empty is the default")
        self.assertEqual((gates["golden"]["dataset"], gates["golden"]["margin"]), ("small", 0.05))
        self.assertEqual((gates["rollout"]["strategy"], gates["rollout"]["shares"]), ("canary", [10, 50, 100]))
        self.assertTrue(gates["cases"]["consent"])
        # What the server refuses is told, and changes nothing.
        page.locator("section[aria-label='Gates'] button").click()
        page.locator("dialog label:has-text('Shares') input").fill("50, 10, 100")
        page.locator("dialog button[type=submit]").click()
        page.wait_for_selector("dialog .problem:has-text('ascend')")
        self.assertEqual(self.get("/sinter/v1/services/clothes")["gates"]["rollout"]["shares"], [10, 50, 100])
        page.keyboard.press("Escape")
        self.fits(360, "a service with gates")

    def test_hard_cases_are_shown_with_their_pictures(self):
        self.serve()
        self.trained(RUNS[:1])
        self.ok("service", "deploy", "clothes", "digits")
        status, said = self.request("POST", "/sinter/v1/services/clothes/gates", self.token,
                                    {"cases": {"consent": True, "below": 0.999}})
        self.assertEqual(status, 200, said)
        sample = self.get("/sinter/v1/services/clothes/samples?count=12&dataset=small")
        for item in sample["items"]:
            self.request("POST", "/v2/models/clothes/infer", None,
                         {"inputs": [{"name": "image", "datatype": sample["datatype"],
                                      "shape": [1, *sample["shape"]], "data": item["data"]}]})
        cases = self.get("/sinter/v1/services/clothes/cases?limit=24")
        self.assertGreater(cases["kept"], 3)
        self.browse()
        page = self.page
        self.sign_in()
        self.go("services/clothes", "section[aria-label='Hard cases'] canvas")
        shown = page.locator("section[aria-label='Hard cases'] strong").all_text_contents()
        self.assertEqual(shown, [c["class_name"] for c in cases["items"]])
        self.axe("hard cases")
        self.fits(360, "hard cases")
        page.click("section[aria-label='Hard cases'] button")
        page.locator("dialog button[type=submit]").click()
        page.wait_for_selector("h1:has-text('clothes-cases')")  # the labelling, or the data set, that they became
        made = self.get("/sinter/v1/datasets/clothes-cases/profile")["profile"]["splits"]
        self.assertEqual([(s["name"], s["rows"]) for s in made], [("cases", cases["kept"])])
        self.assertEqual(self.get("/sinter/v1/services/clothes/cases")["kept"], 0)

    def test_a_sweep_is_followed_and_its_cost_is_shown(self):
        self.serve()
        if "/sinter/v1/sweeps" not in self.get("/sinter/v1/openapi.json")["paths"]:
            self.skipTest("this server has no sweeps")
        self.ok("data", "add", "small", small_data(self.folder / "idx"))
        (self.folder / "base.yaml").write_text(recipe(name="base", epochs=1))
        (self.folder / "sweep.yaml").write_text(
            "name: rates\nrecipe: base.yaml\nsearch: grid\nmetric: test.accuracy\ngoal: max\nparallel: 1\n"
            "parameters:\n  optimizer.learning_rate: [0.001, 0.003]\n  batch_size: [50, 100]\n")
        self.ok("sweep", "submit", self.folder / "sweep.yaml")
        self.browse()
        page = self.page
        self.sign_in()
        self.go("runs", ".actions a")
        page.click(".actions a:has-text('Sweeps')")
        page.click("text=rates")
        page.wait_for_selector(".head .state-done", timeout=120000)
        page.wait_for_selector(".parallel polyline >> nth=3", state="attached")
        sweep = self.get("/sinter/v1/sweeps/rates")
        rows = page.locator("section[aria-label='Trials'] tbody tr th").all_text_contents()
        self.assertEqual([int(r) for r in rows], [t["trial"] for t in sweep["trials"]], "the best first")
        self.assertEqual({n.strip() for n in page.locator(".axis-name").all_text_contents()},
                         {"learning_rate", "batch_size", "accuracy"})
        self.axe("a sweep")
        self.picture("sweep-1440")
        self.fits(360, "a sweep")
        self.go("cost?by=run", ".bar-cell")
        cost = self.get("/sinter/v1/cost?by=run")["items"]
        self.assertEqual(page.locator("section[aria-label='Cost'] tbody th").all_text_contents(),
                         [item["name"] or "–" for item in cost])
        self.axe("cost")
        self.quiet()

    def test_pages_follow_the_changes_of_the_server(self):
        self.serve()
        self.browse()
        page = self.page
        asked = []
        page.on("request", lambda request: asked.append(request.url) if "/datasets?" in request.url else None)
        self.sign_in()
        self.go("data", ".empty")
        page.wait_for_timeout(6000)
        self.assertLessEqual(len(asked), 3, "nothing changed: nothing is read again by the clock")
        before = len(asked)
        self.ok("data", "add", "small", small_data(self.folder / "idx"))
        page.wait_for_selector(".ledger >> text=small", timeout=3000)
        self.assertGreater(len(asked), before)
        self.quiet()


if __name__ == "__main__":
    main()

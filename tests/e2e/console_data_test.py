"""A data set cleaned and compared in the console, and what is odd about it with its pictures."""
from browser import Browser
from program import main, recipe, small_data


class Data(Browser):
    def people(self):
        rows = ["age,mail,grade"] + [f"{'' if i % 6 == 0 else 18 + i % 9},p{i}@example.org,{'ab'[i % 2]}" for i in range(60)]
        (self.folder / "people.csv").write_text("\n".join(rows) + "\n")
        self.ok("data", "add", "people", self.folder / "people.csv")

    def values(self, ref, column):
        """All of a column's values of a version, of all splits."""
        splits = self.get(f"/sinter/v1/datasets/{ref}/profile")["profile"]["splits"]
        return [next(c for c in s["columns"] if c["name"] == column) for s in splits]

    def test_steps_are_tried_then_applied_and_the_versions_compared(self):
        self.serve()
        self.people()
        self.browse()
        page = self.page
        self.sign_in()
        self.go("data/people", "text=Clean")
        page.click(".actions a:has-text('Clean')")
        page.wait_for_selector(".add-step")
        page.click(".add-step button:has-text('Fill')")
        # The column that has gaps is offered, and filled as the server says.
        self.assertEqual(page.locator(".step-card select").first.input_value(), "age")
        page.click(".add-step button:has-text('Keep rows')")
        preview = page.locator(".controls button:has-text('Preview')")
        self.assertTrue(preview.is_disabled(), "a condition is missing")
        page.locator(".step-card").nth(1).locator("input").fill("age >= 20")
        apply = page.locator(".controls button:has-text('Apply')")
        self.assertTrue(apply.is_disabled(), "nothing was tried yet")
        preview.click()
        page.wait_for_selector(".step-report")
        self.assertEqual(page.locator(".step-report").count(), 2)
        self.assertIn("touches 10 of 60 rows", page.locator(".step-report").first.text_content())
        self.axe("cleaning")
        self.picture("clean-1440")
        self.fits(360, "cleaning")
        self.picture("clean-360")
        page.set_viewport_size({"width": 1440, "height": 900})
        self.assertEqual(len(self.get("/sinter/v1/datasets/people/versions")["items"]), 1, "trying makes no version")
        # Another step: what was tried is not what would be applied.
        page.click(".add-step button:has-text('Mask')")
        self.assertTrue(apply.is_disabled())
        page.locator(".step-card").nth(2).locator("select").first.select_option("mail")
        page.locator(".step-card").nth(2).locator("[aria-label='Earlier']").click()
        self.assertEqual(page.locator(".step-card h3").all_text_contents()[1].strip(), "2 Mask")
        preview.click()
        page.wait_for_selector(".step-report >> nth=2")
        left = page.locator(".sum").text_content()
        apply.click()
        page.locator("dialog button[type=submit]").click()
        page.wait_for_selector("h1:has-text('people')")
        page.wait_for_selector(".steps-done")
        made = self.get("/sinter/v1/datasets/people")
        self.assertEqual([s["step"] for s in made["details"]["steps"]], ["fill", "mask", "filter"])
        self.assertEqual(made["details"]["from"]["ref"], "people@1")
        self.assertEqual(sum(c["missing"] for c in self.values("people", "age")), 0)
        rows = sum(s["rows"] for s in self.get("/sinter/v1/datasets/people/profile")["profile"]["splits"])
        self.assertIn(f"{rows} of 60 rows", left)
        self.assertLess(rows, 60)
        # Made from the first version, it is compared with it without being asked.
        page.wait_for_selector("[aria-label='Changes'] .facts")
        diff = self.get("/sinter/v1/datasets/people@1/compare?with=people@2")
        facts = dict(zip(page.locator("section[aria-label='Changes'] dt").all_text_contents(),
                         page.locator("section[aria-label='Changes'] dd").all_text_contents()))
        self.assertEqual(facts["Same"], str(diff["rows"]["same"]))
        self.assertEqual(facts["Removed"], str(diff["rows"]["removed"]))
        self.assertIn("mask", page.locator(".steps-done").text_content())
        self.axe("a cleaned version")
        self.fits(360, "a cleaned version")
        self.picture("cleaned-360")
        self.quiet()

    def test_a_step_that_does_not_fit_is_told(self):
        self.serve()
        self.people()
        self.browse()
        self.sign_in()
        self.go("data/people/clean", ".add-step")
        self.page.click(".add-step button:has-text('Keep rows')")
        self.page.locator(".step-card input").fill("height > 2")
        self.page.locator(".controls button:has-text('Preview')").click()
        self.page.wait_for_selector(".problem:has-text('height')")
        self.assertTrue(self.page.locator(".controls button:has-text('Apply')").is_disabled())

    def test_suspect_labels_and_likenesses_are_shown_as_pictures(self):
        self.serve()
        self.ok("data", "add", "small", small_data(self.folder / "idx"), "--classes", "fashion-mnist")
        self.ok("train", self.recipe_file(recipe(epochs=3)))
        self.browse()
        page = self.page
        self.sign_in()
        self.go("data/small", ".pair-cards")
        pairs = self.get("/sinter/v1/datasets/small/profile")["profile"]["near_examples"]
        leaks = [p for p in pairs if p["first"]["split"] != p["again"]["split"]]
        shown = page.locator(".pair-cards p.notable").all_text_contents()
        self.assertEqual(shown, [f"{p['first']['split']} {p['first']['row']} · {p['again']['split']} {p['again']['row']}"
                                 for p in leaks])
        page.click("button:has-text('Find')")
        page.wait_for_selector(".picture-cards")
        report = self.get("/sinter/v1/datasets/small/suspects?model=digits")
        first = report["examples"][0]
        card = page.locator(".picture-cards li").first
        self.assertEqual(card.locator("s").text_content(), first["label"])
        self.assertEqual(card.locator("strong").text_content(), first["predicted"])
        # Every picture is of one row: 28 pixels a side.
        page.wait_for_function("() => document.querySelector('.picture-cards img').naturalWidth === 28")
        status, one = self.request("GET", f"/sinter/v1/datasets/small/samples?split={first['split']}&row={first['row']}", self.token)
        self.assertEqual((status, one[:4]), (200, b"\x89PNG"))
        status, _ = self.request("GET", "/sinter/v1/datasets/small/samples?split=train&row=2000", self.token)
        self.assertEqual(status, 404)
        self.axe("suspect labels")
        self.fits(360, "suspect labels")
        self.quiet()


if __name__ == "__main__":
    main()

"""A rollout watched live in the console: its gates as they are decided, a person who steers it, and a refusal."""
import threading

from browser import Browser
from program import main, recipe, small_data

GATES = {"golden": {"dataset": "small", "samples": 300, "margin": 0.3}, "shadow": {"percent": 100, "minimum": 30},
         "rollout": {"strategy": "canary", "shares": [20, 60, 100], "bake_s": 1.5},
         "budget": {"minimum": 20, "p99_ms": 60000}}


class Rollouts(Browser):
    def prepare(self):
        self.serve()
        self.ok("data", "add", "small", small_data(self.folder / "idx"), "--classes", "fashion-mnist")
        self.good = self.ok_json("train", self.recipe_file(recipe("good", epochs=3)))["model"]
        # Trained for nothing: its weights are as they were drawn.
        self.bad = self.ok_json("train", self.recipe_file(recipe("bad", rate=1e-9, epochs=1)))["model"]
        self.ok("service", "deploy", "clothes", self.good)
        status, said = self.request("POST", "/sinter/v1/services/clothes/gates", self.token, GATES)
        self.assertEqual(status, 200, said)
        self.browse()
        self.sign_in()
        self.go("services/clothes", ".chart canvas")

    def traffic(self):
        """Steady requests until the test ends; gives the list of their statuses."""
        sample = self.get("/sinter/v1/services/clothes/samples?count=1&dataset=small")
        body = {"inputs": [{"name": "image", "datatype": sample["datatype"], "shape": [1, *sample["shape"]],
                            "data": sample["items"][0]["data"]}]}
        stop, statuses = threading.Event(), []

        def ask():
            while not stop.wait(0.005):
                statuses.append(self.request("POST", "/v2/models/clothes/infer", None, body)[0])
        thread = threading.Thread(target=ask)
        thread.start()
        self.addCleanup(thread.join)
        self.addCleanup(stop.set)
        return statuses

    def roll_out(self, model):
        name, _, _ = model.partition("@")
        self.page.click("text=Roll out")
        self.page.locator("dialog select").nth(0).select_option(name)
        self.page.locator("dialog button[type=submit]").click()

    def stage(self, name, state):
        self.page.wait_for_selector(f".stage-{state}:has-text('{name}')", timeout=60000)

    def steer(self, wish, reason):
        self.page.locator(f".controls button:has-text('{wish}')").click()
        self.page.fill("dialog input", reason)
        self.page.locator("dialog button[type=submit]").click()
        self.page.wait_for_selector("dialog", state="detached")

    def test_a_rollout_is_watched_live(self):
        self.prepare()
        page = self.page
        self.roll_out(self.good)
        # Without traffic it waits in the shadow, and says for what.
        self.stage("Golden set", "passed")
        self.stage("Shadow", "working")
        page.wait_for_selector("text=too few")
        self.axe("a rollout under way")
        self.picture("rollout-shadow")
        # What was decided before can be looked at: the golden set's figures are the record's own.
        page.click(".stage:has-text('Golden set') button")
        page.wait_for_selector(".difference")
        rollout = self.get("/sinter/v1/services/clothes/rollout")
        figures = next(s for s in rollout["history"] if s["state"] == "shadow")["figures"]
        self.assertIn(f"{100 * figures['difference']:.2f}%", page.locator(".difference figcaption").text_content())
        page.click(".stage:has-text('Shadow') button")
        self.steer("Pause", "lunch")
        self.stage("Shadow", "paused")
        self.assertEqual(self.get("/sinter/v1/services/clothes/rollout")["state"], "paused")
        self.steer("Resume", "back")
        statuses = self.traffic()
        self.stage("20%", "working")
        self.stage("60%", "working")
        self.picture("rollout-canary")
        self.steer("Promote", "seen enough")
        self.stage("Done", "passed")
        rollout = self.get("/sinter/v1/services/clothes/rollout")
        self.assertEqual(rollout["state"], "done")
        self.assertEqual([s["reason"] for s in rollout["history"] if s["by"] == "local"],
                         ["asked for", "lunch", "back", "seen enough"])
        self.assertEqual(self.get("/sinter/v1/services/clothes")["current"]["revision"], "2")
        self.fits(360, "a rollout that is over")
        self.axe("a rollout that is over")
        self.picture("rollout-done-360")
        self.assertEqual(set(statuses), {200}, "a request was lost")
        self.quiet()

    def test_a_refusal_is_shown_with_its_figures(self):
        self.prepare()
        page = self.page
        self.roll_out(self.bad)
        self.stage("Golden set", "refused")
        page.wait_for_selector("text=worse on the golden set by more than 0.3")
        page.wait_for_selector(".difference")
        self.axe("a refusal")
        self.picture("rollout-refused")
        self.assertEqual(self.get("/sinter/v1/services/clothes")["current"]["model"], self.good)
        self.go("", ".attention")
        page.wait_for_selector("text=A change of clothes was refused")

    def test_a_rollout_is_aborted(self):
        self.prepare()
        self.roll_out(self.good)
        self.stage("Shadow", "working")
        self.steer("Abort", "changed my mind")
        self.stage("Shadow", "refused")
        self.page.wait_for_selector("text=changed my mind")
        self.assertEqual(self.get("/sinter/v1/services/clothes")["current"]["revision"], "1")


if __name__ == "__main__":
    main()

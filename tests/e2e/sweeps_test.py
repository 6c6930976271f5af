"""Sweeps as their users run them: by halving, in a grid, over a server that is killed; and which trial is best."""
import json
import time

from program import Program, main, recipe, small_data

HALVING = """\
name: rates
recipe: recipe.yaml
search: random
trials: 6
seed: 5
parallel: 2
metric: test.accuracy
halving: {min_epochs: 1, eta: 3}
job: {cpus: 1, memory_mb: 1024}
parameters:
  optimizer.learning_rate: {log_uniform: [0.000001, 0.01]}
  model.layers.1.dense.units: {int: [16, 64]}
"""

GRID = """\
name: {name}
recipe: recipe.yaml
parallel: 2
job: {{cpus: 1, memory_mb: 1024}}
parameters:
  {path}: [{values}]
"""


class Sweeps(Program):
    def setUp(self):
        super().setUp()
        self.server = self.serve(log="serve.log")
        self.ok("data", "add", "small", small_data(self.folder / "data"))

    def sweep_file(self, text):
        path = self.folder / "sweep.yaml"
        path.write_text(text)
        return path

    def sweep(self, name):
        return self.get(f"/sinter/v1/sweeps/{name}")

    def wait_for(self, name, ready, seconds=240):
        deadline = time.time() + seconds
        while time.time() < deadline:
            sweep = self.sweep(name)
            if ready(sweep):
                return sweep
            time.sleep(0.1)
        self.fail(f"sweep {name} is {json.dumps(sweep)}")

    def jobs_of(self, sweep):
        return [j for j in self.get("/sinter/v1/jobs?limit=1000")["items"] if j["spec"]["sweep"] == sweep]

    def test_halving_survives_a_killed_server_and_trains_no_rung_again(self):
        self.recipe_file(recipe("base", epochs=9))
        self.assertEqual(self.ok("sweep", "submit", self.sweep_file(HALVING)).strip(), "rates")
        self.wait_for("rates", lambda s: sum(t["phase"] == "reached" for t in s["trials"]) >= 2)
        self.server.kill()
        self.server.wait()
        time.sleep(1)
        self.server = self.serve(port=self.origin.rsplit(":", 1)[1], log="serve.log")
        sweep = self.wait_for("rates", lambda s: s["state"] not in ("running", "paused"))
        self.assertEqual(sweep["state"], "succeeded", json.dumps(sweep))
        self.assertEqual(sweep["rungs"], [1, 3, 9])
        trials = sweep["trials"]
        # Six begin, two go on, one is trained to the end.
        self.assertEqual(sorted(len(t["values"]) for t in trials), [1, 1, 1, 1, 2, 3])
        self.assertEqual([t["phase"] for t in trials], ["done"] + ["stopped"] * 5)
        first = sorted((t["values"][0] for t in trials), reverse=True)
        self.assertEqual(sorted((t["values"][0] for t in trials[:2]), reverse=True), first[:2], "the best went on")
        # A job for each rung of each trial, each run once; one that was written down and had not begun when the server
        # was killed is given up and begins again.
        jobs = self.jobs_of("rates")
        self.assertEqual(len(jobs), 6 + 2 + 1)
        odd = [j for j in jobs if j["state"] != "succeeded" or not all(a["lost"] for a in j["attempts"][:-1])]
        self.assertEqual(odd, [], (self.folder / "serve.log").read_text())
        steps = 2000 // 50
        for trial in trials:
            run = self.get(f"/sinter/v1/runs/{trial['run']}")
            epochs = [1, 3, 9][len(trial["values"]) - 1]
            self.assertEqual(run["sweep"], "rates")
            self.assertEqual(run["step"], steps * epochs)
            # A training for each rung, which goes on from the last. One whose job had not begun to run when the server
            # was killed is begun again from where it was to start.
            begun = [a["from_step"] for a in run["attempts"]]
            self.assertEqual(sorted(set(begun)), [0, steps, 3 * steps][:len(trial["values"])])
            self.assertEqual(begun, sorted(begun), "no rung is trained again after a later one")
            self.assertEqual(run["state"], "succeeded" if epochs == 9 else "paused")
            self.assertEqual(sorted(self.losses(trial["run"])), list(range(1, steps * epochs + 1)))
        # The winner is what training the same recipe at once gives, bit by bit.
        winner = self.get(f"/sinter/v1/runs/{trials[0]['run']}")
        self.assertEqual(winner["model"], "rates@1")
        self.environment["SINTER_THREADS"] = "1"  # as a trial's job of one core has
        whole = self.ok_json("train", self.recipe_file(winner["recipe"]))
        self.assertEqual(self.model_file("rates@1"), self.model_file(whole["model"]))
        best = self.ok_json("runs", "best", "--metric", "test.accuracy", "--where", "sweep=rates",
                            "--publish", "chosen")
        self.assertEqual(best["items"][0]["run"], trials[0]["run"])
        self.assertEqual(best["published"]["ref"], "chosen@1")
        self.assertIn("rates-00", self.ok("sweep", "show", "rates"))
        self.assertIn("succeeded", self.ok("sweep", "list"))
        self.assertIn("there is a sweep 'rates' already", self.fails("sweep", "submit", self.sweep_file(HALVING)))

    def test_a_grid_is_paused_resumed_and_fails_trial_by_trial(self):
        self.recipe_file(recipe("base", epochs=1))
        out = self.ok("sweep", "submit", "--wait",
                      self.sweep_file(GRID.format(name="grid", path="data.train", values="train, nothing, test")))
        self.assertIn("2 of 3 trials trained to the end, 1 failed", out)
        trials = self.sweep("grid")["trials"]
        self.assertEqual([t["phase"] for t in trials], ["done", "done", "failed"])
        self.assertEqual(trials[2]["parameters"], {"data.train": "nothing"})
        self.assertIn("exit code 1", trials[2]["why"])
        self.recipe_file(recipe("base", epochs=40))
        self.ok("sweep", "submit", self.sweep_file(GRID.format(name="long", path="optimizer.learning_rate",
                                                              values="0.001, 0.002, 0.003, 0.004")))
        self.wait_for("long", lambda s: any(t["job"] for t in s["trials"]))
        self.ok("sweep", "pause", "long")
        self.assertEqual(self.sweep("long")["state"], "paused")
        self.ok("sweep", "resume", "long")
        self.wait_for("long", lambda s: sum(t["phase"] == "running" for t in s["trials"]) == 2)
        self.ok("sweep", "cancel", "long")
        sweep = self.wait_for("long", lambda s: s["state"] == "cancelled")
        self.assertNotIn("running", [t["phase"] for t in sweep["trials"]])
        self.assertTrue(all(j["state"] in ("cancelled", "succeeded") for j in self.jobs_of("long")))
        self.assertIn("sweep long is cancelled", self.fails("sweep", "resume", "long"))

    def test_what_is_refused_before_anything_runs(self):
        self.recipe_file(recipe("base", epochs=1))
        bad = GRID.format(name="bad", path="optimizer.learning_rate", values="0.1")
        self.assertIn("line 6, column 3: the name of a trial's model", self.fails(
            "sweep", "submit", self.sweep_file(bad.replace("optimizer.learning_rate", "name"))))
        self.assertIn("the recipe of trial 1", self.fails(
            "sweep", "submit", self.sweep_file(bad.replace("optimizer.learning_rate", "nothing.like_that"))))
        self.assertIn("has no place for", self.fails(
            "sweep", "submit", self.sweep_file(bad.replace("optimizer.learning_rate", "model.layers.7.dense"))))
        self.assertIn("a trial needs", self.fails("sweep", "submit",
                                                  self.sweep_file(bad.replace("cpus: 1", "cpus: 4000"))))
        self.assertEqual(self.get("/sinter/v1/sweeps")["items"], [])
        self.assertIn("there is no sweep 'none'", self.fails("sweep", "show", "none"))


if __name__ == "__main__":
    main()

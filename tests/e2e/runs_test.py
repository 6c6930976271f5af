"""What is known of a run beside its figures: what it took of the machine, which code it was."""
import subprocess
import time

from program import Program, conv_recipe, main, recipe, small_data


class Runs(Program):
    def setUp(self):
        super().setUp()
        self.serve()

    def series(self, run, name):
        return self.get(f"/sinter/v1/runs/{run}/metrics?name={name}&points=100000")

    def test_what_a_training_takes_is_sampled_beside_its_figures(self):
        self.ok("data", "add", "small", small_data(self.folder / "data"))
        for ranks in (1, 2):
            trained = self.ok_json("train", self.recipe_file(conv_recipe("seen", epochs=10 * ranks)), "--ranks", ranks)
            run = trained["run"]
            names = self.get(f"/sinter/v1/runs/{run}/metrics")["names"]
            self.assertEqual([n for n in names if n.startswith("system/")],
                             ["system/cores", "system/data_starvation", "system/memory_bytes",
                              "system/pool_utilisation"])
            cores = self.series(run, "system/cores")
            self.assertEqual(cores["steps"][-1], 40 * 10 * ranks, "the last step is among them")
            self.assertEqual(cores["wall_ms"], sorted(cores["wall_ms"]))
            self.assertTrue(all(0 < c < 64 for c in cores["mean"]), cores)
            self.assertTrue(all(20e6 < b < 20e9 for b in self.series(run, "system/memory_bytes")["mean"]))
            for name in ("system/data_starvation", "system/pool_utilisation"):
                self.assertTrue(all(0 <= s <= 1.01 for s in self.series(run, name)["mean"]), name)
            self.assertGreater(max(self.series(run, "system/pool_utilisation")["mean"]), 0.01)
            attempt = self.get(f"/sinter/v1/runs/{run}")["attempts"][0]
            self.assertGreater(attempt["cpu_seconds"], 0.1)
            shown = self.ok("runs", "show", run)
            for word in ("system/cores", "on average", "core-seconds", "seen@"):
                self.assertIn(word, shown)

    def test_the_code_that_was_submitted_is_kept(self):
        self.ok("data", "add", "small", small_data(self.folder / "data"))
        tree = self.folder / "tree"
        tree.mkdir()

        def git(*words):
            return subprocess.run(["git", "-C", tree, "-c", "user.name=a", "-c", "user.email=a@b", *words],
                                  check=True, capture_output=True, text=True).stdout.strip()

        def trained():
            run = self.ok_json("train", tree / "r.yaml")["run"]
            return run, self.get(f"/sinter/v1/runs/{run}")["code"]

        (tree / "r.yaml").write_text(recipe("coded", epochs=1))
        _, loose = trained()
        self.assertEqual((loose["commit"], len(loose["files"])), ("", 64))
        self.assertEqual(loose["sinter"], self.ok("--version").split()[1])
        git("init", "-q")
        git("add", "-A")
        git("commit", "-q", "-m", "one")
        run, clean = trained()
        self.assertEqual((clean["commit"], clean["dirty"]), (git("rev-parse", "HEAD"), False))
        self.assertIn(clean["commit"][:12], self.ok("runs", "show", run))
        (tree / "helper.py").write_text("x = 1")
        name = self.ok("job", "submit", "--wait", "--recipe", tree / "r.yaml").split()[0]
        spec = self.ok_json("job", "show", name)["spec"]
        self.assertEqual((spec["code"]["commit"], spec["code"]["dirty"]), (clean["commit"], True))
        self.assertEqual(self.get(f"/sinter/v1/runs/{spec['run']}")["code"], spec["code"])
        self.assertIn("files differ", self.ok("runs", "show", spec["run"]))

    def test_jobs_without_training_are_sampled_by_their_keeper(self):
        name = self.ok("job", "submit", "--", "sh", "-c", "timeout 2.5 sh -c 'while :; do :; done'; true").strip()
        self.ok("job", "logs", "-f", name)
        job = self.ok_json("job", "show", name)
        self.assertGreater(job["attempts"][0]["cpu_seconds"], 0.1)
        usage = job["usage"]
        self.assertGreater(usage["cores"][0], 0.02)
        self.assertGreater(usage["memory_bytes"][0], 100_000)
        self.assertGreaterEqual(usage["processes"][0], 2)
        self.assertLess(abs(usage["at_ms"][0] / 1000 - time.time()), 60)
        self.assertIn("has no attempt 7",
                      self.request("GET", f"/sinter/v1/jobs/{name}/usage?attempt=7", self.token)[1].decode())


if __name__ == "__main__":
    main()

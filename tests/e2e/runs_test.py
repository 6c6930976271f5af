"""What is known of a run beside its figures: what it took of the machine, which code it was."""
import subprocess
import time

from program import Program, conv_recipe, main, recipe, small_data


class Runs(Program):
    def setUp(self):
        super().setUp()
        self.process = self.serve()

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

    def test_the_best_run_by_a_rule_is_published_with_it(self):
        self.ok("data", "add", "small", small_data(self.folder / "data"))
        runs = [self.ok_json("train", self.recipe_file(recipe("net", epochs=1, rate=rate))) for rate in (1e-6, 1e-3)]
        self.assertGreater(runs[1]["figures"]["accuracy"], runs[0]["figures"]["accuracy"])
        best = self.ok_json("runs", "best", "--metric", "test.accuracy", "--where", "dataset=small")
        self.assertEqual([i["run"] for i in best["items"]], [r["run"] for r in reversed(runs)])
        worst = self.ok_json("runs", "best", "--metric", "test.accuracy", "--min", "--where", "recipe=net")
        self.assertEqual(worst["items"][0]["run"], runs[0]["run"])
        out = self.ok("runs", "best", "--metric", "test.accuracy", "--max", "--bound", "model/bytes<=1000000",
                      "--where", "optimizer.kind=adam", "--publish", "chosen")
        self.assertIn("published chosen@1", out)
        shown = self.ok_json("model", "show", "chosen@1")
        self.assertEqual((shown["details"]["run"], shown["details"]["from"]), (runs[1]["run"], runs[1]["model"]))
        self.assertIn("max test.accuracy where optimizer.kind=adam with model/bytes<=1000000", shown["card"]["body"])
        self.assertEqual(self.model_file("chosen@1"), self.model_file(runs[1]["model"]))
        self.assertIn("not at most 10", self.fails("runs", "best", "--metric", "test.accuracy",
                                                   "--bound", "model/bytes<=10"))

    def test_costs_of_runs_owners_and_services_survive_the_server(self):
        self.ok("data", "add", "small", small_data(self.folder / "data"))
        by_hand = self.ok_json("train", self.recipe_file(conv_recipe("hand", epochs=10)))
        name = self.ok("job", "submit", "--wait", "--recipe", self.recipe_file(conv_recipe("queued", epochs=10))).split()[0]
        job = self.ok_json("job", "show", name)
        self.ok("job", "submit", "--wait", "--", "sh", "-c", "timeout 1 sh -c 'while :; do :; done'; true")
        self.ok("service", "deploy", "eye", by_hand["model"])
        picture = [[0] * 28] * 28
        for _ in range(300):
            status, answer = self.request("POST", "/v2/models/eye/infer", self.token, {
                "inputs": [{"name": "image", "datatype": "UINT8", "shape": [1, 28, 28], "data": [picture]}]})
            self.assertEqual(status, 200, answer)
        self.process.terminate()
        self.process.wait()
        self.process = self.serve()
        runs = {i["name"]: i for i in self.get("/sinter/v1/cost?by=run")["items"]}
        told = self.get(f"/sinter/v1/runs/{by_hand['run']}")["attempts"][0]["cpu_seconds"]
        self.assertAlmostEqual(runs[by_hand["run"]]["core_hours"], told / 3600, places=9)
        # What the job's cgroup counted, not what the run told.
        measured = job["attempts"][0]["cpu_seconds"]
        self.assertAlmostEqual(runs[job["spec"]["run"]]["core_hours"], measured / 3600, places=9)
        owners = self.ok_json("cost", "--by", "owner", "--since", "1d")["items"]
        self.assertEqual([(o["name"], o["runs"], o["gpu_hours"]) for o in owners], [("local", 2, 0)])
        self.assertGreater(owners[0]["core_hours"] * 3600, told + measured + 0.05)
        services = self.ok_json("cost", "--by", "service")["items"]
        self.assertEqual([s["name"] for s in services], ["eye"])
        self.assertGreater(services[0]["core_hours"], 0)
        self.assertLess(services[0]["core_hours"] * 3600, 60)
        self.assertIsNone(services[0]["cost"])
        priced = self.ok("cost", "--by", "run", "--core-hour-price", "3600", "--currency", "EUR")
        self.assertIn("EUR", priced)
        self.assertIn(f"{told:.4f}", priced)

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

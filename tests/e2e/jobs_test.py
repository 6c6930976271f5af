"""Jobs as their users submit them: commands in a sandbox, training through the queue, a server that is killed."""
import json
import time

from program import Program, conv_recipe, main, recipe, small_data


class Jobs(Program):
    def setUp(self):
        super().setUp()
        self.server = self.serve(log="serve.log")

    def submit(self, *words):
        return self.ok("job", "submit", *words).strip()

    def job(self, name):
        return self.get(f"/sinter/v1/jobs/{name}")

    def wait_for(self, name, ready, seconds=240):
        deadline = time.time() + seconds
        while time.time() < deadline:
            job = self.job(name)
            if ready(job):
                return job
            time.sleep(0.1)
        self.fail(f"job {name} is {json.dumps(job)}")

    def over(self, name):
        return self.wait_for(name, lambda j: j["state"] in ("succeeded", "failed", "cancelled"))

    def test_commands_logs_failures_and_cancelling(self):
        out = self.ok("job", "submit", "--wait", "--", "sh", "-c", "echo hello; ls /; pwd")
        name = out.splitlines()[0]
        self.assertIn("hello\n", out)
        self.assertIn("/job\n", out)
        self.assertNotIn("root", out.split("hello")[1].split("/job")[0].split())
        self.assertEqual(self.job(name)["state"], "succeeded")
        self.assertIn("hello", self.ok("job", "logs", name))
        self.assertIn(name, self.ok("job", "list"))
        code, _, words = self.run_program("job", "submit", "--wait", "--", "sh", "-c", "exit 3")
        self.assertEqual(code, 1)
        self.assertIn("exit code 3", words)
        sleeper = self.submit("--", "sleep", "1000")
        self.wait_for(sleeper, lambda j: j["state"] == "running")
        self.ok("job", "cancel", sleeper)
        self.assertEqual(self.over(sleeper)["state"], "cancelled")
        self.assertIn("there is no job 'j-none'", self.fails("job", "show", "j-none"))
        queue = self.ok_json("job", "queue")
        self.assertRegex(queue["isolation"], "^bubblewrap; (cgroup v2|cgroup v1|rlimits and affinity)$")

    def test_a_job_cannot_read_the_home(self):
        out = self.ok("job", "submit", "--wait", "--network", "--", "sh", "-c",
                      f"cat {self.home}/token && echo read; find / -name records.db 2>/dev/null; env; echo done")
        self.assertNotIn("read\n", out)
        self.assertNotIn("records.db", out)
        self.assertNotIn("hf_", out)
        self.assertIn("done", out)

    def test_training_in_the_queue_and_by_hand_gives_the_same_bits(self):
        self.ok("data", "add", "small", small_data(self.folder / "data"))
        by_hand = self.ok_json("train", self.recipe_file(recipe("hand")))
        name = self.submit("--recipe", self.recipe_file(recipe("queued")))
        job = self.over(name)
        self.assertEqual(job["state"], "succeeded", self.ok("job", "logs", name))
        run = self.get(f"/sinter/v1/runs/{job['spec']['run']}")
        self.assertEqual(run["state"], "succeeded")
        self.assertEqual(self.model_file(run["model"]), self.model_file(by_hand["model"]))

    def test_a_killed_server_loses_nothing_and_runs_nothing_twice(self):
        self.ok("data", "add", "small", small_data(self.folder / "data"))
        whole = self.ok_json("train", self.recipe_file(conv_recipe("whole", epochs=120)))
        name = self.submit("--recipe", self.recipe_file(conv_recipe("kept", epochs=120)))
        job = self.wait_for(name, lambda j: j["state"] == "running")
        run = job["spec"]["run"]
        self.wait_for(name, lambda j: self.get(f"/sinter/v1/runs/{run}")["step"] > 40)
        self.server.kill()
        self.server.wait()
        time.sleep(1)
        self.server = self.serve(port=self.origin.rsplit(":", 1)[1], log="serve.log")
        self.assertIn(f"job {name}: attempt 1 went on without the server and is taken up again",
                      (self.folder / "serve.log").read_text())
        job = self.over(name)
        self.assertEqual(job["state"], "succeeded", self.ok("job", "logs", name))
        self.assertEqual(job["attempt"], 1)
        kept = self.get(f"/sinter/v1/runs/{run}")
        self.assertEqual(len(kept["attempts"]), 1)
        self.assertEqual(self.model_file(kept["model"]), self.model_file(whole["model"]))
        self.assertEqual(sorted(self.losses(run)), list(range(1, 40 * 120 + 1)), "every step's metrics are kept")

    def test_a_preempted_training_saves_and_goes_on_to_the_same_bits(self):
        self.ok("data", "add", "small", small_data(self.folder / "data"))
        whole = self.ok_json("train", self.recipe_file(conv_recipe("whole", epochs=120)))
        name = self.submit("--recipe", self.recipe_file(conv_recipe("soft", epochs=120)))
        run = self.wait_for(name, lambda j: j["state"] == "running")["spec"]["run"]
        self.wait_for(name, lambda j: self.get(f"/sinter/v1/runs/{run}")["step"] > 10)
        self.ok("job", "submit", "--wait", "--priority", "5", "--", "true")
        job = self.over(name)
        self.assertEqual(job["state"], "succeeded", self.ok("job", "logs", name))
        self.assertEqual([a["stopped"] for a in job["attempts"]], ["preempt", "none"])
        kept = self.get(f"/sinter/v1/runs/{run}")
        self.assertGreater(kept["attempts"][1]["from_step"], 0)
        self.assertEqual(self.model_file(kept["model"]), self.model_file(whole["model"]))


if __name__ == "__main__":
    main()

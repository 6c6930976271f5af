"""Rollouts through gates with the whole program: refused by a golden set (exit code 3), steered by commands, and gone on
with after the server was killed in each state."""
import json
import os
import pathlib
import signal
import subprocess
import threading
import time

from program import Program, main, recipe, small_data


class Gates(Program):
    def prepare(self):
        self.server = self.serve()
        self.ok("data", "add", "small", small_data(self.folder / "idx"))
        good = self.ok_json("train", self.recipe_file(recipe("good", epochs=3)))["model"]
        # Trained for nothing: its weights are as they were drawn.
        bad = self.ok_json("train", self.recipe_file(recipe("bad", rate=1e-9, epochs=1)))["model"]
        return good, bad

    def rollout(self):
        return self.get("/sinter/v1/services/digits/rollout")

    def comes(self, state, share=None):
        deadline = time.monotonic() + 60
        while True:
            rollout = self.rollout()
            if rollout["state"] == state and (share is None or rollout["share"] == share):
                return rollout
            self.assertFalse(rollout["over"], rollout["reason"])
            self.assertLess(time.monotonic(), deadline, rollout["reason"])
            time.sleep(0.02)

    def load(self):
        """Asks until the returned event is set; gives the list of statuses."""
        stop, statuses = threading.Event(), []
        sample = self.get("/sinter/v1/services/digits/samples?count=1&dataset=small")
        body = {"inputs": [{"name": self.input_name, "datatype": sample["datatype"], "shape": [1, *sample["shape"]],
                            "data": sample["items"][0]["data"]}]}

        def ask():
            while not stop.is_set():
                statuses.append(self.request("POST", "/v2/models/digits/infer", None, body)[0])
        thread = threading.Thread(target=ask)
        thread.start()

        def end():
            stop.set()
            thread.join()
            return statuses
        return end

    def kill_and_serve(self):
        self.server.send_signal(signal.SIGKILL)
        self.server.wait()
        self.server = self.serve()

    def test_gates(self):
        good, bad = self.prepare()
        out = self.ok("service", "deploy", "digits", good, "--golden", "small", "--samples", "500", "--margin", "0.05")
        self.assertIn("golden    small (test), 500 examples: at most 0.05 worse", out)
        self.assertIn("p99 1000 ms, errors 0.01, over 60 s and at least 100 requests", out)
        self.input_name = self.ok_json("service", "show", "digits")["inputs"][0]["name"]

        error = self.fails("service", "rollout", "digits", bad, "--wait", code=3)
        self.assertIn("worse on the golden set by more than 0.05", error)
        rollout = self.rollout()
        self.assertEqual(rollout["state"], "refused")
        figures = rollout["history"][-1]["figures"]
        self.assertEqual(figures["samples"], 500)
        self.assertLess(figures["difference_high"], -0.05)
        self.assertEqual(self.ok_json("service", "show", "digits")["current"]["model"], good)
        self.ok("service", "rollout", "digits", good, "--wait")

        # A golden set that is not there is refused where it is asked for, not by the next rollout.
        for words in (["deploy", "other", good], ["gates", "digits"]):
            error = self.fails("service", *words, "--golden", "doesnotexist")
            self.assertIn("doesnotexist", error)
            self.assertIn("there are small", error)
        gates = self.folder / "gates.yaml"
        gates.write_text("golden: {dataset: small, samples: 200, margin: 0.1}\n"
                         "shadow: {percent: 100, minimum: 20}\n"
                         "rollout: {strategy: canary, shares: [20, 100], bake_s: 0.2}\n"
                         "budget: {minimum: 20, p99_ms: 60000}\n")
        self.assertIn("canary of 20, 100%, 0.2 s each", self.ok("service", "gates", "digits", "--gates", gates))
        # What a file does not speak of stays.
        (self.folder / "more.yaml").write_text("drift: {minimum: 300}\n")
        self.assertIn("golden    small (test), 200 examples", self.ok("service", "gates", "digits", "--gates", self.folder / "more.yaml"))
        self.assertEqual(self.ok_json("service", "show", "digits")["gates"]["drift"]["minimum"], 300)
        # Without traffic it waits in the shadow: too few, never a guess. The server is killed there, and in each
        # state after it.
        self.ok("service", "rollout", "digits", good)
        self.comes("shadow")
        self.assertIn("is under way", self.fails("service", "rollout", "digits", good))
        self.kill_and_serve()
        rollout = self.comes("shadow")
        self.assertIn("server", [step["by"] for step in rollout["history"]])
        revision = rollout["to"]["revision"]
        live = str(int(revision) - 1)
        self.assertEqual(self.ok_json("service", "show", "digits")["current"]["revision"], live)
        self.ok("service", "pause", "digits", "--reason", "lunch")
        self.kill_and_serve()
        self.assertEqual(self.rollout()["state"], "paused")
        self.ok("service", "resume", "digits")
        end = self.load()
        self.comes("canary", 20)
        self.assertEqual(set(end()), {200})
        self.kill_and_serve()
        self.assertEqual(self.ok_json("service", "show", "digits")["current"]["revision"], live)
        end = self.load()
        self.comes("canary", 20)
        rollout = json.loads(self.ok("service", "promote", "digits", "--reason", "seen enough", "--json"))
        self.assertEqual(rollout["history"][-1]["reason"], "seen enough")
        statuses = end()
        self.assertEqual(set(statuses), {200})
        self.assertEqual(self.ok_json("service", "show", "digits")["current"]["revision"], revision)
        self.kill_and_serve()
        self.assertIn(self.rollout()["state"], ("baking", "done"))
        self.assertEqual(self.ok_json("service", "show", "digits")["current"]["revision"], revision)
        end = self.load()
        deadline = time.monotonic() + 60
        while not self.rollout()["over"]:
            self.assertLess(time.monotonic(), deadline)
            time.sleep(0.05)
        self.assertEqual(set(end()), {200})
        self.assertEqual(self.rollout()["state"], "done")

        self.ok("service", "rollout", "digits", good)
        self.comes("shadow")
        self.ok("service", "abort", "digits", "--reason", "changed my mind")
        self.assertEqual(self.rollout()["reason"], "changed my mind")
        self.assertIn("no rollout of service digits is under way", self.fails("service", "abort", "digits"))

    def test_a_deployment_that_is_refused(self):
        """A model that says NaN to plain inputs: exit code 3, as where a gate refuses it; other failures have 1."""
        import onnx
        from onnx import helper
        good, _ = self.prepare()
        self.ok("model", "pull", good, self.folder / "good")
        model = onnx.load(self.folder / "good" / "model.onnx")
        output = model.graph.output[0].name
        for node in model.graph.node:
            node.output[:] = ["logits" if name == output else name for name in node.output]
        model.graph.node.extend([helper.make_node("Abs", ["logits"], ["size"]), helper.make_node("Neg", ["size"], ["below"]),
                                 helper.make_node("Log", ["below"], [output])])
        (self.folder / "nan").mkdir()
        onnx.save(model, self.folder / "nan" / "model.onnx")
        (self.folder / "nan" / "signature.json").write_bytes((self.folder / "good" / "signature.json").read_bytes())
        self.ok("model", "push", "nan", self.folder / "nan")
        error = self.fails("service", "deploy", "digits", "nan", code=3)
        self.assertIn("is refused", error)
        self.assertIn("NaN or infinite", error)
        self.assertEqual(self.ok_json("service", "list")["items"], [])
        self.ok("service", "deploy", "digits", good)
        self.fails("service", "deploy", "digits", good, code=1)
        self.fails("service", "deploy", "other", "nothing", code=1)
        # At once, without --wait too.
        self.fails("service", "rollout", "digits", "nan", code=3)
        self.fails("service", "rollout", "digits", "nothing", code=1)
        for words in (("service", "deploy"), ("service", "rollout"), ()):
            self.assertIn("3 refused by a gate", self.ok(*words, "--help"))

    def ask_rows(self, change=lambda row: row, count=100, rounds=3):
        for seed in range(1, rounds + 1):
            sample = self.get(f"/sinter/v1/services/digits/samples?count={count}&seed={seed}&dataset=small")
            for item in sample["items"]:
                body = {"inputs": [{"name": self.input_name, "datatype": sample["datatype"],
                                    "shape": [1, *sample["shape"]], "data": change(item["data"])}]}
                self.assertEqual(self.request("POST", "/v2/models/digits/infer", None, body)[0], 200)

    def test_drift_and_cases(self):
        good, _ = self.prepare()
        self.ok("service", "deploy", "digits", good, "--golden", "small", "--samples", "500", "--keep-cases")
        self.input_name = self.ok_json("service", "show", "digits")["inputs"][0]["name"]
        report = self.ok_json("service", "drift", "digits")
        self.assertEqual((report["verdict"], report["live_sample"], report["minimum"]), ("too few", 0, 200))
        self.ask_rows()
        report = self.ok_json("service", "drift", "digits")
        self.assertEqual((report["verdict"], report["drifted"]), ("no drift", False), report)
        self.assertEqual([m["name"] for m in report["measures"]], ["input mean", "input spread", "confidence", "class"])
        self.ask_rows(lambda row: [255 - v for v in row], rounds=6)
        report = self.ok_json("service", "drift", "digits")
        self.assertTrue(report["drifted"], report)
        self.assertIn("input mean", self.ok("service", "drift", "digits"))

        cases = self.ok_json("service", "cases", "digits", "--limit", "5")
        self.assertGreater(cases["kept"], 10)
        self.assertEqual(self.request("GET", "/sinter/v1/services/digits/cases")[0], 401, "users' data")
        made = self.ok_json("service", "cases", "digits", "--export", "hard")
        self.assertEqual(made["rows"], cases["kept"])
        profile = self.ok_json("data", "show", "hard")
        self.assertIn("cases", json.dumps(profile))
        self.assertEqual(self.ok_json("service", "cases", "digits")["kept"], 0)
        self.ok("service", "gates", "digits", "--no-keep-cases")
        self.ask_rows(lambda row: [255 - v for v in row], rounds=1)
        self.assertEqual(self.ok_json("service", "cases", "digits")["kept"], 0, "consent withdrawn")

    def test_worker_processes_and_sleep(self):
        good, _ = self.prepare()
        self.ok("service", "deploy", "digits", good, "--process")
        self.input_name = self.ok_json("service", "show", "digits")["inputs"][0]["name"]

        def workers():
            found = subprocess.run(["ps", "-o", "pid=,args=", "--ppid", str(self.server.pid)], text=True,
                                   stdout=subprocess.PIPE).stdout
            return [int(line.split()[0]) for line in found.splitlines() if "replica-worker" in line]
        self.assertEqual(len(workers()), 1)
        for _ in range(3):
            self.ask_rows(count=5, rounds=1)
            os.kill(workers()[0], signal.SIGKILL)
        self.ask_rows(count=5, rounds=1)
        stats = self.get("/sinter/v1/services/digits/stats")["total"]
        self.assertEqual((stats["succeeded"], stats["failed"]), (20, 0))

        self.ok("service", "unload", "digits")
        self.assertEqual(workers(), [], "nothing is loaded")
        self.ask_rows(count=5, rounds=1)
        self.assertEqual(len(workers()), 1)
        self.ok("service", "scale", "digits", "--idle", "0.3")
        deadline = time.monotonic() + 30
        while workers():
            self.assertLess(time.monotonic(), deadline, "it does not fall asleep")
            time.sleep(0.05)
        self.ask_rows(count=5, rounds=1)
        pid = workers()[0]
        self.server.send_signal(signal.SIGKILL)
        self.server.wait()
        while pathlib.Path(f"/proc/{pid}").exists() and "Z" not in pathlib.Path(f"/proc/{pid}/stat").read_text():
            self.assertLess(time.monotonic(), deadline + 30, "a worker outlives its server")
            time.sleep(0.05)


if __name__ == "__main__":
    main()

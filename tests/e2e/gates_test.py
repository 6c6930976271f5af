"""Rollouts through gates with the whole program: refused by a golden set (exit code 3), steered by commands, and gone on
with after the server was killed in each state."""
import json
import signal
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

        gates = self.folder / "gates.yaml"
        gates.write_text("golden: {dataset: small, samples: 200, margin: 0.1}\n"
                         "shadow: {percent: 100, minimum: 20}\n"
                         "rollout: {strategy: canary, shares: [20, 100], bake_s: 0.2}\n"
                         "budget: {minimum: 20, p99_ms: 60000}\n")
        self.assertIn("canary of 20, 100%, 0.2 s each", self.ok("service", "gates", "digits", "--gates", gates))
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


if __name__ == "__main__":
    main()

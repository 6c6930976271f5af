"""A rollout whose server is killed (SIGKILL) in each of its states: who is live answers before and after as it did, the
rollout is found again with its history, and can be finished or aborted."""
import json
import signal
import threading
import time

from program import Program, main, recipe, small_data

# What a rollout is found in whose server was killed before the switch: it begins again, and no request goes to it yet.
AGAIN = ("loading", "golden", "shadow")
ROWS = 12


def changed(source, target, factor, trips):
    """The model with its logits times `factor` (the classes stay, the probabilities do not), and with `trips` products
    of 128 x 128 in every run: slow to load, for it is warmed up by some forty runs, and slow to answer."""
    import numpy as np
    import onnx
    from onnx import TensorProto, helper, numpy_helper
    model = onnx.load(source / "model.onnx")
    graph = model.graph
    output = graph.output[0].name
    for node in graph.node:
        node.output[:] = ["logits" if name == output else name for name in node.output]
    number = {"factor": np.float32(factor), "little": np.float32(1e-30), "trips": np.int64(trips), "go": np.bool_(True),
              "eye": np.eye(128, dtype=np.float32), "zeros": np.zeros((128, 128), np.float32)}
    graph.initializer.extend(numpy_helper.from_array(np.asarray(value), name) for name, value in number.items())
    m = [helper.make_tensor_value_info(name, TensorProto.FLOAT, [128, 128]) for name in ("m", "next")]
    flag = [helper.make_tensor_value_info(name, TensorProto.BOOL, []) for name in ("flag", "same")]
    body = helper.make_graph([helper.make_node("MatMul", ["m", "eye"], ["next"]), helper.make_node("Identity", ["flag"], ["same"])],
                             "body", [helper.make_tensor_value_info("i", TensorProto.INT64, []), flag[0], m[0]],
                             [flag[1], m[1]])
    graph.node.extend([
        helper.make_node("Mul", ["logits", "factor"], ["scaled"]),
        # It hangs on the input, so that nothing of it can be computed ahead, and adds nothing to any row.
        helper.make_node("ReduceMean", [graph.input[0].name], ["level"], keepdims=0),
        helper.make_node("Add", ["zeros", "level"], ["first"]),
        helper.make_node("Loop", ["trips", "go", "first"], ["last"], body=body),
        helper.make_node("ReduceMean", ["last"], ["mean"], keepdims=0),
        helper.make_node("Mul", ["mean", "little"], ["nothing"]),
        helper.make_node("Add", ["scaled", "nothing"], [output])])
    target.mkdir()
    onnx.save(model, target / "model.onnx")
    (target / "signature.json").write_bytes((source / "signature.json").read_bytes())


class RolloutKills(Program):
    def prepare(self):
        self.server = self.serve()
        self.ok("data", "add", "small", small_data(self.folder / "idx"))
        self.live = self.ok_json("train", self.recipe_file(recipe("live", epochs=1)))["model"]
        self.ok("model", "pull", self.live, self.folder / "live")
        # A run of the last takes several times longer than the budget that it breaks, on fast machines too.
        for name, factor, trips in (("quick", 1.5, 1), ("slow", 2, 32), ("slowest", 3, 128)):
            changed(self.folder / "live", self.folder / name, factor, trips)
            self.ok("model", "push", name, self.folder / name)
        gates = self.folder / "gates.yaml"
        # 500 examples, eight at a time: sixty runs, which the slow model takes long for.
        gates.write_text("golden: {dataset: small, samples: 500, margin: 0.1}\n"
                         "shadow: {percent: 100, minimum: 20}\n"
                         "rollout: {strategy: canary, shares: [50, 100], bake_s: 600}\n"
                         "budget: {minimum: 20, p99_ms: 60000}\n")
        self.ok("service", "deploy", "digits", self.live, "--gates", gates)
        sample = self.get(f"/sinter/v1/services/digits/samples?count={ROWS}&dataset=small")
        name = self.ok_json("service", "show", "digits")["inputs"][0]["name"]
        self.bodies = [{"inputs": [{"name": name, "datatype": sample["datatype"], "shape": [1, *sample["shape"]],
                                    "data": item["data"]}]} for item in sample["items"]]
        self.said = {}  # revision -> its answers
        self.ask("1")

    def post(self, word, body=None):
        status, answer = self.request("POST", f"/sinter/v1/services/digits/{word}", self.token, body or {})
        self.assertEqual(status, 200, answer)
        return json.loads(answer)

    def rollout(self):
        return self.get("/sinter/v1/services/digits/rollout")

    def comes(self, *states):
        """The rollout once it is in one of the states."""
        deadline = time.monotonic() + 120
        while True:
            rollout = self.rollout()
            if rollout["state"] in states:
                return rollout
            self.assertFalse(rollout["over"], rollout["reason"])
            self.assertLess(time.monotonic(), deadline, rollout["reason"])
            time.sleep(0.005)

    def ask(self, *revisions):
        """Every row: each is answered, by one of the revisions, and by each with what that one always gave."""
        answered = set()
        for row, body in enumerate(self.bodies):
            status, answer = self.request("POST", "/v2/models/digits/infer", None, body)
            self.assertEqual(status, 200, answer)
            answer = json.loads(answer)
            revision = answer["model_version"]
            answered.add(revision)
            self.assertIn(revision, revisions)
            known = self.said.setdefault(revision, {})
            data = answer["outputs"][0]["data"]
            for before, after in zip(known.setdefault(row, data), data):
                self.assertAlmostEqual(before, after, places=6)
        said = [self.said[revision][0] for revision in revisions if 0 in self.said.get(revision, {})]
        self.assertTrue(all(a != b for a, b in zip(said, said[1:])), "revisions that cannot be told apart")
        return answered

    def traffic(self):
        """Requests until the returned function is called, which says how many revisions answered."""
        stop, seen, wrong = threading.Event(), set(), []

        def run():
            while not stop.is_set():
                try:
                    status, answer = self.request("POST", "/v2/models/digits/infer", None, self.bodies[0])
                except OSError as error:
                    status, answer = 0, str(error)
                if stop.is_set():
                    return  # the server may be killed by now
                if status != 200:
                    return wrong.append(answer)
                seen.add(json.loads(answer)["model_version"])
        thread = threading.Thread(target=run)
        thread.start()

        def end(wait=True):
            stop.set()
            if wait:
                thread.join()
            self.assertEqual(wrong, [])
            return seen
        self.addCleanup(stop.set)
        return end

    def begin(self, model):
        """Of a new rollout: the live revision and the one on trial."""
        begun = self.post("rollout", {"model": model})["begun"]
        return begun["from"]["revision"], begun["to"]["revision"]

    def kill_and_serve(self):
        self.server.send_signal(signal.SIGKILL)
        self.server.wait()
        self.server = self.serve()

    def history(self, rollout):
        return [(step["at_ms"], step["by"], step["state"], step["reason"]) for step in rollout["history"]]

    def kill_in(self, state, found, revisions, says):
        """Kills the server in a state and looks at what the next one finds: the same rollout in one of the states
        `found`, its history with a line of the restart, and the answers of `revisions`."""
        before = self.rollout()
        self.assertEqual(before["state"], state)
        self.kill_and_serve()
        self.ask(*revisions)
        after = self.rollout()
        self.assertEqual(after["to"], before["to"])
        self.assertIn(after["state"], found)
        kept = self.history(before)
        self.assertEqual(self.history(after)[:len(kept)], kept)
        line = after["history"][len(kept)]
        self.assertEqual(line["by"], "server")
        self.assertIn(says, line["reason"])
        self.assertEqual(self.get("/sinter/v1/services/digits")["current"]["revision"], revisions[0])

    def abort(self, live):
        self.assertIn(self.post("abort", {"reason": "enough"})["state"], ("aborted", "rolled_back"))
        self.ask(live)
        self.assertIsNone(self.get("/sinter/v1/services/digits")["rollout"])

    def test_before_the_switch(self):
        self.prepare()
        # Loading: the model's warm-up takes seconds.
        live, trial = self.begin("slow")
        self.comes("loading")
        self.ask(live)
        self.kill_in("loading", AGAIN, [live], "while it was loading: it begins again")
        self.abort(live)

        live, trial = self.begin("slow")
        self.comes("golden")
        self.ask(live)
        self.kill_in("golden", AGAIN, [live], "while it was golden: it begins again")
        self.comes("shadow")  # through loading and the golden set once more
        self.post("promote", {"reason": "seen enough"})
        self.ask(trial)
        self.post("promote", {"reason": "watched enough"})
        self.assertEqual(self.rollout()["state"], "done")
        self.ask(trial)

        # Shadow: without requests it waits there.
        live, trial = self.begin("quick")
        self.comes("shadow")
        self.ask(live)
        self.kill_in("shadow", AGAIN, [live], "while it was shadow: it begins again")
        self.abort(live)

        # Canary: half of the requests go to it, and none after the restart before it has come so far again.
        live, trial = self.begin("quick")
        end = self.traffic()
        self.comes("canary")
        while self.ask(live, trial) != {live, trial}:
            pass
        self.assertEqual(end() - {live, trial}, set())
        self.kill_in("canary", AGAIN, [live], "while it was canary: it begins again, and nothing goes to it")
        end = self.traffic()
        self.comes("canary")
        end()

        # Paused, with half of the requests: it stays paused, and nothing goes to it.
        self.post("pause", {"reason": "lunch"})
        said = [step["reason"] for step in self.comes("paused")["history"] if step["by"] == "local"]
        self.assertEqual(said[-1:], ["lunch"])
        self.ask(live, trial)
        self.kill_in("paused", ("paused",), [live], "while it was canary")
        self.post("resume", {"reason": "back"})
        self.comes("shadow")
        self.abort(live)

    def test_after_the_switch(self):
        self.prepare()
        live, trial = self.begin("quick")
        self.comes("shadow")
        self.post("promote", {"reason": "now"})
        self.comes("baking")
        self.ask(trial)
        self.kill_in("baking", ("baking",), [trial], "the new revision answers, and is watched from the beginning")
        self.post("pause", {"reason": "lunch"})
        self.kill_in("paused", ("paused",), [trial], "the new revision answers")
        self.post("resume", {"reason": "back"})
        self.assertEqual(self.rollout()["state"], "baking")
        self.abort(live)

        # Rolling back: the answers turn first, then that is written down. A server that dies between the two, or
        # before, or after, is found with one or the other, and answers as it says.
        found = set()
        for after_ms in (0, 1, 2, 3, 4, 6, 9, 14, 30, 300, 3000):
            if after_ms > 30 and "rolled_back" in found:
                break  # the longer waits are for slow disks
            live, trial = self.begin("quick")
            self.comes("shadow")
            self.post("promote", {"reason": "now"})
            self.ask(trial)
            kept = self.history(self.comes("baking"))

            def abort(origin=self.origin, token=self.token):
                try:
                    self.request("POST", "/sinter/v1/services/digits/abort", token, {"reason": "back"})
                except OSError:
                    pass  # it was killed meanwhile
            thread = threading.Thread(target=abort)
            thread.start()
            time.sleep(after_ms / 1000)
            self.server.send_signal(signal.SIGKILL)
            self.server.wait()
            thread.join()
            self.server = self.serve()
            rollout = self.rollout()
            self.assertIn(rollout["state"], ("baking", "rolled_back"))
            self.assertEqual(self.history(rollout)[:len(kept)], kept)
            found.add(rollout["state"])
            back = rollout["state"] == "rolled_back"
            self.assertEqual(self.get("/sinter/v1/services/digits")["current"]["revision"], live if back else trial)
            self.ask(live if back else trial)
            if not back:
                self.abort(live)
        self.assertIn("rolled_back", found, "3 s were too few")

    def test_rolled_back_by_its_budget(self):
        """A candidate that breaks the budget is taken away, and stays away after a kill at once."""
        self.prepare()
        gates = self.get("/sinter/v1/services/digits")["gates"]
        gates["shadow"]["percent"] = 0
        gates["golden"]["samples"] = 80
        gates["budget"] |= {"p99_ms": 20, "minimum": 5}
        self.post("gates", gates)
        live, trial = self.begin("slowest")
        end = self.traffic()
        deadline = time.monotonic() + 120
        while self.rollout()["state"] != "rolled_back":
            self.assertLess(time.monotonic(), deadline, self.rollout()["reason"])
            time.sleep(0.002)
        kept = self.history(self.rollout())
        end(wait=False)
        self.kill_and_serve()
        rollout = self.rollout()
        self.assertEqual((rollout["state"], rollout["over"]), ("rolled_back", True))
        self.assertEqual(self.history(rollout), kept)
        self.assertIn("p99 of", rollout["reason"])
        self.ask(live)
        self.assertIsNone(self.get("/sinter/v1/services/digits")["rollout"])
        # The service is free for the next one.
        self.begin("quick")
        self.comes("golden", "canary")
        self.abort(live)


if __name__ == "__main__":
    main()

"""sinter train --ranks: a rank that is killed or stopped is named within ten seconds; the run resumes."""
import json
import os
import pathlib
import signal
import sys
import time

from program import Program, main, recipe, small_data

sys.path.insert(0, str(pathlib.Path(__file__).parents[2] / "tools" / "demo"))
import ranks  # noqa: E402


class Ranks(Program):
    def setUp(self):
        super().setUp()
        self.serve()
        self.ok("data", "add", "small", small_data(self.folder / "data"))

    def signal_a_rank(self, sent, epochs):
        """Trains on two ranks, sends rank 1 a signal after the first checkpoint; gives the run and what was said."""
        process = self.start("train", self.recipe_file(recipe(epochs=epochs)), "--ranks", 2)
        deadline = time.monotonic() + 120
        while True:
            self.assertIsNone(process.poll(), "the training ended early")
            self.assertLess(time.monotonic(), deadline, "no checkpoint came")
            runs = self.get("/sinter/v1/runs")["items"]
            if runs and self.get(f"/sinter/v1/runs/{runs[0]['id']}")["checkpoints"]:
                break
            time.sleep(0.02)
        pid = ranks.rank_pids(of=self.folder)[1]
        os.kill(pid, sent)
        began = time.monotonic()
        _, error = process.communicate(timeout=60)
        self.assertEqual(process.returncode, 1)
        self.assertIn("rank 1", error)
        self.assertIn(str(pid), error)
        self.assertLess(time.monotonic() - began, 10)
        self.assertEqual(ranks.rank_pids(of=self.folder), {}, "ranks are left behind")
        run = self.get(f"/sinter/v1/runs/{runs[0]['id']}")
        self.assertEqual(run["state"], "failed")
        self.assertIn("rank 1", run["message"])
        return run

    def test_a_killed_rank_is_named_and_the_run_resumes_with_the_same_bits(self):
        run = self.signal_a_rank(signal.SIGKILL, epochs=60)
        resumed = json.loads(self.ok("train", "--resume", run["id"], "--json"))
        self.assertGreater(resumed["resumed_from_step"], 0)
        undisturbed = self.ok_json("train", self.recipe_file(recipe("whole", epochs=60)), "--ranks", 2)
        files = []
        for ref in (resumed["model"], undisturbed["model"]):
            self.ok("model", "pull", ref, self.folder / ref)
            files.append((self.folder / ref / "model.onnx").read_bytes())
        self.assertEqual(files[0], files[1])

    def test_a_stopped_rank_is_named(self):
        self.signal_a_rank(signal.SIGSTOP, epochs=2000)


if __name__ == "__main__":
    main()

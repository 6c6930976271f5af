"""sinter train --ranks: the ranks agree with one; one that is killed or stopped is named within ten seconds; runs resume."""
import os
import pathlib
import signal
import sys
import tempfile
import time

import numpy
import onnx
import onnx.numpy_helper

from program import Program, conv_recipe, main, recipe, small_data

sys.path.insert(0, str(pathlib.Path(__file__).parents[2] / "tools" / "demo"))
import ranks  # noqa: E402

SHARED = pathlib.Path("/dev/shm")


def left_in_memory():
    """What jobs of this user hold in shared memory."""
    return {p.name for p in SHARED.glob("*") if p.name.startswith(("sinter-job-", "vader_segment.", "sm_segment."))
            and p.stat().st_uid == os.getuid()} if SHARED.is_dir() else set()


class Ranks(Program):
    def setUp(self):
        super().setUp()
        self.serve()
        self.ok("data", "add", "small", small_data(self.folder / "data"))

    def weights(self, ref):
        model = onnx.load_model_from_string(self.model_file(ref))
        return {t.name: onnx.numpy_helper.to_array(t) for t in model.graph.initializer}

    def test_ranks_give_the_loss_and_the_weights_of_one(self):
        """Real processes under mpirun; 50 examples a step on three ranks are 16, 17 and 17."""
        alone = self.ok_json("train", self.recipe_file(conv_recipe("alone", "f64", epochs=2)))
        losses, weights = self.losses(alone["run"]), self.weights(alone["model"])
        self.assertEqual(sorted(losses), list(range(1, 81)))
        trained = {name for name, w in weights.items() if w.dtype == numpy.float64}
        self.assertGreaterEqual(len(trained), 4, "weights and biases of two layers, held in f64")
        for count in (2, 3):
            with self.subTest(ranks=count):
                text = conv_recipe(f"ranks{count}", "f64", epochs=2)
                together = self.ok_json("train", self.recipe_file(text), "--ranks", count)
                self.assertEqual(self.get(f"/sinter/v1/runs/{together['run']}")["ranks"], count)
                theirs = self.losses(together["run"])
                self.assertEqual(sorted(theirs), sorted(losses))
                self.assertLess(max(abs(theirs[s] - losses[s]) for s in losses), 1e-9)
                given = self.weights(together["model"])
                self.assertEqual(given.keys(), weights.keys())
                for name in weights:
                    numpy.testing.assert_allclose(given[name], weights[name], rtol=0, atol=1e-9, err_msg=name)
                self.assertAlmostEqual(together["figures"]["loss"], alone["figures"]["loss"], delta=1e-6)
        self.assertGreater(abs(losses[80] - losses[1]), 0.1, "it must have learned, or the test shows nothing")

    def signal_a_rank(self, rank, sent, epochs):
        """Trains on two ranks, sends one a signal after the first checkpoint; gives the run and what was said."""
        before = left_in_memory()
        process = self.start("train", self.recipe_file(recipe(epochs=epochs)), "--ranks", 2)
        run = self.wait_for_run(process, lambda run: run["checkpoints"])
        pid = ranks.rank_pids(of=self.folder)[rank]
        began = time.monotonic()
        os.kill(pid, sent)
        # The first words that name it, as they come.
        said = ""
        while f"rank {rank}" not in said:
            line = process.stderr.readline()
            self.assertNotEqual(line, "", f"rank {rank} is not named: {said}")
            said += line
        named = time.monotonic() - began
        self.assertLess(named, 10, said)
        self.assertIn(str(pid), said)
        _, rest = process.communicate(timeout=60)
        self.assertEqual(process.returncode, 1)
        self.assertIn(f"sinter train --resume {run['id']}", said + rest)
        self.assertEqual(ranks.rank_pids(of=self.folder), {}, "ranks are left behind")
        self.assertEqual(left_in_memory() - before, set(), "shared memory is left behind")
        run = self.get(f"/sinter/v1/runs/{run['id']}")
        self.assertEqual(run["state"], "failed")
        self.assertIn(f"rank {rank}", run["message"])
        return run

    def resumes_with_the_same_bits(self, run, epochs):
        resumed = self.ok_json("train", "--resume", run["id"])
        self.assertGreater(resumed["resumed_from_step"], 0)
        undisturbed = self.ok_json("train", self.recipe_file(recipe("whole", epochs=epochs)), "--ranks", 2)
        self.assertEqual(self.model_file(resumed["model"]), self.model_file(undisturbed["model"]))
        self.assertEqual(self.losses(run["id"]), self.losses(undisturbed["run"]), "every step's metrics are kept")

    def test_a_killed_rank_is_named_and_the_run_resumes_with_the_same_bits(self):
        self.resumes_with_the_same_bits(self.signal_a_rank(1, signal.SIGKILL, epochs=60), epochs=60)

    def test_the_first_rank_killed_is_named_too(self):
        self.signal_a_rank(0, signal.SIGKILL, epochs=2000)

    def test_a_stopped_rank_is_named_and_the_run_resumes(self):
        run = self.signal_a_rank(1, signal.SIGSTOP, epochs=1000)
        self.assertGreater(run["checkpoints"][-1]["step"], 0)
        # To where a recipe of so many epochs would take too long: that it goes on is what is shown.
        process = self.start("train", "--resume", run["id"])
        self.wait_for_run(process, lambda r: r["id"] == run["id"] and r["attempt"] == 2 and
                          r["checkpoints"][-1]["step"] > run["checkpoints"][-1]["step"])

    def test_the_first_rank_stopped_is_named_too(self):
        self.signal_a_rank(0, signal.SIGSTOP, epochs=2000)

    def test_a_killed_mpirun_takes_its_ranks_with_it(self):
        """It cannot tidy up after itself: neither its ranks' shared memory nor its session."""
        before = left_in_memory()
        sessions = set(pathlib.Path(tempfile.gettempdir()).glob("ompi.*/*"))
        process = self.start("train", self.recipe_file(recipe(epochs=2000)), "--ranks", 2)
        run = self.wait_for_run(process, lambda run: run["checkpoints"])
        parent = int((pathlib.Path("/proc") / str(ranks.rank_pids(of=self.folder)[0]) / "stat").read_text().split()[3])
        self.assertIn((pathlib.Path("/proc") / str(parent) / "comm").read_text().strip(), ("mpirun", "prterun"))
        os.kill(parent, signal.SIGKILL)
        _, error = process.communicate(timeout=30)
        self.assertEqual(process.returncode, 1)
        self.assertIn("killed by signal 9", error)
        self.assertIn(f"sinter train --resume {run['id']}", error)
        deadline = time.monotonic() + 60
        while ranks.rank_pids(of=self.folder):
            self.assertLess(time.monotonic(), deadline, "ranks without an mpirun go on")
            time.sleep(0.02)
        self.assertEqual(left_in_memory() - before, set(), "shared memory is left behind")
        self.assertEqual(set(pathlib.Path(tempfile.gettempdir()).glob("ompi.*/*")) - sessions, set())
        self.assertEqual(self.get(f"/sinter/v1/runs/{run['id']}")["state"], "failed")

    def test_a_killed_launcher_leaves_no_ranks_and_the_next_tidies_up(self):
        before = left_in_memory()
        process = self.start("train", self.recipe_file(recipe(epochs=2000)), "--ranks", 2)
        run = self.wait_for_run(process, lambda run: run["checkpoints"])
        process.kill()
        deadline = time.monotonic() + 60
        while ranks.rank_pids(of=self.folder):
            self.assertLess(time.monotonic(), deadline, "ranks without a launcher go on")
            time.sleep(0.02)
        self.ok("train", self.recipe_file(recipe("next", epochs=1)), "--ranks", 2)
        self.assertEqual(left_in_memory() - before, set(), "shared memory is left behind")
        # mpirun passes its own end on: rank 0 has a moment to save and to say so, or none.
        self.assertIn(self.get(f"/sinter/v1/runs/{run['id']}")["state"], ("failed", "running"))


if __name__ == "__main__":
    main()

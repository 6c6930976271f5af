"""sinter train, killed and resumed through the server: the model's bits and every step's metrics, as if undisturbed."""
import os
import random
import time

from program import Program, conv_recipe, main, small_data


class Resume(Program):
    def setUp(self):
        super().setUp()
        self.server = self.serve()
        self.ok("data", "add", "small", small_data(self.folder / "data"))

    def test_killed_and_resumed_it_gives_the_bits_of_an_undisturbed_run(self):
        seed = int(os.environ.get("SINTER_SEED", time.time_ns()))
        print(f"seed {seed}", flush=True)
        draw = random.Random(seed)
        epochs = 40
        whole = self.ok_json("train", self.recipe_file(conv_recipe("whole", epochs=epochs)))
        # Killed three times at drawn steps, the last time together with the server.
        at = sorted(draw.sample(range(25, 20 * epochs), 3))
        process = self.start("train", self.recipe_file(conv_recipe("torn", epochs=epochs)))
        for n, step in enumerate(at):
            run = self.wait_for_run(process, lambda r: r["attempt"] == n + 1 and r["checkpoints"] and r["step"] >= step,
                                    name="torn")
            process.kill()
            process.wait()
            if n == len(at) - 1:
                self.server.kill()
                self.server.wait()
                self.server = self.serve()
                resumed = self.ok_json("train", "--resume", run["id"])
            else:
                process = self.start("train", "--resume", run["id"])
        self.assertGreater(resumed["resumed_from_step"], 0)
        self.assertEqual(resumed["resumed_from_step"] % 20, 0, "a checkpoint's step")
        self.assertEqual(resumed["steps"], 40 * epochs)
        self.assertEqual(self.model_file(resumed["model"]), self.model_file(whole["model"]))
        self.assertEqual(resumed["figures"], whole["figures"])
        torn, undisturbed = self.losses(run["id"]), self.losses(whole["run"])
        self.assertEqual(sorted(torn), list(range(1, 40 * epochs + 1)), "every step's metrics are kept")
        self.assertEqual(torn, undisturbed)
        self.assertEqual(len(self.get(f"/sinter/v1/runs/{run['id']}")["attempts"]), 4)


if __name__ == "__main__":
    main()

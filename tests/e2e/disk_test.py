"""A home whose disk fills up for real while a run is trained: said clearly, the last good checkpoint kept, resumed after.

The disk is a small tmpfs in a mount namespace of this test's own.
"""
import ctypes
import os
import subprocess
import unittest

from program import Program, conv_recipe, main, small_data

# In the system's words or in SQLite's, and what to do.
FULL = r"(No space left on device|disk is full|no space is left).*\(free some space"
CLONE_NEWNS, CLONE_NEWUSER = 0x00020000, 0x10000000


def own_mounts():
    """Moves this process to a mount namespace of its own, as root or as root of a user namespace of its own."""
    libc = ctypes.CDLL(None, use_errno=True)
    uid, gid = os.getuid(), os.getgid()
    if libc.unshare(CLONE_NEWNS) != 0:
        if libc.unshare(CLONE_NEWUSER | CLONE_NEWNS) != 0:
            return False
        try:
            for path, text in (("setgroups", "deny"), ("uid_map", f"0 {uid} 1"), ("gid_map", f"0 {gid} 1")):
                with open(f"/proc/self/{path}", "w") as out:
                    out.write(text)
        except OSError:
            return False
    return subprocess.run(["mount", "--make-rprivate", "/"], capture_output=True).returncode == 0


@unittest.skipUnless(own_mounts(), "no disk may be mounted here")
class Disk(Program):
    def setUp(self):
        super().setUp()
        self.home.mkdir()
        subprocess.run(["mount", "-t", "tmpfs", "-o", "size=24m", "tmpfs", self.home], check=True)
        self.addCleanup(subprocess.run, ["umount", "-l", self.home])
        self.serve()
        self.filler = self.home / "filler"

    def fill(self):
        with open(self.filler, "wb", buffering=0) as out:
            for size in (1 << 20, 4096, 1):
                try:
                    while out.write(b"x" * size) == size:
                        pass
                except OSError:
                    pass

    def test_a_full_disk_during_training(self):
        self.ok("data", "add", "small", small_data(self.folder / "data"))
        epochs = 40
        whole = self.ok_json("train", self.recipe_file(conv_recipe("whole", epochs=epochs)))
        process = self.start("train", self.recipe_file(conv_recipe("torn", epochs=epochs)))
        run = self.wait_for_run(process, lambda run: run["checkpoints"], name="torn")
        self.fill()
        _, error = process.communicate(timeout=120)
        self.assertEqual(process.returncode, 1, error)
        self.assertRegex(error, FULL)
        self.assertIn(run["id"], error)
        # The server lives, and reads go on; the checkpoint that was acknowledged is whole.
        self.assertEqual(self.request("GET", "/v2/health/live")[0], 200)
        kept = self.get(f"/sinter/v1/runs/{run['id']}")["checkpoints"][-1]["step"]
        self.assertGreaterEqual(kept, run["checkpoints"][-1]["step"])
        # While the disk is full another try says the same, and harms nothing.
        self.assertRegex(self.fails("train", "--resume", run["id"]), FULL)
        self.filler.unlink()
        resumed = self.ok_json("train", "--resume", run["id"])
        self.assertGreaterEqual(resumed["resumed_from_step"], kept)
        self.assertEqual(self.model_file(resumed["model"]), self.model_file(whole["model"]))
        self.assertEqual(self.losses(run["id"]), self.losses(whole["run"]))

    def test_a_full_disk_during_import(self):
        data = small_data(self.folder / "data")
        self.fill()
        error = self.fails("data", "add", "small", data)
        self.assertRegex(error, FULL)
        self.assertEqual(self.get("/sinter/v1/datasets")["items"], [])
        self.filler.unlink()
        self.assertEqual(self.ok_json("data", "add", "small", data)["ref"], "small@1")

    def test_a_server_that_starts_on_a_full_disk_says_so(self):
        self.processes[0].terminate()
        self.processes[0].communicate(timeout=30)
        (self.home / "token").unlink()  # it would have to write a new one
        self.fill()
        error = self.fails("serve", "--home", self.home, "--listen", "127.0.0.1:0")
        self.assertRegex(error, FULL)


if __name__ == "__main__":
    main()

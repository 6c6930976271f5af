"""The home's upkeep as its owner does it: garbage, fsck, backup under mixed writes, quotas, retention, kills in uploads."""
import json
import os
import random
import shutil
import signal
import threading
import time
import urllib.parse

from program import Program, main, recipe, small_data


def blob(home, sha):
    return home / "store" / "sha256" / sha[:2] / sha


def make_old(home, days=30):
    """As if what is there had been put long ago."""
    then = time.time() - days * 86400
    for path in (home / "store" / "sha256").rglob("*"):
        if path.is_file():
            os.utime(path, (then, then))


class Upkeep(Program):
    def model_folder(self, name, seed, size=3_000_000):
        folder = self.folder / name
        folder.mkdir()
        (folder / "model.onnx").write_bytes(random.Random(seed).randbytes(size))
        (folder / "signature.json").write_text("{}")
        return folder

    def sha(self, kind, ref, path):
        files = self.get(f"/sinter/v1/{kind}/{urllib.parse.quote(ref, safe='')}")["manifest"]["files"]
        return {f["path"]: f["sha256"] for f in files}[path]

    def fsck(self, *words):
        code, out, _ = self.run_program("hub", "fsck", "--json", *words)
        problems = json.loads(out)["problems"]
        self.assertEqual(code, 1 if problems else 0)
        return problems

    def filled(self):
        """A server with something of all that a first path makes."""
        server = self.serve()
        self.ok("data", "add", "small", small_data(self.folder / "data"))
        self.ok("data", "profile", "small")
        self.ok("train", self.recipe_file(recipe(epochs=1)))
        self.ok("service", "deploy", "digits", "digits@1")
        self.ok("token", "create", "ci", "--scope", "write")
        return server

    def test_garbage_goes_and_everything_in_use_stays(self):
        server = self.filled()
        self.assertEqual(self.fsck(), [])
        first = self.model_folder("first", 1)
        self.ok("model", "push", "me/m", first)
        weights = self.sha("models", "me/m@1", "model.onnx")
        self.assertIn("me/m@1", self.ok("model", "delete", "me/m@1", "--reason", "a test"))
        self.assertIn("removed by", self.fails("model", "show", "me/m@1"))
        self.assertIn("service digits", self.fails("model", "delete", "digits@1", "--reason", "a test"))
        self.assertTrue(blob(self.home, weights).exists())
        dry = self.ok_json("hub", "gc", "--dry-run", "--grace", "0s")
        self.assertGreaterEqual(dry["removed"]["bytes"], 3_000_000)
        self.assertTrue(blob(self.home, weights).exists())
        young = self.ok_json("hub", "gc")
        self.assertEqual(young["removed"]["count"], 0, "within its grace everything stays")
        time.sleep(1.1)
        done = self.ok_json("hub", "gc", "--grace", "0s")
        self.assertEqual(done["removed"], dry["removed"])
        self.assertFalse(blob(self.home, weights).exists())
        self.assertEqual(done["unknown_kinds"], [], "a kind of record without a rule in all_record_rules.cc")
        self.assertIn("removed", self.ok("hub", "gc"))
        self.assertEqual(self.fsck(), [])
        # Pushed again, all of it goes over again.
        self.ok("model", "push", "me/m", first)
        self.assertTrue(blob(self.home, weights).exists())
        server.send_signal(signal.SIGTERM)
        server.wait()
        shutil.rmtree(self.home / "cache")
        self.assertEqual(self.fsck(), [], "on a home without a server")
        self.serve()
        self.ok("model", "pull", "digits@1", self.folder / "pulled")
        self.assertEqual(self.get("/sinter/v1/services/digits")["ready"], True)
        self.ok("data", "profile", "small")
        for token in (None, self.ok("token", "create", "weak", "--scope", "write").strip()):
            for method, path in (("POST", "hub/gc"), ("POST", "hub/fsck"), ("POST", "hub/backup"), ("POST", "hub/quotas"),
                                 ("GET", "hub/tasks/gc-1"), ("DELETE", "models/digits"), ("DELETE", "datasets/small%401")):
                status, _ = self.request(method, f"/sinter/v1/{path}", token, {})
                self.assertIn(status, (401, 403), path)

    def test_the_server_collects_by_itself(self):
        server = self.serve("--gc-every", "0")
        self.ok("model", "push", "me/m", self.model_folder("m", 1))
        weights = self.sha("models", "me/m@1", "model.onnx")
        self.ok("model", "delete", "me/m", "--reason", "a test")
        make_old(self.home)
        server.send_signal(signal.SIGTERM)
        server.wait()
        self.serve()
        deadline = time.monotonic() + 60
        while blob(self.home, weights).exists():
            self.assertLess(time.monotonic(), deadline)
            time.sleep(0.05)

    def test_fsck_names_what_is_damaged_and_whom_it_concerns(self):
        self.filled()
        path = blob(self.home, self.sha("models", "digits@1", "model.onnx"))
        whole = path.read_bytes()
        path.write_bytes(whole[:-1] + bytes([whole[-1] ^ 1]))
        self.assertEqual(self.fsck("--quick"), [], "a flipped bit is not seen without reading")
        [problem] = self.fsck()
        self.assertEqual(problem["what"], "blob")
        self.assertIn("model digits@1", problem["concerns"])
        self.assertIn("service digits", problem["concerns"])
        code, out, err = self.run_program("hub", "fsck")
        self.assertEqual(code, 1)
        self.assertIn("concerns service digits", out)
        path.unlink()
        self.assertIn("it is not in the store", self.fsck("--quick")[0]["message"])
        path.write_bytes(whole)
        self.assertIn("all is well", self.ok("hub", "fsck"))

    def test_backup_under_mixed_writes_and_restore(self):
        server = self.filled()
        for i in range(4):
            self.model_folder(f"w{i}", i, 200_000)
        stop, acknowledged, failures = threading.Event(), [], []

        def write(name):
            i = 0
            while not stop.is_set():
                file = self.folder / f"w{name}" / "model.onnx"
                file.write_bytes(random.Random(f"{name} {i}").randbytes(200_000))
                process = self.start("model", "push", f"me/w{name}", self.folder / f"w{name}", "--json")
                out, err = process.communicate(timeout=120)
                if process.returncode != 0:
                    return failures.append(err)
                acknowledged.append(json.loads(out))
                i += 1

        writers = [threading.Thread(target=write, args=(i,)) for i in range(2)]
        for writer in writers:
            writer.start()
        while len(acknowledged) < 4 and not failures:
            time.sleep(0.05)
        before = list(acknowledged)
        target = self.folder / "backup"
        first = self.ok_json("hub", "backup", target)
        self.assertEqual(first["copied"], first["all"])
        self.assertEqual(first["damaged"], [])
        second = self.ok_json("hub", "backup", target)
        self.assertLess(second["copied"]["count"], second["all"]["count"], "what was there was not copied again")
        between = len(acknowledged)
        stop.set()
        for writer in writers:
            writer.join()
        self.assertEqual(failures, [])
        self.assertGreater(between, 0)
        status, answer = self.request("GET", "/sinter/v1/changes?wait=0", self.token)
        last = json.loads(answer)["last"]
        server.kill()
        server.wait()
        shutil.rmtree(self.home)
        self.assertIn("sinter hub restore", (target / "RESTORE.txt").read_text())
        occupied = self.folder / "data"
        self.assertIn("not empty", self.fails("hub", "restore", target, "--home", occupied))
        self.ok("hub", "restore", target, "--home", self.home)
        self.assertEqual(self.fsck(), [])
        self.serve()
        for version in before:
            self.assertEqual(self.get(f"/sinter/v1/models/{urllib.parse.quote(version['ref'], safe='')}")["id"],
                             version["id"])
        self.assertTrue(self.get("/sinter/v1/services/digits")["ready"])
        status, answer = self.request("GET", f"/sinter/v1/changes?after={last}&wait=0", self.token)
        self.assertEqual(status, 409, answer)
        self.assertIn(b"restored", answer)
        self.ok("model", "push", "me/after", self.folder / "w0")

    def test_quotas(self):
        self.serve()
        small, large = self.model_folder("small", 1, 500_000), self.model_folder("large", 2, 3_000_000)
        self.ok("hub", "quota", "2MB", "--owner", "ann")
        self.ok("model", "push", "ann/small", small)
        error = self.fails("model", "push", "ann/large", large)
        self.assertIn("the quota of 'ann' is 2000000 bytes: 500002 are used, and 3000000 more are asked for", error)
        store = sum(p.stat().st_size for p in (self.home / "store").rglob("*") if p.is_file())
        self.assertLess(store, 1_000_000, "it was refused before a byte was sent")
        self.ok("model", "push", "bob/large", large)
        self.ok("hub", "quota", "4MB", "--all")
        self.assertIn("quota of the home", self.fails("model", "push", "bob/more", self.model_folder("more", 3)))
        table = self.ok("hub", "quota")
        self.assertIn("ann", table)
        status, answer = self.request("POST", "/sinter/v1/blobs/missing", self.token,
                                      {"sha256": ["0" * 64], "sizes": [5_000_000], "for": "ann/x"})
        self.assertEqual(status, 507, answer)
        self.ok("hub", "quota", "none", "--all")
        self.ok("hub", "quota", "none", "--owner", "ann")
        self.ok("model", "push", "ann/large", large)
        self.ok("hub", "quota", "1000TB", "--floor")
        self.assertIn("disk is full but for its floor", self.fails("model", "push", "ann/x", self.model_folder("x", 4)))
        self.ok("hub", "quota", "none", "--floor")
        self.ok("model", "push", "ann/x", self.folder / "x")
        self.assertIn("how much", self.fails("hub", "quota", "--all"))

    def test_retention(self):
        self.serve()
        self.ok("data", "add", "small", small_data(self.folder / "data"))
        self.ok("data", "govern", "small", "--retention-days", "1", "--owner", "ann")
        self.assertEqual(self.ok_json("data", "govern", "--due")["items"], [])
        self.assertNotIn("small@1", self.ok("data", "govern", "--due"))
        self.assertIn("--reason", self.fails("data", "delete", "small@1", code=2))
        self.ok("data", "delete", "small@1", "--reason", "retention")
        self.assertIn("retention", self.fails("data", "profile", "small@1"))
        self.assertEqual(self.ok("data", "delete", "small", "--reason", "all of it"), "")
        self.assertEqual(self.get("/sinter/v1/datasets")["items"], [])

    def pieces(self):
        return sum(p.stat().st_size for p in (self.home / "store").rglob("*") if p.is_file())

    def wait_for_bytes(self, count, process):
        deadline = time.monotonic() + 120
        while self.pieces() < count:
            self.assertIsNone(process.poll(), "it was done before it could be killed")
            self.assertLess(time.monotonic(), deadline)
            time.sleep(0.001)

    def table(self, rows=150_000):
        """One column of 30 MB, which goes over in pieces, and small ones."""
        numbers = random.Random(7)
        path = self.folder / "texts.csv"
        with open(path, "w") as out:
            out.write("id,text\n")
            out.writelines(f"{i},x{numbers.randbytes(100).hex()}\n" for i in range(rows))
        return path

    def test_kills_of_client_and_server_in_the_middle_of_data_add(self):
        table = self.table()
        # What it comes to without a kill, on a home of its own.
        whole, self.home = self.home, self.folder / "other"
        self.environment["SINTER_HOME"] = str(self.home)
        wanted = self.ok_json("data", "add", "texts", table)
        self.home = whole
        self.environment["SINTER_HOME"] = str(self.home)
        server = self.serve()
        total = wanted["bytes"]
        self.assertGreater(total, 20_000_000)
        add = self.start("data", "add", "texts", table, "--json")
        self.wait_for_bytes(total // 4, add)
        add.kill()
        add.communicate()
        have = self.pieces()
        self.assertGreater(have, 0)
        self.assertLess(have, total)
        self.assertEqual(self.get("/sinter/v1/datasets")["items"], [], "nothing half-written is visible")
        add = self.start("data", "add", "texts", table, "--json")
        self.wait_for_bytes(total // 2, add)
        server.kill()
        server.wait()
        _, error = add.communicate(timeout=120)
        self.assertNotEqual(add.returncode, 0, error)
        kept = self.pieces()
        self.assertGreaterEqual(kept, have, "what came stays over kills")
        self.serve("--access-log", self.folder / "access.jsonl")
        added = self.ok_json("data", "add", "texts", table)
        self.assertEqual(added["id"], wanted["id"])
        sent = 0
        deadline = time.monotonic() + 20
        while time.monotonic() < deadline:
            lines = [json.loads(line) for line in (self.folder / "access.jsonl").read_text().splitlines()]
            sent = sum(line["bytes_in"] for line in lines if line["method"] == "PUT")
            if any(line["target"].endswith("/versions") for line in lines):
                break
            time.sleep(0.1)
        self.assertGreater(sent, 0)
        # A piece on its way when the server was killed may count twice.
        self.assertLess(sent, total - kept + 1_000_000, "bytes that were here went over again")
        self.assertEqual(self.fsck(), [])

    def test_tokens_expire(self):
        self.serve()
        self.fails("token", "create", "never", "--expires", "0")
        self.fails("token", "create", "never", "--expires", "soon")
        short = self.ok("token", "create", "short", "--scope", "admin", "--expires", "1s").strip()
        longer = self.ok("token", "create", "longer", "--scope", "read", "--expires", "30d").strip()
        self.assertIn("until", self.ok("token", "list"))
        deadline = time.monotonic() + 20
        while (answer := self.request("GET", "/sinter/v1/models", short))[0] == 200:
            self.assertLess(time.monotonic(), deadline)
            time.sleep(0.05)
        self.assertEqual(answer[0], 401)
        self.assertIn(b"the token 'short' expired at 20", answer[1])
        self.assertEqual(self.request("GET", "/sinter/v1/models", longer)[0], 200)
        tokens = {t["name"]: t for t in self.get("/sinter/v1/tokens")["items"]}
        self.assertEqual((tokens["short"]["expired"], tokens["longer"]["expired"], tokens["local"]["expires_ms"]),
                         (True, False, 0))


if __name__ == "__main__":
    main()

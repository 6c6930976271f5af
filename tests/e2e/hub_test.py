"""The hub: versions as git, push and pull through breaks and kills, refs, cards, lineage, servers that lie."""
import hashlib
import http.server
import json
import os
import pathlib
import random
import shutil
import socket
import subprocess
import threading
import time

from program import Program, main, recipe, small_data

PARTIAL = ".sinter-partial"


class Proxy:
    """Between a client and the server; stops dead after so many bytes in one direction."""

    def __init__(self, origin, upload=1 << 60, download=1 << 60):
        self.target = ("127.0.0.1", int(origin.rsplit(":", 1)[1]))
        self.left = {"up": upload, "down": download}
        self.stalled = threading.Event()
        self.listener = socket.create_server(("127.0.0.1", 0))
        self.port = self.listener.getsockname()[1]
        self.origin = f"http://127.0.0.1:{self.port}"
        self.sent = {"up": 0, "down": 0}
        self.open = [self.listener]
        threading.Thread(target=self.accept, daemon=True).start()

    def accept(self):
        while True:
            try:
                client, _ = self.listener.accept()
                server = socket.create_connection(self.target)
            except OSError:
                return
            self.open += [client, server]
            threading.Thread(target=self.pump, args=(client, server, "up"), daemon=True).start()
            threading.Thread(target=self.pump, args=(server, client, "down"), daemon=True).start()

    def pump(self, source, sink, way):
        # The server answers to its own name alone.
        mine, its = f"Host: 127.0.0.1:{self.port}\r\n".encode(), f"Host: 127.0.0.1:{self.target[1]}\r\n".encode()
        try:
            while data := source.recv(65536):
                allowed = data[:self.left[way]]
                self.left[way] -= len(allowed)
                self.sent[way] += len(allowed)
                sink.sendall(allowed.replace(mine, its) if way == "up" else allowed)
                if len(allowed) < len(data):
                    return self.stalled.set()
            sink.shutdown(socket.SHUT_WR)
        except OSError:
            pass

    def close(self):
        for one in self.open:
            try:
                one.shutdown(socket.SHUT_RDWR)  # closing alone tells nobody who still reads
            except OSError:
                pass
            one.close()


class Liar(http.server.BaseHTTPRequestHandler):
    """A server whose answers are what the test says."""
    version, blob = {}, b""

    def do_GET(self):
        if "/models/" in self.path:
            body, code, more = json.dumps(self.version).encode(), 200, {}
        else:
            first, last = map(int, self.headers["Range"].split("=")[1].split("-"))
            body, code = self.blob[first:last + 1], 206
            more = {"Content-Range": f"bytes {first}-{last}/{len(self.blob)}"}
        self.send_response(code)
        for name, value in {"Content-Length": len(body), **more}.items():
            self.send_header(name, str(value))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_):
        pass


def sha(data):
    return hashlib.sha256(data).hexdigest()


class Hub(Program):
    def setUp(self):
        super().setUp()
        self.server = self.serve()
        seed = int(os.environ.get("SINTER_SEED", time.time_ns()))
        print(f"seed {seed}", flush=True)
        self.draw = random.Random(seed)

    def model(self, weights, name="model"):
        folder = self.folder / name
        shutil.rmtree(folder, ignore_errors=True)
        (folder / "deep").mkdir(parents=True)
        (folder / "model.onnx").write_bytes(weights)
        (folder / "signature.json").write_text('{"task": "x"}')
        (folder / "README.md").write_text("---\nlicense: mit\ntags: [a, b]\n---\n# Hello\n")
        (folder / "deep" / "notes.txt").write_text("")
        return folder

    def contents(self, folder):
        return {p.relative_to(folder).as_posix(): p.read_bytes() for p in folder.rglob("*") if p.is_file()}

    def git(self, *words):
        environment = {**os.environ, "GIT_CONFIG_NOSYSTEM": "1", "GIT_CONFIG_GLOBAL": "/dev/null",
                       "HOME": str(self.folder)}
        lfs = [word for kind in ("smudge", "clean") for word in ("-c", f"filter.lfs.{kind}=git-lfs {kind} -- %f")]
        done = subprocess.run(["git", "-c", "safe.directory=*", *lfs, *map(str, words)], env=environment, text=True,
                              capture_output=True, timeout=60)
        self.assertEqual(done.returncode, 0, done.stderr)
        return done.stdout

    def killed(self, proxy, *words):
        """A command that is killed at the moment when the proxy stops."""
        process = self.start(*words, "--server", proxy.origin)
        self.assertTrue(proxy.stalled.wait(60), "the command ended before the break")
        process.kill()
        process.wait()
        proxy.close()

    def test_push_goes_on_after_kills_of_client_and_server(self):
        folder = self.model(self.draw.randbytes(70 << 20))
        for upload in (20 << 20, 20 << 20, (1 << 20) + self.draw.randrange(15 << 20)):
            self.killed(Proxy(self.origin, upload=upload), "model", "push", "m", folder)
            self.assertEqual(self.get("/sinter/v1/models")["items"], [], "no version before all of it is there")
        self.server.kill()
        self.server.wait()
        self.server = self.serve()
        rest = Proxy(self.origin)
        self.assertEqual(self.ok("model", "push", "m", folder, "--server", rest.origin), "m@1\n")
        self.assertLess(rest.sent["up"], 40 << 20, "what had come was not sent again")
        again = Proxy(self.origin)
        self.assertEqual(self.ok("model", "push", "m", folder, "--server", again.origin), "m@1\n")
        self.assertLess(again.sent["up"], 10_000, "what is there costs no bytes")
        back = self.folder / "back"
        self.ok("model", "pull", "m", back)
        self.assertEqual(self.contents(back), self.contents(folder))

    def test_pull_goes_on_after_kills_and_never_leaves_half_a_file(self):
        folder = self.model(self.draw.randbytes(40 << 20))
        self.ok("model", "push", "m", folder)
        whole, target = self.contents(folder), self.folder / "target"
        for _ in range(4):
            # A piece of 8 MiB, and some of the next.
            self.killed(Proxy(self.origin, download=(8 << 20) + self.draw.randrange(1 << 16, 4 << 20)),
                        "model", "pull", "m", target)
            for path, data in self.contents(target).items():
                if not path.startswith(PARTIAL):
                    self.assertEqual(data, whole[path], f"{path} is not whole")
            self.assertFalse((target / "model.onnx").exists())
        report = self.ok_json("model", "pull", "m", target)
        self.assertLess(report["downloaded"], 30 << 20, "what had come was not brought again")
        self.assertEqual(self.contents(target), whole)
        # What is spoilt is brought again, what is the user's own stays.
        whole_model = whole["model.onnx"]
        (target / "model.onnx").write_bytes(whole_model[:-1] + bytes([whole_model[-1] ^ 1]))
        (target / "mine.txt").write_text("mine")
        (target / PARTIAL).mkdir()
        (target / PARTIAL / sha(whole["model.onnx"])).write_bytes(b"not its beginning")
        self.assertGreaterEqual(self.ok_json("model", "pull", "m", target)["downloaded"], 40 << 20)
        self.assertEqual(self.contents(target), {**whole, "mine.txt": b"mine"})
        self.assertEqual(self.ok_json("model", "pull", "m", target)["downloaded"], 0)

    def test_one_pull_at_a_time_in_a_folder(self):
        self.ok("model", "push", "m", self.model(self.draw.randbytes(20 << 20)))
        proxy = Proxy(self.origin, download=9 << 20)
        first = self.start("model", "pull", "m", self.folder / "target", "--server", proxy.origin)
        self.assertTrue(proxy.stalled.wait(60))
        self.assertIn("another pull works in", self.fails("model", "pull", "m", self.folder / "target"))
        first.kill()
        first.wait()
        self.ok("model", "pull", "m", self.folder / "target")

    def test_versions_are_commits(self):
        folder = self.model(b"\0one")
        self.ok("model", "push", "ann/m", folder, "-m", "The first")
        (folder / "model.onnx").write_bytes(b"\0second")
        (folder / "README.md").write_text("# Hello\nthere\n")
        (folder / "deep" / "notes.txt").unlink()
        (folder / "more.txt").write_text("more")
        second = self.ok_json("model", "push", "ann/m", folder)
        self.assertEqual(self.ok("model", "tag", "ann/m", "good", "--at", "1"), "ann/m@1\n")
        self.assertEqual(self.ok_json("model", "show", "ann/m@good")["number"], 1)
        self.assertIn("has refs/tags/good already", self.fails("model", "tag", "ann/m", "good", "--at", "2"))
        self.ok("model", "tag", "ann/m", "good", "--at", "2", "--move")
        self.assertEqual(self.ok_json("model", "show", "ann/m@good")["number"], 2)
        self.ok("model", "branch", "ann/m", "dev")
        (folder / "more.txt").write_text("even more")
        dev = self.ok("model", "push", "ann/m", folder, "--branch", "dev").strip()
        self.assertRegex(dev, r"^ann/m@[0-9a-f]{12}$")
        self.assertEqual(self.ok_json("model", "show", "ann/m")["number"], 2)
        self.assertEqual(self.ok_json("model", "show", "ann/m@dev")["number"], 0)
        self.assertIn("dev", self.ok("model", "branch", "ann/m"))
        self.ok("model", "branch", "ann/m", "main", "--at", "dev", "--move")
        self.assertEqual(self.ok_json("model", "show", dev)["number"], 3)
        self.ok("model", "branch", "ann/m", "dev", "--delete")
        self.fails("model", "show", "ann/m@dev")
        log = self.ok_json("model", "log", "ann/m")["items"]
        self.assertEqual([item["message"].strip() for item in log], ["Update dev", "Version 2", "The first"])
        self.assertIn("The first", self.ok("model", "log", "ann/m"))
        diff = self.ok("model", "diff", "ann/m@1", "@2")
        for part in ("added    more.txt", "- -> 4 B", "removed  deep/notes.txt", "4 B -> 7 B", "+there"):
            self.assertIn(part, diff)
        self.assertIn("license   mit", self.ok("model", "show", "ann/m@1"))
        # The cache is real git, and can be made again.
        cache = self.home / "cache" / "git" / "models" / "ann" / "m.git"
        self.git("--git-dir", cache, "fsck", "--full", "--strict")
        self.assertEqual(self.git("--git-dir", cache, "rev-parse", "main~1").strip(), second["commit"])
        clone = self.folder / "clone"
        self.git("clone", "-q", cache, clone)
        shutil.rmtree(clone / ".git")
        (clone / ".gitattributes").unlink()
        self.assertEqual(self.contents(clone), self.contents(folder))
        shutil.rmtree(self.home / "cache")
        self.assertEqual(self.ok_json("model", "log", "ann/m")["items"], log)
        self.git("--git-dir", cache, "fsck", "--full", "--strict")

    def test_a_training_publishes_its_card_and_lineage(self):
        self.ok("data", "add", "small", small_data(self.folder / "data"), "--classes", "fashion-mnist")
        trained = self.ok_json("train", self.recipe_file(recipe("digits", epochs=1)))
        self.ok("service", "deploy", "shop", "digits@1")
        card = self.ok_json("model", "show", "digits")["card"]
        self.assertEqual(card["task"], "image-classification")
        self.assertEqual(card["datasets"], ["small@1"])
        accuracy = {m["name"]: m["value"] for m in card["metrics"]}["accuracy"]
        self.assertAlmostEqual(float(accuracy), trained["figures"]["accuracy"], places=4)
        self.assertIn(trained["run"], card["body"])
        shown = self.ok("model", "show", "digits")
        self.assertRegex(shown, r"\n  accuracy +0\.\d+ +0\.\d+ to 0\.\d+\n")
        self.assertRegex(shown, r"\n1 Trouser +(\d+|\.) ")
        lineage = self.ok_json("model", "lineage", "digits")
        self.assertEqual([(s["kind"], s["ref"], s["distance"]) for s in lineage["steps"]],
                         [("dataset", "small@1", -2), ("run", trained["run"], -1), ("model", "digits@1", 0),
                          ("service", "shop@1", 1)])
        forward = self.ok("data", "lineage", "small")
        for part in (trained["run"], "digits@1", "shop@1", "made by"):
            self.assertIn(part, forward)
        # A data set goes out and comes back as the same version.
        folder = self.folder / "pulled"
        self.ok("data", "pull", "small", folder)
        pushed = self.ok_json("data", "push", "other", folder)
        self.assertEqual(pushed["id"], self.ok_json("data", "show", "small")["id"])

    def test_a_server_that_lies_does_no_harm(self):
        data = b"weights"
        liar = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Liar)
        threading.Thread(target=liar.serve_forever, daemon=True).start()
        self.addCleanup(liar.server_close)
        self.addCleanup(liar.shutdown)
        origin = f"http://127.0.0.1:{liar.server_port}"
        target = self.folder / "target"

        def pull(path, blob=data):
            Liar.blob = blob
            Liar.version = {"ref": "m@1", "manifest": {"format": "sinter.manifest.v1", "files": [
                {"path": path, "sha256": sha(data), "size": len(data)}]}}
            return self.run_program("model", "pull", "m", target, "--server", origin)

        before = set(self.folder.rglob("*"))
        for path in ("../out", "/out", "a/../../out", ".git/hooks/post-checkout", "a/.GIT/config", "git~1/config",
                     "a\\b", "a\0b", "a\nb", "x" * 300, PARTIAL + "/x", ".gitmodules"):
            with self.subTest(path):
                code, _, _ = pull(path)
                self.assertEqual(code, 1)
                self.assertEqual({p for p in self.folder.rglob("*") if p.is_file()} - before, set())
        code, _, err = pull("model.onnx", b"weightz")
        self.assertEqual(code, 1)
        self.assertIn("the bytes are not the ones its sha256 says", err)
        self.assertFalse((target / "model.onnx").exists())
        code, _, err = pull("model.onnx", b"weig")  # an answer shorter than it says
        self.assertEqual(code, 1)
        self.assertFalse((target / "model.onnx").exists())
        self.assertEqual(pull("model.onnx")[0], 0)
        self.assertEqual((target / "model.onnx").read_bytes(), data)

    def test_folders_that_are_no_version_are_refused(self):
        folder = self.model(b"\0one")
        for path, why in (("a/.gitattributes", "git's own"), (".lfsconfig", "git's own"), ("readme.MD", "case alone")):
            with self.subTest(path):
                file = folder / path
                file.parent.mkdir(exist_ok=True)
                file.write_text("x")
                self.assertIn(why, self.fails("model", "push", "m", folder))
                file.unlink()
        (folder / "pointer").write_text(
            f"version https://git-lfs.github.com/spec/v1\noid sha256:{'0' * 64}\nsize 5\n")
        self.assertIn("is a git-lfs pointer", self.fails("model", "push", "m", folder))
        (folder / "pointer").unlink()
        (folder / ".git").mkdir()
        (folder / ".git" / "config").write_text("not taken along")
        (folder / ".gitattributes").write_text("* text")
        self.ok("model", "push", "m", folder)
        names = [f["path"] for f in self.ok_json("model", "show", "m")["manifest"]["files"]]
        self.assertEqual(names, ["README.md", "deep/notes.txt", "model.onnx", "signature.json"])
        for words in (("tag", "m", "a..b"), ("tag", "m", "12"), ("branch", "m", "x@y"), ("show", "m@a b")):
            self.fails("model", *words)


if __name__ == "__main__":
    main()

"""sinter serve and sinter token: what scripts rely on."""
import fcntl
import json
import signal
import socket
import stat
import subprocess
import urllib.request

from program import Program, main, recipe, small_data


class Serve(Program):
    def test_one_line_a_private_token_and_a_clean_end(self):
        server = self.serve()
        token = self.home / "token"
        self.assertEqual(stat.S_IMODE(token.stat().st_mode), 0o600)
        self.assertEqual(self.request("GET", "/v2/health/ready")[0], 200)
        server.send_signal(signal.SIGTERM)
        rest, _ = server.communicate(timeout=30)
        self.assertEqual(rest, "", "stdout has more than the ready line")
        self.assertEqual(server.returncode, 0)

    def test_tokens_have_scopes(self):
        self.serve()
        made = {scope: self.ok_json("token", "create", f"for-{scope}", "--scope", scope)["token"]
                for scope in ("read", "write", "admin")}
        for token in made.values():
            self.assertRegex(token, r"^hf_[A-Za-z0-9]{34,}$")
        self.assertEqual(len(set(made.values())), 3)
        runs, tokens = "/sinter/v1/runs", "/sinter/v1/tokens"
        status, body = self.request("GET", runs)
        self.assertEqual(status, 401)
        self.assertIn(b"MLFLOW_TRACKING_TOKEN", body)
        self.assertEqual(self.request("GET", runs, "hf_" + "x" * 34)[0], 401)
        self.assertEqual(self.request("GET", runs, made["read"])[0], 200)
        service = {"name": "none", "model": "none@1"}
        self.assertEqual(self.request("POST", "/sinter/v1/services", made["read"], service)[0], 403)
        self.assertEqual(self.request("POST", "/sinter/v1/services", made["write"], service)[0], 404)
        self.assertEqual(self.request("GET", tokens, made["write"])[0], 403)
        self.assertEqual(self.request("GET", tokens, made["admin"])[0], 200)
        home = b"".join(p.read_bytes() for p in self.home.rglob("*") if p.is_file() and p.name != "token")
        self.assertNotIn(made["admin"].encode(), home, "a token lies in the home unhashed")

    def test_a_port_in_use_is_named(self):
        with socket.socket() as taken:
            taken.bind(("127.0.0.1", 0))
            taken.listen()
            port = taken.getsockname()[1]
            error = self.fails("serve", "--home", self.home, "--listen", f"127.0.0.1:{port}")
        self.assertIn(f"127.0.0.1:{port}", error)
        self.assertIn("in use", error)

    def test_a_home_has_one_server(self):
        self.serve()
        error = self.fails("serve", "--home", self.home, "--listen", "127.0.0.1:0")
        self.assertIn(str(self.home), error)
        self.assertIn(self.origin, error, "where the other one answers")
        self.assertEqual(self.request("GET", "/v2/health/live")[0], 200)

    def test_a_server_and_a_command_started_at_once(self):
        """Whoever has the home first, the other one waits: for the server to answer, or for the command to end."""
        for round in range(10):
            server = self.start("serve", "--listen", "127.0.0.1:0")
            if round % 2:
                self.ok("data", "list")
            else:
                command = self.start("data", "list")
            self.assertRegex(server.stdout.readline(), r"^ready http://127\.0\.0\.1:\d+\n$")
            if round % 2 == 0:
                _, error = command.communicate(timeout=60)
                self.assertEqual(command.returncode, 0, error)
            server.send_signal(signal.SIGTERM)
            server.communicate(timeout=30)
            self.assertEqual(server.returncode, 0)

    def test_a_new_home_is_told(self):
        _, _, error = self.run_program("data", "list")
        self.assertEqual(error, f"home {self.home} is new and empty\n")
        self.assertEqual(self.run_program("data", "list")[2], "")

    def test_a_home_that_stays_held_is_named_with_its_holder(self):
        self.ok("data", "list")
        with open(self.home / "lock", "r+") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            error = self.fails("data", "list")
            self.assertIn(str(self.home), error)
            waiting = self.start("serve", "--listen", "127.0.0.1:0")
            with self.assertRaises(subprocess.TimeoutExpired):
                waiting.wait(timeout=1)
            waiting.send_signal(signal.SIGTERM)  # it can be stopped while it waits
            waiting.communicate(timeout=5)
            self.assertEqual(waiting.returncode, 0)
        self.ok("data", "list")

    def test_what_was_acknowledged_survives_a_kill(self):
        server = self.serve()
        version = self.ok_json("data", "add", "small", small_data(self.folder / "data"))
        token = self.ok_json("token", "create", "kept", "--scope", "read")["token"]
        server.kill()
        server.wait()
        self.serve()
        self.assertEqual(self.get("/sinter/v1/datasets/small")["id"], version["id"])
        self.assertEqual(self.request("GET", "/sinter/v1/datasets", token)[0], 200)

    def test_wrong_usage_ends_with_2(self):
        for address in ("nonsense", "127.0.0.1:99999", "127.0.0.1:"):
            self.assertIn(f"'{address}'", self.fails("serve", "--listen", address, code=2))
        for words in (["serve", "--nonsense"], ["data"], ["nothing"], ["token", "create"], ["serve", "--io-threads", "0"],
                      ["train"], ["train", "recipe.yaml", "--resume", "run-1"], ["train", "recipe.yaml", "--ranks", "0"]):
            code, _, error = self.run_program(*words)
            self.assertEqual(code, 2, words)
            self.assertNotEqual(error, "")
        for words in (["servce"], ["service", "lst"], ["data", "ad", "small"]):
            self.assertIn(f"'{words[1] if len(words) > 1 else words[0]}'", self.fails(*words, code=2))
        self.assertIn("sinter model pull", self.fails("inspect", "digits"))

    def test_beyond_loopback_nothing_is_open(self):
        """The console's files, which hold nothing of anybody's; everything that says or does anything asks for a token."""
        process = self.start("serve", "--home", self.home, "--listen", "0.0.0.0:0")
        line = process.stdout.readline()
        self.assertRegex(line, r"^ready http://0\.0\.0\.0:\d+\n$")
        self.origin = line.split()[1].replace("0.0.0.0", "127.0.0.1")
        self.token = (self.home / "token").read_text().strip()
        self.assertEqual(self.request("GET", "/")[0], 200)
        session = json.loads(self.request("GET", "/sinter/v1/console/session")[1])
        self.assertEqual(session, {"services_are_open": False, "signed_in": False})
        for path in ("/metrics", "/sinter/v1/services", "/sinter/v1/runs", "/sinter/v1/console/overview"):
            self.assertEqual(self.request("GET", path)[0], 401, path)
            self.assertEqual(self.request("GET", path, self.token)[0], 200, path)
        self.assertEqual(self.request("GET", "/v2/health/live")[0], 200)
        self.ok("data", "add", "small", small_data(self.folder / "data"))
        self.ok("train", self.recipe_file(recipe(epochs=1)))
        self.ok("service", "deploy", "digits", "digits")
        ask = {"inputs": [{"name": "image", "datatype": "UINT8", "shape": [1, 28, 28], "data": [0] * 784}]}
        self.assertEqual(self.request("POST", "/v2/models/digits/infer", body=ask)[0], 401)
        self.assertEqual(self.request("POST", "/v2/models/digits/infer", self.token, ask)[0], 200)
        # Who signed in to the console may ask as well, with the cookie alone, and from its pages alone.
        code = json.loads(self.request("POST", "/sinter/v1/console/links", self.token, {"scope": "read"})[1])["code"]
        request = urllib.request.Request(self.origin + "/sinter/v1/console/session", method="POST",
                                         data=json.dumps({"code": code}).encode(), headers={"X-Sinter-Console": "1"})
        with urllib.request.urlopen(request) as answer:
            cookie = answer.headers["Set-Cookie"].split(";")[0]
        self.assertEqual(self.request("POST", "/v2/models/digits/infer", body=ask,
                                      headers={"Cookie": cookie, "X-Sinter-Console": "1"})[0], 200)
        self.assertEqual(self.request("POST", "/v2/models/digits/infer", body=ask, headers={"Cookie": cookie})[0], 403)
        self.assertEqual(self.request("GET", "/sinter/v1/services", headers={"Cookie": cookie})[0], 200)

    def test_without_a_temporary_folder_it_is_said_before_anything_is_lost(self):
        self.serve()
        data = small_data(self.folder / "data")
        self.ok("data", "add", "small", data)
        self.environment["TMPDIR"] = str(self.folder / "nowhere")
        for words in (["data", "add", "again", data], ["train", self.recipe_file(recipe(epochs=1))]):
            error = self.fails(*words)
            self.assertIn(str(self.folder / "nowhere"), error)
            self.assertIn("TMPDIR", error)
        run = self.get("/sinter/v1/runs")["items"][0]
        self.assertEqual(run["state"], "failed")
        self.assertIn("nowhere", run["message"])
        self.assertEqual(run["checkpoints"][-1]["step"], 40, "what was trained is kept")
        del self.environment["TMPDIR"]
        self.assertEqual(self.ok_json("train", "--resume", run["id"])["resumed_from_step"], 40)

    def test_foreign_hosts_and_origins_are_refused(self):
        self.serve()
        self.assertEqual(self.request("GET", "/sinter/v1/services", self.token, headers={"Host": "evil.example"})[0], 421)
        status, _ = self.request("POST", "/sinter/v1/services", self.token, {}, {"Origin": "http://evil.example"})
        self.assertEqual(status, 403)


if __name__ == "__main__":
    main()

"""The program under demonstration, as processes: the server, and commands that talk to it."""
import json
import os
import subprocess
import urllib.parse
import urllib.request


class Sinter:
    """A server on a home of its own. Commands run against it; `api` asks its own HTTP interface."""

    def __init__(self, binary, home, log):
        self.binary, self.home = binary, home
        self.environment = {**os.environ, "SINTER_HOME": str(home), "SINTER_CACHE": str(home.parent / "cache")}
        self.environment.pop("SINTER_SERVER", None)
        self.log = open(log, "ab")
        self.start("127.0.0.1:0")

    def start(self, listen):
        self.server = subprocess.Popen([self.binary, "serve", "--home", str(self.home), "--listen", listen],
                                       stdout=subprocess.PIPE, stderr=self.log, env=self.environment, text=True)
        line = self.server.stdout.readline()
        if not line.startswith("ready http://"):
            raise SystemExit(f"the server did not start; see {self.log.name}")
        self.origin = line.split()[1]
        self.token = (self.home / "token").read_text().strip()

    def kill(self):
        """As a machine that loses its power would: without a word."""
        self.server.kill()
        self.server.wait()

    def start_again(self):
        self.start(self.origin.removeprefix("http://"))

    def command(self, *words):
        """Starts a command; its progress goes to this terminal."""
        return subprocess.Popen([self.binary, *map(str, words)], env=self.environment, stdout=subprocess.PIPE, text=True)

    def run(self, *words, code=0):
        """Runs a command with --json to its end, which must be that exit code; gives what it prints."""
        process = self.command(*words, "--json")
        output = process.stdout.read()
        if process.wait() != code:
            raise SystemExit(f"exit code {process.returncode}: sinter {' '.join(map(str, words))}")
        return json.loads(output) if output.strip() else None

    def api(self, path, method="GET", body=None):
        request = urllib.request.Request(f"{self.origin}/sinter/v1{path}", method=method,
                                         data=None if body is None else json.dumps(body).encode(),
                                         headers={"Authorization": f"Bearer {self.token}", "Content-Type": "application/json"})
        with urllib.request.urlopen(request, timeout=30) as answer:
            return json.loads(answer.read())

    def series(self, run, name, points=400):
        answer = self.api(f"/runs/{run}/metrics?name={urllib.parse.quote(name)}&points={points}")
        return list(zip(answer["steps"], answer["mean"]))

    def stop(self):
        self.server.terminate()
        self.server.wait(30)
        self.log.close()

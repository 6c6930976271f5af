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
        self.server = subprocess.Popen([binary, "serve", "--home", str(home), "--listen", "127.0.0.1:0"],
                                       stdout=subprocess.PIPE, stderr=self.log, env=self.environment, text=True)
        line = self.server.stdout.readline()
        if not line.startswith("ready http://"):
            raise SystemExit(f"the server did not start; see {log}")
        self.origin = line.split()[1]
        self.token = (home / "token").read_text().strip()

    def command(self, *words):
        """Starts a command; its progress goes to this terminal."""
        return subprocess.Popen([self.binary, *map(str, words)], env=self.environment, stdout=subprocess.PIPE, text=True)

    def run(self, *words):
        """Runs a command with --json to its end; gives what it prints."""
        process = self.command(*words, "--json")
        output = process.stdout.read()
        if process.wait() != 0:
            raise SystemExit(f"failed: sinter {' '.join(map(str, words))}")
        return json.loads(output)

    def api(self, path):
        request = urllib.request.Request(f"{self.origin}/sinter/v1{path}", headers={"Authorization": f"Bearer {self.token}"})
        with urllib.request.urlopen(request, timeout=30) as answer:
            return json.loads(answer.read())

    def series(self, run, name, points=400):
        answer = self.api(f"/runs/{run}/metrics?name={urllib.parse.quote(name)}&points={points}")
        return list(zip(answer["steps"], answer["mean"]))

    def stop(self):
        self.server.terminate()
        self.server.wait(30)
        self.log.close()

"""sinter serve --records: two servers on one PostgreSQL, which the test starts; one of them killed, the database restarted."""
import json
import os
import pathlib
import pwd
import signal
import socket
import subprocess
import time

from program import Program, main


class Postgres:
    """Debian's newest server on a socket in a folder of its own; as nobody where this is root, which it insists on."""

    def __init__(self, folder):
        self.folder = folder
        folder.mkdir()
        versions = pathlib.Path("/usr/lib/postgresql").glob("*/bin/postgres")
        self.programs = max(versions, key=lambda path: int(path.parent.parent.name)).parent
        self.prefix = []
        if os.getuid() == 0:
            nobody = pwd.getpwnam("nobody")
            os.chown(folder, nobody.pw_uid, nobody.pw_gid)
            folder.parent.chmod(0o755)
            self.prefix = ["setpriv", "--reuid=nobody", "--regid=nogroup", "--clear-groups", "--pdeathsig", "QUIT", "--"]
        subprocess.run([*self.prefix, self.programs / "initdb", "-D", folder / "data", "-A", "trust", "-U", "test", "-E", "UTF8",
                        "--locale=C.UTF-8", "-N"], check=True, stdout=subprocess.DEVNULL)
        self.start()

    def start(self):
        with open(self.folder.parent / "postgres.log", "a") as log:
            self.process = subprocess.Popen([*self.prefix, self.programs / "postgres", "-D", self.folder / "data", "-c",
                                             "listen_addresses=", "-c", f"unix_socket_directories={self.folder}"],
                                            stdout=log, stderr=log)
        deadline = time.monotonic() + 60
        while subprocess.run([self.programs / "pg_isready", "-q", "-h", self.folder]).returncode != 0:
            if time.monotonic() > deadline:
                raise SystemExit((self.folder.parent / "postgres.log").read_text())
            time.sleep(0.02)

    def stop(self):
        self.process.send_signal(signal.SIGQUIT)
        self.process.wait()

    @property
    def address(self):
        return f"postgresql:///postgres?host={self.folder}&user=test"


class Records(Program):
    def setUp(self):
        super().setUp()
        self.database = Postgres(self.folder / "pg")
        self.addCleanup(self.database.stop)
        self.homes = {}

    def serve_home(self, name):
        """A server on a home of its own, with the database's records."""
        self.home = self.folder / name
        process = self.serve("--records", self.database.address)
        self.homes[name] = (self.origin, self.token)
        return process

    def ask(self, name, method, path, body=None):
        self.origin, token = self.homes[name]
        status, answer = self.request(method, path, token, body)
        return status, json.loads(answer)

    def follow(self, name, after):
        """A connection that follows what changes after a number."""
        origin, token = self.homes[name]
        host, port = origin.removeprefix("http://").split(":")
        connection = socket.create_connection((host, int(port)), timeout=30)
        self.addCleanup(connection.close)
        connection.sendall(f"GET /sinter/v1/changes?after={after} HTTP/1.1\r\nHost: {host}:{port}\r\nAccept: text/event-stream\r\n"
                           f"Authorization: Bearer {token}\r\n\r\n".encode())
        return connection.makefile("rb")

    def test_two_servers_one_database(self):
        first = self.serve_home("first")
        self.serve_home("second")
        now = self.ask("first", "GET", "/sinter/v1/changes")[1]["last"]
        events = self.follow("second", now)
        made = self.ask("first", "POST", "/sinter/v1/tokens", {"name": "shared", "scope": "read"})[1]["token"]
        for line in events:  # told by the first's commit, seen by the second's follower
            if line.startswith(b"data: ") and json.loads(line[6:])["record"]["name"] == "shared":
                break
        else:
            self.fail("the stream ended")
        self.origin = self.homes["second"][0]
        self.assertEqual(self.request("GET", "/sinter/v1/runs", made)[0], 200)
        first.kill()
        first.wait()
        self.assertEqual(self.ask("second", "DELETE", "/sinter/v1/tokens/shared")[0], 200)
        self.serve_home("first")  # each kept its own local token
        self.assertEqual(self.ask("first", "GET", "/sinter/v1/runs")[0], 200)
        self.assertEqual(self.ask("second", "GET", "/sinter/v1/runs")[0], 200)
        self.assertEqual(self.request("GET", "/sinter/v1/runs", made)[0], 401)

    def test_a_database_that_is_away_is_said_and_found_again(self):
        self.serve_home("first")
        self.database.stop()
        status, answer = self.ask("first", "GET", "/sinter/v1/runs")
        self.assertEqual(status, 503, answer)
        self.database.start()
        self.assertEqual(self.ask("first", "GET", "/sinter/v1/runs")[0], 200)

    def test_backup_and_restore(self):
        server = self.serve_home("first")
        self.environment["SINTER_HOME"] = str(self.home)
        self.ok("token", "create", "before", "--scope", "read")
        backup = self.folder / "backup"
        self.ok("hub", "backup", backup)
        self.ok("token", "create", "after", "--scope", "read")
        now = self.ask("first", "GET", "/sinter/v1/changes")[1]["last"]
        server.kill()
        server.wait()
        restored = self.folder / "restored"
        self.assertIn("--records", self.fails("hub", "restore", backup, "--home", restored))
        taken = self.fails("hub", "restore", backup, "--home", restored, "--records", self.database.address)
        self.assertIn("holds records of Sinter already", taken)
        self.assertFalse(restored.exists())
        subprocess.run([self.database.programs / "createdb", "-h", self.database.folder, "-U", "test", "-E", "UTF8",
                        "-T", "template0", "new"], check=True)
        address = self.database.address.replace("/postgres?", "/new?")
        self.ok("hub", "restore", backup, "--home", restored, "--records", address)
        self.home = restored
        self.environment["SINTER_HOME"] = str(restored)
        self.serve("--records", address)
        names = [token["name"] for token in self.get("/sinter/v1/tokens")["items"]]
        self.assertIn("before", names)
        self.assertNotIn("after", names)
        self.assertEqual(self.request("GET", f"/sinter/v1/changes?after={now}", self.token)[0], 409)
        self.assertIn("all is well", self.ok("hub", "fsck"))

    def test_a_home_is_not_opened_without_its_records(self):
        first = self.serve_home("first")
        first.kill()
        first.wait()
        error = self.fails("serve", "--home", self.home, "--listen", "127.0.0.1:0")
        self.assertIn("--records", error)
        error = self.fails("serve", "--home", self.folder / "other", "--listen", "127.0.0.1:0", "--records", "mysql://u:s3cret@h/d")
        self.assertIn("postgresql://", error)
        self.assertNotIn("s3cret", error)
        self.assertFalse(list((self.folder / "other").glob("records.db")))


if __name__ == "__main__":
    main()

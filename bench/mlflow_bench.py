"""Tracking: batches that a client logs, one after another over one connection, against MLflow's own server on SQLite. Both
answer to the same bytes; each batch is ten points of metrics and one parameter, durable when it is answered."""
import http.client
import json
import pathlib
import shutil
import socket
import subprocess
import sys
import tempfile
import time

from rounds import row, take_turns

SINTER = pathlib.Path("build/release/sinter")
CORES = "0,1"
CALLS = 200
START = 180  # seconds


def free_port():
    with socket.create_server(("127.0.0.1", 0)) as listener:
        return listener.getsockname()[1]


class Client:
    def __init__(self, address, token=""):
        self.connection = http.client.HTTPConnection(address, timeout=60)
        self.headers = {"Content-Type": "application/json"} | ({"Authorization": f"Bearer {token}"} if token else {})

    def post(self, path, body):
        self.connection.request("POST", "/api/2.0/mlflow/" + path, json.dumps(body), self.headers)
        answer = self.connection.getresponse()
        text = answer.read()
        if answer.status != 200:
            raise SystemExit(f"{path} has status {answer.status}: {text[:300]}")
        return json.loads(text)

    def calls_per_second(self):
        self.connection.close()  # idle ones are closed; the next request opens another
        run = self.post("runs/create", {"experiment_id": "0", "start_time": 1})["run"]["info"]["run_id"]
        bodies = [{"run_id": run, "metrics": [{"key": f"m{i}", "value": n / 7, "timestamp": n, "step": n} for i in range(10)],
                   "params": [{"key": f"p{n}", "value": str(n)}]} for n in range(CALLS)]
        began = time.perf_counter()
        for body in bodies:
            self.post("runs/log-batch", body)
        return CALLS / (time.perf_counter() - began)


def sinter(folder):
    home = folder / "home"
    process = subprocess.Popen(["taskset", "-c", CORES, SINTER, "serve", "--home", home, "--listen", "127.0.0.1:0", "--access-log",
                                "off"], stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)
    address = process.stdout.readline().split()[1].removeprefix("http://")
    return process, Client(address, (home / "token").read_text().strip())


def mlflow(folder):
    port = free_port()
    process = subprocess.Popen(["taskset", "-c", CORES, sys.executable, "-m", "mlflow", "server", "--workers", "1", "--host",
                                "127.0.0.1", "--port", str(port), "--backend-store-uri", f"sqlite:///{folder}/mlflow.db",
                                "--artifacts-destination", str(folder / "artifacts")],
                               stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    deadline = time.monotonic() + START
    while True:
        try:
            client = Client(f"127.0.0.1:{port}")
            client.connection.request("GET", "/health")
            if client.connection.getresponse().read() == b"OK":
                return process, client
        except OSError:
            pass
        if time.monotonic() > deadline or process.poll() is not None:
            raise SystemExit("mlflow server did not start")
        time.sleep(0.2)


def run(rounds, out):
    folder = pathlib.Path(tempfile.mkdtemp(prefix="mlflow-", dir=out))
    running = []
    try:
        ours, our_client = sinter(folder)
        running.append(ours)
        peer, peer_client = mlflow(folder)
        running.append(peer)
        medians = take_turns(rounds, {"sinter": our_client.calls_per_second, "mlflow": peer_client.calls_per_second},
                             "log_batch, calls/s")
        return [row("MLflow's log_batch, one client", "/s", medians["sinter"], medians["mlflow"], "mlflow server, SQLite", None,
                    less_is_better=False)]
    finally:
        for process in running:
            process.terminate()
            process.wait()
        shutil.rmtree(folder, ignore_errors=True)

"""Requests a second and latency of a tiny service, against nginx with a file of the same size as the answer.

One worker each on one core, wrk on the other. What differs is the work: Sinter parses JSON, runs a model, and writes JSON.
"""
import pathlib
import re
import shutil
import subprocess
import sys
import tempfile
import time
import urllib.request

from rounds import row, take_turns
from tiny_service import INFER, REQUEST, TinyService

SERVER, LOAD, SECONDS = "0", "1", 4
PORT = 7481
UNITS = {"us": 1e-3, "ms": 1.0, "s": 1e3, "m": 6e4}

NGINX = """
worker_processes 1; daemon off; error_log {folder}/error.log; pid {folder}/pid;
events {{ worker_connections 1024; }}
http {{
  access_log off; keepalive_requests 1000000000; sendfile on; tcp_nopush on; open_file_cache max=16;
  client_body_temp_path {folder}/1; proxy_temp_path {folder}/2; fastcgi_temp_path {folder}/3;
  uwsgi_temp_path {folder}/4; scgi_temp_path {folder}/5;
  server {{ listen 127.0.0.1:{port}; root {folder}/root; default_type application/json; }}
}}
"""


def ask(url, body=None):
    request = urllib.request.Request(url, data=body, headers={"Content-Type": "application/json"})
    with urllib.request.urlopen(request, timeout=10) as answer:
        return answer.read()


def wrk(url, connections, script):
    words = ["taskset", "-c", LOAD, "wrk", "-t1", f"-c{connections}", f"-d{SECONDS}s", "--latency", *script, url]
    text = subprocess.run(words, stdout=subprocess.PIPE, text=True, check=True).stdout
    if "Non-2xx" in text or "Socket errors" in text:
        raise SystemExit(f"not every request was answered:\n{text}")

    def latency(percent):
        value, unit = re.search(rf"{percent}%\s+([\d.]+)(us|ms|s|m)\b", text).groups()
        return float(value) * UNITS[unit]
    return {"rate": float(re.search(r"Requests/sec:\s+([\d.]+)", text)[1]), "p50": latency(50), "p99": latency(99)}


def run(rounds, out):
    folder = pathlib.Path(tempfile.mkdtemp(prefix="sinter-bench-"))
    tiny, nginx = TinyService(folder / "home", SERVER), None
    rows = []
    try:
        tiny.start()
        tiny.deploy(out)
        answer = ask(tiny.origin + INFER, REQUEST.encode())
        (folder / "root").mkdir()
        (folder / "root" / "answer").write_bytes(answer)
        (folder / "nginx.conf").write_text(NGINX.format(folder=folder, port=PORT))
        folder.chmod(0o755)
        nginx = subprocess.Popen(["taskset", "-c", SERVER, shutil.which("nginx") or "/usr/sbin/nginx", "-p", folder, "-c",
                                  folder / "nginx.conf"], stderr=subprocess.DEVNULL)
        post = folder / "post.lua"
        post.write_text(f"wrk.method = 'POST'\nwrk.body = '{REQUEST}'\nwrk.headers['Content-Type'] = 'application/json'\n")
        static = f"http://127.0.0.1:{PORT}/answer"
        for _ in range(50):
            try:
                ask(static)
                break
            except OSError:
                time.sleep(0.1)
        print(f"answers of {len(answer)} bytes", file=sys.stderr)
        for connections in (1, 64):
            seen = {"sinter": [], "nginx": []}

            def side(name, url, script):
                def once():
                    seen[name].append(wrk(url, connections, script))
                    return seen[name][-1]["rate"]
                return once
            rates = take_turns(rounds, {"sinter": side("sinter", tiny.origin + INFER, ["-s", post]),
                                        "nginx": side("nginx", static, [])}, f"requests a second, {connections} connections")
            label = f"{connections} connection{'s' * (connections > 1)}"
            rows.append(row(f"tiny service, {label}", "requests/s", rates["sinter"], rates["nginx"], "nginx (a file)", "0.7",
                            less_is_better=False))
            for percentile in ("p50", "p99"):
                middle = {name: sorted(s[percentile] for s in seen[name])[len(seen[name]) // 2] for name in seen}
                rows.append(row(f"tiny service, {label}, {percentile}", "ms", middle["sinter"], middle["nginx"],
                                "nginx (a file)", None))
    finally:
        tiny.stop()
        if nginx is not None:
            nginx.terminate()
            nginx.wait()
        shutil.rmtree(folder, ignore_errors=True)
    return rows

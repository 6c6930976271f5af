"""What a rollout adds to the latency of the live path: the tiny service with a candidate in its shadow, and in a canary,
against the same service alone; one connection, the same server, in turns."""
import json
import pathlib
import shutil
import tempfile
import time
import urllib.request

from rounds import row, take_turns
from serve_bench import LOAD, SERVER, wrk
from tiny_service import REQUEST, TinyService

# Neither ends by itself while it is measured.
SHADOW = {"shadow": {"percent": 100, "minimum": 1000000000}}
CANARY = {"rollout": {"strategy": "canary", "shares": [50, 100], "bake_s": 100000}}


def state(tiny, service):
    with urllib.request.urlopen(f"{tiny.origin}/sinter/v1/services/{service}/rollout", timeout=10) as answer:
        return json.load(answer)["state"]


def run(rounds, out):
    folder = pathlib.Path(tempfile.mkdtemp(prefix="sinter-bench-"))
    tiny = TinyService(folder / "home", SERVER)
    try:
        tiny.start()
        tiny.deploy(out)
        for name, gates in (("shadow", SHADOW), ("canary", CANARY)):
            (folder / name).write_text(json.dumps(gates))
            tiny.command("service", "deploy", name, "tiny", "--gates", folder / name)
            tiny.command("service", "rollout", name, "tiny")
            while state(tiny, name) != name:
                time.sleep(0.05)
        post = folder / "post.lua"
        post.write_text(f"wrk.method = 'POST'\nwrk.body = '{REQUEST}'\nwrk.headers['Content-Type'] = 'application/json'\n")

        def side(service):
            return lambda: wrk(f"{tiny.origin}/v2/models/{service}/infer", 1, ["-s", post])["p50"]
        p50 = take_turns(rounds, {name: side(name) for name in ("tiny", "shadow", "canary")},
                         f"p50 of one connection on core {LOAD}, ms")
        return [row(f"rollout, {what}, 1 connection, p50", "ms", p50[name], p50["tiny"], "the same alone", "+0.030 ms")
                for name, what in (("shadow", "every request copied to the candidate"), ("canary", "half to the candidate"))]
    finally:
        tiny.stop()
        shutil.rmtree(folder, ignore_errors=True)

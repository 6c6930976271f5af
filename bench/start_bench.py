"""From the start of the process to the first answer: the server with a tiny service on its home, against a Python process
that loads the same model into ONNX Runtime and answers once, without HTTP."""
import http.client
import pathlib
import shutil
import subprocess
import sys
import tempfile
import time

from rounds import row, take_turns
from tiny_service import INFER, REQUEST, TinyService

PEER = """
import sys, numpy, onnxruntime
session = onnxruntime.InferenceSession(sys.argv[1], providers=["CPUExecutionProvider"])
print(session.run(None, {"x": numpy.ones((1, 8), numpy.float32)})[0].shape, flush=True)
"""


def run(rounds, out):
    folder = pathlib.Path(tempfile.mkdtemp(prefix="sinter-bench-"))
    tiny = TinyService(folder / "home", "0,1")
    try:
        tiny.start()
        tiny.deploy(out)
        tiny.stop()

        def sinter():
            began = time.perf_counter()
            tiny.start()
            connection = http.client.HTTPConnection(tiny.origin.removeprefix("http://"), timeout=30)
            connection.request("POST", INFER, REQUEST, {"Content-Type": "application/json"})
            status = connection.getresponse().status
            taken = time.perf_counter() - began
            connection.close()
            tiny.stop()
            if status != 200:
                raise SystemExit(f"the first answer has status {status}")
            return 1e3 * taken

        def peer():
            began = time.perf_counter()
            process = subprocess.Popen([sys.executable, "-c", PEER, str(out / "tiny" / "model.onnx")], stdout=subprocess.PIPE)
            if process.stdout.readline() != b"(1, 4)\n":
                raise SystemExit("the peer did not answer")
            taken = time.perf_counter() - began
            process.wait()
            return 1e3 * taken
        medians = take_turns(rounds, {"sinter": sinter, "python": peer}, "start to first answer, ms")
        return [row("process start to first answer", "ms", medians["sinter"], medians["python"],
                    "Python with ONNX Runtime, no HTTP", None)]
    finally:
        tiny.stop()
        shutil.rmtree(folder, ignore_errors=True)

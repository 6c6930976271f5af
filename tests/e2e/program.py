"""The program under test, as processes on a home of their own, and small real data for it."""
import gzip
import json
import os
import pathlib
import struct
import subprocess
import sys
import tempfile
import time
import unittest
import urllib.error
import urllib.request

BINARY = sys.argv.pop(1)
FASHION = pathlib.Path("/usr/share/datasets/fashion-mnist")

MLP = """\
name: {name}
data: {{dataset: small}}
model:
  layers:
    - flatten
    - dense: {{units: 32, activation: relu}}
    - dense: {{units: 10}}
input: {{scale: 0.00392156862745098}}
optimizer: {{kind: {kind}, learning_rate: {rate}}}
epochs: {epochs}
batch_size: 50
seed: 3
checkpoint: {{every_steps: 20}}
"""


def recipe(name="digits", kind="adam", rate=0.001, epochs=2):
    return MLP.format(name=name, kind=kind, rate=rate, epochs=epochs)


# What batches, their order, augmentation, dropout and channels of the input can go wrong with. No batch
# statistics: they depend on the share that a rank holds.
CONV = """\
name: {name}
data: {{dataset: small}}
model:
  precision: {precision}
  layers:
    - conv2d: {{filters: 4, kernel: 3, padding: same, activation: relu}}
    - max_pool
    - flatten
    - dropout: {{rate: 0.2}}
    - dense: {{units: 10}}
input: {{scale: 0.00392156862745098, mean: [0.286], deviation: [0.353]}}
optimizer: {{kind: adam, learning_rate: 0.002}}
augment: {{shift: 2, flip: true}}
epochs: {epochs}
batch_size: 50
seed: 11
checkpoint: {{every_steps: 20}}
"""


def conv_recipe(name="conv", precision="f32", epochs=1):
    return CONV.format(name=name, precision=precision, epochs=epochs)


def cut_idx(source, target, rows):
    """The first rows of one of Fashion-MNIST's files, as a file of its own."""
    raw = gzip.open(source).read()
    rank = raw[3]
    dims = struct.unpack(f">{rank}I", raw[4:4 + 4 * rank])
    row = 1
    for d in dims[1:]:
        row *= d
    header = raw[:4] + struct.pack(f">{rank}I", rows, *dims[1:])
    target.write_bytes(header + raw[4 + 4 * rank:4 + 4 * rank + rows * row])


def small_data(folder):
    folder.mkdir()
    for name, rows in (("train", 2000), ("t10k", 500)):
        for what in ("images-idx3-ubyte", "labels-idx1-ubyte"):
            cut_idx(FASHION / f"{name}-{what}.gz", folder / f"{name}-{what}", rows)
    return folder


class Program(unittest.TestCase):
    """A temporary folder with a home in it, and the commands on that home."""

    def setUp(self):
        self._folder = tempfile.TemporaryDirectory(prefix="sinter-e2e-")
        self.addCleanup(self._folder.cleanup)
        self.processes = []
        self.folder = pathlib.Path(self._folder.name)
        self.home = self.folder / "home"
        self.environment = {k: v for k, v in os.environ.items() if not k.startswith("SINTER_")}
        self.environment |= {"SINTER_HOME": str(self.home), "SINTER_CACHE": str(self.folder / "cache")}

    def start(self, *words, **more):
        """A process of the program; it is killed with the test at the latest."""
        process = subprocess.Popen([BINARY, *map(str, words)], env=self.environment, text=True, stdout=subprocess.PIPE,
                                   stderr=more.pop("stderr", subprocess.PIPE), **more)

        def end():
            process.kill()
            process.communicate()
        self.addCleanup(end)
        self.processes.append(process)
        return process

    def serve(self, *words, port=0, log=None):
        """A server of the home; what it says on stderr is added to the file `log`, where one is named."""
        stderr = subprocess.DEVNULL
        if log is not None:
            stderr = open(self.folder / log, "a")
            self.addCleanup(stderr.close)
        process = self.start("serve", "--home", self.home, "--listen", f"127.0.0.1:{port}", *words, stderr=stderr)
        line = process.stdout.readline()
        self.assertRegex(line, r"^ready http://127\.0\.0\.1:\d+\n$")
        self.origin = line.split()[1]
        self.token = (self.home / "token").read_text().strip()
        return process

    def run_program(self, *words, timeout=120):
        process = self.start(*words)
        out, err = process.communicate(timeout=timeout)
        return process.returncode, out, err

    def ok(self, *words):
        code, out, err = self.run_program(*words)
        self.assertEqual(code, 0, f"sinter {' '.join(map(str, words))}: {err}")
        return out

    def ok_json(self, *words):
        return json.loads(self.ok(*words, "--json"))

    def fails(self, *words, code=1):
        given, out, err = self.run_program(*words)
        self.assertEqual(given, code, f"sinter {' '.join(map(str, words))}: {out}{err}")
        self.assertEqual(out, "")
        return err

    def recipe_file(self, text):
        path = self.folder / "recipe.yaml"
        path.write_text(text)
        return path

    def request(self, method, path, token=None, body=None, headers=None):
        """(status, parsed answer or bytes)"""
        request = urllib.request.Request(self.origin + path, method=method, headers=headers or {},
                                         data=None if body is None else json.dumps(body).encode())
        request.add_header("Content-Type", "application/json")
        if token:
            request.add_header("Authorization", f"Bearer {token}")
        try:
            with urllib.request.urlopen(request, timeout=30) as answer:
                return answer.status, answer.read()
        except urllib.error.HTTPError as error:
            return error.code, error.read()

    def wait_for_run(self, process, ready, name=None):
        """The newest run (of that name) once ready(run) holds, while the process goes on."""
        deadline = time.monotonic() + 120
        while True:
            self.assertIsNone(process.poll(), "the training ended early")
            self.assertLess(time.monotonic(), deadline, "it did not come so far")
            for run in self.get("/sinter/v1/runs")["items"]:
                if (name is None or run["id"].startswith(name + "-")) and ready(run):
                    return run
            time.sleep(0.02)

    def model_file(self, ref):
        """The bytes of a version's model.onnx."""
        folder = self.folder / f"pulled-{ref}"
        if not folder.exists():
            self.ok("model", "pull", ref, folder)
        return (folder / "model.onnx").read_bytes()

    def losses(self, run):
        """step -> loss, of every step of a run."""
        series = self.get(f"/sinter/v1/runs/{run}/metrics?name=train.loss&points=100000")
        return dict(zip(series["steps"], series["mean"]))

    def get(self, path):
        status, body = self.request("GET", path, self.token)
        self.assertEqual(status, 200, body)
        return json.loads(body)


def main():
    unittest.main(verbosity=2)

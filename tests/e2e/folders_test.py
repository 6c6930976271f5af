"""From a folder of pictures to a served model behind gates: real photographs and textures, cut by Pillow."""
import csv
import importlib.util
import json
import math
import os
import pathlib
import random
import signal
import struct
import unittest
import wave

from program import FASHION, Program, main

CNN = """\
name: {name}
data: {{dataset: {dataset}}}
model:
  layers:
    - conv2d: {{filters: 16, kernel: 3, padding: same, activation: relu}}
    - max_pool
    - conv2d: {{filters: 32, kernel: 3, padding: same, activation: relu}}
    - max_pool
    - flatten
    - dense: {{units: 64, activation: relu}}
    - dropout: {{rate: 0.3}}
    - dense: {{units: 3}}
input: {{scale: 0.00392156862745098, mean: {mean}, deviation: 0.25}}
optimizer: {{kind: adam, learning_rate: 0.001}}
augment: {{shift: 2, flip: true}}
epochs: {epochs}
batch_size: 32
seed: {seed}
"""


def images():
    """Pillow and the folder of scikit-image's pictures; its code is not needed."""
    try:
        from PIL import Image
    except ImportError:
        raise unittest.SkipTest("Pillow is not here: ./dev setup test installs tests/requirements.lock")
    spec = importlib.util.find_spec("skimage")
    if spec is None:
        raise unittest.SkipTest("scikit-image's pictures are not here: ./dev setup test installs them")
    return Image, pathlib.Path(list(spec.submodule_search_locations)[0], "data")


class Folders(Program):
    def setUp(self):
        super().setUp()
        self.image, self.pictures = images()
        self.log = self.folder / "access.log"
        self.serve("--access-log", self.log)

    def cut(self, name, to, size, suffix="jpg", **how):
        """One of the pictures, cut into squares of that size, none of which overlaps another."""
        picture = self.image.open(self.pictures / name)
        if picture.mode != "L":
            picture = picture.convert("RGB")
        to.mkdir(parents=True)
        for y in range(0, picture.height - size + 1, size):
            for x in range(0, picture.width - size + 1, size):
                file = to / f"{y:03}-{x:03}.{'png' if suffix == 'both' and (x + y) // size % 2 else 'jpg'}"
                picture.crop((x, y, x + size, y + size)).save(file, **how)
        return to

    def textures(self, folder):
        for name in ("brick", "grass", "gravel"):
            self.cut(f"{name}.png", folder / name, 32, "both")
        return folder

    def photographs(self, folder):
        for name in ("astronaut", "chelsea", "coffee"):
            self.cut(f"{name}.png", folder / name, 40, quality=92)
        return folder

    def uploads(self):
        lines = self.log.read_text().splitlines() if self.log.exists() else []
        return [a["target"] for a in map(json.loads, lines) if a["method"] == "PUT" and "/blobs/" in a["target"]]

    def dataset(self, ref):
        return self.get(f"/sinter/v1/datasets/{ref}/profile")["dataset"]

    def column(self, ref, name, split="train"):
        """The bytes of a column of numbers, or the texts of one of texts."""
        files = {f["path"]: f["sha256"] for f in self.ok_json("data", "show", ref)["manifest"]["files"]}

        def blob(path):
            status, body = self.request("GET", f"/sinter/v1/blobs/{files[path]}", self.token)
            self.assertEqual(status, 200)
            return body
        values = blob(f"{split}/{name}.bin")
        if f"{split}/{name}.offsets" not in files:
            return values
        offsets = blob(f"{split}/{name}.offsets")
        at = [int.from_bytes(offsets[i:i + 8], "little") for i in range(0, len(offsets), 8)]
        return [values[a:b].decode() for a, b in zip(at, at[1:])]

    def ask(self, service, picture):
        """The class of a picture's pixels."""
        shape = [1, picture.height, picture.width] + ([3] if picture.mode == "RGB" else [])
        body = {"inputs": [{"name": "image", "datatype": "UINT8", "shape": shape, "data": list(picture.tobytes())}]}
        status, answer = self.request("POST", f"/v2/models/{service}/infer", self.token, body)
        self.assertEqual(status, 200, answer)
        scores = json.loads(answer)["outputs"][0]["data"]
        return max(range(len(scores)), key=scores.__getitem__)

    def test_textures_from_folder_to_gated_service(self):
        folder = self.textures(self.folder / "textures")
        added = self.ok_json("data", "add", "textures", folder)
        self.assertEqual(added["files"], {"decoded": 768, "known": 0, "damaged": 0})
        dataset = self.dataset("textures")
        self.assertEqual([(c["name"], c["kind"], c["shape"]) for c in dataset["columns"]],
                         [("image", "picture", [32, 32]), ("label", "class", []), ("file", "text", []),
                          ("sha256", "text", [])])
        self.assertEqual(dataset["columns"][1]["classes"], ["brick", "grass", "gravel"])
        profile = self.ok_json("data", "profile", "textures", "--samples", self.folder / "grid.png")["profile"]
        self.assertEqual(sum(s["rows"] for s in profile["splits"]), 768)
        with self.image.open(self.folder / "grid.png") as grid:
            self.assertEqual(grid.size[1], 3 * 34 + 2)
        recipe = {"name": "textures", "dataset": "textures", "mean": 0.5, "epochs": 8}
        result = self.ok_json("train", self.recipe_file(CNN.format(seed=1, **recipe)))
        self.assertGreaterEqual(result["figures"]["accuracy"], 0.8)
        self.ok("service", "deploy", "textures", "textures", "--golden", "textures", "--samples", "150",
                "--bake", "0", "--shadow", "0", "--blue-green")
        # A model of another seed passes the golden set; the answers are right.
        better = self.ok_json("train", self.recipe_file(CNN.format(seed=2, **(recipe | {"epochs": 16}))))
        self.ok("service", "rollout", "textures", better["model"], "--wait")
        tests = self.column("textures", "file", "test")
        self.assertEqual(len(tests), dataset["splits"][1]["rows"])
        right = sum(self.ask("textures", self.image.open(folder / file)) ==
                    ["brick", "grass", "gravel"].index(file.split("/")[0]) for file in tests)
        self.assertGreaterEqual(right, 0.85 * len(tests))
        # The same by the program itself, from the files.
        said = self.ok_json("service", "ask", "textures", *(folder / file for file in tests[:40]))
        self.assertEqual([item["file"] for item in said], [str(folder / file) for file in tests[:40]])
        self.assertGreaterEqual(sum(item["class"] == file.split("/")[0] for item, file in zip(said, tests)), 30)
        self.assertIn("it is cut short", self.fails("service", "ask", "textures", self.cut_png(folder)))
        # One that has learned nothing does not.
        worse = self.ok_json("train", self.recipe_file(CNN.format(seed=3, **(recipe | {"epochs": 1})).replace(
            "learning_rate: 0.001", "learning_rate: 0.0000001")))
        code, _, _ = self.run_program("service", "rollout", "textures", worse["model"], "--wait")
        self.assertEqual(code, 3)

    def cut_png(self, folder):
        whole = next((folder / "brick").glob("*.png")).read_bytes()
        path = self.folder / "cut.png"
        path.write_bytes(whole[:-20])
        return path

    def test_photographs_in_colour(self):
        folder = self.photographs(self.folder / "photographs")
        self.ok("data", "add", "photographs", folder, "--size", "32x24", "--fit", "crop")
        shape = self.dataset("photographs")["columns"][0]["shape"]
        self.assertEqual(shape, [24, 32, 3])
        result = self.ok_json("train", self.recipe_file(CNN.format(
            name="photographs", dataset="photographs", mean="[0.5, 0.45, 0.4]", epochs=60, seed=1).replace(
                "learning_rate: 0.001", "learning_rate: 0.002")))
        self.assertGreaterEqual(result["figures"]["accuracy"], 0.85)
        self.ok("model", "pull", "photographs", self.folder / "model")
        signature = json.loads((self.folder / "model" / "signature.json").read_text())["inputs"][0]
        self.assertEqual((signature["shape"], signature["dtype"]), ([24, 32, 3], "u8"))
        self.assertTrue(signature["preprocess"]["channels_first"])
        self.ok("service", "deploy", "photographs", "photographs")
        tests = self.column("photographs", "file", "test")
        right = 0
        for file in tests:
            # As a client would do it: cut to the sides' ratio, brought to the size, its pixels sent.
            picture = self.image.open(folder / file).crop((0, 5, 40, 35)).resize((32, 24), self.image.LANCZOS)
            right += self.ask("photographs", picture) == ["astronaut", "chelsea", "coffee"].index(file.split("/")[0])
        self.assertGreaterEqual(right, 0.85 * len(tests))

    def test_fashion_mnist_as_pictures(self):
        """What IDX holds, written as PNG files and read again: the same pixels."""
        import gzip
        if not FASHION.is_dir():
            self.skipTest("dataset-fashion-mnist is not here")
        pixels = gzip.open(FASHION / "train-images-idx3-ubyte.gz").read(16 + 300 * 784)[16:]
        labels = gzip.open(FASHION / "train-labels-idx1-ubyte.gz").read(8 + 300)[8:]
        folder = self.folder / "clothes"
        rows = [["file", "label", "split"]]
        for i in range(300):
            file = f"{i % 7}/{i:03}.png"
            (folder / file).parent.mkdir(parents=True, exist_ok=True)
            self.image.frombytes("L", (28, 28), pixels[i * 784:(i + 1) * 784]).save(folder / file)
            rows.append([file, labels[i], "test" if i % 5 == 0 else "train"])
        with (folder / "labels.csv").open("w", newline="") as out:
            csv.writer(out).writerows(rows)
        self.ok("data", "add", "clothes", folder)
        files = self.column("clothes", "file")
        self.assertEqual(len(files), 240)
        order = [int(file.split("/")[1].split(".")[0]) for file in files]
        self.assertEqual(self.column("clothes", "image"), b"".join(pixels[i * 784:(i + 1) * 784] for i in order))
        self.assertEqual(list(self.column("clothes", "label")), [labels[i] for i in order])

    def test_a_flat_folder_has_no_labels_and_that_is_said(self):
        folder = self.folder / "flat"
        self.cut("chelsea.png", folder, 90)
        (folder / "notes.txt").write_text("seen in spring")
        code, out, error = self.run_program("data", "add", "flat", folder)
        self.assertEqual(code, 0, error)
        self.assertIn("no labels: sort the files into one folder a class, or add labels.csv\n", error)
        self.assertIn("1 other file left out: notes.txt\n", error)

    def test_added_again_and_grown(self):
        folder = self.folder / "grown"
        self.cut("chelsea.png", folder / "cat", 90)
        self.cut("coffee.png", folder / "cup", 90)
        first = self.ok_json("data", "add", "grown", folder)
        sent = self.uploads()
        self.assertIn("nothing new", self.ok("data", "add", "grown", folder))
        self.assertEqual(self.uploads(), sent, "what is there is not sent again")
        before = {s: set(self.column("grown", "file", s)) for s in ("train", "test")}
        # Others come, of another size, and one is renamed: no row leaves its split, and only new files are decoded.
        self.cut("astronaut.png", folder / "person", 128)
        name = sorted(before["train"])[0]
        (folder / name).rename(folder / "cat" / "renamed.jpg")
        second = self.ok_json("data", "add", "grown", folder)
        self.assertEqual(second["files"], {"decoded": 16, "known": first["files"]["decoded"], "damaged": 0})
        self.assertEqual(self.dataset("grown")["columns"][0]["shape"], [90, 90, 3])
        for split in ("train", "test"):
            after = set(self.column("grown", "file", split))
            self.assertLessEqual(before[split] - {name}, after)
        self.assertIn("cat/renamed.jpg", self.column("grown", "file", "train"))

    def test_damage_is_told_and_left_out_when_asked(self):
        folder = self.folder / "damaged"
        self.cut("coffee.png", folder / "cup", 100)
        whole = (folder / "cup" / "000-000.jpg").read_bytes()
        (folder / "cup" / "cut.jpg").write_bytes(whole[:len(whole) // 2])
        (folder / "cup" / "page.png").write_bytes(b"<!DOCTYPE html>")
        # 65,500 x 65,500 pixels in a few hundred bytes.
        frame = whole.index(b"\xff\xc0")
        (folder / "cup" / "bomb.jpg").write_bytes(whole[:frame + 5] + b"\xff\xdc\xff\xdc" + whole[frame + 9:])
        error = self.fails("data", "add", "damaged", folder)
        self.assertIn("3 of 27 files cannot be read", error)
        self.assertIn("--skip-damaged", error)
        self.assertRegex(error, r"cup/cut\.jpg: JPEG: .*remature end")
        self.assertIn("cup/page.png: it is no picture", error)
        self.assertIn("cup/bomb.jpg: it has 65500 x 65500 pixels", error)
        added = self.ok_json("data", "add", "damaged", folder, "--skip-damaged")
        self.assertEqual(added["files"], {"decoded": 24, "known": 0, "damaged": 3})
        self.assertIn("for a folder of pictures or sound", self.fails("data", "add", "t", self.table(), "--size", "10"))
        self.assertIn("is no size", self.fails("data", "add", "t", self.textures(self.folder / "t"), "--size", "axb"))
        self.assertIn("for tables", self.fails("data", "add", "t", self.folder / "t", "--label", "species"))

    def test_sounds(self):
        """Tones in noise, written by Python's own wave: imported, profiled, told apart by a small network."""
        folder, draw = self.folder / "tones", random.Random(3)
        rate, length = 8000, 320
        for name, hertz in (("low", 300), ("middle", 700), ("high", 1500)):
            (folder / name).mkdir(parents=True)
            for i in range(250):
                phase, loud = draw.uniform(0, 2 * math.pi), draw.uniform(4000, 12000)
                samples = [int(loud * math.sin(2 * math.pi * hertz * t / rate + phase) + draw.gauss(0, 1000))
                           for t in range(length + draw.randrange(100))]
                with wave.open(str(folder / name / f"{i:03}.wav"), "wb") as out:
                    out.setparams((1, 2, rate, 0, "NONE", ""))
                    out.writeframes(struct.pack(f"<{len(samples)}h", *samples))
        (folder / "low" / "000.txt").write_text("a low one\n")
        added = self.ok_json("data", "add", "tones", folder, "--seconds", "0.04", "--rate", "8000")
        self.assertEqual(added["files"], {"decoded": 750, "known": 0, "damaged": 0})
        dataset = self.dataset("tones")
        self.assertEqual([(c["name"], c["kind"], c["shape"]) for c in dataset["columns"]],
                         [("sound", "vector", [320]), ("label", "class", []), ("seconds", "number", []),
                          ("text", "text", []), ("file", "text", []), ("sha256", "text", [])])
        self.assertIn("nothing new", self.ok("data", "add", "tones", folder))
        profile = self.ok_json("data", "profile", "tones")["profile"]
        self.assertEqual(sum(s["rows"] for s in profile["splits"]), 750)
        result = self.ok_json("train", self.recipe_file("""\
name: tones
data: {dataset: tones}
model:
  layers:
    - dense: {units: 96, activation: relu}
    - dense: {units: 3}
optimizer: {kind: adam, learning_rate: 0.003}
epochs: 40
batch_size: 32
seed: 1
"""))
        self.assertGreaterEqual(result["figures"]["accuracy"], 0.85)
        (folder / "low" / "cut.wav").write_bytes((folder / "low" / "001.wav").read_bytes()[:-100])
        self.assertIn("low/cut.wav: it is cut short", self.fails("data", "add", "tones", folder))
        self.assertIn("holds sound", self.fails("data", "add", "tones", folder, "--size", "32"))

    def workers_of(self, process):
        """The decoding processes that a command has started, as /proc knows them."""
        parents, workers = {}, []
        for entry in pathlib.Path("/proc").iterdir():
            if not entry.name.isdigit():
                continue
            try:
                parents[int(entry.name)] = int((entry / "stat").read_text().rsplit(")", 1)[1].split()[1])
                words = (entry / "cmdline").read_bytes().split(b"\0")
            except (OSError, IndexError):
                continue
            if b"media-worker" in words and not words[0].endswith(b"bwrap"):
                workers.append(int(entry.name))

        def is_ours(pid):
            while pid in parents and pid != process.pid:
                pid = parents[pid]
            return pid == process.pid
        return [pid for pid in workers if is_ours(pid)]

    def test_a_decoder_that_is_killed_costs_nothing(self):
        folder = self.textures(self.folder / "textures")
        process = self.start("data", "add", "textures", folder, "--size", "64", "--json")
        killed = False
        while process.poll() is None and not killed:
            for pid in self.workers_of(process)[:1]:
                try:
                    os.kill(pid, signal.SIGKILL)
                    killed = True
                except ProcessLookupError:
                    pass
        out, error = process.communicate(timeout=120)
        self.assertTrue(killed)
        self.assertEqual(process.returncode, 0, error)
        self.assertEqual(json.loads(out)["files"], {"decoded": 768, "known": 0, "damaged": 0})

    def table(self):
        path = self.folder / "t.csv"
        path.write_text("a,b\n1,2\n")
        return path


if __name__ == "__main__":
    main()

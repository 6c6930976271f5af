"""sinter data: import, versions, profile, and files that lie."""
import gzip
import json

from program import FASHION, Program, main, small_data


class Data(Program):
    def test_import_and_profile(self):
        self.serve()
        data = small_data(self.folder / "data")
        first = self.ok_json("data", "add", "small", data, "--classes", "fashion-mnist")
        self.assertEqual(first["ref"], "small@1")
        again = self.ok_json("data", "add", "small", data, "--classes", "fashion-mnist")
        self.assertEqual(again["id"], first["id"], "the same bytes are the same version")
        picture = self.folder / "samples.png"
        profile = self.ok_json("data", "profile", "small@1", "--samples", picture)["profile"]
        train = {s["name"]: s for s in profile["splits"]}["train"]
        self.assertEqual(train["rows"], 2000)
        self.assertEqual(sum(c["rows"] for c in train["classes"]), 2000)
        self.assertEqual([c["name"] for c in train["classes"]][0], "T-shirt/top")
        labels = (data / "train-labels-idx1-ubyte").read_bytes()[8:]
        self.assertEqual([c["rows"] for c in train["classes"]], [labels.count(i) for i in range(10)])
        image = {c["name"]: c for c in train["columns"]}["image"]
        pixels = (data / "train-images-idx3-ubyte").read_bytes()[16:]
        self.assertAlmostEqual(image["mean"], sum(pixels) / len(pixels), places=6)
        self.assertEqual((image["min"], image["max"]), (0, 255))
        self.assertTrue(picture.read_bytes().startswith(b"\x89PNG\r\n\x1a\n"))
        for words in (["data", "list"], ["data", "show", "small"], ["data", "profile", "small"]):
            self.assertIn("small", self.ok(*words))

    def test_compressed_and_plain_files_are_the_same_version(self):
        self.serve()
        data = small_data(self.folder / "data")
        plain = self.ok_json("data", "add", "small", data)
        for file in list(data.iterdir()):
            gzip.open(f"{file}.gz", "wb").write(file.read_bytes())
            file.unlink()
        self.assertEqual(self.ok_json("data", "add", "small", data)["id"], plain["id"])

    def test_files_that_lie_are_refused_and_leave_nothing(self):
        self.serve()
        data = small_data(self.folder / "data")
        file = data / "train-images-idx3-ubyte"
        whole = file.read_bytes()
        lies = {
            "cut": whole[:-1],
            "cut in the header": whole[:9],
            "empty": b"",
            "more rows than bytes": whole[:4] + (1 << 31).to_bytes(4, "big") + whole[8:],
            "another element type": whole[:2] + b"\x0d" + whole[3:],
            "no IDX": b"PK\x03\x04" + whole[4:],
            "bytes left over": whole + b"\0",
            "fewer pictures than labels": whole[:4] + (1999).to_bytes(4, "big") + whole[8:-784],
        }
        for what, content in lies.items():
            with self.subTest(what):
                file.write_bytes(content)
                self.assertIn("train-", self.fails("data", "add", "small", data))
        self.assertEqual(self.get("/sinter/v1/datasets")["items"], [])
        file.write_bytes(whole)
        self.ok("data", "add", "small", data)

    def test_what_is_absent_is_named(self):
        self.serve()
        self.assertIn(str(self.folder / "nowhere"), self.fails("data", "add", "small", self.folder / "nowhere"))
        self.assertIn("missing", self.fails("data", "profile", "missing"))
        self.assertTrue(FASHION.is_dir())


if __name__ == "__main__":
    main()

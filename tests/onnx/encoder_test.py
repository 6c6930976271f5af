"""Transformer encoders in four exporters' spellings, at several shapes, in the program and in ONNX Runtime.

usage: encoder_test.py SINTER
"""
import onnx

from interop import Interop, main
from spellings import Encoder, sentences


class Encoders(Interop):
    def check(self, spelling):
        model = Encoder(spelling).build()
        path = self.folder / f"{spelling}.onnx"
        onnx.save(model, path)
        for batch, length in ((1, 1), (2, 7), (3, 16), (1, 40)):
            with self.subTest(batch=batch, length=length):
                self.compare(path, sentences(batch, length))

    def test_torch(self):
        self.check("torch")

    def test_torch13(self):
        self.check("torch13")

    def test_keras(self):
        self.check("keras")

    def test_newest(self):
        self.check("newest")


if __name__ == "__main__":
    main()

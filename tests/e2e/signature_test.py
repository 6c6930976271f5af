"""A model's signature is used alike: evaluation's figures, the service's answers and ONNX Runtime behind pre-processing
written out here agree on the same raw test pictures."""
import gzip
import json

import numpy
import onnxruntime

from program import FASHION, Program, conv_recipe, main, small_data

ROWS = 500  # of small_data's test split


def idx(name, header):
    return numpy.frombuffer(gzip.open(FASHION / name).read(), numpy.uint8, offset=header)


class Signature(Program):
    def test_evaluation_service_and_a_foreign_runtime_agree(self):
        self.serve()
        self.ok("data", "add", "small", small_data(self.folder / "data"))
        result = self.ok_json("train", self.recipe_file(conv_recipe(epochs=4)))
        self.ok("service", "deploy", "clothes", result["model"])
        pictures = idx("t10k-images-idx3-ubyte.gz", 16)[:ROWS * 784].reshape(ROWS, 28, 28)
        labels = idx("t10k-labels-idx1-ubyte.gz", 8)[:ROWS]

        answers = []
        for begin in range(0, ROWS, 100):
            part = pictures[begin:begin + 100]
            status, body = self.request("POST", "/v2/models/clothes/infer", body={
                "inputs": [{"name": "image", "datatype": "UINT8", "shape": list(part.shape), "data": part.ravel().tolist()}]})
            self.assertEqual(status, 200, body)
            output, = json.loads(body)["outputs"]
            self.assertEqual((output["name"], output["shape"]), ("probabilities", [len(part), 10]))
            answers.append(numpy.array(output["data"]).reshape(-1, 10))
        service = numpy.concatenate(answers)

        # What the run's evaluation said of its test split, from the service's answers.
        confusion = numpy.zeros((10, 10), int)
        numpy.add.at(confusion, (labels, service.argmax(1)), 1)
        self.assertEqual(confusion.tolist(), result["confusion"])
        self.assertAlmostEqual(float(-numpy.log(service[numpy.arange(ROWS), labels]).mean()), result["figures"]["loss"],
                               delta=1e-6)
        self.assertGreater(result["figures"]["accuracy"], 0.6)

        # The exported folder by itself, its steps taken from its signature by hand.
        folder = self.folder / "model"
        self.ok("model", "pull", result["model"], folder)
        signature = json.loads((folder / "signature.json").read_text())
        (given,), (output,) = signature["inputs"], signature["outputs"]
        steps = given["preprocess"]
        self.assertEqual((steps["mean"], steps["deviation"], output["activation"]), ([0.286], [0.353], "softmax"))
        x = pictures.astype(numpy.float32) * numpy.float32(steps["scale"])
        x = (x.reshape(-1, *steps["model_shape"]) - numpy.float32(steps["mean"][0])) / numpy.float32(steps["deviation"][0])
        session = onnxruntime.InferenceSession(folder / "model.onnx", providers=["CPUExecutionProvider"])
        scores, = session.run(None, {session.get_inputs()[0].name: x})
        expected = numpy.exp(scores - scores.max(1, keepdims=True))
        expected /= expected.sum(1, keepdims=True)
        numpy.testing.assert_allclose(service, expected, rtol=0, atol=1e-5)
        self.assertGreater(numpy.abs(session.run(None, {session.get_inputs()[0].name: x * 0.353})[0] - scores).max(), 0.1,
                           "the pre-processing must matter, or the test shows nothing")


if __name__ == "__main__":
    main()

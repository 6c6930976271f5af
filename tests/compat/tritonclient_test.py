"""tritonclient.http against a running service: metadata, health, inference in JSON and in binary, errors.

usage: tritonclient_test.py FIXTURE   (the program that serves; see tests/serving/fixture.cc)
"""

import json
import subprocess
import sys
import unittest
import urllib.request

import numpy as np
import tritonclient.http as triton
from tritonclient.utils import InferenceServerException

FIXTURE = None


class Service(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.process = subprocess.Popen([FIXTURE], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        word, port, cls.token = cls.process.stdout.readline().split()
        assert word == "ready"
        cls.address = f"127.0.0.1:{port}"
        cls.client = triton.InferenceServerClient(cls.address, concurrency=8)
        cls.pixels = np.arange(32, dtype=np.uint8).reshape(2, 4, 4) * 7

    @classmethod
    def tearDownClass(cls):
        cls.client.close()
        cls.process.stdin.close()
        assert cls.process.wait(timeout=20) == 0

    def own_api(self, path, body):
        request = urllib.request.Request(
            f"http://{self.address}/sinter/v1/services{path}",
            data=json.dumps(body).encode(),
            headers={"Authorization": f"Bearer {self.token}"},
        )
        with urllib.request.urlopen(request, timeout=20) as reply:
            return json.load(reply)

    def ask(self, pixels=None, binary_in=True, binary_out=None, **more):
        pixels = self.pixels if pixels is None else pixels
        given = triton.InferInput("pixels", pixels.shape, "UINT8")
        given.set_data_from_numpy(pixels, binary_data=binary_in)
        outputs = None
        if binary_out is not None:
            outputs = [triton.InferRequestedOutput("probabilities", binary_data=binary_out)]
        return self.client.infer("pictures", [given], outputs=outputs, **more)

    def test_health_and_metadata(self):
        self.assertTrue(self.client.is_server_live())
        self.assertTrue(self.client.is_server_ready())
        self.assertTrue(self.client.is_model_ready("pictures"))
        self.assertFalse(self.client.is_model_ready("pictures", "99"))
        self.assertFalse(self.client.is_model_ready("nothing"))
        self.assertEqual(self.client.get_server_metadata()["name"], "sinter")
        metadata = self.client.get_model_metadata("pictures")
        self.assertEqual(metadata["inputs"], [{"name": "pixels", "datatype": "UINT8", "shape": [-1, 4, 4]}])
        self.assertEqual(metadata["outputs"], [{"name": "probabilities", "datatype": "FP32", "shape": [-1, 3]}])
        index = self.client.get_model_repository_index()
        self.assertEqual([m["name"] for m in index], ["pictures"])

    def test_json_and_binary_give_the_same(self):
        answers = []
        for binary_in in (True, False):
            for binary_out in (True, False, None):
                result = self.ask(binary_in=binary_in, binary_out=binary_out, request_id="q1")
                values = result.as_numpy("probabilities")
                self.assertEqual(values.shape, (2, 3))
                self.assertEqual(values.dtype, np.float32)
                np.testing.assert_allclose(values.sum(axis=1), 1, rtol=1e-5)
                self.assertEqual(result.get_response()["id"], "q1")
                self.assertEqual(result.get_response()["model_name"], "pictures")
                answers.append(values)
        for other in answers[1:]:
            np.testing.assert_array_equal(answers[0], other)

    def test_parameters_that_clients_send(self):
        result = self.ask(priority=1, timeout=1000, sequence_id=3, sequence_start=True, parameters={"mine": "x"})
        self.assertEqual(result.as_numpy("probabilities").shape, (2, 3))

    def test_asynchronous_requests(self):
        given = triton.InferInput("pixels", self.pixels.shape, "UINT8")
        given.set_data_from_numpy(self.pixels)
        expected = self.ask().as_numpy("probabilities")
        waiting = [self.client.async_infer("pictures", [given]) for _ in range(64)]
        for request in waiting:
            np.testing.assert_allclose(request.get_result().as_numpy("probabilities"), expected, atol=1e-6)

    def test_mistakes_are_explained(self):
        def message(call):
            with self.assertRaises(InferenceServerException) as caught:
                call()
            return str(caught.exception)

        self.assertIn("there is no service 'nothing'", message(lambda: self.client.get_model_metadata("nothing")))
        wrong = self.pixels.reshape(2, 16)
        self.assertIn("u8[2,16] was given", message(lambda: self.ask(wrong)))
        given = triton.InferInput("pixels", [1, 4, 4], "FP32")
        given.set_data_from_numpy(np.zeros((1, 4, 4), np.float32))
        self.assertIn("f32[1,4,4] was given", message(lambda: self.client.infer("pictures", [given])))
        asked = [triton.InferRequestedOutput("labels")]
        given = triton.InferInput("pixels", self.pixels.shape, "UINT8")
        given.set_data_from_numpy(self.pixels)
        self.assertIn(
            "no output 'labels'", message(lambda: self.client.infer("pictures", [given], outputs=asked))
        )
        asked = [triton.InferRequestedOutput("probabilities", class_count=2)]
        self.assertIn(
            "classification is not offered", message(lambda: self.client.infer("pictures", [given], outputs=asked))
        )

    def test_what_is_not_offered_is_said_in_the_protocols_form(self):
        for ask in (
            lambda: self.client.get_model_config("pictures"),
            lambda: self.client.get_inference_statistics("pictures"),
            lambda: self.client.get_trace_settings(),
            lambda: self.client.load_model("pictures"),
        ):
            with self.assertRaises(InferenceServerException) as caught:
                ask()
            self.assertIn("there is nothing to ", str(caught.exception))
        with self.assertRaises(InferenceServerException) as caught:
            self.client.get_model_config("pictures")
        self.assertIn("/v2/models/pictures/config", str(caught.exception))

    def test_revisions_are_versions(self):
        first = self.ask()
        self.assertEqual(first.get_response()["model_version"], "1")
        self.own_api("/pictures/rollout", {"model": "classifier@2"})
        second = self.ask()
        self.assertEqual(second.get_response()["model_version"], "2")
        self.assertFalse(np.allclose(first.as_numpy("probabilities"), second.as_numpy("probabilities")))
        old = self.ask(model_version="1")
        np.testing.assert_array_equal(first.as_numpy("probabilities"), old.as_numpy("probabilities"))
        self.own_api("/pictures/rollback", {})
        self.assertEqual(self.ask().get_response()["model_version"], "1")


if __name__ == "__main__":
    FIXTURE = sys.argv.pop(1)
    unittest.main(verbosity=2)

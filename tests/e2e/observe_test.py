"""What operators see: /metrics as Prometheus reads it, and the access log."""
import json
import time

from prometheus_client.parser import text_string_to_metric_families

from program import Program, main, recipe, small_data


class Observe(Program):
    def metrics(self):
        status, body = self.request("GET", "/metrics")
        self.assertEqual(status, 200)
        return {(s.name, *sorted(s.labels.values())): s.value
                for family in text_string_to_metric_families(body.decode()) for s in family.samples}

    def test_metrics_move_with_the_traffic(self):
        self.serve()
        self.ok("data", "add", "small", small_data(self.folder / "data"))
        self.ok("train", self.recipe_file(recipe(epochs=1)))
        self.ok("service", "deploy", "digits", "digits")
        before = self.metrics()
        picture = {"inputs": [{"name": "image", "datatype": "UINT8", "shape": [1, 28, 28], "data": [0] * 784}]}
        for _ in range(7):
            self.assertEqual(self.request("POST", "/v2/models/digits/infer", body=picture)[0], 200)
        self.assertEqual(self.request("POST", "/v2/models/digits/infer", body={"inputs": []})[0], 400)
        self.assertEqual(self.request("GET", "/nowhere")[0], 404)
        after = self.metrics()

        def grown(name, *labels):
            found = [k for k in after if k[0] == name and all(l in k[1:] for l in labels)]
            self.assertTrue(found, f"{name} {labels} is not there")
            return sum(after[k] - before.get(k, 0) for k in found)
        self.assertEqual(grown("sinter_service_requests_total", "digits", "succeeded"), 7)
        self.assertEqual(grown("sinter_service_latency_seconds_count", "digits"), 7)
        self.assertEqual(grown("sinter_service_latency_seconds_bucket", "digits", "+Inf"), 7)
        self.assertEqual(grown("sinter_http_requests_total", "/v2/models/{name}/infer", "200"), 7)
        self.assertEqual(grown("sinter_http_requests_total", "/v2/models/{name}/infer", "400"), 1)
        self.assertEqual(grown("sinter_http_requests_total", "404"), 1)
        self.assertGreater(grown("sinter_http_received_bytes_total"), 7 * 784)
        self.assertGreater(after[("process_resident_memory_bytes",)], 1 << 20)
        self.assertLess(abs(after[("process_start_time_seconds",)] - time.time()), 300)

    def test_every_request_is_a_line_of_json(self):
        server = self.serve()
        token = self.ok_json("token", "create", "somebody", "--scope", "read")["token"]
        self.request("GET", "/sinter/v1/runs", token)
        self.request("GET", '/nowhere?a="b"')
        self.request("POST", "/v2/models/none/infer", body={"inputs": []})
        server.terminate()
        server.wait(30)
        lines = [json.loads(line) for line in (self.home / "logs" / "access.jsonl").read_text().splitlines()]
        by_target = {line["target"]: line for line in lines}
        self.assertEqual(by_target["/sinter/v1/runs"]["status"], 200)
        self.assertEqual(by_target["/sinter/v1/runs"]["token"], "somebody")
        self.assertEqual(by_target['/nowhere?a="b"']["status"], 404)
        infer = by_target["/v2/models/none/infer"]
        self.assertEqual((infer["method"], infer["status"]), ("POST", 404))
        self.assertGreater(infer["bytes_in"], 0)
        self.assertRegex(infer["time"], r"^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$")
        self.assertNotIn(token, json.dumps(lines))


if __name__ == "__main__":
    main()

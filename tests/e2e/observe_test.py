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

    def test_metrics_of_rollouts_and_scaling(self):
        self.serve()
        self.ok("data", "add", "small", small_data(self.folder / "data"))
        good = self.ok_json("train", self.recipe_file(recipe(epochs=3)))["model"]
        bad = self.ok_json("train", self.recipe_file(recipe(rate=1e-9, epochs=1)))["model"]
        gates = self.folder / "gates.yaml"
        gates.write_text("golden: {dataset: small, samples: 200, margin: 0.1}\n"
                         "rollout: {strategy: canary, shares: [25, 100], bake_s: 600}\n")
        self.ok("service", "deploy", "digits", good, "--gates", gates)
        before = self.metrics()
        self.assertFalse([k for k in before if k[0].startswith("sinter_rollout")], "there was none yet")
        self.assertEqual(before["sinter_service_workers", "digits"], 1)
        self.assertGreaterEqual(before["sinter_service_threads", "digits"], 1)

        def states(metrics):
            return {(set(k[1:]) - {"digits"}).pop(): v for k, v in metrics.items() if k[0] == "sinter_rollout_state"}

        def decisions(metrics):
            return {tuple(k[1:]): v for k, v in metrics.items() if k[0] == "sinter_rollout_decisions_total"}

        def comes(state):
            deadline = time.monotonic() + 60
            while self.get("/sinter/v1/services/digits/rollout")["state"] != state:
                self.assertLess(time.monotonic(), deadline)
                time.sleep(0.02)
            return self.metrics()
        self.fails("service", "rollout", "digits", bad, "--wait", code=3)
        refused = comes("refused")
        self.assertEqual(len(states(refused)), 10)
        self.assertEqual([s for s, v in states(refused).items() if v == 1], ["refused"])
        self.assertEqual(refused["sinter_rollout_share_percent", "digits"], 0)
        # Labels in the order of their values: outcome or gate, then the service.
        counted = {("advance", "digits", "loading"): 1, ("digits", "golden", "refuse"): 1}
        self.assertEqual(decisions(refused), counted)

        self.ok("service", "rollout", "digits", good)
        canary = comes("canary")
        self.assertEqual([s for s, v in states(canary).items() if v == 1], ["canary"])
        self.assertEqual(canary["sinter_rollout_share_percent", "digits"], 25)
        self.ok("service", "promote", "digits")
        baking = comes("baking")
        self.assertEqual(baking["sinter_rollout_share_percent", "digits"], 100)
        self.ok("service", "rollback", "digits")
        over = comes("rolled_back")
        self.assertEqual(over["sinter_rollout_share_percent", "digits"], 0)
        self.assertEqual(decisions(over), counted | {
            ("advance", "digits", "loading"): 2, ("advance", "digits", "golden"): 1, ("digits", "person", "switch"): 1,
            ("digits", "person", "roll_back"): 1})

    def test_threads_follow_what_the_spec_says(self):
        self.serve()
        self.ok("data", "add", "small", small_data(self.folder / "data"))
        self.ok("train", self.recipe_file(recipe(epochs=1)))
        self.ok("service", "deploy", "digits", "digits")
        shown = self.ok_json("service", "show", "digits")
        self.assertEqual((shown["scaling"]["least_threads"], shown["scaling"]["most_threads"]), (0, 0))
        everything = shown["threads"]
        self.assertEqual((shown["workers"], everything >= 1), (1, True))
        picture = {"inputs": [{"name": "image", "datatype": "UINT8", "shape": [1, 28, 28], "data": list(range(196)) * 4}]}

        def answer():
            status, body = self.request("POST", "/v2/models/digits/infer", body=picture)
            self.assertEqual(status, 200)
            return json.loads(body)["outputs"][0]["data"]
        wide = answer()

        def comes(threads):
            deadline = time.monotonic() + 60
            while self.metrics()["sinter_service_threads", "digits"] != threads:
                self.assertEqual(answer(), wide, "the same numbers on any number of threads")
                self.assertLess(time.monotonic(), deadline)
                time.sleep(0.02)
            self.assertEqual(self.ok_json("service", "show", "digits")["threads"], threads)
        scaled = self.ok_json("service", "scale", "digits", "--threads", "1")
        self.assertEqual(scaled["scaling"]["most_threads"], 1)
        comes(1)
        self.ok("service", "scale", "digits", "--threads", "0")
        comes(everything)
        # Little is asked: down to the least.
        self.ok("service", "scale", "digits", "--least-threads", "1")
        comes(1)
        error = self.fails("service", "scale", "digits", "--least-threads", "3", "--threads", "2")
        self.assertIn("field 'least_threads' is 3, more than most_threads, 2", error)

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

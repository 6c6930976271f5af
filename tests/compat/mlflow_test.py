"""MLflow's own Python client against the program: tracking, artifacts, logged models, the registry."""
import json
import logging
import math
import os
import pathlib
import signal
import sys
import tempfile
import time
import urllib.request
import warnings

sys.path.insert(0, str(pathlib.Path(__file__).parent.parent / "e2e"))
os.environ["MLFLOW_HTTP_REQUEST_MAX_RETRIES"] = "1"
os.environ["MLFLOW_ENABLE_ARTIFACTS_PROGRESS_BAR"] = "false"
os.environ["MLFLOW_DISABLE_TELEMETRY"] = "true"
os.environ["MLFLOW_SUPPRESS_PRINTING_URL_TO_STDOUT"] = "true"

from program import Program, main, recipe, small_data

import mlflow
import numpy as np
from mlflow import MlflowClient
from mlflow.entities import Metric, Param, RunTag, ViewType
from mlflow.exceptions import MlflowException, RestException
from sklearn.linear_model import LogisticRegression

warnings.filterwarnings("ignore")
logging.getLogger("mlflow").setLevel(logging.ERROR)


class MlflowTest(Program):
    def setUp(self):
        super().setUp()
        self.serve()
        self.use()

    def use(self):
        os.environ["MLFLOW_TRACKING_TOKEN"] = self.token
        mlflow.set_tracking_uri(self.origin)
        mlflow.set_registry_uri(self.origin)
        mlflow.set_experiment("Default")
        self.client = MlflowClient()

    def refused(self, code, call, *args, **more):
        with self.assertRaises(MlflowException) as caught:
            call(*args, **more)
        self.assertEqual(caught.exception.error_code, code, caught.exception)

    def test_experiments(self):
        c = self.client
        default = c.get_experiment_by_name("Default")
        self.assertEqual((default.experiment_id, default.lifecycle_stage), ("0", "active"))
        made = {}
        for name in ("alpha", "beta", "Größe 损失"):
            made[name] = c.create_experiment(name, tags={"team": name[0]})
        self.refused("RESOURCE_ALREADY_EXISTS", c.create_experiment, "alpha")
        self.refused("INVALID_PARAMETER_VALUE", c.create_experiment, "")
        self.assertEqual(c.get_experiment_by_name("Größe 损失").experiment_id, made["Größe 损失"])
        self.assertIsNone(c.get_experiment_by_name("nothing"))
        self.refused("RESOURCE_DOES_NOT_EXIST", c.get_experiment, "12345")
        self.assertEqual([e.name for e in c.search_experiments(filter_string="name LIKE '%a' and tags.team = 'a'")],
                         ["alpha"])
        self.assertEqual([e.name for e in c.search_experiments(order_by=["name DESC"])],
                         ["beta", "alpha", "Größe 损失", "Default"])
        first = c.search_experiments(max_results=3, order_by=["name"])
        rest = c.search_experiments(max_results=3, order_by=["name"], page_token=first.token)
        self.assertEqual([e.name for e in [*first, *rest]], ["Default", "Größe 损失", "alpha", "beta"])
        c.set_experiment_tag(made["beta"], "stage", "x" * 9000)
        self.assertEqual(len(c.get_experiment(made["beta"]).tags["stage"]), 9000)
        c.rename_experiment(made["beta"], "gamma")
        self.assertEqual(c.get_experiment(made["beta"]).name, "gamma")
        self.refused("RESOURCE_ALREADY_EXISTS", c.rename_experiment, made["beta"], "alpha")
        run = c.create_run(made["beta"])
        c.delete_experiment(made["beta"])
        self.assertEqual(c.get_experiment(made["beta"]).lifecycle_stage, "deleted")
        self.assertEqual(c.get_run(run.info.run_id).info.lifecycle_stage, "deleted")
        self.assertNotIn("gamma", [e.name for e in c.search_experiments()])
        self.assertIn("gamma", [e.name for e in c.search_experiments(view_type=ViewType.DELETED_ONLY)])
        self.refused("INVALID_PARAMETER_VALUE", c.create_run, made["beta"])
        self.refused("RESOURCE_ALREADY_EXISTS", c.create_experiment, "gamma")
        c.restore_experiment(made["beta"])
        self.assertEqual(c.get_run(run.info.run_id).info.lifecycle_stage, "active")
        self.refused("INVALID_PARAMETER_VALUE", c.delete_experiment, "0")

    def test_runs(self):
        c = self.client
        with mlflow.start_run(run_name="first", tags={"kind": "test"}) as active:
            run_id = active.info.run_id
            mlflow.log_params({"lr": 0.1, "größe": "ä" * 7000})
            for step, loss in enumerate((1.0, 0.5, 0.25)):
                mlflow.log_metric("train/loss", loss, step=step)
            for value in (3, 1, 2):  # one step, three points
                mlflow.log_metric("same", value)
            mlflow.log_metrics({"nan": math.nan, "inf": math.inf, "minus": -math.inf})
            mlflow.set_tag("note", "hello")
        run = c.get_run(run_id)
        self.assertEqual((run.info.status, run.info.run_name), ("FINISHED", "first"))
        self.assertGreaterEqual(run.info.end_time, run.info.start_time)
        self.assertEqual(run.data.params, {"lr": "0.1", "größe": "ä" * 6000})
        self.assertEqual(run.data.metrics["train/loss"], 0.25)
        self.assertTrue(math.isnan(run.data.metrics["nan"]))
        self.assertEqual((run.data.metrics["inf"], run.data.metrics["minus"]), (math.inf, -math.inf))
        self.assertEqual((run.data.tags["note"], run.data.tags["kind"], run.data.tags["mlflow.runName"]),
                         ("hello", "test", "first"))
        self.assertEqual([m.value for m in c.get_metric_history(run_id, "train/loss")], [1.0, 0.5, 0.25])
        self.assertEqual(sorted(m.value for m in c.get_metric_history(run_id, "same")), [1, 2, 3])
        self.assertEqual(c.get_metric_history(run_id, "nothing"), [])

        # A parameter never changes; the batch that tries does nothing else either.
        c.log_param(run_id, "lr", 0.1)
        self.refused("INVALID_PARAMETER_VALUE", c.log_param, run_id, "lr", 0.2)
        self.refused("INVALID_PARAMETER_VALUE", c.log_batch, run_id, [Metric("late", 1, 1, 1)], [Param("lr", "9")])
        self.assertNotIn("late", c.get_run(run_id).data.metrics)
        for name in ("../a", "/a", "a//b", "a\tb", ""):
            self.refused("INVALID_PARAMETER_VALUE", c.log_metric, run_id, name, 1)
        self.refused("INVALID_PARAMETER_VALUE", c.log_metric, run_id, "k" * 251, 1)
        now = int(time.time() * 1000)
        # The client splits what is larger; whoever does not is told so.
        metric = {"key": "m", "value": 1, "timestamp": now, "step": 1}
        for body in ({"metrics": [metric] * 1001}, {"params": [{"key": f"p{i}", "value": "1"} for i in range(101)]},
                     {"tags": [{"key": f"t{i}", "value": "1"} for i in range(101)]},
                     {"metrics": [metric] * 950, "tags": [{"key": f"t{i}", "value": "1"} for i in range(51)]},
                     {"tags": [{"key": "t", "value": "x" * 1_000_001}]}):
            status, answer = self.request("POST", "/api/2.0/mlflow/runs/log-batch", self.token, body | {"run_id": run_id})
            self.assertEqual((status, json.loads(answer)["error_code"]), (400, "INVALID_PARAMETER_VALUE"))
        c.log_batch(run_id, [Metric("many", i, now, i) for i in range(1000)])
        again = [Metric("many", i, now, i) for i in range(1000)]
        c.log_batch(run_id, again)  # sent again: nothing twice
        self.assertEqual(len(c.get_metric_history(run_id, "many")), 1000)

        c.delete_tag(run_id, "note")
        self.refused("RESOURCE_DOES_NOT_EXIST", c.delete_tag, run_id, "note")
        c.set_tag(run_id, "mlflow.runName", "second")
        self.assertEqual(c.get_run(run_id).info.run_name, "second")
        c.update_run(run_id, status="FAILED", name="third")
        self.assertEqual((c.get_run(run_id).info.status, c.get_run(run_id).data.tags["mlflow.runName"]),
                         ("FAILED", "third"))
        c.delete_run(run_id)
        self.refused("INVALID_PARAMETER_VALUE", c.log_metric, run_id, "m", 1)
        self.assertEqual(c.search_runs(["0"]), [])
        self.assertEqual(len(c.search_runs(["0"], run_view_type=ViewType.DELETED_ONLY)), 1)
        self.assertEqual(self.get("/sinter/v1/runs")["items"], [])
        c.restore_run(run_id)
        self.refused("RESOURCE_DOES_NOT_EXIST", c.get_run, "0" * 32)
        with mlflow.start_run(run_id=run_id):  # taken up again
            self.assertEqual(c.get_run(run_id).info.status, "RUNNING")
        with mlflow.start_run() as parent, mlflow.start_run(nested=True) as child:
            self.assertEqual(c.get_run(child.info.run_id).data.tags["mlflow.parentRunId"], parent.info.run_id)

        # The same run by Sinter's own doors.
        ours = self.get(f"/sinter/v1/runs/{run_id}")
        self.assertEqual((ours["state"], ours["dataset"]), ("succeeded", ""))
        self.assertIn(run_id, self.ok("runs", "list"))
        self.assertIn("train/loss", self.ok("runs", "compare", run_id))

    def test_a_run_of_ours(self):
        data = small_data(self.folder / "data")
        self.ok("data", "add", "small", data)
        self.ok("train", self.recipe_file(recipe(epochs=1)))
        run = self.client.search_runs(["0"], filter_string="status = 'FINISHED' and metrics.`train.loss` > 0")[0]
        self.assertTrue(run.info.run_name.startswith("digits-"))
        self.assertEqual(run.data.params["optimizer.kind"], "adam")
        self.assertEqual(run.inputs.dataset_inputs[0].dataset.name, "small")
        self.assertGreater(len(self.client.get_metric_history(run.info.run_id, "train.loss")), 10)
        self.client.set_tag(run.info.run_id, "reviewed", "yes")
        self.assertEqual(len(self.client.search_runs(["0"], filter_string="tags.reviewed = 'yes'")), 1)
        self.refused("INVALID_PARAMETER_VALUE", self.client.update_run, run.info.run_id, status="FAILED")
        version = self.client.get_model_version("digits", "1")  # the hub's models are registered models
        self.assertEqual(version.run_id, run.info.run_id)
        self.client.set_registered_model_alias("digits", "best", 1)
        self.assertIn("model.onnx", self.ok("model", "show", "digits@best"))
        path = mlflow.artifacts.download_artifacts("models:/digits@best", dst_path=str(self.folder / "got"))
        self.assertTrue((pathlib.Path(path) / "model.onnx").exists())

    def test_search(self):
        c, e = self.client, self.client.create_experiment("searched")
        for i in range(12):
            run = c.create_run(e, start_time=1000 + i, run_name=f"run {i}")
            c.log_batch(run.info.run_id, [Metric("acc", i / 10 if i < 11 else math.nan, 1, 1)],
                        [Param("lr", str(i % 3)), Param("model.depth", "4")], [RunTag("who", "Ann" if i % 2 else "bob")])
            c.set_terminated(run.info.run_id, "FAILED" if i == 3 else "FINISHED")

        def found(text="", **more):
            return [int(r.info.run_name[4:]) for r in c.search_runs([e], text, **more)]
        self.assertEqual(found(), list(range(11, -1, -1)))
        self.assertEqual(found("metrics.acc > 0.85 and params.lr = '0'"), [9])
        self.assertEqual(found("params.`model.depth` = '4' and tags.who ILIKE 'a%' and metrics.acc <= 0.5"), [5, 3, 1])
        self.assertEqual(found("attributes.status = 'FAILED'"), [3])
        self.assertEqual(found("run_name = 'run 7' or run_name = 'x'"
                               .split(" or ")[0]), [7])
        self.assertEqual(found("attributes.start_time >= 1010"), [11, 10])
        self.assertEqual(found("tags.none IS NULL and metrics.acc < 0.15"), [1, 0])
        ids = [r.info.run_id for r in c.search_runs([e], "run_name IN ('run 1', 'run 2')".replace(
            "run_name IN ('run 1', 'run 2')", "tags.`mlflow.runName` LIKE 'run _' and metrics.acc > 0.75"))]
        quoted = ", ".join(f"'{i}'" for i in ids)
        self.assertEqual(len(found(f"attributes.run_id IN ({quoted})")), 2)
        self.assertEqual(found(order_by=["metrics.acc DESC"])[:2] + found(order_by=["metrics.acc DESC"])[-1:], [10, 9, 11])
        self.assertEqual(found(order_by=["params.lr", "metrics.acc"])[:4], [0, 3, 6, 9])
        pages, token = [], None
        while True:
            page = c.search_runs([e], order_by=["attributes.start_time ASC"], max_results=5, page_token=token)
            pages.append([int(r.info.run_name[4:]) for r in page])
            token = page.token
            if not token:
                break
        self.assertEqual(pages, [[0, 1, 2, 3, 4], [5, 6, 7, 8, 9], [10, 11]])
        for wrong in ("metrics.acc > 'a'", "status = 'x' OR status = 'y'", "what.x = 'a'", "params.lr = 1", "nothing = 'a'"):
            self.refused("INVALID_PARAMETER_VALUE", c.search_runs, [e], wrong)
        frame = mlflow.search_runs([e], "metrics.acc > 0.95")
        self.assertEqual(sorted(frame["params.lr"]), ["1"])
        # What its page asks for: several runs' curves at the same steps.
        query = "&".join(f"run_ids={i}" for i in ids)
        status, body = self.request("GET", f"/api/2.0/mlflow/metrics/get-history-bulk-interval?{query}&metric_key=acc",
                                    self.token)
        self.assertEqual((status, len(json.loads(body)["metrics"])), (200, len(ids)))

    def test_artifacts(self):
        c = self.client
        local = self.folder / "tree"
        (local / "deep" / "er").mkdir(parents=True)
        (local / "a.txt").write_text("a")
        (local / "deep" / "empty").write_text("")
        (local / "deep" / "er" / "größe 1%.bin").write_bytes(os.urandom(3 << 20))
        with mlflow.start_run() as run:
            mlflow.log_artifacts(str(local), "tree")
            mlflow.log_text("hello", "notes/hello.txt")
            mlflow.log_dict({"a": 1}, "config.json")
        run_id = run.info.run_id
        self.assertEqual([(f.path, f.is_dir) for f in c.list_artifacts(run_id)],
                         [("config.json", False), ("notes", True), ("tree", True)])
        self.assertEqual([(f.path, f.file_size) for f in c.list_artifacts(run_id, "tree/deep")],
                         [("tree/deep/empty", 0), ("tree/deep/er", None)])
        self.assertEqual(c.list_artifacts(run_id, "config.json"), [])
        status, body = self.request("GET", f"/api/2.0/mlflow/artifacts/list?run_id={run_id}&path=tree", self.token)
        self.assertEqual([f["path"] for f in json.loads(body)["files"]], ["tree/a.txt", "tree/deep"])
        got = pathlib.Path(c.download_artifacts(run_id, "tree", str(self.folder)))
        for path in local.rglob("*"):
            if path.is_file():
                self.assertEqual((got / path.relative_to(local)).read_bytes(), path.read_bytes())
        self.assertEqual(mlflow.artifacts.load_text(f"runs:/{run_id}/notes/hello.txt"), "hello")
        mlflow.artifacts.load_dict(f"{run.info.artifact_uri}/config.json")
        with mlflow.start_run(run_id=run_id):
            mlflow.log_text("again", "notes/hello.txt")  # replaced
        self.assertEqual(mlflow.artifacts.load_text(f"runs:/{run_id}/notes/hello.txt"), "again")
        from mlflow.store.artifact.artifact_repository_registry import get_artifact_repository
        get_artifact_repository(run.info.artifact_uri).delete_artifacts("tree")
        self.assertEqual([f.path for f in c.list_artifacts(run_id)], ["config.json", "notes"])
        root = "/api/2.0/mlflow-artifacts/artifacts"
        for path, expected in ((f"0/{'0' * 32}/artifacts/x", 404), (f"0/{run_id}/other", 400),
                               (f"1/{run_id}/artifacts/x", 400), (f"0/{run_id}/artifacts/..%2Fx", 400),
                               (f"0/{run_id}/artifacts/config.json/x", 400), (f"0/{run_id}/artifacts/notes", 400)):
            status, body = self.request("PUT", f"{root}/{path}", self.token, body={})
            self.assertEqual((status, json.loads(body).keys()), (expected, {"error_code", "message"}), path)

    def test_access(self):
        self.assertEqual(self.request("POST", "/api/2.0/mlflow/runs/create", body={})[0], 401)
        self.assertEqual(self.request("GET", "/api/2.0/mlflow/experiments/get?experiment_id=0")[0], 401)
        reader = self.ok("token", "create", "reader", "--scope", "read").split()[-1]
        os.environ["MLFLOW_TRACKING_TOKEN"] = reader
        c = MlflowClient()
        self.assertEqual(c.get_experiment("0").name, "Default")
        self.assertEqual(c.search_runs(["0"]), [])
        with self.assertRaises(RestException):
            c.create_run("0")
        status, body = self.request("GET", "/api/2.0/mlflow/nothing", self.token)
        self.assertEqual((status, json.loads(body)["error_code"]), (404, "ENDPOINT_NOT_FOUND"))

    def model(self, seed=1):
        rng = np.random.default_rng(seed)
        x = rng.normal(size=(60, 4))
        return LogisticRegression().fit(x, (x[:, 0] + seed * x[:, 1] > 0).astype(int)), x

    def test_registry(self):
        c = self.client
        model, x = self.model()
        with mlflow.start_run() as run:
            logged = mlflow.sklearn.log_model(model, name="clf", serialization_format="cloudpickle",
                                              registered_model_name="iris", input_example=x[:2])
        loaded = mlflow.sklearn.load_model(f"runs:/{run.info.run_id}/clf")
        np.testing.assert_array_equal(loaded.predict_proba(x), model.predict_proba(x))
        version = c.get_model_version("iris", "1")
        self.assertEqual((version.status, version.run_id, version.current_stage), ("READY", run.info.run_id, "None"))
        other, _ = self.model(5)
        with mlflow.start_run():
            second = mlflow.sklearn.log_model(other, name="clf", serialization_format="cloudpickle")
        self.assertEqual(mlflow.register_model(second.model_uri, "iris", tags={"from": "test"}).version, "2")
        c.set_registered_model_alias("iris", "champion", 1)
        for uri, expected in (("models:/iris@champion", model), ("models:/iris/2", other), ("models:/iris/latest", other),
                              (logged.model_uri, model)):
            np.testing.assert_array_equal(mlflow.pyfunc.load_model(uri).predict(x), expected.predict(x))
        c.set_registered_model_alias("iris", "champion", 2)  # moved
        self.assertEqual(c.get_model_version_by_alias("iris", "champion").version, "2")
        self.assertEqual(dict(c.get_registered_model("iris").aliases), {"champion": "2"})
        np.testing.assert_array_equal(mlflow.sklearn.load_model("models:/iris@champion").predict(x), other.predict(x))
        for alias in ("latest", "v3", "a b"):
            self.refused("INVALID_PARAMETER_VALUE", c.set_registered_model_alias, "iris", alias, 1)
        self.refused("INVALID_PARAMETER_VALUE", c.get_model_version_by_alias, "iris", "nobody")
        # The same by the hub's own doors: a repository, its versions, its tags.
        self.assertIn("iris", self.ok("model", "list"))
        self.assertIn("MLmodel", self.ok("model", "show", "iris@champion"))
        # A version keeps its files, whatever becomes of what it was registered from.
        from mlflow.store.artifact.artifact_repository_registry import get_artifact_repository
        get_artifact_repository(c.get_logged_model(second.model_id).artifact_location).delete_artifacts()
        np.testing.assert_array_equal(mlflow.sklearn.load_model("models:/iris/2").predict(x), other.predict(x))

        self.refused("RESOURCE_ALREADY_EXISTS", c.create_registered_model, "iris")
        self.refused("INVALID_PARAMETER_VALUE", c.create_registered_model, "a/b")
        c.create_registered_model("Größe 模型", tags={"team": "x"}, description="words")
        self.assertEqual(c.create_model_version("Größe 模型", "s3://elsewhere/model").version, "1")
        self.assertEqual(c.get_model_version_download_uri("Größe 模型", "1"), "s3://elsewhere/model")
        self.assertEqual([m.name for m in c.search_registered_models("name LIKE 'Gr%'")], ["Größe 模型"])
        self.assertEqual([m.name for m in c.search_registered_models("tags.team = 'x'")], ["Größe 模型"])
        self.assertEqual([m.name for m in c.search_registered_models(order_by=["name DESC"])], ["iris", "Größe 模型"])
        c.rename_registered_model("Größe 模型", "renamed")
        self.refused("RESOURCE_DOES_NOT_EXIST", c.get_registered_model, "Größe 模型")
        self.assertEqual(c.get_registered_model("renamed").description, "words")
        self.assertEqual(len(c.search_model_versions("name = 'renamed'")), 1)
        copied = c.copy_model_version("models:/iris/1", "copy")
        np.testing.assert_array_equal(mlflow.sklearn.load_model(f"models:/copy/{copied.version}").predict(x),
                                      model.predict(x))
        c.update_registered_model("iris", "flowers")
        c.set_registered_model_tag("iris", "a", "1")
        c.delete_registered_model_tag("iris", "a")
        c.update_model_version("iris", "1", "the first")
        c.set_model_version_tag("iris", "1", "ok", "yes")
        self.assertEqual([v.version for v in c.search_model_versions("name = 'iris' and tags.ok = 'yes'")], ["1"])
        self.assertEqual([v.version for v in c.search_model_versions(f"run_id = '{run.info.run_id}' and name = 'iris'")],
                         ["1"])
        c.delete_model_version_tag("iris", "1", "ok")
        c.transition_model_version_stage("iris", "1", "Production")
        c.transition_model_version_stage("iris", "2", "production", archive_existing_versions=True)
        self.assertEqual([c.get_model_version("iris", v).current_stage for v in "12"], ["Archived", "Production"])
        self.assertEqual([v.version for v in c.get_latest_versions("iris", ["Production"])], ["2"])
        self.assertEqual(c.get_model_version("iris", "1").description, "the first")
        c.delete_model_version("iris", "2")
        self.refused("RESOURCE_DOES_NOT_EXIST", c.get_model_version, "iris", "2")
        self.assertEqual(c.get_registered_model("iris").aliases, {})
        c.delete_registered_model("iris")
        self.refused("RESOURCE_DOES_NOT_EXIST", c.get_registered_model, "iris")
        self.assertNotIn("iris", [m.name for m in c.search_registered_models()])
        c.create_registered_model("iris")
        self.assertEqual(c.search_model_versions("name = 'iris'"), [])

    def test_logged_models(self):
        c = self.client
        model, x = self.model()
        with mlflow.start_run() as run:
            info = mlflow.sklearn.log_model(model, name="clf", serialization_format="cloudpickle", params={"depth": 3})
            mlflow.log_metric("acc", 0.75, model_id=info.model_id)
        logged = mlflow.get_logged_model(info.model_id)
        self.assertEqual((logged.name, str(logged.status), logged.source_run_id), ("clf", "READY", run.info.run_id))
        self.assertEqual(logged.params["depth"], "3")
        self.assertEqual([(m.key, m.value) for m in logged.metrics], [("acc", 0.75)])
        self.assertEqual(c.get_run(run.info.run_id).outputs.model_outputs[0].model_id, info.model_id)
        bare = mlflow.initialize_logged_model(name="bare", tags={"t": "1"})
        mlflow.finalize_logged_model(bare.model_id, "FAILED")

        def found(**more):
            return [m.name for m in mlflow.search_logged_models(experiment_ids=["0"], output_format="list", **more)]
        self.assertEqual(found(filter_string="name = 'clf'"), ["clf"])
        self.assertEqual(found(filter_string="metrics.acc > 0.5 AND params.depth = '3'"), ["clf"])
        self.assertEqual(found(order_by=[{"field_name": "name", "ascending": True}]), ["bare", "clf"])
        self.assertEqual(found(filter_string="tags.t = '1'"), ["bare"])
        c.set_logged_model_tags(bare.model_id, {"u": "2"})
        c.delete_logged_model_tag(bare.model_id, "t")
        self.assertEqual(mlflow.get_logged_model(bare.model_id).tags["u"], "2")
        self.assertIn("MLmodel", [f.path for f in c.list_logged_model_artifacts(info.model_id)])
        c.delete_logged_model(bare.model_id)
        self.assertEqual(found(), ["clf"])
        self.refused("RESOURCE_DOES_NOT_EXIST", mlflow.get_logged_model, bare.model_id)

    def test_flavours(self):
        """A function of one's own, and ONNX: registered and read back, equal to the bit."""
        import onnx
        from onnx import TensorProto, helper, numpy_helper

        class Twice(mlflow.pyfunc.PythonModel):
            def predict(self, context, model_input, params=None):
                return np.asarray(model_input) * 2

        x = np.arange(8, dtype=np.float32).reshape(2, 4)
        weights = np.random.default_rng(2).normal(size=(4, 3)).astype(np.float32)
        graph = helper.make_graph([helper.make_node("MatMul", ["x", "w"], ["y"])], "g",
                                  [helper.make_tensor_value_info("x", TensorProto.FLOAT, ["n", 4])],
                                  [helper.make_tensor_value_info("y", TensorProto.FLOAT, ["n", 3])],
                                  [numpy_helper.from_array(weights, "w")])
        net = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 20)], ir_version=9)
        with mlflow.start_run():
            mlflow.pyfunc.log_model(name="twice", python_model=Twice(), registered_model_name="twice")
            mlflow.onnx.log_model(net, name="net", registered_model_name="net")
            mlflow.log_input(mlflow.data.from_numpy(x, targets=x[:, 0], name="eights"), context="training")
        np.testing.assert_array_equal(mlflow.pyfunc.load_model("models:/twice/1").predict(x), x * 2)
        read = mlflow.onnx.load_model("models:/net/1")
        self.assertEqual(read.SerializeToString(), net.SerializeToString())
        answer = mlflow.pyfunc.load_model("models:/net/1").predict(x)
        np.testing.assert_array_equal(answer["y"], mlflow.pyfunc.load_model("models:/net/1").predict(x)["y"])
        self.assertEqual(len(self.client.search_runs(["0"], "dataset.name = 'eights' and dataset.context = 'training'")), 1)

    def test_after_a_kill(self):
        """What was acknowledged is there when the server that was killed comes back."""
        c = self.client
        run_id = c.create_run("0", run_name="kept").info.run_id
        for step in range(20):
            c.log_batch(run_id, [Metric("m", step, step + 1, step)], [Param(f"p{step}", "v")])
        with tempfile.TemporaryDirectory() as folder:
            (pathlib.Path(folder) / "MLmodel").write_text("flavors: {}\n")
            c.log_artifacts(run_id, folder, "model")
        c.create_registered_model("kept")
        c.create_model_version("kept", f"runs:/{run_id}/model", run_id)
        c.set_registered_model_alias("kept", "best", 1)
        self.processes[0].send_signal(signal.SIGKILL)
        self.processes[0].wait()
        self.serve()
        self.use()
        c = self.client
        run = c.get_run(run_id)
        self.assertEqual((run.data.metrics["m"], len(run.data.params), run.info.status), (19, 20, "RUNNING"))
        self.assertEqual(len(c.get_metric_history(run_id, "m")), 20)
        self.assertEqual(c.get_model_version_by_alias("kept", "best").run_id, run_id)
        path = mlflow.artifacts.download_artifacts("models:/kept@best", dst_path=str(self.folder / "kept"))
        self.assertEqual((pathlib.Path(path) / "MLmodel").read_text(), "flavors: {}\n")


if __name__ == "__main__":
    main()

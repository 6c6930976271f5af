"""The main job of Sinter on real data, measured: from Fashion-MNIST to a service whose model is replaced under load.

Leaves report.json and report.html in --out, and the home that it used, to be opened afterwards.
"""
import argparse
import json
import pathlib
import shutil
import subprocess
import sys
import time

import numpy
import onnxruntime
import tritonclient.http

import jobs
import labelling
import noisy
import recovery
import report as reports
from sinter_process import Sinter

HERE = pathlib.Path(__file__).parent
DATA = "/usr/share/datasets/fashion-mnist"
STARTED = time.monotonic()


def say(text):
    print(f"\n[{time.monotonic() - STARTED:5.1f} s] {text}", flush=True)


def idx(name):
    import gzip
    raw = gzip.open(f"{DATA}/{name}.gz").read()
    rank = raw[3]
    dims = [int.from_bytes(raw[4 + 4 * i:8 + 4 * i], "big") for i in range(rank)]
    return numpy.frombuffer(raw, numpy.uint8, offset=4 + 4 * rank).reshape(dims)


def check_against_onnxruntime(folder, pictures, labels, service_probabilities):
    """The exported model in ONNX Runtime: its accuracy, and its largest difference from what the service gives."""
    signature = json.loads((folder / "signature.json").read_text())
    step = signature["inputs"][0]["preprocess"]
    x = pictures.astype(numpy.float32) * numpy.float32(step["scale"])
    x = ((x - numpy.float32(step["mean"][0])) / numpy.float32(step["deviation"][0])).reshape([-1, *step["model_shape"]])
    session = onnxruntime.InferenceSession(folder / "model.onnx", providers=["CPUExecutionProvider"])
    scores = session.run(None, {session.get_inputs()[0].name: x})[0]
    e = numpy.exp(scores - scores.max(1, keepdims=True))
    probabilities = e / e.sum(1, keepdims=True)
    accuracy = float((scores.argmax(1) == labels).mean())
    n = len(service_probabilities)
    return accuracy, float(abs(probabilities[:n] - service_probabilities).max())


def ask(origin, pictures):
    """Through the Open Inference Protocol, by its own client: probabilities, and the revision that answered."""
    client = tritonclient.http.InferenceServerClient(origin.removeprefix("http://"))
    tensor = tritonclient.http.InferInput("image", list(pictures.shape), "UINT8")
    tensor.set_data_from_numpy(pictures, binary_data=True)
    answer = client.infer("fashion", [tensor])
    given = answer.as_numpy("probabilities"), answer.get_response()["model_version"]
    client.close()
    return given


def ask_one_by_one(origin, pictures):
    client = tritonclient.http.InferenceServerClient(origin.removeprefix("http://"))
    for picture in pictures:
        tensor = tritonclient.http.InferInput("image", [1, *picture.shape], "UINT8")
        tensor.set_data_from_numpy(picture[None], binary_data=True)
        client.infer("fashion", [tensor])
    client.close()


def quantile(values, q):
    values = sorted(values)
    return values[min(len(values) - 1, int(q * len(values)))] if values else None


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--sinter", required=True)
    parser.add_argument("--out", type=pathlib.Path, required=True)
    options = parser.parse_args()
    out = options.out
    shutil.rmtree(out, ignore_errors=True)
    out.mkdir(parents=True)
    test_pictures, test_labels = idx("t10k-images-idx3-ubyte"), idx("t10k-labels-idx1-ubyte")
    sinter = Sinter(options.sinter, out / "home", out / "server.log")
    load = None
    try:
        say("1/10  importing Fashion-MNIST and profiling it")
        version = sinter.run("data", "add", "fashion-mnist", DATA, "--classes", "fashion-mnist")
        profile = sinter.run("data", "profile", "fashion-mnist", "--samples", out / "samples.png")["profile"]
        classes = [c["name"] for c in profile["splits"][0]["classes"]]
        print(f"{version['ref']}: " + ", ".join(f"{s['rows']} {s['name']}" for s in profile["splits"]))

        say("2/10  training version 1, a small network, as a job")
        v1 = jobs.train(sinter, HERE / "mlp.yaml")
        sinter.run("model", "pull", v1["model"], out / "v1")

        say("3/10  deploying it as service 'fashion' and asking it about test pictures")
        sinter.run("service", "deploy", "fashion", v1["model"])
        probabilities, revision = ask(sinter.origin, test_pictures[:200])
        onnx_accuracy, difference = check_against_onnxruntime(out / "v1", test_pictures, test_labels, probabilities)
        print(f"revision {revision}: {(probabilities.argmax(1) == test_labels[:200]).mean():.1%} of 200 right; "
              f"ONNX Runtime on the exported file: accuracy {onnx_accuracy:.4f}, largest difference {difference:.1e}")
        if difference > 1e-4 or abs(onnx_accuracy - v1["figures"]["accuracy"]) > 0.001:
            raise SystemExit("the exported model does not give ONNX Runtime what the service gives")

        say("4/10  cleaning a slice of test pictures and labelling it, with the model's labels beside")
        labelled = labelling.label(sinter, out / "slice", test_pictures, test_labels, classes, HERE / "clean.yaml", say)

        say("5/10  training version 2, a convolutional network, as a job of two ranks; one will be killed")
        v2, killed_at = jobs.train_and_kill_a_rank(sinter, HERE / "cnn.yaml", say)
        sinter.run("model", "pull", v2["model"], out / "v2")

        say("6/10  rolling version 2 out through the gates, back, and out again, under load")
        sinter.run("service", "gates", "fashion", "--gates", HERE / "gates.yaml")
        numpy.save(out / "pictures.npy", test_pictures[:2000])
        load = subprocess.Popen([sys.executable, HERE / "load.py", sinter.origin, "fashion", out / "pictures.npy", "200",
                                 out / "requests.jsonl"], stdin=subprocess.PIPE)
        time.sleep(4)
        switches = []
        rollout = ["rollout", "fashion", v2["model"], "--wait"]
        for verb, words in (("rollout", rollout), ("rollback", ["rollback", "fashion"]), ("rollout", rollout)):
            began = time.time()
            sinter.run("service", *words)
            switches.append((verb, began, time.time()))
            time.sleep(2.5)
        time.sleep(2)
        load.stdin.close()
        load.wait(30)
        lines = [json.loads(line) for line in open(out / "requests.jsonl")]
        first, last = switches[0][1], switches[-1][2]
        before = [l[1] for l in lines if l[0] < first]
        after = [l[1] for l in lines if l[0] > last]
        during = [l[1] for l in lines if first <= l[0] <= last]
        failed = sum(l[2] != 200 for l in lines)
        revisions = sorted({l[3] for l in lines if l[3]})

        say("7/10  training version 3 as a job, on labels of which a fifth are wrong; everything will be killed")
        sinter.run("data", "add", "fashion-noisy", noisy.spoil(DATA, out / "noisy"), "--classes", "fashion-mnist")
        v3, cut_at, resumed_from = recovery.train_through_a_power_cut(sinter, HERE / "noisy.yaml", say)
        sinter.run("runs", "compare", v1["run"], v2["run"], v3["id"])

        say("8/10  offering version 3 to the gates")
        sinter.run("service", "rollout", "fashion", v3["model"], "--wait", code=3)
        refused = sinter.api("/services/fashion/rollout")
        decision = refused["history"][-1]
        live = sinter.run("service", "show", "fashion")["current"]["model"]
        print(f"{refused['state']}: {refused['reason']}; {live} goes on answering")

        say("9/10  turning the pictures that the service gets inside out")
        ask_one_by_one(sinter.origin, test_pictures[2000:2600])
        before_drift = sinter.run("service", "drift", "fashion")
        ask_one_by_one(sinter.origin, 255 - test_pictures[:1200])
        drift = sinter.run("service", "drift", "fashion")
        print(f"before: {before_drift['verdict']}; now: {drift['verdict']}")

        say("10/10  writing the report")
        probabilities, _ = ask(sinter.origin, test_pictures[:24])
        report = {
            "accuracy": {"v1": v1["figures"]["accuracy"], "v2": v2["figures"]["accuracy"], "v1_onnxruntime": onnx_accuracy},
            "export": {"largest_difference": difference},
            "label": labelled,
            "train": {"images_per_second": v2["images_per_second"], "v1_images_per_second": v1["images_per_second"],
                      "killed_at_step": killed_at, "resumed_from_step": v2["resumed_from_step"], "steps": v2["steps"]},
            "rollout": {"requests": len(lines), "failed": failed, "revisions": revisions,
                        "p99_ms_before": quantile(before, 0.99), "p99_ms_during": quantile(during, 0.99),
                        "p99_ms_after": quantile(after, 0.99), "p50_ms_before": quantile(before, 0.5),
                        "p50_ms_during": quantile(during, 0.5), "p50_ms_after": quantile(after, 0.5)},
            "recovery": {"killed_at_step": cut_at, "resumed_from_step": resumed_from, "steps": v3["steps"]},
            "gate": {"v3": {"decision": refused["state"], "reason": refused["reason"], **decision["figures"]}},
            "drift": {"before": before_drift["drifted"], "detected": drift["drifted"], "live_sample": drift["live_sample"]},
            "seconds": {"total": time.monotonic() - STARTED},
        }
        curves = {"loss": [("v1", sinter.series(v1["run"], "train.loss")), ("v2", sinter.series(v2["run"], "train.loss"))],
                  "accuracy": [("v1", sinter.series(v1["run"], "test.accuracy")),
                               ("v2", sinter.series(v2["run"], "test.accuracy"))]}
        zero = lines[0][0]
        latency = [(f"revision {r}", [(l[0] - zero, l[1]) for l in lines if l[3] == r]) for r in revisions]
        samples = [{"picture": test_pictures[i], "label": int(test_labels[i]), "given": int(p.argmax()),
                    "probability": float(p.max())} for i, p in enumerate(probabilities)]
        marks = {"train": [(killed_at, "rank 1 killed"), (v2["resumed_from_step"], "resumed")],
                 "rollout": [(began - zero, verb) for verb, began, _ in switches]}
        (out / "report.json").write_text(json.dumps(report, indent=2) + "\n")
        (out / "report.html").write_text(reports.page(report, curves, latency, samples, classes, v2["confusion"], marks))
    finally:
        if load is not None and load.poll() is None:
            load.kill()
        sinter.stop()

    print()
    for name, value in reports.flat(report):
        print(f"  {name:<28} {value}")
    print(f"\nThe report: {out / 'report.html'}\nThe console on this very data: "
          f"{pathlib.Path(options.sinter).relative_to(pathlib.Path.cwd())} serve --home {out.relative_to(pathlib.Path.cwd())}/home")
    problems = [text for wrong, text in (
        (report["accuracy"]["v1"] < 0.85, "version 1 is below 0.85"), (report["accuracy"]["v2"] < 0.91, "version 2 is below 0.91"),
        (failed > 0, f"{failed} requests failed"), (len(lines) < 1000, "fewer than 1,000 requests"),
        (len(revisions) < 2, "not both revisions answered"),
        (report["label"]["agreement"] < 0.9, "fewer than nine of ten final labels are the known ones"),
        (not 0.75 < report["label"]["kappa"] < 0.98, "kappa is not what labellers who err so often give"),
        (live != v2["model"], f"{live} answers, not version 2"), (refused["state"] != "refused", "version 3 was not refused"),
        (not 0 < resumed_from <= cut_at, "the job did not resume from a checkpoint before everything was killed"),
        (before_drift["verdict"] != "no drift", f"drift where there is none: {before_drift['verdict']}"), (not drift["drifted"], "drift was not seen"),
        (not 0 < v2["resumed_from_step"] <= killed_at, "it did not resume from a checkpoint before the kill")) if wrong]
    if problems:
        raise SystemExit("not as it should be: " + "; ".join(problems))


main()

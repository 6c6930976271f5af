"""The demo's convolutional network: its training step against PyTorch, its inference against ONNX Runtime."""
import os
import sys

from rounds import pinned, row, take_turns

RECIPE = "tools/demo/cnn.yaml"
DRIVER = "build/release/bench/bench_step"
SECONDS = 3


def sinter(file, mode, batch, threads, cores):
    environment = {**os.environ, "SINTER_THREADS": str(threads)}
    return lambda: pinned(cores, [DRIVER, file, mode, batch, SECONDS], environment)["median_ms"]


def torch(layout, batch, threads, cores):
    command = [sys.executable, "bench/peers/torch_step.py", layout, batch, threads, SECONDS]
    return lambda: pinned(cores, command)["median_ms"]


def onnxruntime(file, batch, threads, cores):
    command = [sys.executable, "bench/peers/ort_infer.py", file, batch, threads, SECONDS]
    return lambda: pinned(cores, command)["median_ms"]


def steps(rounds, out):
    rows = []
    for threads, cores in ((1, "1"), (2, "0,1")):
        sides = {"sinter": sinter(RECIPE, "train", 128, threads, cores)}
        for layout in ("contiguous", "channels_last", "compiled"):
            sides[layout] = torch(layout, 128, threads, cores)
        medians = take_turns(rounds, sides, f"training step, {threads} threads, ms")
        best = min((name for name in medians if name != "sinter"), key=medians.get)
        rows.append(row(f"training step of the demo's CNN, batch 128, {threads} thread{'s' * (threads > 1)}", "ms",
                        medians["sinter"], medians[best], f"PyTorch ({best})", "1"))
    return rows


def inference(rounds, out):
    file = out / "cnn.onnx"
    import subprocess
    subprocess.run([DRIVER, RECIPE, "export", file], check=True)
    rows = []
    for batch in (1, 64):
        for threads, cores in ((1, "1"), (2, "0,1")):
            medians = take_turns(rounds, {"sinter": sinter(file, "infer", batch, threads, cores),
                                          "ONNX Runtime": onnxruntime(file, batch, threads, cores)},
                                 f"inference, batch {batch}, {threads} threads, ms")
            rows.append(row(f"its inference, batch {batch}, {threads} thread{'s' * (threads > 1)}", "ms",
                            medians["sinter"], medians["ONNX Runtime"], "ONNX Runtime", "1"))
    return rows

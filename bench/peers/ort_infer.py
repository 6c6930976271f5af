"""Inference in ONNX Runtime: ort_infer.py FILE BATCH THREADS SECONDS"""
import sys

import numpy
import onnxruntime

from timing import measure

file, batch, threads, seconds = sys.argv[1], int(sys.argv[2]), int(sys.argv[3]), float(sys.argv[4])
options = onnxruntime.SessionOptions()
options.intra_op_num_threads = threads
options.inter_op_num_threads = 1
session = onnxruntime.InferenceSession(file, options, providers=["CPUExecutionProvider"])
given = session.get_inputs()[0]
x = numpy.random.default_rng(1).standard_normal([batch, *given.shape[1:]]).astype(numpy.float32)
measure(lambda: session.run(None, {given.name: x}), seconds, batch)

"""Steady load on the service, from a process of its own: real pictures through the protocol's binary tensors.

load.py ORIGIN SERVICE PICTURES.npy RATE OUT.jsonl
Runs until its standard input ends. Each line of OUT: when the request began (seconds since the epoch), how long
it took (ms), the HTTP status (0: no answer), the revision that answered, the class it gave.
"""
import http.client
import json
import sys
import threading
import time

import numpy

CONNECTIONS = 4


def main():
    origin, service, pictures, rate, out = sys.argv[1:6]
    pictures = numpy.load(pictures)
    host = origin.removeprefix("http://")
    stop = threading.Event()
    lines, lock = [], threading.Lock()

    def client(which):
        connection = http.client.HTTPConnection(host, timeout=10)
        period = CONNECTIONS / float(rate)
        begin = time.monotonic() + which * period / CONNECTIONS
        number = 0
        while not stop.is_set():
            due = begin + number * period
            time.sleep(max(0, due - time.monotonic()))
            picture = pictures[(number * CONNECTIONS + which) % len(pictures)]
            data = picture.tobytes()
            header = json.dumps({
                "inputs": [{"name": "image", "shape": [1, 28, 28], "datatype": "UINT8",
                            "parameters": {"binary_data_size": len(data)}}],
                "outputs": [{"name": "probabilities", "parameters": {"binary_data": True}}]}).encode()
            at, t0 = time.time(), time.monotonic()
            status, revision, answer = 0, None, None
            try:
                connection.request("POST", f"/v2/models/{service}/infer", header + data, {
                    "Inference-Header-Content-Length": str(len(header)), "Content-Type": "application/octet-stream"})
                response = connection.getresponse()
                body = response.read()
                status = response.status
                if status == 200:
                    length = int(response.headers["Inference-Header-Content-Length"])
                    revision = json.loads(body[:length])["model_version"]
                    answer = int(numpy.frombuffer(body[length:], "<f4").argmax())
            except OSError:
                connection.close()
                connection = http.client.HTTPConnection(host, timeout=10)
            with lock:
                lines.append((at, (time.monotonic() - t0) * 1e3, status, revision, answer))
            number += 1

    threads = [threading.Thread(target=client, args=(i,)) for i in range(CONNECTIONS)]
    for thread in threads:
        thread.start()
    sys.stdin.read()
    stop.set()
    for thread in threads:
        thread.join()
    with open(out, "w") as file:
        for line in sorted(lines):
            file.write(json.dumps(line) + "\n")


main()

"""A slice of test pictures, cleaned and then labelled by simulated people, beside labels that the model says first.

The people are no people: each knows the picture's own label, and errs at a rate of its own by a seeded draw. So the
agreement that comes out is what was put in; what is shown is that the figures are computed, not that labels are good.
"""
import random
import struct
import time

ROWS = 200
PICTURES, TWICE = 1000, 40
ERRS = {"ana": 0.04, "bo": 0.07}  # the reviewer errs as the better one does
CLASSES = 10


def write_slice(folder, pictures, labels):
    """The first test pictures as an IDX data set of one split, some of them twice."""
    folder.mkdir()
    rows = [*range(PICTURES), *range(TWICE)]
    size = pictures.shape[1:]
    (folder / "t10k-images-idx3-ubyte").write_bytes(
        struct.pack(">4I", 0x803, len(rows), *size) + b"".join(pictures[r].tobytes() for r in rows))
    (folder / "t10k-labels-idx1-ubyte").write_bytes(
        struct.pack(">2I", 0x801, len(rows)) + bytes(int(labels[r]) for r in rows))
    return folder


def said(draw, known, classes, rate):
    if draw.random() >= rate:
        return classes[known]
    return classes[(known + draw.randrange(1, CLASSES)) % CLASSES]


def label(sinter, folder, pictures, labels, classes, steps, say):
    """Gives the labelling's status once all of it is done, and what it was committed as."""
    sinter.run("data", "add", "fashion-slice", write_slice(folder, pictures, labels), "--classes", "fashion-mnist")
    cleaned = sinter.run("data", "clean", "fashion-slice", steps, "--apply")
    left = cleaned["steps"][-1]["left"]
    print(f"cleaned: {PICTURES + TWICE} rows, {left} left ({cleaned['version']['ref']})")
    if left != PICTURES:
        raise SystemExit(f"{TWICE} pictures stood twice, and {PICTURES + TWICE - left} rows were left out")
    sinter.run("data", "label", "create", "slice", "fashion-slice", "--rows", ROWS, "--labellers", 2, "--gold-every", 10,
               "--prelabel-service", "fashion", "--choice", "active", "--review", "disagreements")
    deadline = time.monotonic() + 60
    while (made := sinter.api("/labellings/slice")["status"]["prelabels"])["made"] < ROWS:
        if made["error"] or time.monotonic() > deadline:
            raise SystemExit(f"no prelabels: {made}")
        time.sleep(0.05)
    say(f"{ROWS} rows with the model's labels, the least certain first; two simulated labellers answer")
    for who, rate in ERRS.items():
        draw = random.Random(who)
        while items := sinter.api("/labellings/slice/next", "POST", {"labeller": who, "count": 100})["items"]:
            for item in items:
                answer = {"value": {"class": said(draw, labels[item["row"]], classes, rate)}, "labeller": who,
                          "seconds": round(1 + 2 * draw.random(), 1)}
                sinter.api(f"/labellings/slice/items/{item['item']}/answer", "PUT", answer)
    draw = random.Random("reviewer")
    for item in sinter.api("/labellings/slice/review?limit=200")["items"]:
        word = {"value": {"class": said(draw, labels[item["row"]], classes, min(ERRS.values()))}}
        sinter.api(f"/labellings/slice/items/{item['item']}/decision", "PUT", word)
    committed = sinter.run("data", "label", "commit", "slice")
    status = sinter.api("/labellings/slice")["status"]
    agreement, decided = status["agreement"], status["decided"]
    kappa = agreement["cohen"][0]["kappa"]
    share = lambda of: of["right"] / of["of"]
    print(f"the two (who err in {', '.join(f'{r:.0%}' for r in ERRS.values())} of their answers, by a seeded draw) agree on "
          f"{agreement['observed']:.1%}, Cohen's kappa {kappa:.3f}; {decided} items were decided by a reviewer")
    print(f"equal to the known labels: {share(status['known']):.1%} of the final labels, "
          f"{share(status['prelabel_known']):.1%} of the model's; committed as {committed['name']}")
    return {"agreement": share(status["known"]), "kappa": kappa, "prelabel_agreement": share(status["prelabel_known"]),
            "items": status["items"], "decided": decided, "committed": committed["name"]}

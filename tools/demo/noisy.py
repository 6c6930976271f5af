"""A copy of an IDX data set in which a fifth of the training labels are wrong; the test's are left as they are."""
import gzip
import pathlib
import random
import shutil

WRONG = 0.2
CLASSES = 10


def spoil(source, target, seed=7):
    source, target = pathlib.Path(source), pathlib.Path(target)
    target.mkdir()
    for path in source.glob("*.gz"):
        shutil.copy(path, target / path.name)
    labels = next(target.glob("train-labels*"))
    raw = bytearray(gzip.decompress(labels.read_bytes()))
    draw = random.Random(seed)
    for at in range(8, len(raw)):  # after magic and count
        if draw.random() < WRONG:
            raw[at] = (raw[at] + draw.randrange(1, CLASSES)) % CLASSES
    labels.write_bytes(gzip.compress(bytes(raw), 1))
    return target

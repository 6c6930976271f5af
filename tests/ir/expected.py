"""The figures in this folder's .sinter files, computed here by other means than Sinter: attention by dense
loops over each sequence, gradients by hand. Prints the `//!` lines that stand in the files."""

import math


def tensor(dtype, dims, values):
    return f"{dtype}[{','.join(map(str, dims))}]{{{', '.join(repr(v) for v in values)}}}"


def flat(rows):
    return [round(v, 9) for row in rows for v in row]


def matmul(a, b):
    return [[sum(x * y for x, y in zip(row, col)) for col in zip(*b)] for row in a]


def softmax(row):
    e = [math.exp(x - max(row)) for x in row]
    return [x / sum(e) for x in e]


def attention(queries, keys, values, scale):
    rows = [softmax([scale * sum(a * b for a, b in zip(q, k)) for k in keys]) for q in queries]
    return matmul(rows, values)


def encoder_decoder():
    embedding = [[0.5, -0.25, 0.0, 1.0], [-1.0, 0.5, 0.25, 0.0], [0.75, 0.75, -0.5, 0.25],
                 [0.0, 1.0, -1.0, 0.5], [0.25, -0.75, 0.5, -0.5]]
    mix = [[1.0, 0.5, 0.0, -0.5], [0.0, 1.0, 0.5, 0.0], [-0.5, 0.0, 1.0, 0.5], [0.5, -0.5, 0.0, 1.0]]

    def encode(source):
        return [[math.tanh(x) for x in row] for row in matmul([embedding[i] for i in source], mix)]

    def decode(memory, target):
        x = [embedding[i] for i in target]
        context = attention(matmul(x, mix), memory, memory, 0.5)
        y = [[a + b for a, b in zip(r, c)] for r, c in zip(x, context)]
        return matmul(y, [list(c) for c in zip(*embedding)])

    memory = encode([3, 0, 2])
    print("// encoder_decoder")
    print("//! run @encode\n//! with i64[1,3]{3, 0, 2}")
    print("//! expect", tensor("f32", (1, 3, 4), flat(memory)), "~ 1e-6")
    print("//! run @decode\n//! with", tensor("f32", (1, 3, 4), flat(memory)), "\n//! with i64[1,1]{4}")
    print("//! expect", tensor("f32", (1, 1, 5), flat(decode(memory, [4]))), "~ 1e-6")
    both = flat(decode(memory, [4, 1])) + flat(decode(encode([1, 1, 4]), [0, 2]))
    print("//! run @translate\n//! with i64[2,3]{3, 0, 2, 1, 1, 4}\n//! with i64[2,2]{4, 1, 0, 2}")
    print("//! expect", tensor("f32", (2, 2, 5), both), "~ 1e-6")
    print("//! run @encode\n//! with i64[1,3]{3, 0, 5}\n//! refuse \"Gather\"")


def paged_cache():
    wq, wk, wv = [[1.0, 0.5], [-0.5, 1.0]], [[0.5, 1.0], [1.0, -0.5]], [[1.0, -1.0], [0.5, 2.0]]
    sequences = [[[1.0, 0.0], [0.5, -1.0], [-0.25, 0.75], [2.0, 1.0]], [[-1.0, 0.5], [0.25, 0.25], [1.5, -0.5]]]

    def answer(sequence, position):
        seen = sequence[:position + 1]
        return attention(matmul([seen[-1]], wq), matmul(seen, wk), matmul(seen, wv), 0.70710677)[0]

    a, b = sequences
    print("// paged_cache: sequence 0 has blocks 4, 1; sequence 1 has block 2, later 0")

    def run(name, tokens, slots, table, owner, position, last, expected, best):
        print(f"//! run @{name}")
        print("//! with", tensor("f32", (len(tokens), 2), flat(tokens)))
        for dims, values in (((len(slots),), slots), ((len(table), len(table[0])), sum(table, [])),
                             ((len(owner),), owner), ((len(position),), position)):
            print("//! with", tensor("i64", dims, values))
        if last:
            print("//! with", tensor("i64", (len(last),), last))
        print("//! expect", tensor("f32", (len(expected), 2), flat(expected)), "~ 1e-6")
        if best:
            print("//! expect", tensor("i64", (len(expected),), [r.index(max(r)) for r in expected]))

    run("prefill", a[:3] + b[:1], [8, 9, 2, 4], [[4, 1], [2, 0]], [0, 0, 0, 1], [0, 1, 2, 0], [2, 3],
        [answer(a, 2), answer(b, 0)], False)
    run("decode", [a[3], b[1]], [3, 5], [[4, 1], [2, 0]], [0, 1], [3, 1], None,
        [answer(a, 3), answer(b, 1)], True)
    run("decode", [b[2]], [0], [[2, 0]], [0], [2], None, [answer(b, 2)], True)
    print("//! new session")
    run("prefill", b, [10, 11, 6], [[5, 3]], [0, 0, 0], [0, 1, 2], [2], [answer(b, 2)], False)
    print("//! run @decode\n//! with f32[1,2]{0.0, 0.0}\n//! with i64[1]{12}\n//! with i64[1,2]{5, 3}")
    print("//! with i64[1]{0}\n//! with i64[1]{3}\n//! refuse \"ScatterND\"")


def steps(batches, momentum, rate, factor, weights):
    velocity = [0.0, 0.0]
    for x, y in batches:
        error = [sum(a * w for a, w in zip(row, weights)) - t for row, t in zip(x, y)]
        loss = sum(e * e for e in error) / len(y)
        gradient = [factor * sum(row[i] * e for row, e in zip(x, error)) / len(y) for i in (0, 1)]
        velocity = [momentum * v + g for v, g in zip(velocity, gradient)]
        weights = [w - rate * v for w, v in zip(weights, velocity)]
        yield loss, weights


def training():
    x, y = [[1.0, 2.0], [0.0, -1.0], [-2.0, 0.5]], [1.0, 0.25, -1.5]
    print("// training")

    def data():
        print("//! with", tensor("f64", (3, 2), flat(x)), "\n//! with", tensor("f64", (3, 1), y))

    print("//! run @evaluate")
    data()
    loss, _ = next(steps([(x, y)], 0, 0, 2, [0.5, -0.5]))
    share = sum(abs(r[0] * 0.5 - r[1] * 0.5 - t) < 0.5 for r, t in zip(x, y)) / 3
    print("//! expect", tensor("f64", (), [loss]), "~ 1e-15\n//! expect", tensor("f64", (), [share]), "~ 1e-15")
    for k, (loss, weights) in enumerate(steps([(x, y)] * 3, 0.5, 0.125, 2.0, [0.5, -0.5])):
        print("//! run @train")
        data()
        print("//! expect", tensor("f64", (), [loss]), "~ 1e-14")
        print("//! state @weights", tensor("f64", (2, 1), weights), "~ 1e-14")
        print(f"//! state @steps i64[]{{{k + 1}}}")
    print("//! run @evaluate")
    data()
    loss, _ = next(steps([(x, y)], 0, 0, 2, weights))
    share = sum(abs(r[0] * weights[0] + r[1] * weights[1] - t) < 0.5 for r, t in zip(x, y)) / 3
    print("//! expect", tensor("f64", (), [loss]), "~ 1e-14\n//! expect", tensor("f64", (), [share]), "~ 1e-15")


def collective():
    x, y = [[1.0, 2.0], [0.0, -1.0], [-2.0, 0.5]], [1.0, 0.25, -1.5]
    print("// collective: two rows on rank 0, one on rank 1")
    weights = [0.5, -0.5]
    for _ in range(2):
        (_, weights), = steps([(x, y)], 0, 0.25, 1.0, weights)
        print("//! run @step")
        for rank, part in enumerate((slice(0, 2), slice(2, 3))):
            n = len(y[part])
            print(f"//! rank {rank}\n//! with", tensor("f64", (n, 2), flat(x[part])))
            print("//! with", tensor("f64", (n, 1), y[part]))
            print("//! expect", tensor("f64", (2, 1), weights), "~ 1e-15")
            print("//! state @weights", tensor("f64", (2, 1), weights), "~ 1e-15")


if __name__ == "__main__":
    encoder_decoder()
    paged_cache()
    training()
    collective()

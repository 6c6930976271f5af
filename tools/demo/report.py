"""The self-contained page about a demonstration: curves, confusion matrix, sample answers, latency."""
import base64
import html
import struct
import zlib


def png(picture):
    """A grey picture [height, width] of bytes as a data URI."""
    height, width = picture.shape
    rows = b"".join(b"\0" + picture[y].tobytes() for y in range(height))

    def chunk(kind, data):
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

    data = (b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", struct.pack(">IIBBBBB", width, height, 8, 0, 0, 0, 0))
            + chunk(b"IDAT", zlib.compress(rows)) + chunk(b"IEND", b""))
    return "data:image/png;base64," + base64.b64encode(data).decode()


def chart(title, series, marks=(), unit="", dots=False):
    """An SVG of named series of (x, y); marks are (x, label)."""
    width, height, left, bottom = 640, 240, 56, 34
    points = [p for _, values in series for p in values]
    if not points:
        return ""
    x0, x1 = min(p[0] for p in points), max(p[0] for p in points)
    y0, y1 = min(0, min(p[1] for p in points)), max(p[1] for p in points) or 1
    sx = lambda x: left + (x - x0) / ((x1 - x0) or 1) * (width - left - 10)
    sy = lambda y: height - bottom - (y - y0) / ((y1 - y0) or 1) * (height - bottom - 14)
    parts = [f'<svg viewBox="0 0 {width} {height}" role="img"><title>{html.escape(title)}</title>']
    for i in range(5):
        y = y0 + (y1 - y0) * i / 4
        parts.append(f'<line x1="{left}" x2="{width - 10}" y1="{sy(y):.1f}" y2="{sy(y):.1f}" class="grid"/>'
                     f'<text x="{left - 6}" y="{sy(y) + 4:.1f}" text-anchor="end">{y:.3g}{unit}</text>')
    for i, (x, label) in enumerate(marks):  # labels of neighbours stand at two heights
        parts.append(f'<line x1="{sx(x):.1f}" x2="{sx(x):.1f}" y1="8" y2="{height - bottom}" class="mark"/>'
                     f'<text x="{sx(x) + 3:.1f}" y="{16 + 13 * (i % 2)}">{html.escape(label)}</text>')
    for i, (name, values) in enumerate(series):
        if dots:
            parts += [f'<circle cx="{sx(x):.1f}" cy="{sy(y):.1f}" r="1.2" class="d{i}"/>' for x, y in values]
        else:
            line = " ".join(f"{sx(x):.1f},{sy(y):.1f}" for x, y in values)
            parts.append(f'<polyline points="{line}" class="s{i}"/>')
        parts.append(f'<text x="{left + 130 * i}" y="{height - 8}" class="k{i}">{html.escape(name)}</text>')
    parts.append("</svg>")
    return "".join(parts)


def confusion_table(classes, matrix):
    head = "".join(f"<th title='{html.escape(c)}'>{html.escape(c[:6])}</th>" for c in classes)
    rows = []
    for name, row in zip(classes, matrix):
        total = sum(row) or 1
        cells = "".join(f'<td style="background:rgba(30,90,200,{n / total:.2f})">{n}</td>' for n in row)
        rows.append(f"<tr><th>{html.escape(name)}</th>{cells}</tr>")
    return f"<table><tr><th>true \\ given</th>{head}</tr>{''.join(rows)}</table>"


STYLE = """
body{font:15px/1.5 system-ui,sans-serif;max-width:860px;margin:2em auto;padding:0 1em;color:#1a2230}
h1{font-size:1.5em}h2{font-size:1.15em;margin-top:2em}table{border-collapse:collapse;font-size:13px}
td,th{padding:3px 7px;border:1px solid #d5dae2;text-align:right}th{font-weight:600}svg{width:100%;font-size:11px}
.grid{stroke:#e3e7ee}.mark{stroke:#c33;stroke-dasharray:3 3}polyline{fill:none;stroke-width:1.6}
.s0{stroke:#1e5ac8}.s1{stroke:#d2691e}.s2{stroke:#2e8b57}.k0,.d0{fill:#1e5ac8}.k1,.d1{fill:#d2691e}.k2,.d2{fill:#2e8b57}
.samples{display:flex;flex-wrap:wrap;gap:14px}.samples figure{margin:0;width:120px;font-size:12px}
.samples img{width:84px;height:84px;image-rendering:pixelated}.wrong{color:#b00020}
"""


def outcome(report):
    """What came of it, in sentences."""
    accuracy, train, rollout = report["accuracy"], report["train"], report["rollout"]
    refused, recovery, drift = report["gate"]["v3"], report["recovery"], report["drift"]
    return [
        f"Version 1 tells {accuracy['v1']:.1%} of the test pictures right, version 2 {accuracy['v2']:.1%}; ONNX Runtime "
        f"gives the same as version 1, to {report['export']['largest_difference']:.0e}.",
        f"One of the two ranks that train version 2 was killed at step {train['killed_at_step']}; they went on from "
        f"step {train['resumed_from_step']} of {train['steps']}.",
        f"{rollout['requests']:,} requests came while version 2 went out, back and out again: {rollout['failed']} failed.",
        f"Version 3, with a fifth of its labels wrong, was {refused['decision']}: {refused['reason']}.",
        f"Server and training of version 3 were killed at step {recovery['killed_at_step']}; the job went on from "
        f"step {recovery['resumed_from_step']}.",
        f"Pictures turned inside out were {'' if drift['detected'] else 'not '}noticed as drift; the ordinary ones were "
        f"{'' if drift['before'] else 'not '}called so.",
    ]


def page(report, curves, latency, samples, classes, confusion, marks):
    rows = "".join(f"<tr><th>{html.escape(k)}</th><td>{html.escape(str(v))}</td></tr>" for k, v in flat(report))
    sentences = "".join(f"<li>{html.escape(sentence)}</li>" for sentence in outcome(report))
    figures = "".join(
        f"<figure><img src='{png(s['picture'])}' alt=''><br>{html.escape(classes[s['label']])}<br>"
        f"<span class='{'' if s['given'] == s['label'] else 'wrong'}'>&rarr; {html.escape(classes[s['given']])} "
        f"{100 * s['probability']:.0f}%</span></figure>" for s in samples)
    return f"""<!doctype html><html lang="en"><meta charset="utf-8"><title>Sinter: from data to a replaced service</title>
<style>{STYLE}</style><h1>From data to a replaced service</h1>
<p>Fashion-MNIST imported; a small network trained, exported, checked and deployed; a slice of test pictures cleaned and
labelled by two simulated people, who know the label and err by a seeded draw, beside the labels that the network said
first; a convolutional network trained by two ranks; then rolled out through the gates, back and out again under load; a
third, trained on labels of which a fifth are wrong. Everything here was measured in that one run.</p>
<ul>{sentences}</ul>
<h2>Training loss, by step</h2><p>The marks are version 2's: where a rank was killed, and from where it went on.</p>{chart('loss by step', curves['loss'], marks['train'])}
<h2>Test accuracy, by step</h2>{chart('accuracy by step', curves['accuracy'])}
<h2>Latency through the switches</h2><p>Each dot is a request, from left to right in the order of time.</p>
{chart('milliseconds by second', latency, marks['rollout'], ' ms', dots=True)}
<h2>Sample answers</h2><div class="samples">{figures}</div>
<h2>Confusion matrix of version 2</h2>{confusion_table(classes, confusion)}
<h2>All figures</h2><p>As in report.json.</p><table>{rows}</table></html>"""


def flat(tree, prefix=""):
    for key, value in tree.items():
        name = f"{prefix}{key}"
        if isinstance(value, dict):
            yield from flat(value, name + ".")
        else:
            yield name, f"{value:.6g}" if isinstance(value, float) else ", ".join(value) if isinstance(value, list) else value

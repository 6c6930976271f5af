"""Parquet as pyarrow writes it, in every encoding and compression that Sinter reads: the same rows as pyarrow reads.

usage: parquet_test.py PARQUET_ROWS
"""
import datetime
import decimal
import itertools
import json
import math
import pathlib
import random
import subprocess
import sys
import tempfile
import unittest

import pyarrow as pa
import pyarrow.parquet as pq

ROWS = None


def plain(value):
    """As parquet_rows prints it."""
    if isinstance(value, float) and not math.isfinite(value):
        return "nan" if math.isnan(value) else "inf" if value > 0 else "-inf"
    if isinstance(value, decimal.Decimal):
        return float(value)
    if isinstance(value, bytes):
        return value.hex()
    if isinstance(value, datetime.datetime):
        text = value.replace(tzinfo=None).isoformat(timespec="microseconds")
        return text.rstrip("0").rstrip(".") if "." in text else text
    if isinstance(value, datetime.time):
        text = value.isoformat(timespec="microseconds")
        return text.rstrip("0").rstrip(".")
    if isinstance(value, datetime.date):
        return value.isoformat()
    return value


class Parquet(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory(prefix="sinter-parquet-")
        self.addCleanup(folder.cleanup)
        self.path = pathlib.Path(folder.name) / "table.parquet"

    def rows(self, batch=1000):
        done = subprocess.run([ROWS, self.path, str(batch)], capture_output=True, text=True, timeout=60)
        self.assertEqual(done.returncode, 0, done.stderr)
        head, *rows = map(json.loads, done.stdout.splitlines())
        self.assertEqual(head["rows"], len(rows))
        return head["columns"], rows

    def check(self, table, batch=1000, **options):
        pq.write_table(table, self.path, **options)
        flat = table.flatten()
        columns, rows = self.rows(batch)
        self.assertEqual([name for name, _ in columns], flat.column_names)
        expected = [[plain(value) for value in row.values()] for row in flat.to_pylist()]
        self.assertEqual(len(rows), len(expected))
        for got, want in zip(rows, expected):
            for (name, kind), a, b in zip(columns, got, want):
                if kind == "real" and isinstance(b, float):
                    self.assertTrue(math.isclose(a, b, rel_tol=1e-12, abs_tol=1e-300), (name, a, b))
                else:
                    self.assertEqual(a, b, name)
        return dict(columns)

    def table(self, n=1000, nulls=True, seed=1):
        r = random.Random(seed)
        utc = datetime.timezone.utc
        moment = lambda: datetime.datetime(1890, 1, 1) + datetime.timedelta(microseconds=r.randrange(10**16))
        makers = {
            ("flag", pa.bool_()): lambda: r.random() < 0.3,
            ("i8", pa.int8()): lambda: r.randrange(-128, 128),
            ("u16", pa.uint16()): lambda: r.randrange(65536),
            ("u32", pa.uint32()): lambda: r.randrange(2**32),
            ("i32", pa.int32()): lambda: r.randrange(-2**31, 2**31),
            ("i64", pa.int64()): lambda: r.choice([0, 1, -1, 2**63 - 1, -2**63, r.randrange(1000)]),
            ("u64", pa.uint64()): lambda: r.randrange(2**63),
            ("half", pa.float16()): lambda: r.choice([0.0, -0.5, 65504.0, 6e-8, math.inf, math.nan, 1.5]),
            ("f32", pa.float32()): lambda: r.choice([0.5, -1e-40, math.nan, math.inf, r.uniform(-9, 9)]),
            ("f64", pa.float64()): lambda: r.uniform(-1e300, 1e300),
            ("word", pa.string()): lambda: r.choice(["ash", "birch", "", "榆树", "a\nb\"c"]),
            ("text", pa.string()): lambda: "prefix " * r.randrange(4) + str(r.randrange(10**6)),
            ("bytes", pa.binary()): lambda: r.randbytes(r.randrange(5)),
            ("fixed", pa.binary(3)): lambda: r.randbytes(3),
            ("day", pa.date32()): lambda: moment().date(),
            ("seconds", pa.timestamp("ms")): lambda: moment().replace(microsecond=0),
            ("micros", pa.timestamp("us")): moment,
            ("utc", pa.timestamp("us", "UTC")): lambda: moment().replace(tzinfo=utc),
            ("time", pa.time64("us")): lambda: moment().time(),
            ("small", pa.decimal128(7, 2)): lambda: decimal.Decimal(r.randrange(-10**7 + 1, 10**7)) / 100,
            ("large", pa.decimal128(30, 5)): lambda: decimal.Decimal(r.randrange(-10**29, 10**29)).scaleb(-5),
        }
        columns, fields = [], []
        for (name, kind), make in makers.items():
            columns.append(pa.array([None if nulls and r.random() < 0.2 else make() for _ in range(n)], kind))
            fields.append(pa.field(name, kind, nullable=nulls))
        return pa.Table.from_arrays(columns, schema=pa.schema(fields))

    def test_every_type_in_every_compression_and_page_version(self):
        for codec, version, dictionary, nulls in itertools.product(
                ["none", "snappy", "gzip", "zstd", "lz4"], ["1.0", "2.0"], [True, False], [True, False]):
            with self.subTest(codec=codec, version=version, dictionary=dictionary, nulls=nulls):
                kinds = self.check(self.table(300, nulls), compression=codec, data_page_version=version,
                                   use_dictionary=dictionary, data_page_size=500, row_group_size=130)
        self.assertEqual(kinds["flag"], "bool")
        self.assertEqual(kinds["u64"], "integer")
        self.assertEqual(kinds["large"], "real")
        self.assertEqual(kinds["day"], "text")
        self.assertEqual(kinds["fixed"], "bytes")

    def test_the_other_encodings(self):
        encodings = {
            "i8": "DELTA_BINARY_PACKED", "u32": "DELTA_BINARY_PACKED", "i64": "DELTA_BINARY_PACKED",
            "flag": "RLE", "f32": "BYTE_STREAM_SPLIT", "f64": "BYTE_STREAM_SPLIT", "i32": "BYTE_STREAM_SPLIT",
            "fixed": "BYTE_STREAM_SPLIT", "word": "DELTA_LENGTH_BYTE_ARRAY", "text": "DELTA_BYTE_ARRAY",
            "bytes": "DELTA_BYTE_ARRAY", "small": "DELTA_BYTE_ARRAY",
        }
        for nulls, version in itertools.product([True, False], ["1.0", "2.0"]):
            table = self.table(2000, nulls).select(list(encodings))
            self.check(table, use_dictionary=False, column_encoding=encodings, data_page_version=version,
                       data_page_size=3000, batch=77)

    def test_moments_in_nanoseconds_and_as_int96(self):
        moments = pa.array([0, 1, -1, 1_700_000_000_123_456_789, None], pa.timestamp("ns"))
        table = pa.table({"at": moments})
        want = [["1970-01-01T00:00:00"], ["1970-01-01T00:00:00.000000001"], ["1969-12-31T23:59:59.999999999"],
                ["2023-11-14T22:13:20.123456789"], [None]]
        for options in [{}, {"use_deprecated_int96_timestamps": True}]:
            pq.write_table(table, self.path, **options)
            self.assertEqual(self.rows()[1], want, options)

    def test_groups_are_joined_by_dots_and_lists_are_named_alone(self):
        table = pa.table({
            "picture": pa.array([{"bytes": b"\x89", "path": "a.png"}, {"bytes": None, "path": "b"}, None],
                                pa.struct([("bytes", pa.binary()), ("path", pa.string())])),
            "boxes": pa.array([[1, 2], [], None], pa.list_(pa.int32())),
            "label": pa.array([1, 2, 3], pa.int64()),
        })
        pq.write_table(table, self.path)
        columns, rows = self.rows()
        self.assertEqual(columns, [["picture.bytes", "bytes"], ["picture.path", "text"],
                                   ["boxes.list.element", "list"], ["label", "integer"]])
        self.assertEqual(rows, [["89", "a.png", 1], [None, "b", 2], [None, None, 3]])

    def test_tables_without_rows_and_columns_without_values(self):
        self.check(self.table(0))
        self.check(pa.table({"none": pa.nulls(50, pa.string()), "some": pa.array(range(50), pa.int16())}),
                   data_page_version="2.0", compression="zstd")

    def test_a_dictionary_that_overflows_goes_on_plain(self):
        texts = pa.array([f"{i:08}" for i in range(20000)])
        self.check(pa.table({"text": texts}), dictionary_pagesize_limit=4096)

    def test_what_is_not_read_is_said(self):
        table = self.table(10)
        pq.write_table(table, self.path, compression="brotli")
        whole = self.path.read_bytes()
        for content, reason in [(whole, "Brotli"), (whole[:-5], "cut off"), (whole[:-4] + b"PARE", "encrypted"),
                                (b"PAR2" + whole[4:], "does not begin")]:
            self.path.write_bytes(content)
            done = subprocess.run([ROWS, self.path], capture_output=True, text=True, timeout=60)
            self.assertEqual(done.returncode, 1)
            self.assertIn(reason, done.stderr)

    def test_no_flipped_byte_crashes(self):
        r = random.Random(7)
        pq.write_table(self.table(60), self.path, compression="none")
        whole = self.path.read_bytes()
        outcomes = set()
        for _ in range(300):
            damaged = bytearray(whole)
            for _ in range(r.randrange(1, 4)):
                damaged[r.randrange(len(whole))] = r.randrange(256)
            self.path.write_bytes(damaged)
            done = subprocess.run([ROWS, self.path], capture_output=True, timeout=60)
            self.assertIn(done.returncode, (0, 1))
            outcomes.add(done.returncode)
        self.assertEqual(outcomes, {0, 1})


if __name__ == "__main__":
    ROWS = sys.argv.pop(1)
    unittest.main()

#!/usr/bin/env python3
"""Measures how lines of logs are best kept in PostgreSQL: a row each, or chunks in arrays.

Usage: DATABASE_URL=... docs/decisions/0007-log-chunks.py [LINES]

Makes the schema `log_measure`, prints a table of figures, and removes the schema. Needs psql and nothing else.
"""
import os
import random
import subprocess
import sys
import time

LINES = int(sys.argv[1]) if len(sys.argv) > 1 else 1_000_000
STREAMS = 40
START = 1_777_888_800_000_000_000
SECOND = 1_000_000_000
# A stream writes a line each 2 seconds on average, in no particular order among the streams.
SPAN = LINES // STREAMS * 2 * SECOND


def psql(sql, data=None):
    done = subprocess.run(
        ["psql", "-XqAt", "-v", "ON_ERROR_STOP=1", "-c", sql, os.environ["DATABASE_URL"]],
        input=data, capture_output=True, text=True)
    if done.returncode:
        sys.exit(done.stderr)
    return done.stdout.strip()


def line(pick, stream):
    """What such a service writes; about 125 bytes."""
    address = f"10.{pick.randrange(4)}.{pick.randrange(256)}.{pick.randrange(256)}"
    number = pick.randrange(10**6)
    kind = stream % 4
    if kind == 0:
        path = pick.choice(["/", "/cart", "/checkout", f"/product/{number % 5000}", "/api/v1/search?q=shoes"])
        status = pick.choice([200] * 20 + [304] * 5 + [404, 500])
        return (f'{address} - - "GET {path} HTTP/1.1" {status} {number % 40000} "https://shop.example/" '
                f'"Mozilla/5.0 (X11; Linux x86_64) Firefox/{110 + number % 20}.0" rt={number % 900 / 1000}')
    if kind == 1:
        level = pick.choice(["info"] * 12 + ["debug"] * 4 + ["warn", "error"])
        return (f'{{"level":"{level}","msg":"order placed","order":{number},"user":"u{number % 9000}",'
                f'"amount":{number % 30000 / 100},"trace_id":"{pick.getrandbits(64):016x}","took_ms":{number % 800}}}')
    if kind == 2:
        return (f"sshd[{number % 32768}]: " + pick.choice([
            f"Accepted publickey for deploy from {address} port {number % 60000} ssh2: ED25519 SHA256:Zk3pY",
            f"Failed password for invalid user admin from {address} port {number % 60000} ssh2",
            f"Received disconnect from {address} port {number % 60000}:11: disconnected by user"]))
    return (f"ts=2026-05-04T10:00:00Z caller=engine.go:{number % 700} level=info component=relay "
            f'msg="batch published" batch={number} events={number % 500} took={number % 90}.{number % 10}ms')


def escaped(text):
    """For the text form of COPY."""
    return text.replace("\\", "\\\\").replace("\t", "\\t").replace("\n", "\\n")


def array(texts):
    return "{" + ",".join('"' + t.replace("\\", "\\\\").replace('"', '\\"') + '"' for t in texts) + "}"


def entries():
    pick = random.Random(42)
    for number in range(LINES):
        stream = pick.randrange(STREAMS)
        yield stream, START + SPAN // LINES * number + pick.randrange(SECOND), line(pick, stream)


def rows():
    return (f"{stream}\t{at}\ti\t{escaped(text)}\n" for stream, at, text in entries())


def chunks(size):
    kept = {stream: [] for stream in range(STREAMS)}

    def chunk(stream):
        lines = kept[stream]
        lines.sort()
        texts = [text for _, text in lines]
        ats = [at for at, _ in lines]
        kept[stream] = []
        return "\t".join([
            str(stream), str(ats[0]), str(ats[-1]), str(len(lines)), "{" + ",".join(map(str, ats)) + "}",
            "{" + ",".join("i" * len(lines)) + "}", escaped(array(texts))]) + "\n"

    for stream, at, text in entries():
        kept[stream].append((at, text))
        if len(kept[stream]) == size:
            yield chunk(stream)
    for stream in range(STREAMS):
        if kept[stream]:
            yield chunk(stream)


def timed(sql):
    """The best of five by the server's clock, in milliseconds, and the answer."""
    settings = "SET search_path = log_measure; SET jit = off; SET max_parallel_workers_per_gather = 0;"
    plans = psql(settings + f"EXPLAIN (ANALYZE, TIMING OFF) {sql};" * 5)
    times = [float(text.split()[2]) for text in plans.splitlines() if text.startswith("Execution Time")]
    return min(times), psql(settings + sql)


ROWS = "CREATE TABLE {t} (stream bigint, at bigint, level \"char\", line text); CREATE INDEX ON {t} (stream, at)"
CHUNKS = ("CREATE TABLE {t} (stream bigint, first_at bigint, last_at bigint, entries int, at bigint[] COMPRESSION {c},"
          " level \"char\"[] COMPRESSION {c}, lines text[] COMPRESSION {c}); CREATE INDEX ON {t} (stream, last_at)")
WINDOW = (START + SPAN // 2, START + SPAN // 2 + SPAN // 20)


def queries(table, chunked):
    low, high = WINDOW
    source = f"{table} c, unnest(c.at, c.lines) AS u (t, line)" if chunked else f"{table} c"
    at = "t" if chunked else "at"
    inside = f"{at} BETWEEN {low} AND {high}"
    window = f"last_at >= {low} AND first_at <= {high} AND {inside}" if chunked else inside
    return [
        f"SELECT count(*) FROM {source} WHERE stream = 8 AND line LIKE '%/checkout%'",
        f"SELECT count(*) FROM {source} WHERE stream = 8 AND {window} AND line LIKE '%/checkout%'",
        f"SELECT count(*) FROM {source} WHERE line LIKE '%order placed%'",
        f"SELECT count(*) FROM {source} WHERE line ~ 'order\":12[0-9]{{4}},'",
    ]


def measure(name, table, create, data, chunked):
    psql(f"SET search_path = log_measure; {create}")
    text = "".join(data)
    before = psql("SELECT pg_current_wal_lsn()")
    begun = time.monotonic()
    psql(f"COPY log_measure.{table} FROM STDIN", text)
    took = time.monotonic() - begun
    wal = int(psql(f"SELECT pg_current_wal_lsn() - '{before}'::pg_lsn"))
    size = int(psql(f"SELECT pg_total_relation_size('log_measure.{table}')"))
    psql(f"VACUUM ANALYZE log_measure.{table}")
    answers = [timed(sql) for sql in queries(table, chunked)]
    print(f"| {name} | {size / LINES:.0f} | {wal / LINES:.0f} | {LINES / took / 1000:.0f} | "
          + " | ".join(f"{ms:.1f}" for ms, _ in answers) + " |", flush=True)
    psql(f"DROP TABLE log_measure.{table}")
    return [answer for _, answer in answers]


def main():
    psql("DROP SCHEMA IF EXISTS log_measure CASCADE; CREATE SCHEMA log_measure")
    mean = sum(len(text) for _, _, text in entries()) / LINES
    print(f"{LINES} lines of {mean:.0f} bytes in {STREAMS} streams\n")
    print("| kept as | bytes a line | WAL bytes a line | 1000 lines/s in | text, one stream | the same, 1/20 of the time"
          " | text, everywhere | regular expression, everywhere |")
    print("|---|---|---|---|---|---|---|---|")
    try:
        answers = [measure("rows", "rows", ROWS.format(t="rows"), rows(), False)]
        for size, method in [(500, "lz4"), (500, "pglz"), (50, "lz4"), (1, "lz4")]:
            table = f"chunks_{size}_{method}"
            answers.append(measure(
                f"chunks of {size}, {method}", table, CHUNKS.format(t=table, c=method), chunks(size), True))
        if any(answer != answers[0] for answer in answers):
            sys.exit(f"the answers differ: {answers}")
    finally:
        psql("DROP SCHEMA log_measure CASCADE")


if __name__ == "__main__":
    main()

#!/usr/bin/env python3
"""Measures `ruche logs` while the days outside its range fill up: the lines in the range stay the same.

Usage: DATABASE_URL=... docs/decisions/0007-log-reading.py [LINES] [RUCHE]

LINES (10,000,000) are spread evenly over 28 days of arrival, the newest day first; the same questions are asked when
one day is there, when seven are, and when all are. Chunks have the form in which `ingest-logs` writes them, of 250
lines each, but are made here and copied, so that days of the past can be filled. RUCHE is the release binary
(.build/release/ruche). Needs psql; makes a database of its own beside the one that is named, and removes it. Four
minutes for ten million lines.
"""
import datetime
import importlib.util
import json
import os
import pathlib
import random
import statistics
import subprocess
import sys
import time
import urllib.parse

HERE = pathlib.Path(__file__).resolve().parent
ROOT = HERE.parent.parent
LINES = int(sys.argv[1]) if len(sys.argv) > 1 else 10_000_000
RUCHE = sys.argv[2] if len(sys.argv) > 2 else str(ROOT / ".build/release/ruche")
DAYS, STREAMS, SIZE, RUNS = 28, 40, 250, 9
SECOND = 1_000_000_000
DAY = 86_400 * SECOND
RARE, EVERY = " upstream prematurely closed connection", 1000

spec = importlib.util.spec_from_file_location("chunks", HERE / "0007-log-chunks.py")
chunks = importlib.util.module_from_spec(spec)
spec.loader.exec_module(chunks)

SERVER = os.environ["DATABASE_URL"]
NAME = f"log_reading_{os.getpid()}"
URL = urllib.parse.urlsplit(SERVER)._replace(path=f"/{NAME}").geturl()
# The end of the newest day: the last whole hour.
END = time.time_ns() // (3600 * SECOND) * 3600 * SECOND


def psql(*words, url=URL, feed=None):
    command = subprocess.Popen(
        ["psql", "-XqAt", "-v", "ON_ERROR_STOP=1", *words, url], text=True,
        stdin=subprocess.PIPE if feed else subprocess.DEVNULL, stdout=subprocess.PIPE)
    if feed:
        for text in feed:
            command.stdin.write(text)
        command.stdin.close()
    output = command.stdout.read().strip()
    if command.wait():
        sys.exit(f"psql {words} failed")
    return output


def stamp(nanoseconds, pattern="%Y-%m-%dT%H:%M:%SZ"):
    return datetime.datetime.fromtimestamp(nanoseconds // SECOND, datetime.timezone.utc).strftime(pattern)


def prepare():
    psql("-c", f"CREATE DATABASE {NAME}", url=SERVER)
    for file in sorted((ROOT / "Contracts/Schema").glob("V*.sql")):
        psql("-f", str(file))
    for back in range(DAYS + 1):
        day, after = (stamp(END - (back - more) * DAY, "%Y-%m-%d") for more in (0, 1))
        psql("-c", f"SET client_min_messages = error; CREATE TABLE IF NOT EXISTS log_chunk_{day.replace('-', '')} "
             f"PARTITION OF log_chunk FOR VALUES FROM ('{day}') TO ('{after}')")
    services = ["nginx", "shop", "sshd", "loki"]
    for stream in range(STREAMS):
        labels = json.dumps({"host": f"web-{stream // 4}", "service_name": services[stream % 4]})
        psql("-c", "INSERT INTO log_stream (tenant, hash, labels) "
             f"VALUES ('default', md5('{labels}')::uuid, '{labels}')")


def day_of_chunks(back):
    """The chunks that arrived on one day, in the order of their arrival."""
    pick = random.Random(back)
    count = LINES // DAYS
    start = END - (back + 1) * DAY
    kept = [[] for _ in range(STREAMS)]

    def chunk(stream):
        lines, kept[stream] = sorted(kept[stream]), []
        times = [at for at, _ in lines]
        return "\t".join([
            stamp(times[-1], "%Y-%m-%d"), str(stream + 1), str(times[0]), str(times[-1]), stamp(times[-1]),
            str(len(lines)), str(sum(len(text) for _, text in lines)), "{" + ",".join(map(str, times)) + "}",
            "{" + ",".join("i" * len(lines)) + "}", chunks.escaped(chunks.array([text for _, text in lines]))]) + "\n"

    for number in range(count):
        stream = pick.randrange(STREAMS)
        text = chunks.line(pick, stream) + (RARE if pick.randrange(EVERY) == 0 else "")
        kept[stream].append((start + number * DAY // count, text))
        if len(kept[stream]) == SIZE:
            yield chunk(stream)
    for stream in range(STREAMS):
        if kept[stream]:
            yield chunk(stream)


def fill(days):
    for back in days:
        psql("-c", "COPY log_chunk (day, stream, first_at, last_at, arrived_at, entries, bytes, at, level, lines) "
             "FROM STDIN", feed=day_of_chunks(back))
    psql("-c", "VACUUM ANALYZE log_chunk")


def pages():
    """Pages of chunks that were asked for until now, by partition: of tables, indexes and what is kept out of line."""
    rows = psql("-c", """
        SELECT relname, coalesce(heap_blks_hit + heap_blks_read, 0) + coalesce(idx_blks_hit + idx_blks_read, 0)
            + coalesce(toast_blks_hit + toast_blks_read, 0) + coalesce(tidx_blks_hit + tidx_blks_read, 0)
        FROM pg_statio_user_tables WHERE relname LIKE 'log_chunk_2%'""")
    return {name: int(count) for name, count in (row.split("|") for row in rows.splitlines())}


def ask(words):
    begun = time.monotonic()
    done = subprocess.run(
        [RUCHE, *words], capture_output=True, text=True, check=True, env=os.environ | {"DATABASE_URL": URL})
    return (time.monotonic() - begun) * 1000, len(done.stdout.splitlines())


def measured(words):
    """The median of some runs in milliseconds, lines found, pages and partitions that the last run touched."""
    times = [ask(words)[0] for _ in range(RUNS - 1)]
    before = pages()
    took, found = ask(words)
    # What a session has read is told when it ends, and seen a moment later.
    for _ in range(20):
        touched = {name: count - before[name] for name, count in pages().items() if count > before[name]}
        if touched:
            break
        time.sleep(0.1)
    return statistics.median(times + [took]), found, sum(touched.values()), len(touched)


def questions(days):
    hour = ["--since", stamp(END - 13 * 3600 * SECOND), "--until", stamp(END - 12 * 3600 * SECOND)]
    day = ["--since", stamp(END - DAY), "--until", stamp(END)]
    week = ["--since", stamp(END - 7 * DAY), "--until", stamp(END)]
    one, ten = ["service=nginx", "host=web-3"], ["service=nginx"]
    for name, streams in [("one stream", one), ("ten streams", ten)]:
        for span, words in [("an hour", hour), ("a day", day)]:
            for text, kind in [(RARE, "rare text"), ('HTTP/1.1" 200', "common text"), ("no such text", "no hit")]:
                yield f"{name}, {span}, {kind}", [*streams, *words, "--text", text]
    if days >= 7:
        yield "ten streams, a week, no hit", [*ten, *week, "--text", "no such text"]
    if days == DAYS:
        past = ["--since", stamp(END - 20 * DAY), "--until", stamp(END - 20 * DAY + 3600 * SECOND)]
        yield "ten streams, an hour 20 days ago, no hit", [*ten, *past, "--text", "no such text"]
        everything = ["--since", stamp(END - DAYS * DAY), "--until", stamp(END)]
        yield "one stream, all days, no hit", [*one, *everything, "--text", "no such text"]
        yield "all streams, all days, no hit", [*everything, "--text", "no such text"]


def main():
    results = {}
    try:
        prepare()
        done = 0
        for days in (1, 7, DAYS):
            begun = time.monotonic()
            fill(range(done, days))
            done = days
            entries, size = psql("-c", """
                SELECT (SELECT sum(entries) FROM log_chunk), (SELECT sum(pg_total_relation_size(inhrelid))
                FROM pg_inherits WHERE inhparent = 'log_chunk'::regclass)""").split("|")
            print(f"{days} days: {entries} lines, {int(size) / 1e6:.0f} MB, filled in {time.monotonic() - begun:.0f} s",
                  flush=True)
            for name, words in questions(days):
                results.setdefault(name, {})[days] = measured(["logs", "-o", "jsonl", *words])
        print(f"`ruche help` alone: {statistics.median(ask(['help'])[0] for _ in range(RUNS)):.0f} ms\n")
        print("| question | lines found | 1 day: ms, pages, partitions | 7 days | 28 days |\n|---|---|---|---|---|")
        for name, stages in results.items():
            cells = [f"{ms:.0f}, {read}, {parts}" for ms, _, read, parts in stages.values()]
            found = {lines for _, lines, _, _ in stages.values()}
            if len(found) > 1:
                sys.exit(f"{name}: the answers differ: {found}")
            print(f"| {name} | {found.pop()} | " + " | ".join([""] * (3 - len(cells)) + cells) + " |")
    finally:
        psql("-c", f"DROP DATABASE IF EXISTS {NAME} WITH (FORCE)", url=SERVER)


if __name__ == "__main__":
    main()

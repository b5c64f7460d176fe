#!/usr/bin/env python3
"""A strict stand-in for Loki's push API, for tests: keeps lines and drops exact duplicates as Loki does, notes every
breach of the protocol, and misbehaves on request.

Usage: fake_loki.py [CERTIFICATE KEY]     with both it speaks TLS

Prints `ready PORT`. `POST /control` takes a JSON object that is merged into what the fake does:
    status      answer so instead of keeping lines (0: keep them), with `retry_after` and `body`
    times       so often, then well again (-1: until told otherwise)
    after       so many pushes are well before that
    hold        keep the lines, and answer only when this is false again
    hang        answer nothing and keep nothing
    cut         keep the lines, and close the connection without an answer
    delay       seconds before the answer
    refuse      a regular expression: such lines are ignored, as an ingester says it
    terse       say of ignored lines neither how many nor which
    limit       bytes of a body beyond which the answer is 413
    authorization   the header to demand
    tenant      whether X-Scope-OrgID is demanded
`GET /state` says what is kept and what came.
"""
import gzip
import json
import re
import ssl
import sys
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

LABEL = re.compile(r"[a-zA-Z_][a-zA-Z0-9_]*\Z")
TENANT = re.compile(r"[a-zA-Z0-9!_.*'()-]{1,150}\Z")
changed = threading.Condition()
rules = {
    "status": 0, "times": -1, "after": 0, "retry_after": None, "body": "", "hold": False, "hang": False, "cut": False, "delay": 0,
    "refuse": None, "terse": False, "limit": 0, "authorization": None, "tenant": False,
}
kept = {}
state = {"pushes": 0, "duplicates": 0, "violations": [], "held": 0, "answered": 0, "bytes": 0, "statuses": [], "at": []}


class Breach(Exception):
    pass


def expect(condition, what):
    if not condition:
        raise Breach(what)


def unique(pairs):
    names = [name for name, _ in pairs]
    expect(len(set(names)) == len(names), f"a name twice: {names}")
    return dict(pairs)


def read(body):
    """The streams of a push, or a breach."""
    push = json.loads(body.decode("utf-8"), object_pairs_hook=unique)
    expect(isinstance(push, dict) and set(push) == {"streams"}, "the body is an object of streams")
    expect(isinstance(push["streams"], list) and push["streams"], "streams is a list that is not empty")
    seen = set()
    for stream in push["streams"]:
        expect(set(stream) == {"stream", "values"}, "a stream has labels and values")
        labels = stream["stream"]
        expect(labels and list(labels) == sorted(labels), f"labels are sorted: {list(labels)}")
        for name, value in labels.items():
            expect(LABEL.match(name) and len(name) <= 1024, f"label {name}")
            expect(isinstance(value, str) and 0 < len(value.encode()) <= 2048, f"value of label {name}")
        expect(len(set(labels) - {"service_name"}) <= 15, "at most 15 labels")
        expect("service_name" in labels, "a service name")
        key = json.dumps(labels)
        expect(key not in seen, "a stream once")
        seen.add(key)
        expect(isinstance(stream["values"], list) and stream["values"], "values")
        for value in stream["values"]:
            expect(isinstance(value, list) and len(value) == 3, "a value is time, line and metadata")
            at, line, metadata = value
            expect(isinstance(at, str) and re.match(r"[0-9]{19}\Z", at), f"nanoseconds as text: {at!r}")
            age = time.time_ns() - int(at)
            expect(-600e9 <= age <= 7 * 86400e9 + 60e9, f"the time is about now: {at}")
            expect(isinstance(line, str) and len(line.encode()) <= 262144, "a line")
            expect(isinstance(metadata, dict), "metadata is an object")
            expect(all(isinstance(v, str) for v in metadata.values()), "metadata has texts")
            size = sum(len(name.encode()) + len(text.encode()) for name, text in metadata.items())
            expect(len(metadata) <= 128 and size <= 65536, "metadata within the limits")
            expect("detected_level" in metadata or len(metadata) == 128 or size > 65000, "the level is in the metadata")
    return push["streams"]


def keep(tenant, streams):
    """Keeps what is not refused; returns what an ingester says of the last stream that has ignored lines."""
    said = None
    for stream in streams:
        labels = json.dumps(stream["stream"])
        lines = kept.setdefault((tenant, labels), {})
        ignored = []
        for at, line, metadata in stream["values"]:
            if rules["refuse"] and re.search(rules["refuse"], line):
                ignored.append(at)
            elif (at, line) in lines:
                state["duplicates"] += 1
            else:
                lines[(at, line)] = metadata
        if ignored:
            said = "".join(
                f"entry with timestamp {at} ignored, reason: 'entry too far behind, oldest acceptable timestamp is: "
                "2026-01-01T00:00:00Z',\n" for at in ignored[:10])
            said += f"user '{tenant}', total ignored: {len(ignored)} out of {len(stream['values'])} for stream: {labels}"
    return "some lines were refused" if said and rules["terse"] else said


class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def log_message(self, *_):
        pass

    def answer(self, status, text="", *headers):
        body = text.encode()
        self.send_response(status)
        for name, value in headers:
            self.send_header(name, value)
        self.send_header("Content-Type", "text/plain; charset=utf-8")
        if status != 204:
            self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        if status != 204:
            self.wfile.write(body)
        self.wfile.flush()

    def do_GET(self):
        with changed:
            lines = [
                {"tenant": tenant, "labels": json.loads(labels), "at": at, "line": line, "metadata": metadata}
                for (tenant, labels), entries in kept.items() for (at, line), metadata in entries.items()]
            text = json.dumps({**state, "lines": lines})
        self.answer(200, text)

    def do_POST(self):
        body = self.rfile.read(int(self.headers["Content-Length"]))
        if self.path == "/control":
            with changed:
                rules.update(json.loads(body))
                changed.notify_all()
            return self.answer(204)
        self.push(body)

    def push(self, body):
        with changed:
            state["pushes"] += 1
            state["at"].append(time.time())
            rule = dict(rules)
            if rule["after"] > 0 or rule["times"] == 0:
                rules["after"] = max(0, rules["after"] - 1)
                rule.update(status=0, hang=False, cut=False)
            elif rule["status"] or rule["hang"] or rule["cut"]:
                rules["times"] = max(-1, rules["times"] - 1)
        tenant = self.headers.get("X-Scope-OrgID", "")
        if rule["hang"]:
            with changed:
                changed.wait_for(lambda: not rules["hang"])
            self.close_connection = True
            return
        if rule["authorization"] and self.headers.get("Authorization") != rule["authorization"]:
            return self.end(401, "no credentials")
        if rule["tenant"] and not tenant:
            return self.end(401, "no org id")
        if rule["limit"] and len(body) > rule["limit"]:
            return self.end(413, "request body too large")
        if rule["status"]:
            headers = [("Retry-After", str(rule["retry_after"]))] if rule["retry_after"] else []
            return self.end(rule["status"], rule["body"], *headers)
        try:
            expect(self.path.endswith("/loki/api/v1/push"), f"path {self.path}")
            expect(self.headers["Content-Type"] == "application/json", "content type")
            expect(self.headers.get("Content-Encoding") in (None, "gzip"), "content encoding")
            expect(not tenant or TENANT.match(tenant), f"tenant {tenant!r}")
            text = gzip.decompress(body) if self.headers.get("Content-Encoding") == "gzip" else body
            expect(len(text) <= 8 << 20, "a body of some mebibytes")
            streams = read(text)
        except (Breach, ValueError, TypeError, KeyError, AttributeError) as breach:
            with changed:
                state["violations"].append(f"{type(breach).__name__}: {breach}")
            return self.end(500, f"breach: {breach}")
        with changed:
            said = keep(tenant, streams)
            state["bytes"] += len(body)
            if rule["hold"]:
                state["held"] += 1
                changed.wait_for(lambda: not rules["hold"])
        if rule["delay"]:
            time.sleep(rule["delay"])
        if rule["cut"]:
            self.close_connection = True
            return
        self.end(400 if said else 204, said or "")

    def end(self, status, text, *headers):
        try:
            self.answer(status, text, *headers)
        except OSError:
            return
        with changed:
            state["statuses"].append(status)
            state["answered"] += 1


class Server(ThreadingHTTPServer):
    daemon_threads = True
    request_queue_size = 64

    def handle_error(self, request, address):
        pass


server = Server(("127.0.0.1", 0), Handler)
if len(sys.argv) == 3:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(sys.argv[1], sys.argv[2])
    server.socket = context.wrap_socket(server.socket, server_side=True)
print(f"ready {server.server_address[1]}", flush=True)
server.serve_forever()

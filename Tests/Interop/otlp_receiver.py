#!/usr/bin/env python3
"""A receiver of OTLP/HTTP with JSON, for tests: reads each request with OpenTelemetry's own protobuf classes and keeps the
spans. What those classes do not accept is a breach, and so is an id that is not hexadecimal.

Usage: otlp_receiver.py

Prints `ready PORT`. `POST /control` takes a JSON object that is merged into what the receiver does:
    status        answer so instead of keeping spans (0: keep them), with `retry_after`
    times         so often, then well again (-1: until told otherwise)
    hang          answer nothing and keep nothing
    rejected      keep the spans, and say that so many were not taken
    authorization the header to demand
`GET /state` says what is kept and what came.
"""
import base64
import gzip
import json
import re
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

from google.protobuf import json_format
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest
from opentelemetry.proto.trace.v1.trace_pb2 import Span, Status

changed = threading.Condition()
rules = {"status": 0, "times": -1, "retry_after": None, "hang": False, "rejected": 0, "authorization": None}
state = {"spans": [], "requests": 0, "statuses": [], "violations": []}


class Breach(Exception):
    pass


def read(body):
    """The spans of a request, or a breach."""
    document = json.loads(body)
    # The one thing in which OTLP's JSON differs from that of protobuf: ids are hexadecimal, not base64.
    for resource in document["resourceSpans"]:
        for scope in resource["scopeSpans"]:
            for span in scope["spans"]:
                for name, digits in [("traceId", 32), ("spanId", 16), ("parentSpanId", 16)]:
                    if name not in span and name == "parentSpanId":
                        continue
                    if not re.fullmatch(f"[0-9a-f]{{{digits}}}", span[name]):
                        raise Breach(f"{name} {span[name]!r}")
                    span[name] = base64.b64encode(bytes.fromhex(span[name])).decode()
                for name in ["startTimeUnixNano", "endTimeUnixNano"]:
                    if not isinstance(span[name], str):
                        raise Breach(f"{name} is no text")
    request = json_format.ParseDict(document, ExportTraceServiceRequest())
    spans = []
    for resource in request.resource_spans:
        about = {pair.key: pair.value.string_value for pair in resource.resource.attributes}
        for scope in resource.scope_spans:
            for span in scope.spans:
                if not span.name or span.end_time_unix_nano < span.start_time_unix_nano:
                    raise Breach(f"span {span}")
                keys = [pair.key for pair in span.attributes]
                if len(set(keys)) != len(keys):
                    raise Breach(f"an attribute twice: {keys}")
                spans.append({
                    "trace": span.trace_id.hex(), "span": span.span_id.hex(), "parent": span.parent_span_id.hex(),
                    "state": span.trace_state, "flags": span.flags, "name": span.name, "kind": Span.SpanKind.Name(span.kind),
                    "start": span.start_time_unix_nano, "end": span.end_time_unix_nano,
                    "status": Status.StatusCode.Name(span.status.code), "message": span.status.message,
                    "attributes": {pair.key: text(pair.value) for pair in span.attributes},
                    "resource": about, "scope": scope.scope.name,
                })
    return spans


def text(value):
    """An attribute's value with its type."""
    kind = value.WhichOneof("value")
    return f"{kind.removesuffix('_value')} {getattr(value, kind)}"


class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def log_message(self, *_):
        pass

    def answer(self, status, document, *headers):
        body = json.dumps(document).encode()
        self.send_response(status)
        for name, value in headers:
            self.send_header(name, value)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def do_GET(self):
        with changed:
            copy = json.loads(json.dumps(state))
        self.answer(200, copy)

    def do_POST(self):
        body = self.rfile.read(int(self.headers["Content-Length"]))
        if self.path == "/control":
            with changed:
                rules.update(json.loads(body))
                changed.notify_all()
            return self.answer(200, {})
        with changed:
            state["requests"] += 1
            rule = dict(rules)
            if rule["times"] == 0:
                rule.update(status=0, hang=False)
            elif rule["status"] or rule["hang"]:
                rules["times"] = max(-1, rules["times"] - 1)
        if rule["hang"]:
            with changed:
                changed.wait_for(lambda: not rules["hang"])
            self.close_connection = True
            return
        if rule["authorization"] and self.headers.get("Authorization") != rule["authorization"]:
            return self.end(401, {})
        if rule["status"]:
            return self.end(rule["status"], {}, *([("Retry-After", str(rule["retry_after"]))] if rule["retry_after"] else []))
        try:
            if self.path != "/v1/traces" or self.headers["Content-Type"] != "application/json":
                raise Breach(f"{self.path} with {self.headers['Content-Type']}")
            encoding = self.headers.get("Content-Encoding", "identity")
            spans = read(gzip.decompress(body) if encoding == "gzip" else body)
        except (Breach, ValueError, KeyError, TypeError, json_format.ParseError) as breach:
            with changed:
                state["violations"].append(f"{type(breach).__name__}: {breach}")
            return self.end(400, {})
        with changed:
            state["spans"] += spans
        partial = {"partialSuccess": {"rejectedSpans": str(rule["rejected"]), "errorMessage": "told to"}}
        self.end(200, partial if rule["rejected"] else {})

    def end(self, status, document, *headers):
        with changed:
            state["statuses"].append(status)
        self.answer(status, document, *headers)


class Server(ThreadingHTTPServer):
    daemon_threads = True
    request_queue_size = 64

    def handle_error(self, request, address):
        pass


server = Server(("127.0.0.1", 0), Handler)
print(f"ready {server.server_address[1]}", flush=True)
server.serve_forever()

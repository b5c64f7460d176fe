-- The vendors' part of a trace context (W3C), beside `traceparent`.

ALTER TABLE job ADD COLUMN tracestate text;
ALTER TABLE schedule ADD COLUMN tracestate text;

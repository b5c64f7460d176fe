-- Logs: streams by their labels, lines in compressed chunks, and counts so that statistics read no lines.
-- docs/decisions/0007 has the measurements behind the chunks.

-- A set of labels that lines came with. Few rows, read by every query first.
CREATE TABLE log_stream (
    id         bigint      GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    tenant     text        NOT NULL,
    -- The hash of the labels as JSON, sorted by name: equal sets have equal hashes, and an index entry is short.
    hash       uuid        NOT NULL,
    -- Names and texts, `service_name` always among them.
    labels     jsonb       NOT NULL,
    created_at timestamptz NOT NULL DEFAULT now(),
    -- The last day on which lines arrived, written once a day. Streams without a line that is kept are deleted by it.
    seen       date        NOT NULL DEFAULT current_date,
    UNIQUE (tenant, hash)
) WITH (fillfactor = 85);
-- Answers labels @> '{"host": "web-1"}'.
CREATE INDEX log_stream_labels ON log_stream USING gin (labels jsonb_path_ops);

-- Lines of one stream that arrived in one transaction, up to some thousands, in the order of their times.
--
-- A row a line would cost four times the bytes (its header, its index entry, nothing to compress against). Arrays are
-- compressed by the database as one value, and SQL reads them. They are partitioned by the day of arrival, not by the
-- time of a line: a line may be a week old, and a partition that is dropped must take old lines with it, not refuse
-- them. So lines of the time T lie in the partitions from the day of T - 10 minutes to the day of T + 7 days.
CREATE SEQUENCE log_chunk_id;
CREATE TABLE log_chunk (
    day        date        NOT NULL DEFAULT current_date,
    -- Tells chunks apart. Not the order in which they became visible: a transaction that began earlier may end later.
    id         bigint      NOT NULL DEFAULT nextval('log_chunk_id'),
    -- Of `log_stream`, without a foreign key, which would lock the stream's row for each chunk. Who inserts a chunk
    -- looks the stream up in the same statement; a stream is deleted only when all of its chunks must have gone.
    stream     bigint      NOT NULL,
    -- Times of the first and the last line, in nanoseconds since 1970 UTC.
    first_at   bigint      NOT NULL,
    last_at    bigint      NOT NULL,
    -- When the transaction began, by this database's clock.
    arrived_at timestamptz NOT NULL DEFAULT now(),
    entries    integer     NOT NULL,
    -- Of the lines.
    bytes      integer     NOT NULL,
    -- The arrays have an element a line, in the order of `at`.
    at         bigint[]    COMPRESSION lz4 NOT NULL,
    -- t trace, d debug, i info, w warn, e error, f fatal, u unknown.
    level      "char"[]    COMPRESSION lz4 NOT NULL,
    lines      text[]      COMPRESSION lz4 NOT NULL,
    -- JSON objects of names and texts, NULL for a line without; NULL when no line of the chunk has any. As text: most
    -- are stored to be shown, and jsonb would be parsed for each line when it arrives.
    metadata   text[]      COMPRESSION lz4,
    CHECK (first_at <= last_at AND entries > 0)
) PARTITION BY RANGE (day);
-- A query knows its streams, a time from which on it wants lines, and one up to which: chunks that begin later are
-- passed over in the index, without a look at the table.
CREATE INDEX log_chunk_stream ON log_chunk (stream, last_at, first_at);
-- Following reads what arrived last, whichever stream it belongs to; rows lie in the order of arrival.
CREATE INDEX log_chunk_arrived ON log_chunk USING brin (arrived_at) WITH (pages_per_range = 16);

-- How much arrived, by the hour of arrival. Statistics and histograms add these up.
CREATE TABLE log_count (
    day     date     NOT NULL,
    stream  bigint   NOT NULL,
    -- As in `log_chunk`.
    level   "char"   NOT NULL,
    -- 0 to 23, UTC.
    hour    smallint NOT NULL,
    -- The writer's backend pid modulo 8: workers that count the same stream do not wait for one another's row.
    slot    smallint NOT NULL,
    entries bigint   NOT NULL,
    bytes   bigint   NOT NULL,
    PRIMARY KEY (day, stream, level, hour, slot)
) PARTITION BY RANGE (day);

-- There is no default partition: lines that found no partition would block making it later. Without one an insert
-- fails, and is tried again when the relay has made the day.
SELECT make_days('log_chunk', 14), make_days('log_count', 14);

import Contracts
import TestSupport
import Testing

@testable import IngestLogsWorker
@testable import Runtime

/// What the worker writes, on a real database.
@Suite(.servers) struct IngestLogsStoreTests {
    private func command(_ lines: [LogText], host: String = "web-1") -> IngestLogs {
        let now = Timestamp.now.microseconds * 1000
        return IngestLogs(
            records: lines.enumerated().map {
                LogRecord(LogEntry(time: now + Int64($0.offset), line: $0.element), host: host, service: "shop")
            })
    }

    @Test("Lines, severities, times and metadata come back as they were given")
    func roundTrip() throws {
        try LeaseDatabase.with(addresses: 0) { database in
            let connection = try database.connect()
            defer { connection.close() }
            var command = command(["an error: \"ç\"", "", "{\"level\":\"warn\"}"])
            command.records?[1].entry.metadata = LogMetadata(["trace_id": "x'y\""])
            let run = try connection.run(IngestLogsWorker(), [command])
            #expect(try run.completions().map(\.accepted) == [3])
            let rows = try connection.query(
                """
                SELECT c.lines, c.at, c.level, c.metadata[2]::jsonb->>'trace_id', c.metadata[1] IS NULL, c.entries,
                    c.bytes, s.labels->>'host', s.labels->>'service_name', c.first_at, c.last_at
                FROM log_chunk c JOIN log_stream s ON s.id = c.stream
                """)
            #expect(rows.count == 1)
            #expect(try rows.get(0, 0, as: [String].self) == ["an error: \"ç\"", "", "{\"level\":\"warn\"}"])
            let times = try #require(command.records).map(\.entry.time)
            #expect(try rows.get(0, 1, as: [Int64?].self) == times)
            #expect(try rows.get(0, 2, as: [LogSeverity].self) == [.error, .unknown, .warn])
            #expect(try rows.get(0, 3) == "x'y\"")
            #expect(try rows.get(0, 4))
            #expect(try rows.get(0, 5, as: Int.self) == 3)
            #expect(try rows.get(0, 6, as: Int.self) == 30)
            #expect(try rows.get(0, 7) == "web-1")
            #expect(try rows.get(0, 8) == "shop")
            #expect(try rows.get(0, 9) == times[0])
            #expect(try rows.get(0, 10) == times[2])
        }
    }

    @Test("Many messages of a batch are one chunk a stream, compressed by the database")
    func oneChunk() throws {
        try LeaseDatabase.with(addresses: 0) { database in
            let connection = try database.connect()
            defer { connection.close() }
            let commands = (0..<200).map { command([LogText("GET /cart/\($0) 200 upstream=10.0.0.7 agent=curl/7.88")]) }
            _ = try connection.run(IngestLogsWorker(), commands)
            let rows = try connection.query(
                """
                SELECT count(*), sum(entries)::bigint, min(pg_column_compression(lines)),
                    sum(pg_column_size(lines))::bigint, sum(bytes)::bigint
                FROM log_chunk
                """)
            #expect(try rows.get(0, 0, as: Int.self) == 1)
            #expect(try rows.get(0, 1, as: Int.self) == 200)
            #expect(try rows.get(0, 2) == "lz4")
            #expect(try rows.get(0, 3, as: Int.self) * 3 < rows.get(0, 4, as: Int.self))
        }
    }

    @Test("Counts add up over transactions, by severity")
    func counts() throws {
        try LeaseDatabase.with(addresses: 0) { database in
            let connection = try database.connect()
            defer { connection.close() }
            for _ in 1...3 { _ = try connection.run(IngestLogsWorker(), [command(["ERROR one", "fine", "fine"])]) }
            let rows = try connection.query(
                """
                SELECT level, entries, bytes, slot BETWEEN 0 AND 7, hour = extract(hour FROM now() AT TIME ZONE 'UTC')
                    OR hour = extract(hour FROM now() AT TIME ZONE 'UTC' - interval '1 minute')
                FROM log_count ORDER BY level
                """)
            #expect(try (0..<rows.count).map { try rows.get($0, 0, as: LogSeverity.self) } == [.error, .unknown])
            #expect(try (0..<rows.count).map { try rows.get($0, 1, as: Int.self) } == [3, 6])
            #expect(try (0..<rows.count).map { try rows.get($0, 2, as: Int.self) } == [27, 24])
            #expect(try rows.get(0, 3, as: Bool.self))
            #expect(try rows.get(0, 4, as: Bool.self))
            #expect(try database.value("SELECT count(*) FROM log_stream", as: Int.self) == 1)
        }
    }

    @Test("A stream that a rolled back transaction made is made again")
    func rollback() throws {
        try LeaseDatabase.with(addresses: 0) { database in
            let connection = try database.connect()
            defer { connection.close() }
            let worker = IngestLogsWorker()
            let job = Job(key: UniqueID.zero, id: "a", tenant: "t", attempt: 1, command: command(["lost"]))
            do {
                let tx = Transaction(base: connection.begin(), work: UnitOfWork(now: .now, keys: LeaseDatabase.keys))
                _ = try worker.handle([job], in: tx)
                #expect(try tx.query("SELECT count(*) FROM log_stream").get(0, 0, as: Int.self) == 1)
            }
            #expect(try database.value("SELECT count(*) FROM log_stream", as: Int.self) == 0)
            _ = try connection.run(worker, [command(["kept"])], tenant: "t")
            let lines: [String] = try database.value(
                "SELECT c.lines FROM log_chunk c JOIN log_stream s ON s.id = c.stream")
            #expect(lines == ["kept"])
        }
    }

    @Test("Days and hours are those of UTC, whatever zone a session has", arguments: farZones)
    func zones(zone: String) throws {
        try LeaseDatabase.with(addresses: 0) { database in
            let connection = try database.connect()
            defer { connection.close() }
            try connection.script(
                """
                SET timezone = '\(zone)';
                DO $$ BEGIN EXECUTE 'DROP TABLE log_chunk_' || to_char(utc_day(), 'YYYYMMDD'); END $$;
                DO $$ BEGIN EXECUTE 'DROP TABLE log_chunk_' || to_char(utc_day() + 14, 'YYYYMMDD'); END $$;
                SELECT make_days('log_chunk', 14), make_days('log_chunk', 14), drop_days('log_chunk', 1);
                """)
            _ = try connection.run(IngestLogsWorker(), [command(["a line"])])
            let rows = try connection.query(
                """
                SELECT c.day = (c.arrived_at AT TIME ZONE 'UTC')::date AND c.day = s.seen AND c.day = n.day
                    AND c.tableoid::regclass::text = 'log_chunk_' || to_char(c.day, 'YYYYMMDD'),
                    n.day + make_interval(hours => n.hour) = date_trunc('hour', c.arrived_at AT TIME ZONE 'UTC'),
                    (SELECT count(*) FROM pg_inherits WHERE inhparent = 'log_chunk'::regclass)
                FROM log_chunk c JOIN log_stream s ON s.id = c.stream JOIN log_count n ON n.stream = s.id
                """)
            #expect(rows.count == 1)
            #expect(try rows.get(0, 0, as: Bool.self))
            #expect(try rows.get(0, 1, as: Bool.self))
            #expect(try rows.get(0, 2, as: Int.self) == 16)
        }
    }

    /// Between these two midnight always lies.
    static let farZones = ["Pacific/Kiritimati", "Etc/GMT+12"]

    @Test("A stream that was seen on an earlier day is seen today, and written once")
    func seen() throws {
        try LeaseDatabase.with(addresses: 0) { database in
            let connection = try database.connect()
            defer { connection.close() }
            func state() throws -> (day: Bool, version: String) {
                let rows = try connection.query("SELECT seen = utc_day(), xmin::text FROM log_stream")
                return (try rows.get(0, 0), try rows.get(0, 1))
            }
            _ = try connection.run(IngestLogsWorker(), [command(["one"])])
            try connection.script("UPDATE log_stream SET seen = utc_day() - 1")
            _ = try connection.run(IngestLogsWorker(), [command(["two"])])
            let first = try state()
            _ = try connection.run(IngestLogsWorker(), [command(["three"])])
            #expect(first.day)
            #expect(try state().version == first.version)
            #expect(try database.value("SELECT count(DISTINCT stream) FROM log_chunk", as: Int.self) == 1)
        }
    }

    @Test("Without a partition nothing is stored, and nothing is lost in silence")
    func missingPartition() throws {
        try LeaseDatabase.with(addresses: 0) { database in
            let connection = try database.connect()
            defer { connection.close() }
            try connection.script(
                "DO $$ BEGIN EXECUTE 'DROP TABLE log_chunk_' || to_char(current_date, 'YYYYMMDD'); END $$")
            #expect(throws: Rejection.self) { try connection.run(IngestLogsWorker(), [command(["a"])]) }
            #expect(try database.value("SELECT count(*) FROM log_count", as: Int.self) == 0)
        }
    }

    @Test("Workers that meet on the same new streams neither wait for ever nor make one twice")
    func meeting() throws {
        try LeaseDatabase.with(addresses: 0) { database in
            let hosts = (0..<50).map { "host-\($0)" }
            let threads = (0..<4).map { worker in
                TestThread {
                    do {
                        let connection = try database.connect()
                        defer { connection.close() }
                        for round in 0..<10 {
                            // Each in an order of its own.
                            let commands = hosts.shuffled().map {
                                command([LogText("line \(worker) \(round)")], host: $0)
                            }
                            _ = try connection.run(IngestLogsWorker(), commands)
                        }
                    } catch {
                        Issue.record(error)
                    }
                }
            }
            for thread in threads { thread.join() }
            let streams: Int = try database.value("SELECT count(*) FROM log_stream")
            #expect(streams == 50)
            #expect(try database.value("SELECT sum(entries)::bigint FROM log_chunk", as: Int.self) == 2000)
            #expect(try database.value("SELECT sum(entries)::bigint FROM log_count", as: Int.self) == 2000)
        }
    }
}

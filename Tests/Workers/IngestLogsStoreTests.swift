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

    @Test("A stream is seen each day, and lines lie in the partition of the day on which they arrive")
    func midnight() throws {
        try LeaseDatabase.with(addresses: 0) { database in
            // Between these two zones midnight always lies; the later day's partition is made ahead.
            for zone in ["Etc/GMT+12", "Etc/GMT-14"] {
                let connection = try database.connect()
                defer { connection.close() }
                try connection.script("SET timezone = '\(zone)'")
                _ = try connection.run(IngestLogsWorker(), [command([LogText("in \(zone)")])])
            }
            #expect(try database.value("SELECT count(*) FROM log_stream", as: Int.self) == 1)
            #expect(try database.value("SELECT count(DISTINCT tableoid) FROM log_chunk", as: Int.self) == 2)
            #expect(try database.value("SELECT count(DISTINCT tableoid) FROM log_count", as: Int.self) == 2)
            #expect(try database.value("SELECT max(s.seen) = max(c.day) FROM log_stream s, log_chunk c", as: Bool.self))
            // The lines' own times tell nothing of it.
            #expect(try database.value("SELECT max(first_at) - min(first_at) < 60e9 FROM log_chunk", as: Bool.self))
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

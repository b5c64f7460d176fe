import Contracts
import Glibc
import Postgres

/// By what it shows that something was felt.
extension NemesisScene {
    /// How often all processes together have written `text`.
    package func count(of text: String) -> Int { processes.map { $0.count(of: text) }.reduce(0, +) }

    /// Waits until somebody who waits for the database does not go on waiting: a statement is cancelled, or a session
    /// given up, and either takes another connection.
    func awaitImpatience(since before: TCPProxy.Counts) throws {
        try eventually("somebody gives up waiting", within: 90) { database.counts.accepted > before.accepted }
    }

    /// Waits until a process has written a time that is so many seconds ahead of the machine's.
    ///
    /// It writes one when it connects to the database: its sessions are ended until it does.
    func awaitClock(of process: Supervised, ahead seconds: Int) throws {
        let lines = process.count(of: #""ts":"#)
        var looks = 0
        try eventually("\(process.executable) has a clock \(seconds) s ahead", within: 60) {
            // The library looks at its file once a second.
            if looks % 10 == 5, let id = process.id { try? endSessions(of: id) }
            looks += 1
            usleep(200_000)
            guard process.count(of: #""ts":"#) > lines, let said = process.lastTime else { return false }
            let ahead = (said.microseconds - Timestamp.now.microseconds) / 1_000_000
            return abs(ahead - Int64(seconds)) < 10
        }
    }

    private func endSessions(of process: Int32) throws {
        let connection = try cluster.database()
        defer { connection.close() }
        try connection.execute(
            """
            SELECT pg_terminate_backend(pid) FROM pg_stat_activity
            WHERE datname = current_database() AND application_name LIKE \("%/\(process)")
            """)
    }
}

extension Supervised {
    /// The time at the begin of the last line that was written, by the clock of who wrote it.
    fileprivate var lastTime: Timestamp? {
        output.split(separator: "\n").last { $0.hasPrefix("{") }?.firstMatch(of: /"ts":"([^"]+)"/)
            .flatMap { Timestamp(rfc3339: String($0.output.1)) }
    }
}

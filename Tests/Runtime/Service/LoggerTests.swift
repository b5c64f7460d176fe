import Foundation
import Testing

@testable import Runtime

@Suite("The log")
struct LoggerTests {
    private let collector = LineCollector()

    private func object(_ line: String) throws -> [String: Any] {
        try #require(JSONSerialization.jsonObject(with: Data(line.utf8)) as? [String: Any])
    }

    @Test("A line is one JSON object with the promised members")
    func members() throws {
        collector.logger(format: .json).warning(
            "broker away", [(.queue, .string("ruche.lease-ip")), (.count, .int(3))])
        let line = try #require(collector.lines.first)
        #expect(line.hasSuffix("}\n") && line.components(separatedBy: "\n").count == 2)
        let members = try object(line)
        #expect(members["level"] as? String == "warning" && members["msg"] as? String == "broker away")
        #expect(members["service"] as? String == "lease-ip" && members["version"] as? String == "1.2.3")
        #expect(members["pid"] as? Int == Int(ProcessInfo.processInfo.processIdentifier))
        #expect(members["amqp.queue"] as? String == "ruche.lease-ip" && members["count"] as? Int == 3)
        let time = try #require(members["ts"] as? String)
        #expect(time.wholeMatch(of: /\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z/) != nil, "\(time)")
    }

    @Test(
        "Whatever a value holds, the line stays one line of JSON",
        arguments: [
            "a\nb", "a\r\nb", "\u{0}\u{1F}\u{7F}", "quote \" backslash \\", "🐝 é", "\u{2028}", "",
        ])
    func hostileValues(value: String) throws {
        collector.logger(format: .json).info("m", [(.reason, .string(value))])
        let line = try #require(collector.lines.first)
        #expect(line.utf8.count { $0 == 0x0A } == 1)
        #expect(try object(line)["reason"] as? String == value)
    }

    @Test("A number that JSON cannot write is null, and the line still reads")
    func numbers() throws {
        collector.logger(format: .json).info("m", [(.seconds, .double(.nan)), (.count, .double(.infinity))])
        #expect(try object(collector.lines[0])["seconds"] is NSNull)
    }

    @Test("A very long value is cut, at a character, and says so")
    func longValues() throws {
        collector.logger(format: .json).info("m", [(.reason, .string(String(repeating: "é", count: 100_000)))])
        let value = try #require(try object(collector.lines[0])["reason"] as? String)
        #expect(value.utf8.count <= Logger.longestValue + 3 && value.hasSuffix("é…"))
    }

    @Test("Levels below the logger's are not written, and their metadata is not even made")
    func levels() {
        var made = 0
        func metadata() -> [(LogKey, LogValue)] {
            made += 1
            return []
        }
        let logger = collector.logger(level: .warning, format: .json)
        logger.trace("m", metadata())
        logger.debug("m", metadata())
        logger.info("m", metadata())
        #expect(collector.lines.isEmpty && made == 0)
        logger.warning("m", metadata())
        logger.error("m", metadata())
        #expect(collector.lines.count == 2 && made == 2)
    }

    @Test(
        "Text for a terminal quotes what would be read wrongly",
        arguments: [
            ("plain", "plain"), ("two words", "\"two words\""), ("", "\"\""), ("a=b", "\"a=b\""),
            ("a\"b", "\"a\\\"b\""),
            ("a\nb", "\"a\\nb\""), ("\u{1B}[31m", "\"\\u{1B}[31m\""), ("é", "é"),
        ])
    func text(value: String, shown: String) {
        collector.logger(format: .text).info("done", [(.reason, .string(value)), (.count, .int(2))])
        #expect(collector.lines.first?.hasSuffix(" info lease-ip: done reason=\(shown) count=2\n") == true)
    }

    @Test("A line is written whole, however little the pipe takes at once")
    func wholeLines() throws {
        var ends: [Int32] = [-1, -1]
        try #require(unsafe pipe(&ends) == 0)
        let (reading, writing) = (ends[0], ends[1])
        // As a supervisor's pipe may be: small, and not blocking.
        _ = fcntl(writing, F_SETFL, O_NONBLOCK)
        let line = [UInt8](repeating: 0x61, count: 1_000_000)
        let thread = Thread.start(name: "writer") {
            LineSink(descriptor: writing).write(line)
            close(writing)
        }
        var received = 0
        var buffer = [UInt8](repeating: 0, count: 65_536)
        while true {
            let count = unsafe buffer.withUnsafeMutableBytes { unsafe read(reading, $0.baseAddress, $0.count) }
            if count <= 0 { break }
            received += count
        }
        thread.join()
        close(reading)
        #expect(received == line.count)
    }
}

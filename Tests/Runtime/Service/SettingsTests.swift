import Foundation
import Testing

@testable import Runtime

@Suite struct SettingsTests {
    @Test func aSecretMayLieInAFileAndIsNeverShown() throws {
        let file = NSTemporaryDirectory() + "/ruche-setting-\(UUID().uuidString)"
        try "geheim\n".write(toFile: file, atomically: true, encoding: .utf8)
        defer { try? FileManager.default.removeItem(atPath: file) }
        var settings = Settings(["AMQP_PASSWORD_FILE": file])
        #expect(settings.text("AMQP_PASSWORD", secret: true) == "geheim")
        #expect(settings.entries.map(\.shown) == ["***"])
        #expect(settings.entries.map(\.origin) == [.file])
        try settings.check()
    }

    @Test func bothFormsOfASettingAreAnError() {
        var settings = Settings(["X": "1", "X_FILE": "/dev/null"])
        _ = settings.text("X")
        #expect(throws: SettingsError.self) { try settings.check() }
    }

    @Test func everyProblemIsReportedAtOnce() {
        var settings = Settings(["PORT": "abc", "GRACE": "soon", "Y_FILE": "/no/such/file"])
        _ = settings.integer("PORT", in: 0...65_535, default: 0)
        _ = settings.duration("GRACE", default: .seconds(1))
        _ = settings.text("Y")
        _ = settings.required("Z")
        let error = #expect(throws: SettingsError.self) { try settings.check() }
        #expect(error?.problems.count == 4)
    }

    @Test func anEmptyValueCountsAsNotSet() throws {
        var settings = Settings(["PREFETCH": ""])
        #expect(settings.integer("PREFETCH", in: 1...10, default: 7) == 7)
        try settings.check()
    }

    @Test(arguments: [(1, 1.0), (2, 2.0), (3, 4.0), (10, 60.0), (1000, 60.0)])
    func backOffDoublesUpToItsCap(attempt: Int, ceiling: Double) {
        let policy = RetryPolicy(attempts: 5, base: .seconds(1), cap: .seconds(60))
        #expect(policy.ceiling(after: attempt).seconds == ceiling)
        #expect(policy.delay(after: attempt, random: 0) == .zero)
        #expect(policy.delay(after: attempt, random: 0.5).seconds == ceiling / 2)
    }
}

@Suite struct MetricsTests {
    @Test func aScrapeIsPrometheusText() {
        let metrics = Metrics()
        let counter = metrics.register(.counter, "ruche_jobs_total", "Jobs.", labels: ["command"])
        let histogram = metrics.register(.histogram, "ruche_wait_seconds", "Wait.", buckets: [0.1, 1])
        metrics.add(3, to: counter, ["a\"b"])
        metrics.observe(0.05, in: histogram, count: 2)
        metrics.observe(5, in: histogram)
        let text = metrics.render()
        #expect(
            text.hasPrefix(
                """
                # HELP ruche_jobs_total Jobs.
                # TYPE ruche_jobs_total counter
                ruche_jobs_total{command="a\\"b"} 3
                # HELP ruche_wait_seconds Wait.
                # TYPE ruche_wait_seconds histogram
                ruche_wait_seconds_bucket{le="0.1"} 2
                ruche_wait_seconds_bucket{le="1"} 2
                ruche_wait_seconds_bucket{le="+Inf"} 3
                ruche_wait_seconds_sum 5.1
                ruche_wait_seconds_count 3

                """))
        for name in ["process_cpu_seconds_total", "process_resident_memory_bytes", "process_open_fds"] {
            #expect(text.contains("\n\(name) "))
        }
    }

    @Test func aLogLineIsOneJSONObject() throws {
        let lines = Lines()
        let log = Logger(service: "test", version: "1", level: .info, format: .json) { lines.append($0) }
        log.debug("not wanted")
        log.warning("a line", [(.jobID, .string("x\ny")), (.count, .int(3))])
        let line = try #require(lines.all.first)
        #expect(lines.all.count == 1)
        let object = try #require(try JSONSerialization.jsonObject(with: Data(line)) as? [String: Any])
        #expect(object["msg"] as? String == "a line")
        #expect(object["level"] as? String == "warning")
        #expect(object["job.id"] as? String == "x\ny")
        #expect(object["count"] as? Int == 3)
        #expect(line.filter { $0 == 0x0A }.count == 1)
    }
}

/// Collects what a logger writes.
private final class Lines: @unchecked Sendable {
    // Used from one thread.
    private(set) var all: [[UInt8]] = []
    func append(_ line: [UInt8]) { all.append(line) }
}

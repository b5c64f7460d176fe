import Contracts
import Runtime
import TestSupport
import Testing

@testable import CLI

/// Numbers and times at the ends of what can be said: refused or taken, and never the end of the process.
@Suite struct CLIExtremesTests {
    private static let numbers = [
        "0", "-1", "1000001", "9223372036854775807", "9223372036854775808", "-9223372036854775808", "1e9", "", "٣",
    ]
    private static let durations = ["36500d", "3153600000000ms", "36501d", "9223372036854775807d", "0s", "-1s", ""]
    private static let times =
        durations + [
            "9999-12-31", "2263-01-01", "2262-04-11T23:47:16.854775807Z", "1969-12-31", "0000-01-01",
            "0000-01-01T00:00:00+23:59", "9999-12-31T23:59:60-23:59",
        ]

    /// What is tried as the value of an option, by the word that its help has for it.
    private static func values(of option: Option) -> [String] {
        switch option.value {
        case "N", "N/s", "N|P%": numbers
        case "DURATION": durations
        case "WHEN" where option.name != "color": times
        default: []
        }
    }

    /// A command line of the verb that ends by itself: nothing is followed, and a file is empty.
    private static func words(_ verb: Verb, _ option: Option, _ value: String) -> [String] {
        func takes(_ name: String) -> Bool { verb.accepted.contains { $0.name == name } }
        var words = verb.path + ["--\(option.name)=\(value)"]
        words += verb.arguments.filter { !$0.hasPrefix("[") }.map { _ in "/dev/null" }
        if verb.name == "enqueue" { words += ["lease-ip", "--set", "holder=a"] }
        if verb.arguments.contains(where: { $0.contains("FILTER") }) { words.append("state:dead") }
        if takes("clean") { words.append("--clean") }
        return words + (takes("dry-run") ? ["--dry-run"] : []) + (takes("reason") ? ["--reason", "test"] : [])
    }

    @Test(.servers) func noValueEndsTheProcess() throws {
        var tried = 0
        try withCluster { cluster in
            for verb in Verb.all {
                for option in verb.accepted {
                    for value in Self.values(of: option) {
                        let words = Self.words(verb, option, value)
                        let done = try cluster.run("ruche", words)
                        let isSaid = [0, 2, 3, 6].contains(done.status)
                        #expect(isSaid, "\(words): \(done.status) \(done.errors)")
                        tried += 1
                    }
                }
            }
        }
        #expect(tried > 200)
    }

    @Test(arguments: [
        ("9999-12-31", "2262-04-11T23:47:16.854Z"), ("2263-01-01", "2262-04-11T23:47:16.854Z"),
        ("1969-12-31", "1970-01-01T00:00:00.000Z"), ("0000-01-01", "1970-01-01T00:00:00.000Z"),
        ("36500d", "1970-01-01T00:00:00.000Z"), ("2262-04-10", "2262-04-10T00:00:00.000Z"),
    ])
    func timesLieWhereNanosecondsCanBeCounted(text: String, bounded: String) throws {
        let time = try #require(Timestamp(said: text, now: CLILogsParsingTests.now))
        #expect(time.rfc3339 == bounded)
        #expect(time.nanoseconds == time.microseconds * 1000)
        #expect(Timestamp(microseconds: .max).nanoseconds == Int64.max / 1000 * 1000)
        #expect(Timestamp(microseconds: .min).nanoseconds == 0)
    }

    @Test(arguments: numbers + ["1", "1000000"]) func aCountIsFromOneToAMillion(text: String) throws {
        let parsed = try Invocation(CLIParsingTests.verb, ["a", "--count=\(text)"])
        if ["1", "1000000"].contains(text) {
            #expect(try parsed.count("count", default: 5) == Int(text))
        } else {
            let failure = #expect(throws: Failure.self) { try parsed.count("count", default: 5) }
            #expect(failure?.code == .usage)
        }
    }

    @Test(arguments: ["9223372036854775807", "-1", "-9223372036854775808", "9223372036854776"])
    func aPlaceInAListIsATimeThatCanBe(microseconds: String) {
        #expect(JobCursor("\(microseconds)_\(UniqueID.zero)") == nil)
    }

    @Test(.servers) func aFollowerTakesAnyTime() throws {
        try withCluster { cluster in
            for since in ["9999-12-31", "2263-01-01", "0000-01-01"] {
                let follower = try cluster.launch("ruche", arguments: ["logs", "-f", "--since", since])
                try follower.waitForLine(containing: "following lines")
                #expect(follower.isRunning)
                follower.terminate()
            }
        }
    }

    @Test(
        arguments: [
            ("id", ""), ("id", String(repeating: "x", count: 256)), ("id", String(repeating: "é", count: 128)),
            ("id", "a\nb"), ("correlation", ""), ("correlation", String(repeating: "x", count: 256)), ("tenant", ""),
            ("tenant", String(repeating: "x", count: 129)),
        ])
    func whatNoMessageCanCarryIsAUsageError(option: String, value: String) throws {
        let words = ["lease-ip", "--set", "holder=a", "--\(option)", value, "--dry-run"]
        let failure = #expect(throws: Failure.self) { try Verb.enqueue.run(Invocation(.enqueue, words)) }
        #expect(failure?.code == .usage)
        guard option != "correlation" else { return }
        let file = #expect(throws: Failure.self) {
            try Verb.importFile.run(Invocation(.importFile, ["list.csv", "--\(option)", value]))
        }
        #expect(file?.code == .usage)
    }

    @Test func aLongIDIsTaken() throws {
        let id = String(repeating: "x", count: 255)
        #expect(try Invocation(.enqueue, ["lease-ip", "--id", id]).messageID() == id)
        #expect(try UniqueID(Invocation(.enqueue, ["lease-ip"]).messageID()) != nil)
    }

    @Test func aNounAloneIsToldWhatThereIs() {
        let failure = #expect(throws: Failure.self) { try Verb.find(["jobs"]) }
        #expect(failure?.lines.last == "see: ruche help jobs")
        #expect(failure?.lines.first?.contains("list, show") == true)
        #expect(Help.page(for: ["help", "jobs"])?.contains("jobs retry") == true)
    }

    @Test func aCountIsReadBeforeAnythingIsFollowed() throws {
        let failure = #expect(throws: Failure.self) {
            try Verb.eventsTail.run(Invocation(.eventsTail, ["--count", "0"]))
        }
        #expect(failure?.lines == ["--count takes a number from 1 to 1000000"])
    }
}

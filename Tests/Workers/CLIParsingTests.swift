import Contracts
import Testing

@testable import CLI

@Suite struct CLIParsingTests {
    static let verb = Verb(
        path: ["test"], summary: "", arguments: ["ID"],
        options: [
            .value("output", "FORMAT", "", short: "o"), .flag("wait", ""), .value("set", "F=V", "", repeats: true),
            .value("timeout", "DURATION", ""), .value("count", "N", ""),
        ]
    ) { _ in }

    @Test func optionsStandAnywhereAndTakeTheirValueEitherWay() throws {
        let parsed = try Invocation(Self.verb, ["--set", "a=1", "job-1", "--set=b=2", "-o", "json", "--wait"])
        #expect(parsed.arguments == ["job-1"])
        #expect(parsed.all("set") == ["a=1", "b=2"])
        #expect(parsed.value("output") == "json")
        #expect(parsed.has("wait"))
    }

    @Test func twoDashesEndTheOptions() throws {
        #expect(try Invocation(Self.verb, ["--", "--wait"]).arguments == ["--wait"])
        #expect(try Invocation(Self.verb, ["-"]).arguments == ["-"])
    }

    @Test(arguments: [
        [], ["a", "b"], ["a", "--unknown"], ["a", "--output"], ["a", "--wait=yes"], ["a", "-o", "json", "-o", "table"],
    ])
    func aWrongLineIsAUsageError(words: [String]) {
        let failure = #expect(throws: Failure.self) { try Invocation(Self.verb, words) }
        #expect(failure?.code == .usage)
    }

    @Test func aMistypedOptionIsSuggested() {
        let failure = #expect(throws: Failure.self) { try Invocation(Self.verb, ["a", "--timeuot", "3s"]) }
        #expect(failure?.lines.last == "did you mean --timeout?")
    }

    @Test func aMistypedCommandIsSuggested() {
        let failure = #expect(throws: Failure.self) { try Verb.find(["jobs", "lsit"]) }
        #expect(failure?.lines.last == "did you mean `ruche jobs list`?")
    }

    @Test func theLongestVerbWins() throws {
        #expect(try Verb.find(["queues", "pause", "lease-ip"]).name == "queues pause")
        #expect(try Verb.find(["queues"]).name == "queues")
    }

    @Test(arguments: [("250ms", 250), ("30s", 30_000), ("5m", 300_000), ("2h", 7_200_000), ("1d", 86_400_000)])
    func durationsAreRead(text: String, milliseconds: Int64) throws {
        let parsed = try Invocation(Self.verb, ["a", "--timeout", text])
        #expect(try parsed.duration("timeout") == .milliseconds(milliseconds))
    }

    @Test(arguments: ["30", "s", "-1s", "1.5s", "1 s", "9223372036854775807d"])
    func whatIsNoDurationIsRefused(text: String) throws {
        let parsed = try Invocation(Self.verb, ["a", "--timeout", text])
        #expect(throws: Failure.self) { try parsed.duration("timeout") }
    }

    @Test func everyVerbHasASummaryAnExampleAndAPage() {
        for verb in Verb.all {
            #expect(!verb.summary.isEmpty, "\(verb.name)")
            #expect(!verb.examples.isEmpty, "\(verb.name)")
            #expect(Help.page(for: ["help"] + verb.path)?.contains(verb.usage) == true, "\(verb.name)")
        }
        #expect(Set(Verb.all.map(\.name)).count == Verb.all.count)
    }

    @Test func exitCodesAreDocumented() {
        let page = Help.page(for: ["help", "exit-codes"]) ?? ""
        for code in ExitCode.allCases { #expect(page.contains("\(code.rawValue)\t")) }
    }
}

@Suite struct AssignmentTests {
    func payload(_ settings: String...) throws -> LeaseIP {
        let assignments = try settings.map { try Assignment($0, for: LeaseIP.self) }
        return try LeaseIP(json: try Assignment.apply(assignments, to: Array("{}".utf8), of: LeaseIP.self))
    }

    @Test func valuesAreTypedByTheFieldTable() throws {
        let command = try payload("holder=42", "ttlSeconds=600", "minCores=8")
        #expect(command.holder == "42")
        #expect(command.ttlSeconds == 600)
        #expect(command.minCores == 8)
    }

    @Test func aWrongFieldIsNamedWithASuggestion() throws {
        let assignment = try Assignment("ttlSecond=600", for: LeaseIP.self)
        let fault = #expect(throws: Fault.self) {
            try Assignment.apply([assignment], to: Array(#"{"holder":"a"}"#.utf8), of: LeaseIP.self)
        }
        #expect(fault?.code == .unknownField)
        #expect(fault?.message.contains("ttlSeconds") == true)
    }

    @Test func aPathReachesInside() throws {
        var tree = try JSONTree(parsing: Array(#"{"a":{"b":1},"c":[1,2.50]}"#.utf8))
        tree.set(["a", "d"][...], to: try JSONTree(parsing: Array("true".utf8)))
        var writer = JSONWriter()
        tree.write(to: &writer)
        #expect(String(decoding: writer.bytes, as: UTF8.self) == #"{"a":{"b":1,"d":true},"c":[1,2.50]}"#)
    }

    @Test(arguments: ["holder", "=x", "", ".=x", "a..b=x", "a.=x"])
    func anAssignmentNeedsANameAndAValue(text: String) {
        #expect(throws: Failure.self) { try Assignment(text, for: LeaseIP.self) }
    }
}

import Contracts
import Postgres
import Runtime
import TestSupport
import Testing

@testable import CLI

/// The filter language: what is read, what is asked of the database, what is refused and what is suggested.
@Suite struct CLIFilterTests {
    typealias Pattern = FilterTerm.Pattern
    static let now = Timestamp(rfc3339: "2026-11-21T08:00:00Z")!

    struct Reading: Sendable, CustomTestStringConvertible {
        let text: String
        let question: FilterTerm.Question
        var isNegated = false
        var testDescription: String { text }
    }

    @Test(arguments: [
        Reading(text: "state:dead,failed", question: .state([.dead, .failed])),
        Reading(text: "command:lease-ip", question: .command([Pattern("lease-ip")])),
        Reading(text: "-tenant:acme", question: .tenant([Pattern("acme")]), isNegated: true),
        Reading(text: "error:no-free-*", question: .error([Pattern("no-free-", isPrefix: true)])),
        Reading(text: #"error:"no-free-*""#, question: .error([Pattern("no-free-*")])),
        Reading(text: #"id:"a, b:c",d"#, question: .id([Pattern("a, b:c"), Pattern("d")])),
        Reading(text: #"id:"say \"yes\"""#, question: .id([Pattern(#"say "yes""#)])),
        Reading(text: #"error:"""#, question: .error([Pattern("")])),
        Reading(text: "correlation:c-1", question: .correlation([Pattern("c-1")])),
        Reading(text: "worker:lease-ip@*", question: .worker([Pattern("lease-ip@", isPrefix: true)])),
        Reading(text: "attempts:3", question: .attempts(.equal, 3)),
        Reading(text: "attempts:>3", question: .attempts(.above, 3)),
        Reading(text: "attempts:>=3", question: .attempts(.atLeast, 3)),
        Reading(text: "attempts:<3", question: .attempts(.below, 3)),
        Reading(text: "-attempts:<=3", question: .attempts(.atMost, 3), isNegated: true),
        Reading(text: "since:2h", question: .since(now - .seconds(7200))),
        Reading(text: "until:2026-11-20", question: .until(Timestamp(rfc3339: "2026-11-20T00:00:00Z")!)),
        Reading(
            text: "until:2026-11-20T10:00:00+02:00", question: .until(Timestamp(rfc3339: "2026-11-20T08:00:00Z")!)),
        Reading(text: "handled:yes", question: .handled(true)),
        Reading(text: "payload.a.b:v", question: .payload(["a", "b"], [Pattern("v")])),
        Reading(text: "order-17", question: .text("order-17")),
        Reading(text: "12:30", question: .text("12:30")),
        Reading(text: "-text:no-free", question: .text("no-free"), isNegated: true),
        Reading(text: #""state:dead""#, question: .text("state:dead")),
        Reading(text: "-order", question: .text("order"), isNegated: true),
    ])
    func aTermIsRead(example: Reading) throws {
        let filter = try Filter([example.text], now: Self.now)
        #expect(filter.terms == [FilterTerm(question: example.question, isNegated: example.isNegated)])
    }

    @Test func aWordMayHoldSeveralTerms() throws {
        let one = try Filter([#"state:dead  error:"a b" -command:x"#], now: Self.now)
        let many = try Filter(["state:dead", #"error:"a b""#, "-command:x"], now: Self.now)
        #expect(one == many)
        #expect(one.terms.count == 3)
    }

    @Test(arguments: [
        ("stat:dead", "did you mean state:?"), ("comand:x", "did you mean command:?"),
        ("payload:x", "did you mean payload.FIELD:?"), ("state:daed", "did you mean state:dead?"),
        ("state:", "state: takes one of"), ("command:", "needs a value"), ("attempts:many", "takes a number"),
        ("attempts:", "takes one value"), ("since:1h,2h", "takes one value"), ("since:yesterday", "takes a duration"),
        ("handled:maybe", "takes yes or no"), ("payload..a:v", "names no field"), (#"id:"a"#, "without a closing one"),
        ("order:17", "is written id:ID"),
    ])
    func whatIsWrongIsRefusedWithAdvice(text: String, advice: String) {
        let failure = #expect(throws: Failure.self) { try Filter([text], now: Self.now) }
        #expect(failure?.code == .usage)
        #expect(failure?.lines.contains { $0.contains(advice) } ?? false, "\(failure?.lines ?? [])")
    }

    @Test(arguments: [
        ("state:dead", true), ("-state:dead", true), ("order-17", false), ("-order", false), ("12:30", false),
        (#""a:b""#, false), ("stat:x", true),
    ])
    func aFieldIsToldFromAnID(word: String, isField: Bool) {
        #expect(FilterWord.namesField(word) == isField)
    }

    @Test(arguments: [
        ("state:dead", true), ("payload.a:b", true), ("payload:x", true), ("-state:dead", true), ("-stat:x", true),
        ("order:17", false), ("comand:x", false), ("order-17", false), ("12:30", false),
        ("urn:uuid:x state:dead", true),
        (#"a"b"#, false),
    ])
    func anIDMayHaveAColonBehindALetter(word: String, isTerm: Bool) {
        #expect(FilterWord.isTerm(word) == isTerm)
    }

    @Test(
        arguments: [
            ("id:order:17", "order:17"), (#"id:"state:dead""#, "state:dead"), (#"id:"a*""#, "a*"), ("id:a*", nil),
            ("id:a,b", nil), ("-id:a", nil), ("id:", nil), ("id:a id:b", nil), ("order:17", nil),
        ] as [(String, String?)])
    func aLoneTermNamesAnID(word: String, id: String?) {
        #expect(FilterWord.id(word) == id)
    }

    @Test(arguments: [
        "lease-ip@host/1", "ruche@a b/1", #"a"b\c"#, "a,b*", "é", "x*", "", "\"\u{301}", "\\\u{200D}\" b",
    ])
    func aTermIsReadBack(value: String) throws {
        let read = try Filter([FilterWord.term("worker", value)], now: Self.now)
        #expect(read.terms == [FilterTerm(question: .worker([Pattern(value)]))])
    }

    @Test(arguments: [
        (["jobs", "worker:ruche@ada/0a1b"], "jobs worker:ruche@ada/0a1b"), (["a b", "", "*"], "'a b' '' '*'"),
        (["it's", "$(x)", "é"], #"'it'\''s' '$(x)' 'é'"#),
    ])
    func aLineIsQuotedForAShell(words: [String], line: String) {
        #expect(ShellLine.joined(words) == line)
    }

    /// What an accent follows is another character to Swift, and the same byte to a shell.
    @Test(arguments: ["'\u{301}; echo caught; '\u{301}", "'\u{200D}$(echo caught)", "a'\u{FE0F}b", "\u{600}'", "\r\n'"])
    func noTextGetsOutOfItsQuotes(text: String) throws {
        let run = try FinishedProcess(
            path: "/bin/sh", arguments: ["-c", "printf '%s\\0' " + ShellLine.joined([text, "next"])], environment: [:])
        #expect(Array(run.output.utf8) == Array("\(text)\0next\0".utf8))
        let cell = Array(Cell.text("\"\(text)").csv.utf8)
        #expect(cell == Array("\"\"\"\(text)\"".utf8))
    }

    @Test func aNegatedTermIsNoOption() throws {
        let parsed = try Invocation(.jobsList, ["-state:succeeded", "--limit", "3", "-o", "json"])
        #expect(parsed.arguments == ["-state:succeeded"])
        #expect(parsed.value("limit") == "3")
        #expect(throws: Failure.self) { try Invocation(.jobsShow, ["-state:succeeded"]) }
        #expect(try Invocation(.jobsList, ["state:dead", "error:x", "-text:y"]).arguments.count == 3)
        #expect(try Invocation(.jobsCancel, ["job-1", "job-2"]).arguments.count == 2)
    }

    struct Compiled: Sendable, CustomTestStringConvertible {
        let text: String
        let sql: String
        var testDescription: String { text }
    }

    @Test(arguments: [
        Compiled(text: "state:dead", sql: #" AND (j.state = ANY($1::"char"[])) AND j.state <> 's'"#),
        Compiled(text: "state:dead,succeeded", sql: #" AND (j.state = ANY($1::"char"[]))"#),
        Compiled(text: "-state:succeeded", sql: #" AND NOT coalesce((j.state = ANY($1::"char"[])), false)"#),
        Compiled(text: "error:a,b*", sql: " AND (j.reason = ANY($1) OR starts_with(j.reason, $2))"),
        Compiled(text: "id:x", sql: " AND (j.id = ANY($1) OR j.key = ANY($2))"),
        Compiled(text: "attempts:>=2 tenant:t", sql: " AND (j.attempt >= $1) AND (j.tenant = ANY($2))"),
        Compiled(text: "since:1h", sql: " AND (j.day >= ($1)::date - 1 AND j.admitted_at >= $2)"),
        Compiled(text: "-handled:yes", sql: " AND NOT coalesce((j.handled_at IS NOT NULL), false)"),
        Compiled(text: "payload.a:b", sql: ""),
        Compiled(
            text: "'; DROP",
            sql: " AND (position($1 IN j.id) > 0 OR position($2 IN coalesce(j.reason, '')) > 0 OR position($3 IN"
                + " coalesce(j.correlation_id, '')) > 0) AND (position($4 IN j.id) > 0 OR position($5 IN"
                + " coalesce(j.reason, '')) > 0 OR position($6 IN coalesce(j.correlation_id, '')) > 0)"),
    ])
    func valuesAreParametersOnly(example: Compiled) throws {
        var sql = SQL.StringInterpolation(literalCapacity: 0, interpolationCount: 0)
        try Filter([example.text], now: Self.now).append(to: &sql)
        #expect(SQL(stringInterpolation: sql).text == example.sql)
    }

    @Test(arguments: [
        ("payload.holder:acme", true), ("payload.holder:ac*", true), ("payload.holder:other,acme", true),
        ("payload.holder:other", false), ("-payload.holder:other", true), ("payload.deep.er:1.50", true),
        ("payload.deep.flag:true", true), ("payload.none:null", true), ("payload.deep:x", false),
        ("payload.list:1", false), ("payload.absent:x", false), ("-payload.absent:x", true),
        (#"payload.text:"a \"b\" é""#, true), ("payload.holder:acme payload.deep.er:2", false),
    ])
    func payloadsAreMatchedOnceOpened(text: String, matches: Bool) throws {
        let payload =
            #"{"holder":"acme","deep":{"er":1.50,"flag":true},"none":null,"list":[1],"text":"a \"b\" \u00e9"}"#
        let filter = try Filter([text], now: Self.now)
        #expect(filter.matches(payload: Array(payload.utf8)) == matches)
    }

    @Test func aJobWithoutAPayloadHasNoFields() throws {
        #expect(try !Filter(["payload.a:b"], now: Self.now).matches(payload: nil))
        #expect(try Filter(["-payload.a:b"], now: Self.now).matches(payload: nil))
    }

    @Test func everyFieldIsOnTheHelpPage() {
        let page = Help.page(for: ["help", "filters"]) ?? ""
        for field in FilterField.allCases { #expect(page.contains("\n  \(field.rawValue):")) }
    }

    @Test func aPlaceInAListIsReadBack() throws {
        let text = "1763712000000001_00000000-0000-0000-0000-00000000002a"
        let cursor = try #require(JobCursor(text))
        #expect(cursor.description == text)
        #expect(cursor.admittedAt.microseconds == 1_763_712_000_000_001)
        #expect(JobCursor("yesterday") == nil)
    }
}

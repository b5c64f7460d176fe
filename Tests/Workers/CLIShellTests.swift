import Contracts
import Testing

@testable import CLI

@Suite struct CLIShellTests {
    @Test(arguments: [
        ("", 0), ("server", 6), ("café", 4), ("e\u{301}", 1), ("蜂の巣", 6), ("🐝", 2), ("👩‍👩‍👧‍👦", 2), ("🇫🇷", 2), ("✔", 1),
        ("✔\u{FE0F}", 2), ("a\u{200B}b", 2), ("ｗｉｄｅ", 8), ("한글", 4), ("€", 1),
    ])
    func widthsAreThoseOfATerminal(text: String, width: Int) {
        #expect(TextWidth.of(text) == width)
    }

    @Test(arguments: [
        ("server", 6, "server"), ("server", 5, "serv…"), ("蜂の巣", 6, "蜂の巣"), ("蜂の巣", 5, "蜂の…"), ("蜂の巣", 4, "蜂…"),
        ("abc", 1, "…"),
    ])
    func whatIsTooLongEndsInAnEllipsis(text: String, width: Int, shown: String) {
        #expect(TextWidth.fitted(text, to: width) == shown)
        #expect(TextWidth.of(TextWidth.fitted(text, to: width)) <= width)
    }

    @Test(arguments: [
        ("plain €", "plain €"), ("a\nb\tc\r", "a\\nb\\tc\\r"), ("\u{1B}[2J", "\\u{1b}[2J"), ("\u{9B}31m", "\\u{9b}31m"),
        ("a\u{202E}b", "a\\u{202e}b"), ("\u{7F}", "\\u{7f}"),
    ])
    func whatATerminalWouldObeyIsShown(text: String, shown: String) {
        #expect(TextWidth.harmless(text) == shown)
    }

    @Test(
        arguments: [
            ([5, 40, 10], nil, [5, 40, 10]), ([5, 40, 10], 59, [5, 40, 10]), ([5, 40, 10], 58, [5, 39, 10]),
            ([5, 40, 10], 29, [5, 10, 10]), ([5, 40, 10], 27, [5, 9, 9]), ([5, 40, 10], 10, [3, 3, 3]),
            ([1, 50], 20, [1, 17]),
        ] as [([Int], Int?, [Int])])
    func theWidestColumnGivesWay(natural: [Int], limit: Int?, widths: [Int]) {
        #expect(TableLayout.fitted(natural, within: limit) == widths)
    }

    @Test func noLineIsWiderThanTheTerminal() {
        let rows = [["name", "説明", "n"], ["sixteen letters!", "長い説明がここに入ります", "12345"], ["b", "c", "7"]]
        for limit in 4...60 {
            let layout = TableLayout(rows, [.left, .left, .right], within: limit)
            for row in rows { #expect(TextWidth.of(layout.line(row) { $1 }) <= limit, "\(limit) columns") }
        }
        let whole = TableLayout(rows, [.left, .left, .right], within: nil)
        #expect(
            whole.line(rows[2]) { $1 } == "b" + String(repeating: " ", count: 17) + "c"
                + String(repeating: " ", count: 29) + "7")
    }

    @Test func paintingDoesNotMoveTheColumns() {
        let rows = [["state", "id"], ["dead", "order-1"], ["ok", "order-2"]]
        let layout = TableLayout(rows, [.left, .left], within: 40)
        #expect(
            layout.line(rows[1]) { Tone.of($1, in: rows[0][$0])?.painted($1) ?? $1 }
                == "\u{1B}[31mdead\u{1B}[0m   order-1")
        #expect(layout.line(rows[2]) { $1 } == "ok     order-2")
    }

    @Test(
        arguments: [
            (.text("a,b"), "\"a,b\""), (.text("say \"x\""), "\"say \"\"x\"\"\""), (.text("a\nb"), "\"a\nb\""),
            (.text("plain"), "plain"), (.none, ""), (.number(-3), "-3"), (.flag(true), "yes"),
            (.time(Timestamp(microseconds: 0)), "1970-01-01T00:00:00.000Z"),
        ] as [(Cell, String)])
    func cellsAreQuotedAsRFC4180Has(cell: Cell, text: String) {
        #expect(cell.csv == text)
    }

    @Test(arguments: [(true, [1000, 1200, 1400]), (false, [10_000, 20_000])] as [(Bool, [Int])])
    func progressIsToldAfterASecondOnATerminalAndEveryTenElsewhere(isTerminal: Bool, said: [Int]) {
        var pace = Progress.Pace(isTerminal: isTerminal)
        let limit = isTerminal ? 1500 : 25_000
        let times = stride(from: 0, through: limit, by: 50).filter { pace.isDue(at: .milliseconds($0)) }
        #expect(times == said)
    }

    @Test func progressSaysHowMuchIsLeft() {
        #expect(
            Progress.text("confirmed", 1200, of: 10_000, after: .seconds(2))
                == "1200 of 10000 confirmed, 600/s, 14 s left")
        #expect(Progress.text("confirmed", 1200, of: nil, after: .seconds(2)) == "1200 confirmed, 600/s")
        #expect(Progress.text("waiting", nil, of: nil, after: .milliseconds(2900)) == "waiting, 2 s")
    }

    @Test func whatPrintsDataTakesHowToPrintIt() throws {
        for verb in Verb.all where verb.options.contains(where: { $0.name == "output" }) {
            let names = Set(verb.accepted.map(\.name))
            #expect(names.isSuperset(of: ["json", "color", "time", "no-headers"]), "\(verb.name)")
            #expect(names.count == verb.accepted.count, "\(verb.name) has an option twice")
        }
    }

    @Test(arguments: [
        ["--json", "-o", "table"], ["--color", "sometimes"], ["--time", "unix"], ["-o", "yaml"],
    ])
    func aWrongWayToPrintIsAUsageError(words: [String]) throws {
        let invocation = try Invocation(.version, words)
        let failure = #expect(throws: Failure.self) { try Output(invocation) }
        #expect(failure?.code == .usage)
    }
}

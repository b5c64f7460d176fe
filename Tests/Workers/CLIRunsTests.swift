import Contracts
import Testing

@testable import CLI

/// What a run has written, and how its places stand.
@Suite struct CLIRunsTests {
    private typealias Line = FoundRunLine

    private static func line(_ number: Int, _ state: String = "ok", _ place: String = "a", step: String = "s") -> Line {
        Line(
            number: number, at: Timestamp(microseconds: 1_763_712_000_123_456), place: place, step: step, state: state,
            text: state == "failed" ? "no room" : "")
    }

    @Test func aLineIsHandedOverOnceAndNoneIsPassedOver() {
        var lines = RunLines()
        func take(_ numbers: [Int], isOver: Bool = false) -> [Int] {
            lines.take(numbers.map { Self.line($0) }, isOver: isOver).map(\.number)
        }
        #expect(take([1, 2]) == [1, 2])
        #expect(take([2, 3, 5]) == [3])
        #expect(take([5, 6]) == [])
        #expect(take([4, 5, 6]) == [4, 5, 6])
        // What is missing when the run is over does not come any more.
        #expect(take([8, 9]) == [])
        #expect(take([8, 9, 11], isOver: true) == [8, 9, 11])
    }

    @Test func whatIsKeptOfAnOldRunMayBeginAnywhere() {
        var lines = RunLines()
        #expect(lines.take([Self.line(7), Self.line(8), Self.line(10)], isOver: false).map(\.number) == [7, 8])
    }

    @Test func aPlaceStandsAsItsLastLineSaysUntilTheRunSaysMore() {
        var board = RunBoard()
        board.take([
            Self.line(1, "started", "a"), Self.line(2, "started", "b"), Self.line(3, "ok", "a"),
            Self.line(4, "failed", "b"), Self.line(5, "note", "c"), Self.line(6, "note", ""),
        ])
        func states(_ outcome: Outcome? = nil) -> [String] {
            board.rows(after: outcome).map { $0.prefix(3).map { $0.shown(relativeTo: nil) }.joined(separator: " ") }
        }
        #expect(states() == ["a running 1", "b failed 1"])
        #expect(states(.succeeded) == ["a done 1", "b failed 1"])
        #expect(states(.dead) == ["a stopped 1", "b failed 1"])
        board.take(
            Contracts.Progress(
                step: "x",
                places: [
                    PlaceProgress(place: "a", state: .done), PlaceProgress(place: "b", state: .running),
                    PlaceProgress(place: "d", state: .waiting),
                ]))
        // What failed in its lines has failed, whatever was said before that.
        #expect(states() == ["a done 1", "b failed 1", "d waiting 0"])
        board.take([Self.line(7, "ok", "a"), Self.line(8, "started", "b")])
        #expect(states() == ["a done 2", "b running 1", "d waiting 0"])
    }

    @Test func howMuchIsDoneIsWhatTheRunSaysElseItsPlaces() throws {
        var board = RunBoard()
        #expect(board.done(after: nil) == nil)
        board.take([Self.line(1, "failed", "a"), Self.line(2, "ok", "b")])
        #expect(try #require(board.done(after: nil)) == (1, 2))
        #expect(try #require(board.done(after: .succeeded)) == (2, 2))
        board.take(Contracts.Progress(step: "x", done: 3, total: 12))
        #expect(try #require(board.done(after: nil)) == (3, 12))
    }

    @Test(
        arguments: [
            (0, 4, "[....................] 0 of 4"), (1, 4, "[#####...............] 1 of 4"),
            (4, 4, "[####################] 4 of 4"), (9, 4, "[####################] 9 of 4"), (0, 0, ""),
        ])
    func aBarFillsUp(done: Int, total: Int, text: String) {
        #expect(ProgressBar.text(done, of: total) == text)
    }

    @Test func aPlaceHasABarThatIsFullWhenItIsDone() throws {
        var board = RunBoard()
        board.take([Self.line(1, "ok", "a"), Self.line(2, "ok", "b"), Self.line(3, "ok", "b"), Self.line(4, "ok", "b")])
        func bars() -> [String] { board.pageRows(after: nil).map { $0[2].shown(relativeTo: nil) } }
        #expect(bars() == ["1", "3"])
        let places = [PlaceProgress(place: "a", state: .running), PlaceProgress(place: "b", state: .running)]
        board.take(Contracts.Progress(step: "x", done: 1, total: 4, places: places))
        #expect(bars() == ["[#####.....]", "[#####.....]"])
        board.take(
            Contracts.Progress(
                step: "x", done: 4, total: 4, places: places.map { .init(place: $0.place, state: .done) }))
        #expect(bars() == ["[##########]", "[##########]"])
        board.take(Contracts.Progress(step: "x", done: 4, total: 5))
        #expect(bars() == ["1", "3"])
    }

    @Test(arguments: [(40, 8), (60, 12), (80, 24), (200, 50)])
    func aPageFitsItsTerminal(columns: Int, rows: Int) throws {
        var board = RunBoard()
        var tail: [Line] = []
        for number in 1...60 {
            let line = Self.line(
                number, number == 33 ? "failed" : "ok", "h\(number)", step: "base : Fetch the packages, 長い")
            board.take([line])
            tail.append(line)
        }
        let page = RunPage(
            title: String(repeating: "title ", count: 30), said: "Fetching.", outcome: nil, board: board, tail: tail)
        let output = try Output(Invocation(.runsShow, ["x", "--color", "never"])).fitted(to: columns)
        let lines = page.lines(output, rows: rows)
        for line in lines { #expect(TextWidth.of(line) <= columns, "\(line)") }
        // Of more places than there is room for those that failed come first.
        #expect(lines.prefix(rows - 2).contains { $0.hasPrefix("h33") })
        #expect(lines.contains { $0.hasPrefix("[....................] 1 of 60  Fetching.") } == (columns > 50))
        #expect(page.summary(output).count >= 60)
    }

    @Test func aLineIsOneLineAndCommandsNoTerminal() {
        var line = Self.line(1, "failed", "", step: "a\nb")
        #expect(line.text { "<\($0)>" } == "2025-11-21T08:00:00.123Z - <failed> a\\nb: no room")
        line = Self.line(2, "ok", "evil \u{1B}[2J")
        #expect(!line.text { $0 }.contains("\u{1B}"))
    }

    @Test(
        arguments: [
            (Contracts.Progress(step: "begun"), "progressed: begun"),
            (
                Contracts.Progress(step: "play", text: "One is done.", done: 3, total: 9),
                "progressed: One is done. (3 of 9)"
            ),
        ])
    func whoWaitsIsToldASentence(progress: Contracts.Progress, line: String) {
        var event = CompletionEvent(
            id: UniqueID(high: 1, low: 1), command: InitServer.name, kind: .progressed, subject: "x",
            time: Timestamp(microseconds: 0), data: progress.json())
        #expect(Verb.line(of: event) == line)
        (event.kind, event.data) = (.retrying, Array(#"{"reason":"x"}"#.utf8))
        #expect(Verb.line(of: event) == #"retrying: {"reason":"x"}"#)
    }

    @Test(arguments: [["x", "--after", "-1"], ["x", "--after", "last"], ["x", "-f", "-o", "json"]])
    func aWrongQuestionAboutARunIsRefused(words: [String]) throws {
        let failure = #expect(throws: Failure.self) { try Verb.runsShow.run(Invocation(.runsShow, words)) }
        #expect(failure?.code == .usage)
    }

    @Test(arguments: [
        (["servers", ""], ["list", "show", "init"]), (["runs", ""], ["list", "show"]),
        (["servers", "list", "--status", "E"], ["ERROR"]), (["servers", "init", "--only", ""], ["all", "failed"]),
        (["leases", "sh"], ["show"]),
    ])
    func tabOffersThem(words: [String], offered: [String]) {
        #expect(Completion.candidates(words).map(\.word) == offered)
    }
}

import Contracts
import Testing

@testable import CLI

/// What of a table is shown where there is too little room.
@Suite struct CLITableTests {
    private static let names = [
        "id", "command", "tenant", "state", "attempt", "reason", "admitted", "finished", "key",
    ]
    private static let natural = [36, 12, 7, 9, 7, 12, 9, 9, 36]

    @Test(
        arguments: [
            (nil, names), (160, names), (150, names.dropLast()),
            (110, names.filter { !["key", "tenant"].contains($0) }),
            (100, ["id", "command", "state", "attempt", "reason", "admitted"]),
            (80, ["id", "command", "state", "reason", "admitted"]),
            (20, ["id", "command", "state", "reason", "admitted"]),
        ] as [(Int?, [String])])
    func othersMakeRoomForAnID(limit: Int?, shown: [String]) {
        #expect(TableLayout.kept(Self.names, Self.natural, within: limit).map { Self.names[$0] } == shown)
    }

    @Test(arguments: [["ip", "key", "tenant"], ["queue", "attempt"]]) func withoutIDsAllIsShown(names: [String]) {
        #expect(TableLayout.kept(names, names.map { _ in 60 }, within: 40).count == names.count)
    }

    @Test(
        arguments: [
            ([36, 12, 9, 12, 9], 80, [36, 9, 9, 9, 9]), ([36, 12], 45, [36, 7]), ([36, 12], 30, [25, 3]),
            ([300, 12, 9], 80, [55, 12, 9]), ([1, 50], 20, [1, 17]),
        ] as [([Int], Int, [Int])])
    func anIDIsCutLast(natural: [Int], limit: Int, widths: [Int]) {
        #expect(TableLayout.fitted(natural, within: limit, keeping: 0) == widths)
    }

    @Test func aTableOfJobsHasWholeIDsOnATerminalOfEightyColumns() throws {
        let id = "01a1fdd0-0000-7000-8000-000000000000"
        let row: [Cell] = [
            .text(id), .text("import-batch"), .text("default"), .text("succeeded"), .number(1), .none,
            .text("2 min ago"), .text("2 min ago"), .text(id),
        ]
        let output = try Output(Invocation(.jobsList, ["--color", "never"])).fitted(to: 80)
        let lines = output.table(Self.names, [row, row])
        #expect(lines[0].hasPrefix("ID  ") && !lines[0].contains("KEY"))
        for line in lines {
            #expect(TextWidth.of(line) <= 80)
            #expect(line == lines[0] || line.contains("\(id)  "))
        }
    }

    @Test func aLongCellDoesNotPadTheOtherRowsOfAPipe() throws {
        let long = String(repeating: "x", count: 300)
        let output = try Output(Invocation(.jobsList, ["--color", "never"])).fitted(to: nil)
        let lines = output.table(["id", "state"], [[.text(long), .text("dead")], [.text("a"), .text("dead")]])
        #expect(lines[1] == "\(long)  dead")
        #expect(lines[2] == "a" + String(repeating: " ", count: 65) + "dead")
    }

    @Test(arguments: [(0, "0.0"), (7, "0.7"), (10, "1.0"), (12_345, "1234.5")])
    func tenthsAreOneDecimal(tenths: Int, text: String) {
        var writer = JSONWriter()
        Cell.tenths(tenths).write(to: &writer)
        #expect(String(decoding: writer.bytes, as: UTF8.self) == text)
        #expect(Cell.tenths(tenths).shown(relativeTo: nil) == text)
        #expect(Cell.tenths(tenths).isNumber)
    }
}

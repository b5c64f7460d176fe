import Foundation
import Testing

@testable import Contracts

@Suite struct BaselineTests {
    private static func shape(_ name: String, _ kind: String, _ change: (inout FieldShape) -> Void = { _ in })
        -> FieldShape
    {
        var shape = FieldShape()
        shape.name = name
        shape.kind = kind
        change(&shape)
        return shape
    }

    private static let before = [
        shape("id", "text") { ($0.required, $0.maximum, $0.pattern) = (true, 64, "line") },
        shape("count", "integer") { ($0.minimum, $0.maximum) = (1, 10) },
        shape("mode", "choice") { $0.words = ["a", "b"] },
        shape("rows", "list") { $0.element = [shape("", "object") { $0.fields = [shape("ip", "text")] }] },
    ]

    private static func baseline(
        _ fields: [FieldShape], version: Int = 1, completion: Bool = false
    ) -> ContractBaseline {
        var entry = ContractBaseline.Entry()
        entry.name = "probe"
        entry.version = version
        if completion { entry.completion = fields } else { entry.payload = fields }
        var baseline = ContractBaseline()
        baseline.commands = [entry]
        return baseline
    }

    /// A change of the fields, and its weight where they are taken and where they are said.
    struct Case: Sendable, CustomTestStringConvertible {
        let testDescription: String
        let taken: ContractChange.Weight?
        let said: ContractChange.Weight?
        let edit: @Sendable (inout [FieldShape]) -> Void

        init(
            _ what: String, _ taken: ContractChange.Weight?, _ said: ContractChange.Weight?,
            edit: @escaping @Sendable (inout [FieldShape]) -> Void
        ) {
            testDescription = what
            (self.taken, self.said, self.edit) = (taken, said, edit)
        }
    }

    @Test(
        arguments: [
            Case("the same", nil, nil) { _ in },
            Case("removed", .breaking, .breaking) { $0.remove(at: 1) },
            Case("new", .added, .added) { $0.append(shape("note", "text")) },
            Case("new, required", .breaking, .added) { $0.append(shape("note", "text") { $0.required = true }) },
            Case("required now", .breaking, .added) { $0[1].required = true },
            Case("absent now", .added, .breaking) { $0[0].required = false },
            Case("another kind", .breaking, .breaking) { $0[1].kind = "text" },
            Case("narrowed above", .breaking, .added) { $0[1].maximum = 9 },
            Case("narrowed below", .breaking, .added) { $0[1].minimum = 2 },
            Case("widened", .added, .breaking) { $0[1].maximum = 11 },
            Case("limited at last", .breaking, .added) { $0[3].maximum = 5 },
            Case("without a limit", .added, .breaking) { $0[0].maximum = nil },
            Case("a word less", .breaking, .added) { $0[2].words = ["a"] },
            Case("a word more", .added, .added) { $0[2].words = ["a", "b", "c"] },
            Case("another rule", .breaking, .breaking) { $0[0].pattern = "identifier" },
            Case("no rule", .added, .breaking) { $0[0].pattern = nil },
            Case("a secret", .added, .added) { $0[0].secret = true },
            Case("another default", .breaking, nil) { $0[1].fallback = "2" },
            Case("inside a list", .breaking, .breaking) { $0[3].element[0].fields = [] },
        ])
    func aChangeIsWeighedForWhoReliesOnIt(of change: Case) {
        var after = Self.before
        change.edit(&after)
        let payload = Self.baseline(Self.before).changes(to: Self.baseline(after))
        #expect(payload.map(\.weight) == (change.taken.map { [$0] } ?? []))
        let completion = Self.baseline(Self.before, completion: true).changes(
            to: Self.baseline(after, completion: true))
        #expect(completion.map(\.weight) == (change.said.map { [$0] } ?? []))
        // A raised version says that it was meant.
        let raised = Self.baseline(Self.before).changes(to: Self.baseline(after, version: 2))
        #expect(!raised.contains { $0.weight == .breaking } && raised.first?.what == "version 2")
    }

    @Test func placesAreNamed() {
        var after = Self.before
        after[3].element[0].fields[0].kind = "flag"
        let changes = Self.baseline(Self.before).changes(to: Self.baseline(after))
        #expect(changes == [ContractChange(.breaking, "probe /rows/*/ip", "text became flag")])
    }

    @Test func commandsComeAndGo() {
        let nothing = ContractBaseline()
        let one = Self.baseline(Self.before)
        #expect(nothing.changes(to: one) == [ContractChange(.added, "probe", "a new command")])
        #expect(one.changes(to: nothing) == [ContractChange(.breaking, "probe", "the command is removed")])
        #expect(Self.baseline(Self.before, version: 2).changes(to: one).first?.weight == .breaking)
    }

    @Test func theFileReadsBackAsWhatItWas() throws {
        let now = ContractBaseline(of: Catalogue.commands)
        #expect(try ContractBaseline(json: Array(now.text.utf8), strict: true) == now)
        #expect(now.changes(to: now).isEmpty)
    }

    @Test("The contract breaks nothing of the committed baseline")
    func baselineHolds() throws {
        let file = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
            .deletingLastPathComponent().appending(path: "Contracts/baseline.json")
        let baseline = try ContractBaseline(json: Array(Data(contentsOf: file)), strict: true)
        let breaking = baseline.changes(to: ContractBaseline(of: Catalogue.commands)).filter { $0.weight == .breaking }
        #expect(breaking == [])
    }
}

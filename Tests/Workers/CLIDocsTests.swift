import Foundation
import Testing

@testable import CLI

@Suite struct CLIDocsTests {
    private static let root = URL(filePath: #filePath).resolvingSymlinksInPath().deletingLastPathComponent()
        .deletingLastPathComponent().deletingLastPathComponent()
    private static let isWriting = ProcessInfo.processInfo.environment["RUCHE_WRITE_CONTRACTS"] == "1"

    @Test("docs/cli.md is what the table of verbs gives; RUCHE_WRITE_CONTRACTS=1 writes it")
    func reference() throws {
        let file = Self.root.appending(path: "docs/cli.md")
        if Self.isWriting { try Data(Reference.page.utf8).write(to: file) }
        let committed = try? String(contentsOf: file, encoding: .utf8)
        #expect(committed == Reference.page, "run the tests with RUCHE_WRITE_CONTRACTS=1")
    }

    @Test func everyVerbThatPrintsDataHasASchemaAndNoSchemaIsLeftOver() throws {
        let folder = Self.root.appending(path: "docs/cli/schemas").path
        let files = Set(try FileManager.default.contentsOfDirectory(atPath: folder))
        let verbs = Verb.all.filter { $0.options.contains { $0.name == "output" } }
        let wanted = Set(verbs.map { $0.path.joined(separator: "-") + ".json" })
        #expect(wanted.subtracting(files) == [])
        #expect(files.subtracting(wanted) == ["enqueue-ndjson.json"])
    }

    @Test func everySettingOfTheSourcesIsInTheTable() throws {
        let workers = Self.root.appending(path: "Workers")
        let known = Set(Setting.all.map(\.name))
        for path in try FileManager.default.subpathsOfDirectory(atPath: workers.path) where path.hasSuffix(".swift") {
            let text = try String(contentsOf: workers.appending(path: path), encoding: .utf8)
            for match in text.matches(of: /settings\.\w+\(\s*"([A-Z_]+)"/) {
                #expect(known.contains(String(match.1)), "\(path) reads \(match.1)")
            }
        }
    }
}

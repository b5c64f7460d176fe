import Foundation
import Testing

@testable import CLI

/// Every verb that prints JSON has a schema, and every schema a verb. What the verbs print is held against the schemas
/// by `CLISchemaOutputTests`.
@Suite struct CLISchemaTests {
    private static let folder = URL(filePath: #filePath).resolvingSymlinksInPath().deletingLastPathComponent()
        .deletingLastPathComponent().deletingLastPathComponent().appending(path: "docs/cli/schemas")

    /// What is printed by an option and not by a verb of its own.
    private static let others: Set<String> = ["enqueue-ndjson"]

    @Test func everyVerbThatPrintsJSONHasASchema() throws {
        let verbs = Verb.all.filter { verb in verb.options.contains { $0.name == "output" } }
        let names = Set(verbs.map { $0.path.joined(separator: "-") })
        let files = try FileManager.default.contentsOfDirectory(atPath: Self.folder.path(percentEncoded: false))
        #expect(Set(files) == Set(names.union(Self.others).map { "\($0).json" }))
        for name in names.union(Self.others) {
            let data = try Data(contentsOf: Self.folder.appending(path: "\(name).json"))
            let schema = try #require(JSONSerialization.jsonObject(with: data) as? [String: Any], "\(name)")
            #expect(schema["$id"] as? String == "urn:ruche:cli:\(name)")
            #expect(schema["$schema"] as? String == "https://json-schema.org/draft/2020-12/schema", "\(name)")
        }
    }
}

import Foundation
import Testing

@Suite("The table of contents")
struct PackageTests {
    /// What stands beside the workers and is none.
    static let others: Set<String> = ["Kit", "CLI", "Relay", "Gateway"]

    @Test("Every folder under Workers is one line of Package.swift")
    func folders() throws {
        let manifest = try Repository.text("Package.swift")
        let list = try #require(manifest.firstMatch(of: /let workers = \[([^\]]*)\]/)).output.1
        let declared = Set(list.matches(of: /"(\w+)"/).map { String($0.output.1) })
        let folders = Set(
            Repository.paths.filter { $0.hasPrefix("Workers/") }.map { String($0.split(separator: "/")[1]) })
        #expect(declared == folders.subtracting(Self.others))
    }
}

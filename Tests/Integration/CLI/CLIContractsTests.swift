import Foundation
import TestSupport
import Testing

/// `contracts check` as a build runs it: no broker and no database.
@Suite(.servers) struct CLIContractsTests {
    @Test func aBreakingChangeFailsAndAnAdditiveOneDoesNot() throws {
        let servers = try TestServers.require()
        let path = NSTemporaryDirectory() + "/ruche-baseline-\(UUID().uuidString).json"
        defer { try? FileManager.default.removeItem(atPath: path) }
        func check(_ words: String...) throws -> FinishedProcess {
            try FinishedProcess(
                path: "\(servers.binaries)/ruche", arguments: ["contracts", "check", "--baseline", path] + words,
                environment: [:])
        }
        let absent = try check()
        #expect(absent.status == 3 && absent.errors.contains("--baseline FILE"))
        #expect(try check("--accept").status == 0)
        let same = try check("--json")
        #expect(same.status == 0 && same.output == "[]\n")

        let text = try String(contentsOfFile: path, encoding: .utf8)
        // The baseline took longer leases than the contract does now.
        try text.replacing("\"maximum\": 2592000", with: "\"maximum\": 9999999").write(
            toFile: path, atomically: true, encoding: .utf8)
        let narrowed = try check("--json")
        #expect(narrowed.status == 1)
        #expect(narrowed.output.contains(#""change":"breaking","place":"lease-ip /ttlSeconds""#))
        #expect(try JSONShape(contentsOf: schemaPath("contracts-check")).faults(in: narrowed.output) == [])

        try text.replacing("\"maximum\": 2592000", with: "\"maximum\": 60").write(
            toFile: path, atomically: true, encoding: .utf8)
        let widened = try check("--json")
        #expect(widened.status == 0 && widened.output.contains(#""change":"added""#))

        // A default that the baseline had otherwise.
        try text.replacing("\"fallback\": \"\\\"UTC\\\"\"", with: "\"fallback\": \"\\\"Europe/Paris\\\"\"").write(
            toFile: path, atomically: true, encoding: .utf8)
        let other = try check("--json")
        #expect(other.status == 1 && other.output.contains(#""place":"create-task /zone""#))

        try "{\"commands\": 1}".write(toFile: path, atomically: true, encoding: .utf8)
        #expect(try check().status == 6)
    }
}

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

    @Test("FAULTS is defined for debug builds, and nowhere else")
    func faults() throws {
        let manifest = try Repository.text("Package.swift").split(separator: "\n").map(String.init)
        let lines = Repository.files.filter { $0.isSwift && !$0.isUnder("Tests/Tidy/") }.flatMap(\.code)
        let uses = (manifest + lines).filter { $0.contains("FAULTS") && !$0.contains("#if FAULTS") }
        #expect(uses == ["        .define(\"FAULTS\", .when(configuration: .debug)),"])
    }

    @Test("The broker of compose has the limits of the contract")
    func limits() throws {
        let topology = try Repository.text("Contracts/Topology+Declarations.swift").replacing("_", with: "")
        let prepare = try Repository.text("compose/prepare")
        let names = [
            "deliveryLimit": "delivery-limit", "queueLengthLimit": "max-length", "queueBytesLimit": "max-length-bytes",
        ]
        for (constant, argument) in names {
            let value = try #require(topology.firstMatch(of: try Regex("\\b\(constant) = (\\d+)"))?.output[1].substring)
            #expect(prepare.contains("\"\(argument)\": \(value)"), "\(argument) is \(value) in the contract")
        }
    }
}

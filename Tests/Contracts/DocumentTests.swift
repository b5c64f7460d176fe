import Contracts
import Foundation
import Testing

struct DocumentTests {
    /// The folder of the contracts, next to that of the tests.
    private static let folder = URL(filePath: #filePath)
        .deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent().appending(
            path: "Contracts")

    private static let isWriting = ProcessInfo.processInfo.environment["RUCHE_WRITE_CONTRACTS"] == "1"

    @Test("The committed documents are those that the tables give; RUCHE_WRITE_CONTRACTS=1 writes them")
    func drift() throws {
        for (path, contents) in ContractDocuments.files() {
            let file = Self.folder.appending(path: path)
            if Self.isWriting { try Data(contents.utf8).write(to: file) }
            let committed = try? String(contentsOf: file, encoding: .utf8)
            #expect(committed == contents, "\(path) is not up to date: run the tests with RUCHE_WRITE_CONTRACTS=1")
        }
    }

    @Test("There is no schema that no command stands behind")
    func strays() throws {
        let names = Set(ContractDocuments.files().map(\.path))
        let schemas = Self.folder.appending(path: "schemas")
        for name in try FileManager.default.contentsOfDirectory(atPath: schemas.path) {
            #expect(names.contains("schemas/\(name)"), "\(name) belongs to no command")
        }
    }

    @Test("The schema of a lease says what its table says")
    func schema() throws {
        let json = ContractDocuments.jsonSchema(for: LeaseIP.self)
        let schema = try #require(try JSONSerialization.jsonObject(with: Data(json.utf8)) as? [String: Any])
        #expect(schema["$schema"] as? String == "https://json-schema.org/draft/2020-12/schema")
        #expect(schema["$id"] as? String == "urn:ruche:schema:lease-ip:v1")
        #expect(schema["required"] as? [String] == ["holder"])
        #expect(schema["additionalProperties"] as? Bool == true)
        let properties = try #require(schema["properties"] as? [String: [String: Any]])
        #expect(Set(properties.keys) == Set(LeaseIP.fieldDescriptions.map(\.name)))
        #expect(properties["ttlSeconds"]?["default"] as? Int == 3600)
        #expect(properties["ttlSeconds"]?["maximum"] as? Int == 2_592_000)
        #expect(properties["ttlSeconds"]?["type"] as? [String] == ["integer", "null"])
        #expect(properties["holder"]?["type"] as? String == "string")
    }

    @Test("Every reference of the AsyncAPI document leads somewhere")
    func references() throws {
        let document = ContractDocuments.asyncAPI()
        let files = Set(ContractDocuments.files().map(\.path))
        let references = document.matches(of: /"\$ref": "([^"]+)"/).map { String($0.1) }
        #expect(references.count > Catalogue.commands.count * 8)
        for reference in references {
            if reference.hasPrefix("./") {
                #expect(files.contains(String(reference.dropFirst(2))), "\(reference) is not a file")
            } else {
                let name = try #require(reference.split(separator: "/").last)
                #expect(reference.hasPrefix("#/") && document.contains("  \(name):\n"), "\(reference) leads nowhere")
            }
        }
        for command in Catalogue.commands {
            #expect(document.contains("  \(command.name)-command:\n"))
            #expect(document.contains("  \(command.name)-events:\n"))
        }
    }
}

import Contracts
import Foundation
import Testing

struct SchemaFileTests {
    @Test("The embedded schema is the folder's: every file, in the order of its number")
    func complete() throws {
        let folder = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
            .deletingLastPathComponent().appending(path: "Contracts/Schema")
        let names = try FileManager.default.contentsOfDirectory(atPath: folder.path).filter { $0.hasSuffix(".sql") }
        #expect(SchemaFiles.all.map(\.name) == names.sorted())
        #expect(SchemaFiles.all.map(\.version) == Array(1...names.count))
        for file in SchemaFiles.all {
            #expect(try Data(contentsOf: folder.appending(path: file.name)) == Data(file.sql))
        }
    }
}

import Foundation
import Testing

/// A document may show a file: a line `<!-- file: PATH -->`, then the file between two fences.
@Suite("Quotations")
struct QuotationTests {
    @Test("A document shows a file as it is", arguments: Repository.paths.filter { $0.hasSuffix(".md") })
    func quotes(_ document: String) throws {
        let lines = try Repository.text(document).components(separatedBy: "\n")
        for (index, line) in lines.enumerated() where line.hasPrefix("<!-- file: ") && line.hasSuffix(" -->") {
            let path = String(line.dropFirst("<!-- file: ".count).dropLast(" -->".count))
            let block = lines[(index + 2)...].prefix { !$0.hasPrefix("```") }
            let text = try Repository.text(path)
            #expect(block.joined(separator: "\n") + "\n" == text, "\(document):\(index + 1) differs from \(path)")
        }
    }

    @Test("A relative link leads somewhere", arguments: Repository.paths.filter { $0.hasSuffix(".md") })
    func links(_ document: String) throws {
        let folder = Repository.root.appending(path: document).deletingLastPathComponent()
        for match in try Repository.text(document).matches(of: /\]\(([^)#]+?)(?:#[^)]*)?\)/) {
            let target = String(match.output.1)
            guard !target.contains("://"), !target.hasPrefix("mailto:") else { continue }
            let path = folder.appending(path: target).path(percentEncoded: false)
            #expect(FileManager.default.fileExists(atPath: path), "\(document) links to \(target)")
        }
    }
}

import Foundation
import Testing

@testable import ShopSite

/// A page as a parser of HTML sees it: Python's.
struct Page: Decodable {
    struct Element: Decodable, Hashable {
        let tag: String
        let attributes: [[String?]]
        let text: String

        /// The value of an attribute.
        subscript(name: String) -> String? {
            attributes.first { $0.first == name }?.last.flatMap { $0 }
        }
    }

    let elements: [Element]
    /// What is neither element nor text.
    let others: [String]

    /// - Throws: when the parser fails.
    init(_ html: [UInt8]) throws {
        let process = Process()
        let (input, output) = (Pipe(), Pipe())
        process.executableURL = URL(filePath: "/usr/bin/env")
        process.arguments = ["python3", "-I", "-c", Self.program]
        process.environment = ["PATH": "/usr/local/bin:/usr/bin:/bin", "PYTHONUTF8": "1"]
        process.standardInput = input
        process.standardOutput = output
        try process.run()
        // A page is less than what a pipe holds.
        try #require(html.count < 65_536)
        try input.fileHandleForWriting.write(contentsOf: Data(html))
        try input.fileHandleForWriting.close()
        let said = try output.fileHandleForReading.readToEnd() ?? Data()
        process.waitUntilExit()
        self = try JSONDecoder().decode(Page.self, from: said)
    }

    /// The elements of that name.
    func all(_ tag: String) -> [Element] { elements.filter { $0.tag == tag } }

    /// The page without what it says: its elements, and the names of their attributes.
    var bones: [String] {
        elements.map { "\($0.tag) \($0.attributes.map { ($0.first ?? "") ?? "" })" } + others
    }

    /// An element's text is what stands directly in it.
    private static let program = """
        import sys, json
        from html.parser import HTMLParser
        class Reader(HTMLParser):
            def __init__(self):
                super().__init__(convert_charrefs=True)
                self.elements, self.others, self.open = [], [], []
            def handle_starttag(self, tag, attributes):
                self.elements.append({"tag": tag, "attributes": attributes, "text": ""})
                if tag not in ("meta", "link", "br", "img"):
                    self.open.append(self.elements[-1])
            def handle_startendtag(self, tag, attributes):
                self.elements.append({"tag": tag, "attributes": attributes, "text": ""})
            def handle_endtag(self, tag):
                if not self.open or self.open.pop()["tag"] != tag:
                    self.others.append("</" + tag + "> closes something else")
            def handle_data(self, text):
                if self.open:
                    self.open[-1]["text"] += text
            def handle_comment(self, text): self.others.append("comment")
            def handle_decl(self, text): self.others.append(text)
            def handle_pi(self, text): self.others.append("instruction")
            def unknown_decl(self, text): self.others.append("unknown")
        reader = Reader()
        # Not by lines: the ends of lines are to come through as they are.
        reader.feed(sys.stdin.buffer.read().decode("utf-8"))
        reader.close()
        json.dump({"elements": reader.elements, "others": reader.others}, sys.stdout)
        """
}

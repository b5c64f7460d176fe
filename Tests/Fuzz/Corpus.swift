import Foundation

/// Inputs as a text that people can read: one a line, with escapes as C has them. Lines that begin with `# ` are for
/// people.
enum Corpus {
    /// Where the corpora lie.
    static let folder = URL(filePath: #filePath).resolvingSymlinksInPath().deletingLastPathComponent()
        .appending(path: "Corpora")

    /// The inputs of a target as they are kept: the empty one, its seeds and its file.
    static func inputs(of target: FuzzTarget) throws -> [[UInt8]] {
        try [[]] + target.seeds() + kept(of: target)
    }

    /// Those of its file: what was found once, and what reaches code that the seeds do not.
    static func kept(of target: FuzzTarget) throws -> [[UInt8]] {
        let file = folder.appending(path: "\(target.name).txt")
        return parse(try String(contentsOf: file, encoding: .utf8))
    }

    /// The inputs of a file.
    static func parse(_ text: String) -> [[UInt8]] {
        text.split(separator: "\n").filter { !$0.hasPrefix("# ") }.map { unescape(String($0)) }
    }

    /// The input as a line.
    static func escape(_ bytes: [UInt8]) -> String {
        var line = ""
        for (place, byte) in bytes.enumerated() {
            switch byte {
            case UInt8(ascii: "\\"): line += "\\\\"
            case UInt8(ascii: "\n"): line += "\\n"
            case UInt8(ascii: "\r"): line += "\\r"
            case UInt8(ascii: "\t"): line += "\\t"
            case UInt8(ascii: "#") where place == 0: line += hexadecimal(byte)
            case UInt8(ascii: " ") where place == bytes.count - 1: line += hexadecimal(byte)
            case 0x20...0x7E: line.unicodeScalars.append(Unicode.Scalar(byte))
            default: line += hexadecimal(byte)
            }
        }
        return line
    }

    /// The input that a line shows.
    static func unescape(_ line: String) -> [UInt8] {
        var bytes: [UInt8] = []
        var rest = Array(line.utf8)[...]
        while let byte = rest.popFirst() {
            guard byte == UInt8(ascii: "\\") else {
                bytes.append(byte)
                continue
            }
            switch rest.popFirst() {
            case UInt8(ascii: "n"): bytes.append(0x0A)
            case UInt8(ascii: "r"): bytes.append(0x0D)
            case UInt8(ascii: "t"): bytes.append(0x09)
            case UInt8(ascii: "x"):
                bytes.append(UInt8(String(decoding: rest.prefix(2), as: UTF8.self), radix: 16) ?? 0)
                rest = rest.dropFirst(2)
            case let other?: bytes.append(other)
            case nil: break
            }
        }
        return bytes
    }

    private static func hexadecimal(_ byte: UInt8) -> String {
        "\\x" + (byte < 16 ? "0" : "") + String(byte, radix: 16)
    }
}

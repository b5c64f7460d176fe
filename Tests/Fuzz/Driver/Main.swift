import Fuzzer
import Foundation

/// Runs one target under libFuzzer, or moves inputs between a corpus's text and a folder of files.
///
///     fuzz TARGET [libFuzzer's arguments]    fuzz --list
///     fuzz --unpack TARGET FOLDER            fuzz --pack TARGET FOLDER
///     fuzz --show FILE...
@main struct Main {
    /// What libFuzzer calls; a C function keeps nothing of its own.
    nonisolated(unsafe) fileprivate static var target = FuzzTarget.json

    static func main() throws {
        let words = CommandLine.arguments.dropFirst().map { $0 }
        switch words.first {
        case "--list":
            for target in FuzzTarget.all { print(target.name, target.summary, separator: "\t") }
        case "--unpack": try unpack(try named(words[1]), URL(filePath: words[2], directoryHint: .isDirectory))
        case "--pack": try pack(try named(words[1]), URL(filePath: words[2], directoryHint: .isDirectory))
        case "--show":
            for file in words.dropFirst() { print(Corpus.escape([UInt8](try Data(contentsOf: URL(filePath: file))))) }
        default: try run(words)
        }
    }

    private static func named(_ name: String) throws -> FuzzTarget {
        if name == SelfTest.target.name { return SelfTest.target }
        guard let target = FuzzTarget.named(name) else { throw Finding(description: "no target \(name)") }
        return target
    }

    private static func run(_ words: [String]) throws {
        // A merge starts this program again, with arguments of libFuzzer's own only.
        let inherited = ProcessInfo.processInfo.environment["FUZZ_TARGET"]
        let name = inherited ?? words.first ?? ""
        unsafe target = try named(name)
        unsafe setenv("FUZZ_TARGET", name, 1)
        let rest = inherited == nil ? Array(words.dropFirst()) : words
        var arguments = unsafe ([CommandLine.arguments[0]] + rest).map { unsafe strdup($0) } + [nil]
        var count = Int32(rest.count + 1)
        let status = unsafe arguments.withUnsafeMutableBufferPointer { buffer in
            var start = buffer.baseAddress
            return unsafe LLVMFuzzerRunDriver(&count, &start, testOneInput)
        }
        exit(status)
    }

    private static func unpack(_ target: FuzzTarget, _ folder: URL) throws {
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        for (number, input) in try Corpus.inputs(of: target).enumerated() {
            try Data(input).write(to: folder.appending(path: "kept-\(number)"))
        }
    }

    /// Writes the inputs of a folder as the target's corpus: the short ones, and no more than stay readable.
    private static func pack(_ target: FuzzTarget, _ folder: URL) throws {
        let file = Corpus.folder.appending(path: "\(target.name).txt")
        let old = try String(contentsOf: file, encoding: .utf8)
        let findings = old.components(separatedBy: "\n# From the fuzzer").first ?? old
        let known = Set(target.seeds() + Corpus.parse(findings))
        let files = try FileManager.default.contentsOfDirectory(at: folder, includingPropertiesForKeys: nil)
        let inputs = try files.map { [UInt8](try Data(contentsOf: $0)) }
            .filter { !$0.isEmpty && !known.contains($0) }.map { (Corpus.escape($0)) }.filter { $0.utf8.count <= 400 }
        let kept = inputs.sorted { ($0.utf8.count, $0) < ($1.utf8.count, $1) }.prefix(40)
        var text =
            findings.trimmingCharacters(in: .newlines)
            + "\n# From the fuzzer: what reaches code nothing else reaches.\n"
        for line in kept.sorted() { text += line + "\n" }
        try text.write(to: file, atomically: true, encoding: .utf8)
        print("\(target.name): \(kept.count) of \(files.count) inputs kept")
    }
}

/// What libFuzzer calls for each input.
@c(LLVMFuzzerTestOneInput)
func testOneInput(_ bytes: UnsafePointer<UInt8>?, _ size: Int) -> Int32 {
    let input = unsafe [UInt8](UnsafeBufferPointer(start: bytes, count: size))
    do { try unsafe Main.target.check(input) } catch { fatalError("\(error)") }
    return 0
}

/// A target with a fault that only a fuzzer that sees branches finds: it shows that the instruments are in.
private enum SelfTest {
    static let target = FuzzTarget(
        name: "self-test", summary: "", seeds: { [] },
        check: { bytes in
            guard bytes.count >= 5, bytes[0] == 0x52, bytes[1] == 0x75, bytes[2] == 0x63, bytes[3] == 0x68 else {
                return
            }
            try require(bytes[4] != 0x65, "the fault was found")
        })
}

import AMQP
import Testing

/// What the fuzzers know, run by the ordinary build: their seeds, what they found, and what reaches code that nothing
/// else reaches.
@Suite struct CorpusTests {
    @Test(arguments: FuzzTarget.all.map(\.name))
    func whatMustHoldHoldsForEveryInputThatIsKept(name: String) throws {
        let target = try #require(FuzzTarget.named(name))
        let inputs = try Corpus.inputs(of: target)
        #expect(try Corpus.kept(of: target).count > 5, "scripts/fuzz --pack fills it")
        for input in inputs {
            do { try target.check(input) } catch {
                Issue.record("\(error), of \(Corpus.escape(input))")
            }
        }
    }

    /// A frame of 128 KiB has room for 26,000 lists within each other: too many for a stack, were each a call.
    @Test func headersAsDeepAsAFrameAllowsAreRead() throws {
        let depth = 26_000
        let lists = (1...depth).reversed().flatMap { [UInt8(ascii: "A")] + Self.big(5 * ($0 - 1)) }
        let entry = [1, UInt8(ascii: "a")] + lists
        let headers = try #require(try FrameBytes.decoded(Self.big(entry.count) + entry))
        var value = headers["a"]
        var levels = 0
        while case .array(let elements)? = value {
            levels += 1
            value = elements.first
        }
        #expect(levels == WireLimits.depth && value == .void)
    }

    private static func big(_ number: Int) -> [UInt8] {
        (0..<4).map { UInt8(truncatingIfNeeded: number >> (24 - 8 * $0)) }
    }

    @Test(arguments: [[], [0x20], [0x23, 0x20], [0x5C, 0x6E], [0, 9, 10, 13, 0x7F, 0xFF], Array("a\\x41 # b ".utf8)])
    func anInputIsALineAndTheLineTheInput(input: [UInt8]) {
        let line = Corpus.escape(input)
        #expect(Corpus.unescape(line) == input)
        #expect(!line.utf8.contains(0x0A) && line.last != " " && !line.hasPrefix("#"))
    }
}

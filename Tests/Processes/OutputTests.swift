import Testing

@testable import Processes

@Suite("What programs write")
struct OutputTests {
    @Test("Every line arrives, in order")
    func allLines() async throws {
        let lease = try Lease(for: .seconds(3600))
        var next = 1
        let result = try await Program("seq", ["200000"]).run(under: lease) { line in
            #expect(line.text == String(next) && !line.isCut)
            next += 1
        }
        #expect(next == 200_001 && result.ending.isSuccess)
        #expect(result.tail.map(\.text) == (199_951...200_000).map(String.init))
    }

    @Test("A program writes on both at once, more than pipes hold, and nothing stands still")
    func bothStreams() async throws {
        let lease = try Lease(for: .seconds(3600))
        var counts: [OutputLine.Stream: Int] = [:]
        let script = "seq 50000 & seq 50000 >&2; wait"
        _ = try await Program.script(script).run(under: lease) { counts[$0.stream, default: 0] += 1 }
        #expect(counts == [.output: 50_000, .errors: 50_000])
    }

    @Test("Lines that nobody takes hold the program up, and not memory; dropped, they do not")
    func backPressure() async throws {
        let lease = try Lease(for: .seconds(3600))
        var program = Program.script("yes | head -c 4000000; echo end")
        program.bufferLimit = 10_000
        let child = try lease.start(program)
        #expect(await child.nextLine()?.text == "y")
        for _ in 0..<100_000 {
            _ = await child.nextLine()
            // Its limit, and what one read may add to it.
            #expect(child.child.shared.withLock { $0.bytes } < 10_000 + 32_768 * 66)
        }
        #expect(try await child.finish().isSuccess)
    }

    @Test("Lines that are longer than may wait pass one by one")
    func longLines() async throws {
        let lease = try Lease(for: .seconds(3600))
        var program = Program.script("while [ $((n = n + 1)) -le 300 ]; do printf '%01000d\\n' $n; done")
        program.bufferLimit = 100
        var next = 1
        let result = try await program.run(under: lease) { line in
            #expect(line.text.count == 1000 && Int(line.text) == next)
            next += 1
        }
        #expect(result.ending.isSuccess && next == 301)
    }

    @Test("The loop does not sleep while a dead program has room for what it left")
    func leftovers() {
        let children = [Child(Program("living")), Child(Program("dead"))]
        #expect(LeaseLoop.rest(of: children) == .distantFuture)
        children[1].outcome = .success(.exited(0))
        #expect(LeaseLoop.rest(of: children) <= .now)
        children[1].shared.withLock { $0.isFull = true }
        #expect(LeaseLoop.rest(of: children) == .distantFuture)
        let time = BootTime.now + .seconds(60)
        children[0].killTime = time
        #expect(LeaseLoop.rest(of: children) == time)
    }

    @Test("A line is cut at its limit, and the next is whole")
    func longLine() async throws {
        let lease = try Lease(for: .seconds(3600))
        var program = Program.script("head -c 10000000 /dev/zero | tr '\\0' x; echo; echo next; printf rest")
        program.lineLimit = 1000
        let result = try await program.run(under: lease)
        #expect(
            result.tail == [
                OutputLine(.output, String(repeating: "x", count: 1000), isCut: true), OutputLine(.output, "next"),
                OutputLine(.output, "rest"),
            ])
    }

    @Test(
        "Lines are the same wherever the bytes are cut",
        arguments: [
            ("", []), ("\n", [""]), ("a", ["a"]), ("a\n", ["a"]), ("a\n\nb", ["a", "", "b"]),
            ("four\nfives\nsix-it\n", ["four", "fives", "six-i+"]), ("\u{1F980}\n", ["\u{1F980}"]),
            ("too long", ["too l+"]),
        ])
    func splitting(text: String, lines: [String]) {
        let bytes = Array(text.utf8)
        for cut in 0...bytes.count {
            var splitter = LineSplitter(.output, limit: 5)
            var found = splitter.take(bytes[..<cut]) + splitter.take(bytes[cut...])
            if let rest = splitter.takeRest() { found.append(rest) }
            #expect(found.map { $0.text + ($0.isCut ? "+" : "") } == lines, "cut at \(cut)")
            #expect(splitter.takeRest() == nil)
        }
    }

    @Test("The tail has a bound in lines and one in bytes")
    func tail() {
        var tail = OutputTail()
        for number in 0..<200 { tail.append(OutputLine(.output, String(number))) }
        #expect(tail.lines.map(\.text) == (150..<200).map(String.init))
        let long = String(repeating: "x", count: 30_000)
        for _ in 0..<10 { tail.append(OutputLine(.output, long)) }
        #expect(tail.lines.map(\.text) == [long, long])
    }
}

@testable import Contracts

extension FuzzTarget {
    /// The payload of every command.
    static let commands = FuzzTarget(
        name: "commands", summary: "payloads: the first byte chooses the command, the rest is its JSON",
        seeds: {
            Catalogue.commands.enumerated().flatMap { index, command in
                [command.example.json(), command.completionExampleJSON].map { [UInt8(index)] + $0 }
            }
                + [
                    #"\#u{5}{"records":[{"msg":"a","time":"2026-05-04T10:02:03.123Z","LEVEL":"Warning","x":1.50}]}"#,
                    #"\#u{5}{"records":[{"msg":"9","ts":9223372036.9},{"log":"","host":"","app":"é"},{"msg":1}]}"#,
                    #"\#u{5}{"streams":[{"stream":{"a":"b","level":"info"},"values":[["1","x"],["2","y",{"t":1}]]}]}"#,
                    #"\#u{0}{"session":"s","rows":[{"serverIp":"192.0.2.1","cores":4,"sshPassword":"p"}]}"#,
                    #"\#u{1}{"holder":"a","ttlSeconds":6e1,"unknown":{"holder":[]},"prefix":"192.0.2.0/24"}"#,
                    #"\#u{1}{"holder":"a","holder":"b"}"#, #"\#u{1}{"a~b/c":1,"a~b/c":2}"#,
                ].map { Array($0.utf8) }
        },
        check: { bytes in
            var input = FuzzInput(bytes)
            let command = Catalogue.commands[Int(input.byte()) % Catalogue.commands.count]
            try check(command, input.remainder())
        })

    private static func check<C: Command>(_ command: C.Type, _ body: [UInt8]) throws {
        let strict = try read(command, body, strict: true)
        let message: C
        do throws(Fault) {
            message = try C(json: body)
        } catch {
            try checkPointer(error, in: body)
            try require(strict == nil, "what is taken strictly is taken always")
            return
        }
        let json = message.json()
        if let strict { try requireSame(strict.json(), json, "strictly read") }
        try require(PlainJSON(json) != nil, "what is written is JSON: \(String(decoding: json, as: UTF8.self))")
        try requireSame(try C(json: json).json(), json, "written, read and written")
        guard let again = try read(command, json, strict: true) else { return }
        try requireSame(again.json(), json, "strictly read again")
        try require(PlainJSON(message.maskedJSON()) != nil, "what is shown is JSON")
    }

    private static func read<C: Command>(_ command: C.Type, _ body: [UInt8], strict: Bool) throws -> C? {
        do throws(Fault) { return try C(json: body, strict: strict) } catch {
            try checkPointer(error, in: body)
            return nil
        }
    }

    /// What a fault says can be sent, and leads to a place that is there.
    static func checkPointer(_ fault: Fault, in body: [UInt8]?) throws {
        try requireSame(try Reason(json: Reason(fault).json()), Reason(fault), "the reason")
        // By scalars: a slash and an accent behind it are one character, and no slash.
        let tokens = fault.pointer.unicodeScalars.split(separator: "/", omittingEmptySubsequences: false)
        try require(tokens[0].isEmpty, "a pointer begins with a slash: \(fault.pointer)")
        var names: [String] = []
        for token in tokens.dropFirst() {
            let parts = token.split(separator: "~", omittingEmptySubsequences: false)
            let (head, tails) = (String(parts[0]), parts.dropFirst())
            try require(tails.allSatisfy { ["0", "1"].contains($0.first) }, "a ~ is escaped: \(fault.pointer)")
            names.append(tails.reduce(into: head) { $0 += ($1.first == "1" ? "/" : "~") + String($1.dropFirst()) })
        }
        // A name that is too long to show is cut.
        guard let body, let tree = PlainJSON(body), !fault.pointer.unicodeScalars.contains("…"), !names.isEmpty else {
            return
        }
        try require(tree.resolves(names.dropLast()[...]), "\(fault.pointer) leads nowhere")
        if [.wrongType, .unknownField, .duplicateField, .nulCharacter, .invalidUTF8].contains(fault.code) {
            try require(tree.resolves(names[...]), "\(fault.pointer) is not there (\(fault.code))")
        }
    }

    /// Events as subscribers read them.
    static let events = FuzzTarget(
        name: "events", summary: "events: read, written and read again",
        seeds: {
            Catalogue.commands.map { command in
                CompletionEvent(
                    id: UniqueID(high: 1, low: 2), command: command.name, kind: .succeeded, subject: "job-1",
                    time: .example, correlationID: "c", traceparent: "00-1-2-01", data: command.completionExampleJSON
                ).encode()
            }
        },
        check: { bytes in
            let event: CompletionEvent
            do throws(Fault) { event = try CompletionEvent(parsing: bytes) } catch {
                try checkPointer(error, in: nil)
                return
            }
            let written = event.encode()
            try require(PlainJSON(written) != nil, "what is written is JSON")
            let again = try CompletionEvent(parsing: written)
            try requireSame(again.encode(), written, "written, read and written")
            try requireSame(again.data, event.data, "the data")
            _ = try? event.decode(Reason.self)
        })
}

extension Command {
    /// The JSON of the completion that the documents show.
    static var completionExampleJSON: [UInt8] { completionExample.json() }
}

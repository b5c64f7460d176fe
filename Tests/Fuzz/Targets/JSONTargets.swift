@testable import Contracts

extension FuzzTarget {
    /// The reader of JSON against a plain one: the same texts are taken, and mean the same.
    static let json = FuzzTarget(
        name: "json", summary: "JSON: the reader against a plain one, the tree, the writer",
        seeds: {
            Catalogue.commands.map { $0.example.json() }
                + [
                    #"{"a":[1,-0.5e+3,true,false,null,"x\u00e9\ud83d\ude00\n"],"a":{}}"#, #" [ ] "#, #""\u0000""#,
                    #""\ud800""#, "[[[[[[[[1]]]]]]]]", "\u{FEFF}{}", #"{"":""}"#, "nul", "-", "01", "1e", "[1,]",
                ].map { Array($0.utf8) }
        },
        check: { bytes in
            let plain = PlainJSON(bytes)
            var reader = JSONReader(bytes)
            let fast = try? Self.tree(&reader, toEnd: true)
            try requireSame(fast, plain, "the tree")
            var skipper = JSONReader(bytes)
            let isSkipped = (try? skipper.skipValue()) != nil && (try? skipper.finish()) != nil
            try requireSame(isSkipped, plain != nil, "whether it is JSON")
            // Whoever repairs texts takes at least what others take, and reads the same in it.
            var repairing = JSONReader(bytes, repairingText: true)
            let repaired = try? Self.tree(&repairing, toEnd: true)
            if plain != nil { try requireSame(repaired, plain, "the tree with texts repaired") }
            guard plain != nil else { return }
            var writer = JSONWriter()
            try JSONTree(parsing: bytes).write(to: &writer)
            try requireSame(PlainJSON(writer.bytes), plain, "the tree written again")
            var once = JSONWriter()
            try JSONTree(parsing: writer.bytes).write(to: &once)
            try requireSame(once.bytes, writer.bytes, "the tree written twice")
        })

    /// Numbers against arithmetic on digits.
    static let numbers = FuzzTarget(
        name: "numbers", summary: "numbers of JSON: whole ones to the digit, others to the nearest",
        seeds: {
            [
                "0", "-0", "3600", "3600.0", "3.6e3", "9223372036854775807", "-9223372036854775808",
                "9223372036854775808", "1e19", "0e999999999999", "1.5", "15e-1", "150e-1", "-12.50e1", "1E400",
                "0.000000000000000000001e21", "00", "1.", "+1", "1e+", "999999999999999999",
            ].map { Array($0.utf8) }
        },
        check: { bytes in
            var reader = JSONReader(bytes)
            var integer: Int?
            var fault: Fault?
            do throws(Fault) {
                integer = try reader.readInteger()
                try reader.finish()
            } catch { fault = error }
            guard case .number(let text)? = PlainJSON(bytes) else {
                try require(fault != nil, "an integer was read from what is no number")
                return
            }
            switch Self.integer(text) {
            case .value(let value): try requireSame(integer, value, "the integer of \(text)")
            case .fraction: try requireSame(fault?.code, .wrongType, "the fault of \(text)")
            case .tooLarge: try requireSame(fault?.code, .outOfRange, "the fault of \(text)")
            }
            var second = JSONReader(bytes)
            let number = try? second.readNumber()
            let nearest = Double(text).flatMap { $0.isFinite ? $0 : nil }
            try requireSame(number, nearest, "the number of \(text)")
            guard let integer else { return }
            var writer = JSONWriter()
            writer.write(integer)
            try requireSame(String(decoding: writer.bytes, as: UTF8.self), String(integer), "the integer written")
        })

    private enum Whole {
        case value(Int), fraction, tooLarge
    }

    /// What a number of JSON is as an integer, by moving its point.
    private static func integer(_ text: String) -> Whole {
        let parts = text.split(whereSeparator: { "eE".contains($0) })
        let exponent = parts.count == 2 ? Int(parts[1]) ?? (parts[1].hasPrefix("-") ? -100_000 : 100_000) : 0
        let isNegative = text.hasPrefix("-")
        let mantissa = parts[0].drop { $0 == "-" }.split(separator: ".", omittingEmptySubsequences: false)
        var digits = mantissa.joined()
        var behind = (mantissa.count == 2 ? mantissa[1].count : 0) - max(-100_000, min(100_000, exponent))
        if digits.allSatisfy({ $0 == "0" }) { return .value(0) }
        while behind > 0, digits.last == "0" {
            digits.removeLast()
            behind -= 1
        }
        if behind > 0 { return .fraction }
        let whole = digits.drop { $0 == "0" }
        if whole.count - behind > 30 { return .tooLarge }
        let value = Int128(whole + String(repeating: "0", count: -behind))! * (isNegative ? -1 : 1)
        return Int(exactly: value).map { .value($0) } ?? .tooLarge
    }

    /// Reads a value the fast way into the plain tree.
    private static func tree(_ reader: inout JSONReader, toEnd: Bool = false) throws -> PlainJSON {
        let value: PlainJSON
        switch reader.peek() {
        case UInt8(ascii: "{"):
            var members: [PlainJSON.Member] = []
            try reader.enterObject()
            while let key = try reader.nextKey() {
                members.append(PlainJSON.Member(name: reader.text(of: key), value: try tree(&reader)))
            }
            value = .object(members)
        case UInt8(ascii: "["):
            var elements: [PlainJSON] = []
            try reader.enterList()
            while try reader.nextElement() { elements.append(try tree(&reader)) }
            value = .list(elements)
        case UInt8(ascii: "\""): value = .text(try reader.readText())
        case UInt8(ascii: "t"), UInt8(ascii: "f"): value = .flag(try reader.readFlag())
        case UInt8(ascii: "n"):
            _ = try reader.readNull()
            value = .null
        default: value = .number(String(decoding: reader.bytes[try reader.scanNumber()], as: UTF8.self))
        }
        if toEnd { try reader.finish() }
        return value
    }
}

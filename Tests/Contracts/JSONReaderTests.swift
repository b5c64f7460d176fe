import Contracts
import Testing

struct JSONReaderTests {
    @Test(
        "Integers are exact to the last of 64 bits",
        arguments: [
            ("0", 0), ("-0", 0), ("9223372036854775807", .max), ("-9223372036854775808", .min), ("3600.0", 3600),
            ("3.6e3", 3600), ("36000E-1", 3600), ("0.000e5", 0), ("0e999999999999", 0), ("12e+2", 1200),
            ("92233720368547758.07e2", .max), (" 7 ", 7),
        ] as [(String, Int)])
    func integers(text: String, value: Int) throws {
        var reader = JSONReader(Array(text.utf8))
        #expect(try reader.readInteger() == value)
        try reader.finish()
    }

    @Test(
        "What is no integer of 64 bits is refused",
        arguments: [
            ("9223372036854775808", "out-of-range"), ("-9223372036854775809", "out-of-range"),
            ("1e19", "out-of-range"), ("1e999999999999", "out-of-range"), ("1.5", "wrong-type"),
            ("1e-1", "wrong-type"), ("1e-999999999999", "wrong-type"), ("\"1\"", "wrong-type"), ("01", "malformed"),
            ("1.", "malformed"), ("-", "malformed"), ("+1", "malformed"), (".5", "malformed"), ("1e", "malformed"),
            ("0x10", "malformed"), ("NaN", "malformed"), ("", "malformed"), ("--1", "malformed"),
        ] as [(String, Fault.Code)])
    func badIntegers(text: String, code: Fault.Code) {
        let error = #expect(throws: Fault.self) {
            var reader = JSONReader(Array(text.utf8))
            _ = try reader.readInteger()
            try reader.finish()
        }
        #expect(error?.code == code)
    }

    @Test(
        "Texts are read with all their escapes",
        arguments: [
            (#""""#, ""), (#""a\"\\\/\b\f\n\r\tz""#, "a\"\\/\u{8}\u{C}\n\r\tz"), (#""\u00e9\u20AC""#, "é€"),
            (#""\ud83d\uDE00""#, "😀"), ("\"é€😀\"", "é€😀"), (#""\u0001""#, "\u{1}"), ("\"\u{7F}\"", "\u{7F}"),
            (#""\\u0000""#, "\\u0000"),
        ])
    func texts(json: String, value: String) throws {
        var reader = JSONReader(Array(json.utf8))
        #expect(try reader.readText() == value)
        try reader.finish()
    }

    @Test(
        "Texts that cannot be kept are refused",
        arguments: [
            (Array(#""\u0000""#.utf8), "nul-character"), ([0x22, 0, 0x22], "nul-character"),
            (Array(#""\ud800""#.utf8), "invalid-utf8"), (Array(#""\ud800\u0041""#.utf8), "invalid-utf8"),
            (Array(#""\udc00\ud800""#.utf8), "invalid-utf8"), (Array(#""\ud800x""#.utf8), "invalid-utf8"),
            ([0x22, 0xFF, 0x22], "invalid-utf8"), ([0x22, 0xC0, 0x80, 0x22], "invalid-utf8"),
            ([0x22, 0xED, 0xA0, 0x80, 0x22], "invalid-utf8"), ([0x22, 0xC3, 0x22], "invalid-utf8"),
            ([0x22, 0x0A, 0x22], "malformed"), (Array(#""\x41""#.utf8), "malformed"),
            (Array(#""\u12""#.utf8), "malformed"), (Array(#""\u12g4""#.utf8), "malformed"),
            (Array(#""abc"#.utf8), "malformed"), (Array(#""abc\"#.utf8), "malformed"), ([0x22], "malformed"),
        ] as [([UInt8], Fault.Code)])
    func badTexts(json: [UInt8], code: Fault.Code) {
        let read = #expect(throws: Fault.self) {
            var reader = JSONReader(json)
            _ = try reader.readText()
        }
        #expect(read?.code == code)
        let skipped = #expect(throws: Fault.self) {
            var reader = JSONReader(json)
            try reader.skipValue()
        }
        #expect(skipped?.code == code)
    }

    @Test(
        "A body that is not one JSON object is refused",
        arguments: [
            ("", "malformed"), ("   ", "malformed"), ("[]", "wrong-type"), ("null", "wrong-type"), ("7", "wrong-type"),
            ("{", "malformed"), (#"{"x":1"#, "malformed"), (#"{"x":1,}"#, "malformed"), (#"{,"x":1}"#, "malformed"),
            (#"{"x" 1}"#, "malformed"), (#"{x:1}"#, "malformed"), (#"{'x':1}"#, "malformed"),
            (#"{"x":1} x"#, "malformed"), (#"{"x":1}{}"#, "malformed"), (#"{"x":1,"y":[1,]}"#, "malformed"),
            (#"{"x":1,"y":[,1]}"#, "malformed"), (#"{"x":1,"y":}"#, "malformed"), (#"{"x":1 "y":2}"#, "malformed"),
            (#"{"x":1,"y":[1 2]}"#, "malformed"), (#"{"x":1,"y":nul}"#, "malformed"), ("// c\n{}", "malformed"),
            (#"{"x":1,"y":[1}"#, "malformed"), ("\u{FEFF}", "malformed"),
        ] as [(String, Fault.Code)])
    func badBodies(json: String, code: Fault.Code) {
        #expect(refusal(Inner.self, json)?.code == code)
    }

    @Test("White space and a byte order mark are passed over")
    func space() throws {
        let json = "\u{FEFF} \t\r\n{ \"x\" \n:\t1 , \"y\" : [ ] , \"z\" : { } } \n"
        #expect(try Inner(json: Array(json.utf8)).x == 1)
    }

    @Test("Sixty-four levels are read and the sixty-fifth is a fault")
    func depth() {
        func nested(_ levels: Int) -> String {
            let lists = String(repeating: "[", count: levels - 1) + String(repeating: "]", count: levels - 1)
            return "{\"y\":\(lists),\"x\":1}"
        }
        #expect(refusal(Inner.self, nested(64)) == nil)
        #expect(refusal(Inner.self, nested(65)) == Refusal(code: .tooDeep, pointer: "/y"))
        #expect(refusal(Inner.self, nested(100_000)) == Refusal(code: .tooDeep, pointer: "/y"))
    }

    @Test("Every cut of a good body is a fault and nothing worse")
    func cuts() {
        let body = LeaseIP.example.json()
        for length in 0..<body.count {
            #expect(refusal(LeaseIP.self, bytes: Array(body[..<length])) != nil)
        }
    }

    @Test("Bytes changed at random are read or refused, never a trap")
    func noise() {
        var source = SplitMix(state: 42)
        let body = Array(#"{"name":"é\u00e9","numbers":[1,2.0e0],"labels":{"a":"b"},"items":[{"x":1}],"o":[{}]}"#.utf8)
        let spice = Array(#"{}[]",:\u0123456789eE+-.tfn"#.utf8) + [0, 0x80, 0xC3, 0xFF, 0xED]
        for _ in 0..<20_000 {
            var changed = body
            for _ in 0...(source.next() % 3) {
                changed[Int(source.next() % UInt64(body.count))] = spice[Int(source.next() % UInt64(spice.count))]
            }
            guard let sample = try? Sample(json: changed) else { continue }
            #expect((try? Sample(json: sample.json(), strict: true)) == sample)
        }
    }
}

/// A small generator with a fixed start, so that a failure repeats.
struct SplitMix: RandomNumberGenerator {
    var state: UInt64

    mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var mixed = state
        mixed = (mixed ^ (mixed >> 30)) &* 0xBF58_476D_1CE4_E5B9
        mixed = (mixed ^ (mixed >> 27)) &* 0x94D0_49BB_1331_11EB
        return mixed ^ (mixed >> 31)
    }
}

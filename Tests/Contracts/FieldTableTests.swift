import Contracts
import Testing

struct FieldTableTests {
    @Test("Each kind of value is read")
    func reads() throws {
        let json = """
            {"name":"ünï","code":"a-1","cell":12.50,"count":7,"ratio":0.5,"isOpen":true,"at":"2026-05-04T10:00:00Z",
             "id":"019df258-a0a8-7d41-9c2e-5b6f0a1b2c3d","colour":"dark-blue",
             "numbers":[1,2],"labels":{"b":"2","a":"1"},
             "inner":{"x":-1},"items":[{"x":1},{"x":2}],"secret":"s"}
            """
        let sample = try Sample(json: Array(json.utf8), strict: true)
        #expect(sample.name == "ünï")
        #expect(sample.cell == "12.50")
        #expect(sample.at == Timestamp(microseconds: 1_777_888_800_000_000))
        #expect(sample.colour == .darkBlue)
        #expect(sample.labels == ["a": "1", "b": "2"])
        #expect(sample.items == [Inner(x: 1), Inner(x: 2)])
        #expect(try Sample(json: sample.json(), strict: true) == sample)
    }

    @Test("Absent fields have their defaults, and null is as good as absent")
    func defaults() throws {
        let json = #"{"name":"a","count":null,"code":null,"colour":null,"items":null}"#
        let sample = try Sample(json: Array(json.utf8), strict: true)
        #expect(sample.count == 3)
        #expect(sample.colour == .red)
        #expect(sample.items == nil)
        #expect(text(sample.json()) == #"{"name":"a","count":3,"colour":"red"}"#)
    }

    @Test(
        "A fault has its code and a pointer to its place",
        arguments: [
            (#"{}"#, "missing-field", "/name"),
            (#"{"name":null}"#, "wrong-type", "/name"),
            (#"{"name":7}"#, "wrong-type", "/name"),
            (#"{"name":""}"#, "out-of-range", "/name"),
            (#"{"name":"abcdef"}"#, "out-of-range", "/name"),
            (#"{"name":"a","name":"b"}"#, "duplicate-field", "/name"),
            (#"{"name":"a","other":1,"other":2}"#, "duplicate-field", "/other"),
            (#"{"name":"a","n\u0061me":"b"}"#, "duplicate-field", "/name"),
            (#"{"name":"a","code":"A b"}"#, "invalid-value", "/code"),
            (#"{"name":"a","cell":[]}"#, "wrong-type", "/cell"),
            (#"{"name":"a","count":0}"#, "out-of-range", "/count"),
            (#"{"name":"a","count":"1"}"#, "wrong-type", "/count"),
            (#"{"name":"a","count":1.5}"#, "wrong-type", "/count"),
            (#"{"name":"a","ratio":1.01}"#, "out-of-range", "/ratio"),
            (#"{"name":"a","ratio":1e999}"#, "out-of-range", "/ratio"),
            (#"{"name":"a","isOpen":"true"}"#, "wrong-type", "/isOpen"),
            (#"{"name":"a","isOpen":tru}"#, "malformed", "/isOpen"),
            (#"{"name":"a","at":"yesterday"}"#, "invalid-value", "/at"),
            (#"{"name":"a","id":"1"}"#, "invalid-value", "/id"),
            (#"{"name":"a","colour":"green"}"#, "invalid-value", "/colour"),
            (#"{"name":"a","numbers":[]}"#, "out-of-range", "/numbers"),
            (#"{"name":"a","numbers":[1,2,3,4]}"#, "out-of-range", "/numbers"),
            (#"{"name":"a","numbers":[1,22]}"#, "out-of-range", "/numbers/1"),
            (#"{"name":"a","labels":{"a/b~c":1}}"#, "wrong-type", "/labels/a~1b~0c"),
            (#"{"name":"a","labels":{"a":"1","a":"2"}}"#, "duplicate-field", "/labels/a"),
            (#"{"name":"a","labels":{"a":"1","b":"2","c":"3"}}"#, "out-of-range", "/labels"),
            (#"{"name":"a","inner":{}}"#, "missing-field", "/inner/x"),
            (#"{"name":"a","items":[{"x":1},{"x":true}]}"#, "wrong-type", "/items/1/x"),
            (#"{"name":"a","items":[null]}"#, "wrong-type", "/items/0"),
            (#"{"name":"\u0000"}"#, "nul-character", "/name"),
            (#"{"name":"\ud800"}"#, "invalid-utf8", "/name"),
            (#"{"name":"a","other":"\udc00"}"#, "invalid-utf8", "/other"),
            (#"{"name":"a","other":[{"deep":"\u0000"}]}"#, "nul-character", "/other"),
        ] as [(String, Fault.Code, String)])
    func faults(json: String, code: Fault.Code, pointer: String) {
        #expect(refusal(Sample.self, json) == Refusal(code: code, pointer: pointer))
    }

    @Test("A field's name of any length is shown in a few words", arguments: ["x", "\u{301}", "/", "~"])
    func longNames(text: String) throws {
        let name = String(repeating: text, count: 100_000)
        let found = try #require(refusal(Sample.self, #"{"name":"a","\#(name)":1,"\#(name)":2}"#))
        #expect(found.code == .duplicateField && found.pointer.utf8.count < 300)
    }

    @Test("An unknown field is passed over, whatever it holds")
    func tolerant() throws {
        let json = #"{"x":{"y":[1,"]}",{"z":null}]},"name":"a","\u0078y":-1.5e-3}"#
        #expect(try Sample(json: Array(json.utf8)).name == "a")
    }

    @Test(
        "A strict reader refuses an unknown field and suggests the one that was meant",
        arguments: [
            ("cuont", "count"), ("COUNT", "count"), ("is_open", "isOpen"), ("colours", "colour"), ("lab", "labels"),
            ("zzzzzz", nil), ("q", nil),
        ] as [(String, String?)])
    func suggestions(name: String, meant: String?) {
        let error = #expect(throws: Fault.self) {
            try Sample(json: Array("{\"name\":\"a\",\"\(name)\":1}".utf8), strict: true)
        }
        #expect(error?.code == .unknownField)
        #expect(error?.pointer == "/\(name)")
        let hint = meant.map { " Did you mean “\($0)”?" } ?? ""
        #expect(error?.message == "There is no such field.\(hint)")
    }

    @Test("A very long unknown name is cut in the pointer")
    func longName() {
        let name = String(repeating: "x", count: 10_000)
        let found = refusal(Sample.self, "{\"\(name)\":1}", strict: true)
        #expect(found?.pointer.count == 66)
    }

    @Test("A fault never shows the value that caused it")
    func discreet() {
        let error = #expect(throws: Fault.self) {
            try Sample(json: Array(#"{"name":"a","secret":"hunter2-hunter2"}"#.utf8))
        }
        #expect(error?.description.contains("hunter2") == false)
    }

    @Test("Masked JSON hides secrets and nothing else")
    func masked() {
        var sample = Sample()
        sample.name = "a"
        sample.secret = "hunter2"
        #expect(text(sample.maskedJSON()) == #"{"name":"a","count":3,"colour":"red","secret":"***"}"#)
    }

    @Test("The table tells tools what there is")
    func descriptions() throws {
        let fields = Sample.fields.descriptions
        #expect(fields.map(\.name).prefix(4) == ["name", "code", "cell", "count"])
        #expect(fields.filter(\.isRequired).map(\.name) == ["name"])
        #expect(fields.filter(\.isSecret).map(\.name) == ["secret"])
        #expect(fields.compactMap(\.defaultValue) == ["3", "\"red\""])
        let count = try #require(fields.first { $0.name == "count" })
        #expect(count.typeText == "integer 1…100")
        #expect(fields.first { $0.name == "colour" }?.typeText == "red or dark-blue")
    }
}

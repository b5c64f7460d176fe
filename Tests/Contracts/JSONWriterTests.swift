import Contracts
import Testing

struct JSONWriterTests {
    @Test(
        "Texts are escaped as JSON asks for, and no more",
        arguments: [
            ("", #""""#), ("a\"b\\c/d", #""a\"b\\c/d""#),
            ("\n\r\t\u{0}\u{1F}\u{7F}", "\"\\n\\r\\t\\u0000\\u001f\u{7F}\""),
            ("é😀", "\"é😀\""),
        ])
    func texts(value: String, json: String) {
        var writer = JSONWriter()
        writer.write(value)
        #expect(text(writer.bytes) == json)
    }

    @Test("Commas and colons are put where they belong")
    func structure() {
        var writer = JSONWriter()
        writer.beginObject()
        writer.key("a")
        writer.beginList()
        writer.write(1)
        writer.write(-20)
        writer.beginObject()
        writer.endObject()
        writer.beginList()
        writer.endList()
        writer.endList()
        writer.key("b")
        writer.writeNull()
        writer.key("c")
        writer.write(true)
        writer.key("d")
        writer.write(0.25)
        writer.key("e")
        writer.write(Double.nan)
        writer.endObject()
        #expect(text(writer.bytes) == #"{"a":[1,-20,{},[]],"b":null,"c":true,"d":0.25,"e":null}"#)
    }

    @Test("Integers are written to the last digit", arguments: [0, 7, -7, 10, 1_234_567_890, Int.max, Int.min])
    func integers(value: Int) {
        var writer = JSONWriter()
        writer.write(value)
        #expect(text(writer.bytes) == String(value))
    }

    @Test("Numbers read back as they were", arguments: [0.1, -1.5e300, 2.5e-308, 1e20, 123_456_789.25])
    func numbers(value: Double) throws {
        var writer = JSONWriter()
        writer.write(value)
        var reader = JSONReader(writer.bytes)
        #expect(try reader.readNumber() == value)
    }
}

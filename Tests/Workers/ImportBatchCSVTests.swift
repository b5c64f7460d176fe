import TestSupport
import Testing

@testable import ImportBatchWorker

/// The form of a list: RFC 4180, its dialects, and the ways in which it can be broken.
struct ImportBatchCSVTests {
    @Test(
        "records and fields are cut as RFC 4180 says",
        arguments: [
            ("a,b\n1,2\n", [["a", "b"], ["1", "2"]]),
            ("a,b\r\n1,2\r\n", [["a", "b"], ["1", "2"]]),
            ("a,b\r1,2\r", [["a", "b"], ["1", "2"]]),
            ("a,b\n1,2", [["a", "b"], ["1", "2"]]),
            ("a,b\n1,\n,\n", [["a", "b"], ["1", ""], ["", ""]]),
            ("\u{FEFF}a,b\n1,2\n", [["a", "b"], ["1", "2"]]),
            ("a;b\n1,5;2\n", [["a", "b"], ["1,5", "2"]]),
            ("a\tb\n1;2\t3,4\n", [["a", "b"], ["1;2", "3,4"]]),
            ("\"a;x\",b,c\n1,2,3\n", [["a;x", "b", "c"], ["1", "2", "3"]]),
            ("a,b\n\"1,2\",\"say \"\"hi\"\"\"\n", [["a", "b"], ["1,2", "say \"hi\""]]),
            ("a,b\n\"one\ntwo\",\"\"\n", [["a", "b"], ["one\ntwo", ""]]),
            ("a,b\r\n\"one\r\ntwo\",x\r\n", [["a", "b"], ["one\r\ntwo", "x"]]),
            ("a\n\n1\n", [["a"], [""], ["1"]]),
            ("", []),
            ("a", [["a"]]),
        ])
    func cutsRecords(text: String, expected: [[String]]) {
        #expect(records(of: Array(text.utf8), cutEvery: .max).map(\.fields) == expected)
    }

    @Test("a cut anywhere in the file changes nothing", arguments: [",", ";", "\t"], ["\n", "\r\n", "\r"])
    func cutsAnywhere(separator: String, lineEnd: String) {
        let lines = ["\u{FEFF}\"a\"|b|ü", "\"x\"\"|\n\"|2|é€", "|\"\"|", "", "\"\r\n\"|\"||\"|last"]
        let text = lines.joined(separator: lineEnd).split(separator: "|", omittingEmptySubsequences: false)
            .joined(separator: separator)
        let bytes = Array(text.utf8)
        let whole = records(of: bytes, cutEvery: .max)
        #expect(whole.count == 5)
        for size in 1...bytes.count { #expect(records(of: bytes, cutEvery: size) == whole) }
    }

    @Test("a list cut at every byte gives the same rows and faults")
    func cutsList() {
        var list = ServerList(count: 4)
        list.faultEvery = 3
        list.lineEnd = "\r\n"
        let bytes = Array(("\u{FEFF}" + list.csv + "10.0.0.9,\"ye\"s,1\n\"open").utf8)
        let whole = ListReading(bytes)
        #expect(whole.rows.count == 4)
        #expect(whole.faults.map { String($0.split(separator: " ").last ?? "") }.last == "unterminated-quote")
        for cut in 0...bytes.count { #expect(ListReading(bytes, cuts: [cut]) == whole) }
        #expect(ListReading(bytes, cuts: Array(0..<bytes.count)) == whole)
    }

    @Test("a record begins on the line that an editor shows", arguments: ["\n", "\r\n", "\r"])
    func countsLines(lineEnd: String) {
        let text = ["a,b", "\"1", "2\",3", "", "4,5"].joined(separator: lineEnd)
        #expect(records(of: Array(text.utf8), cutEvery: .max).map(\.line) == [1, 2, 4, 5])
    }

    @Test("an endless field or record is cut off, and the next record is read")
    func boundsMemory() {
        let limits = CSVParser.Limits(field: 10, record: 30)
        let fields = Array("a,b\n0123456789X,y\n01234567,01234567,01234567,01234567\nc,d\n".utf8)
        let read = records(of: fields, cutEvery: 3, limits: limits)
        #expect(read.map(\.isTooLong) == [false, false, true, false])
        #expect(read.map(\.problems) == [0, 1, 0, 0])
        #expect(read[3].fields == ["c", "d"])
        let separators = [UInt8](repeating: 0x2C, count: 100_000)
        let flood = records(of: Array("a,b\n".utf8) + separators, cutEvery: 1000, limits: limits)
        #expect(flood[1].isTooLong)
        #expect(flood[1].fields.count <= 31)
    }
}

private struct ReadRecord: Equatable {
    var line: Int
    var fields: [String]
    var problems: Int
    var isTooLong: Bool
}

private func records(of bytes: [UInt8], cutEvery size: Int, limits: CSVParser.Limits = .init()) -> [ReadRecord] {
    var parser = CSVParser(limits: limits)
    var found: [ReadRecord] = []
    func keep(_ record: CSVRecord) {
        let fields = (0..<record.count).map { String(decoding: record[$0], as: UTF8.self) }
        found.append(
            ReadRecord(
                line: record.line, fields: fields, problems: record.problems.count, isTooLong: record.isTooLong))
    }
    var start = 0
    while start < bytes.count {
        let piece = Array(bytes[start..<(size < bytes.count - start ? start + size : bytes.count)])
        var offset = 0
        while parser.advance(piece, from: &offset) { keep(parser.record) }
        start += piece.count
    }
    while parser.finish() { keep(parser.record) }
    return found
}

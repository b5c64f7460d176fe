import Contracts
@testable import ImportBatchWorker

extension FuzzTarget {
    /// Lists of servers as CSV.
    static let lists = FuzzTarget(
        name: "lists", summary: "CSV: wherever it is cut, as a plain parser reads it, and checked row by row",
        seeds: {
            let header = "serverIp,isSsl,cores,ramMb,storageGb,sshUser,sshPort,sshAuth,sshPassword,provider"
            let row = "192.0.2.1,true,4,8192,80,root,22,PASSWORD,\"p\"\"w,\r\n\",acme"
            let piece: (String) -> [UInt8] = { [3, 1, 7, 40] + Array($0.utf8) }
            return [
                piece("\(header)\n\(row)\n"), piece("\u{FEFF}\(header)\r\n\(row)\r\n\(row)"),
                piece("\(header)\r\r\(row)\r".replacing(",", with: ";")), piece("a\tb\n\"x\ty\"\t\"\"\n\n"),
                piece("\(header)\n2001:db8::1,no,0,-1,x,,70000,key,,\n"), piece("\"a\"b,c\n\"open"),
                piece("\n\n\"\"\n"),
            ]
        },
        check: { bytes in
            var input = FuzzInput(bytes)
            var cuts: [Int] = []
            let places = (0..<Int(input.byte() % 8)).map { _ in Int(input.byte()) }
            let file = input.remainder()
            for place in places { cuts.append(min(file.count, (cuts.last ?? 0) + place)) }
            let whole = records(file, cuts: [])
            try requireSame(records(file, cuts: cuts), whole, "records of the file in pieces")
            try requireSame(
                records(file, cuts: Array(file.indices.prefix(600))), whole, "records of the file byte by byte")
            if let plain = PlainCSV(file) {
                let fast = whole.map { PlainCSV.Record(line: $0.line, fields: $0.fields) }
                try requireSame(fast, plain.records, "records")
                try require(whole.allSatisfy { $0.remarks.isEmpty }, "a plain file has no faults of form")
            }
            let reading = Reading(file, cuts: [])
            try requireSame(Reading(file, cuts: cuts), reading, "the list read in pieces")
            try require(
                reading.faults.isEmpty == (reading.rejected == 0 && reading.isReadable), "faults and rejections")
            for row in reading.rows {
                try require(IPAddress(row.ip)?.description == row.ip, "the address \(row.ip) is canonical")
                try require((1...65_535).contains(row.sshPort), "the port \(row.sshPort)")
            }
        })

    private struct Record: Equatable {
        let line: Int
        let fields: [[UInt8]]
        let remarks: [String]
    }

    private static func records(_ file: [UInt8], cuts: [Int]) -> [Record] {
        var parser = CSVParser()
        var records: [Record] = []
        func take(_ record: CSVRecord) {
            let problems = record.problems.map { "\($0.field): \($0.problem)" }
            records.append(
                Record(
                    line: record.line, fields: (0..<record.count).map { Array(record[$0]) },
                    remarks: problems + (record.isTooLong ? ["too long"] : [])
                        + (record.unterminatedQuote.map { ["open since \($0)"] } ?? [])))
        }
        var start = 0
        for end in cuts + [file.count] {
            let piece = Array(file[start..<end])
            var offset = 0
            while parser.advance(piece, from: &offset) { take(parser.record) }
            start = end
        }
        while parser.finish() { take(parser.record) }
        return records
    }

    private struct Reading: Equatable {
        var rows: [ListedRow] = []
        var faults: [String] = []
        var rejected = 0
        var isReadable = true

        init(_ file: [UInt8], cuts: [Int]) {
            var reader = ServerListReader(provider: nil) { $0.hasSuffix("good") ? "opened" : nil }
            var start = 0
            for end in cuts + [file.count] {
                reader.read(Array(file[start..<end]))
                start = end
            }
            reader.finish()
            rows = reader.takeRows()
            rejected = reader.rejected
            isReadable = reader.isReadable
            faults = reader.faults.kept.map { "\($0.line) \($0.column) \($0.code) \($0.value ?? "")" }
        }
    }
}

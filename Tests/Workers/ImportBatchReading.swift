import Contracts

@testable import ImportBatchWorker

/// What reading a list came to, in a form that tests can compare.
struct ListReading: Equatable {
    var rows: [ListedRow] = []
    var faults: [String] = []
    var rejected = 0
    var isReadable = true

    /// Reads `bytes`, cut into pieces at `cuts`.
    init(_ bytes: [UInt8], cuts: [Int] = [], provider: String? = nil) {
        var reader = ServerListReader(provider: provider) { $0 == "ruche-sealed:v1:good" ? "opened" : nil }
        var start = 0
        for end in cuts + [bytes.count] {
            reader.read(Array(bytes[start..<end]))
            rows += reader.takeRows()
            start = end
        }
        reader.finish()
        rows += reader.takeRows()
        rejected = reader.rejected
        isReadable = reader.isReadable
        faults = reader.faults.kept.map { "\($0.line) \($0.column) \($0.code)\($0.value.map { " <\($0)>" } ?? "")" }
    }

    init(_ text: String, provider: String? = nil) {
        self.init(Array(text.utf8), provider: provider)
    }

    /// Reads the required columns of one valid server, with some cells changed or added.
    init(cells: [String: String], provider: String? = nil) {
        var all = [
            "serverIp": "192.0.2.1", "isSsl": "true", "cores": "4", "ramMb": "8192", "storageGb": "80",
            "sshUser": "root",
            "sshPort": "22", "sshAuth": "KEY",
        ]
        all.merge(cells) { $1 }
        let columns = all.sorted { $0.key < $1.key }
        let quoted = columns.map {
            "\"\($0.value.split(separator: "\"", omittingEmptySubsequences: false).joined(separator: "\"\""))\""
        }
        let text = columns.map(\.key).joined(separator: ",") + "\n" + quoted.joined(separator: ",") + "\n"
        self.init(text, provider: provider)
    }

    /// The only server.
    var server: ListedServer? { rows.count == 1 ? rows[0].server : nil }
}

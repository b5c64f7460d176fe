import Glibc
import Runtime

/// What the broker has confirmed of a file, on disk: a run that was interrupted goes on where it was, with the same
/// ids.
///
/// Text: a first line with the seed of the ids, then a line `NUMBER CHECK` for each confirmed line, forced to the disk
/// in groups. A torn last line is cut off: its command goes out once more, under the same id. One run at a time.
/// Costs 28 bytes of disk and 16 bytes of memory a line.
final class BulkJournal {
    /// What the ids are derived from.
    let seed: [UInt8]
    private let file: Descriptor
    private let path: String
    /// The check of each confirmed line with its number, in the order of the numbers: what a damaged journal names
    /// costs no more memory than the journal has bytes.
    private let checks: [(number: Int, check: UInt64)]

    private static let magic = "ruche-journal 1 "

    /// Opens a journal, or begins one with `seed`.
    ///
    /// - Parameter purpose: the command and the tenant; a journal of another is refused.
    init(_ path: String, seed: [UInt8], purpose: String) throws(Failure) {
        let file = Descriptor(private: path)
        guard file.number >= 0 else { throw Self.failure(path) }
        guard flock(file.number, LOCK_EX | LOCK_NB) == 0 else {
            throw Failure(.conflict, "\(path): another run uses this journal")
        }
        let text = String(decoding: try File.read(path), as: UTF8.self)
        let purpose = Self.check(of: purpose)
        var lines = text.split(separator: "\n", omittingEmptySubsequences: false)
        let torn = lines.removeLast()
        guard lines.isEmpty || text.hasPrefix(Self.magic), !lines.isEmpty || Self.magic.hasPrefix(torn.prefix(16))
        else {
            throw Failure(.conflict, "\(path) is no journal; it is left alone")
        }
        let end = off_t(text.utf8.count - torn.utf8.count)
        guard ftruncate(file.number, end) == 0, lseek(file.number, end, SEEK_SET) == end else {
            throw Self.failure(path)
        }
        if lines.isEmpty {
            let header = "\(Self.magic)\(Hex.text(seed)) \(String(purpose, radix: 16))\n"
            guard File.send(header, to: file.number), fsync(file.number) == 0 else { throw Self.failure(path) }
            self.seed = seed
            checks = []
        } else {
            self.seed = try Self.seed(String(lines[0]), purpose, path)
            checks = try Self.checks(lines.dropFirst(), path)
        }
        self.file = file
        self.path = path
    }

    /// Whether a line was confirmed. Throws when it was confirmed under another id: the file is another.
    func has(_ number: Int, id: String) throws(Failure) -> Bool {
        guard let check = check(of: number) else { return false }
        guard check == Self.check(of: id) else {
            throw Failure(
                .conflict, "line \(number) was confirmed with another content or id",
                "\(path) belongs to another file, or lines were added before this one")
        }
        return true
    }

    /// Notes lines as confirmed, down to the disk.
    func add(_ confirmed: [(number: Int, id: String)]) throws(Failure) {
        guard !confirmed.isEmpty else { return }
        var text = ""
        for line in confirmed { text += "\(line.number) \(String(Self.check(of: line.id), radix: 16))\n" }
        guard File.send(text, to: file.number), fdatasync(file.number) == 0 else { throw Self.failure(path) }
    }

    /// The check of a confirmed line; the last one when it was noted twice.
    private func check(of number: Int) -> UInt64? {
        var (low, high) = (0, checks.count)
        while low < high {
            let middle = (low + high) / 2
            if checks[middle].number > number { high = middle } else { low = middle + 1 }
        }
        return low > 0 && checks[low - 1].number == number ? checks[low - 1].check : nil
    }

    private static func check(of id: String) -> UInt64 { max(1, Digest.key(id).0) }

    private static func seed(_ header: String, _ purpose: UInt64, _ path: String) throws(Failure) -> [UInt8] {
        let parts = header.dropFirst(magic.utf8.count).split(separator: " ")
        guard parts.count == 2, parts[0].utf8.count == 64 else {
            throw Failure(.conflict, "\(path): the first line of the journal cannot be read")
        }
        guard UInt64(parts[1], radix: 16) == purpose else {
            throw Failure(.conflict, "\(path) is the journal of another command or tenant")
        }
        let digits = Array(parts[0].utf8)
        return (0..<32).map { place in
            UInt8(String(decoding: digits[place * 2..<place * 2 + 2], as: UTF8.self), radix: 16) ?? 0
        }
    }

    private static func checks(_ lines: ArraySlice<Substring>, _ path: String) throws(Failure) -> [(
        number: Int, check: UInt64
    )] {
        var checks: [(number: Int, check: UInt64)] = []
        for line in lines {
            let parts = line.split(separator: " ")
            guard parts.count == 2, let number = Int(parts[0]), number > 0, number < 1 << 32,
                let check = UInt64(parts[1], radix: 16)
            else { throw Failure(.conflict, "\(path): a line of the journal cannot be read: \(line)") }
            checks.append((number, check))
        }
        // Of two checks of one line the later comes last.
        return checks.enumerated().sorted { ($0.element.number, $0.offset) < ($1.element.number, $1.offset) }
            .map(\.element)
    }

    private static func failure(_ path: String) -> Failure {
        Failure(.failure, "\(path): \(File.lastError)")
    }
}

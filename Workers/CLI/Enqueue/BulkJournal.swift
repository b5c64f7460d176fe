import Glibc
import Runtime

/// What the broker has confirmed of a file, on disk: a run that was interrupted goes on where it was, with the same
/// ids.
///
/// Text: a first line with the seed of the ids, then a line `NUMBER CHECK` for each confirmed line, forced to the disk
/// in groups. A torn last line is cut off: its command goes out once more, under the same id. One run at a time. A file
/// that is something else, or another's journal, is not changed. Costs 28 bytes of disk and 16 bytes of memory a line,
/// up to 32 while it is read.
final class BulkJournal {
    /// What the ids are derived from.
    let seed: [UInt8]
    private let file: Descriptor
    private let path: String
    /// The confirmed lines in the order of their numbers: what a damaged journal names costs no more memory than the
    /// journal has bytes.
    private let entries: [JournalReader.Entry]

    /// Opens a journal, or begins one with `seed`.
    ///
    /// - Parameter purpose: the command and the tenant; a journal of another is refused.
    init(_ path: String, seed: [UInt8], purpose: String) throws(Failure) {
        let file = Descriptor(private: path)
        guard file.number >= 0 else { throw Self.failure(path) }
        guard flock(file.number, LOCK_EX | LOCK_NB) == 0 else {
            throw Failure(.conflict, "\(path): another run uses this journal")
        }
        var content = JournalReader(path, purpose: Self.check(of: purpose))
        try File.chunks(of: path, size: 65_536) { try content.take($0) }
        // Now that all of it was understood: a file that is refused is left as it is.
        let end = off_t(content.length)
        guard ftruncate(file.number, end) == 0, lseek(file.number, end, SEEK_SET) == end else {
            throw Self.failure(path)
        }
        if content.seed == nil {
            let purpose = String(Self.check(of: purpose), radix: 16)
            let header = String(decoding: JournalReader.magic, as: UTF8.self) + "\(Hex.text(seed)) \(purpose)\n"
            guard File.send(header, to: file.number), fsync(file.number) == 0, Directory.sync(of: path) else {
                throw Self.failure(path)
            }
        }
        self.seed = content.seed ?? seed
        content.sort()
        entries = content.entries
        self.file = file
        self.path = path
    }

    /// A journal as it is, for who only asks it: nothing is added, and nothing is cut off.
    init(reading path: String, purpose: String) throws(Failure) {
        let file = Descriptor(reading: path)
        guard file.number >= 0 else { throw Failure(.notFound, "\(path): \(File.lastError)") }
        var content = JournalReader(path, purpose: Self.check(of: purpose))
        try File.chunks(of: path, size: 65_536) { try content.take($0) }
        guard let seed = content.seed else { throw Failure(.conflict, "\(path) is no journal") }
        self.seed = seed
        content.sort()
        entries = content.entries
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
        var (low, high) = (0, entries.count)
        while low < high {
            let middle = (low + high) / 2
            if entries[middle].number > number { high = middle } else { low = middle + 1 }
        }
        return low > 0 && entries[low - 1].number == number ? entries[low - 1].check : nil
    }

    private static func check(of id: String) -> UInt64 { max(1, Digest.key(id).0) }

    private static func failure(_ path: String) -> Failure {
        Failure(.failure, "\(path): \(File.lastError)")
    }
}

import Contracts
import Runtime

/// Where a list comes from.
struct ListSource {
    /// One piece after the other, so that a list need never be in memory as a whole.
    enum Content {
        case text([UInt8])
        case rows([ServerRow])
        case upload(Upload)
    }

    let list: Content
    /// The SHA-256 by which the same list is known again: of the file's bytes, or of the rows as JSON.
    let content: [UInt8]

    /// What the command names. Sealed text is opened.
    ///
    /// - Throws: a refusal when an upload cannot be taken, a failure when sealed text does not open.
    init(of command: ImportBatch, in tx: borrowing Transaction) throws(Rejection) {
        if let id = command.upload {
            let upload = try Upload.find(id, in: tx)
            list = .upload(upload)
            content = upload.sha256
        } else if let rows = command.rows {
            list = .rows(rows)
            content = Digest.sha256(rows.flatMap { $0.json() + [ASCII.lf] })
        } else {
            let bytes = Array(try Self.opened(command.csv ?? "", with: tx.keys).utf8)
            list = .text(bytes)
            content = Digest.sha256(bytes)
        }
    }

    private static func opened(_ text: String, with keys: KeyRing) throws(Rejection) -> String {
        guard KeyRing.isSealed(text) else { return text }
        do {
            return try keys.unseal(text)
        } catch {
            if error.code == .unknownKey { throw .keyMissing("the list") }
            throw .failed("cannot-unseal", "The sealed list does not open: \(error.message).", pointer: "/csv")
        }
    }
}

import Contracts
import Runtime

/// Turns the lines of a file into requests. Pure but for the catalogue: the same line at the same place of the same
/// file gives the same request, its id included.
struct BulkLine {
    /// The command of the command line, for lines that name none.
    let command: (any Command.Type)?
    let tenant: String
    let correlationID: String?
    let expiresAt: Timestamp?
    /// 32 bytes that tell this file from others.
    let seed: [UInt8]

    /// The request of a line, or what is wrong with it and where.
    func request(_ bytes: [UInt8], number: Int) throws(Fault) -> Producer.Request {
        guard bytes.count <= LineReader.longest else { throw Fault(.tooLarge, "The line is too long.") }
        let envelope = try envelope(bytes)
        let command = try named(envelope?.command) ?? command
        guard let command else { throw Fault(.missingField, at: "/command", "The line names no command.") }
        let payload: [UInt8]
        do throws(Fault) {
            payload = try command.init(json: envelope?.payload ?? bytes, strict: true).json()
        } catch {
            throw Fault(error.code, at: (envelope == nil ? "" : "/payload") + error.pointer, error.message)
        }
        guard payload.count <= Topology.bodyLimit else {
            throw Fault(.tooLarge, "The payload has more than \(Topology.bodyLimit) bytes.")
        }
        return Producer.Request(
            command: command, id: envelope?.id ?? Self.id(of: bytes, number: number, seed: seed),
            tenant: envelope?.tenant ?? tenant, correlationID: envelope?.correlationId ?? correlationID,
            expiresAt: envelope?.expiresAt ?? expiresAt, payload: payload)
    }

    /// An id made of the file, the line's number and the line (a UUID of version 8, RFC 9562): running the same file
    /// again repeats it, and a line that was corrected gets another.
    static func id(of bytes: [UInt8], number: Int, seed: [UInt8]) -> String {
        let place = (0..<8).map { UInt8(truncatingIfNeeded: number >> ($0 * 8)) }
        var half = Array(Digest.sha256(seed + place + bytes)[..<16])
        half[6] = half[6] & 0x0F | 0x80
        half[8] = half[8] & 0x3F | 0x80
        return UniqueID(half).description
    }

    private func envelope(_ bytes: [UInt8]) throws(Fault) -> BulkEnvelope? {
        // Behind a command a line is its payload, unless it has a payload inside that the command does not know.
        if let command {
            guard bytes.count > 10, !command.fieldDescriptions.contains(where: { $0.name == "payload" }),
                case .object(let members) = try JSONTree(parsing: bytes),
                members.contains(where: { $0.name == "payload" })
            else { return nil }
        }
        return try BulkEnvelope(json: bytes, strict: true)
    }

    private func named(_ name: String?) throws(Fault) -> (any Command.Type)? {
        guard let name else { return nil }
        if let command = CommandName(name).flatMap(Catalogue.command(named:)) { return command }
        let names = Catalogue.commands.map { $0.name.rawValue }
        let hint = Suggestion.nearest(to: name, in: names).map { " Did you mean “\($0)”?" } ?? ""
        throw Fault(.invalidValue, at: "/command", "There is no such command.\(hint)")
    }
}

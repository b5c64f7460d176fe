/// Makes lists of servers for tests: always the same list for the same description.
///
/// Addresses are synthetic ones of 10.0.0.0/8, one after the other, so that lists can be made to overlap.
package struct ServerList: Sendable {
    /// The columns that every list must have, in the providers' order.
    package static let requiredHeader = "serverIp,isSsl,cores,ramMb,storageGb,sshUser,sshPort,sshAuth"
    /// All columns there are.
    package static let fullHeader =
        requiredHeader + ",status,provider,ownerClientId,sshPassword,health,lastSeenAt,lastCheckAt,hostKey"

    /// How many servers.
    package var count: Int
    /// The number of the first, from which its address follows.
    package var first = 0
    /// What stands in `status`.
    package var status = "PENDING"
    /// What is added to the memory of each server, to make the same servers differ.
    package var extraMemory = 0
    /// Rows whose number is a multiple of this have a fault; none when nil.
    package var faultEvery: Int?
    /// What ends a line.
    package var lineEnd = "\n"

    package init(count: Int) {
        self.count = count
    }

    /// The address of the server of this number.
    package static func address(_ number: Int) -> String {
        "10.\(number >> 16 & 255).\(number >> 8 & 255).\(number & 255)"
    }

    /// The row of the server of this number, without its line end.
    package func row(_ number: Int) -> String {
        let isFaulty = faultEvery.map { number % $0 == 0 } ?? false
        let cores = isFaulty ? "many" : String(1 << (number % 7))
        return """
            \(Self.address(number)),\(number.isMultiple(of: 2)),\(cores),\(2048 + extraMemory),\(40 + number % 900),\
            root,22,\(number.isMultiple(of: 3) ? "KEY" : "PASSWORD"),\(status),Example Hosting,\(number % 50),\
            "p""w,\(number)",UNKNOWN,2026-05-04T10:00:00Z,,
            """
    }

    /// The whole list as text.
    package var csv: String {
        var text = Self.fullHeader + lineEnd
        for number in first..<(first + count) { text += row(number) + lineEnd }
        return text
    }

    /// The list in pieces of `size` bytes, made one after the other: a list of any length takes one piece of memory.
    package func pieces(of size: Int, _ body: ([UInt8]) throws -> Void) rethrows {
        var piece = Array((Self.fullHeader + lineEnd).utf8)
        for number in first..<(first + count) {
            piece.append(contentsOf: (row(number) + lineEnd).utf8)
            while piece.count >= size {
                try body(Array(piece.prefix(size)))
                piece.removeFirst(size)
            }
        }
        if !piece.isEmpty { try body(piece) }
    }
}

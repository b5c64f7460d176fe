package import Contracts
import Runtime

/// What the database lent.
package struct LentAddress: Sendable {
    /// The server that has it.
    package let server: Int
    /// The address.
    package let ip: String
    /// When its lease ends unless renewed.
    package let expiresAt: Timestamp
    /// Its fence, which this lease has raised.
    package let fence: Int

    /// Reads the rows of ``AddressPool/lend(_:)``, by lease.
    static func read(_ rows: Rows, into lent: inout [UniqueID: LentAddress]) throws(Rejection) {
        do {
            for row in 0..<rows.count {
                lent[try rows.get(row, 0)] = LentAddress(
                    server: try rows.get(row, 1), ip: try rows.get(row, 2), expiresAt: try rows.get(row, 3),
                    fence: try rows.get(row, 4))
            }
        } catch {
            throw Rejection(error)
        }
    }

    /// What `lease-ip` answers.
    package func completion(_ id: UniqueID, holder: String) -> IPLeased {
        IPLeased(leaseId: id, ip: ip, serverId: server, holder: holder, expiresAt: expiresAt, fence: fence)
    }
}

import Contracts
import Testing

@testable import Runtime

/// What the ledger finds a command by.
@Suite struct LedgerKeyTests {
    /// A version 7 id of that many milliseconds since 1970.
    private static func id(at milliseconds: Int64, _ random: UInt64 = 1) -> String {
        UniqueID.v7(at: Timestamp(microseconds: milliseconds * 1000), random: (random, 0)).description
    }

    private static func key(_ id: String, tenant: String = "acme") -> UniqueID { .ledgerKey("lease-ip", tenant, id) }

    private static let start: Int64 = 1_700_000_000 << 10

    @Test("Commands of one second lie together, and in front of those of the next")
    func order() {
        let keys = (0..<3000).map { Self.key(Self.id(at: Self.start + Int64($0), UInt64($0))) }
        #expect(Set(keys).count == keys.count)
        let seconds = keys.map { $0.high >> 32 }
        #expect(seconds == seconds.sorted())
        #expect(Set(seconds) == [1_700_000_000, 1_700_000_001, 1_700_000_002])
    }

    @Test("Command, tenant and id each make another key, behind the same time")
    func parts() {
        let id = Self.id(at: Self.start)
        let keys = [
            Self.key(id), Self.key(id, tenant: "other"), .ledgerKey("renew-lease", "acme", id),
            Self.key(Self.id(at: Self.start, 2)), .ledgerKey(hashing: ["lease-ip", "acme", id, "x"], near: id),
        ]
        #expect(Set(keys.map { UniqueID(high: $0.high & 0xFFFF_FFFF, low: $0.low) }).count == keys.count)
        #expect(Set(keys.map { $0.high >> 32 }).count == 1)
        #expect(Self.key(id) == keys[0])
    }

    @Test(
        "Any other id is hashed and nothing else",
        arguments: [
            "", "order-1", "01890a5d-ac96-474b-bcce-b302099a8057", "01890a5d-ac96-774b-fcce-b302099a8057",
            "01890a5dac96774bbcceb302099a8057",
        ])
    func others(id: String) {
        let near = UniqueID.ledgerKey(hashing: ["lease-ip", "acme", id], near: Self.id(at: 0))
        #expect(Self.key(id).low == near.low)
        #expect(Self.key(id).high & 0xFFFF_FFFF == near.high)
        #expect(Self.key(id).high >> 32 != 0)
    }
}

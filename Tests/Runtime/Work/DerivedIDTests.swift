import Contracts
import Testing

@testable import Runtime

/// The ids of what jobs make.
@Suite struct DerivedIDTests {
    private static let now = Timestamp(microseconds: 1_800_000_000_000_000)
    private static let time: UInt64 = 0x6B4A_1234

    @Test("They are distinct within an instant, whichever of the 74 bits behind the time the keys differ in")
    func distinct() {
        let least = UniqueID(high: Self.time << 32, low: 0)
        let keys =
            [least] + (0..<32).map { UniqueID(high: Self.time << 32 | 1 << $0, low: 0) }
            + (22..<64).map { UniqueID(high: Self.time << 32, low: 1 << $0) }
        let ids = keys.map { UniqueID.v7(at: Self.now, of: $0) }
        #expect(Set(ids).count == 75)
        #expect(ids.allSatisfy { $0.high >> 16 == 1_800_000_000_000 }, "the instant")
        #expect(ids.allSatisfy { $0.high >> 12 & 0xF == 7 && $0.low >> 62 == 0b10 }, "version and variant")
    }

    @Test("They ascend with keys of one second, as a batch has them")
    func ascending() {
        let keys = (0..<100).map { _ in
            UniqueID(high: Self.time << 32 | .random(in: 0...0xFFFF_FFFF), low: .random(in: 0 ... .max))
        }.sorted()
        let ids = keys.map { UniqueID.v7(at: Self.now, of: $0) }
        #expect(ids == ids.sorted())
    }
}

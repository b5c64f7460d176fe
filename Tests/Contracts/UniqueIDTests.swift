import Contracts
import Testing

struct UniqueIDTests {
    @Test("An id shows as lower-case UUID text and reads back in either case")
    func text() {
        let id = UniqueID(high: 0x0123_4567_89AB_CDEF, low: 0xFEDC_BA98_7654_3210)
        #expect(id.description == "01234567-89ab-cdef-fedc-ba9876543210")
        #expect(UniqueID(id.description) == id)
        #expect(UniqueID("01234567-89AB-CDEF-FEDC-BA9876543210") == id)
        #expect(UniqueID(id.bytes) == id)
        #expect(id.bytes.prefix(3) == [0x01, 0x23, 0x45])
        #expect(id.bytes.last == 0x10)
    }

    @Test(
        "Other texts are no ids",
        arguments: [
            "", "0123456789abcdeffedcba9876543210", "01234567-89ab-cdef-fedc-ba987654321",
            "01234567-89ab-cdef-fedc-ba98765432100", "01234567-89ab-cdef-fedc_ba9876543210",
            "{1234567-89ab-cdef-fedc-ba987654321}", "0123456-789ab-cdef-fedc-ba9876543210",
            "g1234567-89ab-cdef-fedc-ba9876543210", "01234567-89ab-cdef-fedc-ba98765432é",
        ])
    func notText(text: String) {
        #expect(UniqueID(text) == nil)
    }

    @Test("Version 7 has the layout of RFC 9562, appendix A.6")
    func layout() {
        let time = Timestamp(microseconds: 1_645_557_742_000_000)
        let id = UniqueID.v7(at: time, random: (0x18C4_DC0C_0C07_398F, 0xCC3))
        #expect(id.description == "017f22e2-79b0-7cc3-98c4-dc0c0c07398f")
    }

    @Test("Ids order as their bytes")
    func order() {
        #expect(UniqueID(high: 1, low: .max) < UniqueID(high: 2, low: 0))
        #expect(UniqueID(high: 1, low: 1) < UniqueID(high: 1, low: 2))
        #expect(!(UniqueID(high: .max, low: 0) < UniqueID(high: 1, low: 0)))
    }

    @Test("A generator's ids grow, within a millisecond and when the clock goes back")
    func monotonic() {
        var generator = UniqueID.Generator()
        var times = Array(repeating: Timestamp(microseconds: 1_700_000_000_000_000), count: 10_000)
        times += [Timestamp(microseconds: 1_600_000_000_000_000), Timestamp(microseconds: -5)]
        times += [Timestamp(microseconds: 1_700_000_000_001_000), Timestamp(microseconds: 1_700_000_000_900_000)]
        let ids = times.map { generator.next(at: $0) }
        #expect(zip(ids, ids.dropFirst()).allSatisfy { $0 < $1 })
        #expect(ids.allSatisfy { $0.high >> 12 & 0xF == 7 && $0.low >> 62 == 2 })
        #expect((ids.last?.high ?? 0) >> 16 == 1_700_000_000_900)
    }

    @Test("Generators do not repeat each other")
    func distinct() {
        let time = Timestamp(microseconds: 1_700_000_000_000_000)
        var ids: Set<UniqueID> = []
        for _ in 0..<100 {
            var generator = UniqueID.Generator(clock: { time })
            for _ in 0..<10 { ids.insert(generator.next()) }
        }
        #expect(ids.count == 1000)
    }
}

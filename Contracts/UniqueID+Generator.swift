extension UniqueID {
    /// The version 7 id of an instant (RFC 9562, 5.7): 48 bits of milliseconds, then 74 random bits, of which the
    /// low 12 of `random.1` come first and the low 62 of `random.0` last. An instant before 1970 counts as 1970.
    public static func v7(at time: Timestamp, random: (UInt64, UInt16)) -> UniqueID {
        let milliseconds = UInt64(max(0, time.microseconds / 1000))
        return UniqueID(
            high: milliseconds << 16 | 0x7000 | UInt64(random.1 & 0x0FFF),
            low: 0x8000_0000_0000_0000 | random.0 & 0x3FFF_FFFF_FFFF_FFFF)
    }

    /// Makes version 7 ids that are each greater than the one before, also within a millisecond and when the clock
    /// goes back (RFC 9562, 6.2, method 2: the random part is a counter that advances by random steps).
    ///
    /// One generator belongs to one thread; ids of several generators do not collide. An id costs one call of the
    /// system's random number generator.
    public struct Generator: Sendable {
        private let clock: @Sendable () -> Timestamp
        private var milliseconds: Int64 = -1
        private var head: UInt16 = 0
        private var tail: UInt64 = 0

        /// A generator that asks `clock` for the time of each id.
        public init(clock: @escaping @Sendable () -> Timestamp = { .now }) {
            self.clock = clock
        }

        /// The next id.
        public mutating func next() -> UniqueID {
            next(at: clock())
        }

        /// The next id, as of `time`.
        public mutating func next(at time: Timestamp) -> UniqueID {
            var source = SystemRandomNumberGenerator()
            let random = source.next()
            let now = max(0, time.microseconds / 1000)
            if now > milliseconds {
                milliseconds = now
                // The first bit is left clear, so that the counter has room to grow within the millisecond.
                head = UInt16(truncatingIfNeeded: source.next()) & 0x07FF
                tail = random & Self.tailMask
            } else {
                advance(by: random & 0xFFFF_FFFF | 1)
            }
            return UniqueID.v7(at: Timestamp(microseconds: milliseconds * 1000), random: (tail, head))
        }

        private static let tailMask: UInt64 = 0x3FFF_FFFF_FFFF_FFFF

        private mutating func advance(by step: UInt64) {
            tail += step
            guard tail > Self.tailMask else { return }
            tail &= Self.tailMask
            head += 1
            guard head > 0x0FFF else { return }
            head = 0
            milliseconds += 1
        }
    }
}

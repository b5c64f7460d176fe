/// Bounds and wordings that several commands share.
enum Limits {
    /// A holder's name.
    static let holder = Shape<String>.text(1...128, .line)
    /// A provider's name.
    static let provider = Shape<String>.text(1...100, .line)
    /// How long a lease may last, in seconds: a second to 30 days.
    static let leaseSeconds = Shape<Int>.integer(1...2_592_000)
    /// What is counted: servers, cores, rows.
    static let count = Shape<Int>.integer(0...Int.max)
    /// A fence: it grows with each holder of the same thing.
    static let fence = Shape<Int>.integer(0...Int.max)
    /// An address, as text.
    static let address = Shape<String>.text(2...45, .ipAddress)
}

extension UniqueID {
    /// The lease of the documents' examples.
    static let exampleLease = UniqueID(high: 0x019D_F258_A0A8_7D41, low: 0x9C2E_5B6F_0A1B_2C3D)
}

extension Timestamp {
    /// The time of the documents' examples: 2026-05-04T10:00:00Z.
    static let example = Timestamp(microseconds: 1_777_888_800_000_000)
}

/// Who answered: what the broker says of itself at login.
public struct Broker: Hashable, Sendable {
    /// A dotted version, compared number by number; a suffix such as `-rc.1` is ignored.
    public struct Version: Hashable, Comparable, Sendable, CustomStringConvertible {
        /// The first number.
        public let major: Int
        /// The second number.
        public let minor: Int
        /// The third number.
        public let patch: Int

        /// A version of three numbers.
        public init(_ major: Int, _ minor: Int = 0, _ patch: Int = 0) {
            self.major = major
            self.minor = minor
            self.patch = patch
        }

        /// Reads `3.10.8`, `4.1` or `4.0.0-rc.1`; what is not a number counts as 0.
        public init(parsing text: String) {
            let numbers = text.split(separator: ".", maxSplits: 2, omittingEmptySubsequences: false).map { part in
                Int(part.prefix { $0.isASCII && $0.isNumber }) ?? 0
            }
            self.init(
                numbers.first ?? 0, numbers.count > 1 ? numbers[1] : 0, numbers.count > 2 ? numbers[2] : 0)
        }

        /// The three numbers with dots between.
        public var description: String { "\(major).\(minor).\(patch)" }

        /// Compares number by number.
        public static func < (lhs: Version, rhs: Version) -> Bool {
            (lhs.major, lhs.minor, lhs.patch) < (rhs.major, rhs.minor, rhs.patch)
        }
    }

    /// The product's name, such as `RabbitMQ`.
    public let product: String
    /// The product's version.
    public let version: Version
    /// The node's or cluster's name, empty when it does not say.
    public let clusterName: String
    /// The extensions the broker announces, such as `basic.nack`.
    public let capabilities: Set<String>
    /// The host and port that answered.
    public let address: AMQPURI.Host
}

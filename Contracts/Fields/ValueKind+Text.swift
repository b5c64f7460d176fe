extension ValueKind {
    /// Whether a value of this kind is written as JSON text.
    public var isText: Bool {
        switch self {
        case .text, .cell, .timestamp, .uniqueID, .choice: true
        case .integer, .number, .flag, .labels, .list, .tuple, .json, .message: false
        }
    }
}

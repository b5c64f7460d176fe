/// Where a house rule is broken, and how.
struct Finding: Sendable, CustomStringConvertible {
    let path: String
    let line: Int
    let fault: String

    var description: String { "\(path):\(line): \(fault)" }
}

/// Runs the cases of a test side by side, each on a thread of its own: for cases that mostly wait. Each needs a cluster
/// of its own. An expectation that fails there fails the run and names no test, so let it name its case.
///
/// - Parameter lanes: how many run at once.
/// - Throws: everything that was thrown, with its case.
package func sideBySide<Case: Sendable>(
    _ cases: [Case], lanes: Int = 4, _ body: @escaping @Sendable (Case) throws -> Void
) throws {
    let open = SharedBox(Array(cases.reversed()))
    let failures = SharedBox<[String]>([])
    let threads = (0..<min(lanes, cases.count)).map { _ in
        TestThread {
            while let one = open.withLock({ $0.popLast() }) {
                do { try body(one) } catch { failures.withLock { $0.append("\(one): \(error)") } }
            }
        }
    }
    for thread in threads { thread.join() }
    let failed = failures.withLock { $0 }
    guard failed.isEmpty else { throw TestFailure(failed.joined(separator: "\n")) }
}

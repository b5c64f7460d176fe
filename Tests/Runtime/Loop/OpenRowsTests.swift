import AMQP
import Testing

@testable import Runtime

/// Which outbox rows may be forgotten, with the loops of a process at it.
@Suite struct OpenRowsTests {
    private let rows = OpenRows()

    private func report(_ row: Int64, _ outcome: PublishOutcome) -> PublishReport {
        PublishReport(token: OpenRows.token(of: row), outcome: outcome)
    }

    @Test("A row may be forgotten when the last of its events is confirmed, and is handed out once")
    func confirmed() {
        rows.open(OpenRows.token(of: 7), events: 2)
        rows.note([report(7, .confirmed)])
        #expect(rows.takeConfirmed() == [] && rows.count == 1)
        rows.note([report(7, .confirmed)])
        #expect(rows.count == 0)
        #expect(rows.takeConfirmed() == [7])
        #expect(rows.takeConfirmed() == [])
        rows.restore([7])
        #expect(rows.takeConfirmed() == [7])
    }

    @Test(
        "A row is left to the relay when one of its events is not confirmed, whatever is said of the others",
        arguments: [.nacked, .unknown, .returned(replyCode: 312, text: "")] as [PublishOutcome])
    func refused(outcome: PublishOutcome) {
        rows.open(OpenRows.token(of: 7), events: 3)
        for outcome in [.confirmed, outcome, .confirmed] { rows.note([report(7, outcome)]) }
        #expect(rows.takeConfirmed() == [] && rows.count == 0)
    }

    @Test("Replies and repeats are nobody's row")
    func untracked() {
        rows.open(OpenRows.token(of: nil), events: 1)
        rows.note([PublishReport(token: OpenRows.untracked, outcome: .confirmed)])
        #expect(rows.takeConfirmed() == [] && rows.count == 0)
    }

    @Test("Two loops that publish, hear and forget at once forget every confirmed row once, and no other")
    func loops() {
        let most: Int64 = 2000
        // As a broker whose answers either loop may hear.
        let answers = Monitor([PublishReport]())
        let forgotten = Monitor([Int64]())
        let loops = (0..<2).map { loop in
            Thread.start(name: "loop \(loop)") { [rows] in
                func forget(_ turn: Int64) {
                    rows.note(
                        answers.withLock { answers in
                            defer { answers = [] }
                            return answers
                        })
                    let taken = rows.takeConfirmed()
                    // Now and then the transaction that was to forget them fails.
                    if turn % 3 == 0 { rows.restore(taken) } else { forgotten.withLock { $0 += taken } }
                }
                for row in stride(from: Int64(1 + loop), through: most, by: 2) {
                    let token = OpenRows.token(of: row)
                    rows.open(token, events: 2)
                    let isRefused = row % 10 == 0
                    answers.withLock {
                        $0.append(PublishReport(token: token, outcome: .confirmed))
                        $0.append(PublishReport(token: token, outcome: isRefused ? .nacked : .confirmed))
                    }
                    forget(row)
                }
                forget(1)
            }
        }
        loops.forEach { $0.join() }
        rows.note(answers.withLock { $0 })
        let all = forgotten.withLock { $0 } + rows.takeConfirmed()
        #expect(all.sorted() == (1...most).filter { $0 % 10 != 0 })
        #expect(rows.count == 0)
    }
}

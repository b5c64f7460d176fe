#if FAULTS
/// A way to break the promise on purpose: `RUCHE_SABOTAGE`. Whoever checks the books must find each of them.
/// Compiled into test builds only.
package enum Sabotage: String, CaseIterable, Sendable {
    /// Deliveries are acknowledged before anything is done about them.
    case ackBeforeCommit = "ack-before-commit"
    /// Whatever arrives runs, known to the ledger or not.
    case noAdmission = "no-admission"
    /// Handlers work on a connection of their own, which commits before the ledger does.
    case effectOutside = "effect-outside"
    /// The event is stored and published, and no row of the outbox owes it.
    case eventNotInOutbox = "event-not-in-outbox"
    /// A row of the outbox is forgotten as soon as its events are handed to the publisher.
    case markBeforeConfirm = "mark-before-confirm"
    /// An event that is repeated gets an id of its own.
    case newEventID = "new-event-id"
    /// The relay takes what it was to publish for published.
    case relayForgets = "relay-forgets"
    /// The relay deletes what is due before it publishes it.
    case scheduleForgetsFirst = "schedule-forgets-first"
    /// The relay acknowledges dead letters before it returns them.
    case deadLettersAckFirst = "dead-letters-ack-first"
    /// Starts in the solo lane are not counted.
    case noSoloCount = "no-solo-count"

    private static let planned: Sabotage? = {
        guard let text = Settings.processEnvironment["RUCHE_SABOTAGE"] else { return nil }
        guard let sabotage = Sabotage(rawValue: text) else {
            preconditionFailure("RUCHE_SABOTAGE cannot be read: \(text)")
        }
        return sabotage
    }()

    /// Whether this process does so.
    package static func isOn(_ sabotage: Sabotage) -> Bool { planned == sabotage }
}
#endif

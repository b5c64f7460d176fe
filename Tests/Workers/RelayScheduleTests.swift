import AMQP
import Contracts
import Runtime
import Testing

@testable import Relay

@Suite struct RelayScheduleTests {
    static func head(_ command: String, _ milliseconds: Int) -> Agenda.Head {
        Agenda.Head(command: command, dueIn: .milliseconds(milliseconds))
    }

    @Test func dueCommandsTakeTurns() {
        var agenda = Agenda()
        let heads = [Self.head("expire-lease", -5000), Self.head("lease-ip", 0), Self.head("renew-lease", 10)]
        let steps = (1...4).map { _ in agenda.next(heads) { _ in nil } }
        #expect(steps == [.move("expire-lease"), .move("lease-ip"), .move("expire-lease"), .move("lease-ip")])
    }

    @Test(arguments: [([300, 200], 200), ([5000], 1000), ([], 1000)])
    func theRestEndsWithTheNextDueTime(dueIn: [Int], milliseconds: Int) {
        var agenda = Agenda()
        let heads = dueIn.enumerated().map { Self.head("c\($0)", $1) }
        #expect(agenda.next(heads) { _ in nil } == .rest(.milliseconds(milliseconds)))
    }

    @Test func aCommandWhoseQueueIsFullLetsTheOthersPass() {
        var agenda = Agenda()
        let heads = [Self.head("full", -5000), Self.head("other", -1)]
        #expect(agenda.next(heads) { $0 == "full" ? .seconds(5) : nil } == .move("other"))
        #expect(agenda.next([heads[0]]) { _ in .milliseconds(400) } == .rest(.milliseconds(400)))
    }

    static let keys = KeyRing.generate()
    static let now = Timestamp(microseconds: 1_700_000_000_999_999)
    static let expiry = Timestamp(microseconds: 1_700_000_060_000_000)

    @Test func aDueCommandGoesOutAsItsProducerWouldSendIt() throws {
        let due = DueCommand(
            subject: .zero, tenant: "acme", messageID: "m-1", turn: 2, correlationID: "c-1", replyTo: "reply.x",
            trace: TraceHeaders(parent: "00-a-b-01", state: "vendor=1"), expiresAt: Self.expiry,
            payload: Self.keys.seal(Array("{}".utf8), context: SealContext.schedule))
        let message = try due.message(of: "lease-ip", at: Self.now, keys: Self.keys)
        #expect(message.exchange == Topology.commandExchange)
        #expect(message.routingKey == "lease-ip")
        #expect(message.mandatory)
        #expect(message.body == Array("{}".utf8))
        let properties = message.properties
        #expect(properties.isPersistent)
        #expect(properties.messageID == "m-1")
        #expect(properties.type == "lease-ip")
        #expect(properties.contentType == "application/json")
        #expect(properties.timestamp == 1_700_000_000)
        #expect(properties.correlationID == "c-1")
        #expect(properties.replyTo == "reply.x")
        #expect(properties.headers[Topology.tenantHeader] == "acme")
        #expect(properties.headers[Topology.turnHeader] == 2)
        #expect(properties.headers[Topology.traceparentHeader] == "00-a-b-01")
        #expect(properties.headers[Topology.tracestateHeader] == "vendor=1")
        #expect(properties.headers[Topology.expiresAtHeader] == .string(Self.expiry.rfc3339))
    }

    @Test func theEnvelopeReadsBackWhatWasScheduled() throws {
        let due = DueCommand(
            subject: .zero, version: 3, tenant: "acme", messageID: "m-1", turn: 5, expiresAt: Self.expiry,
            payload: Self.keys.seal(Array("{}".utf8), context: SealContext.schedule))
        let message = try due.message(of: "lease-ip", at: Self.now, keys: Self.keys)
        let envelope = Envelope.read(
            WireMessage(
                Delivery(
                    queue: "ruche.lease-ip", exchange: message.exchange, routingKey: message.routingKey,
                    properties: message.properties, body: message.body)))
        #expect(envelope.fault == nil)
        #expect(envelope.name == "lease-ip")
        #expect(envelope.version == 3)
        #expect(envelope.id == "m-1")
        #expect(envelope.tenant == "acme")
        #expect(envelope.turn == 5)
        #expect(envelope.expiresAt == Self.expiry)
    }

    @Test func whatCameWithoutAnIDGoesOutWithoutOne() throws {
        let due = DueCommand(
            subject: .zero, messageID: "", turn: 1, payload: Self.keys.seal([1], context: SealContext.schedule))
        #expect(try due.message(of: "lease-ip", at: Self.now, keys: Self.keys).properties.messageID == nil)
    }

    @Test func theFirstTurnHasNoHeader() throws {
        let payload = Self.keys.seal([], context: SealContext.schedule)
        let message = try DueCommand(subject: .zero, messageID: "m", payload: payload)
            .message(of: "lease-ip", at: Self.now, keys: Self.keys)
        #expect(message.properties.headers[Topology.turnHeader] == nil)
    }

    @Test func aPayloadSealedForAnotherPlaceDoesNotGoOut() {
        let due = DueCommand(subject: .zero, messageID: "m", payload: Self.keys.seal([1], context: SealContext.job))
        #expect(throws: SealingError.self) { try due.message(of: "lease-ip", at: Self.now, keys: Self.keys) }
    }
}

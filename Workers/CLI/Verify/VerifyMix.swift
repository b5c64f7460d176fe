import AMQP
import Books
import Contracts
import Runtime

/// What a run publishes, drawn from a number. Pure: the same number and run draw the same messages.
struct VerifyMix {
    /// The tenant of the run; a second one has the same ids.
    let tenant: String
    /// Endings that the faults of the run allow besides: a command that is killed again and again is buried.
    let besides: Set<Outcome>
    private var random: SeededRandom
    private var number = 0

    init(tenant: String, seed: UInt64, besides: Set<Outcome>) {
        self.tenant = tenant
        self.besides = besides
        random = SeededRandom(seed: seed)
    }

    /// Every tenant that it draws.
    var tenants: Set<String> { [tenant, second] }
    private var second: String { tenant + "-b" }

    /// A message and what may become of it.
    typealias Draft = LedgerProducer.Draft

    /// The messages of the next commands, duplicates and all.
    mutating func next(_ count: Int) -> [Draft] {
        var drafts: [Draft] = []
        for _ in 0..<count { draw(&drafts) }
        return drafts
    }

    private mutating func draw(_ drafts: inout [Draft]) {
        let id = "\(tenant)-\(number)"
        number += 1
        let pause = random.next(below: 4)
        switch random.next(below: 100) {
        case 0..<60: drafts.append(command(id, .succeed, pause, [.succeeded]))
        case 60..<68: drafts.append(command(id, .refuse, 0, [.refused]))
        case 68..<72: drafts.append(command(id, .withdraw, pause, [.refused]))
        case 72..<80: drafts.append(command(id, .recover, pause, [.succeeded]))
        case 80..<88:
            let draft = command(id, .succeed, pause, [.succeeded])
            drafts += Array(repeating: draft, count: 2 + random.next(below: 2))
        case 88..<92:
            // Whichever comes first is done; the other has its id.
            for milliseconds in 1...2 { drafts.append(command(id, .succeed, milliseconds, [.succeeded, .failed])) }
        case 92..<94:
            drafts.append(command(id, .succeed, pause, [.succeeded]))
            drafts.append(command(id, .succeed, pause, [.succeeded], of: second))
        case 94..<96: drafts.append(draft(id, Array("{".utf8), [.failed]))
        case 96..<97: drafts.append(draft(id, Array("{}".utf8), [.failed]))
        case 97..<98: drafts.append(draft(nil, Array(#"{"run":"\#(id)"}"#.utf8), [.failed]))
        default:
            drafts.append(
                draft(id, VerifyCommand(.succeed, run: tenant).json(), [.refused]) {
                    $0.headers[Topology.expiresAtHeader] = .string("2020-01-01T00:00:00Z")
                })
        }
    }

    private func command(
        _ id: String, _ act: VerifyCommand.Act, _ milliseconds: Int, _ endings: Set<Outcome>, of owner: String? = nil
    ) -> Draft {
        let body = VerifyCommand(act, milliseconds: milliseconds, run: tenant).json()
        return draft(id, body, endings.union(besides), of: owner)
    }

    private func draft(
        _ id: String?, _ body: [UInt8], _ endings: Set<Outcome>, of owner: String? = nil,
        change: (inout Properties) -> Void = { _ in }
    ) -> Draft {
        var properties = Properties(
            contentType: Topology.commandContentType, isPersistent: true, messageID: id, appID: "ruche verify")
        properties.headers[Topology.tenantHeader] = .string(owner ?? tenant)
        change(&properties)
        let message = OutgoingMessage(
            exchange: Topology.commandExchange, routingKey: Topology.routingKey(for: VerifyCommand.name),
            properties: properties, body: body, mandatory: true)
        return Draft(message, Intention(message, to: VerifyCommand.name, endings: endings))
    }
}

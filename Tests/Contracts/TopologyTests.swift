import Contracts
import Testing

struct TopologyTests {
    @Test(
        "Names in kebab case are names of commands",
        arguments: ["a", "lease-ip", "x2-3", String(repeating: "a", count: 64)])
    func names(text: String) {
        #expect(CommandName(text)?.rawValue == text)
    }

    @Test(
        "Other texts are not",
        arguments: [
            "", "Lease-ip", "lease_ip", "lease--ip", "-lease", "lease-", "2lease", "lease.ip", "léase", "lease ip",
            "dead", String(repeating: "a", count: 65),
        ])
    func notNames(text: String) {
        #expect(CommandName(text) == nil)
    }

    @Test("Everything on the broker is named after the command")
    func derived() {
        #expect(Topology.queue(for: "lease-ip") == "ruche.lease-ip")
        #expect(Topology.routingKey(for: "lease-ip") == "lease-ip")
        #expect(Topology.routingKey(for: "lease-ip", .succeeded) == "lease-ip.succeeded")
        #expect(Topology.eventType(for: "lease-ip", .refused) == "ruche.lease-ip.refused.v1")
        #expect(Topology.eventSource(for: "lease-ip") == "/ruche/lease-ip")
    }

    @Test("A command's queue loses nothing: quorum, at-least-once dead letters, refusal when full")
    func queues() throws {
        let declarations = Topology.declarations(for: ["lease-ip"])
        let arguments = [
            Declaration.Argument("x-queue-type", "quorum"), Declaration.Argument("x-overflow", "reject-publish"),
            Declaration.Argument("x-dead-letter-exchange", "ruche.dead"),
            Declaration.Argument("x-dead-letter-strategy", "at-least-once"),
        ]
        #expect(declarations.contains(.queue(name: "ruche.lease-ip", arguments: arguments)))
        #expect(declarations.contains(.binding(queue: "ruche.lease-ip", exchange: "ruche.commands", key: "lease-ip")))
        #expect(declarations.contains(.binding(queue: "ruche.dead", exchange: "ruche.dead", key: "#")))
        #expect(declarations.count == 7)
    }

    @Test("Whatever a declaration needs is declared before it")
    func order() {
        var known: Set<String> = []
        for declaration in Topology.declarations(for: Catalogue.commands.map { $0.name }) {
            switch declaration {
            case .exchange(let name, _): known.insert("exchange " + name)
            case .queue(let name, let arguments):
                known.insert("queue " + name)
                for argument in arguments where argument.name == "x-dead-letter-exchange" {
                    #expect(known.contains("exchange " + argument.value))
                }
            case .binding(let queue, let exchange, _):
                #expect(known.isSuperset(of: ["queue " + queue, "exchange " + exchange]))
            }
        }
    }

    @Test("The delivery limit of commands is generous, and dead letters have none that could be met")
    func policies() {
        let limits = Topology.policies.map { policy in
            policy.limits.first { $0.name == "delivery-limit" }?.value ?? 0
        }
        #expect(limits == [100, 1_000_000_000])
        #expect(Topology.policies[1].priority > Topology.policies[0].priority)
    }

    @Test(
        "Replies go to queues of their own only",
        arguments: [
            ("amq.rabbitmq.reply-to.g1h2AA", true), ("reply.shop", true), ("reply.", false), ("reply", false),
            ("ruche.lease-ip", false), ("amq.rabbitmq.reply-to", false), ("", false), ("xreply.shop", false),
            ("reply.\u{0}", false), ("reply." + String(repeating: "a", count: 250), false),
        ])
    func replies(queue: String, isAllowed: Bool) {
        #expect(Topology.allowsReply(to: queue) == isAllowed)
    }

    @Test("Outcomes and the kinds of events agree")
    func kinds() {
        for outcome in Outcome.allCases {
            #expect(outcome.eventKind.outcome == outcome)
            #expect(outcome.eventKind.isFinal)
        }
        #expect(EventKind.allCases.filter { !$0.isFinal } == [.progressed, .retrying, .parked])
    }

    @Test("Every command is found by its name, and only lines of logs need no identity")
    func catalogue() {
        for command in Catalogue.commands {
            #expect(Catalogue.command(named: command.name) == command)
            #expect(command.identity == (command.name == IngestLogs.name ? .optional : .required))
        }
        #expect(Catalogue.command(named: "brew-coffee") == nil)
    }
}

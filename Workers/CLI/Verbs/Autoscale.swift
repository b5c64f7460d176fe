import Contracts
import Runtime

extension Verb {
    static let autoscale = Verb(
        path: ["autoscale"], summary: "start and stop replicas of workers by what waits in their queues",
        arguments: ["SERVICE=MIN:MAX[:TARGET]..."],
        options: [
            .value(
                "actuator", "NAME", "who starts and stops them: \(ActuatorKind.names); default print, which only says"),
            .value("target", "DURATION", "in what time a backlog is to be done, default 60s"),
            .value("every", "DURATION", "how often it looks, default 5s"),
            .value(
                "stabilisation", "DURATION", "how long fewer must have been enough before one is stopped, default 5m"),
            .value("grace", "DURATION", "how long a stopping worker has, its SHUTDOWN_GRACE, default 20s"),
            .value("project", "NAME", "the compose project or Swarm stack, where more than one has the service"),
            .value("exec", "COMMAND", "with --actuator exec: called with SERVICE, and with SERVICE COUNT"),
            .value(
                "serves", "SERVICE=COMMAND,…", "what a service serves that is not called like an executable",
                repeats: true),
            .flag("once", "look, decide and act once"), .dryRun, .output,
        ],
        examples: [
            "ruche autoscale lease-ip=1:8 import-batch=1:4:10m",
            "ruche autoscale --actuator compose --target 30s lease-ip=1:8",
            "ruche autoscale --actuator exec --exec ./scale-hook lease-ip=1:8 -o jsonl",
        ]
    ) { invocation in
        let services = try scaledServices(invocation)
        let output = try Output(invocation)
        let isOnce = invocation.has("once")
        guard isOnce || [.table, .jsonl].contains(output.format) else {
            throw Failure(.usage, "-o \(output.format.rawValue) needs --once; -o jsonl goes on and on")
        }
        let every = try invocation.duration("every") ?? .seconds(5)
        let kind: ActuatorKind = try invocation.choice("actuator", default: .print)
        var actuator = try actuator(kind, invocation)
        if invocation.has("dry-run") { actuator = DryActuator(actuator) }
        // Who changes nothing is in nobody's way.
        let source = try ScaleSource(services, isLocking: kind != .print && !invocation.has("dry-run"))
        defer { source.close() }
        let run = AutoscaleRun(services, source, actuator, output)
        if isOnce { try run.once() } else { try run.run(every: every) }
    }

    private static func scaledServices(_ invocation: Invocation) throws(Failure) -> [ScaledService] {
        var common = ScaleRules(range: 1...1)
        common.target = try positive("target", invocation) ?? common.target
        common.stabilisation = try invocation.duration("stabilisation") ?? common.stabilisation
        common.grace = try invocation.duration("grace") ?? common.grace
        var serving: [String: [CommandName]] = [:]
        for text in invocation.all("serves") {
            let (service, commands) = try ScaledService.serving(text)
            serving[service] = commands
        }
        var services: [ScaledService] = []
        for text in invocation.arguments {
            let service = try ScaledService(text, common: common, serving: serving)
            guard !services.contains(where: { $0.name == service.name }) else {
                throw Failure(.usage, "\(service.name) is given twice")
            }
            services.append(service)
        }
        return services
    }

    private static func actuator(_ kind: ActuatorKind, _ invocation: Invocation) throws(Failure) -> any Actuator {
        guard (kind == .exec) == invocation.has("exec") else {
            throw Failure(.usage, "--actuator exec and --exec COMMAND belong together")
        }
        switch kind {
        case .print: return PrintActuator()
        case .exec: return ExecActuator(invocation.value("exec") ?? "")
        case .compose:
            let actuator = ComposeActuator(try engine(), project: invocation.value("project"))
            actuator.meanOwnProject()
            return actuator
        case .swarm: return SwarmActuator(try engine(), stack: invocation.value("project"))
        }
    }

    private static func engine() throws(Failure) -> DockerEngine {
        var settings = Settings()
        return try DockerEngine(settings.text("DOCKER_HOST") ?? "unix:///var/run/docker.sock")
    }

    private static func positive(_ name: String, _ invocation: Invocation) throws(Failure) -> Duration? {
        guard let duration = try invocation.duration(name) else { return nil }
        guard duration > .zero else { throw Failure(.usage, "--\(name) takes more than nothing") }
        return duration
    }
}

import Books
import Foundation
import TestSupport

/// What happens to containers.
enum ComposeFault: CaseIterable {
    /// `docker kill` of a process of ours; an operator starts it again.
    case kill
    /// It dies within its container; the engine starts it again.
    case crash
    case brokerRestart
    case databaseRestart
    case brokerKill
    case databaseKill

    /// Lets it happen. Returns what happened, in words.
    func strike(_ scene: ComposeScene, _ random: inout SeededRandom) throws -> String {
        switch self {
        case .kill:
            let (service, container) = try victim(scene, &random)
            try scene.docker("kill", container)
            try scene.docker("start", container)
            return "kill \(service)"
        case .crash:
            let (service, container) = try victim(scene, &random)
            let before = try restarts(of: container, scene)
            // Everything but the container's first process, which ends with it. It takes the shell as well.
            _ = try? scene.docker("exec", container, "bash", "-c", "kill -KILL -1")
            try eventually("\(service) is started again") { try restarts(of: container, scene) > before }
            return "crash \(service)"
        case .brokerRestart: return try server("rabbitmq", in: scene, "restart")
        case .databaseRestart: return try server("postgres", in: scene, "restart")
        case .brokerKill: return try server("rabbitmq", in: scene, "kill", "start")
        case .databaseKill: return try server("postgres", in: scene, "kill", "start")
        }
    }

    private func victim(_ scene: ComposeScene, _ random: inout SeededRandom) throws -> (String, String) {
        let service = ComposeScene.processes[random.next(below: ComposeScene.processes.count)]
        let containers = try scene.containers(service)
        guard !containers.isEmpty else { throw TestFailure("\(service) does not run") }
        return (service, containers[random.next(below: containers.count)])
    }

    private func restarts(of container: String, _ scene: ComposeScene) throws -> Int {
        let said = try scene.docker("inspect", "--format", "{{.RestartCount}} {{.State.Running}}", container)
        let words = said.split(whereSeparator: \.isWhitespace)
        guard words.count == 2, words[1] == "true" else { return -1 }
        return Int(words[0]) ?? -1
    }

    private func server(_ service: String, in scene: ComposeScene, _ verbs: String...) throws -> String {
        guard let container = try scene.containers(service).first else { throw TestFailure("\(service) does not run") }
        for verb in verbs { try scene.docker(verb, container) }
        return "\(verbs[0]) \(service)"
    }
}

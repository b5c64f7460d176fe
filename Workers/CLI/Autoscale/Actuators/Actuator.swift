/// Whoever starts and stops the replicas of a service. What it is told is how many there shall be, so the same told
/// twice does no harm.
protocol Actuator: AnyObject {
    /// How many replicas there are, those about to end not counted; `nil` where it cannot tell, and the broker's count
    /// of consumers is taken.
    func replicas(of service: String) throws(Failure) -> Int?

    /// Makes them so many. Does not wait until those that start work, nor until those that stop have ended.
    func scale(_ service: String, to count: Int) throws(Failure)
}

/// How replicas are started and stopped.
enum ActuatorKind: String, CaseIterable {
    case print, compose, swarm, exec

    /// The names, for the help.
    static let names = allCases.map(\.rawValue).joined(separator: ", ")
}

/// Starts and stops nothing.
final class PrintActuator: Actuator {
    func replicas(of service: String) -> Int? { nil }
    func scale(_ service: String, to count: Int) {}
}

/// Looks with another, and starts and stops nothing.
final class DryActuator: Actuator {
    private let real: any Actuator

    init(_ real: any Actuator) { self.real = real }

    func replicas(of service: String) throws(Failure) -> Int? { try real.replicas(of: service) }
    func scale(_ service: String, to count: Int) {}
}

/// Asks a program of the operator's: called with the name of a service it prints how many replicas there are, called
/// with a name and a number it makes them so many. For systemd, Nomad, or a cloud's own groups.
final class ExecActuator: Actuator {
    /// How long a call may take.
    static let limit = Duration.seconds(30)
    private let command: String

    init(_ command: String) { self.command = command }

    func replicas(of service: String) throws(Failure) -> Int? {
        let said = try run([service])
        let word = said.split(whereSeparator: \.isWhitespace).first ?? ""
        guard let count = Int(word), 0...1_000_000 ~= count else {
            throw Failure(.failure, "\(command) \(service) printed no number of replicas: \(said.prefix(80))")
        }
        return count
    }

    func scale(_ service: String, to count: Int) throws(Failure) { _ = try run([service, "\(count)"]) }

    private func run(_ arguments: [String]) throws(Failure) -> String {
        let line = ([command] + arguments).joined(separator: " ")
        let result = try HookProcess.run(command, arguments, within: Self.limit)
        guard result.ending == .exited(0) else { throw Failure(.failure, "\(line): \(result.ending)") }
        return result.output
    }
}

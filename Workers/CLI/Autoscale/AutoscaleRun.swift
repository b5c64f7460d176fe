import Contracts
import Depth
import Runtime

/// The loop: look, decide, act, say it.
final class AutoscaleRun {
    private let services: [ScaledService]
    private let source: ScaleSource
    private let actuator: any Actuator
    private let output: Output
    private var states: [ScaleState]
    private var said: [ScaleReport?]

    init(_ services: [ScaledService], _ source: ScaleSource, _ actuator: any Actuator, _ output: Output) {
        self.services = services
        self.source = source
        self.actuator = actuator
        self.output = output
        states = services.map { ScaleState($0.rules) }
        said = services.map { _ in nil }
    }

    /// Looks, decides and acts once.
    ///
    /// - Throws: when broker, database or engine cannot be reached, or what was decided could not be done.
    func once() throws {
        let reports = decide(try source.look())
        output.rows(ScaleReport.columns, reports.map(\.row))
        if let error = reports.lazy.compactMap(\.error).first { throw Failure(.failure, error) }
        for report in reports {
            if case .unknown(let reason) = report.decision.ground { throw Failure(.unavailable, reason) }
        }
    }

    /// Goes on until a signal. While something is away nothing is started and nothing is stopped.
    func run(every: Duration) throws {
        let interrupt = Interrupt()
        while true {
            let begin = Monotonic.now
            let reports: [ScaleReport]
            do { reports = decide(try source.look()) } catch { reports = try hold(error) }
            reports.indices.forEach { tell(reports[$0], of: $0) }
            let end = begin + max(every, DepthReader.rest(after: .now - begin, wish: .zero))
            repeat {
                if let code = interrupt.requested() { throw Failure(code, lines: []) }
                source.rest(.milliseconds(100))
            } while Monotonic.now < end
        }
    }

    private func decide(_ figures: [ServiceFigures]) -> [ScaleReport] {
        services.indices.map { place in
            let service = services[place]
            func held(_ ground: ScaleGround) -> ScaleReport {
                let decision = states[place].hold(nil, ground, at: .now)
                return ScaleReport(
                    time: .now, service: service, decision: decision, look: nil, pace: states[place].meter.pace)
            }
            if let holder = figures[place].holder { return held(.standby(holder)) }
            var look: ScaleLook
            switch figures[place].look {
            case .failure(let missing): return held(.unknown(missing.reason))
            case .success(let found): look = found
            }
            do throws(Failure) {
                look.replicas = try actuator.replicas(of: service.name) ?? look.consuming
            } catch { return held(.unknown(error.lines.joined(separator: "; "))) }
            let decision = states[place].decide(look, at: .now)
            var report = ScaleReport(
                time: .now, service: service, decision: decision, look: look, pace: states[place].meter.pace)
            if decision.action == .up || decision.action == .down {
                do throws(Failure) { try actuator.scale(service.name, to: decision.count) } catch {
                    report.error = error.lines.joined(separator: "; ")
                }
            }
            return report
        }
    }

    /// Nothing can be known: everything stays as it is.
    ///
    /// - Throws: the error, when waiting does not mend it.
    private func hold(_ error: any Error) throws -> [ScaleReport] {
        guard let reason = Outage.reason(error) else { throw error }
        return services.indices.map { place in
            let decision = states[place].hold(nil, .unknown(reason), at: .now)
            return ScaleReport(
                time: .now, service: services[place], decision: decision, look: nil, pace: states[place].meter.pace)
        }
    }

    private func tell(_ report: ScaleReport, of place: Int) {
        guard output.format == .table else { return output.rows(ScaleReport.columns, [report.row]) }
        if report.isNews(after: said[place]) {
            output.line(report.line)
            said[place] = report
        }
    }
}

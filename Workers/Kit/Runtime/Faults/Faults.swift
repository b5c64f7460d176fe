#if FAULTS
import Glibc
import Synchronization

/// The fault that this process was started with: `RUCHE_FAULT`. Compiled into test builds only; costs a load and a
/// comparison at each place there.
package enum Faults {
    private static let planned: PlannedFault? = {
        guard let text = Settings.processEnvironment["RUCHE_FAULT"] else { return nil }
        guard let fault = PlannedFault(text) else { preconditionFailure("RUCHE_FAULT cannot be read: \(text)") }
        return fault
    }()
    private static let reached = Atomic(0)

    /// Whether the fault of this process is planned for this place and has not happened yet.
    package static func isPlanned(_ point: FaultPoint, _ moment: PlannedFault.Moment) -> Bool {
        guard let planned, planned.point == point, planned.moment == moment else { return false }
        return reached.load(ordering: .relaxed) < planned.nth
    }

    /// Whether a thread of this process is to stand still.
    package static var isToHang: Bool { planned?.action == .hang }

    /// The flow has come to this place. Returns whether it is to fail here and now; does not return when the
    /// process is to end or the thread to stand still. What happens is written to stderr before it does.
    package static func reach(_ point: FaultPoint, _ moment: PlannedFault.Moment) -> Bool {
        guard let planned, planned.point == point, planned.moment == moment,
            reached.add(1, ordering: .relaxed).newValue == planned.nth
        else { return false }
        let line = Array("fault hit: \(planned)\n".utf8)
        _ = unsafe line.withUnsafeBytes { unsafe write(STDERR_FILENO, $0.baseAddress, $0.count) }
        switch planned.action {
        case .error: return true
        case .kill: kill(getpid(), SIGKILL)
        case .hang: break
        }
        while true { pause() }
    }
}
#endif

import Contracts
import Images
import Runtime

/// An archive on its way: one for each holder of a run.
struct ShippedFile {
    /// Where it is.
    let path: String
    private let earlier: [String]

    init(_ directory: String, _ run: Run) {
        func path(_ fence: Int) -> String { "\(directory)/ruche-ship-\(run.key)-\(fence).tar" }
        self.path = path(run.fence)
        earlier = (max(1, run.fence - 100)..<max(1, run.fence)).map(path)
    }

    /// Removes it, if it is there.
    func remove() { Shipment.remove(at: path) }

    /// Removes those that earlier holders have left which were killed here.
    func sweep() { for path in earlier { Shipment.remove(at: path) } }
}

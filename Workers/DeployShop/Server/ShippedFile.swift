import Contracts
import Images
import Runtime

/// An archive on its way: one for each holder of a run.
struct ShippedFile {
    /// Where it is.
    let path: String
    private let directory: String
    private let run: UniqueID

    private static let start = "ruche-ship-"

    init(_ directory: String, _ run: Run) {
        (self.directory, self.run) = (directory, run.key)
        path = "\(directory)/\(Self.start)\(run.key)-\(run.fence).tar"
    }

    /// Removes it, if it is there.
    func remove() { Shipment.remove(at: path) }

    /// Removes those that were left by workers which were killed here: of earlier holders of this run, and of runs that
    /// are over.
    func sweep(_ desk: ShopDesk) async throws(Rejection) {
        var found: [(path: String, run: UniqueID)] = []
        for name in Shipment.names(in: directory) {
            if let run = Self.run(of: name) { found.append(("\(directory)/\(name)", run)) }
        }
        guard !found.isEmpty else { return }
        let gone = try await desk.gone(found.map(\.run))
        for file in found where file.run == run || gone.contains(file.run) { Shipment.remove(at: file.path) }
    }

    /// Whose archive has such a name; `nil` when it is none.
    static func run(of name: String) -> UniqueID? {
        guard name.hasPrefix(start), name.hasSuffix(".tar") else { return nil }
        let rest = name.dropFirst(start.count).dropLast(4)
        guard let dash = rest.lastIndex(of: "-"), Int(rest[rest.index(after: dash)...]) != nil else { return nil }
        return UniqueID(String(rest[..<dash]))
    }
}

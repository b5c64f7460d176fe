import Glibc

extension Shipment {
    /// Removes an archive that was written, if it is there.
    package static func remove(at path: String) { _ = unsafe unlink(path) }
}

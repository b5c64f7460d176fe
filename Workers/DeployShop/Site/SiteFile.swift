/// A file of a shop's own.
package struct SiteFile: Hashable, Sendable {
    /// Where it is in the image.
    package let path: String
    /// What is in it.
    package let bytes: [UInt8]
}

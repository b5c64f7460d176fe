/// A file or a folder of a layer to be made. Folders on the way are made by themselves: 0755, of root.
package struct LayerEntry: Hashable, Sendable {
    /// From the image's root on, with or without a slash in front.
    package let path: String
    /// What is in a file; `nil` makes a folder.
    package let content: [UInt8]?
    /// The permissions.
    package let mode: Int
    /// The number of the user it belongs to.
    package let owner: Int
    /// The number of the group it belongs to.
    package let group: Int

    /// A file. Its bytes stay in memory as long as the entry does: this is for pages, not for programs.
    package static func file(
        _ path: String, _ content: [UInt8], mode: Int = 0o644, owner: Int = 0, group: Int = 0
    ) -> LayerEntry {
        LayerEntry(path: path, content: content, mode: mode, owner: owner, group: group)
    }

    /// A folder.
    package static func directory(_ path: String, mode: Int = 0o755, owner: Int = 0, group: Int = 0) -> LayerEntry {
        LayerEntry(path: path, content: nil, mode: mode, owner: owner, group: group)
    }
}

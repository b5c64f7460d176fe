import Runtime
import Testing

/// What came with an executable.
@Suite struct InstallationTests {
    @Test func foldersAreNamedFromTheNearestOn() throws {
        let folders = Installation.folders
        let nearest = try #require(folders.first)
        #expect(nearest.hasPrefix("/") && !nearest.hasSuffix("/"))
        #expect(folders.dropFirst().allSatisfy { nearest.hasPrefix($0 + "/") })
        #expect(folders.map(\.count) == folders.map(\.count).sorted(by: >))
        #expect(Installation.hasFile("/proc/self/exe") && !Installation.hasFile(nearest + "/no such file"))
    }
}

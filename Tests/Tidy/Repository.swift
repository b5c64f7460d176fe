import Foundation

/// The checkout that these tests were built from.
enum Repository {
    static let root = URL(filePath: #filePath).resolvingSymlinksInPath().deletingLastPathComponent()
        .deletingLastPathComponent().deletingLastPathComponent()

    /// Every text file a person writes, read once.
    static let files: [SourceFile] = paths.compactMap { path in
        guard let text = try? String(contentsOf: root.appending(path: path), encoding: .utf8) else { return nil }
        return SourceFile(path: path, text: text)
    }

    /// The paths of what git would keep: build products, run state and secrets are left out by name.
    static let paths: [String] = {
        let top = [
            "Contracts", "Workers", "Tests", "scripts", "compose", "docs", ".ci", "Package.swift", "README.md",
            "CONTRIBUTING.md", "CHANGELOG.md",
        ]
        return top.flatMap { name -> [String] in
            let url = root.appending(path: name)
            guard let below = try? FileManager.default.subpathsOfDirectory(atPath: url.path(percentEncoded: false))
            else {
                return FileManager.default.fileExists(atPath: url.path(percentEncoded: false)) ? [name] : []
            }
            return below.map { "\(name)/\($0)" }
        }
        .filter { !$0.contains("/.") || $0.hasPrefix(".ci/") }
        .filter { !$0.contains("__pycache__") && !$0.hasPrefix("compose/secrets/") }
        .sorted()
    }()

    static func text(_ path: String) throws -> String {
        try String(contentsOf: root.appending(path: path), encoding: .utf8)
    }

    static func isExecutable(_ path: String) -> Bool {
        FileManager.default.isExecutableFile(atPath: root.appending(path: path).path(percentEncoded: false))
    }
}

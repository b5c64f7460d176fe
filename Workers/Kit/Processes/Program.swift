import Glibc

/// A program to run: what, with which words, where. Nothing of it ever passes through a shell.
package struct Program: Sendable {
    /// What the program reads.
    package enum Input: Sendable {
        /// Nothing.
        case none
        /// These bytes, from memory: they are written nowhere.
        case bytes([UInt8])
        /// A file.
        case file(String)
    }

    /// A path, from `directory` on when it is relative; or a name without a slash, which is looked up in the `PATH` of
    /// `environment`, and without one in that of the system.
    package var name: String
    /// What follows the name, each as it is.
    package var arguments: [String]
    /// All the variables it gets. The worker's own are not passed on.
    package var environment: [String: String]
    /// The working directory, from the root on.
    package var directory: String
    /// What it reads.
    package var input = Input.none
    /// How long it may run. Then it is asked to end (SIGTERM to its group), and after `grace` it is killed.
    package var timeLimit: Duration?
    /// How long it has to end when asked to.
    package var grace = Duration.seconds(5)
    /// How many bytes of a line are kept.
    package var lineLimit = 65_536
    /// How many bytes of lines wait until they are taken. Then the program waits, too.
    package var bufferLimit = 262_144

    package init(
        _ name: String, _ arguments: [String] = [], environment: [String: String] = [:], directory: String = "/"
    ) {
        self.name = name
        self.arguments = arguments
        self.environment = environment
        self.directory = directory
    }

    private static let systemPath = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"

    /// The file that the name stands for.
    ///
    /// - Throws: `notFound`, `notExecutable`.
    func path() throws(ProcessError) -> String {
        let folders = (environment["PATH"] ?? Self.systemPath).split(separator: ":")
        let paths = name.contains("/") ? [name] : folders.map { "\($0)/\(name)" }
        return try Self.executable(paths.map { $0.hasPrefix("/") ? $0 : "\(directory)/\($0)" })
    }

    /// The first of the paths that can be run.
    private static func executable(_ paths: [String]) throws(ProcessError) -> String {
        var isThere = false
        for path in paths {
            var status = stat()
            guard unsafe stat(path, &status) == 0 else { continue }
            isThere = true
            if status.st_mode & S_IFMT == S_IFREG, unsafe access(path, X_OK) == 0 { return path }
        }
        throw isThere
            ? ProcessError(.notExecutable, "the program cannot be executed")
            : ProcessError(.notFound, "there is no such program")
    }

    /// What the guard needs to start it.
    func form() throws(ProcessError) -> LaunchForm {
        guard !environment.keys.contains(where: { $0.isEmpty || $0.contains("=") }) else {
            throw ProcessError(.malformed, "a variable without a name, or with an equals sign in it")
        }
        guard directory.hasPrefix("/") else {
            throw ProcessError(.malformed, "a working directory that is not from the root on")
        }
        return LaunchForm(
            path: try path(), directory: directory, arguments: [name] + arguments,
            environment: environment.sorted { $0.key < $1.key }.map { "\($0.key)=\($0.value)" })
    }

    /// The open file that the program reads.
    func openInput() throws(ProcessError) -> Descriptor {
        switch input {
        case .none: try Self.open("/dev/null")
        case .bytes(let bytes): try Descriptor.memory(bytes)
        case .file(let path): try Self.open(path)
        }
    }

    private static func open(_ path: String) throws(ProcessError) -> Descriptor {
        let number = unsafe Glibc.open(path, O_RDONLY | O_CLOEXEC)
        guard number >= 0 else {
            throw ProcessError(.noSuchPlace, "the file for the standard input cannot be opened", errno: errno)
        }
        return Descriptor(taking: number)
    }
}

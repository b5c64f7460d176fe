import CLinux
import Glibc

/// What is started, as it goes from worker to guard: texts that each end in a zero byte.
struct LaunchForm {
    let path: String
    let directory: String
    let arguments: [String]
    let environment: [String]

    /// Kernels take about two megabytes of arguments and environment by default.
    private static let maximumSize = 16 * 1_048_576

    init(path: String, directory: String, arguments: [String], environment: [String]) {
        (self.path, self.directory) = (path, directory)
        (self.arguments, self.environment) = (arguments, environment)
    }

    /// The form as bytes.
    ///
    /// - Throws: `malformed` for a text that holds a zero byte.
    func bytes() throws(ProcessError) -> [UInt8] {
        var bytes: [UInt8] = []
        for text in [path, directory, String(arguments.count)] + arguments + environment {
            guard !text.utf8.contains(0) else { throw ProcessError(.malformed, "a text with a zero byte") }
            bytes += text.utf8
            bytes.append(0)
        }
        guard bytes.count <= Self.maximumSize else { throw ProcessError(.malformed, "too long for any program") }
        return bytes
    }

    /// Reads the form. `nil` when it is none.
    init?(_ bytes: [UInt8]) {
        let texts = bytes.split(separator: 0, omittingEmptySubsequences: false).dropLast()
            .map { String(decoding: $0, as: UTF8.self) }
        guard texts.count >= 3, let count = Int(texts[2]), count >= 1, texts.count >= 3 + count else { return nil }
        (path, directory) = (texts[0], texts[1])
        arguments = Array(texts[3..<(3 + count)])
        environment = Array(texts[(3 + count)...])
    }

    /// Starts the program with these descriptors as its input, output and errors. What keeps it from starting comes
    /// through `report`, which its start closes.
    ///
    /// - Returns: its process id, or -1.
    func launch(input: Int32, output: Int32, errors: Int32, report: Int32) -> pid_t {
        unsafe Self.withCStrings([path, directory]) { places in
            unsafe Self.withCStrings(arguments) { arguments in
                unsafe Self.withCStrings(environment) { environment in
                    var launch = unsafe ruche_launch(
                        path: places[0], directory: places[1], arguments: arguments, environment: environment,
                        input: input, output: output, errors: errors, report: report)
                    return unsafe ruche_launch(&launch)
                }
            }
        }
    }

    /// An array as C has it, with a null pointer at its end.
    private static func withCStrings<Result>(
        _ texts: [String], _ body: (UnsafePointer<UnsafeMutablePointer<CChar>?>) -> Result
    ) -> Result {
        var pointers = unsafe texts.map { text in unsafe strdup(text) }
        unsafe pointers.append(nil)
        defer { unsafe pointers.forEach { pointer in unsafe free(pointer) } }
        return unsafe pointers.withUnsafeBufferPointer { unsafe body($0.baseAddress!) }
    }
}

import Glibc

/// Data goes to stdout, a line at a time and at once, also into a pipe: whoever follows events sees each as it comes.
func emit(_ text: String) {
    if File.send(text + "\n", to: 1) { return }
    // Nobody reads any more: like any filter, end in silence.
    if errno == EPIPE { exit(0) }
    note("ruche: stdout: \(unsafe String(cString: strerror(errno)))")
    exit(ExitCode.failure.rawValue)
}

/// Messages for people go to stderr.
func note(_ text: String) {
    _ = File.send(text + "\n", to: 2)
}

/// Keeps the numbers 0, 1 and 2 taken. Were one of them closed, the next socket would get it, and data for people
/// would go to the broker.
func holdStandardStreams() {
    for number in Int32(0)...2 where fcntl(number, F_GETFD) < 0 {
        // Open the wrong way round: reading or writing it stays the error that it was.
        _ = unsafe open("/dev/null", (number == 0 ? O_WRONLY : O_RDONLY))
    }
}

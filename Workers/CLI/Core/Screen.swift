import Glibc

/// The whole terminal, for something that is drawn anew again and again. Given back as it was, whatever happens.
struct Screen: ~Copyable {
    private let before: termios

    /// Takes the terminal: keys come one by one and are not shown; Ctrl-C stays a signal, Ctrl-Z does nothing.
    init() throws(Failure) {
        var settings = termios()
        guard unsafe tcgetattr(0, &settings) == 0 else { throw Failure(.usage, "stdin is no terminal") }
        before = settings
        settings.c_lflag &= ~UInt32(ICANON | ECHO)
        settings.c_cc.10 = 0
        unsafe tcsetattr(0, TCSANOW, &settings)
        // The other screen, and no cursor.
        _ = File.send("\u{1B}[?1049h\u{1B}[?25l", to: 1)
    }

    deinit {
        _ = File.send("\u{1B}[?25h\u{1B}[?1049l", to: 1)
        var settings = before
        unsafe tcsetattr(0, TCSANOW, &settings)
    }

    /// Draws lines from the top in one write; what does not fit below is left out.
    func draw(_ lines: [String]) {
        let rows = Terminal.size?.rows ?? 24
        let text = lines.prefix(max(1, rows)).map { $0 + "\u{1B}[K" }.joined(separator: "\n")
        if !File.send("\u{1B}[H" + text + "\u{1B}[J", to: 1) { exit(ExitCode.failure.rawValue) }
    }

    /// Waits for a key; `nil` when none comes in time, or stdin has ended.
    func key(within milliseconds: Int32) -> UInt8? {
        var wait = pollfd(fd: 0, events: Int16(POLLIN), revents: 0)
        guard unsafe poll(&wait, 1, milliseconds) > 0 else { return nil }
        var byte: UInt8 = 0
        return unsafe read(0, &byte, 1) == 1 ? byte : UInt8(ascii: "q")
    }
}

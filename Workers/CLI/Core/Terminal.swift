import Glibc

/// What stdout and stderr are, and what a terminal can do.
enum Terminal {
    /// When colours are used.
    enum Color: String, CaseIterable {
        case auto, always, never
    }

    /// Whether stdout is a terminal.
    static var isOutput: Bool { isatty(1) == 1 }
    /// Whether stderr is a terminal.
    static var isError: Bool { isatty(2) == 1 }

    /// Columns and rows of the terminal that stdout is, at this moment; `nil` when it is none or does not say.
    static var size: (columns: Int, rows: Int)? {
        var size = winsize()
        guard isOutput, unsafe ioctl(1, UInt(TIOCGWINSZ), &size) == 0, size.ws_col > 0 else { return nil }
        return (Int(size.ws_col), Int(size.ws_row))
    }

    /// Whether text on stdout is coloured: as asked, else on a terminal that is not `dumb` and without `NO_COLOR`
    /// (https://no-color.org: any value but the empty one).
    static func hasColor(_ wish: Color) -> Bool {
        switch wish {
        case .always: true
        case .never: false
        case .auto: isOutput && (variable("NO_COLOR") ?? "").isEmpty && variable("TERM") != "dumb"
        }
    }

    /// A variable of the environment.
    static func variable(_ name: String) -> String? {
        unsafe getenv(name).map { unsafe String(cString: $0) }
    }
}

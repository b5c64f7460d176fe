import Runtime

/// The man page, made from the table of verbs. The source is ASCII, so that any `man` shows it.
enum Manual {
    /// `ruche(1)` as roff, with the macros of man(7).
    static var page: String {
        var lines = [
            ".TH RUCHE 1 \"\" \"ruche \(Service.version)\" \"User Commands\"",
            ".SH NAME", #"ruche \- durable commands on RabbitMQ and PostgreSQL"#,
            ".SH SYNOPSIS", ".B ruche", #".I command\fR [\fIargument\fR ...] [\fIoption\fR ...]"#,
            ".SH DESCRIPTION",
            text("ruche publishes commands, watches over jobs and queues, and mends what went wrong."),
            ".SH COMMANDS",
        ]
        for verb in Verb.all { lines += section(verb) }
        lines += [".SH ENVIRONMENT", text("NAME_FILE names a file that holds the value of NAME.")]
        for setting in Setting.all {
            let fallback = setting.fallback.isEmpty ? "" : " Default: \(setting.fallback)."
            lines += [
                ".TP", ".B \(text(setting.name))", text("\(setting.meaning)\(fallback) Read by: \(setting.readers)."),
            ]
        }
        lines.append(".SH EXIT STATUS")
        for code in ExitCode.allCases { lines += [".TP", ".B \(code.rawValue)", text(code.meaning)] }
        return lines.joined(separator: "\n")
    }

    private static func section(_ verb: Verb) -> [String] {
        var lines = [".SS \"\(text(verb.usage))\"", text(verb.summary)]
        for option in verb.accepted {
            lines += [".TP", ".B \(text(option.shortSynopsis))", text(option.help)]
        }
        guard !verb.examples.isEmpty else { return lines }
        return lines + [".PP", ".nf"] + verb.examples.map { text("$ \($0)") } + [".fi"]
    }

    /// Text that roff takes for text: nothing at its beginning or within it is a command.
    static func text(_ text: String) -> String {
        var safe = text.hasPrefix(".") || text.hasPrefix("'") ? #"\&"# : ""
        for scalar in text.unicodeScalars {
            switch scalar {
            case "\\": safe += #"\e"#
            case "-": safe += #"\-"#
            case "\"": safe += #"\(dq"#
            case "'": safe += #"\(aq"#
            case "`": safe += #"\(ga"#
            case "^": safe += #"\(ha"#
            case "~": safe += #"\(ti"#
            case _ where scalar.isASCII: safe.unicodeScalars.append(scalar)
            default:
                let digits = String(scalar.value, radix: 16, uppercase: true)
                safe += "\\[u" + String(repeating: "0", count: max(0, 4 - digits.count)) + digits + "]"
            }
        }
        return safe
    }
}

import HTTPClient
import Runtime

extension Verb {
    static let configShow = Verb(
        path: ["config", "show"], summary: "every setting, its value and where it comes from; secrets are masked",
        options: [.output], examples: ["ruche config show", "ruche config show --json"]
    ) { invocation in
        var settings = Settings()
        Setting.readAll(&settings)
        let entries = Dictionary(uniqueKeysWithValues: settings.entries.map { ($0.name, $0) })
        try Output(invocation).rows(
            ["name", "value", "source", "readBy", "meaning"],
            Setting.all.map { setting in
                let entry = entries[setting.name]
                let fallback = setting.isSecret || setting.fallback.isEmpty ? nil : setting.fallback
                let value = entry?.origin == .default ? fallback : entry?.shown
                return [
                    .text(setting.name), value.map { .text($0) } ?? .none,
                    .text((entry?.origin ?? .default).rawValue), .text(setting.readers), .text(setting.meaning),
                ]
            })
    }

    static let configCheck = Verb(
        path: ["config", "check"], summary: "what is wrong with the environment, before a process finds out",
        options: [.output], examples: ["ruche config check"]
    ) { invocation in
        var settings = Settings()
        Setting.readAll(&settings)
        var findings: [Finding] = []
        do throws(SettingsError) { try settings.check() } catch {
            findings = error.problems.map { .fail("setting", $0, fix: "correct the environment") }
        }
        let failures = findings.count
        findings += settings.strangers.map { .warn("setting", $0, fix: "correct the name, or unset it") }
        findings += openCredentials()
        if findings.isEmpty { findings = [.ok("settings", "readable")] }
        try Output(invocation).rows(
            ["verdict", "what", "found", "fix"],
            findings.map { [.text($0.verdict.rawValue), .text($0.what), .text($0.found), .text($0.fix)] })
        if failures > 0 { throw Failure(.failure, "\(failures) settings are wrong") }
    }
    /// URLs whose credentials anybody on the way can read.
    private static func openCredentials() -> [Finding] {
        var settings = Settings()
        return ["LOKI_URL", "RABBITMQ_MANAGEMENT_URL"].compactMap { name in
            guard let text = settings.text(name, secret: true), let url = try? ClientURL(text), url.isOpen else {
                return nil
            }
            // The management API always asks for some.
            let isLoki = name == "LOKI_URL"
            let apart = ["LOKI_PASSWORD", "LOKI_TOKEN"].contains { settings.text($0, secret: true) != nil }
            guard !isLoki || apart || url.credentials != nil else { return nil }
            return .warn("setting", "\(name) sends credentials unencrypted", fix: "use https://")
        }
    }
}

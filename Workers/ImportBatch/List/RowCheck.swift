import Contracts

/// Checks the cells of one row, each by its column's rule, and notes everything that is wrong.
///
/// Cells are taken without the blanks around them, but for the password. An empty cell is one that is not there.
struct RowCheck {
    let record: CSVRecord
    let header: ListHeader
    /// The provider of rows that name none.
    let provider: String?
    /// Opens a sealed password; nil when it cannot be opened.
    let unseal: (String) -> String?
    /// What is wrong with the row.
    private(set) var faults = FaultList()

    init(record: CSVRecord, header: ListHeader, provider: String?, unseal: @escaping (String) -> String?) {
        self.record = record
        self.header = header
        self.provider = provider
        self.unseal = unseal
    }

    /// The row, unless not even its key is valid.
    mutating func run() -> ListedRow? {
        let ip = address()
        let isSsl = flag(.isSsl)
        let cores = integer(.cores, 1...10_000)
        let ramMb = integer(.ramMb, 1...1_000_000_000)
        let storageGb = integer(.storageGb, 1...1_000_000_000)
        let sshUser = user()
        let sshPort = integer(.sshPort, 1...65_535)
        let sshAuth = choice(.sshAuth, SSHAuth.self)
        let status = choice(.status, ServerStatus.self) ?? .pending
        let provider = line(.provider, atMost: 100) ?? provider
        let owner = integer(.ownerClientId, 0...Int64.max) ?? 0
        let password = password()
        let health = choice(.health, ServerHealth.self) ?? .unknown
        let lastSeenAt = time(.lastSeenAt)
        let lastCheckAt = time(.lastCheckAt)
        let hostKey = key()

        guard let ip, let sshPort else { return nil }
        var row = ListedRow(line: Int32(clamping: record.line), ip: ip, sshPort: Int32(sshPort))
        if faults.isEmpty, let isSsl, let cores, let ramMb, let storageGb, let sshUser, let sshAuth {
            row.server = ListedServer(
                isSsl: isSsl, cores: Int32(cores), ramMb: Int32(ramMb), storageGb: Int32(storageGb), sshUser: sshUser,
                sshAuth: sshAuth, sshPassword: password, status: status, provider: provider, ownerClientId: owner,
                health: health, lastSeenAt: lastSeenAt, lastCheckAt: lastCheckAt, hostKey: hostKey)
        }
        return row
    }

    // MARK: Cells

    /// The text of a cell, or nil when it is empty, absent or at fault.
    private mutating func text(_ column: Column) -> String? {
        guard let place = header.place(of: column) else { return nil }
        if let problem = record.problems.first(where: { $0.field == place })?.problem {
            switch problem {
            case .malformedQuotes:
                add(.malformedQuotes, column, "Quotes must enclose the whole field; a quote inside it is doubled.")
            case .tooLong: add(.tooLong, column, "The field is longer than 16 KiB.")
            }
            return nil
        }
        guard let text = String(validating: record[place], as: UTF8.self) else {
            add(.invalidUTF8, column, "The field is not UTF-8.")
            return nil
        }
        guard !text.utf8.contains(0) else {
            add(.nulCharacter, column, "The field has a NUL character.")
            return nil
        }
        let value = column == .sshPassword ? text : text.trimmed
        if value.isEmpty {
            if column.isRequired { add(.missingValue, column, "The field is required.") }
            return nil
        }
        return value
    }

    private mutating func add(_ code: FaultCode, _ column: Column, value: String? = nil, _ message: String) {
        faults.add(code, line: record.line, column: column, value: value, message)
    }

    // MARK: Rules

    private mutating func address() -> String? {
        guard let text = text(.serverIp) else { return nil }
        guard let address = IPAddress(text) else {
            add(.invalidValue, .serverIp, value: text, "Not an IPv4 or IPv6 address.")
            return nil
        }
        let canonical = address.unmapped
        guard canonical.isHost else {
            add(.invalidValue, .serverIp, value: text, "Not the address of a host.")
            return nil
        }
        return canonical.description
    }

    private mutating func flag(_ column: Column) -> Bool? {
        guard let text = text(column) else { return nil }
        switch text.lowercased() {
        case "true", "1", "yes": return true
        case "false", "0", "no": return false
        default:
            add(.invalidValue, column, value: text, "Must be true, false, 1, 0, yes or no.")
            return nil
        }
    }

    private mutating func integer(_ column: Column, _ range: ClosedRange<Int64>) -> Int64? {
        guard let text = text(column) else { return nil }
        guard text.utf8.allSatisfy({ (0x30...0x39).contains($0) }) else {
            add(.invalidValue, column, value: text, "Must be a whole number in decimal digits.")
            return nil
        }
        guard let value = Int64(text), range.contains(value) else {
            add(.outOfRange, column, value: text, "Must be from \(range.lowerBound) to \(range.upperBound).")
            return nil
        }
        return value
    }

    private mutating func choice<T: RawRepresentable<String> & CaseIterable>(_ column: Column, _: T.Type) -> T? {
        guard let text = text(column) else { return nil }
        guard let value = T(rawValue: text.uppercased()) else {
            let names = T.allCases.map(\.rawValue).joined(separator: ", ")
            add(.invalidValue, column, value: text, "Must be one of \(names).")
            return nil
        }
        return value
    }

    private mutating func time(_ column: Column) -> Timestamp? {
        guard let text = text(column) else { return nil }
        guard let time = Timestamp(rfc3339: text) else {
            add(.invalidValue, column, value: text, "Must be a time such as 2026-05-04T10:00:00Z (RFC 3339).")
            return nil
        }
        return time
    }

    private mutating func line(_ column: Column, atMost limit: Int) -> String? {
        guard let text = text(column) else { return nil }
        guard text.unicodeScalars.allSatisfy({ $0.value >= 0x20 && $0.value != 0x7F }) else {
            add(.invalidValue, column, value: text, "Must be a single line without control characters.")
            return nil
        }
        guard text.unicodeScalars.count <= limit else {
            add(.tooLong, column, value: text, "Must not be longer than \(limit) characters.")
            return nil
        }
        return text
    }

    /// The name ends up in inventories and command lines, so only what login names are made of is let through.
    private mutating func user() -> String? {
        guard let text = text(.sshUser) else { return nil }
        let isName = text.utf8.enumerated().allSatisfy { place, byte in
            byte.isASCIILetterOrDigit || byte == 0x5F || (place > 0 && (byte == 0x2E || byte == 0x2D || byte == 0x40))
        }
        guard isName, text.utf8.count <= 64 else {
            add(.invalidValue, .sshUser, value: text, "Must be a login name: letters, digits, _ . - @, 64 at most.")
            return nil
        }
        return text
    }

    private mutating func password() -> String? {
        guard let text = text(.sshPassword) else { return nil }
        guard text.hasPrefix("ruche-sealed:") else { return checked(password: text) }
        guard let opened = unseal(text) else {
            add(.cannotUnseal, .sshPassword, "The sealed password is damaged, or sealed for a key not held here.")
            return nil
        }
        return opened.isEmpty ? nil : checked(password: opened)
    }

    private mutating func checked(password: String) -> String? {
        guard password.utf8.count <= 1024 else {
            add(.tooLong, .sshPassword, "Must not be longer than 1024 bytes.")
            return nil
        }
        guard password.unicodeScalars.allSatisfy({ $0.value >= 0x20 && $0.value != 0x7F }) else {
            add(.invalidValue, .sshPassword, "Must not have control characters.")
            return nil
        }
        return password
    }

    /// A key as `known_hosts` has it, without host and comment, or a fingerprint. It is written into such a file later,
    /// so nothing that could begin another line is let through.
    private mutating func key() -> String? {
        guard let text = line(.hostKey, atMost: 8192) else { return nil }
        let words = text.split(separator: " ", omittingEmptySubsequences: true)
        if words.count == 1, text.hasPrefix("SHA256:"), text.utf8.count == 50, text.dropFirst(7).utf8.isBase64 {
            return text
        }
        let isKey =
            words.count >= 2 && words[0].utf8.count <= 64
            && words[0].utf8.allSatisfy { $0.isASCIILetterOrDigit || $0 == 0x2D || $0 == 0x2E || $0 == 0x40 }
            && words[1].utf8.count >= 32 && words[1].utf8.isBase64
        guard isKey else {
            add(
                .invalidValue, .hostKey, value: text,
                "Must be an algorithm and a key in base64, or SHA256: and its hash.")
            return nil
        }
        return "\(words[0]) \(words[1])"
    }
}

extension IPAddress {
    /// The IPv4 address in an IPv4-mapped IPv6 address: it is the same host.
    fileprivate var unmapped: IPAddress {
        let text = description
        guard !isV4, text.hasPrefix("::ffff:") else { return self }
        let words = text.dropFirst("::ffff:".count).split(separator: ":").compactMap { UInt32($0, radix: 16) }
        guard words.count == 2 else { return self }
        return IPAddress("\(words[0] >> 8).\(words[0] & 255).\(words[1] >> 8).\(words[1] & 255)") ?? self
    }

    /// Whether a host can have it: not unspecified, multicast, reserved or broadcast. Loopback is let through, for
    /// trials.
    fileprivate var isHost: Bool {
        let text = description
        if isV4 { return (1...223).contains(Int(text.prefix { $0 != "." }) ?? 0) }
        return text != "::" && !text.hasPrefix("ff")
    }
}

extension UInt8 {
    fileprivate var isASCIILetterOrDigit: Bool {
        (0x30...0x39).contains(self) || (0x41...0x5A).contains(self) || (0x61...0x7A).contains(self)
    }
}

extension Sequence<UInt8> {
    fileprivate var isBase64: Bool {
        allSatisfy { $0.isASCIILetterOrDigit || $0 == 0x2B || $0 == 0x2F || $0 == 0x3D }
    }
}

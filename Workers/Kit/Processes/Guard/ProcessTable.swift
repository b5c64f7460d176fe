import Glibc

/// The processes of the machine that are seen from here, as they were at one moment.
struct ProcessTable {
    struct Entry {
        let id: pid_t
        let parent: pid_t
        let group: pid_t
        let session: pid_t
        let isDead: Bool
    }

    let entries: [Entry]

    /// Reads `/proc`. Empty where there is none.
    init() {
        guard let folder = unsafe opendir("/proc") else {
            entries = []
            return
        }
        defer { unsafe closedir(folder) }
        var entries: [Entry] = []
        while let found = unsafe readdir(folder) {
            let name = unsafe withUnsafeBytes(of: &found.pointee.d_name) { bytes in
                unsafe String(decoding: bytes.prefix { $0 != 0 }, as: UTF8.self)
            }
            if let id = pid_t(name), let entry = Entry(id: id) { entries.append(entry) }
        }
        self.entries = entries
    }

    /// Those alive that descend from `ancestor`, without itself.
    func descendants(of ancestor: pid_t) -> [pid_t] {
        let children = Dictionary(grouping: entries, by: \.parent)
        var found: [Entry] = children[ancestor] ?? []
        var next = 0
        while next < found.count {
            found += children[found[next].id] ?? []
            next += 1
        }
        return found.filter { !$0.isDead }.map(\.id)
    }

    /// Those alive that belong to a program: its session, its group, and what descends from it.
    func members(of leader: pid_t) -> Set<pid_t> {
        let near = entries.filter { ($0.session == leader || $0.group == leader) && !$0.isDead }.map(\.id)
        return Set(near).union(descendants(of: leader))
    }

    /// Kills a program with all that belongs to it, also what forks meanwhile, and waits until they are dead: for some
    /// tenths of a second at most, as there may be one among them that cannot be killed.
    ///
    /// Its id must not have been given to another process yet: it has not been reaped.
    static func killProgram(_ leader: pid_t) {
        kill(-leader, SIGKILL)
        // A group is killed at one blow; who has left it may fork between two looks.
        for _ in 0..<100 {
            let members = ProcessTable().members(of: leader)
            if members.isEmpty { return }
            for member in members { kill(member, SIGKILL) }
            poll(nil, 0, 1)
        }
    }
}

extension ProcessTable.Entry {
    /// `nil` when the process is gone.
    init?(id: pid_t) {
        let file = Descriptor(taking: unsafe open("/proc/\(id)/stat", O_RDONLY | O_CLOEXEC))
        guard file.number >= 0 else { return nil }
        let bytes = file.readAll()
        // The name of the program stands in parentheses, and may hold any.
        guard let end = bytes.lastIndex(of: UInt8(ascii: ")")) else { return nil }
        let fields = bytes[(end + 1)...].split(separator: UInt8(ascii: " "), maxSplits: 4)
        guard fields.count == 5, let parent = pid_t(String(decoding: fields[1], as: UTF8.self)),
            let group = pid_t(String(decoding: fields[2], as: UTF8.self)),
            let session = pid_t(String(decoding: fields[3], as: UTF8.self))
        else { return nil }
        self.id = id
        self.parent = parent
        self.group = group
        self.session = session
        isDead = fields[0].first == UInt8(ascii: "Z") || fields[0].first == UInt8(ascii: "X")
    }
}

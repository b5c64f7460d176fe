import CRabbitMQ
import Glibc

/// Memory for the C values of one call into the library: filled, used, reset. No allocation a message once it has
/// grown.
@safe
struct WireArena: ~Copyable {
    private var block: UnsafeMutableRawPointer
    private var capacity: Int
    private var used = 0
    /// What did not fit the block since the last reset.
    private var overflow: [UnsafeMutableRawPointer] = unsafe []
    private var overflowBytes = 0

    init(capacity: Int = 16_384) {
        self.capacity = capacity
        unsafe block = .allocate(byteCount: capacity, alignment: 16)
    }

    deinit {
        unsafe overflow.forEach { unsafe $0.deallocate() }
        unsafe block.deallocate()
    }

    /// Invalidates everything handed out.
    mutating func reset() {
        used = 0
        guard overflowBytes > 0 else { return }
        unsafe overflow.forEach { unsafe $0.deallocate() }
        unsafe overflow.removeAll()
        if capacity < 262_144 {
            unsafe block.deallocate()
            capacity = min(262_144, 2 * (capacity + overflowBytes))
            unsafe block = .allocate(byteCount: capacity, alignment: 16)
        }
        overflowBytes = 0
    }

    private mutating func allocate(_ count: Int) -> UnsafeMutableRawPointer {
        let start = (used + 15) & ~15
        if start + count <= capacity {
            used = start + count
            return unsafe block + start
        }
        let piece = UnsafeMutableRawPointer.allocate(byteCount: max(count, 1), alignment: 16)
        unsafe overflow.append(piece)
        overflowBytes += count
        return unsafe piece
    }

    mutating func bytes(_ text: String) -> amqp_bytes_t {
        let count = text.utf8.count
        let target = unsafe allocate(count)
        let copied: Bool? = unsafe text.utf8.withContiguousStorageIfAvailable { source in
            if let address = source.baseAddress { unsafe memcpy(target, address, count) }
            return true
        }
        if copied == nil {
            for (offset, byte) in text.utf8.enumerated() {
                unsafe target.storeBytes(of: byte, toByteOffset: offset, as: UInt8.self)
            }
        }
        return unsafe amqp_bytes_t(len: count, bytes: target)
    }

    mutating func bytes(_ data: [UInt8]) -> amqp_bytes_t {
        let target = unsafe allocate(data.count)
        unsafe data.withUnsafeBytes { source in
            if let address = source.baseAddress { unsafe memcpy(target, address, source.count) }
        }
        return unsafe amqp_bytes_t(len: data.count, bytes: target)
    }

    mutating func table(_ headers: Headers) -> amqp_table_t {
        let entries = headers.entries
        let target = unsafe allocate(entries.count * MemoryLayout<amqp_table_entry_t>.stride)
            .bindMemory(to: amqp_table_entry_t.self, capacity: entries.count)
        for (index, entry) in entries.enumerated() {
            let key = unsafe bytes(entry.name)
            unsafe (target + index).initialize(to: amqp_table_entry_t(key: key, value: value(entry.value)))
        }
        return unsafe amqp_table_t(num_entries: Int32(entries.count), entries: target)
    }

    private mutating func array(_ values: [FieldValue]) -> amqp_array_t {
        let target = unsafe allocate(values.count * MemoryLayout<amqp_field_value_t>.stride)
            .bindMemory(to: amqp_field_value_t.self, capacity: values.count)
        for (index, element) in values.enumerated() { unsafe (target + index).initialize(to: value(element)) }
        return unsafe amqp_array_t(num_entries: Int32(values.count), entries: target)
    }

    private mutating func value(_ value: FieldValue) -> amqp_field_value_t {
        var field = unsafe amqp_field_value_t()
        switch value {
        case .bool(let flag):
            unsafe field.kind = UInt8(AMQP_FIELD_KIND_BOOLEAN.rawValue)
            unsafe field.value.boolean = flag ? 1 : 0
        case .int(let number):
            unsafe field.kind = UInt8(AMQP_FIELD_KIND_I64.rawValue)
            unsafe field.value.i64 = Int64(number)
        case .double(let number):
            unsafe field.kind = UInt8(AMQP_FIELD_KIND_F64.rawValue)
            unsafe field.value.f64 = number
        case .string(let text):
            unsafe field.kind = UInt8(AMQP_FIELD_KIND_UTF8.rawValue)
            unsafe field.value.bytes = bytes(text)
        case .bytes(let data):
            unsafe field.kind = UInt8(AMQP_FIELD_KIND_BYTES.rawValue)
            unsafe field.value.bytes = bytes(data)
        case .timestamp(let seconds):
            unsafe field.kind = UInt8(AMQP_FIELD_KIND_TIMESTAMP.rawValue)
            unsafe field.value.u64 = seconds
        case .array(let values):
            unsafe field.kind = UInt8(AMQP_FIELD_KIND_ARRAY.rawValue)
            unsafe field.value.array = array(values)
        case .table(let headers):
            unsafe field.kind = UInt8(AMQP_FIELD_KIND_TABLE.rawValue)
            unsafe field.value.table = table(headers)
        case .void: unsafe field.kind = UInt8(AMQP_FIELD_KIND_VOID.rawValue)
        }
        return unsafe field
    }

    mutating func properties(_ properties: Properties) -> amqp_basic_properties_t {
        var raw = unsafe amqp_basic_properties_t()
        var flags: Int32 = 0
        if let text = properties.contentType {
            flags |= AMQP_BASIC_CONTENT_TYPE_FLAG
            unsafe raw.content_type = bytes(text)
        }
        if let text = properties.contentEncoding {
            flags |= AMQP_BASIC_CONTENT_ENCODING_FLAG
            unsafe raw.content_encoding = bytes(text)
        }
        if !properties.headers.isEmpty {
            flags |= AMQP_BASIC_HEADERS_FLAG
            unsafe raw.headers = table(properties.headers)
        }
        if properties.isPersistent {
            flags |= AMQP_BASIC_DELIVERY_MODE_FLAG
            unsafe raw.delivery_mode = 2
        }
        if let priority = properties.priority {
            flags |= AMQP_BASIC_PRIORITY_FLAG
            unsafe raw.priority = priority
        }
        if let text = properties.correlationID {
            flags |= AMQP_BASIC_CORRELATION_ID_FLAG
            unsafe raw.correlation_id = bytes(text)
        }
        if let text = properties.replyTo {
            flags |= AMQP_BASIC_REPLY_TO_FLAG
            unsafe raw.reply_to = bytes(text)
        }
        if let text = properties.expiration {
            flags |= AMQP_BASIC_EXPIRATION_FLAG
            unsafe raw.expiration = bytes(text)
        }
        if let text = properties.messageID {
            flags |= AMQP_BASIC_MESSAGE_ID_FLAG
            unsafe raw.message_id = bytes(text)
        }
        if let seconds = properties.timestamp {
            flags |= AMQP_BASIC_TIMESTAMP_FLAG
            unsafe raw.timestamp = seconds
        }
        if let text = properties.type {
            flags |= AMQP_BASIC_TYPE_FLAG
            unsafe raw.type = bytes(text)
        }
        if let text = properties.userID {
            flags |= AMQP_BASIC_USER_ID_FLAG
            unsafe raw.user_id = bytes(text)
        }
        if let text = properties.appID {
            flags |= AMQP_BASIC_APP_ID_FLAG
            unsafe raw.app_id = bytes(text)
        }
        unsafe raw._flags = amqp_flags_t(flags)
        return unsafe raw
    }
}

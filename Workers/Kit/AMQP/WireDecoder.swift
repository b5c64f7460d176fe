import CRabbitMQ
import Glibc

/// Copies what the library decoded into values of our own. Nothing of the library's memory is kept.
struct WireDecoder: ~Copyable {
    private var memo = StringMemo()

    mutating func repeated(_ bytes: amqp_bytes_t) -> String { unsafe memo.repeated(Self.buffer(bytes)) }

    static func text(_ bytes: amqp_bytes_t) -> String { unsafe StringMemo.text(buffer(bytes)) }

    static func buffer(_ bytes: amqp_bytes_t) -> UnsafeRawBufferPointer {
        unsafe UnsafeRawBufferPointer(start: bytes.bytes, count: bytes.bytes == nil ? 0 : bytes.len)
    }

    /// The entries of a table. A frame has room for tens of thousands of tables and lists within each other, which no
    /// thread's stack has: what lies deeper than ``WireLimits/depth`` is read as nothing.
    mutating func headers(_ table: amqp_table_t, depth: Int = 0) -> Headers {
        guard unsafe table.num_entries > 0, let source = unsafe table.entries else { return Headers() }
        var entries: [Headers.Entry] = []
        unsafe entries.reserveCapacity(Int(table.num_entries))
        for index in unsafe 0..<Int(table.num_entries) {
            let name = unsafe repeated(source[index].key)
            unsafe entries.append(Headers.Entry(name: name, value: value(source[index].value, depth)))
        }
        return Headers(entries: entries)
    }

    private mutating func value(_ field: amqp_field_value_t, _ depth: Int) -> FieldValue {
        let kind = unsafe amqp_field_value_kind_t(UInt32(field.kind))
        switch kind {
        case AMQP_FIELD_KIND_BOOLEAN: return unsafe .bool(field.value.boolean != 0)
        case AMQP_FIELD_KIND_I8: return unsafe .int(Int(field.value.i8))
        case AMQP_FIELD_KIND_U8: return unsafe .int(Int(field.value.u8))
        case AMQP_FIELD_KIND_I16: return unsafe .int(Int(field.value.i16))
        case AMQP_FIELD_KIND_U16: return unsafe .int(Int(field.value.u16))
        case AMQP_FIELD_KIND_I32: return unsafe .int(Int(field.value.i32))
        case AMQP_FIELD_KIND_U32: return unsafe .int(Int(field.value.u32))
        case AMQP_FIELD_KIND_I64: return unsafe .int(Int(field.value.i64))
        case AMQP_FIELD_KIND_U64: return unsafe .int(Int(clamping: field.value.u64))
        case AMQP_FIELD_KIND_F32: return unsafe .double(Double(field.value.f32))
        case AMQP_FIELD_KIND_F64: return unsafe .double(field.value.f64)
        case AMQP_FIELD_KIND_DECIMAL: return unsafe .double(Self.decimal(field.value.decimal))
        case AMQP_FIELD_KIND_UTF8: return unsafe string(field.value.bytes)
        case AMQP_FIELD_KIND_BYTES: return unsafe .bytes([UInt8](Self.buffer(field.value.bytes)))
        case AMQP_FIELD_KIND_TIMESTAMP: return unsafe .timestamp(field.value.u64)
        case AMQP_FIELD_KIND_TABLE, AMQP_FIELD_KIND_ARRAY:
            guard depth < WireLimits.depth else { return .void }
            if kind == AMQP_FIELD_KIND_TABLE { return unsafe .table(headers(field.value.table, depth: depth + 1)) }
            let array = unsafe field.value.array
            guard let source = unsafe array.entries else { return .array([]) }
            var values: [FieldValue] = []
            for index in unsafe 0..<Int(array.num_entries) { unsafe values.append(value(source[index], depth + 1)) }
            return .array(values)
        default: return .void
        }
    }

    private mutating func string(_ bytes: amqp_bytes_t) -> FieldValue {
        let buffer = unsafe Self.buffer(bytes)
        let text = unsafe memo.repeated(buffer)
        // A text with other bytes than those received was repaired: they were not UTF-8.
        let isSame = unsafe text.utf8.withContiguousStorageIfAvailable { known in
            guard let start = known.baseAddress, let received = buffer.baseAddress else { return true }
            return unsafe memcmp(start, received, buffer.count) == 0
        }
        if text.utf8.count == buffer.count, isSame ?? false { return .string(text) }
        return unsafe .bytes([UInt8](buffer))
    }

    private static func decimal(_ decimal: amqp_decimal_t) -> Double {
        var value = Double(Int32(bitPattern: decimal.value))
        for _ in 0..<decimal.decimals { value /= 10 }
        return value
    }

    mutating func properties(_ raw: UnsafePointer<amqp_basic_properties_t>) -> Properties {
        let flags = unsafe Int32(bitPattern: raw.pointee._flags)
        var properties = Properties()
        if flags & AMQP_BASIC_CONTENT_TYPE_FLAG != 0 {
            unsafe properties.contentType = repeated(raw.pointee.content_type)
        }
        if flags & AMQP_BASIC_CONTENT_ENCODING_FLAG != 0 {
            unsafe properties.contentEncoding = repeated(raw.pointee.content_encoding)
        }
        if flags & AMQP_BASIC_HEADERS_FLAG != 0 { unsafe properties.headers = headers(raw.pointee.headers) }
        if flags & AMQP_BASIC_DELIVERY_MODE_FLAG != 0 {
            unsafe properties.isPersistent = raw.pointee.delivery_mode == 2
        }
        if flags & AMQP_BASIC_PRIORITY_FLAG != 0 { unsafe properties.priority = raw.pointee.priority }
        if flags & AMQP_BASIC_CORRELATION_ID_FLAG != 0 {
            unsafe properties.correlationID = Self.text(raw.pointee.correlation_id)
        }
        if flags & AMQP_BASIC_REPLY_TO_FLAG != 0 { unsafe properties.replyTo = repeated(raw.pointee.reply_to) }
        if flags & AMQP_BASIC_EXPIRATION_FLAG != 0 { unsafe properties.expiration = Self.text(raw.pointee.expiration) }
        if flags & AMQP_BASIC_MESSAGE_ID_FLAG != 0 { unsafe properties.messageID = Self.text(raw.pointee.message_id) }
        if flags & AMQP_BASIC_TIMESTAMP_FLAG != 0 { unsafe properties.timestamp = raw.pointee.timestamp }
        if flags & AMQP_BASIC_TYPE_FLAG != 0 { unsafe properties.type = repeated(raw.pointee.type) }
        if flags & AMQP_BASIC_USER_ID_FLAG != 0 { unsafe properties.userID = repeated(raw.pointee.user_id) }
        if flags & AMQP_BASIC_APP_ID_FLAG != 0 { unsafe properties.appID = repeated(raw.pointee.app_id) }
        return properties
    }
}

/// Header fields that the router acts on; every other one passes through.
package enum FieldName: UInt8, Sendable {
    case other
    case host
    case authorization
    case connection
    case contentLength
    case transferEncoding
    case expect
    /// Between neighbours only, or replaced by the router: never copied.
    case hopByHop
    /// Between neighbours; says what protocol the connection shall go on with.
    case upgrade
    case traceParent
    case forwardedFor
    case requestID
    case clientRequestID
    case deployment
    case origin
    case preflightMethod
    /// `access-control-allow-origin` and others of a response that only one may give.
    case crossOrigin
    /// `ms-azureml-model-error-…`: said by the router alone.
    case modelError

    /// The bit that stands for the name in a set of names.
    @inline(__always)
    var bit: UInt32 { 1 &<< UInt32(rawValue) }

    /// Whether ``HeaderFields`` has to look into the value.
    @inline(__always)
    fileprivate var concernsFraming: Bool {
        let names = Self.contentLength.bit | Self.transferEncoding.bit | Self.connection.bit
        return bit & names != 0
    }

    /// Recognises a name without regard to case.
    @inline(__always)
    static func of(_ name: Bytes) -> FieldName {
        switch name.count {
        case 2: name.matches("te") ? .hopByHop : .other
        case 4: name.matches("host") ? .host : .other
        case 6: name.matches("expect") ? .expect : name.matches("origin") ? .origin : .other
        case 7: name.matches("upgrade") ? .upgrade : name.matches("trailer") ? .hopByHop : .other
        case 10: name.matches("connection") ? .connection : name.matches("keep-alive") ? .hopByHop : .other
        case 11: name.matches("traceparent") ? .traceParent : .other
        case 12: name.matches("x-request-id") ? .requestID : .other
        case 13: name.matches("authorization") ? .authorization : .other
        case 14: name.matches("content-length") ? .contentLength : .other
        case 15: name.matches("x-forwarded-for") ? .forwardedFor : .other
        case 16: name.matches("proxy-connection") ? .hopByHop : .other
        case 17: name.matches("transfer-encoding") ? .transferEncoding : .other
        case 18: name.matches("proxy-authenticate") ? .hopByHop : .other
        case 19: name.matches("proxy-authorization") ? .hopByHop : .other
        case 22: name.matches("x-ms-client-request-id") ? .clientRequestID : .other
        case 24: name.matches("azureml-model-deployment") ? .deployment : .other
        case 27: name.matches("access-control-allow-origin") ? .crossOrigin : .other
        case 29: ofTwentyNine(name)
        case 33: name.matches("ms-azureml-model-error-statuscode") ? .modelError : .other
        default: .other
        }
    }

    private static func ofTwentyNine(_ name: Bytes) -> FieldName {
        if name.matches("ms-azureml-model-error-reason") { return .modelError }
        if name.matches("access-control-request-method") { return .preflightMethod }
        return name.matches("access-control-expose-headers") ? .crossOrigin : .other
    }
}

/// One header field: where it stands in the head, and what it is.
package struct HeaderField: Sendable {
    /// The whole line with its line end.
    package var line: ByteRun
    package var nameCount: Int
    /// The value without blanks around it.
    package var value: ByteRun
    package var name: FieldName

    /// The name as it was spelt.
    package var spelling: ByteRun { ByteRun(start: line.start, count: nameCount) }
}

/// The header fields of one head and what they say about the message's framing.
///
/// Reads every field strictly: a name of token characters followed at once by a colon, a value without control
/// bytes, no folded lines, at most one length, no length beside an encoding, and only the encoding `chunked`
/// (RFC 9112 sections 5 and 6).
package struct HeaderFields: ~Copyable {
    package private(set) var contentLength: UInt64?
    package private(set) var isChunked = false
    package private(set) var saysClose = false
    package private(set) var saysKeepAlive = false
    package private(set) var saysUpgrade = false
    /// `Connection` names further fields, which are then between neighbours only.
    package private(set) var connectionNamesFields = false

    /// Whether a connection of HTTP/1 goes on after a message with these fields, RFC 9112 section 9.3.
    func keepsAlive(_ minorVersion: UInt8) -> Bool {
        !saysClose && (minorVersion == 1 || saysKeepAlive)
    }

    /// Memory for ``capacity`` fields, of which the first ``count`` are there; grows, and stays for the next head.
    private var memory: UnsafeMutablePointer<HeaderField>
    private var capacity = 32
    private var count = 0
    /// A bit per name that occurs, and per name that occurs again.
    private var present: UInt32 = 0
    private var repeated: UInt32 = 0

    package init() { memory = .allocate(capacity: capacity) }

    // A field is plain bytes: there is nothing to deinitialise.
    deinit { memory.deallocate() }

    /// All fields in order; valid until the next head is read.
    package var fields: UnsafeBufferPointer<HeaderField> { UnsafeBufferPointer(start: memory, count: count) }

    mutating func removeAll() {
        count = 0
        present = 0
        repeated = 0
        contentLength = nil
        isChunked = false
        saysClose = false
        saysKeepAlive = false
        saysUpgrade = false
        connectionNamesFields = false
    }

    /// Value of the first field of that name.
    @inline(__always)
    package func value(of name: FieldName) -> ByteRun? {
        has(name) ? firstValue(of: name) : nil
    }

    private func firstValue(of name: FieldName) -> ByteRun? {
        for field in fields where field.name == name { return field.value }
        return nil
    }

    @inline(__always)
    func has(_ name: FieldName) -> Bool { present & name.bit != 0 }

    /// Whether there is more than one field of that name.
    @inline(__always)
    func isRepeated(_ name: FieldName) -> Bool { repeated & name.bit != 0 }

    /// Reads the fields from `start` to the empty line that ends them; returns the offset after that.
    mutating func read(_ bytes: Bytes, from start: Int, _ limits: HeadLimits) -> Result<Int, HeadFault> {
        var index = start
        while index >= bytes.count || bytes.at(index) != 0x0D {
            guard count < limits.fieldCount else { return .failure(.tooManyFields) }
            guard let next = readField(bytes, from: index) else { return .failure(.malformed) }
            index = next
        }
        guard bytes.isLineEnd(at: index) else { return .failure(.malformed) }
        if isChunked && contentLength != nil { return .failure(.malformed) }
        return .success(index + 2)
    }

    /// Reads one field; returns the offset of the next line.
    @inline(__always)
    private mutating func readField(_ bytes: Bytes, from start: Int) -> Int? {
        guard start < bytes.count else { return nil }
        // Offsets stay inside the bytes, so sums of them do not overflow.
        let nameEnd = bytes.endOfToken(from: start)
        // Also refuses a blank before the colon, and a folded line, which starts with a blank.
        guard nameEnd > start, nameEnd < bytes.count, bytes.at(nameEnd) == UInt8(ascii: ":") else { return nil }
        var valueStart = nameEnd &+ 1
        while valueStart < bytes.count, Self.isBlank(bytes.at(valueStart)) { valueStart &+= 1 }
        let lineEnd = bytes.endOfText(from: valueStart)
        guard bytes.isLineEnd(at: lineEnd) else { return nil }
        var valueEnd = lineEnd
        while valueEnd > valueStart, Self.isBlank(bytes.at(valueEnd &- 1)) { valueEnd &-= 1 }
        let value = ByteRun(start: valueStart, count: valueEnd &- valueStart)
        let name = FieldName.of(bytes.run(ByteRun(start: start, count: nameEnd &- start)))
        if name.concernsFraming {
            guard note(name, bytes.run(value)) else { return nil }
        }
        append(
            HeaderField(
                line: ByteRun(start: start, count: lineEnd &+ 2 &- start), nameCount: nameEnd &- start, value: value,
                name: name))
        return lineEnd &+ 2
    }

    @inline(__always)
    private mutating func append(_ field: HeaderField) {
        if count == capacity { grow() }
        // Below the capacity, which was just seen to.
        (memory + count).initialize(to: field)
        count += 1
        repeated |= present & field.name.bit
        present |= field.name.bit
    }

    @inline(never)
    private mutating func grow() {
        let larger = UnsafeMutablePointer<HeaderField>.allocate(capacity: capacity * 2)
        larger.moveInitialize(from: memory, count: count)
        memory.deallocate()
        memory = larger
        capacity *= 2
    }

    private static func isBlank(_ byte: UInt8) -> Bool { byte == 0x20 || byte == 0x09 }

    /// Takes notice of what a field says about framing; false if it may not say that.
    @inline(never)
    private mutating func note(_ name: FieldName, _ value: Bytes) -> Bool {
        switch name {
        case .contentLength:
            guard contentLength == nil, let length = value.decimalNumber() else { return false }
            contentLength = length
        case .transferEncoding:
            guard !isChunked, value.matches("chunked") else { return false }
            isChunked = true
        case .connection:
            return noteConnection(value)
        default:
            break
        }
        return true
    }

    private mutating func noteConnection(_ value: Bytes) -> Bool {
        var isValid = true
        Self.forEachListed(in: value) { option in
            guard option.allSatisfy(ByteClass.isToken) else {
                isValid = false
                return
            }
            if option.matches("close") {
                saysClose = true
            } else if option.matches("keep-alive") {
                saysKeepAlive = true
            } else if option.matches("upgrade") {
                saysUpgrade = true
            } else {
                connectionNamesFields = true
            }
        }
        return isValid
    }

    /// Whether a `Connection` field of this head names the field at `index`; `Host` stays whatever it says.
    @inline(__always)
    func connectionNames(_ index: Int, in bytes: Bytes) -> Bool {
        connectionNamesFields && fields[index].name != .host && connectionLists(fields[index], in: bytes)
    }

    private func connectionLists(_ field: HeaderField, in bytes: Bytes) -> Bool {
        let name = bytes.run(field.spelling)
        var isNamed = false
        for connection in fields where connection.name == .connection {
            Self.forEachListed(in: bytes.run(connection.value)) { option in
                if option.elementsEqual(name, by: { ByteClass.lowercased($0) == ByteClass.lowercased($1) }) {
                    isNamed = true
                }
            }
        }
        return isNamed
    }

    /// Calls `body` for every element of a comma-separated list, without the blanks around it and without empty ones.
    private static func forEachListed(in value: Bytes, _ body: (Bytes) -> Void) {
        var start = 0
        while start <= value.count {
            let comma = value.offset(of: UInt8(ascii: ","), from: start) ?? value.count
            var first = start
            var last = comma
            while first < last, isBlank(value.at(first)) { first += 1 }
            while last > first, isBlank(value.at(last - 1)) { last -= 1 }
            if first < last { body(value.run(ByteRun(start: first, count: last - first))) }
            start = comma + 1
        }
    }
}

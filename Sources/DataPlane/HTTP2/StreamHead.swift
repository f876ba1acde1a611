/// A header section on its way in, which becomes the head of an HTTP/1.1 message.
///
/// nghttp2 has checked names, values and the pseudo-headers (RFC 9113 section 8); what could still end a line is refused
/// here once more, and the HTTP/1.1 scanner reads the text as strictly as any client's.
struct StreamHead {
    private var method: [UInt8] = []
    private var path: [UInt8] = []
    private var authority: [UInt8] = []
    private(set) var status = 0
    private var lines: [UInt8] = []
    private var cookies: [UInt8] = []
    private var hasLength = false
    private(set) var isGRPC = false

    /// Bytes that the text takes, about.
    private var size: Int { method.count + path.count + authority.count + lines.count + cookies.count }

    /// Takes a field; false if the message cannot be told in HTTP/1.1.
    ///
    /// What goes beyond `limit` is left out: the text is then longer than a head may be, and is refused as such.
    mutating func add(_ name: Bytes, _ value: Bytes, limit: Int) -> Bool {
        guard size <= limit else { return true }
        guard value.allSatisfy(ByteClass.isText), let first = name.first else { return false }
        guard first != UInt8(ascii: ":") else { return addPseudo(name, value) }
        guard name.allSatisfy(ByteClass.isToken) else { return false }
        switch FieldName.of(name) {
        case .connection, .hopByHop, .upgrade, .transferEncoding: return true
        case .host where !authority.isEmpty: return true
        case .contentLength: hasLength = true
        default: break
        }
        // Clients may cut their cookies into several fields, RFC 9113 section 8.2.3.
        if name.equals("cookie") {
            if !cookies.isEmpty { cookies += Array("; ".utf8) }
            cookies += value
            return true
        }
        if name.equals("content-type") { isGRPC = GRPCStatus.isType(value) }
        appendLine(name, value)
        return true
    }

    private mutating func addPseudo(_ name: Bytes, _ value: Bytes) -> Bool {
        if name.equals(":method") {
            method = Array(value)
        } else if name.equals(":path") {
            path = Array(value)
        } else if name.equals(":authority") {
            authority = Array(value)
        } else if name.equals(":status") {
            guard let number = value.decimalNumber() else { return false }
            status = Int(number)
        } else {
            return name.equals(":scheme")
        }
        return true
    }

    private mutating func appendLine(_ name: Bytes, _ value: Bytes) {
        lines += name
        lines += Array(": ".utf8)
        lines += value
        lines += Array("\r\n".utf8)
    }

    var isHEAD: Bool { method == Array("HEAD".utf8) }

    /// How the body is told in HTTP/1.1.
    func framing(hasBody: Bool) -> BodyFraming {
        guard hasBody else { return .none }
        // The length itself counts nothing here: nghttp2 holds the body to it.
        return hasLength ? .length(.max) : .chunked
    }

    /// The head of the request.
    func requestText(hasBody: Bool) -> [UInt8] {
        var text = method + Array(" ".utf8) + path + Array(" HTTP/1.1\r\n".utf8)
        if !authority.isEmpty { text += Array("host: ".utf8) + authority + Array("\r\n".utf8) }
        text += lines
        if !cookies.isEmpty { text += Array("cookie: ".utf8) + cookies + Array("\r\n".utf8) }
        if framing(hasBody: hasBody) == .chunked { text += Array("transfer-encoding: chunked\r\n".utf8) }
        return text + Array("\r\n".utf8)
    }

    /// The head of the response.
    func answerText(hasBody: Bool) -> [UInt8] {
        var text = Array("HTTP/1.1 \(status) \r\n".utf8) + lines
        if framing(hasBody: hasBody) == .chunked { text += Array("transfer-encoding: chunked\r\n".utf8) }
        if !hasBody, !hasLength, status != 204, status != 304 { text += Array("content-length: 0\r\n".utf8) }
        return text + Array("\r\n".utf8)
    }
}

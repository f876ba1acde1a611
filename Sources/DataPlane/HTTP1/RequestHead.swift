/// The head of a request, as runs of the bytes it was scanned from.
///
/// One value is kept per loop and scanned into again and again, so a request allocates nothing.
package struct RequestHead: Sendable {
    package private(set) var method = ByteRun.none
    package private(set) var target = ByteRun.none
    /// Minor version of HTTP/1.
    package private(set) var minorVersion: UInt8 = 1
    package private(set) var isHEAD = false
    /// GET, HEAD, OPTIONS, PUT, DELETE and TRACE may be sent twice without harm, RFC 9110 section 9.2.2.
    package private(set) var isIdempotent = false
    package private(set) var headers = HeaderFields()

    package init() {}

    /// Whether the client wants to go on with the connection, RFC 9112 section 9.3.
    package var keepsAlive: Bool {
        if headers.saysClose { return false }
        return minorVersion == 1 || headers.saysKeepAlive
    }

    /// Whether the client waits for `100 Continue` before it sends the body.
    func expectsContinue(_ bytes: Bytes) -> Bool {
        guard minorVersion == 1, let value = headers.value(of: .expect) else { return false }
        return bytes.run(value).matches("100-continue")
    }

    /// Whether the client asks to go on as a WebSocket, RFC 6455 section 4.1.
    func wantsWebSocket(_ bytes: Bytes) -> Bool {
        guard headers.saysUpgrade, minorVersion == 1, bytes.run(method).equals("GET"), !headers.isChunked,
            headers.contentLength ?? 0 == 0, let value = headers.value(of: .upgrade)
        else { return false }
        return bytes.run(value).matches("websocket")
    }

    /// Scans a head of `length` bytes, as ``HeadEnd`` found it.
    mutating func scan(_ bytes: UnsafeBufferPointer<UInt8>, length: Int, limits: HeadLimits) -> HeadFault? {
        headers.removeAll()
        precondition(length >= 4 && length <= bytes.count)
        let fieldsStart: Int
        switch scanRequestLine(bytes, length: length, limits: limits) {
        case .success(let start): fieldsStart = start
        case .failure(let fault): return fault
        }
        if let fault = headers.scan(bytes, from: fieldsStart, length: length, limits: limits) { return fault }
        // RFC 9112 section 3.2: exactly one Host in 1.1, never two.
        guard headers.hostCount == 1 || (minorVersion == 0 && headers.hostCount == 0) else { return .malformed }
        if let host = headers.value(of: .host), !Authority.isHost(bytes.run(host)) { return .malformed }
        // A 1.0 message cannot be chunked; who sends one is not to be trusted about its end.
        guard minorVersion == 1 || !headers.isChunked else { return .malformed }
        // Two of them could be read differently here and by a replica or an earlier proxy.
        guard headers.count(of: .authorization) <= 1, headers.count(of: .deployment) <= 1 else { return .malformed }
        return nil
    }

    private mutating func scanRequestLine(
        _ bytes: Bytes, length: Int, limits: HeadLimits
    ) -> Result<Int, HeadFault> {
        var index = 0
        while index < length, ByteClass.isToken(bytes.at(index)) { index += 1 }
        guard index > 0, index <= 32, bytes.at(index) == 0x20 else { return .failure(.malformed) }
        method = ByteRun(start: 0, count: index)
        classifyMethod(bytes)
        index += 1
        let targetStart = index
        while index < length, ByteClass.isVisible(bytes.at(index)) { index += 1 }
        target = ByteRun(start: targetStart, count: index - targetStart)
        // A fragment is the client's own business and stands in no request target.
        guard target.count > 0, bytes.at(index) == 0x20, bytes.run(target).offset(of: UInt8(ascii: "#"), from: 0) == nil
        else { return .failure(.malformed) }
        guard target.count <= limits.targetSize else { return .failure(.targetTooLong) }
        guard index + 11 <= length, bytes.run(ByteRun(start: index + 1, count: 5)).equals("HTTP/"),
            ByteClass.isDigit(bytes.at(index + 6)), bytes.at(index + 7) == UInt8(ascii: "."),
            ByteClass.isDigit(bytes.at(index + 8)), bytes.at(index + 9) == 0x0D, bytes.at(index + 10) == 0x0A
        else { return .failure(.malformed) }
        minorVersion = bytes.at(index + 8) - 0x30
        guard bytes.at(index + 6) == UInt8(ascii: "1"), minorVersion <= 1 else { return .failure(.unsupportedVersion) }
        return .success(index + 11)
    }

    private mutating func classifyMethod(_ bytes: Bytes) {
        let name = bytes.run(method)
        isHEAD = name.equals("HEAD")
        switch name.count {
        case 3: isIdempotent = name.equals("GET") || name.equals("PUT")
        case 4: isIdempotent = isHEAD
        case 5: isIdempotent = name.equals("TRACE")
        case 6: isIdempotent = name.equals("DELETE")
        case 7: isIdempotent = name.equals("OPTIONS")
        default: isIdempotent = false
        }
    }
}

/// The head of a request, as runs of the bytes it was scanned from.
///
/// One value is kept per loop and scanned into again and again, so a request allocates nothing.
package struct RequestHead: ~Copyable {
    package private(set) var method = ByteRun.none
    package private(set) var target = ByteRun.none
    /// Minor version of HTTP/1.
    package private(set) var minorVersion: UInt8 = 1
    package private(set) var isHEAD = false
    /// GET, HEAD, OPTIONS, PUT, DELETE and TRACE may be sent twice without harm, RFC 9110 section 9.2.2.
    package private(set) var isIdempotent = false
    /// Offset after the request line.
    package private(set) var lineEnd = 0
    package private(set) var headers = HeaderFields()

    package init() {}

    /// Whether the client wants to go on with the connection, RFC 9112 section 9.3.
    package var keepsAlive: Bool { headers.keepsAlive(minorVersion) }

    /// How the body ends, RFC 9112 section 6.3.
    package var bodyFraming: BodyFraming {
        if headers.isChunked { return .chunked }
        if let length = headers.contentLength { return .length(length) }
        return .none
    }

    /// Whether the client waits for `100 Continue` before it sends the body.
    @inline(__always)
    func expectsContinue(_ bytes: Bytes) -> Bool {
        guard minorVersion == 1, let value = headers.value(of: .expect) else { return false }
        return bytes.run(value).matches("100-continue")
    }

    /// Whether the client asks to go on as a WebSocket, RFC 6455 section 4.1.
    @inline(__always)
    func wantsWebSocket(_ bytes: Bytes) -> Bool {
        headers.saysUpgrade && isWebSocketRequest(bytes)
    }

    private func isWebSocketRequest(_ bytes: Bytes) -> Bool {
        guard minorVersion == 1, bytes.run(method).equals("GET"), !headers.isChunked,
            headers.contentLength ?? 0 == 0, let value = headers.value(of: .upgrade)
        else { return false }
        return bytes.run(value).matches("websocket")
    }

    /// Scans the head that `bytes` begin with. `end` belongs to the connection, and is new for every head.
    mutating func scan(_ bytes: Bytes, _ end: inout HeadEnd, limits: HeadLimits) -> HeadScan {
        end.scan(bytes, limits: limits) { read($0, limits) }
    }

    /// Reads the head that `bytes` begin with; returns its length.
    @inline(never)
    private mutating func read(_ bytes: Bytes, _ limits: HeadLimits) -> Result<Int, HeadFault> {
        headers.removeAll()
        if let fault = readRequestLine(bytes, limits) { return .failure(fault) }
        let length: Int
        switch headers.read(bytes, from: lineEnd, limits) {
        case .success(let found): length = found
        case .failure(let fault): return .failure(fault)
        }
        // RFC 9112 section 3.2: exactly one Host in 1.1, never two.
        guard !headers.isRepeated(.host) else { return .failure(.malformed) }
        if let host = headers.value(of: .host) {
            guard Authority.isHost(bytes.run(host)) else { return .failure(.malformed) }
        } else if minorVersion == 1 {
            return .failure(.malformed)
        }
        // A 1.0 message cannot be chunked; who sends one is not to be trusted about its end.
        guard minorVersion == 1 || !headers.isChunked else { return .failure(.malformed) }
        // Two of them could be read differently here and by a replica or an earlier proxy.
        guard !headers.isRepeated(.authorization), !headers.isRepeated(.deployment) else { return .failure(.malformed) }
        return .success(length)
    }

    private mutating func readRequestLine(_ bytes: Bytes, _ limits: HeadLimits) -> HeadFault? {
        var index = bytes.endOfToken(from: 0)
        guard index > 0, index <= 32, index < bytes.count, bytes.at(index) == 0x20 else { return .malformed }
        method = ByteRun(start: 0, count: index)
        classifyMethod(bytes)
        index += 1
        target = ByteRun(start: index, count: bytes.endOfVisible(from: index) - index)
        index = target.end
        // A fragment is the client's own business and stands in no request target.
        guard target.count > 0, index < bytes.count, bytes.at(index) == 0x20,
            bytes.run(target).offset(of: UInt8(ascii: "#"), from: 0) == nil
        else { return .malformed }
        guard target.count <= limits.targetSize else { return .targetTooLong }
        guard index + 11 <= bytes.count, bytes.run(ByteRun(start: index + 1, count: 5)).equals("HTTP/"),
            ByteClass.isDigit(bytes.at(index + 6)), bytes.at(index + 7) == UInt8(ascii: "."),
            ByteClass.isDigit(bytes.at(index + 8)), bytes.isLineEnd(at: index + 9)
        else { return .malformed }
        minorVersion = bytes.at(index + 8) - 0x30
        guard bytes.at(index + 6) == UInt8(ascii: "1"), minorVersion <= 1 else { return .unsupportedVersion }
        lineEnd = index + 11
        return nil
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

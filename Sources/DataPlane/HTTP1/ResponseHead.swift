/// The head of a replica's answer, as runs of the bytes it was scanned from.
package struct ResponseHead: Sendable {
    package private(set) var status = 0
    package private(set) var reason = ByteRun.none
    package private(set) var minorVersion: UInt8 = 1
    package private(set) var headers = HeaderFields()

    package init() {}

    /// Whether the replica goes on with the connection.
    package var keepsAlive: Bool {
        if headers.saysClose { return false }
        return minorVersion == 1 || headers.saysKeepAlive
    }

    /// How the body ends, RFC 9112 section 6.3.
    package func bodyFraming(answeringHEAD: Bool) -> BodyFraming {
        if answeringHEAD || status < 200 || status == 204 || status == 304 { return .none }
        if headers.isChunked { return .chunked }
        if let length = headers.contentLength { return .length(length) }
        return .untilClose
    }

    /// Scans a head of `length` bytes, as ``HeadEnd`` found it.
    mutating func scan(_ bytes: UnsafeBufferPointer<UInt8>, length: Int, limits: HeadLimits) -> HeadFault? {
        headers.removeAll()
        precondition(length >= 4 && length <= bytes.count)
        guard length >= 15, bytes.run(ByteRun(start: 0, count: 7)).equals("HTTP/1.") else { return .malformed }
        minorVersion = bytes.at(7) &- 0x30
        guard minorVersion <= 1 else { return .unsupportedVersion }
        guard bytes.at(8) == 0x20, let code = bytes.run(ByteRun(start: 9, count: 3)).decimalNumber(), code >= 100,
            code < 600
        else { return .malformed }
        status = Int(code)
        var index = 12
        reason = .none
        // Some servers leave the blank out when they have no reason to tell.
        if bytes.at(index) == 0x20 {
            index += 1
            let start = index
            index = bytes.endOfText(from: start, to: length)
            reason = ByteRun(start: start, count: index - start)
        }
        guard index + 2 <= length, bytes.at(index) == 0x0D, bytes.at(index + 1) == 0x0A else { return .malformed }
        if let fault = headers.scan(bytes, from: index + 2, length: length, limits: limits) { return fault }
        return minorVersion == 0 && headers.isChunked ? .malformed : nil
    }
}

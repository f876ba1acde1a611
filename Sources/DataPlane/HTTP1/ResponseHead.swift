/// The head of a replica's response, as runs of the bytes it was scanned from.
///
/// One value is kept per loop and scanned into again and again, so a response allocates nothing.
package struct ResponseHead: ~Copyable {
    package private(set) var status = 0
    package private(set) var reason = ByteRun.none
    /// The blank before the reason is there, even if the reason is empty.
    package private(set) var hasReason = false
    package private(set) var minorVersion: UInt8 = 1
    /// Offset after the status line.
    package private(set) var lineEnd = 0
    package private(set) var headers = HeaderFields()

    package init() {}

    /// Whether the replica goes on with the connection.
    package var keepsAlive: Bool { headers.keepsAlive(minorVersion) }

    /// How the body ends, RFC 9112 section 6.3.
    package func bodyFraming(answeringHEAD: Bool) -> BodyFraming {
        if answeringHEAD || status < 200 || status == 204 || status == 304 { return .none }
        if headers.isChunked { return .chunked }
        if let length = headers.contentLength { return .length(length) }
        return .untilClose
    }

    /// Scans the head that `bytes` begin with. `end` belongs to the connection, and is new for every head.
    mutating func scan(_ bytes: Bytes, _ end: inout HeadEnd, limits: HeadLimits) -> HeadScan {
        end.scan(bytes, limits: limits) { read($0, limits) }
    }

    /// Reads the head that `bytes` begin with; returns its length.
    @inline(never)
    private mutating func read(_ bytes: Bytes, _ limits: HeadLimits) -> Result<Int, HeadFault> {
        headers.removeAll()
        if let fault = readStatusLine(bytes) { return .failure(fault) }
        let outcome = headers.read(bytes, from: lineEnd, limits)
        if case .success = outcome, minorVersion == 0, headers.isChunked { return .failure(.malformed) }
        return outcome
    }

    private mutating func readStatusLine(_ bytes: Bytes) -> HeadFault? {
        guard bytes.count >= 15, bytes.run(ByteRun(start: 0, count: 7)).equals("HTTP/1.") else { return .malformed }
        minorVersion = bytes.at(7) &- 0x30
        guard minorVersion <= 1 else { return .unsupportedVersion }
        guard bytes.at(8) == 0x20, let code = bytes.run(ByteRun(start: 9, count: 3)).decimalNumber(), code >= 100,
            code < 600
        else { return .malformed }
        status = Int(code)
        var index = 12
        reason = .none
        // Some servers leave the blank out when they have no reason to tell.
        hasReason = bytes.at(index) == 0x20
        if hasReason {
            index += 1
            reason = ByteRun(start: index, count: bytes.endOfText(from: index) - index)
            index = reason.end
        }
        guard bytes.isLineEnd(at: index) else { return .malformed }
        lineEnd = index + 2
        return nil
    }
}

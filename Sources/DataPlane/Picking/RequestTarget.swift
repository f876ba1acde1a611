/// What a request target asks for.
package struct RequestTarget: Equatable {
    package enum Destination: Equatable {
        /// By the endpoint's name, in `/api/v1/endpoint/{endpoint}/…`.
        case endpoint(ByteRun)
        /// By the host name the request was sent to.
        case host
    }

    package var destination: Destination
    /// Host and port, in absolute form; they count in place of `Host` (RFC 9112 section 3.2.2).
    package var authority: ByteRun?
    /// The model is to be asked: the deployment's own scoring path replaces `/score`.
    package var isScoring: Bool
    /// What is sent to the replica after that: the query if ``isScoring``, else path and query.
    package var rest: ByteRun

    private static let prefix: StaticString = "/api/v1/endpoint/"

    /// Reads a target in origin form or absolute form (RFC 9112 section 3.2); `nil` for the other forms.
    package init?(_ bytes: Bytes) {
        guard let start = Self.pathStart(bytes, authority: &authority) else { return nil }
        let pathEnd = bytes.offset(of: UInt8(ascii: "?"), from: start) ?? bytes.count
        let prefixCount = Self.prefix.utf8CodeUnitCount
        var tail = ByteRun(start: start, count: bytes.count - start)
        destination = .host
        if pathEnd - start > prefixCount, Self.hasPrefix(bytes.run(tail)) {
            let nameStart = start + prefixCount
            let slash = bytes.offset(of: UInt8(ascii: "/"), from: nameStart) ?? pathEnd
            let nameEnd = min(slash, pathEnd)
            destination = .endpoint(ByteRun(start: nameStart, count: nameEnd - nameStart))
            tail = ByteRun(start: nameEnd, count: bytes.count - nameEnd)
        }
        let path = bytes.run(ByteRun(start: tail.start, count: pathEnd - tail.start))
        isScoring = path.equals("/score")
        rest = isScoring ? ByteRun(start: pathEnd, count: bytes.count - pathEnd) : tail
    }

    private static func hasPrefix(_ path: Bytes) -> Bool {
        for index in 0..<prefix.utf8CodeUnitCount where path.at(index) != prefix.utf8Start[index] { return false }
        return true
    }

    private static func pathStart(_ bytes: Bytes, authority: inout ByteRun?) -> Int? {
        if bytes.at(0) == UInt8(ascii: "/") { return 0 }
        for scheme in ["http://", "https://"] as [StaticString] {
            let count = scheme.utf8CodeUnitCount
            guard bytes.count > count, bytes.run(ByteRun(start: 0, count: count)).matches(scheme) else { continue }
            // A slash in the query begins no path, so it is no part of the authority's characters either.
            guard let slash = bytes.offset(of: UInt8(ascii: "/"), from: count) else { return nil }
            let run = ByteRun(start: count, count: slash - count)
            let host = bytes.run(run)
            guard let first = host.first, first != UInt8(ascii: ":"), Authority.isHost(host) else { return nil }
            authority = run
            return slash
        }
        return nil
    }

    /// The host name in the value of a `Host` field: without the port.
    package static func hostName(_ value: Bytes) -> Bytes {
        if !value.isEmpty, value.at(0) == UInt8(ascii: "["), let bracket = value.offset(of: UInt8(ascii: "]"), from: 0)
        {
            return value.run(ByteRun(start: 0, count: bracket + 1))
        }
        let colon = value.offset(of: UInt8(ascii: ":"), from: 0) ?? value.count
        return value.run(ByteRun(start: 0, count: colon))
    }
}

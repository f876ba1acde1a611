import Glibc

/// Limits of a message head; all are lengths in bytes except `fieldCount`.
package struct HeadLimits: Sendable, Equatable {
    /// Start line and header fields together.
    package var headSize = 16 * 1024
    package var targetSize = 8 * 1024
    package var fieldCount = 100

    package init() {}
}

/// Why a head is refused.
package enum HeadFault: Error, Sendable, Equatable {
    /// The bytes break RFC 9112, or could be read in two ways.
    case malformed
    /// A well-formed version other than 1.0 and 1.1.
    case unsupportedVersion
    case headTooLarge
    case targetTooLong
    case tooManyFields
}

/// What scanning the bytes at hand came to.
package enum HeadScan: Sendable, Equatable {
    case incomplete
    /// The head takes this many bytes, its final empty line included.
    case complete(length: Int)
    case refused(HeadFault)
}

/// Finds the end of a head in bytes that arrive in pieces, looking at each byte once.
struct HeadEnd {
    /// Offset up to which the bytes were searched.
    private(set) var searched = 0

    /// Length of the head with its empty line, `nil` while it is incomplete.
    ///
    /// A line feed without a carriage return is refused at once: the sender would wait for a response for ever.
    mutating func find(in bytes: Bytes, limits: HeadLimits) -> HeadScan {
        guard let base = bytes.baseAddress else { return .incomplete }
        let searchEnd = min(bytes.count, limits.headSize)
        var index = searched
        while index < searchEnd {
            guard let found = memchr(base + index, 0x0A, searchEnd - index) else { break }
            let feed = base.distance(to: found.assumingMemoryBound(to: UInt8.self))
            guard feed > 0, bytes.at(feed - 1) == 0x0D else { return .refused(.malformed) }
            if feed >= 3, bytes.at(feed - 2) == 0x0A { return .complete(length: feed + 1) }
            // An empty first line: nothing before it that could be a head.
            if feed == 1 { return .refused(.malformed) }
            index = feed + 1
        }
        searched = searchEnd
        guard bytes.count >= limits.headSize else { return .incomplete }
        let firstLine = bytes.offset(of: 0x0A, from: 0) ?? bytes.count
        return .refused(firstLine >= limits.targetSize ? .targetTooLong : .headTooLarge)
    }

    /// Reads the head that `bytes` begin with, by `read`, which returns its length.
    ///
    /// Most heads arrive whole and without fault, and reading such a one finds its end. Every other one is searched for
    /// its end first and read then, so what is refused, and why, does not depend on how the bytes arrived.
    @inline(__always)
    mutating func scan(_ bytes: Bytes, limits: HeadLimits, read: (Bytes) -> Result<Int, HeadFault>) -> HeadScan {
        if searched == 0, case .success(let length) = read(bytes), length <= limits.headSize {
            return .complete(length: length)
        }
        let found = find(in: bytes, limits: limits)
        guard case .complete(let length) = found else { return found }
        switch read(bytes.run(ByteRun(start: 0, count: length))) {
        case .success(length): return found
        case .success: return .refused(.malformed)
        case .failure(let fault): return .refused(fault)
        }
    }
}

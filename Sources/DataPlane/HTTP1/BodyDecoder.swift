/// How a message body ends.
package enum BodyFraming: Sendable, Equatable {
    case none
    case length(UInt64)
    case chunked
    /// With the connection; responses only.
    case untilClose

    /// Requests whose rest of the body is at most this long have it read and dropped, so the connection can go on.
    static let discardLimit: UInt64 = 256 * 1024
}

/// What ``BodyDecoder/decode(_:)`` found at the start of the bytes it was given.
package struct BodyStep: Equatable {
    package enum State: Equatable {
        /// Call again with what follows `consumed`; with nothing left, when more has arrived.
        case goesOn
        case finished
        case malformed
    }

    /// Bytes of the message that are done with, payload included.
    package var consumed: Int
    /// Where among them the payload stands; there is at most one run of it per step.
    package var payload: ByteRun
    package var state: State
}

/// Cuts a body out of a stream of bytes that may be split anywhere.
///
/// Chunk extensions and trailer fields are checked and dropped, which RFC 9112 section 7.1 allows a proxy.
package struct BodyDecoder: Sendable {
    private enum Phase {
        case payload
        case chunkSize
        case chunkExtension
        case chunkSizeFeed
        case chunkData
        case chunkDataReturn
        case chunkDataFeed
        case trailerStart
        case trailerName
        case trailerValue
        case trailerFeed
        case endFeed
        case finished
        case malformed
    }

    /// Longest chunk extension of one chunk, and longest trailer section.
    private static var extensionLimit: Int { 256 }
    private static var trailerLimit: Int { 8192 }

    private var phase: Phase
    /// Bytes of the body, or of the chunk, that are still to come.
    private var remaining: UInt64 = 0
    private var digits = 0
    private var extra = 0

    package let framing: BodyFraming

    package init(_ framing: BodyFraming) {
        self.framing = framing
        switch framing {
        case .none, .length(0): phase = .finished
        case .length(let length):
            phase = .payload
            remaining = length
        case .chunked: phase = .chunkSize
        case .untilClose:
            phase = .payload
            remaining = .max
        }
    }

    package var isFinished: Bool { phase == .finished }
    /// Bytes that are known to come, for a body with a length.
    package var knownRemaining: UInt64? {
        if case .chunked = framing { return isFinished ? 0 : nil }
        if case .untilClose = framing { return nil }
        return isFinished ? 0 : remaining
    }

    /// Counts `count` bytes of payload in, at most what remains, that were taken without being looked at.
    package mutating func skip(_ count: Int) {
        precondition(phase == .payload && count >= 0 && UInt64(count) <= remaining)
        if case .untilClose = framing { return }
        remaining -= UInt64(count)
        if remaining == 0 { phase = .finished }
    }

    /// Takes one run of payload, or the framing up to it, from the start of `bytes`; at most `limit` bytes of payload.
    @inline(__always)
    package mutating func decode(_ bytes: Bytes, limit: Int = .max) -> BodyStep {
        // Nearly always.
        if phase == .payload { return takePayload(bytes, from: 0, limit: limit) }
        return decodeFraming(bytes, limit: limit)
    }

    private mutating func decodeFraming(_ bytes: Bytes, limit: Int) -> BodyStep {
        var index = 0
        while true {
            switch phase {
            case .finished: return BodyStep(consumed: index, payload: .none, state: .finished)
            case .malformed: return BodyStep(consumed: index, payload: .none, state: .malformed)
            case .payload, .chunkData: return takePayload(bytes, from: index, limit: limit)
            default:
                guard index < bytes.count else { return BodyStep(consumed: index, payload: .none, state: .goesOn) }
                takeFraming(bytes.at(index))
                index += 1
            }
        }
    }

    @inline(__always)
    private mutating func takePayload(_ bytes: Bytes, from start: Int, limit: Int) -> BodyStep {
        let there = min(bytes.count - start, limit)
        let count = remaining > UInt64(there) ? there : Int(remaining)
        // What ends with the connection has the largest number remaining, which it never gets to the end of.
        if case .untilClose = framing {} else { remaining -= UInt64(count) }
        if remaining == 0 { phase = phase == .chunkData ? .chunkDataReturn : .finished }
        return BodyStep(
            consumed: start + count, payload: ByteRun(start: start, count: count),
            state: phase == .finished ? .finished : .goesOn)
    }

    private mutating func takeFraming(_ byte: UInt8) {
        switch phase {
        case .chunkSize: takeSize(byte)
        case .chunkExtension: takeExtension(byte)
        case .chunkSizeFeed: phase = byte != 0x0A ? .malformed : remaining == 0 ? .trailerStart : .chunkData
        case .chunkDataReturn: phase = byte == 0x0D ? .chunkDataFeed : .malformed
        case .chunkDataFeed:
            digits = 0
            phase = byte == 0x0A ? .chunkSize : .malformed
        case .trailerStart, .trailerName, .trailerValue, .trailerFeed: takeTrailer(byte)
        case .endFeed: phase = byte == 0x0A ? .finished : .malformed
        case .payload, .chunkData, .finished, .malformed: break
        }
    }

    private mutating func takeSize(_ byte: UInt8) {
        if let digit = ByteClass.hexadecimal(byte) {
            if digits == 0 { remaining = 0 }
            digits += 1
            // 15 digits stay far from overflow, and nobody sends chunks of that size.
            guard digits <= 15 else {
                phase = .malformed
                return
            }
            remaining = remaining << 4 | UInt64(digit)
        } else if digits == 0 {
            phase = .malformed
        } else if byte == UInt8(ascii: ";") {
            extra = 0
            phase = .chunkExtension
        } else {
            phase = byte == 0x0D ? .chunkSizeFeed : .malformed
        }
    }

    private mutating func takeExtension(_ byte: UInt8) {
        extra += 1
        if byte == 0x0D {
            phase = .chunkSizeFeed
        } else if !ByteClass.isText(byte) || extra > Self.extensionLimit {
            phase = .malformed
        }
    }

    private mutating func takeTrailer(_ byte: UInt8) {
        extra += 1
        switch phase {
        case _ where extra > Self.trailerLimit + Self.extensionLimit: phase = .malformed
        case .trailerStart where byte == 0x0D: phase = .endFeed
        case .trailerStart: phase = ByteClass.isToken(byte) ? .trailerName : .malformed
        case .trailerName:
            if byte == UInt8(ascii: ":") {
                phase = .trailerValue
            } else if !ByteClass.isToken(byte) {
                phase = .malformed
            }
        case .trailerValue:
            if byte == 0x0D { phase = .trailerFeed } else if !ByteClass.isText(byte) { phase = .malformed }
        default: phase = byte == 0x0A ? .trailerStart : .malformed
        }
    }
}

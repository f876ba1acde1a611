/// The GUID that the router gives every request, RFC 9562 version 4; kept as text, since it is written down three times.
struct RequestID: Equatable {
    // Eight hexadecimal digits each.
    private var first = HexDigits(0)
    private var second = HexDigits(0)
    private var third = HexDigits(0)
    private var fourth = HexDigits(0)

    init() {}

    init(from source: inout RandomSource) {
        let high = source.next() & 0xFFFF_FFFF_FFFF_0FFF | 0x4000
        let low = source.next() & 0x3FFF_FFFF_FFFF_FFFF | 0x8000_0000_0000_0000
        first = HexDigits(UInt32(truncatingIfNeeded: high >> 32))
        second = HexDigits(UInt32(truncatingIfNeeded: high))
        third = HexDigits(UInt32(truncatingIfNeeded: low >> 32))
        fourth = HexDigits(UInt32(truncatingIfNeeded: low))
    }

    /// Writes a trace that begins with this request, W3C Trace Context section 3.2: nobody has recorded it yet.
    func writeTraceParent(to queue: inout ByteQueue) {
        queue.append("00-")
        queue.append(first, second)
        queue.append(third, fourth)
        queue.append("-")
        // The request is its own first span.
        queue.append(third, fourth)
        queue.append("-00")
    }

    /// The 36 characters.
    var text: String {
        var queue = ByteQueue()
        let pool = BufferPool(size: 64)
        queue.borrow(from: pool)
        defer { queue.giveBack(to: pool) }
        write(to: &queue)
        return String(decoding: queue.readable, as: UTF8.self)
    }

    /// Writes the 36 characters.
    func write(to queue: inout ByteQueue) {
        queue.append(guid: first, second, third, fourth)
    }
}

/// xoshiro256**, seeded from the system once: request ids need to be distinct, not secret.
struct RandomSource: RandomNumberGenerator {
    private var state: (UInt64, UInt64, UInt64, UInt64)

    init() {
        var system = SystemRandomNumberGenerator()
        state = (system.next() | 1, system.next(), system.next(), system.next())
    }

    /// A source whose numbers depend on `seed` alone.
    init(seed: UInt64) {
        state = (seed | 1, seed &* 0x9E37_79B9_7F4A_7C15, seed ^ 0xBF58_476D_1CE4_E5B9, 0x94D0_49BB_1331_11EB)
        for _ in 0..<16 { _ = next() }
    }

    mutating func next() -> UInt64 {
        let scrambled = state.1 &* 5
        let result = (scrambled << 7 | scrambled >> 57) &* 9
        let shifted = state.1 << 17
        state.2 ^= state.0
        state.3 ^= state.1
        state.1 ^= state.2
        state.0 ^= state.3
        state.2 ^= shifted
        state.3 = state.3 << 45 | state.3 >> 19
        return result
    }
}

import Glibc

/// Bytes on their way through a connection: appended at the end, consumed at the start, in one buffer of fixed size.
///
/// The memory is borrowed from a ``BufferPool`` while there is something to hold, so an idle connection has none.
/// Copies share the memory; the record that holds a queue is its only owner and gives it back exactly once.
struct ByteQueue {
    private var base: UnsafeMutablePointer<UInt8>?
    private var capacity = 0
    /// Offset of the first byte that was not consumed.
    private(set) var start = 0
    /// Offset after the last byte.
    private(set) var end = 0

    var count: Int { end - start }
    var isEmpty: Bool { start == end }
    var hasMemory: Bool { base != nil }
    /// Bytes that fit after the last one.
    var room: Int { capacity - end }

    mutating func borrow(from pool: BufferPool) {
        guard base == nil else { return }
        base = pool.take()
        capacity = pool.size
        start = 0
        end = 0
    }

    mutating func giveBack(to pool: BufferPool) {
        guard let base else { return }
        if capacity == pool.size { pool.give(base) } else { base.deallocate() }
        self = ByteQueue()
    }

    /// Goes on in memory of its own, of `size` bytes: more than the pool's buffers have.
    mutating func grow(to size: Int, _ pool: BufferPool) {
        precondition(size > max(capacity, pool.size))
        let larger = UnsafeMutablePointer<UInt8>.allocate(capacity: size)
        if let base {
            memcpy(larger, base, end)
            if capacity == pool.size { pool.give(base) } else { base.deallocate() }
        }
        base = larger
        capacity = size
    }

    /// What is there to read; valid until the queue is changed.
    var readable: UnsafeBufferPointer<UInt8> {
        UnsafeBufferPointer(start: base.map { UnsafePointer($0 + start) }, count: end - start)
    }

    /// Where to put further bytes; valid until the queue is changed.
    var writable: UnsafeMutableRawBufferPointer {
        UnsafeMutableRawBufferPointer(start: base.map { $0 + end }, count: capacity - end)
    }

    /// Counts `count` bytes in that were written to ``writable``.
    mutating func commit(_ count: Int) {
        precondition(count >= 0 && count <= capacity - end)
        end += count
    }

    mutating func consume(_ count: Int) {
        precondition(count >= 0 && count <= end - start)
        start += count
    }

    /// Consumes, and reuses the buffer from its start once all is consumed.
    mutating func consumeAndReset(_ count: Int) {
        consume(count)
        if start == end {
            start = 0
            end = 0
        }
    }

    /// Takes back everything that was consumed, which must still be there.
    mutating func rewind() { start = 0 }

    /// Moves what is left to the front of the buffer.
    mutating func compact() {
        guard start > 0, let base else { return }
        memmove(base, base + start, end - start)
        end -= start
        start = 0
    }

    /// Appends bytes, for which there must be room.
    mutating func append(_ bytes: UnsafeBufferPointer<UInt8>) {
        guard let source = bytes.baseAddress, bytes.count > 0 else { return }
        precondition(bytes.count <= capacity - end, "no room in the buffer")
        guard let base else { return }
        memcpy(base + end, source, bytes.count)
        end += bytes.count
    }

    mutating func append(_ text: StaticString) {
        append(UnsafeBufferPointer(start: text.utf8Start, count: text.utf8CodeUnitCount))
    }

    mutating func append(_ byte: UInt8) {
        precondition(end < capacity, "no room in the buffer")
        guard let base else { return }
        base[end] = byte
        end += 1
    }

    /// Appends the first `count` bytes of a span.
    mutating func append(_ bytes: Span<UInt8>, count: Int) {
        bytes.extracting(0..<count).withUnsafeBufferPointer { append($0) }
    }

    mutating func append(_ bytes: [UInt8]) {
        bytes.withUnsafeBufferPointer { append($0) }
    }

    /// Appends a number in decimal digits.
    mutating func append(decimal number: UInt64) {
        append(number, base: 10)
    }

    /// Appends a number in hexadecimal digits.
    mutating func append(hexadecimal number: UInt64) {
        append(number, base: 16)
    }

    /// Appends the eight hexadecimal digits of a number, all at once in one register.
    mutating func append(eightDigits number: UInt32) {
        precondition(8 <= capacity - end, "no room in the buffer")
        guard let base else { return }
        // One nibble per byte, the first digit in the highest byte.
        var nibbles = UInt64(number)
        nibbles = (nibbles & 0xFFFF_0000) << 16 | nibbles & 0xFFFF
        nibbles = (nibbles & 0x0000_FF00_0000_FF00) << 8 | nibbles & 0x0000_00FF_0000_00FF
        nibbles = (nibbles & 0x00F0_00F0_00F0_00F0) << 4 | nibbles & 0x000F_000F_000F_000F
        // 1 in every byte that holds more than nine: its letter begins 39 places after the digits.
        let letters = (nibbles &+ 0x0606_0606_0606_0606) >> 4 & 0x0101_0101_0101_0101
        let digits = nibbles &+ 0x3030_3030_3030_3030 &+ letters &* 0x27
        UnsafeMutableRawPointer(base + end).storeBytes(of: digits.bigEndian, as: UInt64.self)
        end += 8
    }

    /// Moves the last four bytes on by one and puts a hyphen before them.
    mutating func insertHyphen(at offset: Int) {
        precondition(offset >= start && offset + 4 == end && end < capacity)
        guard let base else { return }
        memmove(base + offset + 1, base + offset, 4)
        base[offset] = UInt8(ascii: "-")
        end += 1
    }

    private mutating func append(_ number: UInt64, base radix: UInt64) {
        var divisor: UInt64 = 1
        while number / divisor >= radix { divisor *= radix }
        var rest = number
        while divisor > 0 {
            let digit = UInt8(truncatingIfNeeded: rest / divisor)
            append(digit < 10 ? UInt8(ascii: "0") + digit : UInt8(ascii: "a") + digit - 10)
            rest %= divisor
            divisor /= radix
        }
    }
}

/// Buffers of one size; the last one given back is handed out first, because it is still in the cache.
final class BufferPool {
    let size: Int
    /// Most buffers kept for later; the rest go back to the system.
    private let spares: Int
    // One loop's alone, and touched within one call: the runtime need not watch over overlapping accesses.
    @exclusivity(unchecked) private var free: [UnsafeMutablePointer<UInt8>] = []

    init(size: Int, spares: Int = 128) {
        self.size = size
        self.spares = spares
        free.reserveCapacity(spares)
    }

    deinit {
        for buffer in free { buffer.deallocate() }
    }

    func take() -> UnsafeMutablePointer<UInt8> {
        free.popLast() ?? .allocate(capacity: size)
    }

    func give(_ buffer: UnsafeMutablePointer<UInt8>) {
        if free.count < spares { free.append(buffer) } else { buffer.deallocate() }
    }
}

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
    var readable: Bytes {
        Bytes(start: base.map { UnsafePointer($0 + start) }, count: end - start)
    }

    /// Where to put further bytes; valid until the queue is changed.
    var writable: Space { Space(start: base.map { UnsafeMutableRawPointer($0 + end) }, count: capacity - end) }

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

    /// Counts in `count` bytes at the end, for which there must be room, and says where they have to be written.
    @inline(__always)
    mutating func place(_ count: Int) -> UnsafeMutableRawPointer {
        // The end never passes the capacity, so there is nothing to overflow.
        guard let base, count >= 0, count <= capacity &- end else { preconditionFailure("no room in the buffer") }
        let place = base + end
        end &+= count
        return UnsafeMutableRawPointer(place)
    }

    /// Appends bytes, for which there must be room.
    mutating func append(_ bytes: Bytes) {
        guard let source = bytes.baseAddress, bytes.count > 0 else { return }
        memcpy(place(bytes.count), source, bytes.count)
    }

    // Where it is called the length is known, so this becomes a few moves.
    @inline(__always)
    mutating func append(_ text: StaticString) {
        memcpy(place(text.utf8CodeUnitCount), text.utf8Start, text.utf8CodeUnitCount)
    }

    @inline(__always)
    mutating func append(_ byte: UInt8) {
        place(1).storeBytes(of: byte, as: UInt8.self)
    }

    /// Appends the first `count` bytes of a span.
    mutating func append(_ bytes: Span<UInt8>, count: Int) {
        bytes.extracting(0..<count).withBytes { append($0) }
    }

    mutating func append(_ bytes: [UInt8]) {
        bytes.withBytes { append($0) }
    }
}

/// Buffers of one size; the last one given back is handed out first, because it is still in the cache.
final class BufferPool {
    let size: Int
    /// Most buffers kept for later; the rest go back to the system.
    private let spares: Int
    /// Memory for as many as there may be, of which the first ``freeCount`` are there.
    private let free: UnsafeMutablePointer<UnsafeMutablePointer<UInt8>>
    // One loop's alone, and touched within one call: the runtime need not watch over overlapping accesses.
    @exclusivity(unchecked) private var freeCount = 0

    init(size: Int, spares: Int = 128) {
        (self.size, self.spares) = (size, spares)
        free = .allocate(capacity: spares)
    }

    deinit {
        for index in 0..<freeCount { free[index].deallocate() }
        free.deallocate()
    }

    func take() -> UnsafeMutablePointer<UInt8> {
        guard freeCount > 0 else { return .allocate(capacity: size) }
        freeCount -= 1
        return free[freeCount]
    }

    func give(_ buffer: UnsafeMutablePointer<UInt8>) {
        guard freeCount < spares else { return buffer.deallocate() }
        (free + freeCount).initialize(to: buffer)
        freeCount += 1
    }
}

/// Bytes that were put in at the end and are taken from the start, as many as there are.
struct ByteStore {
    private var bytes: [UInt8] = []
    private var start = 0

    var count: Int { bytes.count - start }
    var isEmpty: Bool { start == bytes.count }

    mutating func append(_ more: Bytes) { bytes.append(copying: more) }
    mutating func append(_ more: [UInt8]) { bytes.append(contentsOf: more) }

    /// Moves at most `limit` bytes to `queue`, which must have room for them; returns how many.
    @discardableResult
    mutating func move(to queue: inout ByteQueue, limit: Int) -> Int {
        let count = min(count, limit)
        bytes.withBytes { queue.append($0.run(ByteRun(start: start, count: count))) }
        take(count)
        return count
    }

    /// Copies as many bytes as fit; returns how many.
    mutating func move(into space: Space) -> Int {
        let count = min(count, space.count)
        bytes[start..<start + count].withUnsafeBytes {
            UnsafeMutableRawBufferPointer(start: space.start, count: count).copyMemory(from: $0)
        }
        take(count)
        return count
    }

    mutating func removeAll() { self = ByteStore() }

    private mutating func take(_ count: Int) {
        start += count
        if start == bytes.count {
            bytes.removeAll(keepingCapacity: true)
            start = 0
        } else if start > 64 * 1024 {
            bytes.removeFirst(start)
            start = 0
        }
    }
}

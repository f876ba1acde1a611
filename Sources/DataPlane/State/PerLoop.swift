/// What every loop keeps of something, in loop order: on cache lines of its own, in memory that does not move.
///
/// A record is reached in place, so there is no object to be kept alive while it is in use.
struct PerLoop<Record: ~Copyable & Sendable>: ~Copyable, @unchecked Sendable {
    // Written once, before anybody else sees it; what changes in a record is safe to be shared by its own type.
    private let memory: UnsafeMutableRawPointer
    let count: Int

    /// A multiple of what a processor takes at once, so that loops do not wait for each other's cache lines; one loop alone
    /// needs no distance.
    private let stride: Int

    init(count: Int, _ makeRecord: () -> Record) {
        let isShared = count > 1
        stride = isShared ? (MemoryLayout<Record>.stride + 127) & ~127 : MemoryLayout<Record>.stride
        memory = .allocate(byteCount: count * stride, alignment: isShared ? 128 : MemoryLayout<Record>.alignment)
        self.count = count
        for index in 0..<count {
            (memory + index * stride).bindMemory(to: Record.self, capacity: 1).initialize(to: makeRecord())
        }
    }

    deinit {
        for index in 0..<count { address(index).deinitialize(count: 1) }
        memory.deallocate()
    }

    subscript(index: Int) -> Record {
        unsafeAddress { UnsafePointer(address(index)) }
    }

    @inline(__always)
    private func address(_ index: Int) -> UnsafeMutablePointer<Record> {
        precondition(index >= 0 && index < count)
        return (memory + index &* stride).assumingMemoryBound(to: Record.self)
    }
}

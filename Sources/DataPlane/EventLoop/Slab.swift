import Glibc

/// Records that are found by index and never move, with a list of free ones.
///
/// Records stand in one run of addresses, which become memory block by block as they are needed, and stay; a record is
/// initialised once, so taking and giving back cost no allocation. The subscript checks its index and gives access in
/// place.
final class Slab<Record> {
    /// Records that become memory at once.
    private static var blockSize: Int { 128 }
    /// Most records there may be.
    private static var limit: Int { 1 << 20 }

    private let records: UnsafeMutablePointer<Record>
    /// Records that are initialised; all records below are.
    private var count: UInt32 = 0
    private var free: [Int32] = []
    private let makeRecord: () -> Record

    init(_ makeRecord: @escaping () -> Record) throws(SystemError) {
        self.makeRecord = makeRecord
        let size = Self.limit * MemoryLayout<Record>.stride
        // Addresses only: nothing can be there until it is made accessible, so nothing is counted as used.
        let reserved = mmap(nil, size, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0)
        guard let reserved, reserved != MAP_FAILED else { throw SystemError("mmap") }
        records = reserved.bindMemory(to: Record.self, capacity: Self.limit)
    }

    deinit {
        records.deinitialize(count: capacity)
        munmap(records, Self.limit * MemoryLayout<Record>.stride)
    }

    var capacity: Int { Int(count) }
    var used: Int { capacity - free.count }

    /// Index of a free record, whose content is what its last user left; `nil` if there are as many as there may be.
    func take() -> Int32? {
        if let index = free.popLast() { return index }
        guard capacity + Self.blockSize <= Self.limit, makeAccessible(records + capacity) else { return nil }
        let first = capacity
        for offset in 0..<Self.blockSize { (records + first + offset).initialize(to: makeRecord()) }
        count += UInt32(Self.blockSize)
        for offset in (0..<Self.blockSize).reversed() { free.append(Int32(first + offset)) }
        return free.popLast()
    }

    /// Makes a block at `start` memory; false if the system has none.
    private func makeAccessible(_ start: UnsafeMutablePointer<Record>) -> Bool {
        let page = UInt(getpagesize())
        // Whole pages: the first may be shared with the block before, which is memory already.
        let first = UInt(bitPattern: start) & ~(page - 1)
        let end = UInt(bitPattern: start + Self.blockSize)
        return mprotect(UnsafeMutableRawPointer(bitPattern: first), Int(end - first), PROT_READ | PROT_WRITE) == 0
    }

    func give(_ index: Int32) {
        free.append(index)
    }

    subscript(index: Int32) -> Record {
        unsafeAddress { UnsafePointer(address(index)) }
        unsafeMutableAddress { address(index) }
    }

    @inline(__always)
    private func address(_ index: Int32) -> UnsafeMutablePointer<Record> {
        // An index below zero is far above as a number without a sign.
        let place = UInt32(bitPattern: index)
        precondition(place < count)
        return records + Int(place)
    }
}

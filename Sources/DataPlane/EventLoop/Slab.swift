/// Records that are found by index and never move, with a list of free ones.
///
/// Records live in blocks that are allocated as they are needed and kept; a record is initialised once, so taking
/// and giving back cost no allocation. The subscript checks its index and gives access in place.
final class Slab<Record> {
    private static var blockShift: Int { 7 }
    private static var blockSize: Int { 1 << blockShift }
    /// Room for 2^20 records.
    private static var blockLimit: Int { 1 << 13 }

    private let blocks: UnsafeMutablePointer<UnsafeMutablePointer<Record>>
    private var blockCount = 0
    private var free: [Int32] = []
    private let makeRecord: () -> Record

    init(_ makeRecord: @escaping () -> Record) {
        self.makeRecord = makeRecord
        blocks = .allocate(capacity: Self.blockLimit)
    }

    deinit {
        for index in 0..<blockCount {
            blocks[index].deinitialize(count: Self.blockSize)
            blocks[index].deallocate()
        }
        blocks.deallocate()
    }

    var capacity: Int { blockCount << Self.blockShift }
    var used: Int { capacity - free.count }

    /// Index of a free record, whose content is what its last user left; `nil` if there are as many as there may be.
    func take() -> Int32? {
        if let index = free.popLast() { return index }
        guard blockCount < Self.blockLimit else { return nil }
        let first = capacity
        let block = UnsafeMutablePointer<Record>.allocate(capacity: Self.blockSize)
        for offset in 0..<Self.blockSize { (block + offset).initialize(to: makeRecord()) }
        blocks[blockCount] = block
        blockCount += 1
        for offset in (0..<Self.blockSize).reversed() { free.append(Int32(first + offset)) }
        return free.popLast()
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
        let block = Int(index) >> Self.blockShift
        precondition(block >= 0 && block < blockCount)
        // The mask bounds the offset inside the block.
        return blocks[block] + (Int(index) & (Self.blockSize - 1))
    }
}

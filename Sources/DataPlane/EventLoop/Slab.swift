/// Records that are found by index and never move, with a list of free ones.
///
/// Records live in blocks that are allocated as they are needed and kept; a record is initialised once, so taking
/// and giving back cost no allocation. The subscript checks its index and gives access in place.
final class Slab<Record> {
    private static var blockShift: Int { 7 }
    private static var blockSize: Int { 1 << blockShift }

    private var blocks: [UnsafeMutablePointer<Record>] = []
    private var free: [Int32] = []
    private let makeRecord: () -> Record

    init(_ makeRecord: @escaping () -> Record) {
        self.makeRecord = makeRecord
    }

    deinit {
        for block in blocks {
            block.deinitialize(count: Self.blockSize)
            block.deallocate()
        }
    }

    var capacity: Int { blocks.count << Self.blockShift }
    var used: Int { capacity - free.count }

    /// Index of a free record; its content is what its last user left.
    func take() -> Int32 {
        if let index = free.popLast() { return index }
        let first = capacity
        let block = UnsafeMutablePointer<Record>.allocate(capacity: Self.blockSize)
        for offset in 0..<Self.blockSize { (block + offset).initialize(to: makeRecord()) }
        blocks.append(block)
        for offset in (0..<Self.blockSize).reversed() { free.append(Int32(first + offset)) }
        return free.removeLast()
    }

    func give(_ index: Int32) {
        free.append(index)
    }

    subscript(index: Int32) -> Record {
        unsafeAddress { UnsafePointer(address(index)) }
        unsafeMutableAddress { address(index) }
    }

    private func address(_ index: Int32) -> UnsafeMutablePointer<Record> {
        // `blocks` checks the block; the mask bounds the offset inside it.
        blocks[Int(index) >> Self.blockShift] + (Int(index) & (Self.blockSize - 1))
    }
}

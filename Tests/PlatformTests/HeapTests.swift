import CMalloc
import Testing

@testable import Platform

@Suite struct HeapTests {
    @Test func `free memory is given back when there is as much as asked`() {
        // Below the size from which each allocation has pages of its own, and between others that stay.
        let size = 64 << 10
        let blocks = (0..<1_024).map { _ in UnsafeMutableRawPointer.allocate(byteCount: size, alignment: 16) }
        for (index, block) in blocks.enumerated() where index % 2 == 1 { block.deallocate() }
        defer { for (index, block) in blocks.enumerated() where index % 2 == 0 { block.deallocate() } }
        #expect(mallinfo2().fordblks >= 512 * size)
        #expect(Heap.trim(atLeast: 512 * size))
        #expect(!Heap.trim(atLeast: .max))
    }
}

import Testing

@testable import DataPlane

@Suite struct DeadlineHeapTests {
    @Test func `entries come up in order and not before their time`() {
        var heap = DeadlineHeap()
        var random = RandomSource(seed: 3)
        let times = (0..<500).map { _ in Int64.random(in: 0...1000, using: &random) }
        for time in times { heap.insert(MonotonicTime(microseconds: time), Token(.client)) }
        var due: [Int64] = []
        while let entry = heap.popDue(MonotonicTime(microseconds: 500)) { due.append(entry.time.microseconds) }
        #expect(due == times.filter { $0 <= 500 }.sorted())
        #expect(heap.count == times.count { $0 > 500 })
    }
}

@Suite struct EventTokenTests {
    @Test(arguments: [(0, 0), (1, 1), (Int32.max, 0x3FFF_FFFF)] as [(Int32, UInt32)])
    func `a token holds what it was made of`(index: Int32, generation: UInt32) {
        let token = Token(.upstream, index: index, generation: generation)
        #expect(token.kind == .upstream)
        #expect(token.index == index)
        #expect(token.generation == generation)
    }
}

@Suite struct SocketAddressTests {
    @Test(
        arguments: [
            ("unix:/tmp/a.sock", "unix:/tmp/a.sock"), ("tcp:127.0.0.1:80", "127.0.0.1:80"),
            ("tcp:localhost:1", "127.0.0.1:1"),
            ("tcp:[::1]:80", "[::1]:80"), ("unix:relative", nil), ("tcp:host.example:80", nil), ("tcp:127.0.0.1", nil),
            ("tcp:127.0.0.1:70000", nil), ("127.0.0.1:80", nil),
        ] as [(String, String?)])
    func `an address is read strictly`(text: String, description: String?) {
        #expect(SocketAddress(text)?.description == description)
    }
}

@Suite struct ByteQueueTests {
    @Test(arguments: [
        (0, "0", "0"), (9, "9", "9"), (10, "10", "a"), (4096, "4096", "1000"),
        (UInt64.max, "18446744073709551615", "ffffffffffffffff"),
    ])
    func `numbers are written in digits`(number: UInt64, decimal: String, hexadecimal: String) {
        let pool = BufferPool(size: 64)
        var queue = ByteQueue()
        queue.borrow(from: pool)
        queue.append(decimal: number)
        #expect(text(queue.readable) == decimal)
        queue.consumeAndReset(queue.count)
        queue.append(hexadecimal: number)
        #expect(text(queue.readable) == hexadecimal)
        queue.giveBack(to: pool)
    }

    @Test func `a request id is a version 4 GUID`() throws {
        let pool = BufferPool(size: 64)
        var random = RandomSource(seed: 9)
        for _ in 0..<100 {
            var queue = ByteQueue()
            queue.borrow(from: pool)
            RequestID(from: &random).write(to: &queue)
            let written = text(queue.readable)
            #expect(
                try /[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}/.wholeMatch(in: written)
                    != nil, "\(written)")
            queue.giveBack(to: pool)
        }
    }

    @Test func `what was consumed can be had again until the buffer is compacted`() {
        let pool = BufferPool(size: 64)
        var queue = ByteQueue()
        queue.borrow(from: pool)
        queue.append("hello")
        queue.consume(3)
        queue.rewind()
        #expect(text(queue.readable) == "hello")
        queue.consume(3)
        queue.compact()
        #expect(text(queue.readable) == "lo")
        queue.giveBack(to: pool)
        #expect(!queue.hasMemory)
    }
}

@Suite struct SlabTests {
    @Test func `records keep their content and place while more are taken`() throws {
        let slab = try Slab { [Int]() }
        let taken = (0..<1_000).compactMap { _ in slab.take() }
        #expect(Set(taken).count == 1_000)
        for index in taken { slab[index] = [Int(index)] }
        #expect(taken.allSatisfy { slab[$0] == [Int($0)] })
        #expect(slab.used == 1_000)
        slab.give(taken[7])
        #expect(slab.used == 999)
        // The one given back last comes first, with what its last user left.
        #expect(slab.take() == taken[7])
        #expect(slab[taken[7]] == [Int(taken[7])])
    }
}

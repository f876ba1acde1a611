import Resources
import Testing

@testable import Hosting

@Suite struct DeadlineQueueTests {
    @Test func `those that are due come out, in order`() {
        var queue = DeadlineQueue()
        let ids = (0..<100).map { _ in ReplicaID() }
        for (index, id) in ids.enumerated() { queue.set(id, to: .milliseconds((index * 37) % 100)) }
        var seen: [ReplicaID] = []
        for now in 0..<100 {
            let due = queue.take(until: .milliseconds(now))
            #expect(due.count == 1)
            seen += due
        }
        #expect(Set(seen) == Set(ids) && queue.earliest == nil)
    }

    @Test func `a deadline that was moved or taken away is nothing`() {
        var queue = DeadlineQueue()
        let (moved, removed) = (ReplicaID(), ReplicaID())
        queue.set(moved, to: .seconds(1))
        queue.set(removed, to: .seconds(1))
        queue.set(moved, to: .seconds(3))
        queue.set(removed, to: nil)
        #expect(queue.take(until: .seconds(2)).isEmpty)
        #expect(queue.take(until: .seconds(3)) == [moved])
        #expect(queue.take(until: .seconds(9)).isEmpty)
    }
}

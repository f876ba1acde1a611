import Testing

@testable import DataPlane

/// The book of a coordinator, by itself.
@Suite struct LeaseBookTests {
    private func report(
        _ host: String, _ sequence: UInt64, held: [Int] = [], idle: Int? = nil, waiting: Int = 0, passing: Int = 0,
        limit: Int = 4, agent: UInt64 = 1
    ) -> LeaseReport {
        LeaseReport(
            host: host, agent: agent, sequence: sequence, generation: 1,
            replicas: [
                .init(
                    name: "r", limit: limit, timeoutMs: 1000, held: held, idle: idle ?? held.count, passing: passing,
                    waiting: waiting)
            ])
    }

    private func makeBook() -> LeaseBook {
        var book = LeaseBook()
        book.expect(["a", "b"], gone: [], nowMs: 0)
        return book
    }

    @Test func `nothing is granted before every host was heard`() throws {
        var book = makeBook()
        #expect(book.answer(report("a", 1, waiting: 4), nowMs: 0)?.replicas[0].granted == [])
        #expect(book.answer(report("b", 1, held: [0, 3]), nowMs: 1)?.replicas[0].granted == [])
        #expect(book.answer(report("a", 2, waiting: 4), nowMs: 2)?.replicas[0].granted == [1, 2])
    }

    @Test func `a silent host keeps what it has, and is waited for`() throws {
        var book = makeBook()
        #expect(book.answer(report("a", 1, waiting: 4), nowMs: 1_000_000)?.replicas[0].granted == [])
        _ = book.answer(report("b", 1, held: [0, 3]), nowMs: 1_000_001)
        #expect(book.answer(report("a", 2, waiting: 1), nowMs: 1_001_001)?.replicas[0].granted == [1])
        #expect(book.answer(report("a", 3, held: [1], waiting: 1), nowMs: 1_001_002)?.replicas[0].granted == [])
        _ = book.answer(report("b", 2, held: [0]), nowMs: 9_000_000)
        #expect(book.answer(report("a", 4, held: [1], waiting: 9), nowMs: 9_000_001)?.replicas[0].granted.first == 2)
    }

    @Test func `a host that has left is not waited for`() throws {
        var book = makeBook()
        var last = report("b", 1)
        last.isLeaving = true
        _ = book.answer(last, nowMs: 0)
        #expect(book.answer(report("a", 1, waiting: 4), nowMs: 9_000)?.replicas[0].granted == [0, 1, 2, 3])
    }

    @Test func `of a gone host that was never heard, anything may still be in use for a while`() throws {
        var book = makeBook()
        book.expect(["a"], gone: ["b"], nowMs: 100)
        #expect(book.answer(report("a", 1, waiting: 4), nowMs: 6_599)?.replicas[0].granted == [])
        #expect(book.answer(report("a", 2, waiting: 4), nowMs: 6_600)?.replicas[0].granted == [0, 1, 2, 3])
    }

    @Test func `each host gets an even share before anybody waits`() throws {
        var book = makeBook()
        _ = book.answer(report("a", 1), nowMs: 0)
        #expect(book.answer(report("b", 1), nowMs: 1)?.replicas[0].granted == [0, 1])
        #expect(book.answer(report("a", 2), nowMs: 2)?.replicas[0].granted == [2, 3])
    }

    @Test func `what a lost answer granted is free again`() throws {
        var book = makeBook()
        _ = book.answer(report("a", 1), nowMs: 0)
        #expect(book.answer(report("b", 1, waiting: 4), nowMs: 1)?.replicas[0].granted == [0, 1, 2, 3])
        #expect(book.answer(report("b", 2), nowMs: 2)?.replicas[0].granted == [0, 1])
        #expect(book.answer(report("a", 2, waiting: 9), nowMs: 3)?.replicas[0].granted == [2, 3])
    }

    @Test func `an older report is not answered, unless another agent sent it`() throws {
        var book = makeBook()
        #expect(book.answer(report("a", 2), nowMs: 0) != nil)
        #expect(book.answer(report("a", 2), nowMs: 0) == nil)
        #expect(book.answer(report("a", 1), nowMs: 0) == nil)
        #expect(book.answer(report("a", 1, agent: 2), nowMs: 0) != nil)
    }

    @Test func `idle slots go at once to whom they are needed, used ones by fair shares`() throws {
        var book = makeBook()
        _ = book.answer(report("a", 1, held: [0, 1, 2, 3], idle: 1), nowMs: 0)
        _ = book.answer(report("b", 1, waiting: 9), nowMs: 1)
        // Three are in use, of which one is above the share.
        #expect(book.answer(report("a", 2, held: [0, 1, 2, 3], idle: 1), nowMs: 2)?.replicas[0].recalled == 2)
        #expect(book.answer(report("a", 3, held: [0, 1, 2], idle: 0, passing: 1), nowMs: 3)?.replicas[0].recalled == 0)
        _ = book.answer(report("a", 4, held: [0, 1], idle: 0), nowMs: 3)
        #expect(book.answer(report("b", 2, waiting: 9), nowMs: 4)?.replicas[0].granted == [2, 3])
        #expect(book.answer(report("a", 5, held: [0, 1], idle: 0, waiting: 5), nowMs: 5)?.replicas[0].recalled == 0)
    }

    @Test func `one slot is passed round`() throws {
        var book = makeBook()
        _ = book.answer(report("a", 1, waiting: 1, limit: 1), nowMs: 0)
        #expect(book.answer(report("b", 1, waiting: 1, limit: 1), nowMs: 0)?.replicas[0].granted == [0])
        #expect(
            book.answer(report("b", 2, held: [0], idle: 0, waiting: 1, limit: 1), nowMs: 10)?.replicas[0].recalled == 0)
        #expect(
            book.answer(report("b", 3, held: [0], idle: 0, waiting: 1, limit: 1), nowMs: 60)?.replicas[0].recalled == 1)
        // It is not granted to the same again while another one waits.
        #expect(book.answer(report("b", 4, waiting: 1, limit: 1), nowMs: 61)?.replicas[0].granted == [])
        #expect(book.answer(report("a", 2, waiting: 1, limit: 1), nowMs: 62)?.replicas[0].granted == [0])
    }

    @Test func `what a gone host had is free when its requests have ended`() throws {
        var book = makeBook()
        _ = book.answer(report("a", 1, held: [0, 1]), nowMs: 0)
        _ = book.answer(report("b", 1, held: [2]), nowMs: 0)
        book.expect(["b"], gone: ["a"], nowMs: 100)
        #expect(book.answer(report("a", 2), nowMs: 100) == nil)
        #expect(book.answer(report("b", 2, held: [2], idle: 0, waiting: 9), nowMs: 6_599)?.replicas[0].granted == [3])
        #expect(
            book.answer(report("b", 3, held: [2, 3], idle: 0, waiting: 9), nowMs: 6_600)?.replicas[0].granted == [0, 1])
    }
}

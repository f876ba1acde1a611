import Foundation
import Identity
import Routing
import Testing

@testable import ControlPlane

@Suite struct PublishedTableTests {
    private func line(_ text: String) -> Data { Data("{\"endpoint\":\"\(text)\"}\n".utf8) }

    private let ids = (0..<40).map { _ in UUID() }

    /// The lines that a router holds after whole tables and changes.
    private struct Holder {
        var generation: Int64 = 0
        var lines: [String: Data] = [:]

        init(whole: Data) throws {
            let (header, lines) = try RoutingTable.split(whole)
            generation = header.generation
            for line in lines { self.lines[Digests.hex(Digests.sha256(line))] = line }
        }

        mutating func apply(_ changes: Data) throws {
            var lines = changes.split(separator: UInt8(ascii: "\n"))
            let header = try JSONDecoder().decode(TableChanges.Header.self, from: lines.removeFirst())
            #expect(header.base == generation)
            #expect(lines.count == header.addedCount)
            for digest in header.removed { #expect(self.lines.removeValue(forKey: digest) != nil) }
            for line in lines {
                #expect(self.lines.updateValue(line, forKey: Digests.hex(Digests.sha256(line))) == nil)
            }
            #expect(self.lines.count == header.table.routeCount)
            generation = header.table.generation
        }
    }

    @Test func `changes from any step lead to the whole`() throws {
        var random = SystemRandomNumberGenerator()
        var table = PublishedTable()
        var holders: [Holder] = []
        for generation in 1...60 {
            for _ in 0..<Int.random(in: 1...6, using: &random) {
                guard let id = ids.randomElement(using: &random) else { continue }
                let isGone = Int.random(in: 0..<4, using: &random) == 0
                table.set(id, to: isGone ? nil : line("\(id)-\(Int.random(in: 0..<3, using: &random))"))
            }
            table.number(Int64(generation))
            let whole = try Holder(whole: table.whole([]))
            for index in holders.indices {
                guard let changes = try table.changes(since: holders[index].generation, []) else { continue }
                var holder = holders[index]
                try holder.apply(changes)
                #expect(holder.lines == whole.lines && holder.generation == whole.generation)
                if Bool.random(using: &random) { holders[index] = holder }
            }
            holders.append(whole)
        }
    }

    @Test func `a table that was made in another order has the same digest`() {
        var (one, other) = (PublishedTable(), PublishedTable())
        for id in ids { one.set(id, to: line("\(id)")) }
        for id in ids.reversed() { other.set(id, to: line("before")) }
        for id in ids.shuffled() { other.set(id, to: line("\(id)")) }
        #expect(one.digest([]) == other.digest([]))
        other.set(ids[3], to: nil)
        #expect(one.digest([]) != other.digest([]))
        one.set(ids[3], to: nil)
        #expect(one.digest([]) == other.digest([]))
        #expect(one.digest([]) != one.digest([RoutingTable.TokenKey(keyID: "k", publicKeyPEM: "p")]))
    }

    @Test func `a router that is too far behind, or at a table that nobody knows, gets the whole`() throws {
        var table = PublishedTable()
        for generation in 1...400 {
            table.set(ids[0], to: line("\(generation)"))
            table.number(Int64(generation))
        }
        #expect(try table.changes(since: 1, []) == nil)
        #expect(try table.changes(since: 399, []) != nil)
        #expect(try table.changes(since: 0, []) == nil)
        #expect(try table.changes(since: 4_000, []) == nil)
        for id in ids { table.set(id, to: line("\(id)")) }
        table.number(401)
        #expect(try table.changes(since: 400, []) == nil, "it would be as long as the whole")
    }
}

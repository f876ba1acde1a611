import Foundation
import Glibc
import Testing

@testable import DataPlane

/// A directory for a slot table, gone with the test.
final class SlotDirectory: Sendable {
    let path = "/dev/shm/slots-\(getpid())-\(UInt32.random(in: 0...(.max)))"

    deinit {
        // What is left hurts nobody.
        try? FileManager.default.removeItem(atPath: path)
    }
}

@Suite(.ownThread) struct SlotHostTests {
    private let layout = SlotLayout(replicaLimit: 3, deploymentLimit: 2, extentWordLimit: 16)
    private let address = SocketAddress.unix(path: "/nowhere")

    private func replica(_ name: String, _ host: SlotHost, limit: Int = 1) throws -> ReplicaSlots {
        try host.replica(SlotName(name), address: address, limit: limit, timeoutMs: 100)
    }

    @Test func `two routers have one entry for a name, and one limit`() throws {
        let directory = SlotDirectory()
        let left = try SlotHost(directory: directory.path, loopCount: 2, layout: layout)
        let right = try SlotHost(directory: directory.path, loopCount: 1, layout: layout)
        #expect(Set((left.members + right.members).map(\.row)).count == 3)
        let a = try replica("a", left, limit: 2)
        let sameA = try replica("a", right, limit: 2)
        let b = try replica("b", right)
        #expect(a.entry == sameA.entry && a.entry != b.entry)
        for member in left.members + right.members {
            _ = left.table.take(a.entry, limit: 2, owner: member.owner, from: 0)
        }
        #expect(right.table.recount(a.entry) == 2)
        #expect(try left.deployment(SlotName("d")).entry == right.deployment(SlotName("d")).entry)
        left.leave()
        right.leave()
    }

    @Test func `an entry is reused only when nobody refers to it and nothing is inside`() throws {
        let directory = SlotDirectory()
        let left = try SlotHost(directory: directory.path, loopCount: 1, layout: layout)
        let right = try SlotHost(directory: directory.path, loopCount: 1, layout: layout)
        var kept: [ReplicaSlots] = [try replica("a", left), try replica("b", left), try replica("c", left)]
        let sameC = try replica("c", right)
        #expect(throws: SlotsExhausted.self) { try replica("d", right) }
        _ = left.table.take(kept[1].entry, limit: 1, owner: left.members[0].owner, from: 0)
        let entries = kept.map(\.entry)
        kept = []
        // b has a request inside, c is the other router's.
        let d = try replica("d", right)
        #expect(d.entry == entries[0])
        #expect(throws: SlotsExhausted.self) { try replica("e", right) }
        #expect(try replica("b", right).entry == entries[1], "who comes back finds its own")
        left.table.release(entries[1], slot: 0, owner: left.members[0].owner)
        // The other router has yet to see that a has become d.
        #expect(try replica("d", left).entry == d.entry)
        #expect(try replica("a", left).entry == entries[1])
        #expect(sameC.entry == entries[2])
        left.leave()
        right.leave()
    }

    @Test func `who leaves with requests inside leaves them in quarantine`() throws {
        let directory = SlotDirectory()
        let left = try SlotHost(directory: directory.path, loopCount: 1, layout: layout)
        let right = try SlotHost(directory: directory.path, loopCount: 1, layout: layout)
        let a = try replica("a", left)
        let sameA = try replica("a", right)
        #expect(left.table.take(a.entry, limit: 1, owner: left.members[0].owner, from: 0) == 0)
        left.leave()
        right.reap { _ in }
        #expect(sameA.inside == 1)
        #expect(right.table.take(sameA.entry, limit: 1, owner: right.members[0].owner, from: 0) == nil)
        var rung = 0
        #expect(
            eventually {
                right.reap { _ in rung += 1 }
                return sameA.inside == 0
            })
        #expect(rung > 0, "whoever waits is told")
        right.leave()
    }

    @Test func `a directory that others may write is refused`() throws {
        let directory = SlotDirectory()
        try FileManager.default.createDirectory(atPath: directory.path, withIntermediateDirectories: false)
        chmod(directory.path, 0o777)
        #expect(throws: ConfigurationFault.self) { try SlotHost(directory: directory.path, loopCount: 1) }
    }

    @Test func `a table has room for 64 loops`() throws {
        let directory = SlotDirectory()
        let host = try SlotHost(directory: directory.path, loopCount: 64, layout: layout)
        #expect(throws: ConfigurationFault.self) {
            try SlotHost(directory: directory.path, loopCount: 1, layout: layout)
        }
        host.leave()
        let next = try SlotHost(directory: directory.path, loopCount: 1, layout: layout)
        next.leave()
    }

    @Test(arguments: [false, true])
    func `connections that lost their client are seen until the server closes them`(isTCP: Bool) throws {
        let gate = Gate()
        let replica = try StubReplica(tcp: isTCP) { _, _ in
            gate.wait()
            return false
        }
        #expect(replica.address.orphanedConnections == 0)
        let client = try RawSocket(replica.address)
        try client.send(scoring())
        #expect(replica.wait { $0.requests.count == 1 })
        #expect(replica.address.orphanedConnections == 0)
        client.close()
        #expect(eventually { replica.address.orphanedConnections == 1 })
        gate.open()
        #expect(eventually { replica.address.orphanedConnections == 0 })
        replica.kill()
        // Nothing can be known where nobody listens.
        #expect(eventually { replica.address.orphanedConnections == nil })
    }
}

import Testing

@testable import DataPlane

/// Hosts, coordinators and a network that loses and delays, on a clock of its own, by chance.
///
/// What is made of the real parts: the slot tables of the hosts and the books of the coordinators. What holds at every
/// moment: no more requests are inside the replica than it has slots.
@Suite(.ownThread) struct LeaseSimulationTests {
    private struct Message {
        var arrivesAtMs: Int64
        var report: LeaseReport
        var sentAtMs: Int64
        var coordinator: Int
        var reply: LeaseReply?
    }

    private struct Host {
        var id: String
        var table: SlotTable<SharedWords>
        var agent: UInt64 = 0
        var sequence: UInt64 = 0
        /// The message whose answer is awaited.
        var awaited: UInt64?
        var sentAtMs: Int64 = 0
        var coordinator = 0
        /// Stopped: neither takes nor reports.
        var stoppedUntilMs: Int64 = 0
        /// Ended; comes back later, with an empty table.
        var diedAtMs: Int64?
        var waiting = 0
        /// Requests inside, with the moment at which they end.
        var inside: [(slot: Int, endsAtMs: Int64)] = []
    }

    private struct World {
        static let timeoutMs = 400
        var random: RandomSource
        var nowMs: Int64 = 0
        let limit: Int
        var hosts: [Host] = []
        var books: [LeaseBook] = [LeaseBook()]
        /// The table, as a coordinator learns it with every report.
        var gone: Set<String> = []
        var network: [Message] = []
        var served = 0
        var most = 0
        let owner = SlotWord.owner(row: 0, generation: 1)

        init(seed: UInt64, hostCount: Int, limit: Int) throws {
            random = RandomSource(seed: seed)
            self.limit = limit
            for index in 0..<hostCount {
                let layout = SlotLayout(replicaLimit: 1, deploymentLimit: 1, extentWordLimit: 64)
                let table = SlotTable(memory: try SharedWords(count: layout.wordCount), layout: layout)
                table.memory.store(1, at: SlotLayout.replicaCountWord)
                table.startLeasing(table.layout.replica(0))
                hosts.append(Host(id: "host-\(index)", table: table, agent: UInt64(index)))
            }
        }

        mutating func chance(_ oneIn: Int) -> Bool { Int.random(in: 0..<oneIn, using: &random) == 0 }

        /// Requests at which the model is at work; a stopped host may not have noticed the end of others.
        var inside: Int { hosts.reduce(0) { $0 + $1.inside.count { $0.endsAtMs > nowMs } } }

        mutating func step() {
            nowMs += Int64.random(in: 1...5, using: &random)
            for index in hosts.indices { act(index) }
            deliver()
            if chance(3000) { replaceCoordinator() }
            most = max(most, inside)
        }

        private mutating func act(_ index: Int) {
            let replica = hosts[index].table.layout.replica(0)
            // Requests end whether their host runs or not: the model answers. A stopped host notices later.
            if chance(6000) { hosts[index].stoppedUntilMs = nowMs + Int64.random(in: 1...9_000, using: &random) }
            if chance(15_000), hosts[index].diedAtMs == nil { hosts[index].diedAtMs = nowMs }
            if let diedAtMs = hosts[index].diedAtMs { return beDead(index, since: diedAtMs) }
            guard nowMs >= hosts[index].stoppedUntilMs else { return }
            for (place, request) in hosts[index].inside.enumerated().reversed() where request.endsAtMs <= nowMs {
                hosts[index].inside.remove(at: place)
                hosts[index].table.giveBack(replica, slot: request.slot, owner: owner)
                served += 1
            }
            if chance(3) { hosts[index].waiting = min(hosts[index].waiting + 1, 20) }
            while hosts[index].waiting > 0, nowMs < hosts[index].table.leaseEndMs(replica),
                let slot = hosts[index].table.take(replica, limit: limit, owner: owner, from: 0)
            {
                hosts[index].waiting -= 1
                let longest = Int64(chance(10) ? Self.timeoutMs : 60)
                hosts[index].inside.append((slot, nowMs + Int64.random(in: 1...longest, using: &random)))
            }
            if hosts[index].awaited == nil || nowMs > hosts[index].sentAtMs + 500 { send(index) }
            // Another router of the host becomes its agent.
            if chance(1000) {
                hosts[index].agent += 100
                hosts[index].awaited = nil
            }
        }

        /// The table says so after a while, and forgets it when the leases and the requests are over.
        private mutating func beDead(_ index: Int, since diedAtMs: Int64) {
            let id = hosts[index].id
            if nowMs > diedAtMs + 300 { gone.insert(id) }
            guard nowMs > diedAtMs + 300 + LeaseBook.ttlMs * 2 else { return }
            gone.remove(id)
            hosts[index].diedAtMs = nil
            hosts[index].inside = []
            hosts[index].awaited = nil
            hosts[index].agent += 1
            let table = hosts[index].table
            let replica = table.layout.replica(0)
            for slot in 0..<limit { table.memory.store(SlotWord.elsewhere, at: table.slotWord(replica, slot)) }
            table.extendLease(replica, untilMs: 1)
        }

        private mutating func send(_ index: Int) {
            let table = hosts[index].table
            let replica = table.layout.replica(0)
            // The host learns of a new coordinator at some time.
            if chance(4) { hosts[index].coordinator = books.count - 1 }
            if table.leaseEndMs(replica) <= nowMs { table.recall(replica) }
            let holding = table.holding(replica)
            hosts[index].sequence += 1
            let report = LeaseReport(
                host: hosts[index].id, agent: hosts[index].agent, sequence: hosts[index].sequence, generation: 1,
                replicas: [
                    .init(
                        name: "r", limit: limit, timeoutMs: Self.timeoutMs, held: holding.slots, idle: holding.idle,
                        passing: holding.passing, waiting: hosts[index].waiting)
                ])
            hosts[index].awaited = hosts[index].sequence
            hosts[index].sentAtMs = nowMs
            post(
                Message(
                    arrivesAtMs: 0, report: report, sentAtMs: nowMs, coordinator: hosts[index].coordinator, reply: nil))
        }

        private mutating func post(_ message: Message) {
            if chance(20) { return }
            var message = message
            message.arrivesAtMs = nowMs + Int64.random(in: 0...(chance(30) ? 3_000 : 8), using: &random)
            network.append(message)
        }

        private mutating func deliver() {
            let due = network.filter { $0.arrivesAtMs <= nowMs }
            network.removeAll { $0.arrivesAtMs <= nowMs }
            for message in due {
                guard let reply = message.reply else {
                    books[message.coordinator].expect(
                        Set(hosts.map(\.id)).subtracting(gone), gone: gone, nowMs: nowMs)
                    var answered = message
                    answered.reply = books[message.coordinator].answer(message.report, nowMs: nowMs)
                    if answered.reply != nil { post(answered) }
                    continue
                }
                receive(reply, message)
            }
        }

        private mutating func receive(_ reply: LeaseReply, _ message: Message) {
            guard let index = hosts.firstIndex(where: { $0.id == message.report.host }),
                nowMs >= hosts[index].stoppedUntilMs, hosts[index].diedAtMs == nil,
                hosts[index].awaited == reply.sequence,
                hosts[index].agent == message.report.agent, hosts[index].coordinator == message.coordinator
            else { return }
            hosts[index].awaited = nil
            let table = hosts[index].table
            let replica = table.layout.replica(0)
            let answer = reply.replicas[0]
            table.extendLease(replica, untilMs: message.sentAtMs + Int64(reply.ttlMs))
            table.accept(replica, answer.granted)
            if answer.recalled > 0 { table.recall(replica, answer.recalled) }
        }

        /// The old one is still there, and whoever has not heard of the new one goes on with it.
        private mutating func replaceCoordinator() { books.append(LeaseBook()) }
    }

    @Test(arguments: [(2, 1), (2, 4), (3, 4), (3, 2), (4, 7)])
    func `no more requests are inside than the limit says, whatever is lost, late or stopped`(
        hostCount: Int, limit: Int
    ) throws {
        for _ in 0..<6 {
            let seed = UInt64.random(in: 0...(.max))
            var world = try World(seed: seed, hostCount: hostCount, limit: limit)
            for _ in 0..<20_000 {
                world.step()
                try #require(world.inside <= limit, "seed \(seed), \(world.nowMs) ms")
            }
            #expect(world.most * 2 >= limit, "seed \(seed): \(world.most) inside at most")
            #expect(world.served > 10, "seed \(seed): \(world.served) served")
        }
    }
}

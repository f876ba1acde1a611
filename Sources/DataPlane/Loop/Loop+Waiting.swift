import Synchronization

/// Slots: taking one, waiting for one, handing one on.
extension Loop {
    /// Sends a request to a replica of `deployment`, or lets it wait for one.
    func admit(_ client: Int32, _ deployment: CompiledDeployment) {
        // Who comes later than a waiting request does not overtake it.
        if !slots.isAnyoneWaiting(deployment.state.slots.entry),
            let replica = takeSlot(client, deployment)
        {
            return beginExchange(client, deployment, replica)
        }
        enterLine(client, deployment)
    }

    /// Takes a slot of the least loaded replica for a request; `nil` if none is free. One that waited is not counted as
    /// waiting then.
    private func takeSlot(_ client: Int32, _ deployment: CompiledDeployment) -> ReplicaState? {
        let replicas = deployment.replicas
        let limit = deployment.slotsPerReplica
        let excluded = clients[client].excluded
        // One that could not be reached has free slots: a request that has met one waits for a slot of the others.
        let mustTrust = excluded.map { hasTrusted(replicas, besides: $0) } ?? false
        turn &+= 1
        let start = turn & 0xFFFF
        var isCounted = false
        // Another loop may take the slot between the look and the taking: look again, as often as there are replicas.
        for _ in 0...replicas.count {
            let choice = LeastLoaded.pick(count: replicas.count, limit: limit, start: start) { candidate in
                let isAvoided = isAvoided(replicas[candidate])
                return ReplicaLoad(
                    busy: slots.load(replicas[candidate].slots.entry, limit: limit), isAvoided: isAvoided,
                    isExcluded: replicas[candidate] === excluded || mustTrust && isAvoided)
            }
            guard let choice else {
                // The counts are hints, and may be wrong since somebody died.
                if isCounted { return nil }
                isCounted = true
                for replica in replicas { slots.recount(replica.slots.entry) }
                continue
            }
            let replica = replicas[choice]
            let isWaiting = clients[client].state == .waiting
            if isWaiting { slots.dequeue(deployment.state.slots.entry, row: member.row) }
            if let slot = slots.takeLeased(
                replica.slots.entry, limit: limit, owner: member.owner, from: replica.loops[index].lastSlot)
            {
                replica.loops[index].lastSlot = slot
                clients[client].slot = Int32(truncatingIfNeeded: slot)
                return replica
            }
            if isWaiting { slots.enter(deployment.state.slots.entry, row: member.row) }
            slots.recount(replica.slots.entry)
        }
        return nil
    }

    private func isAvoided(_ replica: ReplicaState) -> Bool { now < replica.loops[index].avoidedUntil }

    /// Whether any other replica is not to be avoided at present.
    func hasTrusted(_ replicas: [ReplicaState], besides failed: ReplicaState) -> Bool {
        replicas.contains { $0 !== failed && !isAvoided($0) }
    }

    private func enterLine(_ client: Int32, _ deployment: CompiledDeployment) {
        // Nobody would read the response: a request whose client has gone takes no place from others.
        if clients[client].isPeerClosed { return closeClient(client) }
        let state = deployment.state
        let key = ObjectIdentifier(state)
        let isFirst = slots.startWaiting(state.slots.entry, row: member.row)
        let isCounted = slots.enqueue(state.slots.entry, row: member.row, limit: deployment.queueLimit) { enough in
            vacantSlots(of: deployment, enough: enough)
        }
        guard isCounted else {
            if waiting.count(in: key) == 0 { passOn(deployment) }
            return answer(client, deployment.replicas.isEmpty ? .noReadyReplica : .queueFull)
        }
        waiting.append(client, to: key)
        state.loops[index].queued.change(by: 1, at: now)
        waitingStates[key] = state
        clients[client].state = .waiting
        setDeadline(client, now.after(milliseconds: deployment.maxQueueWaitMs))
        if lookAgainAt == .never { lookAgainAt = now.after(milliseconds: LoopSettings.lookAgainMs) }
        // A slot that was given back just before the wait was published woke nobody. If others wait already, it is theirs.
        if isFirst { serveLine(state) }
    }

    private func vacantSlots(of deployment: CompiledDeployment, enough: Int) -> Int {
        var count = 0
        for replica in deployment.replicas where count < enough {
            count += slots.vacant(
                replica.slots.entry, limit: deployment.slotsPerReplica, enough: enough - count)
        }
        return count
    }

    /// Nobody waits here after all. A slot that became free meanwhile was left to this loop: it is another one's now.
    private func passOn(_ deployment: CompiledDeployment) {
        slots.stopWaiting(deployment.state.slots.entry, row: member.row)
        let limit = deployment.slotsPerReplica
        if deployment.replicas.contains(where: { slots.load($0.slots.entry, limit: limit) < limit }) {
            handOn(deployment.state)
        }
    }

    /// Takes a waiting request out of its line, in whatever place it stands.
    func leaveLine(_ client: Int32) {
        guard let state = clients[client].deployment?.state else { return }
        slots.dequeue(state.slots.entry, row: member.row)
        endWait(client, state)
    }

    /// Takes a request out of its line that is counted there no longer.
    private func endWait(_ client: Int32, _ state: DeploymentState) {
        let key = ObjectIdentifier(state)
        waiting.remove(client, from: key)
        state.loops[index].queued.change(by: -1, at: now)
        clients[client].state = .head
        if waiting.count(in: key) == 0 {
            waitingStates[key] = nil
            slots.stopWaiting(state.slots.entry, row: member.row)
        }
    }

    func waitTimedOut(_ client: Int32) {
        guard let waited = clients[client].deployment else { return }
        let present = table.deployment(of: waited.state)
        leaveLine(client)
        let hasReplica = !(present ?? waited).replicas.isEmpty
        answer(client, hasReplica ? .queueWaitExceeded(waited.kind) : .noReadyReplica)
    }

    /// Gives the slot of a request back, and hands it to whoever waits.
    func releaseSlot(_ client: Int32, _ replica: ReplicaState, _ state: DeploymentState) {
        // What is broken off when the router ends may still be at work in the model: its slots are left to quarantine.
        if !isEnding { slots.giveBack(replica.slots.entry, slot: Int(clients[client].slot), owner: member.owner) }
        clients[client].slot = -1
        handOn(state)
    }

    /// Tells the loop whose turn it is that a slot may be free.
    private func handOn(_ state: DeploymentState) {
        guard let row = slots.nextWaiting(state.slots.entry) else { return }
        guard let loop = shared.slots.loop(ofRow: row) else {
            return shared.slots.ring(row: row, nowMs: now.milliseconds)
        }
        // The own line is served when the event that freed the slot is done with.
        if loop == index { freed.append(state) } else { shared.mailboxes[loop].slotIsFree() }
    }

    /// Another router has left a slot to this loop.
    func bellRang() {
        member.bell?.clear()
        slots.answerRing(row: member.row)
        serveAllLines()
    }

    /// Looks after the waiting requests whatever rings were lost, and passes over routers that do not come.
    func lookAgain() {
        lookAgainAt = waitingStates.isEmpty ? .never : now.after(milliseconds: LoopSettings.lookAgainMs)
        guard !waitingStates.isEmpty else { return }
        if shared.slots.isShared {
            slots.passOverSilent(nowMs: now.milliseconds, patienceMs: Int64(LoopSettings.lookAgainMs))
        }
        serveAllLines()
    }

    func serveFreed() {
        let states = freed
        freed.removeAll(keepingCapacity: true)
        for state in states { serveLine(state) }
    }

    func serveAllLines() {
        for state in Array(waitingStates.values) { serveLine(state) }
    }

    /// Sends waiting requests on their way, first come first served, as long as slots are free.
    private func serveLine(_ state: DeploymentState) {
        let key = ObjectIdentifier(state)
        while let client = waiting.first(in: key) {
            guard let deployment = table.deployment(of: state) else {
                leaveLine(client)
                answer(client, .unknownDeployment)
                continue
            }
            guard let replica = takeSlot(client, deployment) else { return }
            endWait(client, state)
            clients[client].deployment = deployment
            beginExchange(client, deployment, replica)
        }
        // Woken for a slot that nobody here needs any more: another loop may.
        handOn(state)
    }
}

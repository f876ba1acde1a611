import Synchronization

/// Slots: taking one, waiting for one, handing one on.
extension Loop {
    /// Sends a request to a replica of `deployment`, or lets it wait for one.
    func admit(_ client: Int32, _ deployment: CompiledDeployment) {
        let state = deployment.state
        // Who comes later than a waiting request does not overtake it.
        if state.waitingLoops.load(ordering: .relaxed) == 0,
            let replica = takeSlot(deployment, excluding: clients[client].excluded)
        {
            return beginExchange(client, deployment, replica)
        }
        enterLine(client, deployment)
    }

    /// Takes a slot of the least loaded replica; `nil` if none is free.
    private func takeSlot(_ deployment: CompiledDeployment, excluding excluded: ReplicaState?) -> ReplicaState? {
        let replicas = deployment.replicas
        let limit = deployment.slotsPerReplica
        turn &+= 1
        let start = turn & 0xFFFF
        // Another loop may take the slot between the look and the taking: look again, as often as there are replicas.
        for _ in 0...replicas.count {
            let choice = LeastLoaded.pick(count: replicas.count, limit: limit, start: start) { candidate in
                let replica = replicas[candidate]
                return ReplicaLoad(
                    busy: replica.slots.busy, isAvoided: now < replica.loops[index].avoidedUntil,
                    isExcluded: replica === excluded)
            }
            guard let choice else { return nil }
            if replicas[choice].slots.take(limit: limit) { return replicas[choice] }
        }
        return nil
    }

    private func enterLine(_ client: Int32, _ deployment: CompiledDeployment) {
        // Nobody would read the answer: a request whose client has gone takes no place from others.
        if clients[client].isPeerClosed { return closeClient(client) }
        let state = deployment.state
        guard state.queued.wrappingAdd(1, ordering: .relaxed).newValue <= deployment.queueLimit else {
            state.queued.wrappingSubtract(1, ordering: .relaxed)
            return answer(client, deployment.replicas.isEmpty ? .noReadyReplica : .queueFull)
        }
        let key = ObjectIdentifier(state)
        waiting.append(client, to: key)
        waitingStates[key] = state
        clients[client].state = .waiting
        setDeadline(client, now.after(milliseconds: deployment.maxQueueWaitMs))
        let others = state.waitingLoops.bitwiseOr(1 << UInt64(index), ordering: .sequentiallyConsistent).oldValue
        // A slot that was given back just before the wait was published woke nobody. If others wait already, it is theirs.
        if others == 0 { serveLine(state) }
    }

    /// Takes a waiting request out of its line, in whatever place it stands.
    func leaveLine(_ client: Int32) {
        guard let deployment = clients[client].deployment else { return }
        let state = deployment.state
        let key = ObjectIdentifier(state)
        waiting.remove(client, from: key)
        state.queued.wrappingSubtract(1, ordering: .relaxed)
        clients[client].state = .head
        if waiting.count(in: key) == 0 {
            waitingStates[key] = nil
            state.waitingLoops.bitwiseAnd(~(1 << UInt64(index)), ordering: .sequentiallyConsistent)
        }
    }

    func waitTimedOut(_ client: Int32) {
        guard let waited = clients[client].deployment else { return }
        let present = table.deployment(of: waited.state)
        leaveLine(client)
        let hasReplica = !(present ?? waited).replicas.isEmpty
        answer(client, hasReplica ? .queueWaitExceeded(waited.kind) : .noReadyReplica)
    }

    /// Gives a replica's slot back, and hands it to whoever waits.
    func releaseSlot(_ replica: ReplicaState, _ state: DeploymentState) {
        replica.slots.release()
        handOn(state)
    }

    /// Tells the loop whose turn it is that a slot may be free.
    private func handOn(_ state: DeploymentState) {
        guard let next = state.nextWaitingLoop() else { return }
        // The own line is served when the event that freed the slot is done with.
        if next == index { freed.append(state) } else { shared.mailboxes[next].slotIsFree() }
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
            guard let replica = takeSlot(deployment, excluding: clients[client].excluded) else { return }
            leaveLine(client)
            clients[client].deployment = deployment
            beginExchange(client, deployment, replica)
        }
        // Woken for a slot that nobody here needs any more: another loop may.
        if state.waitingLoops.load(ordering: .sequentiallyConsistent) != 0 { handOn(state) }
    }
}

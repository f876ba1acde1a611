import Glibc
import Routing

/// A request and its response between a client and a replica.
extension Loop {
    /// Sends a request to `replica`, of which a slot was taken.
    func beginExchange(_ client: Int32, _ deployment: CompiledDeployment, _ replica: ReplicaState) {
        clients[client].state = .exchanging
        deployment.state.loops[index].inside.change(by: 1, at: now)
        setDeadline(client, now.after(milliseconds: deployment.requestTimeoutMs))
        guard
            let upstream = takeIdle(of: replica, deployment) ?? openUpstream(to: replica, deployment)
        else {
            return exchangeFailed(client, replica, .notConnected)
        }
        clients[client].upstream = upstream
        upstreams[upstream].client = client
        sendContinue(client)
        advanceExchange(client)
    }

    /// Tells a client that waits for it to send the body: it is awaited now.
    func sendContinue(_ client: Int32) {
        guard clients[client].request.expectsContinue, !clients[client].requestBody.isFinished else { return }
        clients[client].request.expectsContinue = false
        guard clients[client].input.isEmpty, clients[client].request.bodyCount == 0 else { return }
        clients[client].output.borrow(from: pool)
        clients[client].output.append("HTTP/1.1 100 Continue\r\n\r\n")
        _ = writeOutput(client)
    }

    /// Moves the request towards the replica, and the response on if its way was blocked.
    ///
    /// A client that has closed its sending side may still read; one that has gone for good is noticed when the response
    /// is sent. Until then the model is at work, and its slot is taken.
    func advanceExchange(_ client: Int32) {
        guard clients[client].isOpen, clients[client].state == .exchanging else { return }
        sendRequest(client)
        guard clients[client].isOpen, clients[client].state == .exchanging else { return }
        let upstream = clients[client].upstream
        guard upstream >= 0, upstreams[upstream].state == .active else { return }
        if upstreams[upstream].mayRead || !upstreams[upstream].input.isEmpty { receiveAnswer(upstream) }
    }

    /// Reads body from the client and sends it on, until one side blocks or the turn ends.
    func sendRequest(_ client: Int32) {
        let upstream = clients[client].upstream
        guard upstream >= 0, upstreams[upstream].state == .active else { return }
        for _ in 0..<LoopSettings.readsPerTurn {
            if goesThroughPipe(client, upstream) {
                guard spliceBody(client, upstream) else { return }
                continue
            }
            if canPassThrough(client) {
                guard passThrough(client, upstream) else { return }
            } else {
                guard takeBody(client), clients[client].state == .exchanging else { return }
                guard flushRequest(client, upstream) else { return }
            }
            guard !clients[client].requestBody.isFinished, clients[client].forwarded.isEmpty else { return }
            if !clients[client].input.isEmpty || goesThroughPipe(client, upstream) { continue }
            guard readInput(client) else {
                if clients[client].sawEnd { abandon(client) }
                return
            }
        }
        unfinished.append(token(ofClient: client))
    }

    /// Whether the body can go on as it comes: nothing of it is kept for a retry or a mirror, and it needs no framing.
    private func canPassThrough(_ client: Int32) -> Bool {
        !clients[client].request.canReplay && !clients[client].request.isChunked && clients[client].mirror < 0
            && clients[client].forwarded.isEmpty && !clients[client].input.isEmpty
            && !clients[client].requestBody.isFinished && upstreams[clients[client].upstream].stream == nil
    }

    /// Sends body straight from the input; false if the way is blocked or the exchange has ended.
    private func passThrough(_ client: Int32, _ upstream: Int32) -> Bool {
        let input = clients[client].input.readable
        let remaining = clients[client].requestBody.knownRemaining ?? .max
        let count = Int(min(UInt64(input.count), remaining))
        switch Socket.send(upstreams[upstream].descriptor, input.run(ByteRun(start: 0, count: count))) {
        case .moved(let sent):
            // The decoder counts what is sent, and knows the end.
            let step = clients[client].requestBody.decode(input, limit: sent)
            precondition(step.consumed == sent)
            clients[client].request.bodyCount += UInt64(sent)
            if clients[client].request.isTunnel { tunnelMoved(client) }
            upstreams[upstream].sentCount += sent
            clients[client].input.consumeAndReset(sent)
            if clients[client].requestBody.isFinished, clients[client].input.isEmpty {
                clients[client].input.giveBack(to: pool)
            }
            return true
        case .wouldBlock, .endOfStream:
            armForWriting(upstream: upstream)
            return false
        case .failed:
            sendingFailed(upstream)
            return false
        }
    }

    /// The replica may have answered before it closed, to refuse a body that it does not want.
    func sendingFailed(_ upstream: Int32) {
        guard upstreams[upstream].sentCount > 0 else { return upstreamFailed(upstream) }
        upstreams[upstream].mayRead = true
        receiveAnswer(upstream)
    }

    /// Sends what the request's buffer holds; false if the exchange has ended.
    private func flushRequest(_ client: Int32, _ upstream: Int32) -> Bool {
        while !clients[client].forwarded.isEmpty {
            switch sendToReplica(upstream, clients[client].forwarded.readable) {
            case .moved(let count):
                upstreams[upstream].sentCount += count
                clients[client].forwarded.consume(count)
            case .wouldBlock, .endOfStream:
                armForWriting(upstream: upstream)
                return true
            case .failed:
                sendingFailed(upstream)
                return false
            }
        }
        return true
    }

    func exchangeTimedOut(_ client: Int32) {
        let kind = clients[client].deployment?.kind ?? .managed
        let isStarted = clients[client].request.isAnswerStarted
        breakOff(client)
        if isStarted {
            closeClient(client)
        } else {
            clients[client].output.giveBack(to: pool)
            answer(client, .timeout(kind))
        }
    }

    /// How an exchange failed before any byte of a response.
    enum Failure {
        /// No connection to the replica: it has nothing of the request.
        case notConnected
        /// The connection broke and not a byte of the request was accepted.
        case nothingSent
        /// The connection broke after bytes of the request were accepted: the model may have run.
        case broken
    }

    /// Sends the request to another replica if that is safe, or answers 502.
    ///
    /// Safe is: once, or as long as replicas cannot be reached and another may be; while everything that was sent is
    /// still here; and only if the replica cannot have begun with the request, or the method is idempotent (RFC 9110
    /// section 9.2.2). A scoring request is a POST: it is never sent twice.
    func exchangeFailed(_ client: Int32, _ replica: ReplicaState, _ failure: Failure) {
        if failure != .nothingSent {
            replica.loops[index].failed(now, isReachable: failure == .broken, avoidMs: settings.avoidMs)
        }
        let deployment = clients[client].deployment
        dropUpstream(client, replica)
        clients[client].state = .head
        let request = clients[client].request
        let isSafe = failure != .broken || request.isIdempotent
        guard let deployment, isSafe, request.canReplay else { return answer(client, .replicaUnreachable) }
        let present = table.deployment(of: deployment.state) ?? deployment
        let mayGoOn = failure == .notConnected && hasTrusted(present.replicas, besides: replica)
        guard !request.wasRetried || mayGoOn else { return answer(client, .replicaUnreachable) }
        // A kept connection that had ended says nothing about the replica: it may be asked again.
        let mayAskSame = failure == .nothingSent
        guard mayAskSame || present.replicas.contains(where: { $0 !== replica }) else {
            return answer(client, .replicaUnreachable)
        }
        clients[client].request.wasRetried = true
        clients[client].excluded = mayAskSame ? nil : replica
        clients[client].forwarded.rewind()
        clients[client].deployment = present
        counters.add(1, to: .retries)
        admit(client, present)
    }

    /// Ends an exchange that the replica may still be at: its slot is free when it has ended that, as far as can be seen.
    func breakOff(_ client: Int32) {
        let upstream = clients[client].upstream
        if upstream >= 0, upstreams[upstream].sentCount > 0, let replica = upstreams[upstream].replica,
            replica.address.isLocal
        {
            // Closed first: from then on the replica's end counts as left behind.
            clients[client].upstream = -1
            closeUpstream(upstream)
            slots.quarantine(
                replica.slots.entry, slot: Int(clients[client].slot), owner: member.owner, nowMs: now.milliseconds)
            clients[client].slot = -1
            clients[client].deployment?.state.loops[index].inside.change(by: -1, at: now)
        } else {
            dropUpstream(client)
        }
    }

    /// Ends the exchange of a client: closes the connection to the replica and frees the slot.
    func dropUpstream(_ client: Int32, _ replica: ReplicaState? = nil) {
        let upstream = clients[client].upstream
        clients[client].upstream = -1
        let used = upstream >= 0 ? upstreams[upstream].replica : replica
        if upstream >= 0 { closeUpstream(upstream) }
        guard let used, let deployment = clients[client].deployment else { return }
        leaveReplica(client, used, deployment)
    }

    /// The replica is done with the request.
    func leaveReplica(_ client: Int32, _ replica: ReplicaState, _ deployment: CompiledDeployment) {
        deployment.state.loops[index].inside.change(by: -1, at: now)
        releaseSlot(client, replica, deployment.state)
    }

    private func sendToReplica(_ upstream: Int32, _ bytes: Bytes) -> Socket.Outcome {
        guard let stream = upstreams[upstream].stream else { return Socket.send(upstreams[upstream].descriptor, bytes) }
        return writeReplicaStream(upstream, stream, bytes)
    }

    func armForWriting(upstream: Int32) {
        guard !upstreams[upstream].isArmedForWriting else { return }
        upstreams[upstream].isArmedForWriting = true
        poller.setWriting(upstreams[upstream].descriptor, token: token(ofUpstream: upstream), true)
    }
}

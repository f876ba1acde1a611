/// A request's body on its way in, and when the request asks for a replica.
extension Loop {
    /// Lets a request ask for a replica when enough of its body is there, so that a slow upload holds no slot.
    func beginBody(_ client: Int32, _ deployment: CompiledDeployment) {
        // Each of them holds a buffer; those beyond ask at once, and are bounded as all that wait are.
        guard !mayAsk(client), receivingCount < settings.maxReceiving else { return ask(client, deployment) }
        receivingCount += 1
        clients[client].state = .receiving
        setDeadline(client, now.after(milliseconds: deployment.requestTimeoutMs))
        sendContinue(client)
        guard clients[client].isOpen else { return }
        receiveBody(client)
    }

    /// Whether a request has enough of its body to ask for a replica: all of it, or as much as is kept for a retry.
    ///
    /// A gRPC call has at once: what its caller sends next may depend on what the model says.
    private func mayAsk(_ client: Int32) -> Bool {
        clients[client].requestBody.isFinished || clients[client].request.bodyCount >= UInt64(LoopSettings.replaySize)
            || clients[client].forwarded.room <= BodyEncoder.overhead || clients[client].stream?.isGRPC == true
    }

    /// Reads body until the request may ask for a replica, its client blocks, or the turn ends.
    func receiveBody(_ client: Int32) {
        for _ in 0..<LoopSettings.readsPerTurn {
            guard takeBody(client) else { return }
            if mayAsk(client) { return askAfterBody(client) }
            guard readInput(client) else {
                if clients[client].sawEnd { closeClient(client) }
                return
            }
        }
        unfinished.append(token(ofClient: client))
    }

    private func askAfterBody(_ client: Int32) {
        leaveReceiving(client)
        guard let state = clients[client].deployment?.state, let present = table.deployment(of: state) else {
            return answer(client, .unknownDeployment)
        }
        // The table may be another one than when the head came.
        clients[client].deployment = present
        ask(client, present)
    }

    private func ask(_ client: Int32, _ deployment: CompiledDeployment) {
        deployment.state.loops[index].countArrival()
        admit(client, deployment)
    }

    /// A request whose body was awaited has it, or ends.
    func leaveReceiving(_ client: Int32) {
        guard clients[client].state == .receiving else { return }
        clients[client].state = .head
        receivingCount -= 1
    }

    /// Moves what is there of the body from the input to the bytes that go to the replica, as far as they fit.
    ///
    /// Returns false if the body was refused and the request has ended.
    func takeBody(_ client: Int32) -> Bool {
        while !clients[client].requestBody.isFinished, !clients[client].input.isEmpty {
            let room = roomForBody(client)
            guard room > 0 else { return true }
            let input = clients[client].input.readable
            let step = clients[client].requestBody.decode(input, limit: room)
            let payload = input.run(step.payload)
            clients[client].request.bodyCount += UInt64(payload.count)
            guard step.state != .malformed else { return refuseBody(client, .malformed) }
            guard clients[client].request.bodyCount <= settings.maxBodySize else {
                return refuseBody(client, .bodyTooLarge)
            }
            BodyEncoder.write(payload, to: &clients[client].forwarded, isChunked: clients[client].request.isChunked)
            if step.state == .finished {
                BodyEncoder.writeEnd(to: &clients[client].forwarded, isChunked: clients[client].request.isChunked)
            }
            if clients[client].mirror >= 0 { copyToMirrors(client, payload, isEnd: step.state == .finished) }
            clients[client].input.consumeAndReset(step.consumed)
        }
        if clients[client].mirror >= 0, clients[client].requestBody.isFinished { releaseMirrors(client) }
        if clients[client].requestBody.isFinished, clients[client].input.isEmpty {
            clients[client].input.giveBack(to: pool)
        }
        return true
    }

    /// How much payload fits. Gives up the possibility to send the request again when there is no other room.
    private func roomForBody(_ client: Int32) -> Int {
        if clients[client].forwarded.room <= BodyEncoder.overhead, clients[client].forwarded.start > 0 {
            clients[client].forwarded.compact()
            clients[client].request.canReplay = false
        }
        return clients[client].forwarded.room - BodyEncoder.overhead
    }

    private func refuseBody(_ client: Int32, _ own: OwnAnswer) -> Bool {
        clients[client].request.keepsAlive = false
        if clients[client].state == .exchanging { breakOff(client) }
        if clients[client].state == .waiting { leaveLine(client) }
        if clients[client].request.isAnswerStarted { closeClient(client) } else { answer(client, own) }
        return false
    }
}

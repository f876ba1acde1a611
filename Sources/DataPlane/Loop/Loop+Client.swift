import Glibc
import Synchronization

/// Reading from and writing to clients, and the end of a response.
extension Loop {
    func clientEvent(_ token: Token, _ readiness: Readiness) {
        guard isCurrent(client: token) else { return }
        let client = token.index
        if readiness.isReadable { clients[client].mayRead = true }
        if readiness.isPeerClosed { clients[client].isPeerClosed = true }
        if clients[client].state == .multiplexed {
            if readiness.isWritable { flushIsDue(client) }
        } else if readiness.isWritable, !clients[client].output.isEmpty {
            guard writeOutput(client) else { return }
        }
        advance(client)
    }

    /// Does what can be done for a client now.
    func advance(_ client: Int32) {
        switch clients[client].state {
        case .handshake: shakeHands(client)
        case .multiplexed: readFrames(client)
        case .head: readHead(client)
        case .receiving: receiveBody(client)
        case .waiting: if clients[client].isPeerClosed { abandon(client) }
        case .exchanging: advanceExchange(client)
        case .answering, .gathering: break
        case .discarding: discardBody(client)
        case .lingering: linger(client)
        }
    }

    /// Reads into the input; false if nothing came. Closes nothing.
    func readInput(_ client: Int32) -> Bool {
        guard clients[client].mayRead else { return false }
        clients[client].input.borrow(from: pool)
        if let stream = clients[client].stream { return readStream(client, stream) }
        if clients[client].input.room == 0 { clients[client].input.compact() }
        let space = clients[client].input.writable
        guard space.count > 0 else { return false }
        switch receive(client, into: space) {
        case .moved(let count):
            clients[client].input.commit(count)
            // A short read has emptied the socket; what comes later makes a new event, except an end that was seen already.
            // A read of TLS ends with its record, whatever is left.
            let isEmptied = count < space.count && clients[client].tls == nil
            if isEmptied, !clients[client].isPeerClosed { clients[client].mayRead = false }
            return true
        case .wouldBlock:
            clients[client].mayRead = false
        case .endOfStream, .failed:
            clients[client].mayRead = false
            clients[client].sawEnd = true
            clients[client].isPeerClosed = true
        }
        if clients[client].input.isEmpty { clients[client].input.giveBack(to: pool) }
        return false
    }

    private func shakeHands(_ client: Int32) {
        switch clients[client].tls?.shakeHands() {
        case .done where clients[client].tls?.isHTTP2 == true: beginHTTP2(client)
        case .done:
            clients[client].state = .head
            readHead(client)
        case .needsInput:
            clients[client].mayRead = false
            if clients[client].isPeerClosed { closeClient(client) }
        case .needsOutput: armForWriting(client)
        case .failed, nil:
            counters.add(1, to: .failedHandshakes)
            closeClient(client)
        }
    }

    private func receive(_ client: Int32, into space: Space) -> Socket.Outcome {
        guard let tls = clients[client].tls else { return Socket.receive(clients[client].descriptor, into: space) }
        return tls.receive(into: space)
    }

    /// Sends what it can of the output at once.
    func send(_ client: Int32) -> Socket.Outcome {
        let output = clients[client].output.readable
        if let stream = clients[client].stream { return writeStream(client, stream, output) }
        guard let tls = clients[client].tls else { return Socket.send(clients[client].descriptor, output) }
        return tls.send(output)
    }

    private func readHead(_ client: Int32) {
        var turns = LoopSettings.readsPerTurn
        while clients[client].isOpen, clients[client].state == .head {
            if !clients[client].input.isEmpty, tryHead(client) { continue }
            guard clients[client].isOpen, clients[client].state == .head else { return }
            let wasEmpty = clients[client].input.isEmpty
            guard turns > 0 else { return unfinished.append(token(ofClient: client)) }
            turns -= 1
            guard readInput(client) else {
                if clients[client].sawEnd { closeClient(client) }
                return
            }
            if wasEmpty { setDeadline(client, now.after(milliseconds: settings.headTimeoutMs)) }
        }
    }

    /// Takes a request head off the input if it is whole; false if more bytes are needed.
    private func tryHead(_ client: Int32) -> Bool {
        let bytes = clients[client].input.readable
        switch requestHead.scan(bytes, &clients[client].headEnd, limits: settings.head) {
        case .incomplete:
            return false
        case .complete(let length):
            startRequest(client, headLength: length)
        case .refused(.unsupportedVersion) where announcesHTTP2(client):
            beginHTTP2(client)
        case .refused(let fault):
            beginFacts(client)
            answer(client, .fault(fault))
        }
        return true
    }

    /// Sends what the output holds; false if the connection was closed.
    func writeOutput(_ client: Int32) -> Bool {
        if clients[client].isMirror { return dropOutput(client) }
        let isLast = clients[client].state == .answering && !clients[client].request.keepsAlive
        if isLast { stopCounting(client) }
        while !clients[client].output.isEmpty {
            switch send(client) {
            case .moved(let count):
                clients[client].output.consumeAndReset(count)
            case .wouldBlock, .endOfStream:
                if isLast { countAgain(client) }
                armForWriting(client)
                return true
            case .failed:
                abandon(client)
                return false
            }
        }
        clients[client].output.giveBack(to: pool)
        if clients[client].state == .answering { finishAnswer(client) }
        return clients[client].isOpen
    }

    func armForWriting(_ client: Int32) {
        // A stream goes on when its connection has sent some of it.
        guard clients[client].stream == nil else { return }
        // Stays armed: the edge comes only after a send that would have blocked.
        guard !clients[client].isArmedForWriting else { return }
        clients[client].isArmedForWriting = true
        poller.setWriting(clients[client].descriptor, token: token(ofClient: client), true)
    }

    /// Gives the router's own response to the present request, which must not have one yet.
    func answer(_ client: Int32, _ own: OwnAnswer) {
        if own.closesConnection || drainDeadline != nil || !canSkipBody(client) {
            clients[client].request.keepsAlive = false
        }
        let deployment = clients[client].deployment
        clients[client].request.status = own.status.number
        clients[client].output.borrow(from: pool)
        own.write(
            to: &clients[client].output, request: clients[client].request, origin: clients[client].allowedOrigin,
            deployment: deployment?.nameBytes, closes: !clients[client].request.keepsAlive)
        endRequest(client)
    }

    func answerPreflight(_ client: Int32) {
        if drainDeadline != nil || !canSkipBody(client) { clients[client].request.keepsAlive = false }
        clients[client].request.status = 204
        clients[client].output.borrow(from: pool)
        AllowedOrigins.writePreflight(
            to: &clients[client].output, request: clients[client].request, origin: clients[client].allowedOrigin,
            closes: !clients[client].request.keepsAlive)
        endRequest(client)
    }

    /// Whether the rest of the request's body is short enough to be read and dropped.
    private func canSkipBody(_ client: Int32) -> Bool {
        // Who waits for `100 Continue` may or may not send the body after another answer.
        if clients[client].request.expectsContinue, !clients[client].requestBody.isFinished { return false }
        guard let remaining = clients[client].requestBody.knownRemaining else { return true }
        return remaining <= BodyFraming.discardLimit
    }

    /// The whole response is in the output: counts it, and sends it.
    func endRequest(_ client: Int32) {
        let status = clients[client].request.status
        let duration = now.microseconds - clients[client].request.startedAt.microseconds
        if let deployment = clients[client].deployment {
            deployment.state.loops[index].countAnswer(status: status, durationMicroseconds: duration, at: now)
        } else {
            counters.add(1, to: .unroutedAnswers)
        }
        if let accessLog { note(client, duration, in: accessLog) }
        if clients[client].mirror >= 0 { dropMirrors(client) }
        if clients[client].pair >= 0 { closePairs(client, status: status) }
        leaveReceiving(client)
        clients[client].state = .answering
        clients[client].deployment = nil
        clients[client].excluded = nil
        clients[client].forwarded.giveBack(to: pool)
        clients[client].servedCount += 1
        setDeadline(client, now.after(milliseconds: settings.idleTimeoutMs))
        _ = writeOutput(client)
    }

    private func note(_ client: Int32, _ duration: Int64, in accessLog: AccessLogQueue) {
        answeredCount &+= 1
        guard accessLog.isWanted(answeredCount) else { return }
        accessLog.append(
            AccessRecord(
                time: WallClock.microseconds, microseconds: duration, status: clients[client].request.status,
                isMirror: clients[client].isMirror, id: clients[client].request.id,
                clientID: clients[client].request.clientID, peer: clients[client].peerAddress,
                deployment: clients[client].deployment?.state))
    }

    /// The response is out: goes on with the connection, or ends it.
    private func finishAnswer(_ client: Int32) {
        if clients[client].stream != nil { return closeClient(client) }
        guard clients[client].request.keepsAlive, drainDeadline == nil, !clients[client].sawEnd else {
            return startLingering(client)
        }
        guard clients[client].requestBody.isFinished else {
            clients[client].state = .discarding
            clients[client].request.bodyCount = 0
            setDeadline(client, now.after(milliseconds: settings.headTimeoutMs))
            return discardBody(client)
        }
        startNextHead(client)
    }

    private func startNextHead(_ client: Int32) {
        clients[client].state = .head
        clients[client].headEnd = HeadEnd()
        setDeadline(client, now.after(milliseconds: settings.idleTimeoutMs))
        // Pipelined requests go on after the others had their turn, and never deeper on the stack.
        if clients[client].input.isEmpty {
            clients[client].input.giveBack(to: pool)
            if clients[client].mayRead { unfinished.append(token(ofClient: client)) }
        } else {
            clients[client].input.compact()
            setDeadline(client, now.after(milliseconds: settings.headTimeoutMs))
            unfinished.append(token(ofClient: client))
        }
    }

    private func discardBody(_ client: Int32) {
        var turns = LoopSettings.readsPerTurn
        while clients[client].state == .discarding {
            if !clients[client].input.isEmpty {
                let step = clients[client].requestBody.decode(clients[client].input.readable)
                clients[client].input.consumeAndReset(step.consumed)
                clients[client].request.bodyCount += UInt64(step.payload.count)
                if step.state == .finished { return startNextHead(client) }
                let isTooLong = clients[client].request.bodyCount > BodyFraming.discardLimit
                guard step.state != .malformed, !isTooLong else { return closeClient(client) }
                if step.consumed > 0 { continue }
            }
            guard turns > 0 else { return unfinished.append(token(ofClient: client)) }
            turns -= 1
            guard readInput(client) else {
                if clients[client].sawEnd { closeClient(client) }
                return
            }
        }
    }

    /// Closes the sending side first: closing at once with unread bytes would reset the connection and lose the response.
    private func startLingering(_ client: Int32) {
        let isAllRead =
            clients[client].requestBody.isFinished && clients[client].input.isEmpty && !clients[client].mayRead
        if clients[client].sawEnd || isAllRead { return closeClient(client) }
        clients[client].tls?.sayEnd()
        shutdown(clients[client].descriptor, Socket.sendingSide)
        clients[client].state = .lingering
        clients[client].deadline = .never
        setDeadline(client, now.after(milliseconds: LoopSettings.lingerMs))
        linger(client)
    }

    private func linger(_ client: Int32) {
        for _ in 0..<LoopSettings.readsPerTurn {
            clients[client].input.consumeAndReset(clients[client].input.count)
            guard readInput(client) else {
                if clients[client].sawEnd { closeClient(client) }
                return
            }
        }
        unfinished.append(token(ofClient: client))
    }

    func clientTimedOut(_ client: Int32) {
        switch clients[client].state {
        case .handshake: closeClient(client)
        case .multiplexed: connectionTimedOut(client)
        case .head:
            if clients[client].input.isEmpty { return closeClient(client) }
            beginFacts(client)
            answer(client, .headTimeout)
        case .receiving: answer(client, .bodyTimeout)
        case .waiting: waitTimedOut(client)
        case .exchanging: exchangeTimedOut(client)
        case .answering, .discarding, .lingering, .gathering: closeClient(client)
        }
    }

    /// Closes a client's connection whatever it is at: leaves the line, closes the replica's connection, frees the slot.
    func abandon(_ client: Int32) {
        if clients[client].state == .waiting { leaveLine(client) }
        if clients[client].state == .exchanging { breakOff(client) }
        closeClient(client)
    }

    /// Closes a connection that neither waits nor has a replica.
    func closeClient(_ client: Int32) {
        guard clients[client].isOpen else { return }
        if clients[client].isMirror { return endMirror(client) }
        if clients[client].mirror >= 0 { dropMirrors(client) }
        if clients[client].pair >= 0 { closePairs(client, status: nil) }
        if let stream = clients[client].stream { return closeStream(client, stream) }
        if let http2 = clients[client].http2 { leaveStreams(client, http2) }
        clients[client].tls?.sayEnd()
        clients[client].tls?.free()
        clients[client].tls = nil
        countAgain(client)
        shared.connections.wrappingSubtract(1, ordering: .relaxed)
        close(clients[client].descriptor)
        clients[client].descriptor = -1
        letGo(client)
        clients.give(client)
        counters.add(-1, to: .openConnections)
    }

    /// Ends a record, with a socket or without: gives back its memory and what it refers to.
    func letGo(_ client: Int32) {
        leaveReceiving(client)
        clients[client].isOpen = false
        clients[client].input.giveBack(to: pool)
        clients[client].output.giveBack(to: pool)
        clients[client].forwarded.giveBack(to: pool)
        clients[client].deployment = nil
        clients[client].excluded = nil
        clients[client].rememberedKey.forget()
    }
}

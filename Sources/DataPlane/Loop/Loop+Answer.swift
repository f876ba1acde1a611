/// The response on its way from a replica to the client.
extension Loop {
    /// Reads the response and passes it on, until one side blocks, the response ends, or the turn does.
    func receiveAnswer(_ upstream: Int32) {
        let client = upstreams[upstream].client
        for _ in 0..<LoopSettings.readsPerTurn {
            switch relay(upstream, client) {
            case .ended: return
            case .finished: return finishExchange(upstream, client)
            case .needsInput: break
            case .needsRoom:
                // The client reads slower than the replica answers: its socket says when it goes on.
                guard writeOutput(client), clients[client].state == .exchanging else { return }
                if clients[client].output.isEmpty { continue }
                return
            }
            guard upstreams[upstream].mayRead else {
                if clients[client].output.isEmpty == false { _ = writeOutput(client) }
                return releaseEmptyInput(client, upstream)
            }
            guard readAnswer(upstream, client) else { return }
        }
        guard writeOutput(client) else { return }
        unfinished.append(token(ofUpstream: upstream))
    }

    private func releaseEmptyInput(_ client: Int32, _ upstream: Int32) {
        guard clients[client].isOpen, clients[client].upstream == upstream, upstreams[upstream].input.isEmpty else {
            return
        }
        upstreams[upstream].input.giveBack(to: pool)
    }

    /// Reads once from the replica; false if the exchange has ended.
    private func readAnswer(_ upstream: Int32, _ client: Int32) -> Bool {
        upstreams[upstream].input.borrow(from: pool)
        if let stream = upstreams[upstream].stream { return readReplicaStream(upstream, stream) }
        if upstreams[upstream].input.room == 0 { upstreams[upstream].input.compact() }
        let space = upstreams[upstream].input.writable
        switch Socket.receive(upstreams[upstream].descriptor, into: space) {
        case .moved(let count):
            upstreams[upstream].input.commit(count)
            upstreams[upstream].hasAnswerBytes = true
            if clients[client].request.isTunnel { tunnelMoved(client) }
            if count < space.count, !upstreams[upstream].isPeerClosed { upstreams[upstream].mayRead = false }
            return true
        case .wouldBlock:
            upstreams[upstream].mayRead = false
            return true
        case .endOfStream:
            return answerEnded(upstream, client)
        case .failed:
            upstreamFailed(upstream)
            return false
        }
    }

    /// The replica has closed the connection; false, for the exchange has ended.
    private func answerEnded(_ upstream: Int32, _ client: Int32) -> Bool {
        if upstreams[upstream].isHeadDone, upstreams[upstream].answerBody.framing == .untilClose {
            // The output has no memory once it is drained; what was relayed always leaves room for the end.
            clients[client].output.borrow(from: pool)
            BodyEncoder.writeEnd(to: &clients[client].output, isChunked: clients[client].request.isAnswerChunked)
            finishExchange(upstream, client)
        } else {
            upstreamFailed(upstream)
        }
        return false
    }

    private enum Relay {
        case needsInput
        case needsRoom
        case finished
        /// The response was refused; the client has another one.
        case ended
    }

    /// Moves what was read to the client's output.
    private func relay(_ upstream: Int32, _ client: Int32) -> Relay {
        if !upstreams[upstream].isHeadDone {
            if upstreams[upstream].input.isEmpty { return .needsInput }
            if let stop = relayHead(upstream, client) { return stop }
        }
        while true {
            if upstreams[upstream].answerBody.isFinished { return .finished }
            if upstreams[upstream].input.isEmpty { return .needsInput }
            clients[client].output.borrow(from: pool)
            if clients[client].output.room <= BodyEncoder.overhead { clients[client].output.compact() }
            let room = clients[client].output.room - BodyEncoder.overhead
            guard room > 0 else { return .needsRoom }
            let input = upstreams[upstream].input.readable
            let step = upstreams[upstream].answerBody.decode(input, limit: room)
            guard step.state != .malformed else {
                answerIsInvalid(client)
                return .ended
            }
            let isChunked = clients[client].request.isAnswerChunked
            BodyEncoder.write(input.run(step.payload), to: &clients[client].output, isChunked: isChunked)
            if step.state == .finished { BodyEncoder.writeEnd(to: &clients[client].output, isChunked: isChunked) }
            upstreams[upstream].input.consumeAndReset(step.consumed)
        }
    }

    /// Scans the response's head and writes the client's form of it; `nil` once that is done.
    private func relayHead(_ upstream: Int32, _ client: Int32) -> Relay? {
        while true {
            let bytes = upstreams[upstream].input.readable
            let length: Int
            switch responseHead.scan(bytes, &upstreams[upstream].headEnd, limits: settings.head) {
            case .incomplete: return .needsInput
            case .complete(let found): length = found
            case .refused:
                answerIsInvalid(client)
                return .ended
            }
            let isUpgrade = responseHead.status == 101 && clients[client].request.wantsWebSocket
            guard isUpgrade || responseHead.status != 101 else {
                answerIsInvalid(client)
                return .ended
            }
            upstreams[upstream].headEnd = HeadEnd()
            if isUpgrade {
                beginTunnel(upstream, client, bytes)
                upstreams[upstream].input.consumeAndReset(length)
                return nil
            }
            if responseHead.status < 200 {
                // An interim answer; `100 Continue` was given by the router.
                upstreams[upstream].input.consume(length)
                upstreams[upstream].input.compact()
                if upstreams[upstream].input.isEmpty { return .needsInput }
                continue
            }
            writeHead(upstream, client, bytes)
            upstreams[upstream].input.consumeAndReset(length)
            return nil
        }
    }

    /// From here on both sides send what they like, until one ends or neither has sent anything for long.
    private func beginTunnel(_ upstream: Int32, _ client: Int32, _ bytes: Bytes) {
        guard let deployment = clients[client].deployment else { return }
        clients[client].request.status = 101
        clients[client].request.isAnswerStarted = true
        clients[client].request.canReplay = false
        clients[client].request.isTunnel = true
        clients[client].request.keepsAlive = false
        clients[client].requestBody = BodyDecoder(.untilClose)
        clients[client].output.borrow(from: pool)
        AnswerHead.writeUpgrade(
            responseHead, bytes, to: &clients[client].output, request: clients[client].request,
            origin: clients[client].allowedOrigin,
            deployment: deployment.nameBytes)
        upstreams[upstream].isHeadDone = true
        upstreams[upstream].keepsAlive = false
        upstreams[upstream].answerBody = BodyDecoder(.untilClose)
        tunnelMoved(client)
        // Frames may have come with the request.
        if clients[client].mayRead || !clients[client].input.isEmpty { unfinished.append(token(ofClient: client)) }
    }

    /// Bytes went through a tunnel: it may stay idle for as long as a request may take, or a connection between requests.
    func tunnelMoved(_ client: Int32) {
        guard clients[client].request.isTunnel, let deployment = clients[client].deployment else { return }
        setDeadline(client, now.after(milliseconds: max(deployment.requestTimeoutMs, settings.idleTimeoutMs)))
    }

    private func writeHead(_ upstream: Int32, _ client: Int32, _ bytes: Bytes) {
        let framing = responseHead.bodyFraming(answeringHEAD: clients[client].request.isHEAD)
        let isOpenEnded = framing == .chunked || framing == .untilClose
        clients[client].request.isAnswerChunked = isOpenEnded && !clients[client].request.isOldClient
        // A 1.0 client learns from the end of the connection where such a body ends.
        if isOpenEnded, clients[client].request.isOldClient { clients[client].request.keepsAlive = false }
        // Who sends before it has read the whole request may never read the rest.
        if !clients[client].requestBody.isFinished || drainDeadline != nil {
            clients[client].request.keepsAlive = false
        }
        guard let deployment = clients[client].deployment else { return }
        let mapping = AnswerHead.mapping(
            status: responseHead.status, kind: deployment.kind, isScoring: clients[client].request.isScoring)
        clients[client].request.status = mapping.status
        clients[client].request.isAnswerStarted = true
        clients[client].request.canReplay = false
        clients[client].output.borrow(from: pool)
        AnswerHead.write(
            responseHead, bytes, to: &clients[client].output, mapping: mapping, framing: framing,
            request: clients[client].request,
            origin: clients[client].allowedOrigin, deployment: deployment.nameBytes,
            closes: !clients[client].request.keepsAlive)
        upstreams[upstream].isHeadDone = true
        upstreams[upstream].replica?.loops[index].answered()
        upstreams[upstream].keepsAlive = responseHead.keepsAlive && framing != .untilClose
        upstreams[upstream].answerBody = BodyDecoder(framing)
    }

    /// The replica's bytes are not a response, or stop being one.
    private func answerIsInvalid(_ client: Int32) {
        breakOff(client)
        if clients[client].request.isAnswerStarted { closeClient(client) } else { answer(client, .invalidAnswer) }
    }

    /// The response is complete: keeps the connection if it can serve another request, frees the slot, sends the rest.
    private func finishExchange(_ upstream: Int32, _ client: Int32) {
        guard let replica = upstreams[upstream].replica, let deployment = clients[client].deployment else { return }
        let isRequestSent =
            clients[client].requestBody.isFinished && clients[client].forwarded.isEmpty
            && upstreams[upstream].pipe == nil
        let isClean = upstreams[upstream].input.isEmpty && !upstreams[upstream].isPeerClosed
        if let trailers = upstreams[upstream].stream?.trailers { clients[client].stream?.trailers = trailers }
        clients[client].upstream = -1
        if upstreams[upstream].keepsAlive, isRequestSent, isClean {
            keepIdle(upstream)
        } else {
            closeUpstream(upstream)
        }
        leaveReplica(client, replica, deployment)
        endRequest(client)
    }
}

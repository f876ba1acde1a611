/// Clients that speak HTTP/2: a connection carries frames, and each of its streams is a request with a record of its own.
///
/// Such a record has no socket. Whatever else the loop does with requests holds for it; when it reads or writes, it gets
/// and gives HTTP/1.1 messages, which ``HTTP2Stream`` makes of frames and back.
extension Loop {
    private static var preface: StaticString { "PRI * HTTP/2.0\r\n\r\n" }

    /// Whether a connection begins as one of HTTP/2 that was not agreed on before (RFC 9113 section 3.3).
    ///
    /// What begins so looks like a whole head of another version to the scanner.
    func announcesHTTP2(_ client: Int32) -> Bool {
        let count = Self.preface.utf8CodeUnitCount
        let bytes = clients[client].input.readable
        guard bytes.count >= count, clients[client].servedCount == 0, clients[client].stream == nil else {
            return false
        }
        return bytes.run(ByteRun(start: 0, count: count)).equals(Self.preface)
    }

    func beginHTTP2(_ client: Int32) {
        guard let http2 = HTTP2Connection(.server, headLimit: settings.head.headSize) else {
            return closeClient(client)
        }
        clients[client].http2 = http2
        clients[client].state = .multiplexed
        // Callers connect before they have something to ask.
        setDeadline(client, now.after(milliseconds: settings.idleTimeoutMs))
        if drainDeadline != nil { announceEnd(client) }
        flushIsDue(client)
        readFrames(client)
    }

    /// Reads frames, and serves the streams that they are for.
    func readFrames(_ client: Int32) {
        guard let http2 = clients[client].http2 else { return }
        var turns = LoopSettings.readsPerTurn
        flushIsDue(client)
        while clients[client].isOpen {
            if !clients[client].input.isEmpty {
                let isFine = http2.receive(clients[client].input.readable)
                clients[client].input.consumeAndReset(clients[client].input.count)
                serveStreams(client, http2)
                guard isFine else { return endConnection(client, http2) }
            }
            guard turns > 0 else { return unfinished.append(token(ofClient: client)) }
            turns -= 1
            guard readInput(client) else {
                if clients[client].sawEnd { closeClient(client) }
                return
            }
        }
    }

    /// The client has broken the protocol: it is told so as far as the socket takes it.
    private func endConnection(_ client: Int32, _ http2: HTTP2Connection) {
        sendFrames(client, http2)
        closeClient(client)
    }

    /// Goes on with every stream of which something is new.
    private func serveStreams(_ client: Int32, _ http2: HTTP2Connection) {
        for stream in http2.takeTouched() {
            if stream.record < 0 {
                guard stream.isFresh else { continue }
                openStream(stream, on: client, http2)
            }
            guard stream.record >= 0 else { continue }
            if stream.isBroken { streamBroke(stream.record) } else { streamMoved(stream.record) }
        }
    }

    private func openStream(_ stream: HTTP2Stream, on client: Int32, _ http2: HTTP2Connection) {
        guard let record = takeSocketless() else { return stream.leave(.refused) }
        stream.record = record
        http2.servedCount += 1
        clients[record].stream = stream
        clients[record].carrier = client
        clients[record].peerAddress = clients[client].peerAddress
        clients[record].rememberedKey = clients[client].rememberedKey
        clients[client].deadline = .never
        setDeadline(record, now.after(milliseconds: settings.headTimeoutMs))
    }

    private func streamMoved(_ record: Int32) {
        clients[record].mayRead = true
        if !clients[record].output.isEmpty {
            guard writeOutput(record) else { return }
        }
        advance(record)
    }

    /// A client has given a request up. As with any that hangs up, a model that is at work keeps its slot until it answers.
    private func streamBroke(_ record: Int32) {
        clients[record].isPeerClosed = true
        clients[record].mayRead = true
        switch clients[record].state {
        case .exchanging where clients[record].request.isAnswerStarted, .answering: abandon(record)
        default: advance(record)
        }
    }

    /// Reads what has arrived on a stream into the input; false if nothing has.
    func readStream(_ record: Int32, _ stream: HTTP2Stream) -> Bool {
        if clients[record].input.room <= BodyEncoder.overhead { clients[record].input.compact() }
        if stream.read(into: &clients[record].input) > 0 {
            flushIsDue(clients[record].carrier)
            return true
        }
        // A full input is no end.
        clients[record].mayRead = clients[record].input.room <= BodyEncoder.overhead
        if stream.isBroken {
            clients[record].mayRead = false
            clients[record].sawEnd = true
        }
        if clients[record].input.isEmpty { clients[record].input.giveBack(to: pool) }
        return false
    }

    func writeStream(_ record: Int32, _ stream: HTTP2Stream, _ bytes: Bytes) -> Socket.Outcome {
        guard let count = stream.write(bytes) else { return .failed(0) }
        flushIsDue(clients[record].carrier)
        return count > 0 ? .moved(count) : .wouldBlock
    }

    /// Ends a record; what its stream still has to send goes out with the connection's frames.
    func closeStream(_ record: Int32, _ stream: HTTP2Stream) {
        let carrier = clients[record].carrier
        if carrier >= 0 {
            clients[carrier].rememberedKey = clients[record].rememberedKey
            streamEnded(on: carrier)
        }
        stream.leave()
        clients[record].stream = nil
        clients[record].carrier = -1
        letGo(record)
        spareRecords.append(record)
    }

    /// The connection of the streams is about to be closed.
    func leaveStreams(_ client: Int32, _ http2: HTTP2Connection) {
        for stream in http2.close() where stream.record >= 0 {
            clients[stream.record].carrier = -1
            streamBroke(stream.record)
        }
        clients[client].http2 = nil
    }

    // MARK: Frames to send

    /// Sends the frames of a connection when the loop has done what else there is to do.
    func flushIsDue(_ client: Int32) {
        guard client >= 0, let http2 = clients[client].http2, !http2.isFlushDue else { return }
        http2.isFlushDue = true
        dueFlushes.append(token(ofClient: client))
    }

    func sendDueFrames() {
        let tokens = dueFlushes
        dueFlushes.removeAll(keepingCapacity: true)
        for token in tokens where isCurrent(client: token) {
            guard let http2 = clients[token.index].http2 else { continue }
            http2.isFlushDue = false
            guard sendFrames(token.index, http2) else {
                closeClient(token.index)
                continue
            }
            // Streams that had to wait for their bytes to leave.
            serveStreams(token.index, http2)
            if clients[token.index].isOpen, clients[token.index].output.isEmpty, http2.isOver {
                closeClient(token.index)
            }
        }
    }

    /// Sends what the socket takes; false if the connection is broken.
    @discardableResult
    private func sendFrames(_ client: Int32, _ http2: HTTP2Connection) -> Bool {
        let tls = clients[client].tls
        let descriptor = clients[client].descriptor
        let flushed = http2.flush(&clients[client].output, pool) { bytes in
            tls?.send(bytes) ?? Socket.send(descriptor, bytes)
        }
        if flushed == .blocked { armForWriting(client) }
        return flushed != .broken
    }

    // MARK: The end of a connection

    private func streamEnded(on client: Int32) {
        flushIsDue(client)
        guard let http2 = clients[client].http2 else { return }
        http2.servedCount -= 1
        guard http2.servedCount == 0 else { return }
        // While it drains, the deadline that the drain has set stands.
        guard drainDeadline == nil || http2.isEnding else { return }
        setDeadline(client, now.after(milliseconds: settings.idleTimeoutMs))
    }

    /// A drain has begun: the client is told to go elsewhere, and has a moment for what is on its way already.
    func announceEnd(_ client: Int32) {
        clients[client].http2?.announceEnd()
        flushIsDue(client)
        clients[client].deadline = .never
        setDeadline(client, now.after(milliseconds: LoopSettings.drainGraceMs))
    }

    /// Idle for too long, or told to end a moment ago: names the last stream, and ends once that is answered.
    func connectionTimedOut(_ client: Int32) {
        guard let http2 = clients[client].http2, !http2.isEnding else { return closeClient(client) }
        http2.end()
        flushIsDue(client)
        if http2.servedCount == 0 { setDeadline(client, now.after(milliseconds: LoopSettings.lingerMs)) }
    }
}

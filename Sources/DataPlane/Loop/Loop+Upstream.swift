import Glibc
import Synchronization

/// Connections to replicas: opening, keeping and closing them.
extension Loop {
    func upstreamEvent(_ token: Token, _ readiness: Readiness) {
        guard isCurrent(upstream: token) else { return }
        let upstream = token.index
        if readiness.isReadable { upstreams[upstream].mayRead = true }
        if readiness.isPeerClosed { upstreams[upstream].isPeerClosed = true }
        switch upstreams[upstream].state {
        case .idle:
            // It has ended, or sends what nobody asked for.
            if readiness.isReadable, !isSettled(upstream) { discardIdle(upstream) }
        case .connecting:
            if readiness.isWritable { connected(upstream) }
        case .active:
            if readiness.isReadable { receiveAnswer(upstream) }
            // A replica's frames may have opened a window.
            let maySend = readiness.isWritable || upstreams[upstream].http2 != nil
            guard isCurrent(upstream: token), upstreams[upstream].state == .active, maySend else { return }
            if upstreams[upstream].http2 != nil, !sendFrames(upstream) { return upstreamFailed(upstream) }
            sendRequest(upstreams[upstream].client)
        }
    }

    private func connected(_ upstream: Int32) {
        guard Socket.pendingError(upstreams[upstream].descriptor) == 0 else { return upstreamFailed(upstream) }
        upstreams[upstream].state = .active
        advanceExchange(upstreams[upstream].client)
    }

    /// A new connection, which may still be on its way; `nil` if the replica does not take it.
    func openUpstream(to replica: ReplicaState, _ deployment: CompiledDeployment) -> Int32? {
        let type = Int32(SOCK_STREAM.rawValue | SOCK_NONBLOCK.rawValue | SOCK_CLOEXEC.rawValue)
        let descriptor = socket(replica.address.family, type, 0)
        guard descriptor >= 0 else { return nil }
        let result = replica.address.withSystemAddress { connect(descriptor, $0, $1) }
        let isConnecting = result != 0 && errno == EINPROGRESS
        guard result == 0 || isConnecting, let upstream = upstreams.take() else {
            close(descriptor)
            return nil
        }
        let generation = upstreams[upstream].generation &+ 1 & 0x3FFF_FFFF
        upstreams[upstream] = UpstreamConnection()
        upstreams[upstream].generation = generation
        upstreams[upstream].descriptor = descriptor
        upstreams[upstream].isOpen = true
        upstreams[upstream].replica = replica
        upstreams[upstream].state = isConnecting ? .connecting : .active
        upstreams[upstream].isArmedForWriting = isConnecting
        if replica.address.family != AF_UNIX { Socket.setNoDelay(descriptor) }
        if replica.address.isLoopback { Socket.setLocal(descriptor) }
        do {
            try poller.add(descriptor, token: token(ofUpstream: upstream), forWriting: isConnecting)
        } catch {
            closeUpstream(upstream)
            return nil
        }
        if deployment.speaksHTTP2 {
            guard let http2 = HTTP2Connection(.client, headLimit: settings.head.headSize) else {
                closeUpstream(upstream)
                return nil
            }
            upstreams[upstream].http2 = http2
            upstreams[upstream].stream = http2.makeStream()
        }
        counters.add(1, to: .upstreamConnections)
        return upstream
    }

    /// The connection broke, or ended before the response did.
    func upstreamFailed(_ upstream: Int32) {
        let client = upstreams[upstream].client
        guard client >= 0, let replica = upstreams[upstream].replica else { return closeUpstream(upstream) }
        if upstreams[upstream].hasAnswerBytes {
            dropUpstream(client)
            // A half answer cannot be taken back: the end of the connection tells the client.
            if clients[client].request.isAnswerStarted {
                if !clients[client].output.isEmpty, !clients[client].isMirror { _ = send(client) }
                return closeClient(client)
            }
            return answer(client, .replicaUnreachable)
        }
        let wasConnected = upstreams[upstream].state == .active
        let wasSent = upstreams[upstream].sentCount > 0
        let failure: Failure = !wasConnected ? .notConnected : wasSent ? .broken : .nothingSent
        exchangeFailed(client, replica, failure)
    }

    // MARK: Idle connections

    /// The idle connection to `replica` that was used last; `nil` if there is none that can be trusted.
    func takeIdle(of replica: ReplicaState, _ deployment: CompiledDeployment) -> Int32? {
        while replica.loops[index].firstIdle >= 0 {
            let upstream = replica.loops[index].firstIdle
            unlinkIdle(upstream)
            // A request that cannot be repeated must not go to a replica that has just closed, and what a replica has
            // sent beyond its last response must not become the response to the next request: look first.
            let isRightKind = (upstreams[upstream].http2 != nil) == deployment.speaksHTTP2
            guard isRightKind, isKnownQuiet(upstream) || isSettled(upstream) else {
                closeUpstream(upstream)
                continue
            }
            if let http2 = upstreams[upstream].http2 { upstreams[upstream].stream = http2.makeStream() }
            upstreams[upstream].state = .active
            upstreams[upstream].isReused = true
            upstreams[upstream].mayRead = false
            upstreams[upstream].sentCount = 0
            upstreams[upstream].hasAnswerBytes = false
            upstreams[upstream].isHeadDone = false
            upstreams[upstream].headEnd = HeadEnd()
            return upstream
        }
        return nil
    }

    /// Keeps a connection whose exchange has ended.
    func keepIdle(_ upstream: Int32) {
        guard let replica = upstreams[upstream].replica else { return closeUpstream(upstream) }
        let isWanted = !replica.isRetired.load(ordering: .relaxed) && drainDeadline == nil
        guard isWanted, replica.loops[index].idleCount < settings.idlePerReplica else { return closeUpstream(upstream) }
        upstreams[upstream].client = -1
        upstreams[upstream].stream = nil
        upstreams[upstream].state = .idle
        upstreams[upstream].idleSince = now
        upstreams[upstream].idleSinceTurn = turnNumber
        upstreams[upstream].input.giveBack(to: pool)
        if upstreams[upstream].isArmedForWriting {
            upstreams[upstream].isArmedForWriting = false
            poller.setWriting(upstreams[upstream].descriptor, token: token(ofUpstream: upstream), false)
        }
        upstreams[upstream].previousIdle = -1
        let next = replica.loops[index].firstIdle
        upstreams[upstream].nextIdle = next
        if next >= 0 { upstreams[next].previousIdle = upstream }
        replica.loops[index].firstIdle = upstream
        replica.loops[index].idleCount += 1
        if upstreams[upstream].scheduled == .never { scheduleIdle(upstream) }
    }

    /// Whether the poller would have told in this turn if there were anything to read; only of connections that are used
    /// all the time, since replicas close those that were idle for some round time.
    private func isKnownQuiet(_ upstream: Int32) -> Bool {
        sawAllEvents && upstreams[upstream].idleSinceTurn != turnNumber && upstreams[upstream].http2 == nil
            && now.microseconds - upstreams[upstream].idleSince.microseconds < LoopSettings.trustedIdleMicroseconds
    }

    /// Whether an idle connection can serve another request.
    private func isSettled(_ upstream: Int32) -> Bool {
        guard let http2 = upstreams[upstream].http2 else { return Socket.isQuiet(upstreams[upstream].descriptor) }
        return readIdleFrames(upstream, http2)
    }

    private func unlinkIdle(_ upstream: Int32) {
        guard let replica = upstreams[upstream].replica else { return }
        let previous = upstreams[upstream].previousIdle
        let next = upstreams[upstream].nextIdle
        if previous >= 0 { upstreams[previous].nextIdle = next } else { replica.loops[index].firstIdle = next }
        if next >= 0 { upstreams[next].previousIdle = previous }
        replica.loops[index].idleCount -= 1
    }

    private func discardIdle(_ upstream: Int32) {
        unlinkIdle(upstream)
        closeUpstream(upstream)
    }

    /// Closes every idle connection to a replica that is no longer routed to.
    func closeIdle(of replica: ReplicaState) {
        while replica.loops[index].firstIdle >= 0 { discardIdle(replica.loops[index].firstIdle) }
    }

    private func scheduleIdle(_ upstream: Int32) {
        let time = upstreams[upstream].idleSince.after(milliseconds: settings.replicaIdleTimeoutMs)
        upstreams[upstream].scheduled = time
        deadlines.insert(time, token(ofUpstream: upstream))
    }

    /// An entry of the deadline heap came up: closes a connection that was idle all the time, or asks again later.
    func idleTimedOut(_ upstream: Int32, _ time: MonotonicTime) {
        guard upstreams[upstream].scheduled == time else { return }
        upstreams[upstream].scheduled = .never
        guard upstreams[upstream].state == .idle else { return }
        let end = upstreams[upstream].idleSince.after(milliseconds: settings.replicaIdleTimeoutMs)
        if end <= now { discardIdle(upstream) } else { scheduleIdle(upstream) }
    }

    /// Closes a connection that is in no list.
    func closeUpstream(_ upstream: Int32) {
        guard upstreams[upstream].isOpen else { return }
        leaveReplicaStream(upstream)
        givePipeBack(upstream)
        close(upstreams[upstream].descriptor)
        upstreams[upstream].isOpen = false
        upstreams[upstream].descriptor = -1
        upstreams[upstream].client = -1
        upstreams[upstream].replica = nil
        upstreams[upstream].input.giveBack(to: pool)
        upstreams.give(upstream)
    }
}

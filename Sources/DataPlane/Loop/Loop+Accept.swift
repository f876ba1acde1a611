import CEpoll
import Glibc
import Synchronization

extension Loop {
    private static var acceptsPerTurn: Int { 64 }

    /// Lets connections in; without effect when they are already, or no more.
    func openListener() throws(SystemError) {
        guard boundSocket >= 0, drainDeadline == nil else { return }
        try ListeningSocket.start(boundSocket)
        try poller.add(boundSocket, token: Token(.listener))
        listener = boundSocket
        boundSocket = -1
    }

    /// The port can't be listened at: the loop ends, so that the process is not taken for one that serves.
    func endUnopened() {
        drainDeadline = now
    }

    /// Takes the connections that wait at the listener.
    func acceptConnections() {
        guard listener >= 0 else { return }
        for _ in 0..<Self.acceptsPerTurn {
            guard acceptOne() else { return }
        }
        unfinished.append(Token(.listener))
    }

    /// Takes one connection; false if there is none, or none can be had now.
    private func acceptOne() -> Bool {
        let (descriptor, storage) = PeerAddress.accept(listener)
        guard descriptor >= 0 else {
            switch errno {
            case EAGAIN: return false
            case EMFILE, ENFILE, ENOBUFS, ENOMEM:
                acceptAgainAt = now.after(milliseconds: 100)
                return false
            // The client has gone, or the network failed for it: the next one may do.
            default: return true
            }
        }
        let others = shared.connections.wrappingAdd(1, ordering: .relaxed).oldValue
        guard others < settings.maxConnections, let client = clients.take() else {
            shared.connections.wrappingSubtract(1, ordering: .relaxed)
            refuse(descriptor)
            return true
        }
        if PeerAddress.isLoopback(storage) { Socket.setLocal(descriptor) }
        open(client, descriptor, PeerAddress.text(of: storage))
        return true
    }

    private func open(_ client: Int32, _ descriptor: Int32, _ peer: ShortText<46>) {
        let generation = clients[client].generation &+ 1 & 0x3FFF_FFFF
        clients[client] = ClientConnection()
        clients[client].generation = generation
        clients[client].descriptor = descriptor
        clients[client].isOpen = true
        clients[client].peerAddress = peer
        clients[client].mayRead = true
        counters.add(1, to: .openConnections)
        counters.add(1, to: .acceptedConnections)
        Socket.setNoDelay(descriptor)
        if let tls {
            clients[client].state = .handshake
            clients[client].tls = TLSSession(tls, descriptor: descriptor)
            guard clients[client].tls != nil else { return closeClient(client) }
        }
        do {
            try poller.add(descriptor, token: token(ofClient: client))
        } catch {
            return closeClient(client)
        }
        setDeadline(client, now.after(milliseconds: settings.headTimeoutMs))
        // The request is often there already: looking costs less than waiting for the poller to say so.
        advance(client)
    }

    /// Whoever has the last byte of its last response may connect again at once: a connection is not counted until it is closed.
    ///
    /// Some may be open beyond the limit for that reason, for as long as one lingers; others go on to be counted.
    func stopCounting(_ client: Int32) {
        guard clients[client].isCounted, clients[client].descriptor >= 0 else { return }
        let others = shared.endingConnections.wrappingAdd(1, ordering: .relaxed).oldValue
        guard others < max(1, settings.maxConnections / 16) else {
            shared.endingConnections.wrappingSubtract(1, ordering: .relaxed)
            return
        }
        clients[client].isCounted = false
        shared.connections.wrappingSubtract(1, ordering: .relaxed)
    }

    /// The client has yet to read; or the connection is about to be closed.
    func countAgain(_ client: Int32) {
        guard !clients[client].isCounted else { return }
        clients[client].isCounted = true
        shared.connections.wrappingAdd(1, ordering: .relaxed)
        shared.endingConnections.wrappingSubtract(1, ordering: .relaxed)
    }

    /// Answers 503 on a connection that is one too many, as far as its send buffer takes it; with TLS it is just closed.
    private func refuse(_ descriptor: Int32) {
        guard tls == nil else {
            close(descriptor)
            return
        }
        var queue = ByteQueue()
        queue.borrow(from: pool)
        var facts = RequestFacts()
        facts.id = RequestID(from: &random)
        OwnAnswer.tooManyConnections.write(to: &queue, request: facts, deployment: nil, closes: true)
        _ = Socket.send(descriptor, queue.readable)
        queue.giveBack(to: pool)
        shutdown(descriptor, Socket.sendingSide)
        close(descriptor)
    }

    /// Stops accepting, closes what is idle, and lets the rest finish until `deadline`.
    func drain(until deadline: MonotonicTime) {
        let isFirst = drainDeadline == nil
        drainDeadline = min(deadline, drainDeadline ?? deadline)
        guard isFirst, listener >= 0 else { return }
        // Connections in the queue of a closed listener, or on their way into it, would be reset: no more are let in, and
        // those that are there are taken before it is closed.
        _ = CEpollRefuseNew(listener)
        listenerClosesAt = now.after(milliseconds: LoopSettings.listenerLingerMs)
        for client in 0..<Int32(clients.capacity) where clients[client].isOpen {
            let isIdle = clients[client].state == .handshake || clients[client].state == .head
            if clients[client].state == .multiplexed { announceEnd(client) }
            guard isIdle, clients[client].input.isEmpty else { continue }
            if clients[client].servedCount > 0 {
                closeClient(client)
            } else {
                setDeadline(client, min(clients[client].deadline, now.after(milliseconds: LoopSettings.drainGraceMs)))
            }
        }
    }

    func closeListener() {
        listenerClosesAt = .never
        while listener >= 0, acceptOne() {}
        if listener >= 0 { close(listener) }
        listener = -1
        acceptAgainAt = .never
    }

    /// Ends what is left when the loop does.
    func closeEverything() {
        isEnding = true
        for client in 0..<Int32(clients.capacity) where clients[client].isOpen {
            abandon(client)
        }
        for upstream in 0..<Int32(upstreams.capacity) where upstreams[upstream].isOpen {
            closeUpstream(upstream)
        }
        if listener >= 0 { close(listener) }
        if boundSocket >= 0 { close(boundSocket) }
        (listener, boundSocket) = (-1, -1)
        shared.loopEnded(index)
    }
}

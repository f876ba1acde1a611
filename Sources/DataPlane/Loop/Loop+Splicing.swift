/// The rest of a long request body, moved from the client's socket to the replica's without coming into memory here.
extension Loop {
    /// Whether the body goes on through a pipe now, which the connection to the replica holds then.
    ///
    /// It does once nothing of it is kept for a retry or a mirror, needs framing or encryption, or waits in a buffer, as
    /// long as much is still to come. What is in a pipe already goes on first in any case.
    func goesThroughPipe(_ client: Int32, _ upstream: Int32) -> Bool {
        if upstreams[upstream].pipe != nil { return true }
        guard let remaining = clients[client].requestBody.knownRemaining, remaining >= LoopSettings.spliceThreshold,
            clients[client].mayRead, !clients[client].request.canReplay, !clients[client].request.isChunked
        else { return false }
        guard clients[client].tls == nil, clients[client].stream == nil, upstreams[upstream].stream == nil,
            clients[client].mirror < 0, !clients[client].isMirror, clients[client].input.isEmpty,
            clients[client].forwarded.isEmpty
        else { return false }
        upstreams[upstream].pipe = pipes.take()
        return upstreams[upstream].pipe != nil
    }

    /// Moves body into the pipe if nothing waits there, and on to the replica.
    ///
    /// Returns false if the way is blocked, the body is done, or the exchange has ended. The connection to the replica
    /// holds the pipe as long as something waits in it.
    func spliceBody(_ client: Int32, _ upstream: Int32) -> Bool {
        if upstreams[upstream].pipe?.count == 0 {
            guard fillPipe(client, upstream) else { return false }
        }
        while let count = upstreams[upstream].pipe?.count, count > 0 {
            switch upstreams[upstream].pipe?.drain(to: upstreams[upstream].descriptor) {
            case .moved(let sent): upstreams[upstream].sentCount += sent
            case .wouldBlock, .endOfStream, nil:
                armForWriting(upstream: upstream)
                return false
            case .failed:
                sendingFailed(upstream)
                return false
            }
        }
        givePipeBack(upstream)
        return !clients[client].requestBody.isFinished
    }

    /// Takes body from the client; false if there is none now, or the client has gone.
    private func fillPipe(_ client: Int32, _ upstream: Int32) -> Bool {
        // Never more than the body has: what follows is the next request.
        let remaining = clients[client].requestBody.knownRemaining ?? 0
        let limit = Int(min(remaining, UInt64(LoopSettings.pipeSize)))
        clients[client].input.giveBack(to: pool)
        switch upstreams[upstream].pipe?.fill(from: clients[client].descriptor, limit: limit) {
        case .moved(let count):
            clients[client].requestBody.skip(count)
            clients[client].request.bodyCount += UInt64(count)
            return true
        case .wouldBlock, nil:
            clients[client].mayRead = false
            givePipeBack(upstream)
        case .endOfStream, .failed:
            clients[client].mayRead = false
            clients[client].sawEnd = true
            clients[client].isPeerClosed = true
            abandon(client)
        }
        return false
    }

    func givePipeBack(_ upstream: Int32) {
        guard let pipe = upstreams[upstream].pipe else { return }
        upstreams[upstream].pipe = nil
        pipes.give(pipe)
    }
}

import Glibc

/// Replicas that speak HTTP/2. A connection carries one request at a time, as one of HTTP/1.1 does: slots limit the
/// requests inside a replica anyway, and no request waits for another one's bytes.
extension Loop {
    func writeReplicaStream(_ upstream: Int32, _ stream: HTTP2Stream, _ bytes: Bytes) -> Socket.Outcome {
        guard let count = stream.write(bytes), sendFrames(upstream) else { return .failed(EPIPE) }
        return count > 0 ? .moved(count) : .wouldBlock
    }

    /// Reads of the response what is there; false if the exchange has ended.
    func readReplicaStream(_ upstream: Int32, _ stream: HTTP2Stream) -> Bool {
        if upstreams[upstream].input.room <= BodyEncoder.overhead { upstreams[upstream].input.compact() }
        if stream.read(into: &upstreams[upstream].input) > 0 {
            upstreams[upstream].hasAnswerBytes = true
            // The replica learns that it may send more.
            if sendFrames(upstream) { return true }
        } else if !stream.isBroken {
            switch readFrames(upstream: upstream) {
            case .moved:
                if sendFrames(upstream) { return true }
            case .wouldBlock:
                upstreams[upstream].mayRead = false
                return true
            case .endOfStream, .failed: break
            }
        }
        // What was refused was not begun: it may be sent again, or elsewhere.
        if stream.wasRefused { upstreams[upstream].sentCount = 0 }
        upstreamFailed(upstream)
        return false
    }

    /// Takes one read's frames.
    private func readFrames(upstream: Int32) -> Socket.Outcome {
        guard let http2 = upstreams[upstream].http2 else { return .failed(EPIPE) }
        var buffer = ByteQueue()
        buffer.borrow(from: pool)
        defer { buffer.giveBack(to: pool) }
        let outcome = Socket.receive(upstreams[upstream].descriptor, into: buffer.writable)
        guard case .moved(let count) = outcome else { return outcome }
        buffer.commit(count)
        return http2.receive(buffer.readable) ? outcome : .failed(EPIPE)
    }

    /// Sends the frames that there are, as far as the socket takes them; false if the connection is broken.
    func sendFrames(_ upstream: Int32) -> Bool {
        guard let http2 = upstreams[upstream].http2 else { return true }
        let descriptor = upstreams[upstream].descriptor
        let flushed = http2.flush(&upstreams[upstream].frames, pool) { Socket.send(descriptor, $0) }
        if flushed == .blocked { armForWriting(upstream: upstream) }
        return flushed != .broken
    }

    /// Takes the frames of an idle connection; false if it takes no further request.
    func readIdleFrames(_ upstream: Int32, _ http2: HTTP2Connection) -> Bool {
        while true {
            switch readFrames(upstream: upstream) {
            case .moved: continue
            case .wouldBlock: return sendFrames(upstream) && !http2.isGoingAway
            case .endOfStream, .failed: return false
            }
        }
    }

    /// The connection is about to be closed.
    func leaveReplicaStream(_ upstream: Int32) {
        guard let http2 = upstreams[upstream].http2 else { return }
        _ = http2.close()
        upstreams[upstream].http2 = nil
        upstreams[upstream].stream = nil
        upstreams[upstream].frames.giveBack(to: pool)
    }
}

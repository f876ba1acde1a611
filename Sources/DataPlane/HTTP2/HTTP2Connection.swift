/// One HTTP/2 connection: its frames, and the streams that are open on it.
final class HTTP2Connection {
    /// Streams that a client may break off before they are answered, beyond those that were.
    private static let breakLimit = 200

    private let role: FrameSession.Role
    private let headLimit: Int
    private var session: FrameSession?
    private var streams: [Int32: HTTP2Stream] = [:]
    private var touched: [HTTP2Stream] = []
    /// The loop has been told that there are frames to send.
    var isFlushDue = false
    /// The peer takes no further streams.
    private(set) var isGoingAway = false
    /// The last stream that is served was named; the connection ends with the streams that are left.
    private(set) var isEnding = false
    private var brokenCount = 0
    private var answeredCount = 0

    /// `nil` if there is no memory for it.
    init?(_ role: FrameSession.Role, headLimit: Int) {
        (self.role, self.headLimit) = (role, headLimit)
        session = FrameSession(role, listener: self, headLimit: headLimit)
        guard session != nil else { return nil }
    }

    /// Streams that the loop serves; of others only the last bytes are on their way.
    var servedCount = 0
    var isOver: Bool { session?.isOver ?? true }

    /// Takes what the peer has sent; false if the connection cannot go on.
    func receive(_ bytes: Bytes) -> Bool {
        guard session?.receive(bytes) == true else { return false }
        // Streams that are begun and broken off at once cost the client nothing and the models much (CVE-2023-44487).
        if brokenCount > Self.breakLimit + answeredCount { session?.goAway(.enhanceYourCalm) }
        return brokenCount <= Self.breakLimit + answeredCount
    }

    enum Flushed {
        /// All frames have left.
        case done
        /// The socket takes no more now.
        case blocked
        case broken
    }

    /// Sends the frames that there are through `queue`, as far as `send` takes them.
    func flush(_ queue: inout ByteQueue, _ pool: BufferPool, _ send: (Bytes) -> Socket.Outcome) -> Flushed {
        queue.borrow(from: pool)
        while session?.write(to: &queue) == true {
            guard !queue.isEmpty else {
                queue.giveBack(to: pool)
                return .done
            }
            switch send(queue.readable) {
            case .moved(let count): queue.consumeAndReset(count)
            case .wouldBlock, .endOfStream:
                if queue.room == 0 { queue.compact() }
                return .blocked
            case .failed: return .broken
            }
        }
        return .broken
    }

    /// Streams of which something is new since the last call.
    func takeTouched() -> [HTTP2Stream] {
        let streams = touched
        touched.removeAll(keepingCapacity: true)
        for stream in streams { stream.isTouched = false }
        return streams
    }

    /// A stream for a request to a replica.
    func makeStream() -> HTTP2Stream { HTTP2Stream(self, id: 0, role) }

    /// Tells the client to begin no further streams; those that are on their way are served.
    func announceEnd() { session?.announceEnd() }

    /// Tells the client which stream was the last.
    func end() {
        isEnding = true
        session?.goAway()
    }

    /// Leaves the streams to themselves: whoever writes to them learns that nobody reads.
    func close() -> [HTTP2Stream] {
        let streams = Array(streams.values)
        for stream in streams { stream.breakOff() }
        self.streams = [:]
        session = nil
        return streams
    }

    // MARK: For streams

    func submitRequest(_ stream: HTTP2Stream, _ fields: FieldList, hasBody: Bool) -> Int32? {
        guard let id = session?.submitRequest(fields, hasBody: hasBody) else { return nil }
        streams[id] = stream
        return id
    }

    func submitAnswer(_ stream: HTTP2Stream, _ fields: FieldList, hasBody: Bool) -> Bool {
        answeredCount += 1
        return session?.submitAnswer(stream.id, fields, hasBody: hasBody) ?? false
    }

    func submitInterim(_ stream: HTTP2Stream, _ fields: FieldList) -> Bool {
        session?.submitInterim(stream.id, fields) ?? false
    }

    func resume(_ stream: HTTP2Stream) { session?.resume(stream.id) }
    func consumed(_ count: Int, _ stream: HTTP2Stream) { session?.consumed(count, on: stream.id) }
    func reset(_ stream: HTTP2Stream, _ code: FrameSession.Code) { session?.reset(stream.id, code) }

    private func touch(_ stream: HTTP2Stream) {
        guard !stream.isTouched else { return }
        stream.isTouched = true
        touched.append(stream)
    }
}

extension HTTP2Connection: FrameListener {
    func streamBegan(_ stream: Int32) { streams[stream] = HTTP2Stream(self, id: stream, role) }

    func fieldArrived(_ stream: Int32, name: Bytes, value: Bytes) -> Bool {
        streams[stream]?.fieldArrived(name, value, limit: headLimit) ?? true
    }

    func sectionEnded(_ stream: Int32, isLast: Bool) {
        guard let stream = streams[stream] else { return }
        stream.sectionEnded(isLast: isLast)
        touch(stream)
    }

    func bodyArrived(_ stream: Int32, _ bytes: Bytes) {
        guard let stream = streams[stream] else { return }
        stream.bodyArrived(bytes)
        touch(stream)
    }

    func bodyEnded(_ stream: Int32) {
        guard let stream = streams[stream] else { return }
        stream.bodyEnded()
        touch(stream)
    }

    func streamClosed(_ stream: Int32, code: UInt32) {
        guard let stream = streams.removeValue(forKey: stream) else { return }
        if stream.closed(code) { brokenCount += 1 }
        touch(stream)
    }

    func bodyLeaves(_ stream: Int32, into space: Space) -> LeavingBody {
        guard let stream = streams[stream] else { return LeavingBody(count: 0, isEnd: true) }
        let leaving = stream.bodyLeaves(into: space)
        if leaving.count > 0 { touch(stream) }
        return leaving
    }

    func peerGoesAway() { isGoingAway = true }
}

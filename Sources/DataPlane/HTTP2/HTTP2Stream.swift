/// One stream of an HTTP/2 connection, read and written as an HTTP/1.1 message each way.
///
/// So the loop has one way to treat requests, whatever a client or a replica speaks: it reads a stream as it reads a
/// socket and writes to it as to one. Trailers, which HTTP/1.1 messages lose on their way, are handed over beside it.
final class HTTP2Stream {
    /// Bytes of body that wait here to be sent.
    private static let leavingLimit = 64 * 1024
    /// Heads that the router has written itself are held to no limit but their buffer's.
    private static let ownLimits: HeadLimits = {
        var limits = HeadLimits()
        limits.headSize = 1 << 20
        limits.targetSize = 1 << 20
        limits.fieldCount = 10_000
        return limits
    }()

    private var connection: HTTP2Connection?
    private(set) var id: Int32
    private let role: FrameSession.Role
    /// The loop's record of the client that this stream is; -1 before and after.
    var record: Int32 = -1 {
        didSet { wasServed = true }
    }
    private var wasServed = false
    /// In the connection's list of streams with news.
    var isTouched = false

    // What the peer sends.
    private var head = StreamHead()
    /// The head has arrived as a whole.
    private(set) var isHeadDone = false
    private var arrivingHead = ByteStore()
    private var arrivingBody = ByteStore()
    private var framing = BodyFraming.none
    private var isEnded = false
    private var droppedCount: UInt64 = 0
    private var isEndRead = false
    /// The peer, or the connection, has given the stream up.
    private(set) var isBroken = false
    /// The peer has not begun with it, and never will.
    private(set) var wasRefused = false

    // What is sent to the peer.
    private var headEnd = HeadEnd()
    private var isHeadSent = false
    private var sentBody = BodyDecoder(.none)
    private var leaving = ByteStore()
    /// Everything that is to be sent was written.
    private(set) var isLeavingEnded = false
    private var isLeavingDropped = false
    /// What the peer sent behind the body, or what it is to be sent.
    var trailers = FieldList()

    init(_ connection: HTTP2Connection, id: Int32, _ role: FrameSession.Role) {
        (self.connection, self.id, self.role) = (connection, id, role)
    }

    /// A whole head has arrived, and nobody has looked at it.
    var isFresh: Bool { isHeadDone && !wasServed && !isBroken }

    /// The request is gRPC, which wants its failures told in gRPC's way.
    var isGRPC: Bool { role == .server && head.isGRPC }

    // MARK: Reading

    /// Appends what has arrived to `queue` as HTTP/1.1; returns the number of bytes.
    func read(into queue: inout ByteQueue) -> Int {
        let before = queue.count
        arrivingHead.move(to: &queue, limit: queue.room)
        guard isHeadDone, arrivingHead.isEmpty else { return queue.count - before }
        let isChunked = framing == .chunked
        let room = queue.room - (isChunked ? BodyEncoder.overhead : 0)
        let count = min(arrivingBody.count, room)
        if count > 0 {
            if isChunked {
                queue.append(hexadecimal: UInt64(count))
                queue.append("\r\n")
            }
            arrivingBody.move(to: &queue, limit: count)
            if isChunked { queue.append("\r\n") }
            connection?.consumed(count, self)
        }
        if isEnded, arrivingBody.isEmpty, !isEndRead, queue.room >= BodyEncoder.overhead {
            BodyEncoder.writeEnd(to: &queue, isChunked: isChunked)
            isEndRead = true
        }
        return queue.count - before
    }

    // MARK: Writing

    /// Takes bytes of an HTTP/1.1 message from the start of `bytes`; returns how many, 0 when others have to leave
    /// first, and `nil` if nobody reads them.
    func write(_ bytes: Bytes) -> Int? {
        guard let connection, !isBroken else { return nil }
        var consumed = 0
        while consumed < bytes.count, !isLeavingEnded {
            let rest = bytes.run(ByteRun(start: consumed, count: bytes.count - consumed))
            if !isHeadSent {
                guard let count = writeHead(rest) else { return nil }
                consumed += count
                continue
            }
            let room = Self.leavingLimit - leaving.count
            guard room > 0 else { break }
            let step = sentBody.decode(rest, limit: room)
            guard step.state != .malformed else { return nil }
            if !isLeavingDropped { leaving.append(rest.run(step.payload)) }
            consumed += step.consumed
            isLeavingEnded = step.state == .finished
        }
        if consumed > 0, isHeadSent, !isLeavingDropped { connection.resume(self) }
        return consumed
    }

    /// Sends a head, or the beginning of one; returns its length.
    private func writeHead(_ bytes: Bytes) -> Int? {
        role == .server ? writeAnswerHead(bytes) : writeRequestHead(bytes)
    }

    private func writeAnswerHead(_ bytes: Bytes) -> Int? {
        var answer = ResponseHead()
        guard let connection, case .complete(let length) = answer.scan(bytes, &headEnd, limits: Self.ownLimits) else {
            return nil
        }
        headEnd = HeadEnd()
        let framing = answer.bodyFraming(answeringHEAD: head.isHEAD)
        var fields = FieldList()
        guard answer.status >= 200 else {
            fields.append(":status", number: answer.status)
            return connection.submitInterim(self, fields) ? length : nil
        }
        sentBody = BodyDecoder(framing)
        isHeadSent = true
        isLeavingEnded = sentBody.isFinished
        if isGRPC, !GRPCStatus.isAnswer(answer, bytes) {
            fields = GRPCStatus.fields(for: answer, bytes)
            isLeavingDropped = true
        } else {
            fields.append(":status", number: answer.status)
            Self.copy(answer.headers, bytes, to: &fields)
        }
        let hasBody = !isLeavingEnded && !isLeavingDropped
        return connection.submitAnswer(self, fields, hasBody: hasBody) ? length : nil
    }

    private func writeRequestHead(_ bytes: Bytes) -> Int? {
        var request = RequestHead()
        guard let connection, case .complete(let length) = request.scan(bytes, &headEnd, limits: Self.ownLimits) else {
            return nil
        }
        headEnd = HeadEnd()
        var fields = FieldList()
        fields.append(":method", bytes.run(request.method))
        fields.append(":scheme", "http")
        if let host = request.headers.value(of: .host) { fields.append(":authority", bytes.run(host)) }
        fields.append(":path", bytes.run(request.target))
        Self.copy(request.headers, bytes, to: &fields)
        fields.append("te", "trailers")
        sentBody = BodyDecoder(request.bodyFraming)
        isHeadSent = true
        isLeavingEnded = sentBody.isFinished
        guard let id = connection.submitRequest(self, fields, hasBody: !isLeavingEnded) else {
            wasRefused = true
            return nil
        }
        self.id = id
        return length
    }

    private static func copy(_ headers: borrowing HeaderFields, _ bytes: Bytes, to fields: inout FieldList) {
        for field in headers.fields {
            switch field.name {
            case .connection, .hopByHop, .upgrade, .transferEncoding, .host: continue
            default:
                fields.append(bytes.run(field.spelling), bytes.run(field.value))
            }
        }
    }

    /// The loop is done with the stream: gives it up, unless all was written; then what is left goes out by itself.
    func leave(_ code: FrameSession.Code = .internalError) {
        record = -1
        guard isLeavingEnded || isBroken else {
            connection?.reset(self, code)
            return
        }
        // What nobody will read any more.
        connection?.consumed(arrivingBody.count, self)
        arrivingBody.removeAll()
    }

    /// The connection is gone.
    func breakOff() {
        isBroken = true
        connection = nil
    }

    // MARK: What the connection tells

    func fieldArrived(_ name: Bytes, _ value: Bytes, limit: Int) -> Bool {
        guard isHeadDone else { return head.add(name, value, limit: limit) }
        // Trailers; a client's are of no use to a model, and dropped.
        guard role == .client, trailers.bytes.count + name.count + value.count <= limit else { return true }
        if name.first != UInt8(ascii: ":") { trailers.append(name, value) }
        return true
    }

    func sectionEnded(isLast: Bool) {
        if isHeadDone {
            isEnded = isLast
            return
        }
        if role == .client, head.status < 200 {
            head = StreamHead()
            return
        }
        isHeadDone = true
        isEnded = isLast
        framing = head.framing(hasBody: !isLast)
        arrivingHead.append(
            role == .server ? head.requestText(hasBody: !isLast) : head.answerText(hasBody: !isLast))
    }

    func bodyArrived(_ bytes: Bytes) {
        guard wasServed, record < 0, role == .server else { return arrivingBody.append(bytes) }
        // It was answered before its end. As on HTTP/1.1 a short rest is dropped: some clients lose a response with a
        // reset behind it, which RFC 9113 section 8.1 allows.
        droppedCount += UInt64(bytes.count)
        if droppedCount > BodyFraming.discardLimit {
            connection?.reset(self, .noError)
        } else {
            connection?.consumed(bytes.count, self)
        }
    }

    func bodyEnded() { isEnded = true }

    /// Returns whether the peer broke it off before it was answered.
    func closed(_ code: UInt32) -> Bool {
        let isWhole = isEnded && isLeavingEnded && leaving.isEmpty
        // Without a fault, a response that came before the end of the request.
        isBroken = !isWhole && (code != FrameSession.Code.noError.number || !isEnded)
        wasRefused = code == FrameSession.Code.refused.number
        connection = nil
        return isBroken && !isHeadSent
    }

    func bodyLeaves(into space: Space) -> LeavingBody {
        let count = leaving.move(into: space)
        let isEnd = isLeavingEnded && leaving.isEmpty
        return LeavingBody(count: count, isEnd: isEnd, trailers: isEnd && role == .server ? trailers : FieldList())
    }
}

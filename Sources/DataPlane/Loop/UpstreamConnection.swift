/// A connection to a replica; one record per connection, used again after it.
struct UpstreamConnection {
    enum State {
        /// Next: `active`, or closed.
        case connecting
        /// Serves the request of ``client``. Next: `idle`, or closed.
        case active
        /// In the replica's list of idle connections. Next: `active`, or closed.
        case idle
    }

    var descriptor: Int32 = -1
    var generation: UInt32 = 0
    var isOpen = false
    var state = State.connecting

    var mayRead = false
    /// The replica has closed its sending side.
    var isPeerClosed = false
    var isArmedForWriting = false
    /// It has served a request before the present one.
    var isReused = false
    /// Bytes of the present request that the kernel has accepted.
    var sentCount = 0
    /// A byte of the present answer has arrived.
    var hasAnswerBytes = false
    /// The replica goes on with the connection after the present answer.
    var keepsAlive = false

    /// For a replica that speaks HTTP/2: its frames, those on their way to it, and the stream of the present request.
    var http2: HTTP2Connection?
    var frames = ByteQueue()
    var stream: HTTP2Stream?

    /// What holds the part of a long request that the replica has not taken yet; `nil` while nothing waits.
    var pipe: Pipe?

    var client: Int32 = -1
    var replica: ReplicaState?
    var input = ByteQueue()
    var headEnd = HeadEnd()
    var isHeadDone = false
    var answerBody = BodyDecoder(.none)

    /// Neighbours in the replica's list of idle connections, -1 at its ends.
    var nextIdle: Int32 = -1
    var previousIdle: Int32 = -1
    var idleSince = MonotonicTime.never
    var idleSinceTurn: UInt32 = 0
    var scheduled = MonotonicTime.never
}

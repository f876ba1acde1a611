/// A client's connection and the request it is at; one record per connection, used again after it.
struct ClientConnection {
    /// Where the connection is with its present request.
    enum State {
        /// TLS is being agreed on. Next: `head`.
        case handshake
        /// The client speaks HTTP/2: its requests are records of their own, see `HTTP2/`.
        case multiplexed
        /// Waits for a request head; idle while no byte of it is there. Next: any other.
        case head
        /// The request has no replica before enough of its body is there. Next: `waiting`, `exchanging`, `answering`.
        case receiving
        /// The request waits for a replica. Next: `exchanging`, `answering`.
        case waiting
        /// The request is with a replica. Next: `waiting` (on a retry), `answering`.
        case exchanging
        /// The whole response is on its way out. Next: `head`, `discarding`, `lingering`.
        case answering
        /// The response is out, the rest of the request's body is read and dropped. Next: `head`.
        case discarding
        /// The sending side is closed; reads until the client has closed too, so that it can read the response.
        case lingering
        /// A copy whose live request is not whole yet. Next: `head` for a moment, then `waiting` or `exchanging`.
        case gathering
    }

    var descriptor: Int32 = -1
    /// `nil` on a connection without TLS.
    var tls: TLSSession?
    /// Frames and streams of a connection that speaks HTTP/2.
    var http2: HTTP2Connection?
    /// A request that is a stream of such a connection has no socket, but this, and the connection's record.
    var stream: HTTP2Stream?
    var carrier: Int32 = -1
    var generation: UInt32 = 0
    var isOpen = false
    var state = State.head

    /// The socket may have something to read.
    var mayRead = false
    /// The client has closed its sending side.
    var isPeerClosed = false
    /// The end of the stream was read.
    var sawEnd = false
    /// The poller reports when the socket takes bytes again.
    var isArmedForWriting = false

    var input = ByteQueue()
    var output = ByteQueue()
    /// The request on its way to the replica; keeps what was sent as long as it may have to be sent again.
    var forwarded = ByteQueue()

    var headEnd = HeadEnd()
    var requestBody = BodyDecoder(.none)
    var request = RequestFacts()
    /// What the page that asks is told of its origin; `nil` unless the endpoint allows it.
    var allowedOrigin: [UInt8]?

    var deployment: CompiledDeployment?
    /// Index of the connection to the replica, -1 if there is none.
    var upstream: Int32 = -1
    /// The slot of the replica that the request has taken, -1 if it has none.
    var slot: Int32 = -1
    /// The replica that failed this request and is not to be asked again.
    var excluded: ReplicaState?

    var deadline = MonotonicTime.never
    /// Time of the earliest entry in the loop's deadline heap.
    var scheduled = MonotonicTime.never
    /// Among the connections that there may be; not once its last response is about to be out.
    var isCounted = true
    /// Requests that were answered on this connection.
    var servedCount = 0

    /// A copy of a request, without a socket; see `Mirroring/`.
    var isMirror = false
    /// The first copy of the present request, of a copy the next one; -1 if there is none.
    var mirror: Int32 = -1
    /// The first pair of the present request with a copy, of a copy its only one; -1 if there is none.
    var pair: Int32 = -1
    /// Size of a copy's buffer.
    var mirrorBytes = 0

    var rememberedKey = RememberedKey()
    var peerAddress = ShortText<46>()
}

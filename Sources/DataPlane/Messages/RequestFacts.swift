/// What has to be known of a request after its head is gone: plain bytes, so that it is copied without ado.
struct RequestFacts {
    var startedAt = MonotonicTime.never
    var id = RequestID()
    var clientID = ShortText<40>()
    /// The connection goes on after the response.
    var keepsAlive = false
    /// The client speaks HTTP/1.0: no chunks, no interim answers.
    var isOldClient = false
    var isHEAD = false
    var isIdempotent = false
    var isScoring = false
    /// The client waits for `100 Continue`.
    var expectsContinue = false
    /// The client asks to go on as a WebSocket, and does so once the replica agrees.
    var wantsWebSocket = false
    /// Both sides send what they like until one ends.
    var isTunnel = false
    /// The body goes out in chunks.
    var isChunked = false
    var bodyCount: UInt64 = 0
    /// Everything that was sent is still in ``ClientConnection/forwarded``.
    var canReplay = true
    var wasRetried = false
    /// The head of the response is in the client's output, so no other response can be given.
    var isAnswerStarted = false
    /// The response goes out in chunks.
    var isAnswerChunked = false
    var status = 0
}

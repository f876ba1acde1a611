/// What the data path is told at start; all limits are per process unless they say otherwise.
package struct LoopSettings: Sendable, Equatable {
    package var head = HeadLimits()
    /// Longest time from the first byte of a head, or from the connection, to its end.
    package var headTimeoutMs = 10_000
    /// Longest time a connection stays open between requests.
    package var idleTimeoutMs = 75_000
    package var maxConnections = 20_000
    package var maxBodySize: UInt64 = 1 << 30
    /// Most requests of a loop that wait for their body before they ask for a replica; others ask at once.
    package var maxReceiving = 1_024
    /// Most idle connections that a loop keeps to one replica.
    package var idlePerReplica = 256
    /// How long an idle connection to a replica is kept.
    package var replicaIdleTimeoutMs = 60_000
    /// Longest body of which copies are made for mirroring.
    package var maxMirroredBody: UInt64 = 4 << 20
    /// Most memory that copies of one loop take; requests beyond are not mirrored.
    package var maxMirrorBytes = 64 << 20
    /// How long other replicas are preferred after a failure, at first.
    package var avoidMs = 500
    /// Whether nobody may connect before there is a table.
    package var waitsForTable = false

    package init() {}

    /// Bytes of a request body that are kept so that the request can be sent to a second replica. A request asks for a replica
    /// when as much is there, or the whole body.
    static let replaySize = 64 * 1024
    /// Size of every buffer: a whole head in its longest form, and a body that can be sent again.
    var bufferSize: Int { head.headSize + ForwardedHead.growth + Self.replaySize }
    /// How long a closed connection waits for the client to close too.
    static let lingerMs = 2_000
    /// How long an idle connection to a replica is used without another look at it.
    static let trustedIdleMicroseconds: Int64 = 10_000
    /// How long a listener that is about to be closed takes those who have begun to connect.
    static let listenerLingerMs = 2
    /// What connections that were accepted just before a drain get for their first request.
    static let drainGraceMs = 1_000
    /// The rest of a body goes through a pipe while at least this much of it is to come.
    static let spliceThreshold: UInt64 = 64 * 1024
    /// Most bytes that are in a pipe at once. One of the usual 64 KB costs twice the time per byte.
    static let pipeSize = 256 * 1024
    /// Reads of one connection before the others have their turn.
    static let readsPerTurn = 16
    /// How often a loop with waiting requests looks for a free slot by itself, and how long a rung router has to come.
    static let lookAgainMs = 20
}

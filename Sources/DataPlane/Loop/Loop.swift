import CEpoll
import Glibc
import Synchronization

/// One thread's share of the data path: its listener, its connections, and the table it serves.
///
/// Everything here belongs to one thread. Others reach it through its ``LoopMailbox``; what loops share
/// (slots, queue lengths, counters) is atomic and lives in ``ReplicaState`` and ``DeploymentState``.
/// A wake-up reads the clock once, handles every event, then what the events left for later, then due deadlines.
final class Loop {
    let index: Int
    let settings: LoopSettings
    let shared: LoopShared
    let poller: Poller
    let mailbox: LoopMailbox
    let slots: SlotTable<SharedWords>
    let member: SlotMember
    let counters: LoopCounters
    let accessLog: AccessLogQueue?
    /// Requests that were answered, for the access log's choice.
    var answeredCount = 0
    let pool: BufferPool
    let pipes = PipePool(pipeSize: LoopSettings.pipeSize)
    let clients: Slab<ClientConnection>
    let upstreams: Slab<UpstreamConnection>

    /// -1 while nobody may connect.
    var listener: Int32 = -1
    /// The bound socket that becomes the listener; -1 afterwards.
    var boundSocket: Int32
    /// For connections to come; `nil` if they use no TLS.
    var tls: TLSContext?
    var table = CompiledTable.empty
    var now = MonotonicTime.now
    /// Counts the wake-ups.
    var turnNumber: UInt32 = 0
    /// No event is left over for the next turn.
    var sawAllEvents = false
    var deadlines = DeadlineHeap()
    var waiting = WaitingLines<ObjectIdentifier>()
    /// The deployment of every line in ``waiting``.
    var waitingStates: [ObjectIdentifier: DeploymentState] = [:]
    /// Deployments that a slot became free for.
    var freed: [DeploymentState] = []
    /// Connections that have more to read after their turn.
    var unfinished: [Token] = []
    // Scanned into and read within one call each, so the runtime need not watch over overlapping accesses.
    @exclusivity(unchecked) var requestHead = RequestHead()
    @exclusivity(unchecked) var responseHead = ResponseHead()
    var tokens = TokenCache()
    var random = RandomSource()
    /// Copies whose live request is whole.
    var readyMirrors: [Int32] = []
    /// Records without a socket that have ended: of copies, and of streams.
    var spareRecords: [Int32] = []
    /// Clients' connections with frames to send.
    var dueFlushes: [Token] = []
    /// Live requests and their copies, until both are answered.
    var pairs: [MirrorPair] = []
    var freePairs: [Int32] = []
    /// Requests whose body is awaited.
    var receivingCount = 0
    /// Memory that copies take.
    var mirrorBytes = 0
    var drainDeadline: MonotonicTime?
    /// When a listener that lets nobody in any more is closed.
    var listenerClosesAt = MonotonicTime.never
    /// The time to finish requests in is over.
    var isEnding = false
    /// Accepting failed for lack of descriptors; tried again at this moment.
    var acceptAgainAt = MonotonicTime.never
    /// When to look for free slots although nobody rang; never while nobody waits.
    var lookAgainAt = MonotonicTime.never
    /// Where the comparison of replicas starts, so equals take turns.
    var turn = 0

    init(index: Int, boundSocket: Int32, tls: TLSContext?, settings: LoopSettings, shared: LoopShared)
        throws(SystemError)
    {
        (self.index, self.boundSocket, self.tls) = (index, boundSocket, tls)
        (self.settings, self.shared) = (settings, shared)
        poller = try Poller()
        mailbox = shared.mailboxes[index]
        counters = shared.counters[index]
        accessLog = shared.accessLogs.isEmpty ? nil : shared.accessLogs[index]
        slots = shared.slots.table
        member = shared.slots.members[index]
        pool = BufferPool(size: settings.bufferSize)
        clients = try Slab { ClientConnection() }
        upstreams = try Slab { UpstreamConnection() }
        try poller.add(mailbox.wakeUp.descriptor, token: Token(.wakeUp))
        if let bell = member.bell { try poller.add(bell.descriptor, token: Token(.wakeUp, index: Self.bellIndex)) }
        if !settings.waitsForTable { try openListener() }
    }

    /// Tells the bell's token from the mailbox's.
    private static var bellIndex: Int32 { 1 }

    /// Serves until a drain has ended.
    func run() {
        Socket.muteBrokenPipes()
        readMail()
        while !isDone {
            let count = poller.wait(timeoutMilliseconds: timeout)
            now = .now
            turnNumber &+= 1
            handleEvents(count)
            finishTurn()
        }
        closeEverything()
    }

    /// Handles what idle connections to replicas have to say first, and responses last: a request that has just come then
    /// finds connections of which all is known up to this turn.
    private func handleEvents(_ count: Int) {
        sawAllEvents = count < Poller.batchSize
        for event in 0..<count {
            let (token, readiness) = poller[event]
            if token.kind == .upstream, isIdle(token) { upstreamEvent(token, readiness) }
        }
        for event in 0..<count {
            let (token, readiness) = poller[event]
            if token.kind != .upstream { handle(token, readiness) }
        }
        for event in 0..<count {
            let (token, readiness) = poller[event]
            if token.kind == .upstream { upstreamEvent(token, readiness) }
        }
    }

    private func isIdle(_ token: Token) -> Bool {
        isCurrent(upstream: token) && upstreams[token.index].state == .idle
    }

    private var isDone: Bool {
        guard let drainDeadline else { return false }
        return now >= drainDeadline || listenerClosesAt == .never && clients.used == spareRecords.count
    }

    private var timeout: Int32 {
        if !unfinished.isEmpty || !freed.isEmpty || !readyMirrors.isEmpty || !dueFlushes.isEmpty { return 0 }
        var next = min(deadlines.earliest, min(acceptAgainAt, lookAgainAt))
        if let drainDeadline { next = min(next, min(drainDeadline, listenerClosesAt)) }
        guard next != .never else { return -1 }
        // Rounded up, so that the deadline has passed when the wait ends.
        return Int32(clamping: max(0, (next.microseconds - now.microseconds + 999) / 1000))
    }

    private func handle(_ token: Token, _ readiness: Readiness) {
        switch token.kind {
        case .listener: acceptConnections()
        case .wakeUp where token.index == Self.bellIndex: bellRang()
        case .wakeUp:
            mailbox.wakeUp.clear()
            readMail()
        case .client: clientEvent(token, readiness)
        case .upstream: upstreamEvent(token, readiness)
        }
    }

    private func finishTurn() {
        if !unfinished.isEmpty {
            let tokens = unfinished
            unfinished.removeAll(keepingCapacity: true)
            for token in tokens { goOn(token) }
        }
        if !readyMirrors.isEmpty { startReadyMirrors() }
        if !freed.isEmpty { serveFreed() }
        while let entry = deadlines.popDue(now) { deadlinePassed(entry) }
        if !dueFlushes.isEmpty { sendDueFrames() }
        if now >= lookAgainAt { lookAgain() }
        if now >= listenerClosesAt { closeListener() }
        if now >= acceptAgainAt {
            acceptAgainAt = .never
            acceptConnections()
        }
    }

    /// Goes on with a connection whose turn had ended.
    private func goOn(_ token: Token) {
        switch token.kind {
        case .client:
            guard isCurrent(client: token) else { return }
            advance(token.index)
        case .upstream:
            guard isCurrent(upstream: token), upstreams[token.index].state == .active else { return }
            receiveAnswer(token.index)
        case .listener: acceptConnections()
        case .wakeUp: break
        }
    }

    private func readMail() {
        let letters = mailbox.takeLetters()
        if let newTable = letters.table {
            if newTable.verifierVersion != table.verifierVersion { tokens.use(newTable.verifier) }
            table = newTable
            for replica in letters.retired { closeIdle(of: replica) }
            // Not before there is something to serve: connections would come that others could answer.
            do {
                try openListener()
            } catch {
                return endUnopened()
            }
            shared.acknowledge(loop: index, generation: newTable.generation)
            serveAllLines()
        }
        if let renewed = letters.tls { tls = renewed }
        if mailbox.hasFreeSlots.exchange(false, ordering: .sequentiallyConsistent) { serveAllLines() }
        if let deadline = letters.drainDeadline { drain(until: deadline) }
    }

    private func deadlinePassed(_ entry: DeadlineHeap.Entry) {
        switch entry.token.kind {
        case .client:
            guard isCurrent(client: entry.token) else { return }
            let client = entry.token.index
            guard clients[client].scheduled == entry.time else { return }
            clients[client].scheduled = .never
            if clients[client].deadline <= now {
                clientTimedOut(client)
            } else {
                setDeadline(client, clients[client].deadline)
            }
        case .upstream:
            guard isCurrent(upstream: entry.token) else { return }
            idleTimedOut(entry.token.index, entry.time)
        case .listener, .wakeUp: break
        }
    }

    /// Replaces the deadline of a client's connection; a later one costs nothing.
    func setDeadline(_ client: Int32, _ deadline: MonotonicTime) {
        clients[client].deadline = deadline
        guard deadline < clients[client].scheduled else { return }
        clients[client].scheduled = deadline
        deadlines.insert(deadline, token(ofClient: client))
    }

    /// A record without a socket; `nil` if there is none.
    ///
    /// Such records are used again as they are: the entry in the deadline heap that is still to come goes on to count, so
    /// the heap does not grow with every request.
    func takeSocketless() -> Int32? {
        let spare = spareRecords.popLast()
        guard let record = spare ?? clients.take() else { return nil }
        let isSpare = spare != nil
        let generation = isSpare ? clients[record].generation : clients[record].generation &+ 1 & 0x3FFF_FFFF
        let scheduled = isSpare && clients[record].scheduled > now ? clients[record].scheduled : .never
        clients[record] = ClientConnection()
        clients[record].generation = generation
        clients[record].scheduled = scheduled
        clients[record].isOpen = true
        return record
    }

    func isCurrent(client token: Token) -> Bool {
        clients[token.index].isOpen && clients[token.index].generation == token.generation
    }

    func isCurrent(upstream token: Token) -> Bool {
        upstreams[token.index].isOpen && upstreams[token.index].generation == token.generation
    }

    func token(ofClient client: Int32) -> Token {
        Token(.client, index: client, generation: clients[client].generation)
    }

    func token(ofUpstream upstream: Int32) -> Token {
        Token(.upstream, index: upstream, generation: upstreams[upstream].generation)
    }
}

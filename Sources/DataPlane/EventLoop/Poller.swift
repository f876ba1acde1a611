import CEpoll
import Glibc

/// An edge-triggered epoll instance that reports events by token.
///
/// A descriptor is added once, for reading; interest in writing is switched on only while a send would block.
/// Closing a descriptor removes it, so there is no call for that.
struct Poller: ~Copyable {
    /// Most events of one wait.
    static var batchSize: Int { Int(CEpollBatch) }

    private let descriptor: Int32
    private let events: UnsafeMutablePointer<CEpollEvent>

    init() throws(SystemError) {
        descriptor = epoll_create1(Int32(EPOLL_CLOEXEC))
        guard descriptor >= 0 else { throw SystemError("epoll_create1") }
        events = .allocate(capacity: Int(CEpollBatch))
    }

    deinit {
        events.deallocate()
        close(descriptor)
    }

    func add(_ socket: Int32, token: Token, forWriting: Bool = false) throws(SystemError) {
        guard CEpollAdd(descriptor, socket, Self.interest(forWriting), token.rawValue) == 0 else {
            throw SystemError("epoll_ctl")
        }
    }

    /// Switches interest in writing; reports the descriptor again at once if it is ready.
    func setWriting(_ socket: Int32, token: Token, _ forWriting: Bool) {
        // The only failures are a descriptor that is not registered and lack of kernel memory; the record's deadline ends both.
        _ = CEpollModify(descriptor, socket, Self.interest(forWriting), token.rawValue)
    }

    /// Waits at most `timeoutMilliseconds` (-1: for ever) and calls `body` for every event.
    func wait(timeoutMilliseconds: Int32) -> Int {
        let found = CEpollWait(descriptor, events, Int32(CEpollBatch), timeoutMilliseconds)
        return found < 0 ? 0 : Int(found)
    }

    /// The event at `index` of the last wait, which must be below what ``wait(timeoutMilliseconds:)`` returned.
    subscript(index: Int) -> (token: Token, readiness: Readiness) {
        precondition(index >= 0 && index < Int(CEpollBatch))
        let event = events[index]
        return (Token(rawValue: event.token), Readiness(bits: event.events))
    }

    private static func interest(_ forWriting: Bool) -> UInt32 {
        let reading = CEpollReadable | CEpollPeerClosed | CEpollEdgeTriggered
        return forWriting ? reading | CEpollWritable : reading
    }
}

/// What a descriptor is ready for.
struct Readiness {
    private let bits: UInt32

    init(bits: UInt32) { self.bits = bits }

    var isReadable: Bool { bits & (CEpollReadable | CEpollPeerClosed | CEpollFailed) != 0 }
    var isWritable: Bool { bits & (CEpollWritable | CEpollFailed) != 0 }
    /// The peer has closed its sending side, or the connection is broken.
    var isPeerClosed: Bool { bits & (CEpollPeerClosed | CEpollFailed) != 0 }
}

/// Names a record in an event: its kind, its index, and its generation, so an event for a former user of the index is dropped.
struct Token: Equatable {
    enum Kind: UInt64 {
        case listener
        case wakeUp
        case client
        case upstream
    }

    let rawValue: UInt64

    init(rawValue: UInt64) { self.rawValue = rawValue }

    init(_ kind: Kind, index: Int32 = 0, generation: UInt32 = 0) {
        rawValue = kind.rawValue << 62 | UInt64(generation & 0x3FFF_FFFF) << 32 | UInt64(UInt32(bitPattern: index))
    }

    var kind: Kind {
        switch rawValue >> 62 {
        case 0: .listener
        case 1: .wakeUp
        case 2: .client
        default: .upstream
        }
    }

    var index: Int32 { Int32(bitPattern: UInt32(truncatingIfNeeded: rawValue)) }
    var generation: UInt32 { UInt32(truncatingIfNeeded: rawValue >> 32) & 0x3FFF_FFFF }
}

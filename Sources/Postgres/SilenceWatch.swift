import CLibPQ
import Foundation
import Synchronization

/// What a connection is doing, seen from outside its thread.
final class ConnectionActivity: Sendable {
    /// Process of the server, as it tells itself: a pooler between would tell another.
    let serverPID: Int
    /// A second descriptor of the connection's socket: libpq may close its own at any moment.
    private let socket: Int32
    /// When the statement began that runs now, in nanoseconds of the monotonic clock; 0 for none.
    private let statementStart = Atomic<UInt64>(0)

    init(of pointer: OpaquePointer) {
        let result = PQexec(pointer, "SELECT pg_backend_pid()")
        defer { PQclear(result) }
        let response = PQntuples(result) == 1 ? PQgetvalue(result, 0, 0).flatMap { Int(String(cString: $0)) } : nil
        serverPID = response ?? Int(PQbackendPID(pointer))
        socket = fcntl(PQsocket(pointer), F_DUPFD_CLOEXEC, 0)
    }

    deinit {
        if socket >= 0 { close(socket) }
    }

    func begin() { statementStart.store(DispatchTime.now().uptimeNanoseconds, ordering: .releasing) }
    func end() { statementStart.store(0, ordering: .releasing) }

    /// The statement that has run for so long, by its start; nil when there is none.
    func statement(olderThan limit: Duration) -> UInt64? {
        let start = statementStart.load(ordering: .acquiring)
        let age = DispatchTime.now().uptimeNanoseconds &- start
        return start > 0 && Duration.nanoseconds(Int64(clamping: age)) > limit ? start : nil
    }

    /// Ends the connection, so that libpq's blocking call returns.
    func cut() { shutdown(socket, Int32(SHUT_RDWR)) }
}

/// Cuts connections on which a server has fallen silent, as a stopped process or a vanished machine does: TCP alone notices
/// after a quarter of an hour, or never.
///
/// A statement that takes long is asked for over a fresh connection. Only where two looks find no server, or one that does
/// not work on it, is it given up; its caller gets `unavailable`.
actor SilenceWatch {
    enum Finding: Equatable {
        /// The server answers, and works for these of its processes.
        case working(Set<Int>)
        /// There is a server, and it takes no connection now.
        case busy
        case silent
    }

    private struct Watched {
        weak var activity: ConnectionActivity?
    }

    private let settings: ConnectionSettings
    private var watched: [Watched] = []
    /// Statements that the look before found nobody to work on.
    private var doubted: Set<UInt64> = []
    private var loop: Task<Void, Never>?

    /// libpq takes two seconds for the least.
    private static let responseLimit = Duration.seconds(2)

    init(settings: ConnectionSettings) {
        var settings = settings
        settings.connectTimeout = Self.responseLimit
        self.settings = settings
    }

    deinit {
        loop?.cancel()
    }

    func add(_ activity: ConnectionActivity) {
        watched.removeAll { $0.activity == nil }
        watched.append(Watched(activity: activity))
        if loop != nil { return }
        let pause = settings.silenceLimit / 3
        loop = Task { [weak self] in  // ends with the watch
            while !Task.isCancelled {
                try? await Task.sleep(for: pause)  // only cancellation throws, and the loop sees it
                await self?.look()
            }
        }
    }

    private func look() async {
        let old = watched.compactMap { watched -> (activity: ConnectionActivity, statement: UInt64)? in
            guard let activity = watched.activity, let start = activity.statement(olderThan: settings.silenceLimit)
            else { return nil }
            return (activity, start)
        }
        guard !old.isEmpty else { return doubted.removeAll() }
        let finding = await Self.ask(settings)
        let abandoned = old.filter { $0.activity.statement(olderThan: .zero) == $0.statement }
            .filter { finding.isAgainst($0.activity.serverPID) }
        for (activity, statement) in abandoned where doubted.contains(statement) { activity.cut() }
        doubted = Set(abandoned.map(\.statement))
    }

    static func ask(_ settings: ConnectionSettings) async -> Finding {
        guard await Connection.isAnswered(settings) else { return .silent }
        do {
            let connection = try await Connection.open(settings)
            let timer = Task {  // ends with the question: cancelled below, or by its own firing
                try await Task.sleep(for: responseLimit)
                connection.activity.cut()
            }
            defer { timer.cancel() }
            let rows = try await connection.query(
                "SELECT pid FROM pg_stat_activity WHERE state IN ('active', 'disabled')"
            ).rows
            return .working(Set(try rows.map { row in try row.decode(Int.self) }))
        } catch {
            return .busy
        }
    }
}

extension SilenceWatch.Finding {
    /// Whether a process of the server does not work on what it was sent, as far as one can tell.
    fileprivate func isAgainst(_ serverPID: Int) -> Bool {
        switch self {
        case .working(let pids): !pids.contains(serverPID)
        case .busy: false
        case .silent: true
        }
    }
}

import CLibPQ
import Foundation
import Synchronization

/// How to reach the server, and which schema to work in.
package struct ConnectionSettings: Sendable {
    /// A libpq connection string or `postgresql://` URL. May hold a password: never log it.
    package var url: String
    /// Schema that holds our tables; also part of the name of the notification channel.
    package var schema: String
    package var connectTimeout: Duration
    /// After so long the server is asked whether it still works on a statement.
    package var silenceLimit: Duration

    package init(
        url: String, schema: String = "sluice", connectTimeout: Duration = .seconds(5),
        silenceLimit: Duration = .seconds(3)
    ) {
        (self.url, self.schema) = (url, schema)
        (self.connectTimeout, self.silenceLimit) = (connectTimeout, silenceLimit)
    }
}

/// Owner of a libpq connection.
///
/// `@unchecked Sendable`: the pointer is used by one actor at a time, the one that owns the handle; `Canceller`
/// touches only the PGcancel object, which libpq documents as usable from any thread.
final class Handle: @unchecked Sendable {
    let pointer: OpaquePointer
    let canceller: Canceller
    let activity: ConnectionActivity

    private init(pointer: OpaquePointer) {
        self.pointer = pointer
        activity = ConnectionActivity(of: pointer)
        canceller = Canceller(pointer: PQgetCancel(pointer))
    }

    deinit {
        PQfinish(pointer)
    }

    static func connect(_ settings: ConnectionSettings) throws -> Handle {
        let pointer = withParameters(settings) { PQconnectdbParams($0, $1, 1) }
        guard let pointer else { throw PostgresError(.unavailable, "no memory for a connection") }
        guard PQstatus(pointer) == CONNECTION_OK else {
            let message = String(cString: PQerrorMessage(pointer))
            PQfinish(pointer)
            throw PostgresError(.unavailable, message.trimmingCharacters(in: .whitespacesAndNewlines))
        }
        return Handle(pointer: pointer)
    }

    /// Whether there is a server that responds, be it that it takes no connection now.
    static func isAnswered(_ settings: ConnectionSettings) -> Bool {
        switch withParameters(settings, { PQpingParams($0, $1, 1) }) {
        case PQPING_OK, PQPING_REJECT: true
        default: false
        }
    }

    /// Keepalives end an idle connection to a machine that has vanished, within half a minute; the URL may set others. A
    /// transaction of which the server hears nothing ends, with its locks, soon after ``SilenceWatch`` has given it up here.
    private static func withParameters<Result>(
        _ settings: ConnectionSettings,
        _ body: ([UnsafePointer<CChar>?], [UnsafePointer<CChar>?]) -> Result
    ) -> Result {
        let options =
            "-c search_path=\(settings.schema) -c TimeZone=UTC -c DateStyle=ISO -c client_min_messages=warning "
            + "-c statement_timeout=60000 -c idle_in_transaction_session_timeout=10000"
        let parameters = [
            ("keepalives_idle", "10"), ("keepalives_interval", "5"), ("keepalives_count", "3"),
            ("dbname", settings.url), ("connect_timeout", String(max(2, settings.connectTimeout.components.seconds))),
            ("application_name", "sluice"), ("options", options), ("client_encoding", "UTF8"),
        ]
        return withPointers(parameters.map(\.0)) { keywords in
            withPointers(parameters.map(\.1)) { values in body(keywords, values) }
        }
    }

    /// The texts as a NULL-terminated array of C strings.
    private static func withPointers<Result>(_ texts: [String], _ body: ([UnsafePointer<CChar>?]) -> Result) -> Result {
        let copies = texts.map { strdup($0) }
        defer { for copy in copies { free(copy) } }
        return body(copies.map { $0.map { UnsafePointer($0) } } + [nil])
    }
}

/// Asks the server to stop the statement that a connection runs.
///
/// The request opens a connection of its own and blocks until the server closes it, which a server that stands still does
/// not, and libpq sets it no deadline. So it has a thread that may wait; a connection with a request on its way is not
/// used again, for the request could hit its next statement.
///
/// `@unchecked Sendable`: PQcancel may be called from any thread (libpq, chapter 34.7).
final class Canceller: @unchecked Sendable {
    private let pointer: OpaquePointer?
    private let isRequested = Atomic<Bool>(false)

    /// More requests at once are left out: `statement_timeout` and ``SilenceWatch`` end those statements.
    private static let places = DispatchSemaphore(value: 4)
    private static let threads = DispatchQueue(label: "sluice.postgres.cancel", attributes: .concurrent)

    init(pointer: OpaquePointer?) {
        self.pointer = pointer
    }

    deinit {
        PQfreeCancel(pointer)
    }

    /// Whether a statement was to be cancelled: the connection is at its end.
    var isSpent: Bool { isRequested.load(ordering: .acquiring) }

    func cancel() {
        isRequested.store(true, ordering: .releasing)
        Self.threads.async { [self] in
            guard Self.places.wait(timeout: .now()) == .success else { return }
            defer { Self.places.signal() }
            var message = [CChar](repeating: 0, count: 256)
            PQcancel(pointer, &message, Int32(message.count))
        }
    }
}

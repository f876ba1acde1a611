import Foundation
import Glibc
import Logging
import Synchronization

/// What is kept of a request until it is written down; no path, header or body, which may hold secrets.
struct AccessRecord {
    /// Microseconds since 1970.
    var time: Int64
    var microseconds: Int64
    var status: Int
    var isMirror: Bool
    var id: RequestID
    var clientID: ShortText<40>
    var peer: ShortText<46>
    var deployment: DeploymentState?
}

/// Where a loop leaves its records; it never waits for a file. What does not fit is dropped and counted.
final class AccessLogQueue: Sendable {
    /// Records that are kept until they are written.
    static let capacity = 8_192

    private let records = Mutex<[AccessRecord]>([])
    private let dropped = Atomic<Int64>(0)
    /// One request in so many is written down.
    private let interval: Int

    init(interval: Int) { self.interval = interval }

    var droppedCount: Int64 { dropped.load(ordering: .relaxed) }

    /// Whether the `number`th request of a loop is one of those that are written down.
    func isWanted(_ number: Int) -> Bool { interval == 1 || number % interval == 0 }

    func append(_ record: AccessRecord) {
        let isKept = records.withLock { records in
            guard records.count < Self.capacity else { return false }
            records.append(record)
            return true
        }
        if !isKept { dropped.wrappingAdd(1, ordering: .relaxed) }
    }

    func takeAll() -> [AccessRecord] {
        records.withLock { records in
            let taken = records
            records = []
            records.reserveCapacity(min(Self.capacity, taken.count))
            return taken
        }
    }
}

/// Writes what the loops have left, as JSON lines, in order of time per loop.
///
/// The file is opened anew when another one is put in its place, as programs that rotate logs do.
struct AccessLogWriter {
    private let path: String
    private let routerID: String
    private var descriptor: Int32 = -1
    private var opened: FileIdentity?

    init(path: String, routerID: String) {
        (self.path, self.routerID) = (path, routerID)
    }

    /// - Throws: ``SystemError``; the records are lost then.
    mutating func write(_ records: [AccessRecord]) throws(SystemError) {
        guard !records.isEmpty else { return }
        try openIfMoved()
        var text = ""
        for record in records { text += line(record) }
        try FileWriting.write(Data(text.utf8), to: descriptor)
    }

    private mutating func openIfMoved() throws(SystemError) {
        if let opened, FileIdentity(path: path)?.isSameFile(as: opened) == true { return }
        close()
        descriptor = open(path, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0o600)
        guard descriptor >= 0 else { throw SystemError("open \(path)") }
        opened = FileIdentity(path: path)
    }

    mutating func close() {
        if descriptor >= 0 { Glibc.close(descriptor) }
        descriptor = -1
        opened = nil
    }

    /// Names and ids are letters, digits and hyphens: nothing has to be escaped.
    private func line(_ record: AccessRecord) -> String {
        let time = Date(timeIntervalSince1970: Double(record.time) / 1e6).ISO8601Format(
            .iso8601(timeZone: .gmt, includingFractionalSeconds: true))
        var fields = [
            "\"time\":\"\(time)\"", "\"router\":\"\(routerID)\"", "\"requestId\":\"\(record.id.text)\"",
            "\"status\":\(record.status)", "\"milliseconds\":\(Double(record.microseconds) / 1_000)",
            "\"peer\":\"\(record.peer.text)\"",
        ]
        if let deployment = record.deployment {
            fields.append("\"endpoint\":\"\(deployment.endpoint)\"")
            fields.append("\"deployment\":\"\(deployment.deployment)\"")
        }
        if record.clientID.count > 0 { fields.append("\"clientRequestId\":\"\(record.clientID.text)\"") }
        if record.isMirror { fields.append("\"mirror\":true") }
        return "{\(fields.joined(separator: ","))}\n"
    }
}

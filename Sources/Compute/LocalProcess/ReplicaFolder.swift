import Foundation
import Resources

/// The working folder of one replica, and what is kept in it.
///
/// | Entry | What |
/// |---|---|
/// | `code/` | the replica's own copy of the scoring code; its working directory |
/// | `home/`, `tmp/` | `HOME` and `TMPDIR` |
/// | `server.log`, `storage-initializer.log` | its logs |
/// | `gunicorn.conf.py` | what the model server imports before it forks its workers |
/// | `uses.json` | the cache entries it runs on |
/// | `pid`, `handle.json` | its process, written by the process itself before it becomes the server, and by us after |
/// | `exit-status` | how it ended, once known |
struct ReplicaFolder: Sendable {
    let id: ReplicaID
    let url: URL

    init(_ id: ReplicaID, in configuration: LocalProcessConfiguration) {
        self.id = id
        url = configuration.replicas.appending(path: id.description)
    }

    var code: URL { url.appending(path: "code") }
    var home: URL { url.appending(path: "home") }
    var temporary: URL { url.appending(path: "tmp") }
    var serverLog: LogFile { LogFile(url: url.appending(path: "server.log")) }
    var storageLog: URL { url.appending(path: "storage-initializer.log") }
    var warmup: URL { url.appending(path: ServerWarmup.fileName) }
    var pidFile: URL { url.appending(path: "pid") }
    private var handleFile: URL { url.appending(path: "handle.json") }
    private var exitFile: URL { url.appending(path: "exit-status") }
    private var usesFile: URL { url.appending(path: "uses.json") }

    /// Makes the folder and notes what the replica runs on, which keeps that in the caches.
    func reserve(_ uses: Uses) throws(ComputeError) {
        for folder in [url, home, temporary] { try makeFolder(folder) }
        try encode(uses, to: usesFile)
        try writeFile(Data(ServerWarmup.file.utf8), warmup)
    }

    /// Makes the replica's own copy of the code.
    func make(code source: URL) throws(ComputeError) {
        do {
            // The rest of a start that was interrupted.
            try? FileManager.default.removeItem(at: code)
            try FileManager.default.copyItem(at: source, to: code)
        } catch {
            throw ComputeError(.exhausted, "could not copy the scoring code: \(error.localizedDescription)")
        }
    }

    /// A code folder that holds one script of our own.
    func make(script: Data, named name: String) throws(ComputeError) {
        // The rest of a start that was interrupted.
        try? FileManager.default.removeItem(at: code)
        try makeFolder(code)
        try writeFile(script, code.appending(path: name))
    }

    /// Keys of the environment and the artifacts that the replica runs on.
    struct Uses: Sendable, Codable {
        var environment: String
        var artifacts: [String]
    }

    func write(_ handle: ReplicaHandle) throws(ComputeError) {
        try encode(handle, to: handleFile)
    }

    var handle: ReplicaHandle? { decode(handleFile) }
    var uses: Uses? { decode(usesFile) }

    /// The process that was started but not yet written down as a handle, because the control plane died in between.
    /// Recognised by its working directory, for its id may have been given to another process.
    var unrecordedProcess: ProcessIdentity? {
        guard let text = try? String(contentsOf: pidFile, encoding: .utf8),
            let pid = Int32(text.trimmingCharacters(in: .whitespacesAndNewlines)),
            let identity = ProcessIdentity(pid: pid), identity.isAlive,
            let place = try? FileManager.default.destinationOfSymbolicLink(atPath: "/proc/\(pid)/cwd"),
            URL(filePath: place).standardizedFileURL.path(percentEncoded: false)
                == code.resolvingSymlinksInPath().path(percentEncoded: false)
        else { return nil }
        return identity
    }

    var exitStatus: Int32? {
        (try? String(contentsOf: exitFile, encoding: .utf8)).flatMap { Int32($0) }
    }

    /// The replica is started again: how its last process ended says nothing about the next.
    func forgetExit() {
        // Without the file there is nothing to forget.
        try? FileManager.default.removeItem(at: exitFile)
    }

    func write(exitStatus: Int32) throws(ComputeError) {
        try writeFile(Data("\(exitStatus)".utf8), exitFile)
    }

    func remove() {
        // Whatever can't be removed lies below the data directory and harms nobody.
        try? FileManager.default.removeItem(at: url)
    }

    /// What all replicas of the host run on together.
    static func allUses(in configuration: LocalProcessConfiguration) -> [Uses] {
        // No folder, no replicas.
        let names =
            (try? FileManager.default.contentsOfDirectory(atPath: configuration.replicas.path(percentEncoded: false)))
            ?? []
        return names.compactMap { ReplicaID($0) }.compactMap { ReplicaFolder($0, in: configuration).uses }
    }

    private func encode(_ value: some Encodable, to file: URL) throws(ComputeError) {
        let data: Data
        do { data = try JSONEncoder().encode(value) } catch { throw ComputeError(.exhausted, "\(error)") }
        try writeFile(data, file)
    }

    private func decode<Value: Decodable>(_ file: URL) -> Value? {
        // Absent means not yet written; files are written whole.
        (try? Data(contentsOf: file)).flatMap { try? JSONDecoder().decode(Value.self, from: $0) }
    }
}

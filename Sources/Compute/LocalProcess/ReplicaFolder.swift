import Foundation
import Glibc
import Platform
import Resources

/// The folder of one replica, and what is kept in it. Only the first three rows are within the replica's reach; what we
/// trust lies beside them.
///
/// | Entry | What |
/// |---|---|
/// | `code/` | the replica's own copy of the scoring code; its working directory |
/// | `home/`, `tmp/` | `HOME` and `TMPDIR` |
/// | `collected/` | what the scoring script collects, the newest of it |
/// | `etc/` | the names of its account |
/// | `account.json` | its account, where it has one of its own |
/// | `server.log`, `storage-initializer.log` | its logs |
/// | `gunicorn.conf.py` | what the model server imports before it forks its workers |
/// | `server_start.py` | what starts the model server |
/// | `data-collection.json` | which collections the scoring script may fill |
/// | `uses.json` | the cache entries it runs on |
/// | `life` | which of its lives the rest is of |
/// | `pid`, `handle.json` | its process, written by the process itself before it is confined, and by us after |
/// | `limits.json` | what it may use |
/// | `exit-status`, `end-cause` | how it ended, once known, and why we ended it |
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
    var collected: URL { url.appending(path: "collected") }
    var serverLog: LogFile { LogFile(url: url.appending(path: "server.log")) }
    var storageLog: URL { url.appending(path: "storage-initializer.log") }
    var warmup: URL { url.appending(path: ServerWarmup.fileName) }
    var serverStart: URL { url.appending(path: "server_start.py") }
    var collectionSettings: URL { url.appending(path: "data-collection.json") }
    var pidFile: URL { url.appending(path: "pid") }
    private var handleFile: URL { url.appending(path: "handle.json") }
    private var exitFile: URL { url.appending(path: "exit-status") }
    private var usesFile: URL { url.appending(path: "uses.json") }
    private var limitsFile: URL { url.appending(path: "limits.json") }
    private var lifeFile: URL { url.appending(path: "life") }
    private var causeFile: URL { url.appending(path: "end-cause") }
    private var accountFile: URL { url.appending(path: "account.json") }
    /// Holds `passwd` and `group` with the replica's account alone.
    var identities: URL { url.appending(path: "etc") }
    /// Whether it lies below another folder: below `/tmp` it can't be `/tmp` as well.
    func inside(_ folder: String) -> Bool { url.path(percentEncoded: false).hasPrefix(folder + "/") }

    /// What the replica may write.
    var own: [URL] { [code, home, temporary, collected] }

    /// What of it the replica reads beside its own.
    var readable: [URL] { [warmup, serverStart, collectionSettings] }

    var watched: WatchedFolders { WatchedFolders(name: id.description, own: own, notes: url) }

    /// Makes the folder and notes what the replica runs on, which keeps that in the caches.
    func reserve(_ uses: Uses) throws(ComputeError) {
        for folder in [url, home, temporary, collected, identities] { try makeFolder(folder) }
        try encode(uses, to: usesFile)
        try writeFile(Data(ServerWarmup.file.utf8), warmup)
        try writeFile(Data(PackageResources.server_start_py), serverStart)
    }

    /// Gives the replica what is its own, and writes down who it is. Before it starts, with nothing running of an
    /// earlier life.
    func hand(to account: ReplicaAccount?) throws(ComputeError) {
        try AccountNames.write(into: identities, named: "replica", home: home, account?.account)
        for (folder, mode) in [(identities, 0o755), (url, 0o711)] as [(URL, mode_t)] where account != nil {
            guard chmod(folder.path(percentEncoded: false), mode) == 0 else {
                throw ComputeError(.exhausted, SpawnError("open \(folder.path)", errno: errno).description)
            }
        }
        guard let account else { return }
        try Compute.hand(code, to: account.account)
        // What an earlier life left there is its own already.
        for folder in [home, temporary, collected] { try give(folder.path(percentEncoded: false), to: account.account) }
    }

    func write(_ account: ReplicaAccount) throws(ComputeError) {
        try encode(account, to: accountFile)
    }

    var account: ReplicaAccount? { decode(accountFile) }

    func write(_ limits: Confinement.Limits) throws(ComputeError) {
        try encode(limits, to: limitsFile)
    }

    var limits: Confinement.Limits? { decode(limitsFile) }

    func write(_ collection: DataCollection) throws(ComputeError) {
        try encode(collection, to: collectionSettings)
    }

    func write(endCause: String) throws(ComputeError) {
        try writeFile(Data(endCause.utf8), causeFile)
    }

    var endCause: String? { try? String(contentsOf: causeFile, encoding: .utf8) }

    /// Makes the replica's own copy of the code.
    func make(code source: URL) async throws(ComputeError) {
        // That of an earlier life, or the rest of a start that was interrupted.
        await RemovalOfForeignFiles.remove([code])
        let code = code
        do {
            try await DiskWork.run { try FileManager.default.copyItem(at: source, to: code) }
        } catch {
            throw ComputeError(.exhausted, "could not copy the scoring code: \(error.localizedDescription)")
        }
    }

    /// A code folder that holds one script of our own.
    func make(script: Data, named name: String) async throws(ComputeError) {
        // As above.
        await RemovalOfForeignFiles.remove([code])
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

    /// The life that its process is of; replicas that an earlier version started had one.
    var life: Int { (try? String(contentsOf: lifeFile, encoding: .utf8)).flatMap { Int($0) } ?? 1 }

    /// A life begins, without a process yet.
    func write(life: Int) throws(ComputeError) {
        try makeFolder(url)
        try writeFile(Data("\(life)".utf8), lifeFile)
        // Absent before the first life.
        try? FileManager.default.removeItem(at: handleFile)
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

    /// Processes of the replica that may run: the one that was written down, whose children may outlive it, and one that
    /// was not.
    var processes: Set<ProcessIdentity> { Set([handle?.process, unrecordedProcess].compactMap { $0 }) }

    var exitStatus: Int32? {
        (try? String(contentsOf: exitFile, encoding: .utf8)).flatMap { Int32($0) }
    }

    /// The replica is started again: how its last process ended says nothing about the next.
    func forgetExit() {
        // Without the file there is nothing to forget.
        for file in [exitFile, causeFile] { try? FileManager.default.removeItem(at: file) }
    }

    func write(exitStatus: Int32) throws(ComputeError) {
        try writeFile(Data("\(exitStatus)".utf8), exitFile)
    }

    func remove() async {
        // What is the replica's own goes first, by means that its links and depths can't mislead.
        await RemovalOfForeignFiles.remove(own)
        let url = url
        // Whatever can't be removed lies below the data directory and harms nobody.
        await DiskWork.run { _ = try? FileManager.default.removeItem(at: url) }
    }

    /// The accounts that the replicas of the host have, each with its deployment.
    static func allAccounts(in configuration: LocalProcessConfiguration) -> [UInt32: String] {
        let accounts = all(in: configuration).compactMap(\.account)
        return Dictionary(accounts.map { ($0.user, $0.deployment) }) { first, _ in first }
    }

    /// What all replicas of the host run on together.
    static func allUses(in configuration: LocalProcessConfiguration) -> [Uses] {
        all(in: configuration).compactMap(\.uses)
    }

    static func all(in configuration: LocalProcessConfiguration) -> [ReplicaFolder] {
        // No folder, no replicas.
        let names =
            (try? FileManager.default.contentsOfDirectory(atPath: configuration.replicas.path(percentEncoded: false)))
            ?? []
        return names.compactMap { ReplicaID($0) }.map { ReplicaFolder($0, in: configuration) }
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

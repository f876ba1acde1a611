import Foundation
import Glibc
import Identity
import Logging
import Resources
import Testing

@testable import Compute

/// What surrounds replicas in a real installation, with canaries in the places of secrets, and what a hostile script is
/// given: the places of everything, so that only the confinement stands between.
final class HostileInstallation {
    let root: URL
    let backend: LocalProcessBackend
    let store: URL
    private let sharedFolder: URL
    private var descriptors: [Int32] = []
    private var segment: Int32 = -1
    private let abstractName = "sluice-hostile-\(UUID().uuidString)"

    static let canary = "canary of the installation"
    private static let secretFiles = [
        "master key": "master.key", "credentials": "credentials.json", "installation": "installation.json",
        "authority's key": "tls/ca.key", "server's key": "tls/server.key", "database password": "postgres.pass",
        "saved table": "routers/r1.table", "artifact of another": "artifacts/content/ab/cd",
        "preparation log": "compute/preparations/canary", "note beside replicas": "compute/isolation.json",
    ]

    init(_ change: (inout LocalProcessConfiguration) -> Void) async throws {
        // Kept over the runs of a checkout, so that the environment is built once. Not below /tmp, which is every replica's
        // own.
        let name = "sluice-hostile-\(geteuid())-"
        Self.removeOld(name)
        root = URL(filePath: "/var/tmp/\(name)\(Digests.sha256Hex(#filePath).prefix(8))")
        store = root.appending(path: "store")
        sharedFolder = URL(filePath: "/dev/shm/\(name)\(UUID().uuidString.prefix(8))")
        let open: [FileAttributeKey: Any] = [.posixPermissions: 0o711]
        try FileManager.default.createDirectory(at: root, withIntermediateDirectories: true, attributes: open)
        var configuration = LocalProcessConfiguration(dataDirectory: root.appending(path: "compute"))
        configuration.uv = try await TestHost.uv()
        configuration.hostEnvironment = ProcessInfo.processInfo.environment
        configuration.controlGroup = nil
        change(&configuration)
        backend = LocalProcessBackend(
            configuration: configuration, logger: Logger(label: "test") { _ in SwiftLogNoOpLogHandler() },
            fetch: TestHost.directoryFetch(store))
        for path in Self.secretFiles.values { try secret(root.appending(path: path)) }
        try secret(sharedFolder.appending(path: "slots"))
        for (path, kind) in sockets.values { try listen(path, kind) }
        try listen("\0" + abstractName, SOCK_STREAM)
        segment = shmget(IPC_PRIVATE, 4096, Int32(0o1666))
    }

    /// What other checkouts left more than a day ago.
    private static func removeOld(_ name: String) {
        let folder = URL(filePath: "/var/tmp")
        let left = (try? FileManager.default.contentsOfDirectory(atPath: folder.path)) ?? []
        for old in left.filter({ $0.hasPrefix(name) }).map({ folder.appending(path: $0) }) {
            let changed = try? old.resourceValues(forKeys: [.contentModificationDateKey]).contentModificationDate
            // One that is being used or removed by somebody else may vanish at any moment.
            if (changed ?? Date()).timeIntervalSinceNow < -86_400 { try? FileManager.default.removeItem(at: old) }
        }
    }

    deinit {
        for descriptor in descriptors { close(descriptor) }
        shmctl(segment, IPC_RMID, nil)
        try? FileManager.default.removeItem(at: sharedFolder)
    }

    private func secret(_ url: URL) throws {
        try url.write(Self.canary)
        chmod(url.path, 0o600)
    }

    /// Whether every canary is as it was.
    func isWhole() -> Bool {
        (Self.secretFiles.values.map { root.appending(path: $0) } + [sharedFolder.appending(path: "slots")]).allSatisfy
        {
            (try? $0.text) == Self.canary
        }
    }

    private var sockets: [String: (String, __socket_type)] {
        [
            "control socket of a router": (root.path + "/routers/r1.sock", SOCK_STREAM),
            "database": (root.path + "/postgres/socket/.s.PGSQL.5432", SOCK_STREAM),
            "bell of a router": (sharedFolder.path + "/bell-0", SOCK_DGRAM),
        ]
    }

    private func listen(_ path: String, _ kind: __socket_type) throws {
        var address = sockaddr_un()
        address.sun_family = sa_family_t(AF_UNIX)
        let bytes = Array(path.utf8)
        withUnsafeMutableBytes(of: &address.sun_path) { $0.copyBytes(from: bytes) }
        if bytes.first != 0 {
            let folder = URL(filePath: path).deletingLastPathComponent()
            try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
            unlink(path)
        }
        let descriptor = socket(AF_UNIX, Int32(kind.rawValue) | Int32(SOCK_CLOEXEC.rawValue), 0)
        let size = socklen_t(MemoryLayout<sa_family_t>.size + bytes.count + (bytes.first == 0 ? 0 : 1))
        let bound = withUnsafePointer(to: &address) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { bind(descriptor, $0, size) }
        }
        try #require(bound == 0, "\(path): errno \(errno)")
        if bytes.first != 0 { chmod(path, 0o600) }
        if kind == SOCK_STREAM { try #require(Glibc.listen(descriptor, 16) == 0) }
        descriptors.append(descriptor)
    }

    /// What the script is asked with.
    func targets(attacker: StartedReplica, victim: StartedReplica, _ specification: ReplicaSpecification) throws
        -> String
    {
        let configuration = backend.configuration
        let other = ReplicaFolder(victim.id, in: configuration)
        try secret(other.temporary.appending(path: "canary"))
        var secrets = Self.secretFiles.mapValues { root.appending(path: $0).path }
        secrets["code of another replica"] = other.code.path + "/score.py"
        secrets["temporary file of another replica"] = other.temporary.path + "/canary"
        let uses = try #require(ReplicaFolder(attacker.id, in: configuration).uses)
        let environment = configuration.environments.appending(path: uses.environment)
        let library = environment.path + "/lib/python\(try #require(Self.pythonName(environment)))/site-packages"
        var readOnly = [
            "environment's package": "\(library)/flask/__init__.py",
            "environment's server": environment.path + "/bin/azmlinfsrv",
            "environment's marker": environment.path + "/.complete",
            "package cache": configuration.packageCache.path + "/CACHEDIR.TAG",
            "code of the cache": backend.artifacts.folder(of: try #require(specification.code)).path + "/score.py",
        ]
        if let model = specification.model {
            readOnly["model"] = backend.artifacts.folder(of: model).path + "/weights.bin"
        }
        let leader = backend.process(of: victim)
        let worker = ProcessCensus.take().tree(of: leader).map(\.pid).max() ?? leader.pid
        var places = sockets.mapValues(\.0)
        places["another replica"] = String(victim.address.dropFirst("unix:".count))
        let targets: [String: Any] = [
            "data": root.path, "replicas": configuration.replicas.path, "secrets": secrets, "readOnly": readOnly,
            "sockets": places, "abstract": abstractName, "segment": Int(segment),
            "sharedMemory": sharedFolder.path + "/slots",
            "processes": [
                "control plane": Int(getpid()), "another replica": Int(leader.pid),
                "another replica's worker": Int(worker),
            ],
            "ownLogIsHarmless": geteuid() != 0,
        ]
        return String(decoding: try JSONSerialization.data(withJSONObject: targets), as: UTF8.self)
    }

    private static func pythonName(_ environment: URL) -> String? {
        let names =
            (try? FileManager.default.contentsOfDirectory(atPath: environment.appending(path: "lib").path)) ?? []
        return names.first { $0.hasPrefix("python") }.map { String($0.dropFirst("python".count)) }
    }
}

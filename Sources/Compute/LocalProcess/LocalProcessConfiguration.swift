package import Foundation
import Glibc
package import Resources

/// How replicas run as processes of this host.
package struct LocalProcessConfiguration: Sendable {
    /// Everything the backend keeps lies below: environments, package cache, artifacts, replicas.
    package var dataDirectory: URL
    /// The interpreters that environments are made from, the preferred one first. Default `/usr/bin/python3`.
    package var pythons: [String]
    /// Whether a Python that none of them is may be downloaded. Default false.
    package var downloadsPython: Bool
    /// The installer, `uv`. Default `/usr/local/bin/uv`.
    package var uv: String
    /// Version of `azureml-inference-server-http` given to environments that don't pin their own.
    package var inferenceServerVersion: String
    /// Environment of the control plane, from which only the settings of the package index, TLS and proxies are
    /// taken, and only for the installer. Default empty.
    package var hostEnvironment: [String: String]
    /// Longest time an environment may take to build. Default 20 minutes.
    package var preparationTimeout: Duration
    /// What one build of an environment may use. Default three quarters of the host's memory, and half of the disk's room.
    package var buildLimits: Confinement.Limits
    /// Environments kept when no replica uses them, the most recently used ones. Default 50.
    package var environmentCacheLimit: Int
    /// Fetched artifacts kept when no replica uses them. Default 200.
    package var artifactCacheLimit: Int
    /// A replica's log is moved aside (one older part is kept) once it is longer. In bytes, default 16 MiB.
    package var logLimitBytes: Int
    /// Most model server workers per replica; requests beyond wait in the listen queue. Default 64.
    package var workerLimit: Int
    /// Where replicas' sockets lie. Default `{dataDirectory}/run`; a shorter path is needed when that exceeds what a
    /// socket address can hold (107 bytes).
    package var socketDirectory: URL
    /// A cgroup v2 folder without processes in which limits may be set; nil leaves replicas unlimited.
    /// Default `/sys/fs/cgroup/sluice`, made when that is allowed.
    package var controlGroup: URL?

    /// How foreign code is confined. Default `auto`.
    package var isolation: IsolationPolicy
    /// Accounts of foreign code, which only root can give; nil for our own.
    package var accounts: AccountRange?
    /// The program that confines. Default `sluice-confine` beside our own binary.
    package var confine: String
    /// bubblewrap. Default `/usr/bin/bwrap`.
    package var bubblewrap: String

    package init(dataDirectory: URL) {
        self.dataDirectory = dataDirectory
        pythons = ["/usr/bin/python3"]
        downloadsPython = false
        uv = "/usr/local/bin/uv"
        inferenceServerVersion = "1.5.1"
        hostEnvironment = [:]
        preparationTimeout = .seconds(1200)
        buildLimits = Confinement.Limits(
            memoryBytes: LocalProcessConfiguration.hostMemoryBytes / 4 * 3, diskBytes: 1 << 40)
        environmentCacheLimit = 50
        artifactCacheLimit = 200
        logLimitBytes = 16 << 20
        workerLimit = 64
        socketDirectory = dataDirectory.appending(path: "run")
        controlGroup = URL(filePath: "/sys/fs/cgroup/sluice")
        isolation = .auto
        accounts = getuid() == 0 ? .standard : nil
        confine = LocalProcessConfiguration.sibling("sluice-confine")
        bubblewrap = "/usr/bin/bwrap"
    }

    private static var hostMemoryBytes: Int64 {
        let pages = Int64(clamping: sysconf(Int32(_SC_PHYS_PAGES)))
        let (bytes, overflows) = pages.multipliedReportingOverflow(by: Int64(clamping: sysconf(Int32(_SC_PAGESIZE))))
        return overflows ? 0 : bytes
    }

    private static func sibling(_ name: String) -> String {
        let own = try? FileManager.default.destinationOfSymbolicLink(atPath: "/proc/self/exe")
        return URL(filePath: own ?? "/usr/local/bin/sluice").deletingLastPathComponent().appending(path: name).path(
            percentEncoded: false)
    }

    var tools: Sandbox.Tools { Sandbox.Tools(confine: confine, bubblewrap: bubblewrap) }

    var environments: URL { dataDirectory.appending(path: "environments") }
    /// One per account that installs, so that each can write its own and no other's.
    var packageCache: URL { dataDirectory.appending(path: "packages/\(builder?.user ?? geteuid())") }
    var downloadedPythons: URL { dataDirectory.appending(path: "pythons") }
    var artifacts: URL { dataDirectory.appending(path: "artifacts") }
    var preparations: URL { dataDirectory.appending(path: "preparations") }
    var replicas: URL { dataDirectory.appending(path: "replicas") }
    var builds: URL { dataDirectory.appending(path: "builds") }
    private var packages: URL { dataDirectory.appending(path: "packages") }

    /// Room on the disk of the data directory, in bytes.
    var freeBytes: Int64 { roomOnDisk(of: dataDirectory) ?? .max }

    /// That of versions that linked files out of it; nothing that is made now does.
    var formerPackageCache: URL { dataDirectory.appending(path: "package-cache") }

    /// Foreign code has accounts of its own only where it is confined.
    var ownsAccounts: Bool { accounts != nil && isolation != .none && geteuid() == 0 }
    var builder: ChildLaunch.Account? { ownsAccounts ? accounts?.builder : nil }

    /// Lets the accounts of foreign code pass through our folders to what each of them is shown; none may list them.
    func openFolders() throws(ComputeError) {
        let passages = [dataDirectory, environments, artifacts, replicas, downloadedPythons, packages, builds]
        for folder in passages {
            try makeFolder(folder)
            let path = folder.path(percentEncoded: false)
            let mode: mode_t = ownsAccounts ? 0o711 : 0o700
            guard chmod(path, mode) == 0 else {
                throw ComputeError(.exhausted, SpawnError("open \(path)", errno: errno).description)
            }
        }
    }
}

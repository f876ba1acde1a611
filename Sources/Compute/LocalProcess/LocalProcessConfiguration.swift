package import Foundation

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

    package init(dataDirectory: URL) {
        self.dataDirectory = dataDirectory
        pythons = ["/usr/bin/python3"]
        downloadsPython = false
        uv = "/usr/local/bin/uv"
        inferenceServerVersion = "1.5.1"
        hostEnvironment = [:]
        preparationTimeout = .seconds(1200)
        environmentCacheLimit = 50
        artifactCacheLimit = 200
        logLimitBytes = 16 << 20
        workerLimit = 64
        socketDirectory = dataDirectory.appending(path: "run")
        controlGroup = URL(filePath: "/sys/fs/cgroup/sluice")
    }

    var environments: URL { dataDirectory.appending(path: "environments") }
    var packageCache: URL { dataDirectory.appending(path: "package-cache") }
    var downloadedPythons: URL { dataDirectory.appending(path: "pythons") }
    var artifacts: URL { dataDirectory.appending(path: "artifacts") }
    var preparations: URL { dataDirectory.appending(path: "preparations") }
    var replicas: URL { dataDirectory.appending(path: "replicas") }
}

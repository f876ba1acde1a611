import Compute
import Foundation
import Glibc
package import Logging
import Postgres
import ServiceLifecycle

/// PostgreSQL of our own, in the data directory: made on the first start, adopted when it runs, restarted when it ends.
///
/// It listens on a unix socket only, in a directory that only its account and root can enter, and asks for a password,
/// which lies in a file that only we can read. PostgreSQL refuses to run as root: then it runs as the `postgres` account.
package struct PrivateCluster: Service {
    package struct Failure: Error, CustomStringConvertible {
        package let description: String
    }

    private let directory: URL
    private let logFile: URL
    private let binaries: String
    private let account: ChildLaunch.Account?
    private let logger: Logger
    let password: ClusterPassword

    private static let startDeadline = Duration.seconds(60)

    package init(_ data: DataDirectory, logger: Logger) throws {
        directory = data.cluster
        logFile = data.cluster.appending(path: "server.log")
        binaries = try Self.findBinaries()
        account = try Self.findAccount()
        self.logger = logger
        password = ClusterPassword(file: data.clusterPassword)
    }

    /// The connection string for libpq. It names the file of the password, not the password.
    package var url: String {
        "host=\(Self.quoted(socketDirectory.path)) user=\(ClusterPassword.user) dbname=postgres "
            + "passfile=\(Self.quoted(password.file.path))"
    }

    private static func quoted(_ value: String) -> String {
        "'" + value.replacing("\\", with: "\\\\").replacing("'", with: "\\'") + "'"
    }

    /// Unix socket paths are short: a deep data directory gets its sockets elsewhere.
    private var socketDirectory: URL {
        let inside = directory.appending(path: "socket", directoryHint: .isDirectory)
        guard inside.path.utf8.count > 80 else { return inside }
        let digest = directory.path.utf8.reduce(UInt64(14_695_981_039_346_656_037)) {
            ($0 ^ UInt64($1)) &* 1_099_511_628_211
        }
        return URL(filePath: "/tmp/sluice-\(String(digest, radix: 36))", directoryHint: .isDirectory)
    }

    private var cluster: URL { directory.appending(path: "data", directoryHint: .isDirectory) }

    /// Whether the cluster was made before.
    package var isInitialised: Bool {
        FileManager.default.fileExists(atPath: cluster.appending(path: "PG_VERSION").path)
    }

    /// Makes the cluster if it is new and starts it if it does not run; returns when it takes connections.
    package func start() async throws {
        try prepareDirectories()
        try password.ensure()
        if !isInitialised { try await initialise() }
        let server = try runningServer() ?? launch()
        try await waitUntilReady(server)
        try await askForPassword(server)
    }

    /// Clusters of earlier versions let everybody in who reached the socket. The password is set before it is asked for, so
    /// that a crash between the two leaves a cluster that the next start brings to its end.
    private func askForPassword(_ server: ProcessIdentity) async throws {
        let rules = cluster.appending(path: "pg_hba.conf")
        guard try String(contentsOf: rules, encoding: .utf8) != ClusterPassword.rules else { return }
        let database = Database(settings: ConnectionSettings(url: url), poolSize: 1, logger: logger)
        do {
            _ = try await database.query(try password.statement())
        } catch {
            await database.close()
            throw error
        }
        await database.close()
        let draft = rules.appendingPathExtension("draft")
        try Data(ClusterPassword.rules.utf8).write(to: draft)
        if let account { _ = lchown(draft.path, account.user, account.group) }
        guard chmod(draft.path, 0o600) == 0, rename(draft.path, rules.path) == 0 else {
            throw Failure(description: "\(rules.path) can't be written: errno \(errno)")
        }
        server.signal(SIGHUP)
        logger.info("the private PostgreSQL asks for a password from now on")
    }

    /// Supervises the server until graceful shutdown; it runs on after that.
    package func run() async throws {
        await cancelWhenGracefulShutdown { await supervise() }
    }

    private func supervise() async {
        while !Task.isCancelled {
            try? await Task.sleep(for: .milliseconds(500))  // only cancellation throws, and the loop sees it
            guard !Task.isCancelled, runningServer() == nil else { continue }
            logger.warning("the private PostgreSQL ended and is started again")
            do {
                try await waitUntilReady(try launch())
            } catch {
                logger.error("the private PostgreSQL does not start", metadata: ["error": "\(error)"])
                try? await Task.sleep(for: .seconds(2))  // as above
            }
        }
    }

    /// Stops the server (fast shutdown); part of `sluice down`.
    package func stop() async {
        guard let server = runningServer() else { return }
        await ChildProcess.terminate(server, steps: [TeardownStep(SIGINT, wait: .seconds(30))])
    }

    private func prepareDirectories() throws {
        for place in [directory, socketDirectory] { try PrivateDirectory.prepare(place, owner: account) }
        if !FileManager.default.fileExists(atPath: logFile.path) {
            // Without the file the first program that logs to it says what is wrong.
            _ = FileManager.default.createFile(
                atPath: logFile.path, contents: nil, attributes: [.posixPermissions: 0o600])
        }
        if let account { try checkReachable(account) }
    }

    /// The postgres account must be able to enter every directory above its own.
    private func checkReachable(_ account: ChildLaunch.Account) throws {
        var path = directory.deletingLastPathComponent()
        while path.path != "/" {
            var status = stat()
            if stat(path.path, &status) == 0, status.st_mode & 0o001 == 0, status.st_uid != account.user {
                throw Failure(
                    description:
                        "the postgres account can't enter \(path.path); use another data.directory, or chmod o+x it")
            }
            path = path.deletingLastPathComponent()
        }
    }

    private func initialise() async throws {
        logger.info("making a private PostgreSQL cluster", metadata: ["postgres.directory": "\(cluster.path)"])
        let given = directory.appending(path: "password")
        // Only while the cluster is made: its account reads it there.
        defer { try? FileManager.default.removeItem(at: given) }
        try DataDirectory.writeSecret(Data(try password.read().utf8), to: given)
        if let account { _ = lchown(given.path, account.user, account.group) }
        let status = try await ChildProcess.run(
            launch(
                of: "initdb",
                [
                    "--pgdata", cluster.path, "--username", ClusterPassword.user, "--auth", "scram-sha-256",
                    "--pwfile", given.path, "--encoding", "UTF8", "--locale", "C.UTF-8", "--no-instructions",
                ]), until: ContinuousClock.now + Self.startDeadline)
        guard status == 0 else {
            // A half-made cluster would look like a whole one at the next start.
            try? FileManager.default.removeItem(at: cluster)
            throw Failure(description: "initdb failed; see \(logFile.path)")
        }
    }

    private func launch() throws -> ProcessIdentity {
        removeStaleRecords()
        return try ChildProcess.spawn(
            launch(
                of: "postgres",
                [
                    "-D", cluster.path, "-k", socketDirectory.path, "-c", "listen_addresses=",
                    "-c", "unix_socket_permissions=0700", "-c", "max_connections=200", "-c", "log_min_messages=warning",
                    "-c", "shared_buffers=64MB",
                ]))
    }

    /// PostgreSQL takes whoever has the id in its lock files for a living server: a dead one that nobody has reaped, or
    /// after a reboot a stranger. They go, once no process works in the cluster any more.
    private func removeStaleRecords() {
        if let identity = recordedPID().flatMap({ ProcessIdentity(pid: $0) }) { _ = ChildProcess.reap(identity) }
        // Processes that vanish while they are looked at do not count.
        let processes = (try? FileManager.default.contentsOfDirectory(atPath: "/proc")) ?? []
        let isInUse = processes.contains { name in
            guard let pid = Int32(name), ProcessIdentity(pid: pid)?.isAlive ?? false else { return false }
            return (try? FileManager.default.destinationOfSymbolicLink(atPath: "/proc/\(name)/cwd")) == cluster.path
        }
        guard !isInUse else { return }
        let socket = socketDirectory.appending(path: ".s.PGSQL.5432")
        for file in [cluster.appending(path: "postmaster.pid"), socket, URL(filePath: socket.path + ".lock")] {
            // One that is not there need not go; if it can't be removed, PostgreSQL says so in its log.
            try? FileManager.default.removeItem(at: file)
        }
    }

    private func recordedPID() -> Int32? {
        // No pid file, no server.
        let text = try? String(contentsOf: cluster.appending(path: "postmaster.pid"), encoding: .utf8)
        return text?.split(separator: "\n").first.flatMap { Int32($0) }
    }

    private func launch(of program: String, _ arguments: [String]) -> ChildLaunch {
        ChildLaunch(
            executable: "\(binaries)/\(program)", arguments: arguments,
            environment: ["PATH": "/usr/bin:/bin", "LANG": "C.UTF-8", "HOME": directory.path],
            workingDirectory: directory, logFile: logFile, account: account)
    }

    /// The server that the cluster's pid file names, if it lives.
    private func runningServer() -> ProcessIdentity? {
        guard let pid = recordedPID(), let identity = ProcessIdentity(pid: pid), identity.isAlive
        else { return nil }
        // After a reboot another process may have that id.
        let name = try? String(contentsOfFile: "/proc/\(pid)/comm", encoding: .utf8)
        return name?.hasPrefix("postgres") ?? false ? identity : nil
    }

    private func waitUntilReady(_ server: ProcessIdentity) async throws {
        let deadline = ContinuousClock.now + Self.startDeadline
        while ContinuousClock.now < deadline {
            let status = try await ChildProcess.run(
                launch(of: "pg_isready", ["--quiet", "--host", socketDirectory.path]),
                until: ContinuousClock.now + .seconds(5))
            if status == 0 { return }
            guard server.isAlive else {
                _ = ChildProcess.reap(server)
                throw Failure(description: "the private PostgreSQL ended while it started; see \(logFile.path)")
            }
            try await Task.sleep(for: .milliseconds(20))
        }
        throw Failure(description: "the private PostgreSQL does not start; see \(logFile.path)")
    }

    /// The newest installed version.
    private static func findBinaries() throws -> String {
        let root = "/usr/lib/postgresql"
        // Without the directory no server is installed.
        let versions = (try? FileManager.default.contentsOfDirectory(atPath: root)) ?? []
        let newest = versions.compactMap { Int($0) }.sorted().last {
            FileManager.default.isExecutableFile(atPath: "\(root)/\($0)/bin/postgres")
        }
        guard let newest else {
            throw Failure(
                description: "no PostgreSQL server is installed under \(root); install postgresql, or set database.url")
        }
        return "\(root)/\(newest)/bin"
    }

    private static func findAccount() throws -> ChildLaunch.Account? {
        guard getuid() == 0 else { return nil }
        guard let entry = getpwnam("postgres") else {
            throw Failure(description: "there is no postgres account to run PostgreSQL as; install postgresql")
        }
        return ChildLaunch.Account(user: entry.pointee.pw_uid, group: entry.pointee.pw_gid)
    }
}

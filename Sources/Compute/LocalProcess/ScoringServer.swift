import Foundation
import Glibc
import Resources

/// How `azureml-inference-server-http` is run for a replica.
///
/// Its own command, `azmlinfsrv`, always tells gunicorn to bind a port on all interfaces. Gunicorn takes sockets that
/// it inherits (`LISTEN_FDS`, sd_listen_fds(3)) before any bind option, so the server runs unpatched and as its makers
/// meant it, on a unix socket that only this account can reach. `server_start.py` runs the command, after it has set what
/// scoring scripts find set on Azure; of what the server imports it puts off one exporter until it is used.
struct ScoringServer: Sendable {
    let specification: ReplicaSpecification
    let environment: URL
    let modelFolder: URL?
    let folder: ReplicaFolder
    let workerLimit: Int

    /// The descriptors that the server's processes inherit.
    private static let socketDescriptor: Int32 = 3
    private static let variablesDescriptor: Int32 = socketDescriptor + 1

    /// The server's variables, as `sluice-confine` reads them.
    var environmentData: Data {
        let bin = environment.appending(path: "bin").path(percentEncoded: false)
        return Data(variables(bin: bin).map { "\($0.key)=\($0.value)\u{0}" }.joined().utf8)
    }

    /// The server in its sandbox, which notes the process id and takes over the socket for it. `variables` holds
    /// `environmentData`: programs that run before the sandbox is closed must not see what a deployment sets, for
    /// `LD_PRELOAD` would load its code into them.
    func launch(socket: Int32, variables: Int32, in sandbox: Sandbox) -> ChildLaunch {
        let bin = environment.appending(path: "bin").path(percentEncoded: false)
        var sandbox = sandbox
        sandbox.environment = ScoringServer.variablesDescriptor
        let command = sandbox.command([
            "\(bin)/python", folder.serverStart.path(percentEncoded: false), "\(bin)/azmlinfsrv",
            folder.collected.path(percentEncoded: false), "--entry_script", script,
        ])
        return ChildLaunch(
            executable: command[0], arguments: Array(command.dropFirst()), environment: ["PATH": "/usr/bin:/bin"],
            workingDirectory: folder.code, logFile: folder.serverLog.url, inheritedDescriptors: [socket, variables])
    }

    /// Weakest first: what every process has, what the server is tuned with, the deployment's own, what must hold.
    func variables(bin: String) -> [String: String] {
        var variables = [
            "PATH": "\(bin):/usr/local/bin:/usr/bin:/bin",
            "HOME": folder.home.path(percentEncoded: false),
            "TMPDIR": folder.temporary.path(percentEncoded: false),
            "LANG": "C.UTF-8",
            // As in a container, where each has its own.
            "HOSTNAME": folder.id.description,
            // Its account may have no entry in a file of names.
            "USER": "replica", "LOGNAME": "replica",
            "VIRTUAL_ENV": environment.path(percentEncoded: false),
            "PYTHONUNBUFFERED": "1",
            "WORKER_COUNT": "\(workers)",
            // Later than the router gives up, whose answer to the caller is the right one; then the worker is free again.
            "SCORING_TIMEOUT_MS": "\(specification.requestTimeoutMs + 1_000)",
        ]
        if !specification.dataCollections.isEmpty {
            variables[DataCollection.variable] = folder.collectionSettings.path(percentEncoded: false)
        }
        variables.merge(specification.environmentVariables) { $1 }
        variables["WORKER_TIMEOUT"] = "\(workerTimeoutSeconds)"
        variables["AML_APP_ROOT"] = folder.code.path(percentEncoded: false)
        variables["AZUREML_ENTRY_SCRIPT"] = script
        variables["AZUREML_MODEL_DIR"] = modelFolder?.path(percentEncoded: false)
        variables["LISTEN_FDS"] = "1"
        if let library = ExtraPackages(specification.environmentVariables).library(in: folder.code) {
            let given = specification.environmentVariables["PYTHONPATH"].map { ":\($0)" } ?? ""
            variables["PYTHONPATH"] = library + given
        }
        for name in ScoringServer.reserved { variables[name] = nil }
        variables["GUNICORN_CMD_ARGS"] = gunicornArguments(variables["GUNICORN_CMD_ARGS"] ?? "")
        return variables
    }

    /// Ours first, for the last of two equal options counts. A configuration file in the code folder is the owner's
    /// own, and gunicorn takes it when none is named.
    private func gunicornArguments(_ given: String) -> String? {
        // With it, workers would ignore the inherited socket and open a port.
        let theirs = given.contains("--reuse-port") ? "" : given
        let hasOwnFile = FileManager.default.fileExists(
            atPath: folder.code.appending(path: ServerWarmup.fileName).path(percentEncoded: false))
        let path = folder.warmup.path(percentEncoded: false).replacing("'", with: #"'"'"'"#)
        let arguments = (hasOwnFile ? [] : ["--config '\(path)'"]) + (theirs.isEmpty ? [] : [theirs])
        return arguments.isEmpty ? nil : arguments.joined(separator: " ")
    }

    /// Variables that decide where the server listens; they are not the deployment's to set.
    private static let reserved = [
        "LISTEN_PID", "LISTEN_FDNAMES", "NOTIFY_SOCKET", "GUNICORN_PID", "GUNICORN_FD", "SERVER_PORT", "HEALTH_PORT",
        "SEPERATE_HEALTH_ENDPOINT",
    ]

    /// Refuses variables that no process can have: names that are empty or hold `=`, and zero bytes.
    static func check(_ variables: [String: String]) throws(ComputeError) {
        for (name, value) in variables.sorted(by: { $0.key < $1.key }) {
            if name.isEmpty || name.contains("=") || name.utf8.contains(0) || value.utf8.contains(0) {
                throw ComputeError(
                    .unsupported,
                    "the environment variable \"\(name)\" can't be set: a name is not empty and holds no '=', and "
                        + "neither name nor value holds a zero byte")
            }
        }
    }

    /// Name of our own script in the code folder of a replica that serves an MLflow model.
    static let mlflowScript = "mlflow_score.py"

    private var script: String {
        folder.code.appending(path: specification.code?.scoringScript ?? ScoringServer.mlflowScript).path(
            percentEncoded: false)
    }

    /// One request at a time per worker process: the server's workers are synchronous, and its request timeout works
    /// in their main thread only. So a replica has as many workers as it may have requests.
    var workers: Int { min(max(1, specification.maxConcurrentRequests), workerLimit) }

    /// Gunicorn kills a worker that is silent for so long, be it importing, in `init()` or in `run()`. It must outlast
    /// the longest request and the time that probes give for starting; the server's own default is 300 s.
    private var workerTimeoutSeconds: Int {
        let readiness = specification.readinessProbe
        let startMs = readiness.initialDelayMs + readiness.periodMs * readiness.failureThreshold
        let needed = max(300, specification.requestTimeoutMs / 1000 + 30, startMs / 1000 + 30)
        return max(needed, specification.environmentVariables["WORKER_TIMEOUT"].flatMap { Int($0) } ?? 0)
    }
}

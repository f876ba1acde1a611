import Foundation
import Glibc
import Logging
import Resources

/// Runs `uv` and the host's Python to their end, each in a session of its own, killed on cancellation and timeout.
///
/// Packages may bring code that runs while they are built: what installs runs confined like a replica, under an account
/// that only builds, and sees its package cache and the environment that it makes.
struct Installer: Sendable {
    let configuration: LocalProcessConfiguration
    let isolation: IsolationProbe
    let watch = LimitWatch()

    init(configuration: LocalProcessConfiguration, isolation: IsolationProbe? = nil) {
        self.configuration = configuration
        self.isolation = isolation ?? IsolationProbe(configuration: configuration)
    }

    /// The installer's own version.
    func version() async throws(ComputeError) -> String {
        let uv = try await output(of: configuration.uv, ["--version"])
        return uv.split(separator: " ").dropFirst().first.map(String.init) ?? uv
    }

    /// Version and place of a Python: of the one behind a virtual environment or a version switcher, where it is one.
    func describe(python path: String) async throws(ComputeError) -> Interpreter {
        let script = """
            import os, platform, sys
            program = getattr(sys, "_base_executable", None) or sys.executable
            print(platform.python_version(), sys.base_prefix, os.path.realpath(program), sep="\\t")
            """
        let parts = try await output(of: path, ["-I", "-c", script]).split(separator: "\t").map(String.init)
        guard parts.count == 3 else { return Interpreter(path: path, version: parts.first ?? "") }
        return Interpreter(path: parts[2], version: parts[0], prefix: parts[1])
    }

    /// Path of a Python that was downloaded earlier; nil when there is none, for whatever reason.
    func findDownloadedPython(_ request: String) async -> String? {
        let path = try? await output(
            of: configuration.uv, ["python", "find", "--managed-python", "--no-project", request])
        return path.flatMap { $0.isEmpty ? nil : $0 }
    }

    /// Downloads a build of Python for this account alone.
    func downloadPython(_ request: String) async throws(ComputeError) {
        _ = try await output(
            of: configuration.uv, ["python", "install", "--no-bin", request],
            within: configuration.preparationTimeout)
    }

    /// Makes a virtual environment in `folder` and installs what the recipe asks for, with the output in `log`. Returns what
    /// its owner should know of it.
    ///
    /// Bytecode is compiled now: the model server then starts in 0.8 s instead of 2 s. Files are copied out of the package
    /// cache, for a link would let one environment write into all others. The installer inherits the descriptor `lock`,
    /// so that an installer which outlives a killed control plane still keeps others out.
    func install(
        _ recipe: EnvironmentRecipe, into folder: URL, log: URL, lock: Int32
    ) async throws(ComputeError) -> [String] {
        let mode = try await isolation.mode()
        let account = mode == .none ? nil : configuration.builder
        var place = BuildPlace(configuration.builds.appending(path: folder.lastPathComponent))
        try await place.prepare(
            preferring: recipe.preferences, sharing: PackageIndexSettings.discover(configuration), account)
        try makeFolder(configuration.packageCache)
        try makeFolder(folder)
        if let account {
            for own in [folder, configuration.packageCache] { try give(own.path(percentEncoded: false), to: account) }
        }
        let build = Build(
            place: place, folder: folder, interpreter: recipe.interpreter, mode: mode, account: account, log: log,
            lock: lock, deadline: ContinuousClock.now + configuration.preparationTimeout)
        try await run(
            build,
            ["venv", "--python", recipe.interpreter.path, "--no-project", build.target, "--allow-existing"],
            cache: .shared)
        let resolution = try await resolve(recipe, build)
        try await install(resolution.options, build)
        if account != nil { try await seal(folder) }
        await place.remove()
        return resolution.notes
    }

    /// Installs what was resolved: a step of its own, so that code of packages never runs where it could write what other
    /// environments are made from. It takes wheels out of the shared cache and runs nothing; only where one has to be built
    /// it is done apart.
    private func install(_ options: PipOptions, _ build: Build) async throws(ComputeError) {
        let arguments =
            [
                "pip", "install", "--python", "\(build.target)/bin/python", "--link-mode", "copy", "--compile-bytecode",
                "--no-deps", "--requirements", build.place.resolved.path(percentEncoded: false),
            ] + options.arguments
        guard build.mode != .none else { return try await run(build, arguments, cache: .shared) }
        do {
            try await run(build, arguments + ["--no-build"], cache: .shared)
        } catch {
            // What is not in the shared cache can't be had without a network.
            guard error.code == .environmentBuildFailed, !build.place.isOffline, ContinuousClock.now < build.deadline
            else { throw error }
            try await run(build, arguments, cache: .own)
        }
    }

    /// What the steps of one build have in common.
    struct Build {
        var place: BuildPlace
        var folder: URL
        var interpreter: Interpreter
        var mode: IsolationMode
        var account: ChildLaunch.Account?
        var log: URL
        var lock: Int32
        var deadline: ContinuousClock.Instant

        var target: String { folder.path(percentEncoded: false) }
    }

    enum Cache {
        /// That of all environments.
        case shared
        /// This build's alone.
        case own
    }

    /// Runs uv, or another program, confined as the build is.
    func run(
        _ build: Build, _ arguments: [String], cache: Cache, program: String? = nil
    ) async throws(ComputeError) {
        let place = build.place
        let packages = cache == .shared ? configuration.packageCache : place.packages
        let limits = configuration.buildLimits.within(disk: configuration.freeBytes)
        let writable = [build.folder, place.url] + (cache == .shared ? [packages] : [])
        let sandbox = Sandbox(
            mode: build.mode, tools: configuration.tools, layout: isolation.layout, account: build.account,
            confinement: Confinement(limits: limits),
            readable: [configuration.uv, place.inputs.path(percentEncoded: false)] + build.interpreter.folders
                + place.readable,
            writable: writable.map { $0.path(percentEncoded: false) },
            identities: place.identities.path(percentEncoded: false),
            temporary: place.url.path.hasPrefix("/tmp/") ? nil : place.temporary.path(percentEncoded: false),
            workingDirectory: place.url.path(percentEncoded: false))
        var variables = place.variables(build.mode)
        variables["UV_CACHE_DIR"] = packages.path(percentEncoded: false)
        let name = "build-\(place.url.lastPathComponent)"
        let folders = WatchedFolders(name: name, own: [build.folder, place.url], notes: configuration.builds)
        defer { watch.forget(name) }
        try await run(
            program ?? configuration.uv, arguments, build.log, build.deadline, build.lock, sandbox: sandbox,
            variables: variables
        ) { process in
            guard build.mode != .none, let excess = await watch.excess(of: process, limits, in: folders) else { return }
            throw ComputeError(
                .environmentBuildFailed, "The build was ended: \(excess).", log: LogFile(url: build.log).tail(50))
        }
    }

    /// Takes an environment from the account that built it: from now on it is ours to write, and the replicas' to read.
    private func seal(_ folder: URL) async throws(ComputeError) {
        let path = folder.path(percentEncoded: false)
        let group = configuration.accounts?.group ?? getegid()
        let steps = [["/bin/chown", "-hR", "0:\(group)", path], ["/bin/chmod", "-R", "u=rwX,g=rX,o=", path]]
        for step in steps {
            let launch = ChildLaunch(
                executable: step[0], arguments: Array(step.dropFirst()), environment: ["PATH": "/usr/bin:/bin"],
                workingDirectory: configuration.environments, logFile: URL(filePath: "/dev/null"))
            let status = try? await ChildProcess.run(launch, until: .now + .seconds(300))  // nil: refused below
            guard status == 0 else {
                throw ComputeError(.exhausted, "the built environment could not be taken over")
            }
        }
    }

    private func output(
        of program: String, _ arguments: [String], within limit: Duration = .seconds(60)
    ) async throws(ComputeError) -> String {
        try makeFolder(configuration.environments)
        let file = configuration.environments.appending(path: "\(UUID().uuidString).log")
        // An absent or leftover scratch file harms nobody.
        defer { try? FileManager.default.removeItem(at: file) }
        try await run(program, arguments, file, ContinuousClock.now + limit)
        let text = (try? String(contentsOf: file, encoding: .utf8)) ?? ""
        // Warnings come before the response.
        return text.split(whereSeparator: \.isNewline).last.map(String.init) ?? ""
    }

    private func run(
        _ program: String, _ arguments: [String], _ log: URL, _ deadline: ContinuousClock.Instant,
        _ lock: Int32? = nil, sandbox: Sandbox? = nil, variables: [String: String] = [:],
        checking check: ((ProcessIdentity) async throws -> Void)? = nil
    ) async throws(ComputeError) {
        let command = sandbox?.command([program] + arguments) ?? [program] + arguments
        let launch = ChildLaunch(
            executable: command[0], arguments: Array(command.dropFirst()),
            environment: environment.merging(variables) { $1 }, workingDirectory: configuration.environments,
            logFile: log,
            inheritedDescriptors: lock.map { [$0] } ?? [])
        let name = URL(filePath: program).lastPathComponent
        let status: Int32?
        do {
            status = try await ChildProcess.run(launch, until: deadline, checking: check)
        } catch let error as ComputeError {
            throw error
        } catch let error as SpawnError {
            throw ComputeError(error.isExhaustion ? .exhausted : .environmentBuildFailed, error.description)
        } catch is CancellationError {
            throw .cancelled
        } catch {
            throw failure("\(name) did not finish within \(configuration.preparationTimeout.components.seconds) s", log)
        }
        if status != 0 { throw failure("\(name) \(arguments[0]) failed with status \(status ?? -1)", log) }
    }

    private func failure(_ message: String, _ log: URL) -> ComputeError {
        ComputeError(.environmentBuildFailed, message, log: LogFile(url: log).tail(50))
    }

    private var environment: [String: String] {
        var variables = [
            "PATH": "/usr/local/bin:/usr/bin:/bin", "LANG": "C.UTF-8",
            "HOME": configuration.dataDirectory.path(percentEncoded: false),
        ]
        variables.merge(PackageIndexSettings.discover(configuration).variables) { $1 }
        variables["UV_CACHE_DIR"] = configuration.packageCache.path(percentEncoded: false)
        // Only when told to, by `python install`.
        variables["UV_PYTHON_DOWNLOADS"] = "manual"
        variables["UV_PYTHON_INSTALL_DIR"] = configuration.downloadedPythons.path(percentEncoded: false)
        variables["NO_COLOR"] = "1"
        return variables
    }
}

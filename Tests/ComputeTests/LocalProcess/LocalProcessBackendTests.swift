import AsyncHTTPClient
import Foundation
import Glibc
import NIOCore
import NIOHTTP1
import Resources
import Testing

@testable import Compute

/// With real model servers in real environments.
@Suite(.timeLimit(.minutes(5)))
struct LocalProcessBackendTests {
    @Test func `serves the iris example over a unix socket`() async throws {
        let example = iris
        try await withTemporaryFolder { folder in
            let store = folder.appending(path: "store")
            try FileManager.default.createDirectory(at: store, withIntermediateDirectories: true)
            try FileManager.default.copyItem(at: example.appending(path: "code"), to: store.appending(path: "code"))
            try FileManager.default.copyItem(
                at: example.appending(path: "model/iris.joblib"), to: store.appending(path: "iris.joblib"))
            let backend = try await TestHost.backend(store: folder)
            let model = ModelSpecification(
                name: "iris", version: "1", kind: .custom,
                artifact: ArtifactReference(container: "store", path: "iris.joblib"))
            var specification = TestHost.specification(
                model: model, conda: try example.appending(path: "conda.yml").text)
            specification.endpoint = folder.lastPathComponent
            try await withReplica(backend, specification) { handle in
                #expect(handle.address.hasPrefix("unix:"))
                let request = try example.appending(path: "request.json").text
                let answer = try await score(handle, request)
                #expect(answer.status == 200)
                #expect(answer.body.contains(#""species":"#) && answer.body.contains("virginica"), "\(answer.body)")
                let log = await backend.logs(of: handle.id, .inferenceServer, tail: 100)
                #expect(log.contains("loaded iris.joblib"))
                let storage = await backend.logs(of: handle.id, .storageInitializer, tail: 100)
                #expect(storage.contains("model iris:1 (1 file, 2 KB)"), "\(storage)")
            }
        }
    }

    @Test func `a replica sees what it needs and nothing of ours, and opens no port`() async throws {
        let script = """
            import os, psutil, shutil, subprocess, sys
            def init(): print("hello from init")
            def run(data):
                server = [psutil.Process(os.getpid()), psutil.Process(os.getppid())]
                own = subprocess.run([sys.executable, "-m", "pip", "--version"], capture_output=True, text=True)
                return {"env": dict(os.environ), "cwd": os.getcwd(), "pip": shutil.which("pip"), "module": own.stdout,
                        "ports": sum(len(p.net_connections("inet")) for p in server)}
            """
        // No shell stands between: a shell would lose the first two and change the others.
        let odd = [
            "feature-flag": "on", "spring.datasource.url": "x", "IFS": ":", "PWD": "/given", "PS1": "$", "OPTIND": "7",
            "1": "one", "a b": " c\nd ", "LD_LIBRARY_PATH": "/nowhere",
        ]
        let variables = odd.merging([
            "COLOUR": "blue", "SERVER_PORT": "8080", "AZUREML_MODEL_DIR": "/etc", "LISTEN_FDS": "7",
        ]) { $1 }
        setenv("SLUICE_TEST_SECRET", "hidden", 1)
        try await withScript(script, variables: variables) { backend, specification in
            try await withReplica(backend, specification) { handle in
                let answer = try JSONDecoder().decode(Seen.self, from: Data(try await score(handle, "{}").body.utf8))
                for (name, value) in odd { #expect(answer.env[name] == value) }
                // bubblewrap, which runs outside of what it makes, has none of them: some would load code into it.
                let outside = try String(
                    contentsOfFile: "/proc/\(backend.process(of: handle).pid)/environ", encoding: .utf8)
                #expect(outside == "PATH=/usr/bin:/bin\0" || outside.contains("AML_APP_ROOT"))
                if try await backend.findIsolation().mode == .namespaces { #expect(!outside.contains("AML_APP_ROOT")) }
                let environment = try #require(answer.env["VIRTUAL_ENV"])
                #expect(answer.pip == "\(environment)/bin/pip" && answer.module.contains(" from \(environment)/"))
                #expect(answer.env["COLOUR"] == "blue" && answer.env["SLUICE_TEST_SECRET"] == nil)
                #expect(answer.env["AZUREML_MODEL_DIR"] == nil && answer.env["SERVER_PORT"] != "8080")
                #expect(answer.env["AML_APP_ROOT"] == answer.cwd)
                #expect(answer.ports == 0)
                let log = await backend.logs(of: handle.id, .inferenceServer, tail: 1000)
                #expect(log.contains("azmlinfsrv.print - hello from init"))
                #expect(await backend.logs(of: handle.id, .inferenceServer, tail: 2).split(separator: "\n").count == 2)
                let storage = await backend.logs(of: handle.id, .storageInitializer, tail: 100)
                #expect(storage.contains(" code (1 file, ") && storage.contains("environment env:1"), "\(storage)")
            }
        }
    }

    private struct Seen: Decodable {
        var env: [String: String]
        var cwd: String
        var pip: String?
        var module: String
        var ports: Int
    }

    @Test func `as many requests run at once as the deployment allows, and a stop lets them end`() async throws {
        let script = """
            import time
            def init(): pass
            def run(data):
                print("begin")
                time.sleep(1.5)
                return "done"
            """
        try await withScript(script, concurrency: 3) { backend, specification in
            try await withReplica(backend, specification) { handle in
                try await withThrowingTaskGroup(of: UInt.self) { group in
                    for _ in 0..<3 { group.addTask { try await score(handle, "{}").status } }
                    try await eventually("three at once") {
                        let log = await backend.logs(of: handle.id, .inferenceServer, tail: 1000)
                        return log.components(separatedBy: "print - begin").count == 4 && !log.contains("POST /score")
                    }
                    await backend.stop(handle.id, grace: .seconds(10))
                    for try await status in group { #expect(status == 200) }
                }
                #expect(await backend.observe(handle) == .exited(status: 0))
            }
        }
    }

    @Test func `a script that raises in init ends the replica, and the log explains it`() async throws {
        let script = "def init():\n    raise ValueError('no weights')\ndef run(data): return 1\n"
        try await withScript(script) { backend, specification in
            try await backend.prepare(specification) { _ in }
            let handle = try await backend.start(ReplicaID(), specification)
            try await eventually("exited") { await backend.observe(handle) != .running }
            #expect(await backend.observe(handle) == .exited(status: 3))
            let failure = StartFailure.explain(log: await backend.logs(of: handle.id, .inferenceServer, tail: 200))
            #expect(failure?.code == .initFailed && failure?.summary == "ValueError: no weights")
            // Tried again, it would end with the probe's time instead.
            guard case .failure(let reason) = await backend.probe(handle, .readiness, specification) else {
                Issue.record("a dead replica is ready")
                return
            }
            #expect(reason.contains("refused"), "\(reason)")
            await backend.stop(handle.id, grace: .seconds(1))
            await backend.discard(handle.id)
        }
    }

    @Test func `a crash is observed, and another control plane knows the replica`() async throws {
        let script = "def init(): pass\ndef run(data): return 1\n"
        try await withScript(script) { backend, specification in
            try await withReplica(backend, specification) { handle in
                let other = try await TestHost.backend(store: URL(filePath: "/nowhere"))
                #expect(await other.observe(handle) == .running)
                #expect(try await other.start(handle.id, specification) == handle)
                #expect(await other.list()[handle.id] == FoundReplica(life: 1, address: handle.place, isRunning: true))
                #expect(await other.observe(ReplicaKey(handle.id, life: 2)) != .running, "another life")
                async let end = backend.untilEnded(handle)
                #expect(kill(backend.process(of: handle).pid, SIGKILL) == 0)
                #expect(await end == .exited(status: 137))
                #expect(await backend.observe(handle) == .exited(status: 137))
                #expect(await other.observe(handle) == .exited(status: 137))
                // The worker, orphaned now, must go as well; withReplica stops and looks.
            }
        }
    }

    @Test func `replicas are ready within three seconds of their start`() async throws {
        guard ProcessInfo.processInfo.environment["SLUICE_MEASURE"] != nil else { return }
        let script = "def init(): pass\ndef run(data): return 1\n"
        for workers in [1, 1, 1, 4, 8] {
            try await withScript(script, concurrency: workers) { backend, specification in
                try await backend.prepare(specification) { _ in }
                let begin = ContinuousClock.now
                let handle = try await backend.start(ReplicaID(), specification)
                let started = begin.duration(to: .now)
                try await eventually("ready") { await backend.probe(handle, .readiness, specification) == .success }
                _ = try await score(handle, "{}")
                let scored = begin.duration(to: .now)
                print("\(workers) workers: start returned after \(started), first score after \(scored)")
                let stop = ContinuousClock.now
                await backend.stop(handle.id, grace: .seconds(5))
                print("stopped in \(stop.duration(to: .now))")
                await backend.discard(handle.id)
            }
        }
    }

    @Test func `an interrupted start is taken up instead of repeated`() async throws {
        let script = "def init(): pass\ndef run(data): return 1\n"
        try await withScript(script) { backend, specification in
            try await withReplica(backend, specification) { handle in
                let folder = ReplicaFolder(handle.id, in: backend.configuration)
                try FileManager.default.removeItem(at: folder.url.appending(path: "handle.json"))
                #expect(try await backend.start(handle.id, specification) == handle)
            }
        }
    }

    @Test func `the next life has another address, and nothing is left of the last`() async throws {
        let script = "def init(): pass\ndef run(data): return 1\n"
        try await withScript(script) { backend, specification in
            try await withReplica(backend, specification) { first in
                let process = backend.process(of: first)
                let second = try await backend.start(first.id, specification, life: 2)
                #expect(second.address != first.address && ProcessTree.members(of: process).isEmpty)
                #expect(await backend.observe(first) != .running)
                #expect(await backend.list()[first.id]?.life == 2)
                try await eventually(within: .seconds(90), "ready") {
                    await backend.probe(second, .readiness, specification) == .success
                }
            }
        }
    }

    @Test func `an environment with a package that does not exist fails with the installer's words`() async throws {
        let conda = "dependencies: [{pip: [sluice-no-such-package-anywhere==1.0]}]"
        try await withScript("def init(): pass", conda: conda) { backend, specification in
            let error = await #expect(throws: ComputeError.self) { try await backend.prepare(specification) { _ in } }
            #expect(error?.code == .environmentBuildFailed)
            #expect(error?.log.contains("sluice-no-such-package-anywhere") == true, "\(error?.log ?? "")")
        }
    }

    @Test func `a missing script is told before anything starts`() async throws {
        try await withScript("def init(): pass") { backend, specification in
            var specification = specification
            specification.code?.scoringScript = "other.py"
            let error = await #expect(throws: ComputeError.self) { try await backend.prepare(specification) { _ in } }
            #expect(error?.code == .artifactMissing && error?.message.contains("other.py") == true)
        }
    }

    func withScript(
        _ script: String, conda: String = "dependencies: [python>=3.9, pip]", variables: [String: String] = [:],
        concurrency: Int = 1, files: [String: String] = [:],
        _ body: (LocalProcessBackend, ReplicaSpecification) async throws -> Void
    ) async throws {
        try await withTemporaryFolder { folder in
            // Artifacts are known by their reference, and the data directory is shared: a place of its own for each.
            let code = "code-\(UUID().uuidString)"
            try folder.appending(components: "store", code, "score.py").write(script)
            for (name, text) in files { try folder.appending(components: "store", code, name).write(text) }
            let specification = TestHost.specification(
                code: code, conda: conda, variables: variables, concurrency: concurrency)
            try await body(try await TestHost.backend(store: folder), specification)
        }
    }

    private var iris: URL {
        URL(filePath: #filePath).resolvingSymlinksInPath().deletingLastPathComponent()
            .appending(path: "../../../examples/iris").standardizedFileURL
    }
}

/// Prepares, starts and waits for a replica; stops and discards it, and sees that nothing of it is left.
func withReplica(
    _ backend: LocalProcessBackend, _ specification: ReplicaSpecification,
    _ body: (StartedReplica) async throws -> Void
) async throws {
    try await backend.prepare(specification) { _ in }
    let handle = try await backend.start(ReplicaID(), specification)
    let process = backend.process(of: handle)
    do {
        // The first import from a fresh environment takes its time where other environments are built meanwhile.
        try await eventually(within: .seconds(90), "ready") {
            await backend.probe(handle, .readiness, specification) == .success
        }
        try await body(handle)
    } catch {
        await backend.stop(handle.id, grace: .seconds(1))
        throw error
    }
    await backend.stop(handle.id, grace: .seconds(5))
    #expect(ProcessTree.members(of: process).isEmpty)
    await backend.discard(handle.id)
    #expect(await backend.logs(of: handle.id, .inferenceServer, tail: 1).isEmpty)
}

/// One scoring request.
func score(_ handle: StartedReplica, _ body: String) async throws -> (status: UInt, body: String) {
    let url = try #require(HealthProbe.url(handle.address, path: handle.scoringPath))
    var request = HTTPClientRequest(url: url)
    request.method = .POST
    request.headers.add(name: "Content-Type", value: "application/json")
    request.body = .bytes(ByteBuffer(string: body))
    let response = try await HTTPClient.shared.execute(request, timeout: .seconds(20))
    return (response.status.code, String(buffer: try await response.body.collect(upTo: 1 << 20)))
}

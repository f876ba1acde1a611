import Foundation
import Glibc
import Resources
import Testing

@testable import Compute

extension ConfinedReplicaTests {
    /// A replica that uses more than it may is ended alone, and says why.
    @Suite(.serialized, .timeLimit(.minutes(3))) struct LimitTests {
        private static let script = """
            import os, threading, time

            def init(): pass

            def run(data):
                kind = data.strip('"')
                if kind == "memory":
                    hog = []
                    while True: hog.append(bytearray(16 << 20))
                if kind == "memfd":
                    for number in range(1000):
                        keep.append(os.memfd_create("hog"))
                        for _ in range(16): os.write(keep[-1], bytes(1 << 20))
                        time.sleep(0.05)
                if kind == "disk":
                    with open(os.environ["HOME"] + "/big", "wb") as file:
                        while True: file.write(bytes(1 << 20)); time.sleep(0.005)
                if kind == "parts":
                    for number in range(1000):
                        with open(os.environ["TMPDIR"] + "/part%d" % number, "wb") as file: file.write(bytes(1 << 20))
                        time.sleep(0.005)
                if kind == "unlinked":
                    file = open(os.environ["HOME"] + "/gone", "w+b")
                    os.unlink(file.name)
                    for _ in range(1000):
                        other = open(os.environ["HOME"] + "/gone", "w+b"); os.unlink(other.name)
                        other.write(bytes(1 << 20)); other.flush(); keep.append(other); time.sleep(0.005)
                if kind == "forks":
                    while True:
                        try:
                            if os.fork() == 0: time.sleep(1000)
                        except OSError: time.sleep(0.1)
                if kind == "files":
                    try:
                        while True: keep.append(open("/dev/null"))
                    except OSError as error:
                        keep.clear()
                        return os.strerror(error.errno)
                return "ok"

            keep = []
            """

        private static let limits = Confinement.Limits(
            memoryBytes: 400 << 20, processes: 60, openFiles: 200, diskBytes: 64 << 20)

        @Test(arguments: [
            ("memory", "iB of memory, its limit is 400 MiB"), ("memfd", "iB of memory, its limit is 400 MiB"),
            ("parts", "MiB of disk, its limit is 64 MiB"),
            ("unlinked", "MiB of disk, its limit is 64 MiB"), ("forks", "processes and threads, its limit is 60"),
        ])
        func `what uses too much is ended alone with the cause`(kind: String, cause: String) async throws {
            try await withTwo { backend, hog, neighbour in
                let process = backend.process(of: hog)
                async let asked: Void = ask(hog, kind)
                let end = await backend.untilEnded(hog)
                _ = try await asked
                guard case .exited(_, let reported?) = end else {
                    Issue.record("\(kind): \(end)")
                    return
                }
                #expect(reported.hasPrefix("The replica was ended: ") && reported.contains(cause), "\(reported)")
                #expect(ProcessTree.members(of: process).isEmpty)
                #expect(try await score(neighbour, #""nothing""#).body.contains("ok"))
            }
        }

        @Test func `a single file and open files meet their limit in the replica itself`() async throws {
            try await withTwo { backend, hog, _ in
                #expect(try await score(hog, #""files""#).body.contains("Too many open files"))
                let large = try await score(hog, #""disk""#)
                #expect(large.status == 500)
                #expect(await backend.logs(of: hog.id, .inferenceServer, tail: 100).contains("File too large"))
                #expect(try await score(hog, #""nothing""#).body.contains("ok"))
            }
        }

        /// The connection breaks when the replica is ended.
        private func ask(_ handle: StartedReplica, _ kind: String) async throws {
            _ = try? await score(handle, "\"\(kind)\"")
        }

        private func withTwo(
            _ body: (LocalProcessBackend, StartedReplica, StartedReplica) async throws -> Void
        ) async throws {
            let installation = try await HostileInstallation { _ in }
            let code = "code-\(UUID().uuidString)"
            try installation.store.appending(components: "store", code, "score.py").write(Self.script)
            var specification = TestHost.specification(code: code)
            specification.requestTimeoutMs = 60_000
            specification.confinement.limits = Self.limits
            let backend = installation.backend
            try await withReplica(backend, specification) { neighbour in
                try await withReplica(backend, specification) { hog in try await body(backend, hog, neighbour) }
            }
        }
    }
}

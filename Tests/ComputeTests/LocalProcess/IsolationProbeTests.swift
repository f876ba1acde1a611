import Foundation
import Glibc
import Logging
import Resources
import Testing

@testable import Compute

/// What is found on a host that lacks something.
@Suite(.timeLimit(.minutes(1))) struct IsolationProbeTests {
    private func finding(
        in folder: URL, _ change: (inout LocalProcessConfiguration) -> Void
    ) async throws -> IsolationFinding {
        var configuration = LocalProcessConfiguration(dataDirectory: folder.appending(path: "data"))
        change(&configuration)
        return try await IsolationProbe(configuration: configuration).look()
    }

    @Test func `the best that the host allows is taken`() async throws {
        try await withTemporaryFolder { folder in
            let finding = try await finding(in: folder) { _ in }
            #expect(finding == IsolationFinding(mode: .namespaces, reason: ""))
            let none = try await self.finding(in: folder) { $0.isolation = .none }
            #expect(none.mode == IsolationMode.none && none.reason == "compute.isolation is none")
        }
    }

    @Test func `without namespaces it is Landlock, with the reason`() async throws {
        try await withTemporaryFolder { folder in
            let absent = try await finding(in: folder) { $0.bubblewrap = "/no/bwrap" }
            #expect(absent == IsolationFinding(mode: .landlock, reason: "namespaces: bubblewrap is not installed"))
            // A bubblewrap that is refused what it needs says so.
            let refused = folder.appending(path: "bwrap")
            try refused.write("#!/bin/sh\necho 'bwrap: No permissions to create new namespace' >&2\nexit 1\n")
            try FileManager.default.setAttributes([.posixPermissions: 0o755], ofItemAtPath: refused.path)
            let finding = try await finding(in: folder) { $0.bubblewrap = refused.path }
            #expect(finding.mode == .landlock && finding.reason.hasSuffix("No permissions to create new namespace"))
        }
    }

    @Test func `where nothing confines nothing is started, and the error names reason and setting`() async throws {
        try await withTemporaryFolder { folder in
            var configuration = LocalProcessConfiguration(dataDirectory: folder.appending(path: "data"))
            configuration.confine = "/no/sluice-confine"
            configuration.controlGroup = nil
            let backend = LocalProcessBackend(
                configuration: configuration, logger: Logger(label: "test") { _ in SwiftLogNoOpLogHandler() },
                fetch: { _, _ in .folder })
            let specification = TestHost.specification()
            // Before the first look nobody knows.
            try backend.check(specification)
            let errors = [
                await #expect(throws: ComputeError.self) { try await backend.prepare(specification) { _ in } },
                await #expect(throws: ComputeError.self) { try await backend.start(ReplicaID(), specification) },
                #expect(throws: ComputeError.self) { try backend.check(specification) },
            ]
            for error in errors {
                #expect(error?.code == .unsupported)
                #expect(error?.message.contains("/no/sluice-confine is not there") == true)
                #expect(error?.message.contains("compute.isolation") == true)
            }
        }
    }

    @Test(.enabled(if: geteuid() == 0)) func `a data directory that the accounts can't enter is named as the reason`()
        async throws
    {
        try await withTemporaryFolder { folder in
            let closed = folder.appending(path: "closed")
            try FileManager.default.createDirectory(
                at: closed, withIntermediateDirectories: false, attributes: [.posixPermissions: 0o700])
            let finding = try await finding(in: closed) { _ in }
            #expect(finding.mode == nil && finding.reason.contains("Permission denied"), "\(finding.reason)")
        }
    }

    @Test func `a replica without a network needs namespaces`() async throws {
        try await withTemporaryFolder { folder in
            var configuration = LocalProcessConfiguration(dataDirectory: folder.appending(path: "data"))
            configuration.isolation = .landlock
            configuration.controlGroup = nil
            let backend = LocalProcessBackend(
                configuration: configuration, logger: Logger(label: "test") { _ in SwiftLogNoOpLogHandler() },
                fetch: { _, _ in .folder })
            _ = try await backend.findIsolation()
            var specification = TestHost.specification()
            try backend.check(specification)
            specification.confinement.network = .none
            let error = #expect(throws: ComputeError.self) { try backend.check(specification) }
            #expect(error?.message.contains("needs namespaces") == true)
        }
    }
}

import Foundation
import Glibc
import Resources
import Synchronization

/// Finds out, by trying it once, how foreign code can be confined on this host.
final class IsolationProbe: Sendable {
    private let configuration: LocalProcessConfiguration
    /// What of this host is shown; looked up once.
    let layout = SystemLayout.discover()
    private let tries = SingleFlight()
    private let found = Mutex<IsolationFinding?>(nil)

    init(configuration: LocalProcessConfiguration) {
        self.configuration = configuration
    }

    /// What was found; nil before the first look.
    var finding: IsolationFinding? { found.withLock { $0 } }

    /// Looks at the first call; all later ones return the same.
    func look() async throws(ComputeError) -> IsolationFinding {
        if let finding { return finding }
        try await tries.run("probe") { () async throws(ComputeError) in
            if finding != nil { return }
            let result = try await attempt()
            found.withLock { $0 = result }
        }
        return finding ?? IsolationFinding(mode: nil, reason: "the look at this host was interrupted")
    }

    /// The mode to use; throws where there is none.
    func mode() async throws(ComputeError) -> IsolationMode {
        let finding = try await look()
        guard let mode = finding.mode else { throw IsolationProbe.refusal(finding) }
        return mode
    }

    static func refusal(_ finding: IsolationFinding) -> ComputeError {
        ComputeError(
            .unsupported,
            "replicas can't be confined on this host (\(finding.reason)); mend that, or set compute.isolation to none to "
                + "let scoring scripts do whatever the account of Sluice may")
    }

    private func attempt() async throws(ComputeError) -> IsolationFinding {
        guard FileManager.default.isExecutableFile(atPath: configuration.confine) else {
            return IsolationFinding(mode: nil, reason: "\(configuration.confine) is not there")
        }
        var reasons: [String] = []
        for mode in configuration.isolation.candidates {
            if mode == .none { return IsolationFinding(mode: mode, reason: "compute.isolation is none") }
            if mode == .namespaces, !FileManager.default.isExecutableFile(atPath: configuration.bubblewrap) {
                reasons.append("namespaces: bubblewrap is not installed")
                continue
            }
            if let problem = try await problem(of: mode) {
                reasons.append("\(mode.rawValue): \(problem)")
            } else {
                return IsolationFinding(mode: mode, reason: reasons.joined(separator: "; "))
            }
        }
        return IsolationFinding(mode: nil, reason: reasons.joined(separator: "; "))
    }

    /// Runs a program that does nothing under the account that replicas have, where they lie.
    private func problem(of mode: IsolationMode) async throws(ComputeError) -> String? {
        for folder in [configuration.dataDirectory, configuration.environments] { try makeFolder(folder) }
        try configuration.openFolders()
        let log = configuration.dataDirectory.appending(path: "isolation-\(UUID().uuidString).log")
        // A leftover scratch file harms nobody.
        defer { try? FileManager.default.removeItem(at: log) }
        let sandbox = Sandbox(
            mode: mode, tools: configuration.tools, layout: layout, account: configuration.accounts?.probe,
            // As its own folder, for what is only to be read may be absent with Landlock.
            confinement: Confinement(), writable: [configuration.environments.path(percentEncoded: false)],
            workingDirectory: "/")
        let command = sandbox.command(["/bin/true"])
        let launch = ChildLaunch(
            executable: command[0], arguments: Array(command.dropFirst()), environment: ["PATH": "/usr/bin:/bin"],
            workingDirectory: URL(filePath: "/"), logFile: log)
        do {
            if try await ChildProcess.run(launch, until: .now + .seconds(20)) == 0 { return nil }
            let words = LogFile(url: log).tail(1)
            return words.isEmpty ? "refused without a reason" : words
        } catch let error as SpawnError {
            return error.description
        } catch is CancellationError {
            throw .cancelled
        } catch {
            return "no end within 20 s"
        }
    }
}

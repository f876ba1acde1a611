import Foundation
import Glibc
import Synchronization

/// A Python on this host.
struct Interpreter: Sendable, Hashable {
    var path: String
    /// Such as `3.11.2`.
    var version: String
    /// Where it was installed to, with its standard library; nil where that is not known.
    var prefix: String?

    /// What has to be seen for it to run.
    var folders: [String] {
        [prefix, URL(filePath: path).deletingLastPathComponent().path(percentEncoded: false)].compactMap { folder in
            folder.map { $0.count > 1 && $0.hasSuffix("/") ? String($0.dropLast()) : $0 }
        }.filter { $0 != "/" }
    }
}

/// Finds a Python for what an environment asks: the first of the host's that will do, else one that the installer
/// downloads, where it may.
final class Interpreters: Sendable {
    private let configuration: LocalProcessConfiguration
    private let installer: Installer
    /// By path: what runs there. Every deployment asks for it, twice for each replica.
    private let known = Mutex<[String: Interpreter]>([:])
    /// By path: why it can't be used, and when that was found out.
    private let refused = Mutex<[String: (error: ComputeError, at: ContinuousClock.Instant)]>([:])
    /// How long a Python that could not be used is not tried again.
    private static let refusalPace = Duration.seconds(60)
    private let downloads = SingleFlight()

    init(configuration: LocalProcessConfiguration, installer: Installer) {
        (self.configuration, self.installer) = (configuration, installer)
    }

    /// `label` names who asks, in the error.
    func find(_ constraint: VersionConstraint, for label: String) async throws(ComputeError) -> Interpreter {
        var present: [String] = []
        var obstacle: ComputeError?
        for path in configuration.pythons {
            let found: Interpreter
            do throws(ComputeError) {
                found = try await interpreter(path)
            } catch {
                if error == .cancelled { throw error }
                // That of the first says most: the others were only found lying about.
                obstacle = obstacle ?? error
                continue
            }
            if constraint.admitsPython(found.version) { return found }
            if !present.contains(found.version) { present.append(found.version) }
        }
        if present.isEmpty, let obstacle { throw obstacle }
        let refusal = "\(label) asks for python\(constraint); this host has Python \(present.joined(separator: ", "))"
        guard configuration.downloadsPython else {
            throw ComputeError(.environmentBuildFailed, "\(refusal), and may not download another")
        }
        do throws(ComputeError) {
            return try await download(constraint)
        } catch {
            if error == .cancelled { throw error }
            throw ComputeError(
                .environmentBuildFailed,
                "\(refusal), and another could not be downloaded; install one and name it in the setting compute.python",
                log: error.log)
        }
    }

    private func interpreter(_ path: String) async throws(ComputeError) -> Interpreter {
        if let found = known.withLock({ $0[path] }) { return found }
        if let refusal = refused.withLock({ $0[path] }), refusal.at.duration(to: .now) < Self.refusalPace {
            throw refusal.error
        }
        do throws(ComputeError) {
            let found = try await look(path)
            known.withLock { $0[path] = found }
            return found
        } catch {
            if error != .cancelled { refused.withLock { $0[path] = (error, .now) } }
            throw error
        }
    }

    private func look(_ path: String) async throws(ComputeError) -> Interpreter {
        let found = try await installer.describe(python: path)
        if configuration.ownsAccounts, let obstacle = found.folders.lazy.compactMap(Self.obstacle).first {
            throw ComputeError(
                .environmentBuildFailed,
                "the Python \(path) can't be used: the accounts of replicas can't enter \(obstacle); name another one in "
                    + "the setting compute.python")
        }
        return found
    }

    /// The first folder above a path that other accounts can't enter.
    private static func obstacle(_ path: String) -> String? {
        var folder = URL(filePath: path)
        while folder.path != "/" {
            var status = stat()
            if stat(folder.path, &status) == 0, status.st_mode & 0o001 == 0 { return folder.path }
            folder = folder.deletingLastPathComponent()
        }
        return nil
    }

    private func download(_ constraint: VersionConstraint) async throws(ComputeError) -> Interpreter {
        let request = constraint.pythonRequest
        if let path = await installer.findDownloadedPython(request) { return try await interpreter(path) }
        try await downloads.run(request) { () async throws(ComputeError) in
            try await installer.downloadPython(request)
        }
        guard let path = await installer.findDownloadedPython(request) else {
            throw ComputeError(.environmentBuildFailed, "Python \(request) is not there after its download")
        }
        return try await interpreter(path)
    }
}

extension VersionConstraint {
    func admitsPython(_ version: String) -> Bool {
        admitsPython(version.split(separator: ".").compactMap { Int($0) })
    }

    /// The constraint for an installer: a pinned patch level is not insisted on.
    fileprivate var pythonRequest: String {
        clauses.map { clause in
            guard clause.relation == .equal else { return clause.relation.rawValue + clause.version }
            let minor = clause.version.split(separator: ".").prefix { $0 != "*" }.prefix(2).joined(separator: ".")
            return "==\(minor).*"
        }.joined(separator: ",")
    }
}

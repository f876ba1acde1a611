import Foundation
import Resources
import Store
import Synchronization
import Templates

/// A deployment that is carried out, the root or one nested in it: what it makes, without what it has done.
struct DeploymentRun: Sendable {
    var deployment: TemplateDeployment
    var origin: DeploymentOrigin
    /// Documents behind links, by address.
    var linked: [String: JSONValue]
    var expansion: Expansion
    var graph: DeploymentGraph
}

/// Deployments that are being carried out, as they were compiled: a pass over one that was here before need not read and
/// expand its template again. Holds those of the operations that were used last.
final class DeploymentRuns: Sendable {
    private struct Entry {
        var runs: [UUID: DeploymentRun] = [:]
        var lastUse: UInt64
    }

    private struct State {
        var entries: [OperationID: Entry] = [:]
        var uses: UInt64 = 0
    }

    private let state = Mutex(State())
    private let limit: Int

    init(limit: Int = 32) {
        self.limit = limit
    }

    /// The deployment of that row under an operation; nil when it is to be compiled.
    func find(_ operation: OperationID, _ deploymentID: UUID) -> DeploymentRun? {
        state.withLock { state in
            state.uses += 1
            state.entries[operation]?.lastUse = state.uses
            return state.entries[operation]?.runs[deploymentID]
        }
    }

    func insert(_ run: DeploymentRun) {
        state.withLock { state in
            state.uses += 1
            let use = state.uses
            state.entries[run.origin.operationID, default: Entry(lastUse: use)].runs[run.deployment.id] = run
            guard state.entries.count > limit,
                let oldest = state.entries.min(by: { $0.value.lastUse < $1.value.lastUse })?.key
            else { return }
            state.entries[oldest] = nil
        }
    }

    /// The operation has ended.
    func remove(_ operation: OperationID) {
        state.withLock { $0.entries[operation] = nil }
    }
}

package import Postgres
package import Resources
import Store
import Templates

/// What callers may do with operations: look, and cancel.
package struct OperationService: Sendable {
    private let database: Database
    private let catalog: OperationCatalog
    private let hub: SignalHub

    package init(database: Database, catalog: OperationCatalog, hub: SignalHub) {
        (self.database, self.catalog, self.hub) = (database, catalog, hub)
    }

    /// An operation on a resource that the caller may read; throws `ResourceNotFound` for any other.
    package func get(caller: Caller, _ id: OperationID) async throws -> ResourceOperation {
        guard let operation = try await find(caller: caller, id) else {
            throw ARMError(.resourceNotFound, "The operation '\(id)' could not be found.")
        }
        return operation
    }

    /// The same; nil for any other.
    package func find(caller: Caller, _ id: OperationID) async throws -> ResourceOperation? {
        guard let operation = try await OperationStore(database).find(id),
            let subject = ResourceAddress(id: operation.resourceID)
        else { return nil }
        let rights = try await AccessService(database: database).rights(of: caller)
        return rights.allow(Right(.read, subject)) ? operation : nil
    }

    /// Cancels a running operation; one that has ended stays as it is.
    package func cancel(caller: Caller, _ id: OperationID) async throws -> ResourceOperation {
        let operation = try await get(caller: caller, id)
        if let resource = ResourceAddress(id: operation.resourceID) {
            try await AccessService(database: database).check(
                caller, Right(.write, resource))
        }
        try await end(operation)
        return try await get(caller: caller, id)
    }

    /// Ends an operation, or lets its worker unwind it first.
    func end(_ operation: ResourceOperation) async throws {
        guard !operation.state.isTerminal else { return }
        guard !operation.kind.isDeletion else {
            throw ARMError(
                .conflict, "A deletion can't be cancelled; nothing leads back from it.", target: operation.resourceID)
        }
        let plan = try catalog.plan(of: operation.kind)
        if plan.unwind.isEmpty {
            _ = try await database.ending { transaction in
                try await plan.fail(operation, as: .canceled, error: .cancelled, in: transaction)
                return try await OperationStore(transaction).finish(
                    operation.id, as: .canceled, error: .cancelled, timeline: nil)
            }
        } else {
            _ = try await OperationStore(database).requestCancel(operation.id)
        }
        hub.raise(.cancellations, .replicas, .routing, .work)
        hub.raiseHere([.operations])
    }
}

extension ARMError {
    /// The end of an operation that a caller has cancelled.
    static let cancelled = ARMError(.operationCanceled, "The operation was cancelled on request.")
}

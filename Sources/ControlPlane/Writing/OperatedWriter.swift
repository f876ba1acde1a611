import Postgres
import Resources
import Store

/// The frame of writes of resources that operations bring about: what is decided before, and the operation that follows,
/// in the transaction of the write.
struct OperatedWriter: Sendable {
    let database: Database
    let starter: OperationStarter
    let hub: SignalHub

    /// What a write is called by in its errors and its operation.
    struct Terms {
        var caller: Caller
        var kind: OperationKind
        /// As a message begins, such as `The endpoint 'house'`.
        var subject: String
    }

    /// A resource that is to go, locked, and what writes that down.
    struct Doomed<Resource: OperatedResource> {
        var resource: Resource
        var mark: () async throws -> Void

        init(_ resource: Resource, mark: @escaping () async throws -> Void) {
            (self.resource, self.mark) = (resource, mark)
        }
    }

    /// Runs a write in a transaction, once more where a unique constraint refused it, and wakes who carries it out.
    ///
    /// - Parameter translate: what a refusal of the database means to the caller.
    func write<Resource>(
        waking topics: Set<ChangeTopic>, translate: (PostgresError) -> any Error,
        _ body: @Sendable (Transaction) async throws -> Written<Resource>
    ) async throws -> Written<Resource> {
        do {
            let written = try await database.transactionLookingAgain(body)
            if written.operation != nil { hub.raise(topics) }
            return written
        } catch let error as PostgresError {
            throw translate(error)
        }
    }

    /// Writes a resource, by `write`, with the operation of which it is told the id.
    func operate<Resource: OperatedResource>(
        _ terms: Terms, wasMade: Bool = false, in transaction: Transaction,
        write: (OperationID) async throws -> Resource?
    ) async throws -> Written<Resource> {
        let id = OperationID()
        guard let resource = try await write(id) else {
            throw PostgresError(.decoding, "\(terms.subject) is not there after it was written")
        }
        let operation = try await starter.start(terms.kind, resource, id: id, caller: terms.caller, in: transaction)
        return Written(resource, operation: operation, wasMade: wasMade)
    }

    /// Brings a stored resource to what a PUT asks for, by `write`, where the decision is that it changes.
    func update<Resource: OperatedResource>(
        _ existing: Resource, _ terms: Terms, _ decision: PutDecision, in transaction: Transaction,
        write: (ProvisioningState, OperationID) async throws -> Resource?
    ) async throws -> Written<Resource> {
        switch decision {
        case .join(let running): Written(existing, operation: running, wasMade: false)
        case .unchanged: Written(existing, wasMade: false)
        case .busy(let running): throw OperationStarter.conflict(running, terms.subject)
        case .illegal(let state): throw WriteRules.illegal(state, terms.subject)
        case .update(let state): try await operate(terms, in: transaction) { try await write(state, $0) }
        }
    }

    /// Starts the deletion of a resource, or joins the one that runs.
    ///
    /// - Parameter find: nil when it is not there.
    func delete<Resource: OperatedResource>(
        _ terms: Terms, if precondition: WritePrecondition,
        find: @Sendable (Transaction) async throws -> Doomed<Resource>?
    ) async throws -> ResourceOperation? {
        let operation = try await database.transaction { transaction -> ResourceOperation? in
            guard let doomed = try await find(transaction) else { return nil }
            let existing = doomed.resource
            try precondition.check(existing.version, terms.subject)
            if let running = try await OperationStore(transaction).findRunning(subjectID: existing.id),
                running.kind == terms.kind
            {
                return running
            }
            try await doomed.mark()
            return try await starter.start(
                terms.kind, existing, id: OperationID(), caller: terms.caller, in: transaction)
        }
        if operation != nil { hub.raise([.work, .cancellations, .replicas, .routing]) }
        return operation
    }
}

package import Postgres
package import Resources
package import Store

/// A service of resources that lie in a workspace under a name of their own and are written at once, without an
/// operation.
package protocol NamedService: Sendable {
    associatedtype Resource: NamedRow
    /// What a PUT asks for.
    associatedtype Request: Sendable

    var database: Database { get }
    func put(
        caller: Caller, workspace: ResourceID, name: String, _ request: Request, if precondition: WritePrecondition
    ) async throws -> Written<Resource>
    /// Throws where a resource must stay.
    func checkDeletion(of resource: Resource, in transaction: Transaction) async throws
}

extension NamedService {
    package func checkDeletion(of resource: Resource, in transaction: Transaction) async throws {}

    package func get(caller: Caller, workspace: ResourceID, name: String) async throws -> Resource {
        let workspace = try await WorkspaceService.find(workspace, database, isParent: true)
        return try await Self.find(name, in: workspace, database)
    }

    package func list(caller: Caller, workspace: ResourceID, page: PageRequest) async throws -> Page<Resource> {
        let workspace = try await WorkspaceService.find(workspace, database, isParent: true)
        return try await RowStore<Resource>(database).list(workspaceID: workspace.id, page: page)
    }

    /// False when there was none.
    package func delete(
        caller: Caller, workspace id: ResourceID, name: String, if precondition: WritePrecondition
    ) async throws -> Bool {
        try await database.transaction { transaction in
            let workspace = try await WorkspaceService.find(id, transaction, isParent: true)
            let store = RowStore<Resource>(transaction)
            guard let found = try await store.find(workspaceID: workspace.id, name: name, lock: true) else {
                return false
            }
            try precondition.check(found.version, Self.subject(name))
            try await checkDeletion(of: found, in: transaction)
            try await store.delete(id: found.id)
            return true
        }
    }

    /// Makes or changes a resource, by `save`, which gets what is stored; that is locked until the transaction ends.
    func write(
        workspace id: ResourceID, name: String, if precondition: WritePrecondition,
        save: @Sendable (Transaction, Workspace, Resource?) async throws -> Void
    ) async throws -> Written<Resource> {
        try Self.checkName(name)
        return try await database.transactionLookingAgain { transaction in
            let workspace = try await WorkspaceService.find(id, transaction, isParent: true)
            let existing = try await RowStore<Resource>(transaction).find(
                workspaceID: workspace.id, name: name, lock: true)
            try precondition.check(existing?.version, Self.subject(name))
            try await save(transaction, workspace, existing)
            return Written(try await Self.find(name, in: workspace, transaction), wasMade: existing == nil)
        }
    }

    static func find(
        _ name: String, in workspace: Workspace, _ runner: any StatementRunner
    ) async throws -> Resource {
        guard let found = try await RowStore<Resource>(runner).find(workspaceID: workspace.id, name: name) else {
            throw notFound(name)
        }
        return found
    }

    static func notFound(_ name: String) -> ARMError {
        ARMError(.resourceNotFound, "\(subject(name)) was not found in the workspace.")
    }

    package static func checkName(_ name: String) throws(ARMError) {
        try ResourceName.checkAsset(name, kind: Resource.noun)
    }

    static func subject(_ name: String) -> String { "The \(Resource.noun) '\(name)'" }
}

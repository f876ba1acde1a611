import Foundation
package import Postgres
package import Resources
package import Store

/// A service of resources that lie in a resource group under a name of their own and are written at once, without an
/// operation.
package protocol GroupedService: Sendable {
    associatedtype Resource: GroupedRow
    /// What a PUT asks for.
    associatedtype Request: Sendable
    associatedtype Patch: Sendable

    static func checkName(_ name: String) throws(ARMError)
    /// The resource of an id; throws an error that says what of its path is missing.
    static func find(_ id: ResourceID, _ runner: any StatementRunner) async throws -> Resource
    /// What a patch makes of what is stored.
    static func request(_ patch: Patch, over stored: Resource) throws(ARMError) -> Request
    static func location(of request: Request) -> String
    static func location(of stored: Resource) -> String
    /// What a refusal of the database means.
    static func translate(_ error: PostgresError, _ subject: String) -> any Error

    var database: Database { get }
    /// Throws where a resource can't be what is asked for. `isPatch`: only what was named has changed.
    func check(
        _ request: Request, at id: ResourceID, _ caller: Caller, isPatch: Bool, in transaction: Transaction
    ) async throws
    func insert(_ request: Request, at id: ResourceID, _ caller: Caller, in transaction: Transaction) async throws
    func isSame(_ request: Request, as stored: Resource) -> Bool
    /// False when somebody else was faster.
    func update(_ stored: Resource, to request: Request, _ caller: Caller, in transaction: Transaction) async throws
        -> Bool
    /// After a write.
    func didWrite(_ resource: Resource) async throws
}

extension GroupedService {
    package func get(caller: Caller, _ id: ResourceID) async throws -> Resource {
        try await Self.find(id, database)
    }

    package func list(
        caller: Caller, subscription: String, resourceGroup: String?, page: PageRequest
    ) async throws -> Page<Resource> {
        try await ScopeService(database: database).check(
            caller: caller, subscription: subscription, resourceGroup: resourceGroup)
        return try await RowStore<Resource>(database).list(
            subscription: subscription, resourceGroup: resourceGroup, page: page)
    }

    /// Makes a resource, or brings it to what is asked for.
    package func put(
        caller: Caller, _ id: ResourceID, _ request: Request, if precondition: WritePrecondition
    ) async throws -> Written<Resource> {
        try Self.checkName(id.name)
        let scopes = ScopeService(database: database)
        try scopes.checkOpen(
            try await scopes.getGroup(caller: caller, subscription: id.subscription, name: id.resourceGroup))
        return try await write(id) { transaction in
            let existing = try await RowStore<Resource>(transaction).find(id)
            try precondition.check(existing?.version, Self.subject(id))
            try await check(request, at: id, caller, isPatch: false, in: transaction)
            guard let existing else {
                try await insert(request, at: id, caller, in: transaction)
                return true
            }
            try WriteRules.checkLocation(
                Self.location(of: existing), Self.location(of: request), Self.subject(id))
            if !isSame(request, as: existing) { try await update(existing, request, id, caller, in: transaction) }
            return false
        }
    }

    /// Changes what the patch names.
    package func patch(
        caller: Caller, _ id: ResourceID, _ patch: Patch, if precondition: WritePrecondition
    ) async throws -> Written<Resource> {
        try await write(id) { transaction in
            let existing = try await Self.find(id, transaction)
            try precondition.check(existing.version, Self.subject(id))
            let request = try Self.request(patch, over: existing)
            try await check(request, at: id, caller, isPatch: true, in: transaction)
            try await update(existing, request, id, caller, in: transaction)
            return false
        }
    }

    /// False when there was none.
    package func delete(caller: Caller, _ id: ResourceID, if precondition: WritePrecondition) async throws -> Bool {
        do {
            return try await database.transaction { transaction in
                let store = RowStore<Resource>(transaction)
                guard let found = try await store.find(id) else { return false }
                try precondition.check(found.version, Self.subject(id))
                try await store.delete(id: found.id)
                return true
            }
        } catch let error as PostgresError {
            throw Self.translate(error, Self.subject(id))
        }
    }

    /// Runs a write, which returns whether it made the resource.
    private func write(
        _ id: ResourceID, _ body: @Sendable (Transaction) async throws -> Bool
    ) async throws -> Written<Resource> {
        do {
            let written = try await database.transactionLookingAgain { transaction in
                let wasMade = try await body(transaction)
                return Written(try await Self.find(id, transaction), wasMade: wasMade)
            }
            try await didWrite(written.resource)
            return written
        } catch let error as PostgresError {
            throw Self.translate(error, Self.subject(id))
        }
    }

    private func update(
        _ stored: Resource, _ request: Request, _ id: ResourceID, _ caller: Caller, in transaction: Transaction
    ) async throws {
        guard try await update(stored, to: request, caller, in: transaction) else {
            throw WriteRules.lost(Self.subject(id))
        }
    }

    static func subject(_ id: ResourceID) -> String { "The \(Resource.noun) '\(id.name)'" }
}

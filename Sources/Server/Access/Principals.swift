import ControlPlane
package import Foundation
package import Logging
import Postgres
import Resources
import Store

/// Principals, managed by whoever may read the data directory and the database.
package struct Principals: Sendable {
    private let configuration: ServerConfiguration
    private let logger: Logger

    package init(_ configuration: ServerConfiguration, logger: Logger) {
        (self.configuration, self.logger) = (configuration, logger)
    }

    /// What can't be done as it was asked.
    package struct Failure: Error, CustomStringConvertible {
        package let description: String
    }

    /// Makes a principal with a role and writes its credentials to `file`, which only this account can read. `role` is
    /// the name of a built-in one, or none.
    package func create(
        name: String, workspace: WorkspaceName, file: URL, role: String, scope: String
    ) async throws -> (clientID: UUID, objectID: UUID) {
        let wanted = RoleDefinition.find(named: role)
        guard wanted != nil || role.lowercased() == "none" else {
            let names = RoleDefinition.builtIn.map(\.name).joined(separator: ", ")
            throw Failure(description: "'\(role)' is no role; roles are \(names), and none.")
        }
        guard scope == "/" || ResourceAddress(id: scope) != nil else {
            throw Failure(
                description: "A scope is / or an id that begins with /subscriptions/ and has no slash at its end.")
        }
        let installation = try Installation.load(configuration.data)
        let made = try await configuration.withDatabase(logger: logger) {
            try await PrincipalService(database: $0).create(
                displayName: name, roles: wanted.map { [$0] } ?? [], scope: scope)
        }
        var credentials = ClientSettings(configuration, installation, made, workspace)
        // The running Sluice may have been told another address than this command was.
        if let first = try? ClientSettings.read(configuration.data.credentials) { credentials.url = first.url }
        try credentials.write(to: file)
        return (made.applicationID, made.objectID)
    }

    /// A line per principal: client id, whether it may sign in, name.
    package func list() async throws -> [String] {
        try await configuration.withDatabase(logger: logger) {
            try await PrincipalService(database: $0).list().map {
                "\($0.applicationID.uuidString.lowercased())  \($0.isEnabled ? "enabled " : "disabled")  \($0.displayName)"
            }
        }
    }

    /// False when there is no such principal.
    package func setEnabled(_ isEnabled: Bool, clientID: UUID) async throws -> Bool {
        try await configuration.withDatabase(logger: logger) {
            try await PrincipalService(database: $0).setEnabled(isEnabled, applicationID: clientID)
        }
    }
}

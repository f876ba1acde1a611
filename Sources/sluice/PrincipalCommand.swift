import ArgumentParser
import Foundation
import Logging
import Server

struct PrincipalCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "principal", abstract: "Manage the service principals that may call the API.",
        discussion: "Works on the database, on the host of the data directory; the API need not run.",
        subcommands: [Create.self, List.self, Disable.self, Enable.self])

    struct Create: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Make a principal and write its credentials to a file.",
            discussion: """
                Example: sluice principal create ci --file ci-credentials.json
                The file is for `sluice env --credentials`; its secret is written nowhere else. Without --role the
                principal may do nothing until a role is assigned to its object id.
                """)
        @OptionGroup var options: ConfigurationOptions
        @Argument(help: "A name for people, such as the application's.") var name: String
        @Option(help: "Where to write the credentials; by default NAME-credentials.json here.") var file: String?
        @Option(name: [.customShort("g"), .long], help: "Resource group that the file names.") var resourceGroup:
            String?
        @Option(name: .shortAndLong, help: "Workspace that the file names.") var workspace: String?
        @Option(
            help: ArgumentHelp(
                "Role that it gets: Owner, Contributor, Reader, AzureML Data Scientist, …, or none.",
                valueName: "role"))
        var role = "none"
        @Option(help: "Id of what the role holds for, with everything below it; / is everything.") var scope = "/"

        func validate() throws {
            guard !name.isEmpty, name.count <= 100, !name.contains("/") else {
                throw ValidationError("A name has 1 to 100 characters and no slash.")
            }
        }

        func run() async throws {
            let configuration = try await options.load()
            let file = URL(filePath: file ?? "\(name)-credentials.json")
            guard !FileManager.default.fileExists(atPath: file.path) else {
                throw ValidationError("\(file.path) is there already; name another with --file.")
            }
            let place = WorkspaceName(
                resourceGroup: resourceGroup ?? configuration.bootstrapResourceGroup,
                workspace: workspace ?? configuration.bootstrapWorkspace)
            let made = try await principals(configuration).create(
                name: name, workspace: place, file: file, role: role, scope: scope)
            print(
                "Principal \(made.clientID.uuidString.lowercased()) made (object id "
                    + "\(made.objectID.uuidString.lowercased())); credentials in \(file.path)")
            let hasNone = role.lowercased() == "none"
            print(hasNone ? "It has no role yet, and may do nothing." : "It has the role \(role) on \(scope).")
        }
    }

    struct List: AsyncParsableCommand {
        static let configuration = CommandConfiguration(abstract: "List client id, state and name of the principals.")
        @OptionGroup var options: ConfigurationOptions

        func run() async throws {
            print(try await principals(try await options.load()).list().joined(separator: "\n"))
        }
    }

    struct Disable: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Let a principal sign in no more.",
            discussion:
                "Its tokens stop opening the API at once; a token for scoring holds to its end, an hour at most.")
        @OptionGroup var options: ConfigurationOptions
        @Argument(help: "Client id of the principal.", transform: readClientID) var clientID: UUID

        func run() async throws { try await setEnabled(false, clientID, options) }
    }

    struct Enable: AsyncParsableCommand {
        static let configuration = CommandConfiguration(abstract: "Let a principal sign in again.")
        @OptionGroup var options: ConfigurationOptions
        @Argument(help: "Client id of the principal.", transform: readClientID) var clientID: UUID

        func run() async throws { try await setEnabled(true, clientID, options) }
    }

    private static func setEnabled(_ isEnabled: Bool, _ clientID: UUID, _ options: ConfigurationOptions) async throws {
        guard try await principals(try await options.load()).setEnabled(isEnabled, clientID: clientID) else {
            throw ValidationError("There is no principal with the client id \(clientID.uuidString.lowercased()).")
        }
    }

    private static func readClientID(_ text: String) throws -> UUID {
        guard let id = UUID(uuidString: text) else { throw ValidationError("A client id is a UUID.") }
        return id
    }

    private static func principals(_ configuration: ServerConfiguration) -> Principals {
        Principals(configuration, logger: ConfigurationOptions.logger(.warning))
    }
}

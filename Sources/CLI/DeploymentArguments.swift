import ArgumentParser
import Client
import Resources

/// Which deployment a command is about.
struct DeploymentArguments: ParsableArguments {
    @Option(name: .shortAndLong, help: "Name of the endpoint.") var endpoint: String
    @Argument(help: "Name of the deployment.") var name: String

    func path(_ settings: ClientSettings) -> String { settings.deploymentPath(endpoint, name) }
}

import ArgumentParser
import CLI

/// The command tree of `sluice`.
@main
struct SluiceCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "sluice",
        abstract: "Azure-ML-compatible inference endpoints on machines that you own.",
        discussion: """
            Start with `sluice up`: it starts everything in the background and says where the credentials are. \
            `sluice settings` explains every key of the configuration, `sluice down` stops what `up` started.
            """,
        version: "0.1.0",
        subcommands: [
            UpCommand.self, DownCommand.self, StatusCommand.self, ServeCommand.self, MigrateCommand.self,
            SettingsCommand.self, EnvCommand.self, PrincipalCommand.self, GroupCommand.self, WorkspaceCommand.self,
            DeploymentCommand.self, OnlineEndpointCommand.self, OnlineDeploymentCommand.self, AutoscaleCommand.self,
            RouterCommand.self,
        ])
}

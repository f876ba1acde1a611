import ArgumentParser
import Foundation
import Logging
import Server

struct DownCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "down", abstract: "Stop the control plane, the routers, the replicas and the private database.",
        discussion: "Data stays; `sluice up` goes on where it was.")

    @OptionGroup var options: ConfigurationOptions

    func run() async throws {
        let configuration = try await options.load()
        let logger = ConfigurationOptions.logger(.warning)
        let report = try await Shutdown(configuration, logger: logger).run()
        print(
            "Stopped: \(report.controlPlane ? "the control plane" : "no control plane"), \(report.routers) routers, "
                + "\(report.replicas) replicas\(report.database ? ", the private database" : "").")
    }
}

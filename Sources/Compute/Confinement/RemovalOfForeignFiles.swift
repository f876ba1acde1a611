import Foundation
import Glibc

/// Removes folders that somebody else could write: `rm` holds on to each folder that it enters, so that a link put in its
/// way leads nowhere, and no depth is too great for it.
enum RemovalOfForeignFiles {
    private static let limit = Duration.seconds(300)

    static func remove(_ folders: [URL]) async {
        let present = folders.map { $0.path(percentEncoded: false) }.filter {
            FileManager.default.fileExists(atPath: $0)
        }
        guard !present.isEmpty else { return }
        // Whoever is not root enters no folder that its owner closed, be it himself.
        if geteuid() != 0 { await run("/bin/chmod", ["-R", "u+rwX", "--"] + present) }
        await run("/bin/rm", ["-rf", "--one-file-system", "--"] + present)
    }

    private static func run(_ program: String, _ arguments: [String]) async {
        let launch = ChildLaunch(
            executable: program, arguments: arguments, environment: ["PATH": "/usr/bin:/bin"],
            workingDirectory: URL(filePath: "/"), logFile: URL(filePath: "/dev/null"))
        // What stays lies below the data directory and harms nobody; whoever needs the place finds it taken.
        _ = try? await ChildProcess.run(launch, until: .now + limit)
    }
}

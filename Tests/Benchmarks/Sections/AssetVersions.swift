import Artifacts
import Client
import Compute
import Foundation
import Server

/// What versions of assets cost a control plane: files that stay open, and time to start.
enum AssetVersions {
    private static let warmUps = 100
    private static let uploads = 300
    private static let stored = 20_000
    private static let starts = 3
    private static let makers = 8

    static func measure(on workbench: Workbench) async throws -> [Figure] {
        try await InstalledSluice.with(on: workbench, "versions") { sluice in
            try await sluice.start()
            let files = try await openFiles(sluice)
            let without = try await sluice.startTimes(starts)
            try await sluice.stop()
            Progress.say("  storing \(stored) containers")
            try await store(in: sluice.data)
            let with = try await sluice.startTimes(starts)
            return [
                Figure(
                    "open files per version of an asset, over \(uploads) uploads", files.short, goal: "0",
                    isMet: files < 0.05),
                Figure("start without versions (sluice up, with its database)", text(without)),
                Figure(
                    "  with \(stored) versions", text(with), goal: "as without",
                    isMet: median(with) < median(without) * 1.2),
            ]
        }
    }

    private static func openFiles(_ sluice: InstalledSluice) async throws -> Double {
        let client = try sluice.makeClient()
        do {
            let register: (Int) async throws -> Void = {
                try await CodeUpload.register("bench", version: "\($0)", script: "# \($0)\n", client)
            }
            // Connections, and the containers that stay open in any case.
            for number in 0..<warmUps { try await register(number) }
            let server = try sluice.controlPlane()
            let before = try ProcessFigures.openFiles(server)
            for number in 0..<uploads { try await register(warmUps + number) }
            let after = try ProcessFigures.openFiles(server)
            try await client.shutdown()
            return Double(after - before) / Double(uploads)
        } catch {
            try await client.shutdown()
            throw error
        }
    }

    private static func store(in data: DataDirectory) async throws {
        let store = try await ArtifactStore.open(at: data.artifacts) { Date() }
        let blob = try BlobName("score.py")
        try await withThrowingDiscardingTaskGroup { group in
            for maker in 0..<makers {
                group.addTask {
                    for number in stride(from: maker, to: stored, by: makers) {
                        let container = try ContainerName("bench-\(number)")
                        try await store.ensureContainer(container)
                        _ = try await store.put(blob, in: container, bytes: Array("# \(number)\n".utf8))
                    }
                }
            }
        }
    }

    private static func median(_ values: [Double]) -> Double { values.sorted()[values.count / 2] }

    private static func text(_ values: [Double]) -> String { values.map(\.short).joined(separator: " · ") + " s" }
}

import Foundation
import Server

/// A large file through the artifact store, beside the disk it lies on and nginx.
enum ArtifactTransfer {
    private static let bytes = 2 << 30
    private static let limit = Duration.seconds(600)

    static func measure(on workbench: Workbench) async throws -> [Figure] {
        let peer = try await PythonPeer.install(
            on: workbench, "azure-storage-blob", requirements: "blob_requirements.txt", script: "blob_transfer.py")
        return try await InstalledSluice.with(on: workbench, "transfer") { sluice in
            try await sluice.start()
            let (times, memory) = try await NginxPeer.with(
                on: workbench, certificates: sluice.data.certificates
            ) { nginx in
                let files = try workbench.makeDirectory("transfer-files")
                Progress.say("  moving 2 GiB, several times")
                let times = try await peer.run(
                    [
                        "--credentials", sluice.data.credentials.path, "--directory", files.path, "--bytes", "\(bytes)",
                    ] + (nginx.map { ["--nginx", $0.url] } ?? []), as: [String: Double].self, limit: limit)
                return (times, try ProcessFigures.peakMemory(try sluice.controlPlane()))
            }
            return [
                Figure(
                    "control plane memory, highest while 2 GiB went in and out", "\(memory.short) MiB RSS",
                    goal: "< 200 MB", isMet: memory * 1.048576 < 200),
                line("2 GiB up with azure-storage-blob, over TLS", times["azure-storage-blob upload"]),
                line("  with curl, one Put Blob", times["curl upload"]),
                line("  nginx (DAV) with curl", times["nginx upload"]),
                line("  written to the disk and synced, without a server", times["disk write"]),
                line("2 GiB down with azure-storage-blob", times["azure-storage-blob download"]),
                line("  with curl", times["curl download"]),
                line("  nginx (static) with curl", times["nginx download"]),
                line("  read from the disk's cache, without a server", times["disk read"]),
            ]
        }
    }

    private static func line(_ name: String, _ seconds: Double?) -> Figure {
        guard let seconds else { return Figure(name, "left out") }
        return Figure(name, "\((Double(bytes) / 1_000_000 / seconds).short) MB/s")
    }
}

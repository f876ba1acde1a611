import Compute
import Foundation

/// Start, memory and CPU time of a real installation that has nothing to do.
enum Footprint {
    private static let starts = 3
    private static let idle = Duration.seconds(5)

    static func measure(on workbench: Workbench) async throws -> [Figure] {
        try await InstalledSluice.with(on: workbench, "idle") { sluice in
            let times = try await sluice.startTimes(starts)
            // What the start left to do is done by then.
            try await Task.sleep(for: .seconds(3))
            let server = try sluice.controlPlane()
            let routers = try await sluice.routers()
            let loads = try await ProcessFigures.load(of: [server] + routers, over: idle)
            let memory = try ProcessFigures.residentMemory(server)
            let routerMemory = try routers.map(ProcessFigures.residentMemory)
            return [
                Figure(
                    "start of an initialised Sluice to ready (sluice up, with its database)",
                    times.map { $0.short }.joined(separator: " · ") + " s", goal: "< 2 s",
                    isMet: times.allSatisfy { $0 < 2 }),
                Figure(
                    "control plane memory, idle", "\(memory.short) MiB RSS", goal: "< 100 MB",
                    isMet: memory * 1.048576 < 100),
                Figure("  each router", routerMemory.map(\.short).joined(separator: " · ") + " MiB RSS"),
                Figure("idle CPU of the control plane", "\((loads.first ?? .nan).short) % of a core"),
                Figure("  each router", loads.dropFirst().map(\.short).joined(separator: " · ") + " % of a core"),
            ]
        }
    }
}

import Foundation
import Hummingbird
import Logging
import NIOCore
import Routing
import ServiceLifecycle

/// A router's part in the leases of several hosts: on each host one router reports, and responds to others as coordinator.
struct LeaseService: Sendable {
    private static let reportLimit = 16 << 20
    /// How often a router looks whether its host still has an agent.
    private static let lookInterval = Duration.milliseconds(50)

    /// How long a router that ceased to be the agent leaves it to others.
    private static let retryInterval = Duration.milliseconds(500)

    let hostID: String
    let token: String
    let shared: LoopShared
    let tables: TableKeeper
    let logger: Logger

    /// Runs until it is cancelled.
    func run() async {
        while !Task.isCancelled {
            if await address != nil, let number = shared.slots.becomeAgent() {
                logger.info("router is its host's agent for leases")
                await serve(number)
                shared.slots.leaveAgency()
                // An address that cannot be used now may be another's to try first.
                try? await Task.sleep(for: Self.retryInterval)
            }
            // Ends early only when cancelled, which the loop looks at.
            try? await Task.sleep(for: Self.lookInterval)
        }
    }

    /// Where this host's coordinator answers, as the table has it; `nil` if there is one host only.
    private var address: SocketAddress? {
        get async {
            let hosts = await tables.present.routerHosts
            guard hosts.count > 1 else { return nil }
            return hosts.first { $0.id == hostID }.flatMap { SocketAddress($0.address) }
        }
    }

    /// Reports and responds, until it is cancelled, or the table gives the host another address or none.
    private func serve(_ number: UInt64) async {
        guard let address = await address, case .internet(let host, let port, _) = address else { return }
        let coordinator = LeaseCoordinator()
        let agent = LeaseAgent(
            hostID: hostID, number: number, token: token, shared: shared, tables: tables, coordinator: coordinator,
            logger: logger)
        let application = Application(
            router: routes(coordinator),
            configuration: ApplicationConfiguration(address: .hostname(host, port: Int(port))), logger: quiet)
        await withTaskGroup(of: Void.self) { group in
            group.addTask { await agent.run() }
            group.addTask {
                do {
                    try await application.run()
                } catch {
                    logger.error("the address for leases cannot be used", metadata: ["error": "\(error)"])
                }
            }
            group.addTask {
                while !Task.isCancelled, await self.address == address { try? await Task.sleep(for: Self.lookInterval) }
            }
            await group.next()
            group.cancelAll()
        }
    }

    /// The server takes its end for an error; what counts is logged here.
    private var quiet: Logger {
        var quiet = logger
        quiet.logLevel = .critical
        return quiet
    }

    private func routes(_ coordinator: LeaseCoordinator) -> Hummingbird.Router<BasicRequestContext> {
        let routes = Hummingbird.Router(context: BasicRequestContext.self)
        routes.add(middleware: ControlErrors())
        routes.add(middleware: ControlToken(token: token))
        routes.post("leases") { request, _ in
            let body = try await request.body.collect(upTo: Self.reportLimit)
            guard let report = try? JSONDecoder().decode(LeaseReport.self, from: Data(body.readableBytesView)) else {
                return ControlAnswer.error(.badRequest, code: "MalformedReport", "the body is not a report of leases")
            }
            // A host that is not in the table is none of this coordinator's.
            let hosts = await tables.present.routerHosts
            guard hosts.contains(where: { $0.id == report.host }),
                let reply = await coordinator.answer(report, hosts: hosts)
            else {
                return ControlAnswer.error(.conflict, code: "OutdatedReport", "the report is not this host's to answer")
            }
            return try ControlAnswer.json(reply)
        }
        return routes
    }
}

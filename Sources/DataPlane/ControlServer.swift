import Foundation
import Glibc
import HTTPTypes
package import Hummingbird
package import Logging
import NIOCore
import Routing

/// The HTTP server that the control plane talks to; it runs on NIO's threads, apart from the data path.
///
/// | Request | Answer |
/// |---|---|
/// | `PUT /table` | 200 `TableAcknowledgement` once every loop serves the table; 400 malformed; 409 older than the one served |
/// | `POST /table/changes` | the same for `TableChanges`; 409 also where they do not fit the table that is served |
/// | `GET /status` | `RouterStatus` |
/// | `GET /report?after=MICROSECONDS` | `TrafficReport` of the deployments that had requests after that moment |
/// | `GET /load?after=MICROSECONDS` | `LoadReport` of the deployments that had requests after that moment |
/// | `GET /leaving?id=REPLICA&wait_ms=MS` | `LeavingStatus` once that replica is drained, or after that time; 400 malformed |
/// | `POST /leaving` with `LeavingQuery` | `LeavingResponse`, at once; 400 malformed |
/// | `GET /metrics` | Prometheus text |
/// | `GET /healthz` | 200 while the router accepts requests, 503 when it drains |
/// | `POST /drain` | 202 with `RouterStatus`; the process ends when the last request has |
///
/// On a unix socket the file's mode (0600) says who may ask; over TCP every request carries the bearer token.
package enum ControlServer {
    /// Largest table, in bytes.
    private static let tableLimit = 256 << 20
    /// Largest question about replicas that leave, in bytes.
    private static let leavingLimit = 1 << 20
    /// How long a question may wait for its response, in milliseconds.
    private static let waitRange = 0...30_000

    /// The server as a service, to be run beside `router`.
    ///
    /// - Throws: ``ConfigurationFault`` if another router answers on the socket.
    package static func make(
        for router: Router, at address: SocketAddress, token: String?, logger: Logger
    ) throws -> some ApplicationProtocol {
        let routes = Hummingbird.Router(context: BasicRequestContext.self)
        routes.add(middleware: ControlErrors())
        if let token, address.family != AF_UNIX { routes.add(middleware: ControlToken(token: token)) }
        addRoutes(to: routes, router: router)
        if case .unix(let path) = address { try removeStale(path) }
        return Application(
            router: routes, configuration: ApplicationConfiguration(address: bindAddress(address)),
            onServerRunning: { _ in
                guard case .unix(let path) = address else { return }
                chmod(path, 0o600)
            },
            logger: logger)
    }

    private static func addRoutes(to routes: Hummingbird.Router<BasicRequestContext>, router: Router) {
        routes.put("table") { request, _ in
            let body = try await request.body.collect(upTo: tableLimit)
            return try await apply(to: router) { try await $0.apply(Data(body.readableBytesView)) }
        }
        routes.post("table/changes") { request, _ in
            let body = try await request.body.collect(upTo: tableLimit)
            return try await apply(to: router) { try await $0.apply(changes: Data(body.readableBytesView)) }
        }
        routes.get("status") { _, _ in try ControlAnswer.json(router.status) }
        routes.get("report") { request, _ in try ControlAnswer.json(await router.report(after: moment(request))) }
        routes.get("load") { request, _ in
            try ControlAnswer.json(await router.load(after: moment(request) ?? MonotonicTime(microseconds: 0)))
        }
        routes.get("leaving") { request, _ in try await leaving(request.uri.queryParameters, router) }
        routes.post("leaving") { request, _ in
            let body = try await request.body.collect(upTo: leavingLimit)
            guard let query = try? JSONDecoder().decode(LeavingQuery.self, from: Data(body.readableBytesView)),
                query.ids.count <= LeavingQuery.limit
            else {
                return ControlAnswer.error(
                    .badRequest, code: "MalformedQuery", "at most \(LeavingQuery.limit) ids of replicas are needed")
            }
            let busy = await router.tables.busyReplicas(among: Set(query.ids))
            return try ControlAnswer.json(LeavingResponse(routerID: router.configuration.routerID, busy: busy))
        }
        routes.get("metrics") { _, _ in
            ControlAnswer.text(await router.metrics(), type: "text/plain; version=0.0.4")
        }
        routes.get("healthz") { _, _ in
            let isDraining = router.status.isDraining
            return ControlAnswer.text(
                isDraining ? "draining\n" : "ok\n", type: "text/plain", status: isDraining ? .serviceUnavailable : .ok)
        }
        routes.post("drain") { _, _ in
            router.drain()
            return try ControlAnswer.json(router.status, status: .accepted)
        }
    }

    private static func moment(_ request: Request) -> MonotonicTime? {
        request.uri.queryParameters["after"].flatMap { Int64($0) }.map { MonotonicTime(microseconds: $0) }
    }

    private static func leaving(_ query: Parameters, _ router: Router) async throws -> Response {
        guard let id = query["id"], !id.isEmpty, let wait = Int(query["wait_ms"] ?? "0"), waitRange.contains(wait)
        else {
            return ControlAnswer.error(
                .badRequest, code: "MalformedQuery",
                "a replica's id is needed, and wait_ms is from \(waitRange.lowerBound) to \(waitRange.upperBound)")
        }
        return try ControlAnswer.json(await router.leaving(String(id), limit: .milliseconds(wait)))
    }

    private static func apply(
        to router: Router, _ change: (TableKeeper) async throws -> Int64
    ) async throws -> Response {
        do {
            let generation = try await change(router.tables)
            return try ControlAnswer.json(
                TableAcknowledgement(routerID: router.configuration.routerID, generation: generation))
        } catch let refusal as TableRefusal {
            switch refusal {
            case .outdated(let served):
                return ControlAnswer.error(.conflict, code: "OutdatedTable", "the router serves generation \(served)")
            case .unfit(let reason):
                return ControlAnswer.error(.conflict, code: "UnfitChanges", reason)
            case .malformed(let reason):
                return ControlAnswer.error(.badRequest, code: "MalformedTable", reason)
            }
        }
    }

    private static func bindAddress(_ address: SocketAddress) -> BindAddress {
        switch address {
        case .unix(let path): .unixDomainSocket(path: path)
        case .internet(let host, let port, _): .hostname(host, port: Int(port))
        }
    }

    /// Removes the socket of a process that has ended; one that responds belongs to a router that lives.
    private static func removeStale(_ path: String) throws {
        guard access(path, F_OK) == 0 else { return }
        guard try FileManager.default.attributesOfItem(atPath: path)[.type] as? FileAttributeType == .typeSocket else {
            throw ConfigurationFault(key: "control", "names a file that is not a socket: \(path)")
        }
        let descriptor = socket(AF_UNIX, Int32(SOCK_STREAM.rawValue | SOCK_CLOEXEC.rawValue), 0)
        guard descriptor >= 0 else { throw SystemError("socket") }
        defer { close(descriptor) }
        let result = SocketAddress.unix(path: path).withSystemAddress { connect(descriptor, $0, $1) }
        guard result != 0 else {
            throw ConfigurationFault(key: "control", "names the socket of a router that is running: \(path)")
        }
        guard unlink(path) == 0 || errno == ENOENT else { throw SystemError("unlink \(path)") }
    }
}

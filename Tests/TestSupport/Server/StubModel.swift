import Foundation
import HTTPTypes
import Hummingbird
import Logging
import NIOCore
import ServiceLifecycle
import Synchronization

/// A model server inside the test process: simulated replicas claim its address.
///
/// ```swift
/// let blue = try await server.stub("blue")
/// … "environmentVariables": {"SLUICE_SIMULATE": "address=\(blue.address)"}
/// ```
/// It answers `/score` with `{"name": …, "body": …}` and the header `x-model`.
package final class StubModel: Sendable {
    package let name: String
    private let count: Counter
    private let server: LoopbackServer

    private final class Counter: Sendable {
        let requests = Mutex<[String]>([])
        let delay = Mutex(Duration.zero)
    }

    /// As a replica's handle has it.
    package var address: String { "tcp:127.0.0.1:\(server.port)" }
    /// Bodies of the requests so far.
    package var requests: [String] { count.requests.withLock { $0 } }

    /// How long each response takes from now on.
    package func setDelay(_ delay: Duration) {
        count.delay.withLock { $0 = delay }
    }

    init(_ name: String) async throws {
        self.name = name
        let count = Counter()
        self.count = count
        let router = Router()
        router.post("/score") { request, _ in
            let body = String(buffer: try await request.body.collect(upTo: 1 << 20))
            count.requests.withLock { $0.append(body) }
            let delay = count.delay.withLock { $0 }
            if delay > .zero { try await Task.sleep(for: delay) }
            return Response(
                status: .ok, headers: [.contentType: "application/json"],
                body: ResponseBody(byteBuffer: ByteBuffer(string: #"{"name":"\#(name)"}"#)))
        }
        server = try await LoopbackServer(router)
    }

    func stop() async {
        await server.stop()
    }
}

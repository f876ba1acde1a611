import Foundation
import Synchronization

/// Loopback ports for processes that must be told theirs before they bind it.
///
/// Below the ephemeral range, so that no outgoing connection takes one meanwhile; each is handed out once.
enum TestPorts {
    struct Exhausted: Error {}

    private static let next = Mutex(Int.random(in: 0..<10_000))

    static func take() throws -> Int {
        for _ in 0..<200 {
            let port =
                20_000
                + next.withLock { next in
                    next += 1
                    return next % 10_000
                }
            if isFree(port) { return port }
        }
        throw Exhausted()
    }

    private static func isFree(_ port: Int) -> Bool {
        let descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
        guard descriptor >= 0 else { return false }
        defer { close(descriptor) }
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_port = in_port_t(port).bigEndian
        address.sin_addr.s_addr = inet_addr("127.0.0.1")
        return withUnsafePointer(to: &address) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                bind(descriptor, $0, socklen_t(MemoryLayout<sockaddr_in>.size)) == 0
            }
        }
    }
}

import CEpoll
import Glibc

/// Where to connect to or listen on: a unix socket, or a numeric IPv4 or IPv6 address with a port.
package enum SocketAddress: Sendable, Hashable, CustomStringConvertible {
    case unix(path: String)
    case internet(host: String, port: UInt16, isIPv6: Bool)

    /// Reads `unix:/path` or `tcp:host:port`; `localhost` stands for 127.0.0.1 and IPv6 addresses stand in brackets.
    package init?(_ text: String) {
        if text.hasPrefix("unix:") {
            let path = String(text.dropFirst(5))
            // `sun_path` has 108 bytes with the final zero.
            guard path.hasPrefix("/"), path.utf8.count < 108, !path.utf8.contains(0) else { return nil }
            self = .unix(path: path)
        } else if text.hasPrefix("tcp:") {
            self.init(hostAndPort: String(text.dropFirst(4)))
        } else {
            return nil
        }
    }

    /// Reads `host:port`, see ``init(_:)``.
    package init?(hostAndPort text: String) {
        guard let colon = text.lastIndex(of: ":"), let port = UInt16(text[text.index(after: colon)...]) else {
            return nil
        }
        var host = String(text[..<colon])
        if host == "localhost" { host = "127.0.0.1" }
        if host.hasPrefix("["), host.hasSuffix("]") { host = String(host.dropFirst().dropLast()) }
        var ipv4 = in_addr()
        var ipv6 = in6_addr()
        if inet_pton(AF_INET, host, &ipv4) == 1 {
            self = .internet(host: host, port: port, isIPv6: false)
        } else if inet_pton(AF_INET6, host, &ipv6) == 1 {
            self = .internet(host: host, port: port, isIPv6: true)
        } else {
            return nil
        }
    }

    package var description: String {
        switch self {
        case .unix(let path): "unix:\(path)"
        case .internet(let host, let port, let isIPv6): isIPv6 ? "[\(host)]:\(port)" : "\(host):\(port)"
        }
    }

    package var port: UInt16 {
        switch self {
        case .unix: 0
        case .internet(_, let port, _): port
        }
    }

    /// Whether whoever listens there is a process of this host.
    var isLocal: Bool {
        if case .unix = self { return true }
        return isLoopback
    }

    /// An address of this host's loopback interface.
    var isLoopback: Bool {
        switch self {
        case .unix: false
        case .internet(let host, _, let isIPv6): isIPv6 ? host == "::1" : host.hasPrefix("127.")
        }
    }

    package var family: Int32 {
        switch self {
        case .unix: AF_UNIX
        case .internet(_, _, let isIPv6): isIPv6 ? AF_INET6 : AF_INET
        }
    }

    /// Calls `body` with the address in the form the kernel takes.
    func withSystemAddress<Result>(_ body: (UnsafePointer<sockaddr>, socklen_t) -> Result) -> Result {
        var storage = sockaddr_storage()
        let length = withUnsafeMutableBytes(of: &storage) { bytes in fill(bytes) }
        return withUnsafePointer(to: &storage) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { body($0, length) }
        }
    }

    private func fill(_ bytes: UnsafeMutableRawBufferPointer) -> socklen_t {
        switch self {
        case .unix(let path):
            var address = sockaddr_un()
            address.sun_family = sa_family_t(AF_UNIX)
            withUnsafeMutableBytes(of: &address.sun_path) { field in
                // One byte less than the field, so it always ends with a zero.
                for (offset, byte) in path.utf8.prefix(field.count - 1).enumerated() { field[offset] = byte }
            }
            bytes.storeBytes(of: address, as: sockaddr_un.self)
            return socklen_t(MemoryLayout<sockaddr_un>.size)
        case .internet(let host, let port, true):
            var address = sockaddr_in6()
            address.sin6_family = sa_family_t(AF_INET6)
            address.sin6_port = port.bigEndian
            inet_pton(AF_INET6, host, &address.sin6_addr)
            bytes.storeBytes(of: address, as: sockaddr_in6.self)
            return socklen_t(MemoryLayout<sockaddr_in6>.size)
        case .internet(let host, let port, false):
            var address = sockaddr_in()
            address.sin_family = sa_family_t(AF_INET)
            address.sin_port = port.bigEndian
            inet_pton(AF_INET, host, &address.sin_addr)
            bytes.storeBytes(of: address, as: sockaddr_in.self)
            return socklen_t(MemoryLayout<sockaddr_in>.size)
        }
    }
}

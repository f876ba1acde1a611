import Glibc

/// A socket that accepts connections; several sockets, also of several processes, share its port.
package enum ListeningSocket {
    /// Opens a listener and tells the address it got, for port 0.
    static func open(_ address: SocketAddress, backlog: Int32 = 4096) throws(SystemError) -> (
        descriptor: Int32, address: SocketAddress
    ) {
        let descriptor = socket(
            address.family, Int32(SOCK_STREAM.rawValue | SOCK_NONBLOCK.rawValue | SOCK_CLOEXEC.rawValue), 0)
        guard descriptor >= 0 else { throw SystemError("socket") }
        do throws(SystemError) {
            if case .internet = address {
                try setOption(descriptor, SO_REUSEADDR)
                try setOption(descriptor, SO_REUSEPORT)
            }
            let bound = address.withSystemAddress { bind(descriptor, $0, $1) }
            guard bound == 0 else { throw SystemError("bind \(address)") }
            guard listen(descriptor, backlog) == 0 else { throw SystemError("listen") }
            return (descriptor, try boundAddress(descriptor, asked: address))
        } catch {
            close(descriptor)
            throw error
        }
    }

    private static func setOption(_ descriptor: Int32, _ option: Int32) throws(SystemError) {
        var one: Int32 = 1
        guard setsockopt(descriptor, SOL_SOCKET, option, &one, socklen_t(MemoryLayout<Int32>.size)) == 0 else {
            throw SystemError("setsockopt")
        }
    }

    private static func boundAddress(_ descriptor: Int32, asked: SocketAddress) throws(SystemError) -> SocketAddress {
        guard case .internet(let host, _, let isIPv6) = asked else { return asked }
        var storage = sockaddr_storage()
        var length = socklen_t(MemoryLayout<sockaddr_storage>.size)
        let result = withUnsafeMutablePointer(to: &storage) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { getsockname(descriptor, $0, &length) }
        }
        guard result == 0 else { throw SystemError("getsockname") }
        return .internet(host: host, port: PeerAddress.port(of: storage), isIPv6: isIPv6)
    }
}

/// Reads the addresses that the kernel reports.
enum PeerAddress {
    static func port(of storage: sockaddr_storage) -> UInt16 {
        withUnsafeBytes(of: storage) { bytes in
            // The port stands at the same place in both families.
            UInt16(bigEndian: bytes.loadUnaligned(fromByteOffset: 2, as: UInt16.self))
        }
    }

    /// Whether the peer is on this host.
    static func isLoopback(_ storage: sockaddr_storage) -> Bool {
        guard Int32(storage.ss_family) == AF_INET else { return false }
        // 127.0.0.0/8; the address follows family and port.
        return withUnsafeBytes(of: storage) { $0[4] == 127 }
    }

    /// The address without its port; `unknown` for a unix socket, as RFC 7239 has it.
    static func text(of storage: sockaddr_storage) -> ShortText<46> {
        var text = ShortText<46>()
        var characters = InlineArray<64, CChar>(repeating: 0)
        let family = Int32(storage.ss_family)
        let offset = family == AF_INET ? 4 : 8
        let isWritten = withUnsafeBytes(of: storage) { bytes in
            guard family == AF_INET || family == AF_INET6, let base = bytes.baseAddress else { return false }
            var span = characters.mutableSpan
            return span.withUnsafeMutableBufferPointer {
                inet_ntop(family, base + offset, $0.baseAddress, socklen_t($0.count)) != nil
            }
        }
        guard isWritten else {
            for byte in "unknown".utf8 { text.append(byte) }
            return text
        }
        for index in 0..<64 where characters[index] != 0 { text.append(UInt8(bitPattern: characters[index])) }
        return text
    }
}

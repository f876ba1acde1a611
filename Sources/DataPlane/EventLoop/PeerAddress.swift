import CEpoll
import Glibc

/// Reads the addresses that the kernel reports.
enum PeerAddress {
    /// The port that a socket is bound to.
    static func boundPort(of descriptor: Int32) -> UInt16? {
        var storage = sockaddr_storage()
        var length = socklen_t(MemoryLayout<sockaddr_storage>.size)
        let result = withUnsafeMutablePointer(to: &storage) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { getsockname(descriptor, $0, &length) }
        }
        return result == 0 ? port(of: storage) : nil
    }

    /// Takes a connection that waits at a listener; -1 and `errno` if there is none.
    static func accept(_ listener: Int32) -> (descriptor: Int32, address: sockaddr_storage) {
        var storage = sockaddr_storage()
        var length = socklen_t(MemoryLayout<sockaddr_storage>.size)
        let descriptor = withUnsafeMutablePointer(to: &storage) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { CEpollAccept(listener, $0, &length) }
        }
        return (descriptor, storage)
    }

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

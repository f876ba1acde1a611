import Foundation
import Glibc

/// A unix socket that already listens and is handed to a model server, which then need not bind anything itself.
///
/// It accepts from the first moment: what connects before the server is up waits in the queue and is answered then.
struct ListeningSocket: ~Copyable {
    let descriptor: Int32

    /// Longest path of a unix socket, without its terminating zero (unix(7)).
    static let pathLimit = 107

    static func listen(at url: URL, backlog: Int32 = 1024) throws(ComputeError) -> ListeningSocket {
        let path = url.path(percentEncoded: false)
        guard path.utf8.count <= pathLimit else {
            throw ComputeError(
                .unsupported, "the socket path \(path) exceeds \(pathLimit) bytes; choose a shorter socket directory")
        }
        let descriptor = socket(AF_UNIX, Int32(SOCK_STREAM.rawValue) | Int32(SOCK_CLOEXEC.rawValue), 0)
        guard descriptor >= 0 else { throw failure("open a socket") }
        let listening = ListeningSocket(descriptor: descriptor)
        unlink(path)
        var address = sockaddr_un()
        address.sun_family = sa_family_t(AF_UNIX)
        withUnsafeMutableBytes(of: &address.sun_path) { $0.copyBytes(from: path.utf8) }
        let size = socklen_t(MemoryLayout<sockaddr_un>.size)
        let bound = withUnsafePointer(to: &address) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { bind(descriptor, $0, size) }
        }
        guard bound == 0, chmod(path, 0o600) == 0, Glibc.listen(descriptor, backlog) == 0 else {
            throw failure("listen on \(path)")
        }
        return listening
    }

    private init(descriptor: Int32) {
        self.descriptor = descriptor
    }

    deinit {
        close(descriptor)
    }

    private static func failure(_ action: String) -> ComputeError {
        ComputeError(.exhausted, SpawnError(action, errno: errno).description)
    }
}

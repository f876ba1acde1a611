import Foundation
import Glibc

/// Writing to files, all of it.
enum FileWriting {
    /// - Throws: ``SystemError``, after which part may be written.
    static func write(_ data: Data, to descriptor: Int32) throws(SystemError) {
        let code: Int32 = data.withUnsafeBytes { bytes in
            var start = 0
            while start < bytes.count {
                let count = Glibc.write(descriptor, bytes.baseAddress.map { $0 + start }, bytes.count - start)
                if count < 0, errno == EINTR { continue }
                if count <= 0 { return errno }
                start += count
            }
            return 0
        }
        guard code == 0 else { throw SystemError("write", code: code) }
    }
}

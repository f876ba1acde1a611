import Foundation
import Glibc

/// A file in memory without a name (memfd_create(2)), to hand something to a child that no other process should see.
struct MemoryFile: ~Copyable {
    let descriptor: Int32

    private typealias Create = @convention(c) (UnsafePointer<CChar>, UInt32) -> Int32

    static func holding(_ data: Data) throws(SpawnError) -> MemoryFile {
        let file = MemoryFile(descriptor: try make())
        let descriptor = file.descriptor
        let isWhole = data.withUnsafeBytes { bytes in
            var done = 0
            while done < bytes.count {
                let count = write(descriptor, bytes.baseAddress.map { $0 + done }, bytes.count - done)
                guard count > 0 else { return false }
                done += count
            }
            return true
        }
        guard isWhole else { throw SpawnError("fill a file in memory", errno: errno) }
        return file
    }

    private init(descriptor: Int32) {
        self.descriptor = descriptor
    }

    private static func make() throws(SpawnError) -> Int32 {
        // Looked up by name: its header hides it from Swift (it asks for `_GNU_SOURCE`). 1 is MFD_CLOEXEC.
        guard let symbol = dlsym(nil, "memfd_create") else { throw SpawnError("make a file in memory", errno: ENOSYS) }
        let descriptor = unsafeBitCast(symbol, to: Create.self)("sluice", 1)
        guard descriptor >= 0 else { throw SpawnError("make a file in memory", errno: errno) }
        return descriptor
    }

    deinit {
        close(descriptor)
    }
}

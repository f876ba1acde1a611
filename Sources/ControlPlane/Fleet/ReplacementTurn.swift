import Foundation

/// Lets one router at a time be replaced by another version: the next one may go when its successor serves.
actor ReplacementTurn {
    private var holder: String?

    /// False while another place has the turn.
    func take(_ place: String) -> Bool {
        guard holder == nil || holder == place else { return false }
        holder = place
        return true
    }

    func giveBack(_ place: String) {
        if holder == place { holder = nil }
    }
}

/// A file by its place on its device: a path whose file was replaced names another one.
struct ExecutableFile: Equatable {
    private let device: UInt64
    private let inode: UInt64

    /// Nil for a file that can't be looked at.
    private init?(path: String) {
        var status = stat()
        guard stat(path, &status) == 0 else { return nil }
        device = UInt64(status.st_dev)
        inode = UInt64(status.st_ino)
    }

    /// Whether another file lies where the process' executable lay when it was started.
    static func isReplaced(ofProcess pid: Int32) -> Bool {
        let link = "/proc/\(pid)/exe"
        // A process that has ended runs nothing.
        guard let running = ExecutableFile(path: link),
            let named = try? FileManager.default.destinationOfSymbolicLink(atPath: link)
        else { return false }
        let path = named.hasSuffix(deletedMark) ? String(named.dropLast(deletedMark.count)) : named
        guard let present = ExecutableFile(path: path) else { return false }
        return present != running
    }

    /// What the kernel adds to the name of a file that is gone (proc(5)).
    private static let deletedMark = " (deleted)"
}

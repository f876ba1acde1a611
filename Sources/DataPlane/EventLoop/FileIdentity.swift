import CEpoll

/// Tells one state of a file from another, and one file from another at the same path.
struct FileIdentity: Equatable {
    private var state = CEpollFileState()

    /// What is at `path` now; `nil` if nothing is.
    init?(path: String) {
        guard CEpollLookAtFile(path, &state) == 0 else { return nil }
    }

    /// Whether both are the same file, whatever was written to it.
    func isSameFile(as other: FileIdentity) -> Bool {
        state.device == other.state.device && state.inode == other.state.inode
    }

    static func == (left: FileIdentity, right: FileIdentity) -> Bool {
        left.isSameFile(as: right) && left.state.size == right.state.size
            && left.state.modifiedNanoseconds == right.state.modifiedNanoseconds
    }
}

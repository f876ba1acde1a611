/// How many client connections a router may take.
enum ConnectionLimit {
    /// Those that leave enough files for replicas, pipes and everything else.
    static func connections(of files: Int) -> Int { max(16, files / 4 * 3 - 64) }
}

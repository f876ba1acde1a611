import Resources

/// What is needed to find a started replica again, also after a restart of its host's process; kept in the replica's folder.
struct ReplicaHandle: Sendable, Hashable, Codable {
    var id: ReplicaID
    /// Leader of the replica's process group.
    var pid: Int32
    /// Start time of `pid` in clock ticks since boot (field 22 of `/proc/{pid}/stat`): tells a reused id from the process.
    var startTicks: Int64
    /// `unix:/path/to/socket`: where routers reach it.
    var address: String
    /// Path of the model server that a scoring request goes to.
    var scoringPath: String

    init(_ id: ReplicaID, _ process: ProcessIdentity, address: String) {
        (self.id, pid, startTicks) = (id, process.pid, process.startTicks)
        (self.address, scoringPath) = (address, "/score")
    }

    var process: ProcessIdentity { ProcessIdentity(pid: pid, startTicks: startTicks) }
    var replicaAddress: ReplicaAddress { ReplicaAddress(address, scoringPath: scoringPath) }
}

/// What a host tells the coordinator of some replicas, of all of them at once.
struct LeaseReport: Codable, Equatable {
    struct Replica: Codable, Equatable {
        /// ``SlotName`` of the replica, as hexadecimal digits.
        var name: String
        var limit: Int
        /// Longest time of a request, in milliseconds.
        var timeoutMs: Int
        /// Slots that the host has.
        var held: [Int]
        /// How many of them are free.
        var idle: Int
        /// How many are in use, and given up as soon as they are not.
        var passing: Int
        /// Requests that wait on the host for this replica or another one of its deployment.
        var waiting: Int
    }

    var host: String
    /// Grows from one agent of a host to the next.
    var agent: UInt64
    /// Grows with every report of an agent, so that an older one that arrives late is known.
    var sequence: UInt64
    /// Generation of the table that the host serves.
    var generation: Int64
    /// The last router of the host ends, and leaves nothing behind.
    var isLeaving = false
    var replicas: [Replica]
}

/// What a coordinator answers. Only the response to an agent's last report counts.
struct LeaseReply: Codable, Equatable {
    struct Replica: Codable, Equatable {
        var name: String
        /// Slots that the host has from now on, beside those that it told.
        var granted: [Int]
        /// Slots that it is to give up, free ones at once and others when they are given back.
        var recalled: Int
    }

    var sequence: UInt64
    /// How long the leases last, from the moment on at which the host began to send its report.
    var ttlMs: Int
    var replicas: [Replica]
}

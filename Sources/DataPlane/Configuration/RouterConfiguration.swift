package import Configuration

/// What a router process is told at start.
package struct RouterConfiguration: Sendable {
    /// Where scoring requests arrive.
    package var listen: SocketAddress
    /// PEM files of the server's certificates and key; `nil` for connections without TLS.
    package var tls: TLSFiles?
    /// Where the control plane reaches the router; `nil` for none.
    package var control: SocketAddress?
    /// Secret that the control plane shows on a TCP control address.
    package var controlToken: String?
    /// A table to start with; it must be there and valid.
    package var table: String?
    /// Where the last table that was pushed is kept, and where a start without control plane finds it.
    package var savedTable: String?
    /// How long a pushed table is waited for before the saved one is served.
    package var savedTableWaitMs = 0
    /// Directory of the slot table that routers of this host share; `nil` for a table of its own.
    package var slots: String?
    /// This host among those that a table names, if routers of several hosts ask the same replicas; `nil` for one host.
    package var hostID: String?
    /// Secret that routers of several hosts show each other.
    package var hostToken: String?
    /// File that a line per request is appended to; `nil` for none.
    package var accessLog: String?
    /// One request in so many is written down.
    package var accessLogInterval = 1
    package var loopCount: Int
    package var routerID: String
    /// Longest time that requests get to finish after a drain was asked for.
    package var drainTimeoutMs: Int
    /// How long the router may serve an older table than another one of its host: as long as the control plane waits for
    /// an acknowledgement before it no longer counts on a router.
    package var outdatedLimitMs = 2_000
    package var loop: LoopSettings

    package init(listen: SocketAddress, loopCount: Int = 1, routerID: String = "router") {
        (self.listen, self.loopCount, self.routerID) = (listen, loopCount, routerID)
        drainTimeoutMs = 30_000
        loop = LoopSettings()
    }

    /// Reads and validates the settings.
    ///
    /// - Configuration keys:
    ///   - `listen` (string, required): `host:port` with a numeric address; port 0 for any free one.
    ///   - `tls.certificate`, `tls.key` (string, optional, both or none): PEM files; read again whenever they change.
    ///   - `control` (string, optional): `unix:/path` or `tcp:host:port`.
    ///   - `control.token` (string, secret; required with a TCP control address): bearer token of control requests.
    ///   - `table` (string, optional): file with a routing table to start with.
    ///   - `saved.table` (string, optional): file that keeps the last table that was pushed.
    ///   - `saved.table.wait.ms` (int, optional, default: 0; range: 0...600000): how long a pushed table is waited for
    ///     before the saved one is served.
    ///   - `slots` (string, optional): directory of the slot table that the routers of a host share, best on a memory
    ///     file system; without it this router keeps the limits of replicas for itself alone.
    ///   - `host.id` (string, optional): this host among those that the table names; needs `slots`.
    ///   - `host.token` (string, secret; required with `host.id`): bearer token that routers of several hosts show each other.
    ///   - `access.log` (string, optional): file that a JSON line per request is appended to.
    ///   - `access.log.interval` (int, optional, default: 1; range: 1...1000000): one request in so many is written down.
    ///   - `loops` (int, optional, default: number of cores, at most 2; range: 1...64): threads of the data path.
    ///   - `router.id` (string, optional, default: `router-` and the process id): name in status and reports.
    ///   - `drain.timeout.ms` (int, optional, default: 30000; range: 0...3600000): longest time to finish in.
    ///   - `head.size` (int, optional, default: 16384; range: 1024...65536): largest request head, in bytes.
    ///   - `head.fields` (int, optional, default: 100; range: 8...1000): most header fields.
    ///   - `target.size` (int, optional, default: 8192; range: 256...65536): longest request target, in bytes.
    ///   - `head.timeout.ms` (int, optional, default: 10000; range: 10...600000): longest time for a whole head to arrive.
    ///   - `idle.timeout.ms` (int, optional, default: 75000; range: 10...3600000): longest time between requests.
    ///   - `body.size` (int, optional, default: 1073741824; range: 0...): largest request body, in bytes.
    ///   - `connections` (int, optional, default: 20000; range: 1...1000000): most client connections;
    ///     fewer where the process may not open that many files.
    ///   - `replica.idle.connections` (int, optional, default: 256; range: 0...65536): most idle connections per loop and replica.
    ///   - `replica.idle.timeout.ms` (int, optional, default: 60000; range: 10...3600000): how long they are kept.
    ///
    /// - Throws: ``ConfigurationFault``, which names the key.
    package init(config: ConfigReader, coreCount: Int, processID: Int32) throws(ConfigurationFault) {
        guard let listen = config.string(forKey: "listen") else {
            throw ConfigurationFault(key: "listen", "is missing")
        }
        guard let address = SocketAddress(hostAndPort: listen) else {
            throw ConfigurationFault(key: "listen", "must be host:port with a numeric address")
        }
        self.listen = address
        switch (config.string(forKey: "tls.certificate"), config.string(forKey: "tls.key")) {
        case (let certificate?, let key?): tls = TLSFiles(certificate: certificate, key: key)
        case (nil, nil): tls = nil
        case (_?, nil): throw ConfigurationFault(key: "tls.key", "is required with tls.certificate")
        case (nil, _?): throw ConfigurationFault(key: "tls.certificate", "is required with tls.key")
        }
        if let text = config.string(forKey: "control") {
            guard let control = SocketAddress(text) else {
                throw ConfigurationFault(key: "control", "must be unix:/path or tcp:host:port")
            }
            self.control = control
        }
        controlToken = config.string(forKey: "control.token", isSecret: true)
        if case .internet = control, (controlToken ?? "").isEmpty {
            throw ConfigurationFault(key: "control.token", "is required with a TCP control address")
        }
        table = config.string(forKey: "table")
        savedTable = config.string(forKey: "saved.table")
        slots = config.string(forKey: "slots")
        hostID = config.string(forKey: "host.id")
        hostToken = config.string(forKey: "host.token", isSecret: true)
        if hostID != nil, (hostToken ?? "").isEmpty {
            throw ConfigurationFault(key: "host.token", "is required with host.id")
        }
        guard hostID == nil || slots != nil else { throw ConfigurationFault(key: "slots", "is required with host.id") }
        routerID = config.string(forKey: "router.id") ?? "router-\(processID)"
        accessLog = config.string(forKey: "access.log")
        let numbers = BoundedNumbers(config: config)
        accessLogInterval = try numbers.read("access.log.interval", default: 1, in: 1...1_000_000)
        loopCount = try numbers.read("loops", default: max(1, min(coreCount, 2)), in: 1...64)
        savedTableWaitMs = try numbers.read("saved.table.wait.ms", default: 0, in: 0...600_000)
        drainTimeoutMs = try numbers.read("drain.timeout.ms", default: 30_000, in: 0...3_600_000)
        loop = try LoopSettings(numbers: numbers)
        loop.waitsForTable = control != nil
    }
}

extension LoopSettings {
    /// Reads the keys that ``RouterConfiguration`` documents.
    init(numbers: BoundedNumbers) throws(ConfigurationFault) {
        self.init()
        head.headSize = try numbers.read("head.size", default: head.headSize, in: 1024...65_536)
        head.fieldCount = try numbers.read("head.fields", default: head.fieldCount, in: 8...1000)
        head.targetSize = try numbers.read("target.size", default: head.targetSize, in: 256...65_536)
        headTimeoutMs = try numbers.read("head.timeout.ms", default: headTimeoutMs, in: 10...600_000)
        idleTimeoutMs = try numbers.read("idle.timeout.ms", default: idleTimeoutMs, in: 10...3_600_000)
        maxBodySize = UInt64(try numbers.read("body.size", default: Int(maxBodySize), in: 0...Int.max))
        maxConnections = try numbers.read("connections", default: maxConnections, in: 1...1_000_000)
        idlePerReplica = try numbers.read("replica.idle.connections", default: idlePerReplica, in: 0...65_536)
        replicaIdleTimeoutMs = try numbers.read(
            "replica.idle.timeout.ms", default: replicaIdleTimeoutMs, in: 10...3_600_000)
    }
}

/// Reads whole numbers and checks their range.
struct BoundedNumbers {
    let config: ConfigReader

    func read(_ key: String, default standard: Int, in range: ClosedRange<Int>) throws(ConfigurationFault) -> Int {
        guard let text = config.string(forKey: ConfigKey(key)) else { return standard }
        guard let number = Int(text), range.contains(number) else {
            throw ConfigurationFault(key: key, "must be a number from \(range.lowerBound) to \(range.upperBound)")
        }
        return number
    }
}

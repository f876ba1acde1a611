/// What a replica is allowed: one value of its specification, which every compute backend translates into its own means.
package struct Confinement: Sendable, Hashable, Codable {
    /// What a replica may reach beside its own listening socket.
    package enum Network: String, Sendable, Hashable, Codable, CaseIterable {
        /// Whatever its host reaches.
        case open
        /// Nothing.
        case none
    }

    package var network: Network
    package var limits: Limits
    /// Whether everything but the replica's own folders is read-only.
    package var hasReadOnlyRoot: Bool

    package init(network: Network = .open, limits: Limits = Limits(), hasReadOnlyRoot: Bool = true) {
        (self.network, self.limits, self.hasReadOnlyRoot) = (network, limits, hasReadOnlyRoot)
    }

    /// What holds for a replica that nobody said more about: memory and CPU as its instance type has them.
    package init(_ resources: ResourceLimits) {
        self.init(limits: Limits(memoryBytes: resources.memoryBytes, cpuMillicores: resources.cpuMillicores))
    }

    /// Most that a replica may use. Every number is brought into its range, so that none can overflow later.
    package struct Limits: Sendable, Hashable, Codable {
        /// In bytes, 64 MiB to 1 PiB; 0 leaves it unlimited, which is the default.
        package let memoryBytes: Int64
        /// In thousandths of a core, 10 to 4 000 000; 0 leaves it unlimited, which is the default.
        package let cpuMillicores: Int
        /// Processes and threads together, 16 to 1 000 000. Default 4096.
        package let processes: Int
        /// Open files per process, 64 to 1 048 576. Default 65 536.
        package let openFiles: Int
        /// Files in the replica's own folders together, in bytes, 1 MiB to 1 PiB. Default 32 GiB, and never more
        /// than half of what is free when it starts.
        package let diskBytes: Int64

        package init(
            memoryBytes: Int64 = 0, cpuMillicores: Int = 0, processes: Int = 4_096, openFiles: Int = 65_536,
            diskBytes: Int64 = 32 << 30
        ) {
            self.memoryBytes = memoryBytes <= 0 ? 0 : Self.clamp(memoryBytes, 64 << 20, 1 << 50)
            self.cpuMillicores = cpuMillicores <= 0 ? 0 : Self.clamp(cpuMillicores, 10, 4_000_000)
            self.processes = Self.clamp(processes, 16, 1_000_000)
            self.openFiles = Self.clamp(openFiles, 64, 1 << 20)
            self.diskBytes = Self.clamp(diskBytes, 1 << 20, 1 << 50)
        }

        /// These limits on a host whose disk has so much room: no single replica may take more than half of it.
        package func within(disk freeBytes: Int64) -> Limits {
            Limits(
                memoryBytes: memoryBytes, cpuMillicores: cpuMillicores, processes: processes, openFiles: openFiles,
                diskBytes: min(diskBytes, freeBytes / 2))
        }

        /// Limits that an older version did not know have their defaults.
        package init(from decoder: any Decoder) throws {
            let values = try decoder.container(keyedBy: CodingKeys.self)
            let fallback = Limits()
            self.init(
                memoryBytes: try values.decodeIfPresent(Int64.self, forKey: .memoryBytes) ?? fallback.memoryBytes,
                cpuMillicores: try values.decodeIfPresent(Int.self, forKey: .cpuMillicores) ?? fallback.cpuMillicores,
                processes: try values.decodeIfPresent(Int.self, forKey: .processes) ?? fallback.processes,
                openFiles: try values.decodeIfPresent(Int.self, forKey: .openFiles) ?? fallback.openFiles,
                diskBytes: try values.decodeIfPresent(Int64.self, forKey: .diskBytes) ?? fallback.diskBytes)
        }

        private static func clamp<Value: Comparable>(_ value: Value, _ lowest: Value, _ highest: Value) -> Value {
            min(max(value, lowest), highest)
        }
    }
}

/// What a managed deployment's instance may use of its host, under the name that Azure sells it by.
package struct InstanceType: Sendable, Equatable {
    package var name: String
    package var cores: Int
    package var memoryGiB: Double
    package var gpus: Int
    /// Price of an hour, in the installation's currency; nil where none is set.
    package var hourlyPrice: Double?

    package init(name: String, cores: Int, memoryGiB: Double, gpus: Int = 0, hourlyPrice: Double? = nil) {
        (self.name, self.cores, self.memoryGiB) = (name, cores, memoryGiB)
        (self.gpus, self.hourlyPrice) = (gpus, hourlyPrice)
    }

    package var limits: ResourceLimits {
        ResourceLimits(cpu: Millicores(cores: cores), memory: ByteCount(gibibytes: memoryGiB))
    }
}

/// The instance types of an installation: Azure's sizes for online endpoints, and the user's own.
package struct InstanceTypeCatalog: Sendable {
    /// By lower-case name.
    private let types: [String: InstanceType]
    private let ordered: [InstanceType]

    /// The type of a deployment that names none.
    package static let defaultName = "Standard_DS3_v2"
    /// Names that an error lists.
    private static let listedNames = 8

    /// Own types come first and win over Azure's of the same name.
    package init(own: [InstanceType] = []) {
        ordered = own + InstanceType.azure
        types = Dictionary(ordered.map { ($0.name.lowercased(), $0) }) { first, _ in first }
    }

    /// Own types first; one that an own type replaces is left out.
    package var all: [InstanceType] {
        ordered.filter { types[$0.name.lowercased()] == $0 }
    }

    /// - Throws: `BadArgument` that names some of the known ones.
    package func find(_ name: String) throws(ARMError) -> InstanceType {
        if let type = types[name.lowercased()] { return type }
        let some = ordered.prefix(Self.listedNames).map(\.name).joined(separator: ", ")
        throw ARMError(
            .badArgument,
            "'\(name.prefix(100))' is not an instance type here; known are \(some) and \(ordered.count - Self.listedNames) "
                + "more, and those of the setting compute.instance-types")
    }

    /// Reads `name=cores/GiB` or `name=cores/GiB/GPUs`, with `@price` of an hour behind it or not; nil for anything else.
    package static func parse(_ text: String) -> InstanceType? {
        let (text, priceText) = text.splitOnce(at: "@")
        let price = priceText.map { Double($0) ?? -1 }
        if let price, !(0..<1_000_000).contains(price) { return nil }
        let parts = text.split(separator: "=", omittingEmptySubsequences: false)
        guard parts.count == 2, !parts[0].isEmpty, parts[0].count <= 100 else { return nil }
        let numbers = parts[1].split(separator: "/", omittingEmptySubsequences: false).map { Double($0) }
        guard (2...3).contains(numbers.count), let cores = numbers[0].flatMap({ Int(exactly: $0) }),
            (1...10_000).contains(cores), let memory = numbers[1], memory > 0, memory < 1_000_000
        else { return nil }
        var gpus = 0
        if numbers.count == 3 {
            guard let count = numbers[2].flatMap({ Int(exactly: $0) }), (0...GPUCount.most).contains(count) else {
                return nil
            }
            gpus = count
        }
        return InstanceType(name: String(parts[0]), cores: cores, memoryGiB: memory, gpus: gpus, hourlyPrice: price)
    }
}

extension String {
    /// What is before the first such character, and what is behind it; nil behind where there is none.
    fileprivate func splitOnce(at separator: Character) -> (String, String?) {
        guard let index = firstIndex(of: separator) else { return (self, nil) }
        return (String(self[..<index]), String(self[self.index(after: index)...]))
    }
}

extension InstanceType {
    /// Sizes that Azure lists for managed online endpoints, and the series that its samples use (learn.microsoft.com,
    /// "Managed online endpoints SKU list").
    static let azure: [InstanceType] =
        [
            InstanceType(name: "Standard_DS1_v2", cores: 1, memoryGiB: 3.5),
            InstanceType(name: "Standard_DS2_v2", cores: 2, memoryGiB: 7),
            InstanceType(name: "Standard_DS3_v2", cores: 4, memoryGiB: 14),
            InstanceType(name: "Standard_DS4_v2", cores: 8, memoryGiB: 28),
            InstanceType(name: "Standard_DS5_v2", cores: 16, memoryGiB: 56),
        ]
        + series(["F#s_v2"], cores: [2, 4, 8, 16, 32, 48, 64, 72], memoryPerCore: 2)
        + series(
            ["D#a_v4", "D#as_v4", "D#s_v3", "D#s_v4", "D#s_v5", "D#as_v5"], cores: [2, 4, 8, 16, 32, 48, 64, 96],
            memoryPerCore: 4)
        + series(["E#s_v3", "E#s_v4", "E#s_v5"], cores: [2, 4, 8, 16, 32, 48, 64], memoryPerCore: 8)
        + series(["FX#mds"], cores: [24, 36, 48], memoryPerCore: 21)
        + series(["NC#as_T4_v3"], cores: [4, 8, 16], memoryPerCore: 7, coresPerGPU: 16)
        + series(["NC#s_v2", "NC#s_v3"], cores: [6, 12, 24], memoryPerCore: 112 / 6.0, coresPerGPU: 6)
        + series(["NC#ads_A100_v4"], cores: [24, 48, 96], memoryPerCore: 220 / 24.0, coresPerGPU: 24)
        + series(["NC#ads_H100_v5"], cores: [40, 80], memoryPerCore: 8, coresPerGPU: 40)
        + [
            InstanceType(name: "Standard_NC64as_T4_v3", cores: 64, memoryGiB: 440, gpus: 4),
            InstanceType(name: "Standard_ND40rs_v2", cores: 40, memoryGiB: 672, gpus: 8),
            InstanceType(name: "Standard_ND96asr_v4", cores: 96, memoryGiB: 900, gpus: 8),
            InstanceType(name: "Standard_ND96amsr_A100_v4", cores: 96, memoryGiB: 1_900, gpus: 8),
            InstanceType(name: "Standard_ND96isr_H100_v5", cores: 96, memoryGiB: 1_900, gpus: 8),
        ]

    /// Sizes whose names hold the number of cores in place of `#`; every size of a series with GPUs has one at least.
    private static func series(
        _ patterns: [String], cores: [Int], memoryPerCore: Double, coresPerGPU: Int? = nil
    ) -> [InstanceType] {
        patterns.flatMap { pattern in
            cores.map { count in
                InstanceType(
                    name: "Standard_" + pattern.replacing("#", with: "\(count)"), cores: count,
                    memoryGiB: Double(count) * memoryPerCore, gpus: coresPerGPU.map { max(1, count / $0) } ?? 0)
            }
        }
    }
}

/// Which collections a scoring script may fill, as the package `azureml-ai-monitoring` reads it from the file that
/// `AZUREML_MDC_CONFIG_PATH` names.
///
/// Without the file, or with none but `request` and `response` in it, its `Collector` raises when it is made.
struct DataCollection: Sendable, Equatable, Encodable {
    struct Collection: Sendable, Equatable, Encodable {
        var enabled = true
        /// From 0 to 100.
        var sampleRatePercentage: Double
    }

    static let variable = "AZUREML_MDC_CONFIG_PATH"

    /// The package then writes to a logger, whose lines `server_start.py` keeps in the replica's folder. In its other mode
    /// it sends to a port of this host, where anybody may listen.
    var runMode = "local"
    var collections: [String: Collection]

    /// `rates` are from 0 to 1.
    init(_ rates: [String: Double]) {
        collections = rates.mapValues { rate in
            // Without the noise of binary fractions: 7, not 7.000000000000001.
            Collection(sampleRatePercentage: (rate * 1_000_000).rounded() / 10_000)
        }
    }
}

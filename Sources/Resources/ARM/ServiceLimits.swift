/// Limits that Azure documents and no quota raises (`surface.md` §6). What a subscription may raise is a setting
/// (``QuotaLimits``); limits of names are in ``ResourceName``.
package enum ServiceLimits {
    package static let instancesPerDeployment = 50
    package static let deploymentsPerEndpoint = 20
    /// Of endpoints that name the same attached compute.
    package static let endpointsPerCluster = 60
    package static let deploymentsPerCluster = 100
    package static let workspacesPerResourceGroup = 800
    /// Of models, and of data.
    package static let assetVersionsPerWorkspace = 10_000_000

    /// A request to a managed deployment; to one that serves a flow, or on Kubernetes.
    static let managedTimeoutMs = 1...180_000
    static let flowTimeoutMs = 1...300_000
    static let kubernetesTimeoutMs = 1...300_000
    /// What Azure answers a longer one: "The value should be less than 300" (azure-sdk-for-python#33660).
    static let probeTimeoutMs = 1_000...300_000

    static let tags = 50
    static let tagNameLength = 512
    static let tagValueLength = 256

    static let autoscaleProfiles = 1...20
    static let rulesPerProfile = 10
    static let cooldownMs = 60_000...604_800_000
    static let metricWindowMs = 300_000...43_200_000
    static let metricGrainMs = 60_000...43_200_000
}

import ControlPlane
import Resources

/// What a version of `Microsoft.MachineLearningServices` knows (`surface.md` §0). The previews that clients use know
/// more than the stable versions of their time.
extension APIVersion {
    var knowsMirrorTraffic: Bool { !["2022-05-01", "2022-10-01"].contains(description) }

    var knowsPublicNetworkAccess: Bool { description != "2022-05-01" }

    var knowsDataCollector: Bool {
        !["2022-02-01-preview", "2022-05-01", "2022-10-01", "2023-04-01", "2023-10-01"].contains(description)
    }
}

/// Fields that a caller's version can't express: a PUT leaves them as they are.
extension EndpointService.UnknownFields {
    init(in version: APIVersion) {
        self.init(
            mirrorTraffic: !version.knowsMirrorTraffic, publicNetworkAccess: !version.knowsPublicNetworkAccess)
    }
}

extension DeploymentService.UnknownFields {
    init(in version: APIVersion) {
        self.init(
            egressPublicNetworkAccess: !version.knowsPublicNetworkAccess, dataCollector: !version.knowsDataCollector)
    }
}

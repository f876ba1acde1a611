import ControlPlane
import Resources

/// What the shape of a response depends on beside the resource: the version that was asked for, and the address that
/// the caller reached us by.
protocol Rendering {
    var apiVersion: APIVersion { get }
    var baseURL: String { get }
}

extension APIRequestContext: Rendering {}
extension ProviderCall: Rendering {}

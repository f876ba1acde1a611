package import Postgres
package import Resources

/// A column that holds the raw value of an enumeration.
package protocol PostgresEnumeration: PostgresDecodable, RawRepresentable<String> {}

extension PostgresEnumeration {
    package init?(postgresText: String) {
        self.init(rawValue: postgresText)
    }
}

extension ProvisioningState: PostgresEnumeration {}
extension OperationState: PostgresEnumeration {}
extension OperationKind: PostgresEnumeration {}
extension ReplicaPhase: PostgresEnumeration {}
extension ReplicaDesire: PostgresEnumeration {}
extension AssetKind: PostgresEnumeration {}
extension ScalingReason: PostgresEnumeration {}
extension RoleAssignment.PrincipalType: PostgresEnumeration {}
extension TemplateDeploymentState: PostgresEnumeration {}
extension TemplateDeploymentMode: PostgresEnumeration {}
extension TemplateDeploymentStep.State: PostgresEnumeration {}

package import Foundation

/// An entry of the scaling ledger.
package struct ScalingRecord: Sendable, Equatable {
    package var id: UUID
    package var decidedAt: Date
    package var decision: ScalingDecision
    /// `utilization`, the id of an autoscale setting, or the caller who wrote the number.
    package var decidedBy: String

    package init(id: UUID, decidedAt: Date, decision: ScalingDecision, decidedBy: String) {
        (self.id, self.decidedAt) = (id, decidedAt)
        (self.decision, self.decidedBy) = (decision, decidedBy)
    }

    /// What stands in ``decidedBy`` for the utilization scaler.
    package static let utilizationScaler = "utilization"
}

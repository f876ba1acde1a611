import ControlPlane
import Resources

/// A region of a subscription.
struct LocationID {
    let subscription: String
    let name: String

    var description: String {
        "/subscriptions/\(subscription)/providers/Microsoft.MachineLearningServices/locations/\(name)"
    }
}

/// `Usage`; a limit of -1 is none.
struct UsageBody: Encodable {
    struct Name: Encodable {
        let value: String
        let localizedValue: String
    }

    let id: String
    let type = "Microsoft.MachineLearningServices/locations/usages"
    let unit = "Count"
    let currentValue: Int
    let limit: Int
    let name: Name

    init(_ usage: QuotaUsage, location: LocationID) {
        id = "\(location.description)/usages/\(usage.name)"
        currentValue = usage.current
        limit = usage.limit ?? -1
        name = Name(value: usage.name, localizedValue: usage.localizedName)
    }
}

/// `ResourceQuota`; a limit of -1 is none.
struct QuotaBody: Encodable {
    let id: String
    let amlWorkspaceLocation: String
    let type = "Microsoft.MachineLearningServices/locations/quotas"
    let name: UsageBody.Name
    let limit: Int
    let unit = "Count"

    init(_ usage: QuotaUsage, location: LocationID) {
        id = "\(location.description)/quotas/\(usage.name)"
        amlWorkspaceLocation = location.name
        name = UsageBody.Name(value: usage.name, localizedValue: usage.localizedName)
        limit = usage.limit ?? -1
    }
}

/// `VirtualMachineSize`: an instance type.
struct VirtualMachineSizeBody: Encodable {
    struct Prices: Encodable {
        struct Price: Encodable {
            let retailPrice: Double
            let osType = "Linux"
            let vmTier = "Standard"
        }

        let billingCurrency = "USD"
        let unitOfMeasure = "OneHour"
        let values: [Price]
    }

    let name: String
    let vCPUs: Int
    let gpus: Int
    let memoryGB: Double
    let lowPriorityCapable = false
    let premiumIO = false
    let supportedComputeTypes = ["OnlineDeployment"]
    let estimatedVMPrices: Prices?

    init(_ type: InstanceType) {
        name = type.name
        vCPUs = type.cores
        gpus = type.gpus
        memoryGB = type.memoryGiB
        estimatedVMPrices = type.hourlyPrice.map { Prices(values: [Prices.Price(retailPrice: $0)]) }
    }
}

/// `VirtualMachineSizeListResult`.
struct VirtualMachineSizesBody: Encodable {
    let value: [VirtualMachineSizeBody]
}

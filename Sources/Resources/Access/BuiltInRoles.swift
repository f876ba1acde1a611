import Foundation

extension RoleDefinition {
    private static let machineLearning = "Microsoft.MachineLearningServices"
    private static let blobs = "Microsoft.Storage/storageAccounts/blobServices"
    private static let vaults = "Microsoft.KeyVault/vaults"

    /// Azure's built-in roles that concern what is served, with Azure's own ids and lists. Some grant operations that are
    /// not served yet: scripts and policy checks read the lists in full. Key Vault Data Access Administrator is left out:
    /// its built-in condition, which limits the roles that it may assign, can't be evaluated here.
    package static let builtIn = general + inference + storage + vault

    package static let owner = general[0]
    package static let storageBlobDataOwner = storage[2]

    private static let general: [RoleDefinition] = [
        RoleDefinition(
            id("8e3af657-a8ff-443c-a75c-2fe8c4bcb635"), "Owner",
            "Grants full access to manage all resources, including the ability to assign roles in Azure RBAC.",
            actions: ["*"]),
        RoleDefinition(
            id("b24988ac-6180-42a0-ab88-20f7382dd24c"), "Contributor",
            "Grants full access to manage all resources, but does not allow you to assign roles in Azure RBAC, manage "
                + "assignments in Azure Blueprints, or share image galleries.",
            actions: ["*"],
            notActions: [
                "Microsoft.Authorization/*/Delete", "Microsoft.Authorization/*/Write",
                "Microsoft.Authorization/elevateAccess/Action", "Microsoft.Blueprint/blueprintAssignments/write",
                "Microsoft.Blueprint/blueprintAssignments/delete", "Microsoft.Compute/galleries/share/action",
            ]),
        RoleDefinition(
            id("acdd72a7-3385-48ef-bd42-f606fba81ae7"), "Reader",
            "View all resources, but does not allow you to make any changes.", actions: ["*/read"]),
        RoleDefinition(
            id("18d7d88d-d35e-4fb5-a5c3-7773c20a72d9"), "User Access Administrator",
            "Lets you manage user access to Azure resources.",
            actions: ["*/read", "Microsoft.Authorization/*", "Microsoft.Support/*"]),
        RoleDefinition(
            id("f58310d9-a9f6-439a-9e8d-f62e7b41a168"), "Role Based Access Control Administrator",
            "Manage access to Azure resources by assigning roles using Azure RBAC.",
            actions: [
                "Microsoft.Authorization/roleAssignments/write", "Microsoft.Authorization/roleAssignments/delete",
                "*/read", "Microsoft.Support/*",
            ]),
        RoleDefinition(
            id("43d0d8ad-25c7-4714-9337-8ba259a9fe05"), "Monitoring Reader", "Can read all monitoring data.",
            actions: ["*/read", "Microsoft.OperationalInsights/workspaces/search/action", "Microsoft.Support/*"]),
        RoleDefinition(
            id("f1a07417-d97a-45cb-824c-7a7467783830"), "Managed Identity Operator",
            "Read and Assign User Assigned Identity",
            actions: [
                "Microsoft.ManagedIdentity/userAssignedIdentities/*/read",
                "Microsoft.ManagedIdentity/userAssignedIdentities/*/assign/action", "Microsoft.Authorization/*/read",
                "Microsoft.Insights/alertRules/*", "Microsoft.Resources/subscriptions/resourceGroups/read",
                "Microsoft.Resources/deployments/*", "Microsoft.Support/*",
            ]),
        RoleDefinition(
            id("e40ec5ca-96e0-45a2-b4ff-59039f2c2b59"), "Managed Identity Contributor",
            "Create, Read, Update, and Delete User Assigned Identity",
            actions: [
                "Microsoft.ManagedIdentity/userAssignedIdentities/read",
                "Microsoft.ManagedIdentity/userAssignedIdentities/write",
                "Microsoft.ManagedIdentity/userAssignedIdentities/delete",
                "Microsoft.ManagedIdentity/userAssignedIdentities/federatedIdentityCredentials/*",
                "Microsoft.Authorization/*/read", "Microsoft.Insights/alertRules/*",
                "Microsoft.Resources/subscriptions/resourceGroups/read", "Microsoft.Resources/deployments/*",
                "Microsoft.Support/*",
            ]),
    ]

    private static let inference: [RoleDefinition] = [
        RoleDefinition(
            id("f6c7c914-8db3-469d-8ca1-694a8f32e121"), "AzureML Data Scientist",
            "Can perform all actions within an Azure Machine Learning workspace, except for creating or deleting compute "
                + "resources and modifying the workspace itself.",
            actions: [
                "\(machineLearning)/workspaces/*/read", "\(machineLearning)/workspaces/*/action",
                "\(machineLearning)/workspaces/*/delete", "\(machineLearning)/workspaces/*/write",
            ],
            notActions: [
                "\(machineLearning)/workspaces/delete", "\(machineLearning)/workspaces/write",
                "\(machineLearning)/workspaces/computes/*/write", "\(machineLearning)/workspaces/computes/*/delete",
                "\(machineLearning)/workspaces/computes/listKeys/action",
                "\(machineLearning)/workspaces/listKeys/action", "\(machineLearning)/workspaces/hubs/write",
                "\(machineLearning)/workspaces/hubs/delete", "\(machineLearning)/workspaces/featurestores/write",
                "\(machineLearning)/workspaces/featurestores/delete",
            ]),
        RoleDefinition(
            id("e503ece1-11d0-4e8e-8e2c-7a6c3bf38815"), "AzureML Compute Operator",
            "Can access and perform CRUD operations on Machine Learning Services managed compute resources (including "
                + "Notebook VMs).",
            actions: ["\(machineLearning)/workspaces/computes/*", "\(machineLearning)/workspaces/notebooks/vm/*"]),
        RoleDefinition(
            id("1823dd4f-9b8c-4ab6-ab4e-7397a3684615"), "AzureML Registry User",
            "Can perform all actions on Machine Learning Services Registry assets as well as get Registry resources.",
            actions: ["\(machineLearning)/registries/read", "\(machineLearning)/registries/assets/*"]),
        RoleDefinition(
            id("635dd51f-9968-44d3-b7fb-6d9a6bd613ae"), "AzureML Metrics Writer (preview)",
            "Lets you write metrics to AzureML workspace", actions: ["\(machineLearning)/workspaces/metrics/*/write"]),
        RoleDefinition(
            id("ea01e6af-a1c1-4350-9563-ad00f8c72ec5"), "Azure Machine Learning Workspace Connection Secrets Reader",
            "Can list workspace connection secrets",
            actions: [
                "\(machineLearning)/workspaces/connections/listsecrets/action",
                "\(machineLearning)/workspaces/metadata/secrets/read",
            ]),
        RoleDefinition(
            id("64702f94-c441-49e6-a78b-ef80e0188fee"), "Azure AI Developer",
            "Can perform all actions within an Azure AI resource besides managing the resource itself.",
            actions: [
                "\(machineLearning)/workspaces/*/read", "\(machineLearning)/workspaces/*/action",
                "\(machineLearning)/workspaces/*/delete", "\(machineLearning)/workspaces/*/write",
                "\(machineLearning)/locations/*/read", "Microsoft.Authorization/*/read",
                "Microsoft.Resources/deployments/*",
            ],
            notActions: [
                "\(machineLearning)/workspaces/delete", "\(machineLearning)/workspaces/write",
                "\(machineLearning)/workspaces/listKeys/action", "\(machineLearning)/workspaces/hubs/write",
                "\(machineLearning)/workspaces/hubs/delete", "\(machineLearning)/workspaces/featurestores/write",
                "\(machineLearning)/workspaces/featurestores/delete",
            ]),
        RoleDefinition(
            id("3afb7f49-54cb-416e-8c09-6dc049efa503"), "Azure AI Inference Deployment Operator",
            "Can perform all actions required to create a resource deployment within a resource group.",
            actions: [
                "Microsoft.Authorization/*/read", "Microsoft.Resources/deployments/*",
                "Microsoft.Insights/AutoscaleSettings/write",
            ]),
    ]

    private static let storage: [RoleDefinition] = [
        RoleDefinition(
            id("2a2b9908-6ea1-4ae2-8e65-a410df84e7d1"), "Storage Blob Data Reader",
            "Allows for read access to Azure Storage blob containers and data",
            actions: ["\(blobs)/containers/read", "\(blobs)/generateUserDelegationKey/action"],
            dataActions: ["\(blobs)/containers/blobs/read"]),
        RoleDefinition(
            id("ba92f5b4-2d11-453d-a403-e96b0029c9fe"), "Storage Blob Data Contributor",
            "Allows for read, write and delete access to Azure Storage blob containers and data",
            actions: [
                "\(blobs)/containers/delete", "\(blobs)/containers/read", "\(blobs)/containers/write",
                "\(blobs)/generateUserDelegationKey/action",
            ],
            dataActions: [
                "\(blobs)/containers/blobs/delete", "\(blobs)/containers/blobs/read",
                "\(blobs)/containers/blobs/write", "\(blobs)/containers/blobs/move/action",
                "\(blobs)/containers/blobs/add/action",
            ]),
        RoleDefinition(
            id("b7e6dc6d-f1e8-4753-8033-0f276bb0955b"), "Storage Blob Data Owner",
            "Allows for full access to Azure Storage blob containers and data, including assigning POSIX access control.",
            actions: ["\(blobs)/containers/*", "\(blobs)/generateUserDelegationKey/action"],
            dataActions: ["\(blobs)/containers/blobs/*"]),
        RoleDefinition(
            id("7f951dda-4ed3-4680-a7ca-43fe172d538d"), "AcrPull", "acr pull",
            actions: ["Microsoft.ContainerRegistry/registries/pull/read"]),
        RoleDefinition(
            id("8311e382-0749-4cb8-b61a-304f252e45ec"), "AcrPush", "acr push",
            actions: [
                "Microsoft.ContainerRegistry/registries/pull/read", "Microsoft.ContainerRegistry/registries/push/write",
            ]),
    ]

    private static let vaultReads = ["Microsoft.Authorization/*/read", "\(vaults)/*/read"]

    private static let vault: [RoleDefinition] = [
        RoleDefinition(
            id("00482a5a-887f-4fb3-b363-3b7fe8e74483"), "Key Vault Administrator",
            "Perform all data plane operations on a key vault and all objects in it, including certificates, keys, and "
                + "secrets.", actions: vaultReads, dataActions: ["\(vaults)/*"]),
        RoleDefinition(
            id("b86a8fe4-44ce-4948-aee5-eccb2c155cd7"), "Key Vault Secrets Officer",
            "Perform any action on the secrets of a key vault, except manage permissions.", actions: vaultReads,
            dataActions: ["\(vaults)/secrets/*"]),
        RoleDefinition(
            id("4633458b-17de-408a-b874-0445c86b69e6"), "Key Vault Secrets User", "Read secret contents.",
            dataActions: ["\(vaults)/secrets/getSecret/action", "\(vaults)/secrets/readMetadata/action"]),
        RoleDefinition(
            id("14b46e9e-c2b7-41b4-b07b-48a6ebf60603"), "Key Vault Crypto Officer",
            "Perform any action on the keys of a key vault, except manage permissions.", actions: vaultReads,
            dataActions: ["\(vaults)/keys/*", "\(vaults)/keyrotationpolicies/*"]),
        RoleDefinition(
            id("12338af0-0e69-4776-bea7-57ae8d297424"), "Key Vault Crypto User",
            "Perform cryptographic operations using keys.",
            dataActions: [
                "\(vaults)/keys/read", "\(vaults)/keys/update/action", "\(vaults)/keys/backup/action",
                "\(vaults)/keys/encrypt/action", "\(vaults)/keys/decrypt/action", "\(vaults)/keys/wrap/action",
                "\(vaults)/keys/unwrap/action", "\(vaults)/keys/sign/action", "\(vaults)/keys/verify/action",
            ]),
        RoleDefinition(
            id("e147488a-f6f5-4113-8e2d-b22465e65bf6"), "Key Vault Crypto Service Encryption User",
            "Read metadata of keys and perform wrap/unwrap operations.",
            dataActions: ["\(vaults)/keys/read", "\(vaults)/keys/wrap/action", "\(vaults)/keys/unwrap/action"]),
        RoleDefinition(
            id("21090545-7ca7-4776-b22c-e363652d74d2"), "Key Vault Reader",
            "Read metadata of key vaults and its certificates, keys, and secrets.", actions: vaultReads,
            dataActions: ["\(vaults)/*/read", "\(vaults)/secrets/readMetadata/action"]),
        RoleDefinition(
            id("f25e0fa2-a7c8-4377-a976-54943a77a395"), "Key Vault Contributor",
            "Manage key vaults, but does not allow you to assign roles in Azure RBAC, and does not allow you to access "
                + "secrets, keys, or certificates.",
            actions: [
                "Microsoft.Authorization/*/read", "\(vaults)/*", "Microsoft.Resources/deployments/*",
                "Microsoft.Resources/subscriptions/resourceGroups/read",
            ]),
    ]

    private static func id(_ text: String) -> UUID {
        guard let id = UUID(uuidString: text) else { preconditionFailure("\(text) is no UUID") }
        return id
    }
}

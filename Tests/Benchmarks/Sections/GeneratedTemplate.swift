/// Templates of 800 resources with a dozen expressions each, of one loop or written out.
enum GeneratedTemplate {
    static var loop: String {
        template([
            resource("copyIndex()", #""copy": {"name": "endpoints", "count": "[parameters('count')]"}, "#)
        ])
    }

    static var flat: String {
        template((0..<799).map { resource("\($0)", "") })
    }

    private static func template(_ resources: [String]) -> String {
        #"""
        {"$schema": "https://schema.management.azure.com/schemas/2019-04-01/deploymentTemplate.json#",
        "contentVersion": "1.0.0.0",
        "parameters": {"workspace": {"type": "string", "defaultValue": "main"}, "count": {"type": "int", "defaultValue": 799}},
        "variables": {"suffix": "[substring(uniqueString(resourceGroup().id), 0, 5)]", "modes": "[createArray('Key', 'AADToken')]"},
        "resources": [{"type": "Microsoft.MachineLearningServices/workspaces", "apiVersion": "2024-04-01",
        "name": "[parameters('workspace')]", "location": "[resourceGroup().location]", "properties": {}},
        \#(resources.joined(separator: ",\n"))],
        "outputs": {"first": {"type": "string", "value": "[concat(parameters('workspace'), '/', variables('suffix'))]"}}}
        """#
    }

    private static func resource(_ index: String, _ copy: String) -> String {
        #"""
        {\#(copy)"type": "Microsoft.MachineLearningServices/workspaces/onlineEndpoints", "apiVersion": "2024-04-01",
        "name": "[format('{0}/endpoint-{1}-{2}', parameters('workspace'), variables('suffix'), \#(index))]",
        "location": "[resourceGroup().location]", "kind": "Managed",
        "tags": {"index": "[string(\#(index))]", "owner": "[toLower('Team A')]", "hash": "[uniqueString(parameters('workspace'), string(\#(index)))]"},
        "identity": {"type": "[if(equals(mod(\#(index), 2), 0), 'SystemAssigned', 'None')]"},
        "properties": {"authMode": "[variables('modes')[mod(\#(index), 2)]]", "description": "[concat('endpoint ', \#(index), ' of ', parameters('workspace'))]",
        "properties": {"id": "[guid(subscription().id, string(\#(index)))]", "weight": "[add(mul(\#(index), 3), 1)]", "zone": "[padLeft(\#(index), 4, '0')]"}},
        "dependsOn": ["[resourceId('Microsoft.MachineLearningServices/workspaces', parameters('workspace'))]"]}
        """#
    }
}

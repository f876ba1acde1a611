"""ARM templates through the unmodified azure-mgmt-resource-deployments: what the language does to resources."""
import json
import time

import pytest
from azure.mgmt.resource.deployments import models
from azure.storage.blob import ContainerClient

from support import CODE, MODEL, Scorer
from templates import (
    DEPLOYMENTS, ENDPOINTS, ENVIRONMENTS, NAMESPACE, NESTED, SCHEMA, WORKSPACES, Deployer, chain, endpoint, environment,
    nested, outputs, resource, template)

STRING = {"type": "string"}


@pytest.fixture(scope="module")
def container(ml):
    """The container of the workspace's default datastore, as a client of the Blob service sees it."""
    store = ml.datastores.get_default(include_secrets=True)
    address = "%s://%s.blob.%s/%s?%s" % (
        store.protocol, store.account_name, store.endpoint, store.container_name, store.credentials.sas_token)
    with ContainerClient.from_container_url(address) as client:
        yield client


def upload(container, name, document):
    """Uploads a document and answers the address that the client tells for it, without a signature."""
    blob = container.upload_blob(name, json.dumps(document), overwrite=True)
    return blob.url.split("?")[0]


class TestParameters:
    def test_every_type_with_outputs_and_defaults(self, deployer):
        types = ["string", "int", "bool", "object", "array"]
        document = template(
            parameters={
                **{each: {"type": each} for each in types},
                "later": {"type": "string", "defaultValue": "[concat(parameters('string'), '-later')]"}},
            outputs={
                **{each: {"type": each, "value": "[parameters('%s')]" % each} for each in types},
                "later": {"type": "string", "value": "[parameters('later')]"}})
        given = {"string": "Grüße", "int": 7, "bool": True, "object": {"A": [1, {"b": None}]}, "array": ["x", 2]}
        done = deployer.create("types", document, given)
        assert outputs(done) == {**given, "later": "Grüße-later"}
        assert {name: each["type"] for name, each in done.parameters.items()} == {
            "string": "String", "int": "Int", "bool": "Bool", "object": "Object", "array": "Array", "later": "String"}
        assert done.provisioning_state == "Succeeded" and done.mode == "Incremental"
        assert done.duration.startswith("PT") and done.correlation_id and done.template_hash

    def test_names_are_found_in_any_case(self, deployer):
        document = template(
            parameters={"Name": STRING}, variables={"Twice": "[concat(Parameters('NAME'), parameters('name'))]"},
            outputs={"value": {"type": "String", "value": "[VARIABLES('twice')]"}})
        assert outputs(deployer.create("cases", document, {"name": "ab"})) == {"value": "abab"}

    def test_user_functions_and_lambdas(self, deployer):
        document = template(
            functions=[{"namespace": "my", "members": {"shout": {
                "parameters": [{"name": "text", "type": "string"}],
                "output": {"type": "string", "value": "[toUpper(parameters('text'))]"}}}}],
            outputs={"value": {"type": "array", "value":
                     "[map(filter(range(0, 5), lambda('n', equals(mod(lambdaVariables('n'), 2), 0))), "
                     "lambda('n', format('{0}-{1:D3}', my.shout('n'), lambdaVariables('n'))))]"}})
        assert outputs(deployer.create("functions", document)) == {"value": ["N-000", "N-002", "N-004"]}

    def test_secure_values_never_come_back(self, deployer, arm, sluice, settings):
        secrets = {"word": "swordfish-%d" % time.time_ns(), "object": {"key": "halibut-%d" % time.time_ns()}}
        inner = template(
            parameters={"word": {"type": "securestring"}},
            outputs={"word": {"type": "securestring", "value": "[parameters('word')]"}})
        document = template(
            nested("secure-inner", inner, properties={"parameters": {"word": {"value": "[parameters('word')]"}}}),
            parameters={"word": {"type": "securestring"}, "object": {"type": "secureObject"}},
            outputs={
                "word": {"type": "securestring", "value": "[parameters('word')]"},
                "object": {"type": "secureObject", "value": "[parameters('object')]"},
                "length": {"type": "int", "value": "[length(parameters('word'))]"}})
        done = deployer.create("secure", document, secrets)
        assert done.parameters == {"word": {"type": "SecureString"}, "object": {"type": "SecureObject"}}
        assert done.outputs["word"] == {"type": "SecureString"}
        assert done.outputs["length"]["value"] == len(secrets["word"])
        deployer.what_if("secure", document, secrets)
        refused = deployer.failure("secure", template(
            parameters={"word": {"type": "securestring", "allowedValues": ["a"]}}), {"word": secrets["word"]})

        words = {"params": {"api-version": "2021-04-01"}}
        path = "/subscriptions/%(SLUICE_SUBSCRIPTION_ID)s/resourceGroups/%(SLUICE_RESOURCE_GROUP)s/providers" \
            "/Microsoft.Resources/deployments" % settings
        texts = [str(refused), refused.response.text(), arm.get(path, **words).text]
        for name in "secure", "secure-inner":
            texts += [arm.get("%s/%s%s" % (path, name, part), **words).text for part in ("", "/operations")]
            texts.append(arm.post("%s/%s/exportTemplate" % (path, name), **words).text)
        texts += [file.read_text(errors="replace") for file in (sluice.data / "logs").iterdir()]
        for text in texts:
            assert "swordfish" not in text and "halibut" not in text


class TestResources:
    def test_copy_loops_of_resources_properties_variables_and_outputs(self, deployer, workspace, ml):
        identifier = "resourceId('%s', '%s', concat('loop-', copyIndex(1)), '1')" % (ENVIRONMENTS, workspace)
        document = template(
            resource(
                ENVIRONMENTS, "[concat('%s/loop-', copyIndex(1), '/1')]" % workspace,
                {"image": "[variables('images')[copyIndex()]]", "tags": "[variables('tags')]"},
                copy={"name": "environments", "count": "[parameters('count')]", "mode": "Serial", "batchSize": 2}),
            endpoint("%s/loop-end" % workspace, dependsOn=["environments"]),
            parameters={"count": {"type": "int"}},
            variables={
                "copy": [{
                    "name": "images", "count": 3, "input": "[format('mcr.microsoft.com/i:{0}', copyIndex('images'))]"}],
                "tags": {"a": "b"}},
            outputs={"ids": {"type": "array", "copy": {
                "count": "[parameters('count')]", "input": "[reference(%s).image]" % identifier}}})
        done = deployer.create("loops", document, {"count": 3})
        assert outputs(done)["ids"] == ["mcr.microsoft.com/i:%d" % number for number in range(3)]
        assert [ml.environments.get("loop-%d" % n, "1").tags for n in (1, 2, 3)] == [{"a": "b"}] * 3
        (waiting,) = [each for each in done.dependencies if each.resource_name.endswith("loop-end")]
        assert len(waiting.depends_on) == 3

    def test_loop_of_nothing(self, deployer, workspace):
        done = deployer.create("no-loops", template(
            environment("[concat('%s/never-', copyIndex(), '/1')]" % workspace, copy={"name": "none", "count": 0})))
        assert done.output_resources == []

    def test_conditions(self, deployer, workspace):
        document = template(
            environment("%s/when-true/1" % workspace, condition="[parameters('flag')]"),
            environment("%s/when-false/1" % workspace, condition="[not(parameters('flag'))]"),
            parameters={"flag": {"type": "bool"}},
            outputs={
                "shown": {"type": "string", "condition": "[parameters('flag')]", "value": "yes"},
                "hidden": {"type": "string", "condition": "[not(parameters('flag'))]", "value": "no"}})
        done = deployer.create("conditions", document, {"flag": True})
        assert [each.id.split("/")[-3] for each in done.output_resources] == ["when-true"]
        assert outputs(done) == {"shown": "yes"}

    def test_symbolic_names_with_definitions_and_existing_resources(self, deployer, workspace):
        document = {
            "$schema": SCHEMA, "contentVersion": "1.0.0.0", "languageVersion": "2.0",
            "definitions": {"wish": {"type": "object", "additionalProperties": False, "properties": {
                "version": {"type": "string", "minLength": 1}, "stage": {"type": "string", "nullable": True}}}},
            "parameters": {"wish": {"$ref": "#/definitions/wish"}},
            "resources": {
                "home": {"existing": True, "type": WORKSPACES, "apiVersion": "2024-04-01", "name": workspace},
                "base": environment("[concat('%s/symbolic/', parameters('wish').version)]" % workspace),
                "many": environment(
                    "[format('%s/symbolic-{0}/1', copyIndex())]" % workspace, dependsOn=["base"],
                    copy={"name": "many", "count": 2})},
            "outputs": {
                "image": {"type": "string", "value": "[reference('base').image]"},
                "place": {"type": "string", "value": "[reference('home', '2024-04-01', 'full').location]"},
                "count": {"type": "int", "value": "[length(references('many'))]"},
                "stage": {"type": "string", "nullable": True, "value": "[tryGet(parameters('wish'), 'stage')]"}}}
        done = deployer.create("symbolic", document, {"wish": {"version": "1"}})
        found = outputs(done)
        assert found["image"].startswith("mcr.microsoft.com/")
        assert (found["count"], found["place"]) == (2, "local")
        error = deployer.failure("symbolic", document, {"wish": {"version": "", "other": 1}})
        assert error.error.code == "InvalidTemplate"
        assert "version" in str(error) and "other" in str(error)

    def test_reference_and_list_keys(self, deployer, workspace, ml):
        identifier = "resourceId('%s', '%s', 'keyed')" % (ENDPOINTS, workspace)
        done = deployer.create("keys", template(
            endpoint("%s/keyed" % workspace),
            outputs={
                "uri": {"type": "string", "value": "[reference(%s).scoringUri]" % identifier},
                "name": {"type": "string", "value": "[reference(%s, '2024-04-01', 'Full').location]" % identifier},
                "key": {"type": "string", "value": "[listKeys(%s, '2024-04-01').primaryKey]" % identifier}}))
        assert outputs(done) == {
            "uri": ml.online_endpoints.get("keyed").scoring_uri, "name": "local",
            "key": ml.online_endpoints.get_keys("keyed").primary_key}

    def test_dependencies_are_the_order_of_the_operations(self, deployer, workspace):
        names = ["third", "first", "second"]
        done = deployer.create("ordered", template(
            endpoint("%s/third" % workspace, tags={
                "uri": "[reference(resourceId('%s', '%s', 'second')).scoringUri]" % (ENDPOINTS, workspace)}),
            endpoint("%s/first" % workspace),
            endpoint("%s/second" % workspace, dependsOn=[
                "[resourceId('%s', '%s', 'first')]" % (ENDPOINTS, workspace)])))
        ends = {
            each.properties.target_resource.resource_name.split("/")[1]: each.properties.timestamp
            for each in deployer.operations("ordered") if each.properties.target_resource}
        assert sorted(names, key=ends.get) == ["first", "second", "third"]
        waits = {each.resource_name.split("/")[1]: [other.resource_name.split("/")[1] for other in each.depends_on]
                 for each in done.dependencies}
        assert waits == {"third": ["second"], "second": ["first"]}


class TestNestedDeployments:
    def test_inner_scope_has_parameters_and_outputs_of_its_own(self, deployer, workspace):
        inner = template(
            environment("[concat('%s/', parameters('name'), '/1')]" % workspace), parameters={"name": STRING},
            outputs={"image": {"type": "string", "value":
                     "[reference(resourceId('%s', '%s', parameters('name'), '1')).image]" % (ENVIRONMENTS, workspace)}})
        done = deployer.create("outside", template(
            nested("inside", inner, properties={"parameters": {"name": {"value": "[parameters('name')]"}}}),
            parameters={"name": {"type": "string", "defaultValue": "nested-inner"}},
            outputs={"image": {"type": "string", "value": "[reference('inside').outputs.image.value]"}}))
        assert outputs(done)["image"].startswith("mcr.microsoft.com/")
        child = deployer.client.deployments.get(deployer.group, "inside").properties
        assert child.correlation_id == done.correlation_id
        assert child.parameters["name"]["value"] == "nested-inner"
        assert NESTED in [each.properties.target_resource.resource_type for each in deployer.operations("outside")
                          if each.properties.target_resource]

    def test_outer_scope_reads_the_parents_variables(self, deployer, workspace, ml):
        inner = template(environment("[variables('name')]"), variables={"name": "of the child, and not used"})
        deployer.create("around", template(
            nested("within", inner, scope="outer"), variables={"name": "%s/nested-outer/1" % workspace}))
        assert ml.environments.get("nested-outer", "1").image

    def test_linked_templates_and_parameters(self, deployer, workspace, container, ml):
        upload(container, "linked/parts/child.json", template(
            environment("[concat('%s/', parameters('name'), '/1')]" % workspace), parameters={"name": STRING},
            outputs={"name": {"type": "string", "value": "[parameters('name')]"}}))
        parent = upload(container, "linked/main.json", template(
            {"type": NESTED, "apiVersion": "2021-04-01", "name": "linked-child", "properties": {
                "mode": "Incremental",
                "templateLink": {"relativePath": "parts/child.json", "contentVersion": "1.0.0.0"},
                "parameters": {"name": {"value": "[parameters('name')]"}}}},
            parameters={"name": STRING},
            outputs={"name": {"type": "string", "value": "[reference('linked-child').outputs.name.value]"}}))
        values = upload(container, "linked/values.json", {"parameters": {"name": {"value": "linked"}}})
        done = deployer.create(
            "linked", None, template_link={"uri": parent}, parameters_link={"uri": values})
        assert outputs(done) == {"name": "linked"}
        assert done.template_link.uri == parent
        assert ml.environments.get("linked", "1").image

    def test_signatures_of_links_are_not_shown(self, deployer, container):
        address = upload(container, "linked/signed.json", template())
        for link in (
            models.TemplateLink(uri=address + "?sig=swordfish"),
            models.TemplateLink(uri=address, query_string="sig=swordfish"),
        ):
            done = deployer.create("signed", None, template_link=link)
            assert (done.template_link.uri, done.template_link.query_string) == (address, None)

    def test_links_that_lead_nowhere(self, deployer, container):
        address = upload(container, "linked/other.json", template())
        error = deployer.failure("astray", None, template_link={"uri": address.replace("other", "absent")})
        assert error.error.code == "InvalidContentLink" and "absent.json" in str(error)
        error = deployer.failure("astray", None, template_link=models.TemplateLink(
            uri=address, content_version="9.9.9.9"))
        assert error.error.code == "InvalidContentLink" and "9.9.9.9" in str(error)
        error = deployer.failure("astray", None, template_link={"uri": "https://example.org/template.json"})
        assert error.error.code == "InvalidContentLink" and "example.org" in str(error)


class TestEndpointInOneTemplate:
    """Model, code, endpoint, deployment and traffic at once, then again, then changed."""

    @pytest.fixture(scope="class")
    def document(self, container, environment, workspace):
        for folder, kind in (CODE, "code"), (MODEL, "model"):
            for file in folder.iterdir():
                if file.is_file():
                    container.upload_blob("one/%s/%s" % (kind, file.name), file.read_bytes(), overwrite=True)
        place = "azureml://datastores/workspaceblobstore/paths/one/"
        versions = WORKSPACES + "/%s/versions"
        return template(
            resource(versions % "codes", "%s/one/1" % workspace, {"codeUri": place + "code"}),
            resource(versions % "models", "%s/one/1" % workspace, {"modelUri": place + "model"}),
            endpoint("%s/one" % workspace, {"traffic": {"blue": 100}}),
            resource(
                DEPLOYMENTS, "%s/one/blue" % workspace, {
                    "endpointComputeType": "Managed", "instanceType": "Standard_DS3_v2", "model": "azureml:one:1",
                    "environmentId": environment, "environmentVariables": {"LABEL": "[parameters('label')]"},
                    "codeConfiguration": {"codeId": "azureml:one:1", "scoringScript": "score.py"}},
                location="local", sku={"name": "Default", "capacity": 1},
                dependsOn=["[resourceId('%s', '%s', 'one')]" % (ENDPOINTS, workspace)]),
            parameters={"label": {"type": "string", "defaultValue": "blue"}},
            outputs={"uri": {"type": "string", "value":
                     "[reference(resourceId('%s', '%s', 'one')).scoringUri]" % (ENDPOINTS, workspace)}})

    @pytest.fixture(scope="class")
    def deployed(self, deployer, document):
        before = deployer.what_if("one", document)
        assert before["one/blue"].change_type == "Create"
        return deployer.create("one", document)

    @pytest.fixture
    def etags(self, arm, workspace_path):
        return lambda: [
            arm.get(workspace_path + part).headers["ETag"]
            for part in ("/onlineEndpoints/one", "/onlineEndpoints/one/deployments/blue")]

    def test_it_scores(self, deployed, ml):
        answer = Scorer(ml, "one")({"values": [4]})
        assert (answer.status_code, answer.json()) == (200, {"label": "blue", "values": [8]})
        assert outputs(deployed) == {"uri": ml.online_endpoints.get("one").scoring_uri}
        assert ml.online_endpoints.get("one").traffic == {"blue": 100}

    def test_once_more_changes_nothing_at_once(self, deployer, document, deployed, etags):
        before = etags()
        assert {each.change_type for each in deployer.what_if("one", document).values()} == {"NoChange", "Ignore"}
        began = time.monotonic()
        assert outputs(deployer.create("one", document)) == outputs(deployed)
        assert time.monotonic() - began < 1
        assert etags() == before

    def test_what_if_tells_a_change_and_changes_nothing(self, deployer, document, deployed, etags):
        before = etags()
        change = deployer.what_if("one", document, {"label": "green"})["one/blue"]
        assert change.change_type == "Modify"
        (delta,) = change.delta
        assert (delta.path, delta.property_change_type, delta.before, delta.after) == (
            "properties.environmentVariables.LABEL", "Modify", "blue", "green")
        assert change.before["properties"]["environmentVariables"] == {"LABEL": "blue"}
        bare = deployer.what_if("one", document, {"label": "green"}, result_format="ResourceIdOnly")["one/blue"]
        assert (bare.change_type, bare.before, bare.after, bare.delta) == ("Modify", None, None, None)
        assert etags() == before

    def test_what_if_tells_members_that_come_and_go(self, deployer, document, deployed):
        changed = json.loads(json.dumps(document))
        house, home = changed["resources"][-2:]
        house["tags"], house["properties"]["traffic"] = {"stage": "two"}, {"blue": 0}
        del home["properties"]["environmentVariables"]
        changes = deployer.what_if("one", changed)
        assert {(each.path, each.property_change_type, each.before, each.after) for each in changes["one"].delta} == {
            ("tags.stage", "Create", None, "two"), ("properties.traffic.blue", "Modify", 100, 0)}
        assert {(each.path, each.property_change_type, each.before) for each in changes["one/blue"].delta} == {
            ("properties.environmentVariables.LABEL", "Delete", "blue")}

    def test_a_change_is_made(self, deployer, document, deployed, ml):
        deployer.create("one", document, {"label": "green"})
        assert Scorer(ml, "one")({"values": [4]}).json()["label"] == "green"


class TestCompleteMode:
    @pytest.fixture(scope="class")
    def group(self, arm_clients):
        clients = arm_clients[1].resource_groups
        clients.create_or_update("complete", {"location": "local"})
        yield "complete"
        clients.begin_delete("complete").wait(60)

    def test_what_is_not_named_is_deleted_after_what_if_said_so(self, arm_clients, group):
        deployer = Deployer(arm_clients[0], group)
        home = resource(WORKSPACES, "home", location="local")
        kept, gone = (endpoint("home/%s" % name, dependsOn=["home"]) for name in ("kept", "gone"))
        record = environment("home/record/1", dependsOn=["home"])
        deployer.create("both", template(home, kept, gone, record))

        rest = template(home, kept, endpoint("home/off", condition=False, dependsOn=["home"]))
        assert deployer.what_if("rest", rest)["gone"].change_type == "Ignore"
        predicted = deployer.what_if("rest", rest, mode="Complete")
        assert {name: each.change_type for name, each in predicted.items()} == {
            "home": "NoChange", "kept": "NoChange", "gone": "Delete"}
        assert predicted["gone"].before["name"] == "gone"

        deployer.create("rest", rest, mode="Complete")
        left = [each.name for each in arm_clients[1].resources.list_by_resource_group(group)]
        assert sorted(left) == ["home", "kept"]
        # Assets are no resources of their group: they stay.
        assert arm_clients[1].resources.check_existence_by_id(
            "/subscriptions/%s/resourceGroups/%s/providers/%s/workspaces/home/environments/record/versions/1" % (
                deployer.client._config.subscription_id, group, NAMESPACE), api_version="2024-04-01")
        assert "DeploymentCleanup" in [each.properties.provisioning_operation for each in deployer.operations("rest")]

    def test_not_for_nested_deployments(self, deployer):
        document = template(nested("inner-complete", template()))
        document["resources"][0]["properties"]["mode"] = "Complete"
        assert chain(deployer.failure("outer-complete", document).error)[0] == "InvalidTemplate"

import base64
import json

import pytest
import requests
from azure.core.exceptions import ClientAuthenticationError
from azure.identity import ClientSecretCredential, DefaultAzureCredential


def claims(token):
    payload = token.split(".")[1]
    return json.loads(base64.urlsafe_b64decode(payload + "=" * (-len(payload) % 4)))


def secret_credential(variables, secret=None):
    return ClientSecretCredential(
        variables["SLUICE_TENANT_ID"], variables["SLUICE_CLIENT_ID"], secret or variables["SLUICE_CLIENT_SECRET"],
        authority=variables["SLUICE_URL"], disable_instance_discovery=True)


@pytest.mark.parametrize("version", ["2019-05-01", "2022-09-01"])
def test_cloud_metadata_names_this_server_without_a_token(url, version):
    answer = requests.get(url + "/metadata/endpoints", params={"api-version": version}, timeout=10)
    assert answer.status_code == 200
    body = answer.json()
    assert isinstance(body, list) == (version == "2019-05-01")
    cloud = body if isinstance(body, dict) else body[0]
    assert cloud["resourceManager"].rstrip("/") == url
    assert cloud["authentication"]["loginEndpoint"].startswith(url)
    assert cloud["portal"] and cloud["suffixes"]["storage"]
    assert cloud["name"] not in ("AzureCloud", "AzureChinaCloud", "AzureUSGovernment")


def test_default_credential_needs_only_the_variables_of_sluice_env(settings, url):
    assert settings["AZURE_TENANT_ID"] == "adfs"
    token = DefaultAzureCredential().get_token(url + "/.default")
    assert claims(token.token)["aud"].rstrip("/") == url


def test_client_secret_with_the_tenants_own_id(settings, url):
    token = secret_credential(settings).get_token(url + "/.default")
    assert claims(token.token)["tid"] == settings["SLUICE_TENANT_ID"]


@pytest.mark.parametrize("audience", ["https://ml.azure.com", "https://storage.azure.com"])
def test_audience_is_the_scope_without_default(credential, audience):
    assert claims(credential.get_token(audience + "/.default").token)["aud"] == audience


def test_wrong_secret_is_refused(settings, url):
    with pytest.raises(ClientAuthenticationError, match="AADSTS7000215: Invalid client secret"):
        secret_credential(settings, secret="not-the-secret").get_token(url + "/.default")


def test_request_without_a_token_is_unauthorized(url, workspace_path):
    answer = requests.get(url + workspace_path, params={"api-version": "2024-04-01"}, timeout=10)
    assert answer.status_code == 401
    assert answer.headers["WWW-Authenticate"].startswith("Bearer")
    assert answer.json()["error"]["code"]


def test_an_unknown_tenant_is_none(settings, url):
    with pytest.raises(ClientAuthenticationError, match="tenant name or GUID"):
        secret_credential(dict(settings, SLUICE_TENANT_ID="0b7d3c9e-7c0e-4d9c-8f6e-2f6f6f0a0b0c")).get_token(
            url + "/.default")


def test_a_token_for_scoring_opens_no_management_call(arm, workspace_path, credential):
    token = credential.get_token("https://ml.azure.com/.default").token
    assert arm.get(workspace_path, headers={"Authorization": "Bearer " + token}).status_code == 401


def test_forged_token_is_unauthorized(arm, workspace_path, credential, url):
    head, payload, signature = credential.get_token(url + "/.default").token.split(".")
    forged = ".".join([head, payload, signature[:-8] + "AAAAAAAA"])
    assert arm.get(workspace_path, headers={"Authorization": "Bearer " + forged}).status_code == 401


def test_token_for_another_audience_is_unauthorized(arm, workspace_path, credential):
    token = credential.get_token("https://storage.azure.com/.default").token
    assert arm.get(workspace_path, headers={"Authorization": "Bearer " + token}).status_code == 401


@pytest.fixture
def principal(sluice, tmp_path):
    path = tmp_path / "ci-credentials.json"
    sluice.administer("principal", "create", "ci", "--file", str(path), "--role", "Reader")
    assert path.stat().st_mode & 0o077 == 0
    return path, sluice.variables(path)


def test_created_principal_works_until_it_is_disabled(sluice, principal, client_of, settings):
    _, variables = principal
    assert variables["SLUICE_URL"] == settings["SLUICE_URL"]
    client = client_of(secret_credential(variables))
    assert client.workspaces.get(settings["SLUICE_WORKSPACE"]).name == settings["SLUICE_WORKSPACE"]

    sluice.administer("principal", "disable", variables["SLUICE_CLIENT_ID"])
    # The token that it has opens nothing any more.
    with pytest.raises(ClientAuthenticationError):
        client.workspaces.get(settings["SLUICE_WORKSPACE"])
    with pytest.raises(ClientAuthenticationError, match="AADSTS700016"):
        secret_credential(variables).get_token(variables["SLUICE_URL"] + "/.default")

    sluice.administer("principal", "enable", variables["SLUICE_CLIENT_ID"])
    assert secret_credential(variables).get_token(variables["SLUICE_URL"] + "/.default").token


def test_env_finds_the_installation_of_the_data_directory(sluice):
    assert sluice.variables_of_data_directory() == sluice.variables()

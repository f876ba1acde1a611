"""Who may read and write blobs: signatures, keys, tokens."""
import base64
import datetime
import json
import urllib.parse
import uuid

import pytest
import requests
from azure.core.exceptions import ClientAuthenticationError, HttpResponseError
from azure.storage.blob import BlobClient, BlobSasPermissions, BlobServiceClient, ContainerClient, generate_blob_sas

from .storage import code_of


class TestSignatures:
    def test_signature_opens_its_container(self, signed_container):
        signed_container.upload_blob("signed/file", b"x", overwrite=True)
        assert signed_container.download_blob("signed/file").readall() == b"x"
        assert "signed/file" in signed_container.list_blob_names(name_starts_with="signed/")

    def test_signature_of_one_container_does_not_open_another(self, service, account, signature, container):
        container.upload_blob("file", b"secret")
        intruder = ContainerClient.from_container_url(
            "%s/%s?%s" % (account, container.container_name, signature))
        for attempt in (
                lambda: intruder.download_blob("file"), lambda: list(intruder.list_blobs()),
                lambda: intruder.upload_blob("other", b"x"), lambda: intruder.delete_blob("file")):
            with pytest.raises(HttpResponseError) as caught:
                attempt()
            assert caught.value.status_code == 403

    @pytest.mark.parametrize("change", [
        {"sig": "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA="},
        {"se": "2099-01-01T00:00:00Z"},
        {"se": "2020-01-01T00:00:00Z"},
        {"sp": "rwdlacup"},
    ], ids=["signature", "later-expiry", "expired", "more-permissions"])
    def test_changed_signature_is_refused(self, signed_container, signature, change):
        fields = dict(urllib.parse.parse_qsl(signature))
        fields.update(change)
        address = signed_container.url.split("?")[0] + "?" + urllib.parse.urlencode(fields)
        with pytest.raises(ClientAuthenticationError) as caught:
            list(ContainerClient.from_container_url(address).list_blobs())
        assert (caught.value.status_code, code_of(caught)) == (403, "AuthenticationFailed")

    def test_no_credentials_at_all(self, container):
        answer = requests.get(container.url + "/file", timeout=30)
        assert answer.status_code in (401, 403)
        assert answer.headers["x-ms-error-code"]
        answer = requests.put(
            container.url + "/file", data=b"x", headers={"x-ms-blob-type": "BlockBlob"}, timeout=30)
        assert answer.status_code in (401, 403)

    def test_token_for_another_audience_is_refused(self, container, credential):
        token = credential.get_token("https://ml.azure.com/.default").token
        answer = requests.get(container.url + "/file", headers={"Authorization": "Bearer " + token}, timeout=30)
        assert answer.status_code in (401, 403)


class TestAccountKey:
    """As the operator, who reads the account's key in the data directory."""

    @pytest.fixture(scope="class")
    def key(self, sluice):
        return json.loads((sluice.data / "installation.json").read_text())["storageKey"]

    @pytest.mark.parametrize("name", ["plain.txt", "with space, % & + #/ünï.txt"])
    def test_shared_key_opens_the_account(self, url, key, name):
        with BlobServiceClient(url + "/sluice", credential={"account_name": "sluice", "account_key": key}) as service:
            with service.create_container("keyed-" + uuid.uuid4().hex) as container:
                container.upload_blob(name, b"content", metadata={"a": "1"})
                assert container.get_blob_client(name).download_blob().readall() == b"content"
                assert [blob.name for blob in container.list_blobs(include=["metadata"])] == [name]
                container.delete_container()

    def test_wrong_shared_key_is_refused(self, url):
        wrong = base64.b64encode(b"k" * 64).decode()
        with BlobServiceClient(url + "/sluice", credential={"account_name": "sluice", "account_key": wrong}) as service:
            with pytest.raises(HttpResponseError) as caught:
                list(service.list_containers())
        assert (caught.value.status_code, code_of(caught)) == (403, "AuthenticationFailed")

    @pytest.mark.parametrize("minutes, opens", [(5, True), (-5, False)])
    def test_signature_made_by_the_client_holds_until_it_expires(self, url, key, container, minutes, opens):
        container.upload_blob("a.txt", b"content")
        signature = generate_blob_sas(
            "sluice", container.container_name, "a.txt", account_key=key, permission=BlobSasPermissions(read=True),
            expiry=datetime.datetime.now(datetime.timezone.utc) + datetime.timedelta(minutes=minutes))
        address = "%s/sluice/%s/a.txt?%s" % (url, container.container_name, signature)
        with BlobClient.from_blob_url(address) as blob:
            if opens:
                assert blob.download_blob().readall() == b"content"
                return
            with pytest.raises(HttpResponseError) as caught:
                blob.download_blob()
        assert caught.value.status_code == 403

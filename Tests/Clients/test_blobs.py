import base64
import datetime
import http.client
import json
import os
import ssl
import urllib.parse
import uuid

import pytest
import requests
from azure.core import MatchConditions
from azure.core.exceptions import (
    ClientAuthenticationError, HttpResponseError, ResourceExistsError, ResourceModifiedError, ResourceNotFoundError)
from azure.storage.blob import (
    BlobBlock, BlobClient, BlobPrefix, BlobSasPermissions, BlobServiceClient, ContainerClient, ContentSettings,
    generate_blob_sas)

BLOCK = 64 * 1024


@pytest.fixture(scope="module")
def account(ml):
    datastore = ml.datastores.get_default()
    return "https://%s.blob.%s" % (datastore.account_name, datastore.endpoint)


@pytest.fixture(scope="module")
def signature(ml):
    return ml.datastores.get_default(include_secrets=True).credentials.sas_token.lstrip("?")


@pytest.fixture(scope="module")
def service(account, credential):
    """The account with a token; uploads over 64 KiB go in blocks, four at a time."""
    with BlobServiceClient(
            account, credential=credential, max_single_put_size=BLOCK, max_block_size=BLOCK,
            max_single_get_size=BLOCK, max_chunk_get_size=BLOCK) as service:
        yield service


@pytest.fixture(scope="module")
def signed_container(ml, account, signature):
    """The default datastore's container with its SAS."""
    name = ml.datastores.get_default().container_name
    with ContainerClient.from_container_url("%s/%s?%s" % (account, name, signature)) as container:
        yield container


@pytest.fixture
def container(service):
    """A container of its own for each test, opened with a token."""
    client = service.create_container("test-" + uuid.uuid4().hex)
    yield client
    client.delete_container()


def code_of(caught):
    return str(getattr(caught.value.error_code, "value", caught.value.error_code))


class TestContent:
    @pytest.mark.parametrize("size", [0, 1, BLOCK, BLOCK + 1, 10 * BLOCK + 7])
    def test_upload_and_download_of_any_size(self, container, size):
        content = os.urandom(size)
        container.upload_blob("file.bin", content, max_concurrency=4)
        assert container.download_blob("file.bin", max_concurrency=4).readall() == content
        properties = container.get_blob_client("file.bin").get_blob_properties()
        assert (properties.size, properties.blob_type) == (size, "BlockBlob")

    def test_large_upload_really_went_in_blocks(self, container):
        blob = container.upload_blob("file.bin", os.urandom(3 * BLOCK + 1), max_concurrency=4)
        committed, uncommitted = blob.get_block_list("all")
        assert [block.size for block in committed] == [BLOCK, BLOCK, BLOCK, 1]
        assert uncommitted == []

    def test_stream_of_unknown_length(self, container):
        parts = [os.urandom(50000) for _ in range(5)]
        container.upload_blob("streamed", iter(parts))
        assert container.download_blob("streamed").readall() == b"".join(parts)

    def test_ranges(self, container):
        content = os.urandom(3 * BLOCK)
        blob = container.upload_blob("file.bin", content)
        assert blob.download_blob(offset=10, length=5).readall() == content[10:15]
        assert blob.download_blob(offset=BLOCK - 3, length=BLOCK + 6).readall() == content[BLOCK - 3:2 * BLOCK + 3]
        assert blob.download_blob(offset=len(content) - 4).readall() == content[-4:]

    def test_range_beyond_the_end_is_invalid(self, container):
        blob = container.upload_blob("file.bin", b"1234")
        with pytest.raises(HttpResponseError) as caught:
            blob.download_blob(offset=100, length=5)
        assert (caught.value.status_code, code_of(caught)) == (416, "InvalidRange")

    def test_download_in_chunks(self, container):
        content = os.urandom(5 * BLOCK + 3)
        stream = container.upload_blob("file.bin", content).download_blob()
        assert b"".join(stream.chunks()) == content

    def test_overwriting(self, container):
        blob = container.upload_blob("file.txt", b"first")
        with pytest.raises(ResourceExistsError) as caught:
            blob.upload_blob(b"second")
        assert code_of(caught) == "BlobAlreadyExists"
        blob.upload_blob(b"third", overwrite=True)
        assert blob.download_blob().readall() == b"third"

    def test_blocks_staged_out_of_order_and_left_out(self, container):
        blob = container.get_blob_client("assembled")
        for name, content in [("c", b"see"), ("a", b"ay"), ("b", b"bee")]:
            blob.stage_block(name, content)
        assert not blob.exists()
        blob.commit_block_list([BlobBlock("b"), BlobBlock("a")])
        assert blob.download_blob().readall() == b"beeay"

    def test_committing_an_unknown_block_fails(self, container):
        blob = container.get_blob_client("assembled")
        blob.stage_block("a", b"ay")
        with pytest.raises(HttpResponseError) as caught:
            blob.commit_block_list([BlobBlock("z")])
        assert (caught.value.status_code, code_of(caught)) == (400, "InvalidBlockList")
        assert not blob.exists()

    def test_damaged_content_is_noticed(self, container):
        with pytest.raises(HttpResponseError) as caught:
            container.get_blob_client("damaged").stage_block(
                "a", b"content", headers={"Content-MD5": "1B2M2Y8AsgTpgAmY7PhCfg=="})
        assert code_of(caught) == "Md5Mismatch"

    @pytest.mark.parametrize("name", [
        "with space.txt", "100%.txt", "a&b=c.txt", "a+b.txt", "number #1.txt", "grün/日本.txt", "what?.txt",
        "semi;colon", "deep/er/and/deeper", "tilde~'quote'(1)!*", "%41 stays"])
    def test_names(self, container, name):
        container.upload_blob(name, name.encode())
        assert [blob.name for blob in container.list_blobs()] == [name]
        assert container.download_blob(name).readall() == name.encode()
        assert container.get_blob_client(name).get_blob_properties().name == name
        container.delete_blob(name)
        assert list(container.list_blobs()) == []


class TestProperties:
    def test_metadata(self, container):
        blob = container.upload_blob("file", b"x", metadata={"Upload_Status": "started", "owner": "me"})
        assert blob.get_blob_properties().metadata == {"Upload_Status": "started", "owner": "me"}
        blob.set_blob_metadata({"upload_status": "completed"})
        assert blob.get_blob_properties().metadata == {"upload_status": "completed"}
        (listed,) = container.list_blobs(include=["metadata"])
        assert listed.metadata == {"upload_status": "completed"}

    def test_content_settings(self, container):
        settings = ContentSettings(
            content_type="text/csv", content_encoding="identity", content_language="de",
            content_disposition='attachment; filename="a.csv"', cache_control="no-cache")
        blob = container.upload_blob("file", b"x", content_settings=settings)
        kept = blob.get_blob_properties().content_settings
        for name in ("content_type", "content_encoding", "content_language", "content_disposition", "cache_control"):
            assert kept[name] == settings[name]
        blob.set_http_headers(ContentSettings(content_type="application/json"))
        kept = blob.get_blob_properties().content_settings
        assert (kept.content_type, kept.cache_control) == ("application/json", None)

    def test_times_and_etag(self, container):
        blob = container.upload_blob("file", b"x")
        first = blob.get_blob_properties()
        age = datetime.datetime.now(datetime.timezone.utc) - first.last_modified
        assert abs(age) < datetime.timedelta(minutes=1)
        blob.upload_blob(b"y", overwrite=True)
        second = blob.get_blob_properties()
        assert second.etag != first.etag
        assert second.creation_time == first.creation_time

    def test_container_metadata(self, container):
        container.set_container_metadata({"kind": "scratch"})
        assert container.get_container_properties().metadata == {"kind": "scratch"}


class TestConditions:
    def test_etag_that_matches(self, container):
        blob = container.upload_blob("file", b"one")
        etag = blob.get_blob_properties().etag
        matching = dict(etag=etag, match_condition=MatchConditions.IfNotModified)
        assert blob.download_blob(**matching).readall() == b"one"
        blob.upload_blob(b"two", overwrite=True, **matching)
        assert blob.download_blob().readall() == b"two"

    def test_etag_that_is_old(self, container):
        blob = container.upload_blob("file", b"one")
        old = blob.get_blob_properties().etag
        blob.upload_blob(b"two", overwrite=True)
        stale = dict(etag=old, match_condition=MatchConditions.IfNotModified)
        for attempt in (
                lambda: blob.upload_blob(b"three", overwrite=True, **stale),
                lambda: blob.set_blob_metadata({"a": "b"}, **stale),
                lambda: blob.download_blob(**stale),
                lambda: blob.delete_blob(**stale)):
            with pytest.raises(ResourceModifiedError) as caught:
                attempt()
            assert (caught.value.status_code, code_of(caught)) == (412, "ConditionNotMet")
        assert blob.download_blob().readall() == b"two"

    def test_only_when_changed_or_absent(self, container):
        blob = container.upload_blob("file", b"one")
        with pytest.raises(HttpResponseError) as caught:
            blob.get_blob_properties(
                etag=blob.get_blob_properties().etag, match_condition=MatchConditions.IfModified)
        assert caught.value.status_code == 304
        with pytest.raises(ResourceExistsError):
            blob.upload_blob(b"two", overwrite=True, match_condition=MatchConditions.IfMissing)
        assert blob.download_blob().readall() == b"one"


class TestListing:
    NAMES = ["a/1", "a/2", "a/b/3", "c/4", "root-1", "root-2"]

    @pytest.fixture
    def filled(self, container):
        for name in self.NAMES:
            container.upload_blob(name, name.encode())
        return container

    def test_names_come_in_order(self, filled):
        assert list(filled.list_blob_names()) == self.NAMES

    def test_prefix(self, filled):
        assert [blob.name for blob in filled.list_blobs(name_starts_with="a/")] == ["a/1", "a/2", "a/b/3"]
        assert list(filled.list_blobs(name_starts_with="zzz")) == []

    def test_walk_shows_folders(self, filled):
        seen = [(isinstance(item, BlobPrefix), item.name) for item in filled.walk_blobs()]
        assert seen == [(True, "a/"), (True, "c/"), (False, "root-1"), (False, "root-2")]
        assert sorted(item.name for item in filled.walk_blobs("a/")) == ["a/1", "a/2", "a/b/"]

    def test_pages(self, filled):
        pages = [[blob.name for blob in page] for page in filled.list_blobs(results_per_page=4).by_page()]
        assert pages == [self.NAMES[:4], self.NAMES[4:]]

    def test_going_on_from_a_marker(self, filled):
        pages = filled.list_blobs(results_per_page=2).by_page()
        first = [blob.name for blob in next(pages)]
        rest = filled.list_blobs(results_per_page=2).by_page(continuation_token=pages.continuation_token)
        assert first + [blob.name for page in rest for blob in page] == self.NAMES

    def test_listed_properties(self, filled):
        listed = {blob.name: blob for blob in filled.list_blobs()}
        properties = filled.get_blob_client("a/1").get_blob_properties()
        assert listed["a/1"].size == 3
        assert listed["a/1"].etag.strip('"') == properties.etag.strip('"')
        assert listed["a/1"].last_modified == properties.last_modified

    def test_containers_are_listed(self, service, container):
        assert container.container_name in [each.name for each in service.list_containers()]


class TestCopyAndDelete:
    def test_copy_from_url_with_a_signature(self, signed_container):
        source = signed_container.upload_blob("copies/source", b"to be copied", metadata={"a": "b"}, overwrite=True)
        target = signed_container.get_blob_client("copies/target")
        copy = target.start_copy_from_url(source.url)
        assert copy["copy_status"] == "success"
        assert target.download_blob().readall() == b"to be copied"
        assert target.get_blob_properties().metadata == {"a": "b"}

    def test_upload_from_url(self, signed_container):
        source = signed_container.upload_blob("copies/from", b"again", overwrite=True)
        target = signed_container.get_blob_client("copies/to")
        target.upload_blob_from_url(source.url, overwrite=True)
        assert target.download_blob().readall() == b"again"

    def test_copy_of_an_absent_blob(self, signed_container):
        source = signed_container.get_blob_client("copies/nothing")
        with pytest.raises(ResourceNotFoundError):
            signed_container.get_blob_client("copies/never").start_copy_from_url(source.url)

    def test_copy_from_elsewhere_is_refused(self, container):
        with pytest.raises(HttpResponseError) as caught:
            container.get_blob_client("stolen").start_copy_from_url("https://example.org/file")
        assert 400 <= caught.value.status_code < 500

    def test_deleted_blob_is_gone(self, container):
        blob = container.upload_blob("file", b"x")
        blob.delete_blob()
        assert not blob.exists()
        with pytest.raises(ResourceNotFoundError) as caught:
            blob.delete_blob()
        assert code_of(caught) == "BlobNotFound"

    def test_deleted_container_is_gone_with_its_blobs(self, service):
        client = service.create_container("to-be-deleted")
        client.upload_blob("file", b"x")
        client.delete_container()
        assert not client.exists()


class TestErrors:
    def test_absent_blob(self, container):
        with pytest.raises(ResourceNotFoundError) as caught:
            container.download_blob("absent")
        assert code_of(caught) == "BlobNotFound"
        with pytest.raises(ResourceNotFoundError) as caught:
            container.get_blob_client("absent").get_blob_properties()
        assert code_of(caught) == "BlobNotFound"

    def test_absent_container(self, service):
        absent = service.get_container_client("absent")
        for attempt in (
                lambda: absent.upload_blob("file", b"x"), lambda: list(absent.list_blobs()),
                absent.get_container_properties):
            with pytest.raises(ResourceNotFoundError) as caught:
                attempt()
            assert code_of(caught) == "ContainerNotFound"

    def test_container_that_is_there_already(self, service, container):
        with pytest.raises(ResourceExistsError) as caught:
            service.create_container(container.container_name)
        assert code_of(caught) == "ContainerAlreadyExists"

    def test_exception_names_the_blob_and_the_code(self, container):
        with pytest.raises(ResourceNotFoundError, match="absent") as caught:
            container.download_blob("absent")
        assert "ErrorCode:BlobNotFound" in str(caught.value)


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


class TestBrokenUploads:
    def test_source_that_fails_leaves_nothing(self, container):
        def source():
            yield os.urandom(2 * BLOCK)
            raise OSError("the disk went away")

        with pytest.raises(OSError, match="the disk went away"):
            container.upload_blob("broken", source())
        assert not container.get_blob_client("broken").exists()
        assert list(container.list_blobs()) == []

    def test_source_that_fails_leaves_what_was_there(self, container):
        def source():
            yield os.urandom(2 * BLOCK)
            raise OSError("the disk went away")

        blob = container.upload_blob("kept", b"whole")
        with pytest.raises(OSError, match="the disk went away"):
            blob.upload_blob(source(), overwrite=True)
        assert blob.download_blob().readall() == b"whole"

    def test_connection_that_breaks_leaves_nothing(self, signed_container, settings):
        address = urllib.parse.urlsplit(signed_container.get_blob_client("half/file").url)
        context = ssl.create_default_context(cafile=settings["SLUICE_CA_BUNDLE"])
        connection = http.client.HTTPSConnection(address.netloc, context=context, timeout=30)
        connection.putrequest("PUT", address.path + "?" + address.query)
        connection.putheader("x-ms-blob-type", "BlockBlob")
        connection.putheader("Content-Length", "1000000")
        connection.endheaders()
        connection.send(os.urandom(500000))
        connection.close()

        blob = BlobClient.from_blob_url(signed_container.get_blob_client("half/file").url)
        assert not blob.exists()
        assert list(signed_container.list_blobs(name_starts_with="half/")) == []


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

"""What is known of blobs: properties, conditions on them, lists."""
import datetime

import pytest
from azure.core import MatchConditions
from azure.core.exceptions import HttpResponseError, ResourceExistsError, ResourceModifiedError, ResourceNotFoundError
from azure.storage.blob import BlobPrefix, ContentSettings

from .storage import code_of


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

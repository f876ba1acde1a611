"""What blobs hold: content of any size, copies, and what broken uploads leave."""
import http.client
import os
import ssl
import urllib.parse

import pytest
from azure.core.exceptions import HttpResponseError, ResourceExistsError, ResourceNotFoundError
from azure.storage.blob import BlobBlock, BlobClient

from .storage import BLOCK, code_of


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

"""Images through openstacksdk and openstackclient. OS_CLOUD names the cloud; it may be a real
OpenStack."""

import hashlib
import io
import json
import os
import pathlib
import struct
import subprocess
import tempfile
import unittest
import uuid

try:
    import openstack
    from openstack import exceptions
except ImportError:
    openstack = None


def setUpModule():
    if openstack is None:
        raise unittest.SkipTest("python3-openstacksdk is not installed")
    if "OS_CLOUD" not in os.environ:
        raise unittest.SkipTest("OS_CLOUD is not set")


def qcow2(backing=0):
    """The header of an empty disk of 1 MiB."""
    header = struct.pack(">4sIQIIQIIQQIIQQQQII", b"QFI\xfb", 3, backing, 0, 16, 1 << 20, 0, 1,
                         0x30000, 0x10000, 1, 0, 0, 0, 0, 0, 4, 104)
    return header.ljust(65536, b"\0")


class Images(unittest.TestCase):
    def setUp(self):
        self.cloud = openstack.connect()
        self.images = self.cloud.image
        self.made = []

    def tearDown(self):
        for image in self.made:
            self.images.delete_image(image, ignore_missing=True)

    def make(self, **more):
        facts = {"name": f"contract-{uuid.uuid4()}", "disk_format": "raw",
                 "container_format": "bare", "visibility": "private", **more}
        image = self.images._create(openstack.image.v2.image.Image, **facts)
        self.made.append(image.id)
        return image

    def put(self, image, data):
        return self.images.put(f"/images/{image.id}/file", data=data, raise_exc=False,
                               headers={"Content-Type": "application/octet-stream", "Accept": ""})

    def test_upload_and_download(self):
        data = os.urandom(3 * 1024 * 1024 + 17)
        image = self.make()
        self.assertEqual(204, self.put(image, io.BytesIO(data)).status_code)
        image = self.images.get_image(image.id)
        self.assertEqual("active", image.status)
        self.assertEqual(hashlib.md5(data).hexdigest(), image.checksum)
        self.assertEqual(hashlib.sha512(data).hexdigest(), image.hash_value)
        self.assertEqual(len(data), image.size)
        self.assertEqual(data, self.images.download_image(image).content)
        part = self.images.get(f"/images/{image.id}/file", headers={"Range": "bytes=5-9"})
        self.assertEqual((206, data[5:10]), (part.status_code, part.content))
        self.assertEqual(f"bytes 5-9/{len(data)}", part.headers["Content-Range"])

    def test_sdk_creates_with_data(self):
        with tempfile.TemporaryDirectory() as directory:
            path = pathlib.Path(directory) / "disk.qcow2"
            path.write_bytes(qcow2())
            image = self.cloud.create_image(f"contract-{uuid.uuid4()}", filename=str(path),
                                            disk_format="qcow2", container_format="bare", wait=True)
        self.made.append(image.id)
        self.assertEqual("active", image.status)
        self.assertEqual(1 << 20, image.virtual_size)

    def test_hostile_data_is_refused(self):
        image = self.make(disk_format="qcow2")
        refused = self.put(image, qcow2(backing=512))
        self.assertEqual(415, refused.status_code)
        self.assertIn("Image failed safety checks", refused.text)
        self.assertEqual("queued", self.images.get_image(image.id).status)

    def test_update_tags_and_properties(self):
        image = self.make(os_distro="debian")
        image = self.images.update_image(image, name="changed", hw_disk_bus="virtio")
        self.assertEqual("changed", image.name)
        self.images.add_tag(image, "contract")
        found = list(self.images.images(tag="contract", name="changed"))
        self.assertEqual([image.id], [i.id for i in found])
        self.images.remove_tag(image, "contract")
        self.assertEqual([], self.images.get_image(image.id).tags)

    def test_pages(self):
        for _ in range(3):
            self.make(tags=["paged"])
        found = list(self.images.images(tag="paged", limit=2))
        self.assertEqual(set(self.made), {i.id for i in found})

    def test_members(self):
        image = self.make(visibility="shared")
        member = self.images.add_member(image, member_id="contract-project")
        self.assertEqual("pending", member.status)
        self.assertEqual(["contract-project"], [m.member_id for m in self.images.members(image)])
        self.images.remove_member("contract-project", image)

    def test_protected(self):
        image = self.make(is_protected=True)
        with self.assertRaises(exceptions.HttpException) as refused:
            self.images.delete_image(image)
        self.assertEqual(403, refused.exception.status_code)
        self.assertIn("is protected and cannot be deleted", str(refused.exception))
        self.images.update_image(image, is_protected=False)

    def test_deactivate(self):
        image = self.make()
        self.put(image, b"x")
        self.images.deactivate_image(image)
        self.assertEqual("deactivated", self.images.get_image(image.id).status)
        self.images.reactivate_image(image)

    def test_stage_and_import(self):
        image = self.make()
        self.images.stage_image(image, data=b"staged")
        self.images.import_image(image)
        for _ in range(600):
            image = self.images.get_image(image.id)
            if image.status == "active":
                break
        self.assertEqual(("active", 6), (image.status, image.size))

    def test_client(self):
        image = self.make()
        done = subprocess.run(["openstack", "image", "show", image.id, "-f", "json"],
                              capture_output=True, text=True, timeout=120)
        self.assertEqual(0, done.returncode, done.stderr)
        self.assertEqual(image.name, json.loads(done.stdout)["name"])
        missing = subprocess.run(["openstack", "image", "show", str(uuid.uuid4())],
                                 capture_output=True, text=True, timeout=120)
        self.assertNotEqual(0, missing.returncode)


if __name__ == "__main__":
    unittest.main()

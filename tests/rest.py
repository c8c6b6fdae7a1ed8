"""A plain REST client for tests that talk HTTP themselves; one keep-alive connection per object."""

import dataclasses
import http.client
import json
import os
import pathlib
import urllib.parse

SLOW = float(os.environ.get("HANEUL_SLOW", "1"))


@dataclasses.dataclass
class Answer:
    status: int
    headers: dict
    body: bytes

    @property
    def json(self):
        return json.loads(self.body)


class Api:
    """`who` is admin or demo, of the project of the same name."""

    def __init__(self, url, state, who="admin"):
        where = urllib.parse.urlsplit(url)
        self.connection = http.client.HTTPConnection(where.hostname, where.port, timeout=60 * SLOW)
        self.token = None
        secrets = json.loads((pathlib.Path(state) / "secrets.json").read_text())
        domain = {"id": "default"}
        answer = self.send("POST", "/identity/v3/auth/tokens", {"auth": {
            "identity": {"methods": ["password"], "password": {"user": {
                "name": who, "domain": domain, "password": secrets[f"{who}_password"]}}},
            "scope": {"project": {"name": who, "domain": domain}}}})
        if answer.status != 201:
            raise OSError(f"login: {answer}")
        self.token = answer.headers["x-subject-token"]
        self.project = answer.json["token"]["project"]["id"]
        self.ids = {}

    def send(self, method, path, body=None, headers=None):
        all_headers = {"OpenStack-API-Version": "compute 2.93", **(headers or {})}
        if self.token:
            all_headers.setdefault("X-Auth-Token", self.token)
        data = None
        if body is not None:
            data = body if isinstance(body, bytes) else json.dumps(body).encode()
            all_headers.setdefault("Content-Type", "application/json")
        try:
            self.connection.request(method, path, data, all_headers)
            answer = self.connection.getresponse()
            return Answer(answer.status, {k.lower(): v for k, v in answer.getheaders()},
                          answer.read())
        except (http.client.HTTPException, OSError) as error:
            self.connection.close()
            raise OSError(str(error)) from error

    def named(self, path, plural, name):
        """The id of what has this name."""
        if (path, name) not in self.ids:
            rows = self.send("GET", path).json[plural]
            self.ids[path, name] = next(r["id"] for r in rows if r["name"] == name)
        return self.ids[path, name]

    def image(self, name, data):
        """A raw image of these bytes."""
        made = self.send("POST", "/image/v2/images", {
            "name": name, "disk_format": "raw", "container_format": "bare"})
        assert made.status == 201, made
        sent = self.send("PUT", f"/image/v2/images/{made.json['id']}/file", data,
                         {"Content-Type": "application/octet-stream"})
        assert sent.status == 204, sent

    def boot(self, name, flavor="m1.nano", networks="none", image="haneul-guest"):
        image = self.named("/image/v2/images", "images", image)
        return self.send("POST", "/compute/v2.1/servers", {"server": {
            "name": name, "imageRef": image, "networks": networks,
            "flavorRef": self.named("/compute/v2.1/flavors", "flavors", flavor)}})

    def unlimit(self):
        """Takes the compute quota's limits away."""
        answer = self.send("PUT", f"/compute/v2.1/os-quota-sets/{self.project}", {"quota_set": {
            "instances": -1, "cores": -1, "ram": -1}})
        assert answer.status == 200, answer

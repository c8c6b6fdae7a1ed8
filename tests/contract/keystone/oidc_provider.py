"""A small OpenID Connect provider: discovery, keys, the password grant, the code flow with PKCE,
introspection. Its people log in without being asked."""

import base64
import hashlib
import http.server
import json
import secrets
import threading
import time
import urllib.parse

import jwt
from cryptography.hazmat.primitives.asymmetric import rsa

CLIENT, SECRET = "haneul", "client's secret"


def plain(text):
    return base64.urlsafe_b64encode(text).rstrip(b"=").decode()


class Provider:
    """with Provider() as provider: … provider.issuer …"""

    def __init__(self):
        self.key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
        self.codes, self.opaque, self.asked = {}, {}, []
        provider = self

        class Handler(http.server.BaseHTTPRequestHandler):
            def do_GET(self):
                provider.answer(self, {})

            def do_POST(self):
                body = self.rfile.read(int(self.headers.get("Content-Length", 0))).decode()
                provider.answer(self, dict(urllib.parse.parse_qsl(body)))

            def log_message(self, *_):
                pass

        self.server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.issuer = f"http://127.0.0.1:{self.server.server_port}"

    def __enter__(self):
        threading.Thread(target=self.server.serve_forever, daemon=True).start()
        return self

    def __exit__(self, *_):
        self.server.shutdown()
        self.server.server_close()

    def token(self, name, key=None, algorithm="RS256", kid="one", **more):
        now = int(time.time())
        claims = {"iss": self.issuer, "aud": CLIENT, "sub": name, "iat": now, "exp": now + 300,
                  "email": f"{name}@example.org", "groups": ["crew", "guests"], **more}
        claims = {k: v for k, v in claims.items() if v is not None}
        return jwt.encode(claims, key or self.key, algorithm=algorithm, headers={"kid": kid})

    def opaque_token(self, name):
        token = secrets.token_urlsafe(24)
        self.opaque[token] = name
        return token

    def answer(self, request, form):
        url = urllib.parse.urlsplit(request.path)
        self.asked.append(url.path)
        query = dict(urllib.parse.parse_qsl(url.query))
        does = {"/.well-known/openid-configuration": self.discovery, "/keys": self.keys,
                "/authorize": self.authorize, "/token": self.grant,
                "/introspect": self.introspect}.get(url.path)
        status, said = does(request, query, form) if does else (404, {})
        request.send_response(status)
        if status == 302:
            request.send_header("Location", said)
            said = {}
        body = json.dumps(said).encode()
        request.send_header("Content-Type", "application/json")
        request.send_header("Content-Length", str(len(body)))
        request.end_headers()
        request.wfile.write(body)

    def discovery(self, *_):
        return 200, {"issuer": self.issuer, "jwks_uri": self.issuer + "/keys",
                     "authorization_endpoint": self.issuer + "/authorize",
                     "token_endpoint": self.issuer + "/token",
                     "introspection_endpoint": self.issuer + "/introspect"}

    def keys(self, *_):
        numbers = self.key.public_key().public_numbers()
        as_text = {name: plain(value.to_bytes((value.bit_length() + 7) // 8, "big"))
                   for name, value in (("n", numbers.n), ("e", numbers.e))}
        return 200, {"keys": [{"kty": "RSA", "use": "sig", "kid": "one", **as_text}]}

    def authorize(self, _, query, __):
        code = secrets.token_urlsafe(16)
        self.codes[code] = query
        back = urllib.parse.urlencode({"code": code, "state": query["state"]})
        return 302, query["redirect_uri"] + "?" + back

    def is_client(self, request):
        """As RFC 6749 has it: both parts are encoded before they are joined."""
        kind, _, pair = request.headers.get("Authorization", "").partition(" ")
        name, _, secret = base64.b64decode(pair).decode().partition(":")
        return kind == "Basic" and (urllib.parse.unquote(name), urllib.parse.unquote(secret)) == (
            CLIENT, SECRET)

    def grant(self, request, _, form):
        if not self.is_client(request):
            return 401, {"error": "invalid_client"}
        if form["grant_type"] == "password":
            if form["password"] != "right":
                return 400, {"error": "invalid_grant"}
            return 200, {"access_token": self.token(form["username"]), "token_type": "Bearer"}
        asked = self.codes.pop(form["code"], None)
        proof = plain(hashlib.sha256(form.get("code_verifier", "").encode()).digest())
        if not asked or (asked["code_challenge"], asked["code_challenge_method"],
                         asked["redirect_uri"]) != (proof, "S256", form["redirect_uri"]):
            return 400, {"error": "invalid_grant"}
        return 200, {"id_token": self.token("ada", nonce=asked["nonce"]), "token_type": "Bearer",
                     "access_token": "x"}

    def introspect(self, request, _, form):
        if not self.is_client(request):
            return 401, {"error": "invalid_client"}
        name = self.opaque.get(form["token"])
        if name is None:
            return 200, {"active": False}
        return 200, {"active": True, "sub": name, "client_id": CLIENT, "email": name + "@x.org",
                     "exp": int(time.time()) + 60, "groups": ["crew"]}

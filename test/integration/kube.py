"""A few requests to the API server, made without any of the project's code, so that what it claims can be checked."""
import base64
import http.client
import json
import re
import ssl
import tempfile
import time
import urllib.parse

PATHS = {
    "persistentvolumes": ("/api/v1", False),
    "persistentvolumeclaims": ("/api/v1", True),
    "pods": ("/api/v1", True),
    "resourcequotas": ("/api/v1", True),
    "jobs": ("/apis/batch/v1", True),
    "storageclasses": ("/apis/storage.k8s.io/v1", False),
    "serviceaccounts": ("/api/v1", True),
    "secrets": ("/api/v1", True),
    "rolebindings": ("/apis/rbac.authorization.k8s.io/v1", True),
    "clusterrolebindings": ("/apis/rbac.authorization.k8s.io/v1", False),
}


class ApiError(Exception):
    def __init__(self, code, body):
        super().__init__(f"{code}: {body[:500]}")
        self.code = code


def field(text, name):
    """A kubeconfig's field, in block or flow style: each stands once in the files that the tests make."""
    found = re.search(name + r': *"?([^",}\s]+)', text)
    return found.group(1) if found else None


class Kube:
    def __init__(self, kubeconfig):
        with open(kubeconfig, encoding="utf-8") as file:
            text = file.read()
        self.server = urllib.parse.urlparse(field(text, "server"))
        self.bearer = field(text, "token")
        self.ca_pem = self._pem(text, "certificate-authority")
        self.context = ssl.create_default_context(cadata=self.ca_pem)
        self.certificate, self.key = self._pem(text, "client-certificate"), self._pem(text, "client-key")
        if self.certificate:
            with tempfile.NamedTemporaryFile("w", suffix=".pem") as pem:
                pem.write(self.certificate + "\n" + self.key)
                pem.flush()
                self.context.load_cert_chain(pem.name)

    def user(self):
        """The credential as a kubeconfig's user has it."""
        if not self.certificate:
            return {"token": self.bearer}
        data = lambda pem: base64.b64encode(pem.encode()).decode()
        return {"client-certificate-data": data(self.certificate), "client-key-data": data(self.key)}

    @staticmethod
    def _pem(text, name):
        data = field(text, name + "-data")
        if data:
            return base64.b64decode(data).decode()
        path = field(text, name)
        if not path:
            return None
        with open(path, encoding="utf-8") as file:
            return file.read()

    def request(self, method, path, body=None):
        connection = http.client.HTTPSConnection(self.server.hostname, self.server.port, context=self.context, timeout=30)
        headers = {"Accept": "application/json", "Content-Type": "application/json"}
        if self.bearer:
            headers["Authorization"] = "Bearer " + self.bearer
        try:
            connection.request(method, path, None if body is None else json.dumps(body), headers)
            answer = connection.getresponse()
            text = answer.read().decode(errors="replace")
        finally:
            connection.close()
        if answer.status >= 300:
            raise ApiError(answer.status, text)
        return json.loads(text)

    @staticmethod
    def path(plural, namespace=None, name=None):
        prefix, namespaced = PATHS[plural]
        parts = [prefix]
        if namespaced and namespace:
            parts.append("namespaces/" + namespace)
        parts.append(plural)
        if name:
            parts.append(name)
        return "/".join(parts)

    def list(self, plural, namespace=None, selector=""):
        query = "?labelSelector=" + urllib.parse.quote(selector) if selector else ""
        return self.request("GET", self.path(plural, namespace) + query)["items"]

    def get(self, plural, namespace, name):
        return self.request("GET", self.path(plural, namespace, name))

    def find(self, plural, namespace, name):
        try:
            return self.get(plural, namespace, name)
        except ApiError as error:
            if error.code == 404:
                return None
            raise

    def create(self, plural, namespace, body):
        return self.request("POST", self.path(plural, namespace), body)

    def change(self, plural, namespace, name, change):
        """Lets `change` alter the object in place, as often as somebody else is faster; 404 is told to the caller."""
        while True:
            found = self.get(plural, namespace, name)
            change(found)
            try:
                return self.request("PUT", self.path(plural, namespace, name), found)
            except ApiError as error:
                if error.code != 409:
                    raise

    def delete(self, plural, namespace, name):
        """Asks for the deletion; waits until the object is gone."""
        try:
            self.request("DELETE", self.path(plural, namespace, name),
                         {"apiVersion": "v1", "kind": "DeleteOptions", "propagationPolicy": "Background"})
        except ApiError as error:
            if error.code != 404:
                raise
        until(lambda: self.find(plural, namespace, name) is None, 60, f"{plural} {name} to go")

    def token(self, namespace, account, seconds=3600, bound=None):
        """A token for a service account, as `oc create token` gets it; one that is bound dies with that object."""
        spec = {"expirationSeconds": seconds, **({"boundObjectRef": bound} if bound else {})}
        asked = {"apiVersion": "authentication.k8s.io/v1", "kind": "TokenRequest", "spec": spec}
        path = self.path("serviceaccounts", namespace, account) + "/token"
        return self.request("POST", path, asked)["status"]["token"]

    def status_of(self, token):
        """What the server answers to somebody with this token, and no certificate."""
        trust = ssl.create_default_context(cadata=self.ca_pem)
        connection = http.client.HTTPSConnection(self.server.hostname, self.server.port, context=trust, timeout=30)
        try:
            connection.request("GET", "/api", headers={"Authorization": "Bearer " + token})
            return connection.getresponse().status
        finally:
            connection.close()

    def version(self):
        return self.request("GET", "/version")


class Waited(AssertionError):
    """Something that had to come did not."""


def until(condition, seconds, what):
    """Looks again and again until the condition holds; what it then says is returned."""
    end = time.monotonic() + seconds
    while True:
        found = condition()
        if found:
            return found
        if time.monotonic() > end:
            raise Waited(f"waited {seconds} s for {what}")
        time.sleep(0.05)

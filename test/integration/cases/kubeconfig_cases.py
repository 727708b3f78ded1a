"""Kubeconfigs that are wrong in one place: each 120, with file, entry and field, and nothing sent."""
import copy
import json

from case import Case

GOOD = {"apiVersion": "v1", "kind": "Config", "current-context": "ctx",
        "clusters": [{"name": "clu", "cluster": {"server": "https://127.0.0.1:9"}}],
        "contexts": [{"name": "ctx", "context": {"cluster": "clu", "user": "usr"}}],
        "users": [{"name": "usr", "user": {"token": "planted-kubeconfig-token"}}]}
PEM = "LS0tLS1CRUdJTiBDRVJUSUZJQ0FURS0tLS0tCkFBQUEKLS0tLS1FTkQgQ0VSVElGSUNBVEUtLS0tLQo="  # it begins and ends like a certificate
EXEC = {"apiVersion": "client.authentication.k8s.io/v1", "command": "p", "interactiveMode": "Never"}


def with_user(**fields):
    return lambda c: c["users"][0].update(user=fields)


def with_cluster(**fields):
    return lambda c: c["clusters"][0]["cluster"].update(fields)


# What is changed, and what the message names beside the file.
WRONG = [
    ("server-missing", lambda c: c["clusters"][0].update(cluster={}), r'cluster "clu".*server'),
    ("server-http", with_cluster(server="http://127.0.0.1:9"), r'cluster "clu".*server'),
    ("server-no-url", with_cluster(server="::no url::"), r'cluster "clu".*server'),
    ("server-number", with_cluster(server=6443), r'cluster "clu".*server'),
    ("ca-missing", with_cluster(**{"certificate-authority": "no-such-ca.pem"}), r'cluster "clu".*certificate-authority.*no-such-ca\.pem'),
    ("ca-no-base64", with_cluster(**{"certificate-authority-data": "%%%"}), r'cluster "clu".*certificate-authority-data'),
    ("ca-no-pem", with_cluster(**{"certificate-authority-data": "bm8gcGVt"}), r'cluster "clu".*certificate-authority-data'),
    ("ca-and-insecure", with_cluster(**{"certificate-authority-data": PEM, "insecure-skip-tls-verify": True}), r'cluster "clu".*insecure-skip-tls-verify'),
    ("insecure-word", with_cluster(**{"insecure-skip-tls-verify": "maybe"}), r'cluster "clu".*insecure-skip-tls-verify'),
    ("proxy-scheme", with_cluster(**{"proxy-url": "ftp://127.0.0.1:9"}), r'cluster "clu".*proxy-url'),
    ("context-of-no-cluster", lambda c: c["contexts"][0]["context"].update(cluster="none"), r'context "ctx".*"none"'),
    ("context-of-no-user", lambda c: c["contexts"][0]["context"].update(user="none"), r'context "ctx".*"none"'),
    ("no-current-context", lambda c: c.pop("current-context"), r"current-context"),
    ("current-context-unknown", lambda c: c.update({"current-context": "nope"}), r'"nope"'),
    ("contexts-no-list", lambda c: c.update(contexts={"ctx": {}}), r"contexts"),
    ("user-password", with_user(username="u", password="planted-kubeconfig-password"), r'user "usr".*basic authentication'),
    ("user-auth-provider", with_user(**{"auth-provider": {"name": "gcp"}}), r'user "usr".*auth-provider'),
    ("certificate-without-key", with_user(**{"client-certificate-data": PEM}), r'user "usr".*client-key'),
    ("certificate-missing", with_user(**{"client-certificate": "no.crt", "client-key": "no.key"}), r'user "usr".*client-certificate.*no\.crt'),
    ("exec-no-command", with_user(exec={**EXEC, "command": ""}), r'user "usr".*exec.*command'),
    ("exec-alpha", with_user(exec={**EXEC, "apiVersion": "client.authentication.k8s.io/v1alpha1"}), r'user "usr".*exec.*apiVersion'),
    ("exec-mode", with_user(exec={**EXEC, "interactiveMode": "Perhaps"}), r'user "usr".*exec.*interactiveMode'),
    ("exec-args-no-list", with_user(exec={**EXEC, "args": "one"}), r'user "usr".*exec.*args'),
    ("as-groups-without-as", with_user(token="planted-kubeconfig-token", **{"as-groups": ["g"]}), r'user "usr".*as'),
    ("token-with-newline", with_user(token="planted-kubeconfig-token\nplanted-kubeconfig-rest"), r'user "usr".*token'),
    ("api-version", lambda c: c.update(apiVersion="v2"), r"apiVersion"),
]
TEXTS = [
    ("no-yaml", "apiVersion: v1\nclusters: [\n", r":\d+"),
    ("two-tabs", "apiVersion: v1\n\tkind: Config\n", r":\d+"),
    ("a-list", "- one\n- two\n", r"."),
    ("bytes", "\x00\x01\x02", r"."),
    ("an-error-page", "<html><body>Log in</body></html>\n", r"."),
]


class Malformed(Case):
    def refused(self, name, text, pattern):
        path = self.spare("kc-" + name, text)
        run = self.daaa(*self.run_words("run.sh", "--kubeconfig", path))
        self.assertEqual(run.wait(), 120, f"{name}: {run}")
        said = [line for line in run.err.splitlines() if not line.startswith("daaa: warning: ")]
        self.assertEqual(len(said), 1, f"{name}: one line, not {run.err}")
        self.assertIn("kc-" + name, said[0], name)
        self.assertRegex(said[0], pattern, name)

    def test_one_thing_is_wrong(self):
        """kubeconfigs with one field missing, unknown, of the wrong type or contradicted: 120; file, entry and field are named"""
        self.plant("planted-kubeconfig-token"), self.plant("planted-kubeconfig-password"), self.plant("planted-kubeconfig-rest")
        for name, change, pattern in WRONG:
            with self.subTest(name):
                config = copy.deepcopy(GOOD)
                change(config)
                self.refused(name, json.dumps(config, indent=1), pattern)
        self.notes.append(f"{len(WRONG)} kubeconfigs refused")

    def test_no_kubeconfig_at_all(self):
        """files that are no kubeconfig: 120, the file and the line are named"""
        for name, text, pattern in TEXTS:
            with self.subTest(name):
                self.refused(name, text, pattern)

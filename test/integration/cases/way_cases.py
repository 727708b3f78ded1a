"""The way to the server is wrong: each an end with 122 and one clear line, nothing made, and no token sent."""
import json

from case import Case
from tls import Answering, EVER, Listener, certificate, only_tls_1_1, serving

TOKEN = "planted-bearer-of-the-way"


class AtOnce(Answering):
    """Answers whatever comes first, as an HTTP server does that gets a TLS greeting."""

    def hear(self, stream):
        data = stream.recv(65536)
        self.heard += data
        return data


class Way(Case):
    def attempt(self, server, *words, environment=None, status=122):
        """A run that cannot reach the server: its status, one line that says why, nothing made, nothing on stdout."""
        token = self.plant_file("token", TOKEN)
        run = self.daaa(*self.run_words("run.sh", "--server", server, "--token-file", token, *words),
                        environment=environment or self.environment(KUBECONFIG="/nonexistent"))
        self.assertEqual(run.wait(), status, str(run))
        self.assertEqual(run.out, b"", str(run))
        said = [line for line in run.err.splitlines() if line.startswith("daaa: unreachable: ")]
        self.assertEqual(len(said), 1, str(run))
        return said[0]

    def refused(self, pattern, between=EVER, alternative="IP:127.0.0.1", own_ca=True, change=lambda context: context):
        cert, key = certificate(self.directory, "server", alternative, between)
        with Listener(change(serving(cert, key))) as server:
            words = ["--certificate-authority", cert] if own_ca else []
            said = self.attempt(server.url, *words)
            self.assertGreater(server.connections, 0)
        self.assertRegex(said, pattern)
        self.assertEqual(server.heard, b"", "something was sent to a server that is not trusted")

    def test_certificate_not_yet_valid(self):
        """a certificate that is not valid yet: 122, and our clock's time is told"""
        self.refused(r"not yet valid.*clock says", between=("20450101000000Z", "20500101000000Z"))

    def test_certificate_of_another_host(self):
        """a certificate made out for another name: 122, and the way out is told"""
        self.refused(r"not made out for.*127\.0\.0\.1", alternative="DNS:other.example")

    def test_certificate_self_signed_and_unknown(self):
        """a self-signed certificate and no CA of ours: 122"""
        self.refused(r"self-signed", own_ca=False)

    def test_tls_1_1(self):
        """a server that speaks nothing newer than TLS 1.1: 122"""
        self.refused(r"TLS of version 1\.2", change=only_tls_1_1)

    def test_plain_http(self):
        """a server that speaks HTTP where TLS is expected: 122, and no token"""
        with AtOnce(b"HTTP/1.1 400 Bad Request\r\ncontent-length: 0\r\n\r\n") as server:
            said = self.attempt(server.url.replace("http:", "https:"))
        self.assertRegex(said, "does not speak TLS")
        self.assertNotIn(TOKEN.encode(), server.heard)

    def test_redirect_to_another_host(self):
        """a server that sends elsewhere: 122, the place is named, and the credential does not follow"""
        cert, key = certificate(self.directory, "server")
        context = serving(cert, key)
        with Listener(context) as elsewhere:
            answer = f"HTTP/1.1 302 Found\r\nlocation: {elsewhere.url}/login\r\ncontent-length: 0\r\n\r\n".encode()
            with Answering(answer, context) as server:
                said = self.attempt(server.url, "--certificate-authority", cert)
            self.assertRegex(said, "redirects to " + elsewhere.url)
            self.assertEqual((elsewhere.connections, elsewhere.heard), (0, b""))

    def proxy_refuses(self, status, pattern):
        """Through a proxy whose own password must not be told, and which must never see the token."""
        self.plant("planted-proxy-password")
        answer = f"HTTP/1.1 {status}\r\ncontent-length: 0\r\nproxy-authenticate: Basic\r\n\r\n".encode()
        with Answering(answer) as proxy:
            url = proxy.url.replace("http://", "http://user:planted-proxy-password@")
            kubeconfig = self.kubeconfig("by-proxy", {"user": {"token": self.plant(TOKEN)}}, "https://api.invalid:6443")
            with open(kubeconfig, encoding="utf-8") as file:
                text = json.load(file)
            text["clusters"][0]["cluster"]["proxy-url"] = url
            with open(kubeconfig, "w", encoding="utf-8") as file:
                json.dump(text, file)
            run = self.daaa(*self.run_words("run.sh", "-v", "--kubeconfig", kubeconfig))
            by_environment = self.daaa(*self.run_words("run.sh", "--kubeconfig", self.kubeconfig(
                "plain", {"user": {"token": TOKEN}}, "https://api.invalid:6443")), environment=self.environment(HTTPS_PROXY=url))
            for one in (run, by_environment):
                self.assertEqual(one.wait(), 122, str(one))
        for one in (run, by_environment):
            self.assertRegex(one.err, pattern, str(one))
        self.assertIn(b"CONNECT api.invalid:6443", proxy.heard)
        self.assertNotIn(TOKEN.encode(), proxy.heard)

    def test_proxy_wants_a_password(self):
        """B51: a proxy that answers 407: 122, proxy and status are named, its password is not"""
        self.proxy_refuses("407 Proxy Authentication Required", r"proxy .*407|user name and password")

    def test_proxy_reaches_nobody(self):
        """B51: a proxy that answers 502: 122, proxy and status are named"""
        self.proxy_refuses("502 Bad Gateway", r"proxy .*502")

    def test_no_proxy(self):
        """B51: --no-proxy connects directly, whatever the environment and the kubeconfig say; NO_PROXY takes networks"""
        script = self.script("echo ran\n")
        with Answering(b"HTTP/1.1 502 Bad Gateway\r\ncontent-length: 0\r\n\r\n") as proxy:
            kubeconfig = self.kubeconfig("by-proxy", {"user": {"token": self.target.token}})
            with open(kubeconfig, encoding="utf-8") as file:
                text = json.load(file)
            text["clusters"][0]["cluster"]["proxy-url"] = proxy.url
            with open(kubeconfig, "w", encoding="utf-8") as file:
                json.dump(text, file)
            self.run_it(script, "--kubeconfig", kubeconfig, "--no-proxy", environment=self.environment(HTTPS_PROXY=proxy.url))
            self.assertEqual(proxy.connections, 0)

"""Mail servers: aiosmtpd with its own rules, and one that never speaks."""

import logging
import socket
import ssl
import threading
import warnings

import trustme
from aiosmtpd.controller import Controller
from aiosmtpd.smtp import AuthResult, LoginPassword

USER = "posters"
# It tells of every client that goes away, which is what many of these tests do.
logging.getLogger("mail.log").setLevel(logging.CRITICAL)
logging.getLogger("mail.error").setLevel(logging.CRITICAL)
warnings.filterwarnings("ignore", module="aiosmtpd")

# Characters that an address must carry percent-encoded.
PASSWORD = "p:a@ss/w%rd-canary-71"
PASSWORD_IN_URL = "p%3Aa%40ss%2Fw%25rd-canary-71"


class Authority:
    """An own certificate authority, and a server's certificate for this name."""

    def __init__(self, folder, name="localhost"):
        authority = trustme.CA()
        self.file = str(folder / f"ca-{id(self)}.pem")
        authority.cert_pem.write_to_path(self.file)
        self.context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        authority.issue_cert(name).configure_cert(self.context)


class Inbox:
    """Takes mail, or answers recipients as scripted: one answer after the other, the last for ever."""

    def __init__(self, answers=("250 OK",)):
        self.mails = []
        self.seen = []
        self._answers = list(answers)

    def _note(self, server, session, what):
        # The session itself knows of STARTTLS alone.
        is_encrypted = server.transport.get_extra_info("sslcontext") is not None
        self.seen.append((what, is_encrypted, session.authenticated))

    async def handle_MAIL(self, server, session, envelope, address, options):
        self._note(server, session, "MAIL")
        envelope.mail_from = address
        return "250 OK"

    async def handle_RCPT(self, server, session, envelope, address, options):
        self._note(server, session, "RCPT")
        answer = self._answers.pop(0) if len(self._answers) > 1 else self._answers[0]
        if answer.startswith("250"):
            envelope.rcpt_tos.append(address)
        return answer

    async def handle_DATA(self, server, session, envelope):
        self._note(server, session, "DATA")
        self.mails.append(envelope.content)
        return "250 taken"


def authenticator(server, session, envelope, mechanism, data):
    is_known = (
        isinstance(data, LoginPassword) and data.login == USER.encode() and data.password == PASSWORD.encode()
    )
    # `handled=False` makes the server say 535 itself.
    return AuthResult(success=is_known, handled=False)


class ImplicitTls(Controller):
    """TLS from the first byte; the controller's own check of its start would speak in clear."""

    def _trigger_server(self):
        context = ssl.create_default_context()
        context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
        with socket.create_connection((self.hostname, self.port), timeout=10) as plain:
            with context.wrap_socket(plain) as secure:
                secure.recv(1024)


def _free_port():
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        return free.getsockname()[1]


def starttls(inbox, authority):
    """Asks for STARTTLS before anything else, then for AUTH."""
    return Controller(
        inbox,
        hostname="127.0.0.1",
        port=_free_port(),
        tls_context=authority.context,
        require_starttls=True,
        auth_required=True,
        auth_require_tls=True,
        authenticator=authenticator,
    )


def implicit_tls(inbox, authority):
    return ImplicitTls(
        inbox,
        hostname="127.0.0.1",
        port=_free_port(),
        ssl_context=authority.context,
        auth_required=True,
        # The library calls only STARTTLS "TLS"; here everything is.
        auth_require_tls=False,
        authenticator=authenticator,
    )


def in_clear(inbox):
    """Offers no TLS at all, as a server does whose offer somebody in between has taken out."""
    return Controller(inbox, hostname="127.0.0.1", port=_free_port())


class Silent:
    """Accepts connections and never says a word; `heard` is what it was told all the same."""

    def __init__(self):
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.port = self._listener.getsockname()[1]
        self.connections = []
        threading.Thread(target=self._accept, daemon=True).start()

    def _accept(self):
        while True:
            try:
                self.connections.append(self._listener.accept()[0])
            except OSError:
                return

    def start(self):
        pass

    def stop(self):
        self._listener.close()
        for connection in self.connections:
            connection.close()

"""TLS as a client."""

import os
import ssl


def client_context(ca_file: str | None = None) -> ssl.SSLContext:
    """A context that checks chain and host name, from TLS 1.2 on, and speaks HTTP/1.1.

    It trusts the CAs of `ca_file`, else those of the system (SSL_CERT_FILE moves them). A runtime that has
    none gets the ones that come with botocore.
    """
    context = ssl.create_default_context(cafile=ca_file)
    if not context.cert_store_stats()["x509_ca"]:
        import botocore

        context.load_verify_locations(os.path.join(os.path.dirname(botocore.__file__), "cacert.pem"))  # noqa: PTH118, PTH120 - pathlib costs an import
    context.set_alpn_protocols(["http/1.1"])
    return context

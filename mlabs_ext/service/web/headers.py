"""The security headers of each class of response, in one place, as `docs/` promises them."""

from __future__ import annotations

from collections.abc import Iterable

DATA_CSP = "default-src 'none'; frame-ancestors 'none'; base-uri 'none'; form-action 'none'"
RAW_CSP = "default-src 'none'; sandbox"
# A worker of our own and what it loads: our own scripts and WebAssembly, no other place to talk to.
WORKER_CSP = "default-src 'none'; script-src 'self' 'wasm-unsafe-eval'; connect-src 'self'"
# The one that keeps the trainer for when there is no network: it fetches what is our own.
OFFLINE_CSP = "default-src 'none'; connect-src 'self'"


def page_csp(
    nonce: str, render_origin: str = "", ancestors: Iterable[str] = ("'none'",), workers: bool = False
) -> str:
    """The policy of pages that people see; `ancestors` are the sites that may frame them."""
    return "; ".join(
        (
            "default-src 'none'",
            f"script-src 'nonce-{nonce}'",
            "style-src 'self'",
            "img-src 'self' data:",
            "font-src 'self'",
            "connect-src 'self'",
            f"frame-src 'self' {render_origin}".rstrip(),
            "form-action 'self'",
            "base-uri 'none'",
            "object-src 'none'",
            *(("worker-src 'self'",) if workers else ()),
            f"frame-ancestors {' '.join(ancestors)}",
        )
    )


def raw_headers(media: str, filename: str | None, public: bool) -> dict[str, str]:
    """What goes with a file of a lab's: sandboxed, and open to other sites only where it is public."""
    headers = {"Content-Type": media, "Content-Security-Policy": RAW_CSP}
    if filename:
        headers["Content-Disposition"] = f'attachment; filename="{filename}"'
    if public:
        headers["Access-Control-Allow-Origin"] = "*"
        headers["Cross-Origin-Resource-Policy"] = "cross-origin"
    return headers

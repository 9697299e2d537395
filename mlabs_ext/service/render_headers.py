"""The headers that wall a rendered document in."""

from __future__ import annotations


def headers(render_base: str, here: str = "") -> dict[str, str]:
    """The headers that wall a rendered document in; `render_base` is the absolute BASE, with its slash.

    Where readers may run the document, `here` is the one address that it may load from for that.
    """
    static = f"{render_base}static/render/"
    scripts, connect = f"'unsafe-inline' 'unsafe-eval' blob: {static}", here or "'none'"
    scripts += f" 'wasm-unsafe-eval' {here}" if here else ""
    policy = (
        "sandbox allow-scripts",
        "default-src 'none'",
        f"script-src {scripts}",
        f"style-src 'unsafe-inline' {static}",
        "img-src data: blob:",
        "media-src data: blob:",
        f"font-src data: {static}",
        f"connect-src {connect}",
        "form-action 'none'",
        "base-uri 'none'",
        "object-src 'none'",
        "frame-ancestors *",
    )
    return {
        "Content-Security-Policy": "; ".join(policy),
        "Content-Type": "text/html; charset=utf-8",
        "X-Content-Type-Options": "nosniff",
        "Referrer-Policy": "strict-origin-when-cross-origin",
        "Cross-Origin-Resource-Policy": "cross-origin",
        # Search engines read it as a part of the page around it, whose own word on that counts.
        "X-Robots-Tag": "noindex, indexifembedded",
    }

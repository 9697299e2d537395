"""For clients of plain HTTP: by default each reads every authority of TLS, which takes 30 ms."""

from __future__ import annotations

import ssl

PLAIN = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)

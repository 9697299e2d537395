// What the proxy says in place of what does not answer: a page that tries again, or to programs an error in the shape
// of the API. Upstream asks the hub for a page, also for programs, and without a hub says two words.

import page from "./away.html";

const MESSAGE = "MLabs is starting or stands still. Try again in some seconds.";
const ERROR = JSON.stringify({ error: { status: 503, code: "away", message: MESSAGE } });
const [HTML, JSON_TYPE] = ["text/html; charset=utf-8", "application/json"];

/** The proxy with these answers; `Proxy` is upstream's class. */
export function patient(Proxy) {
  for (const name of ["handleProxyError", "_handleProxyErrorDefault"]) {
    if (!Proxy.prototype[name]) throw new Error(`configurable-http-proxy no longer has ${name}`);
  }
  return class extends Proxy {
    handleProxyError(code, kind, req, res, e) {
      // Who went away in the middle is no fault of the proxy's, and upstream logs a stack of it.
      const error = e?.code === "EPIPE" ? { code: "ECONNRESET", message: e.message } : e;
      const { errorTarget, errorPath } = this;
      if (code === 503 && !reads(req)) this.errorTarget = this.errorPath = null;
      super.handleProxyError(code, kind, req, res, error);
      Object.assign(this, { errorTarget, errorPath });
    }

    _handleProxyErrorDefault(code, kind, req, res) {
      if (code !== 503 || res.writableEnded || res.headersSent) return super._handleProxyErrorDefault(code, kind, req, res);
      const html = reads(req);
      const headers = { "Content-Type": html ? HTML : JSON_TYPE, "Cache-Control": "no-store", "Retry-After": "5" };
      res.writeHead(code, headers).end(html ? page : ERROR);
    }
  };
}

/** Whether a person looks at the answer. */
function reads({ headers }) {
  return /text\/html/.test(headers.accept ?? "");
}

/** What went wrong with a request, and what a person can do about it. */

export class ApiError extends Error {
  /** The HTTP status; 0 where no answer came. */
  readonly status: number;
  readonly code: string;
  readonly detail: Record<string, unknown>;

  constructor(status: number, code: string, message: string, detail: Record<string, unknown> = {}) {
    super(message);
    this.status = status;
    this.code = code;
    this.detail = detail;
  }
}

/** Read the one error shape, or make something of any other answer. */
export function errorFrom(status: number, body: unknown): ApiError {
  const error = isRecord(body) ? body['error'] : undefined;
  if (isRecord(error) && typeof error['message'] === 'string') {
    const detail = isRecord(error['detail']) ? error['detail'] : {};
    return new ApiError(status, String(error['code'] ?? 'unknown'), error['message'], detail);
  }
  if (status === 404) {
    return new ApiError(status, 'extension_missing', 'The MLabs part of this Jupyter server is not running.');
  }
  return new ApiError(status, 'unknown', `The server answered with status ${status}.`);
}

/** One sentence on what to do next. */
export function advice(error: ApiError): string {
  const wait = Number(error.detail['retry_after']);
  switch (error.status) {
    case 0:
      return 'Your notebook is kept here. Check the connection and try again.';
    case 401:
    case 403:
      return 'Reload this page to sign in again; if it stays, you may not change this lab.';
    case 412:
      return 'The lab was changed elsewhere in the meantime. Close this dialog, open it again and repeat.';
    case 413:
      return 'Clear large outputs (Edit → Clear Outputs of All Cells) and try again.';
    case 429:
      return wait > 0 ? `Try again in ${Math.ceil(wait)} seconds.` : 'Wait a moment and try again.';
    case 507:
      return 'Your notebook is kept here. Delete labs that you no longer need, or ask for more space.';
  }
  if (error.code === 'extension_missing') {
    return 'Ask the administrator to enable it: jupyter server extension enable mlabs_ext.lab';
  }
  return error.status >= 500 ? 'Your notebook is kept here. Try again in a moment.' : '';
}

export function asApiError(reason: unknown): ApiError {
  if (reason instanceof ApiError) {
    return reason;
  }
  return new ApiError(-1, 'unexpected', reason instanceof Error ? reason.message : String(reason));
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

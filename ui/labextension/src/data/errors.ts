/** What a person can do about what went wrong with data. */

import { advice, type ApiError } from '../errors';

const ADVICE: Record<number, string> = {
  413: 'Leave files out, or upload less at once; the administrator sets the limits.',
  423: 'An earlier try has not ended yet. Wait a few seconds and try again.',
  507: 'Delete datasets, models or labs that you no longer need (My labs), or ask for more space.'
};

export function dataAdvice(error: ApiError): string {
  if (error.status === 403 || error.status === 0 || error.code === 'extension_missing') {
    return advice(error);
  }
  return ADVICE[error.status] ?? (error.status >= 500 ? 'Try again in a moment.' : '');
}

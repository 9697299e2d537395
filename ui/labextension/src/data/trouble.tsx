/** What went wrong with data, and what to do about it. */

import * as React from 'react';

import type { ApiError } from '../errors';
import { dataAdvice } from './errors';

export function Trouble({ error }: { error: ApiError }): JSX.Element {
  return (
    <div className="mlabs-Failure" role="alert">
      <strong>{error.message}</strong> {dataAdvice(error)}
    </div>
  );
}

/** Uploads and datasets that are being made: how far each is, and what went wrong. */

import * as React from 'react';

import type { DataModel } from './model';
import type { Parcel } from './parcels';
import { Trouble } from './trouble';
import type { MadeData } from './wire';
import { percent, size } from './wording';

export function ParcelRow({ model, parcel }: { model: DataModel; parcel: Parcel }): JSX.Element {
  const { parcels } = model;
  const { title } = parcel.wish;
  return (
    <li className="mlabs-Data-item">
      <div className="mlabs-Data-title">{title}</div>
      <div className="mlabs-Data-state">
        <progress value={parcel.sent} max={parcel.total || 1} aria-label={`Upload of ${title}`} />
        <span>{progressText(parcel)}</span>
      </div>
      {parcel.error && <Trouble error={parcel.error} />}
      <div className="mlabs-Data-actions">
        {parcel.state === 'sending' ? (
          <button
            type="button"
            className="mlabs-Button"
            aria-label={`Pause: ${title}`}
            onClick={() => parcels.pause(parcel)}
          >
            Pause
          </button>
        ) : (
          <button
            type="button"
            className="mlabs-Button"
            aria-label={`Resume: ${title}`}
            onClick={() => parcels.resume(parcel)}
          >
            {parcel.state === 'paused' ? 'Resume' : 'Try again'}
          </button>
        )}
        <button
          type="button"
          className="mlabs-Button"
          aria-label={`Cancel: ${title}`}
          onClick={() => void parcels.cancel(parcel)}
        >
          Cancel
        </button>
      </div>
    </li>
  );
}

function progressText({ state, sent, total, broken }: Parcel): string {
  const part = `${percent(sent, total)} of ${size(total)}`;
  if (state === 'sending') {
    return broken ? `The connection is broken. It is tried again. ${part} is there.` : `Uploading: ${part}`;
  }
  return state === 'paused' ? `Paused at ${part}. It is kept for an hour.` : `Stopped at ${part}.`;
}

export function MadeRow({ model, made }: { model: DataModel; made: MadeData }): JSX.Element {
  const failed = made.state === 'failed';
  return (
    <li className="mlabs-Data-item">
      <div className="mlabs-Data-title">{made.title}</div>
      <div className="mlabs-Data-facts">{made.source}</div>
      {failed ? (
        <div className="mlabs-Failure" role="alert">
          <strong>It was not made.</strong> {made.message}
        </div>
      ) : (
        <div className="mlabs-Data-state">
          <progress aria-label={`Making ${made.title}`} />
          <span>MLabs makes the dataset. You can go on working, or close this tab.</span>
        </div>
      )}
      {failed && (
        <div className="mlabs-Data-actions">
          <button
            type="button"
            className="mlabs-Button"
            onClick={() => void model.attempt(() => model.dismiss(made.id))}
          >
            Dismiss
          </button>
        </div>
      )}
    </li>
  );
}

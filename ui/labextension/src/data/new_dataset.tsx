/** The dialog before a dataset is made of files or an address: what it is to be called. */

import { ReactWidget } from '@jupyterlab/ui-components';
import * as React from 'react';

import { DialogHeader } from '../dialog_header';
import { type ApiError, asApiError } from '../errors';
import { Overlay } from '../share/overlay';
import { MOST_FILES } from './drop';
import type { DataModel } from './model';
import type { Source } from './sender';
import { Trouble } from './trouble';
import { count, size, titleOf } from './wording';

const TITLE_ID = 'mlabs-new-dataset-title';
const LICENSES = ['CC0-1.0', 'CC-BY-4.0', 'CC-BY-SA-4.0', 'CC-BY-NC-4.0', 'ODbL-1.0', 'PDDL-1.0', 'MIT'];

/** Ask for a title and upload; without `sources` it is an address that is asked for. */
export function openNewDataset(model: DataModel, sources: Source[] | null): void {
  const body = ReactWidget.create(
    <NewDataset model={model} sources={sources} close={() => overlay.dispose()} />
  );
  const overlay = new Overlay(body, TITLE_ID);
  overlay.open();
}

interface Props {
  model: DataModel;
  sources: Source[] | null;
  close: () => void;
}

function NewDataset({ model, sources, close }: Props): JSX.Element {
  const [title, setTitle] = React.useState(() => titleOf((sources ?? []).map(source => source.path)));
  const [license, setLicense] = React.useState('');
  const [url, setUrl] = React.useState('');
  const [busy, setBusy] = React.useState(false);
  const [error, setError] = React.useState<ApiError | null>(null);
  const first = React.useRef<HTMLInputElement>(null);
  React.useEffect(() => first.current?.focus(), []);
  const onSubmit = async (event: React.FormEvent): Promise<void> => {
    event.preventDefault();
    const wish = { title: title.trim(), license };
    if (sources !== null && model.state !== null) {
      model.parcels.add(model.state, { ...wish, sources });
      close();
      return;
    }
    setBusy(true);
    setError(null);
    try {
      await model.make({ title: wish.title, url: url.trim(), ...(license ? { license } : {}) });
      close();
    } catch (reason) {
      setError(asApiError(reason));
      setBusy(false);
    }
  };
  const tooMany = sources !== null && sources.length > MOST_FILES;
  const empty = title.trim() === '' || (sources === null && url.trim() === '');
  return (
    <form aria-busy={busy} onSubmit={event => void onSubmit(event)}>
      <DialogHeader id={TITLE_ID} title={sources === null ? 'Add data by its address' : 'New dataset'} close={close} />
      <div className="mlabs-Dialog-body">
        {error && <Trouble error={error} />}
        {tooMany && (
          <div className="mlabs-Failure" role="alert">
            <strong>These are more than {MOST_FILES} files.</strong> Put them into one zip or tar archive, and
            upload that: it is unpacked.
          </div>
        )}
        <p>
          {sources === null
            ? 'MLabs fetches the file, unpacks it where it is an archive, and makes a private dataset of it.'
            : `${count(sources.length, 'file')}, ${size(total(sources))}, become a private dataset of yours. Archives are unpacked.`}
        </p>
        <div className="mlabs-Form">
          {sources === null && (
            <>
              <label htmlFor="mlabs-data-url">Address of a file</label>
              <input
                id="mlabs-data-url"
                ref={first}
                type="url"
                required
                placeholder="https://…/birds.csv"
                value={url}
                onChange={event => setUrl(event.target.value)}
              />
            </>
          )}
          <label htmlFor="mlabs-data-title">Title</label>
          <input
            id="mlabs-data-title"
            ref={sources === null ? null : first}
            required
            maxLength={200}
            value={title}
            onChange={event => setTitle(event.target.value)}
          />
          <label htmlFor="mlabs-data-license">
            License <small>(only a public dataset needs one)</small>
          </label>
          <select id="mlabs-data-license" value={license} onChange={event => setLicense(event.target.value)}>
            <option value="">None yet</option>
            {LICENSES.map(each => (
              <option key={each}>{each}</option>
            ))}
          </select>
        </div>
      </div>
      <div className="mlabs-Dialog-footer">
        <button type="button" className="mlabs-Button" onClick={close}>
          Cancel
        </button>
        <button
          type="submit"
          className="mlabs-Button mlabs-mod-accent"
          disabled={busy || empty || tooMany || sources?.length === 0}
        >
          {sources === null ? 'Fetch' : 'Upload'}
        </button>
      </div>
    </form>
  );
}

const total = (sources: Source[]): number => sources.reduce((sum, source) => sum + source.size, 0);

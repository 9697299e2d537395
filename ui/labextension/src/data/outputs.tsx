/** The files that a lab's runs made: those that are chosen become a dataset, without being copied. */

import * as React from 'react';

import { type ApiError, asApiError } from '../errors';
import type { DataModel } from './model';
import * as requests from './requests';
import { Trouble } from './trouble';
import type { FoundData, Output } from './wire';
import { size } from './wording';

interface Props {
  model: DataModel;
  lab: FoundData;
  close: () => void;
}

export function Outputs({ model, lab, close }: Props): JSX.Element {
  const [files, setFiles] = React.useState<Output[] | null>(null);
  const [chosen, choose] = React.useState<ReadonlySet<string>>(new Set());
  const [error, setError] = React.useState<ApiError | null>(null);
  const { api } = model.labs;
  React.useEffect(() => {
    requests
      .outputs(api, lab.reference)
      .then(({ items }) => {
        // One run, the latest that made something: its files belong together.
        const [newest] = [...items].sort((one, other) => other.created.localeCompare(one.created));
        const own = items.filter(file => file.run === newest?.run);
        setFiles(own);
        choose(new Set(own.map(file => file.path)));
      })
      .catch((reason: unknown) => setError(asApiError(reason)));
  }, [api, lab.reference]);
  const make = async (): Promise<void> => {
    setError(null);
    try {
      const [first] = files ?? [];
      const title = `Outputs of ${lab.title}`.slice(0, 200);
      await model.make({ title, ...(first?.run ? { run: first.run } : {}), paths: [...chosen] });
      close();
    } catch (reason) {
      setError(asApiError(reason));
    }
  };
  const toggle = (path: string): void => {
    const next = new Set(chosen);
    if (!next.delete(path)) {
      next.add(path);
    }
    choose(next);
  };
  return (
    <>
      {error && <Trouble error={error} />}
      {files === null && !error && <p role="status">Asking for its files…</p>}
      {files?.length === 0 && (
        <p className="mlabs-Data-nothing">
          No run of this lab has made files that you may see. What a run writes to outputs/ beside the notebook is kept,
          and is found here.
        </p>
      )}
      {files !== null && files.length > 0 && (
        <>
          <p>These files become a private dataset of yours, as they are now. They take no room twice.</p>
          <fieldset className="mlabs-Choices">
            <legend className="mlabs-Visually-hidden">Files</legend>
            {files.map(({ path, size: bytes }) => (
              <label key={path} data-checked={chosen.has(path)}>
                <input type="checkbox" checked={chosen.has(path)} onChange={() => toggle(path)} />
                <span>
                  {path} <small>{size(bytes)}</small>
                </span>
              </label>
            ))}
          </fieldset>
          <p>
            <button
              type="button"
              className="mlabs-Button mlabs-mod-accent"
              disabled={chosen.size === 0}
              onClick={() => void make()}
            >
              Add as a dataset
            </button>
          </p>
        </>
      )}
    </>
  );
}

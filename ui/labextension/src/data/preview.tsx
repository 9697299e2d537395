/** What is in a version of a dataset: its files, and the one that is chosen as a table, an image or text. */

import * as React from 'react';

import type { Api } from '../api';
import { type ApiError, asApiError } from '../errors';
import * as requests from './requests';
import { isImage, mainFile } from './snippets';
import { Trouble } from './trouble';
import type { DataFile, Preview, PreviewTable } from './wire';
import { count, size } from './wording';

const GRID = 24;
const ROWS = 20;
const SHOWN = /\.(png|jpe?g|gif|webp)$/i;
/** Bytes; larger ones are not fetched to be looked at. */
const LARGEST = 8 * 1024 * 1024;

interface Props {
  api: Api;
  dataset: string;
  version: number;
  /** What a button beside the file does; without it there is none. */
  insert?: (file: DataFile, preview: Preview | undefined) => void;
}

export function Contents({ api, dataset, version, insert }: Props): JSX.Element {
  const [files, setFiles] = React.useState<DataFile[] | null>(null);
  const [chosen, setChosen] = React.useState<DataFile | null>(null);
  const [preview, setPreview] = React.useState<Preview | null>(null);
  const [error, setError] = React.useState<ApiError | null>(null);
  const choose = React.useCallback(
    async (file: DataFile | null): Promise<void> => {
      setChosen(file);
      setPreview(null);
      setError(null);
      if (file !== null && !isImage(file.path)) {
        await requests
          .preview(api, dataset, version, file.path)
          .then(setPreview)
          .catch((reason: unknown) => setError(asApiError(reason)));
      }
    },
    [api, dataset, version]
  );
  React.useEffect(() => {
    requests
      .files(api, dataset, version)
      .then(({ items }) => {
        setFiles(items);
        return choose(mainFile(items));
      })
      .catch((reason: unknown) => setError(asApiError(reason)));
  }, [api, dataset, version, choose]);
  const fits = preview !== null && chosen !== null && preview.path === chosen.path ? preview : undefined;
  return (
    <>
      {error && <Trouble error={error} />}
      {files === null && !error && <p role="status">Looking into it…</p>}
      {files !== null && chosen !== null && (
        <div className="mlabs-Data-file">
          <label htmlFor="mlabs-data-file">File</label>
          <select
            id="mlabs-data-file"
            value={chosen.path}
            onChange={event => void choose(files.find(file => file.path === event.target.value) ?? null)}
          >
            {files.map(file => (
              <option key={file.path} value={file.path}>
                {file.path} ({size(file.size)})
              </option>
            ))}
          </select>
          {insert && (
            <button type="button" className="mlabs-Button" onClick={() => insert(chosen, fits)}>
              Insert code
            </button>
          )}
        </div>
      )}
      {files !== null && chosen !== null && isImage(chosen.path) && (
        <Images api={api} dataset={dataset} version={version} files={files} first={chosen} />
      )}
      {fits && <Seen preview={fits} />}
      {chosen !== null && !fits && !isImage(chosen.path) && !error && <p role="status">Looking into the file…</p>}
    </>
  );
}

function Seen({ preview }: { preview: Preview }): JSX.Element {
  return (
    <>
      {preview.problems.map(({ message }) => (
        <p key={message} className="mlabs-Data-problem">
          {message}
        </p>
      ))}
      {preview.table && <Table table={preview.table} />}
      {preview.text !== null && (
        <pre className="mlabs-Data-text" tabIndex={0} aria-label="Beginning of the file">
          {preview.text}
        </pre>
      )}
      {preview.table === null && preview.text === null && (
        <p>This kind of file is not shown here. Insert the code that reads it, and look at it in the notebook.</p>
      )}
    </>
  );
}

function Table({ table }: { table: PreviewTable }): JSX.Element {
  const rows = `${table.exact ? '' : 'more than '}${count(table.rows, 'row')}`;
  return (
    <>
      <p>
        {rows}, {count(table.columns.length, 'column')}. The first rows:
      </p>
      <div className="mlabs-Data-table" tabIndex={0} role="region" aria-label="First rows">
        <table>
          <thead>
            <tr>
              {table.columns.map((column, at) => (
                <th key={at} scope="col">
                  {column.name}
                  <small>
                    {column.type}
                    {column.missing > 0 && `, ${column.missing} missing`}
                  </small>
                </th>
              ))}
            </tr>
          </thead>
          <tbody>
            {table.head.slice(0, ROWS).map((row, at) => (
              <tr key={at}>
                {row.map((value, column) => (
                  <td key={column}>{value}</td>
                ))}
              </tr>
            ))}
          </tbody>
        </table>
      </div>
    </>
  );
}

function Images(props: Props & { files: DataFile[]; first: DataFile }): JSX.Element {
  const { api, dataset, version, files, first } = props;
  const fit = files.filter(file => SHOWN.test(file.path) && file.size <= LARGEST);
  const shown = [first, ...fit.filter(file => file !== first)].filter(file => fit.includes(file));
  if (shown.length === 0) {
    return <p>These images are too large, or of a kind that a browser does not show.</p>;
  }
  return (
    <>
      <p>
        {count(fit.length, 'image')}
        {fit.length > GRID && `, ${GRID} of them here`}.
      </p>
      <ul className="mlabs-Data-images">
        {shown.slice(0, GRID).map(file => (
          <li key={file.path}>
            <img
              src={requests.imageUrl(api, dataset, version, file.path)}
              alt={file.path}
              title={file.path}
              loading="lazy"
            />
          </li>
        ))}
      </ul>
    </>
  );
}

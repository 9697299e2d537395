/** "Add data": a search over what there is, a look into it, and one button that adds it. */

import { ReactWidget } from '@jupyterlab/ui-components';
import * as React from 'react';

import { DialogHeader } from '../dialog_header';
import { type ApiError, asApiError } from '../errors';
import { Overlay } from '../share/overlay';
import { insertCode } from './insert';
import type { DataModel } from './model';
import { Outputs } from './outputs';
import { Contents } from './preview';
import { Result } from './result';
import { type Search, useSearch } from './search';
import { loadsModel, readsFile } from './snippets';
import { Trouble } from './trouble';
import type { DataFile, FoundData, NotebookDataset, Preview } from './wire';
import { KINDS, nothing, WHOSE } from './wording';

const TITLE_ID = 'mlabs-add-data-title';

/** A look into a dataset: of a search, or one that the notebook has. */
export interface Looked {
  dataset: string;
  title: string;
  version: number;
  /** Where the notebook has it; null where it does not. */
  path: string | null;
}

export const lookedAt = (item: NotebookDataset): Looked => ({
  dataset: item.dataset,
  title: item.title,
  version: item.version,
  path: item.state === 'ready' ? item.path : null
});

/** Open the search, or a look into one dataset. */
export function openAddData(model: DataModel, looked: Looked | null = null): void {
  const body = ReactWidget.create(<AddData model={model} looked={looked} close={() => overlay.dispose()} />);
  const overlay = new Overlay(body, TITLE_ID);
  overlay.addClass('mlabs-mod-wide');
  overlay.open();
}

interface Props {
  model: DataModel;
  close: () => void;
}

function AddData({ model, looked: first, close }: Props & { looked: Looked | null }): JSX.Element {
  const [looked, look] = React.useState<Looked | null>(first);
  const [lab, openLab] = React.useState<FoundData | null>(null);
  const search = useSearch(model.labs.api);
  const [error, setError] = React.useState<ApiError | null>(null);
  const heading = React.useRef<HTMLHeadingElement>(null);
  const page = looked?.dataset ?? lab?.reference ?? '';
  const shownPage = React.useRef(page);
  React.useEffect(() => {
    // The button that led here is gone, and the focus must not be.
    if (shownPage.current !== page && page !== '') {
      heading.current?.focus();
    }
    shownPage.current = page;
  }, [page]);
  const back = first === null && (looked !== null || lab !== null);
  const addable = first === null && looked !== null && !model.has(looked.dataset);
  const add = async ({ dataset, title: name }: Looked): Promise<void> => {
    setError(null);
    try {
      await model.attach(dataset, null, `${name} is in this notebook now.`);
      look(null);
    } catch (reason) {
      setError(asApiError(reason));
    }
  };
  const title = looked?.title ?? (lab ? `Outputs of ${lab.title}` : 'Add data');
  return (
    <>
      <DialogHeader id={TITLE_ID} title={title} close={close} heading={heading} />
      <div className="mlabs-Dialog-body">
        {error && <Trouble error={error} />}
        {looked !== null ? (
          <Look model={model} looked={looked} />
        ) : lab !== null ? (
          <Outputs model={model} lab={lab} close={close} />
        ) : (
          <Searching model={model} search={search} look={look} openLab={openLab} close={close} />
        )}
      </div>
      <div className="mlabs-Dialog-footer">
        <span className="mlabs-Dialog-progress" role="status">
          {model.said}
        </span>
        {back && (
          <button
            type="button"
            className="mlabs-Button"
            onClick={() => {
              look(null);
              openLab(null);
            }}
          >
            Back to the search
          </button>
        )}
        <button type="button" className="mlabs-Button" onClick={close}>
          Close
        </button>
        {addable && (
          <button type="button" className="mlabs-Button mlabs-mod-accent" onClick={() => void add(looked)}>
            Add
          </button>
        )}
      </div>
    </>
  );
}

function Look({ model, looked }: { model: DataModel; looked: Looked }): JSX.Element {
  const { dataset, version, path } = looked;
  const insert = (file: DataFile, preview: Preview | undefined): void => {
    const panel = model.state?.panel;
    if (panel !== undefined && path !== null) {
      void insertCode(panel, readsFile(path, file.path, preview ?? null));
      model.say(`Code that reads ${file.path} is in the notebook.`);
    }
  };
  return (
    <Contents
      api={model.labs.api}
      dataset={dataset}
      version={version}
      {...(path === null ? {} : { insert })}
    />
  );
}

interface SearchProps extends Props {
  search: Search;
  look: (looked: Looked) => void;
  openLab: (lab: FoundData) => void;
}

function Searching(props: SearchProps): JSX.Element {
  const { model, search, look, openLab, close } = props;
  const [error, setError] = React.useState<ApiError | null>(null);
  const [, redraw] = React.useReducer((count: number) => count + 1, 0);
  const input = React.useRef<HTMLInputElement>(null);
  React.useEffect(() => {
    input.current?.focus();
    const onChange = (): void => redraw();
    model.changed.connect(onChange);
    return () => void model.changed.disconnect(onChange);
  }, [model]);
  const use = async (found: FoundData): Promise<void> => {
    setError(null);
    if (found.kind === 'lab') {
      openLab(found);
      return;
    }
    try {
      if (found.kind === 'dataset') {
        await model.attach(found.reference, null, `${found.title} is in this notebook now.`);
      } else if (model.state !== null) {
        close();
        await insertCode(model.state.panel, loadsModel(found));
      }
    } catch (reason) {
      setError(asApiError(reason));
    }
  };
  const shown = error ?? search.error;
  return (
    <>
      <Fields search={search} input={input} />
      {shown && <Trouble error={shown} />}
      <p className="mlabs-Visually-hidden" role="status">
        {search.items === null ? 'Searching' : `${search.items.length}${search.more ? ' or more' : ''} results`}
      </p>
      {search.items === null && !shown && <p aria-hidden="true">Searching…</p>}
      {search.items?.length === 0 && (
        <p className="mlabs-Data-nothing">{nothing(search.kind, search.whose, search.q.trim())}</p>
      )}
      {search.items !== null && search.items.length > 0 && (
        <ul className="mlabs-Data-results" aria-label="Results" onKeyDown={onArrow}>
          {search.items.map(found => (
            <Result
              key={`${found.kind} ${found.reference}`}
              found={found}
              there={found.kind === 'dataset' && model.has(found.reference)}
              origin={model.labs.origin}
              use={() => use(found)}
              look={
                found.kind === 'dataset'
                  ? () => look({ dataset: found.reference, title: found.title, version: found.version, path: null })
                  : null
              }
            />
          ))}
        </ul>
      )}
      {search.more && (
        <button type="button" className="mlabs-Button" onClick={() => void search.more?.()}>
          More results
        </button>
      )}
    </>
  );
}

function Fields({ search, input }: { search: Search; input: React.RefObject<HTMLInputElement> }): JSX.Element {
  return (
    <div className="mlabs-Data-search" role="search" onKeyDown={onDown}>
      <input
        ref={input}
        type="search"
        aria-label="Search for data"
        placeholder="Words of a title, a name or a description"
        value={search.q}
        onChange={event => search.setQ(event.target.value)}
      />
      <fieldset className="mlabs-Data-kinds">
        <legend className="mlabs-Visually-hidden">What to look for</legend>
        {KINDS.map(({ value, label }) => (
          <label key={value} data-checked={search.kind === value}>
            <input
              type="radio"
              name="mlabs-data-kind"
              checked={search.kind === value}
              onChange={() => search.setKind(value)}
            />
            {label}
          </label>
        ))}
      </fieldset>
      <select
        aria-label="Whose"
        value={search.whose}
        onChange={event => search.setWhose(event.target.value as Search['whose'])}
      >
        {WHOSE.map(({ value, label }) => (
          <option key={value} value={value}>
            {label}
          </option>
        ))}
      </select>
    </div>
  );
}

/** From the field down into the results. */
function onDown(event: React.KeyboardEvent<HTMLElement>): void {
  const field = event.target instanceof HTMLInputElement && event.target.type === 'search';
  const first = event.currentTarget.parentElement?.querySelector<HTMLElement>('[data-main]');
  if (event.key === 'ArrowDown' && field && first) {
    event.preventDefault();
    first.focus();
  }
}

/** Up and down from result to result. */
function onArrow(event: React.KeyboardEvent<HTMLElement>): void {
  const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
  if (step === undefined) {
    return;
  }
  const buttons = [...event.currentTarget.querySelectorAll<HTMLElement>('[data-main]')];
  const row = document.activeElement?.closest('li');
  const at = buttons.findIndex(button => button.closest('li') === row);
  const next = buttons[at + step];
  if (next !== undefined) {
    event.preventDefault();
    next.focus();
  }
}

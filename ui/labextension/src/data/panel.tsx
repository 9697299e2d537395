/** The Data sidebar: what the notebook uses, what comes, and where more is from. */

import type { Message } from '@lumino/messaging';
import * as React from 'react';

import { dataIcon } from '../icons';
import { SidePanel } from '../side_panel';
import { DATA_PANEL } from '../tokens';
import { Accelerator } from './accelerator';
import { lookedAt, openAddData } from './add';
import { dropped, hasFiles } from './drop';
import { Item } from './item';
import type { DataModel } from './model';
import { openNewDataset } from './new_dataset';
import { MadeRow, ParcelRow } from './parcel_rows';
import { sourceOf } from './parcels';
import { Trouble } from './trouble';
import { percent } from './wording';

const OVER = 'mlabs-mod-over';

export class DataPanel extends SidePanel<DataModel> {
  constructor(
    model: DataModel,
    private readonly chooseRuntime: (accelerator: string) => void
  ) {
    super(model, {
      id: DATA_PANEL,
      className: 'mlabs-Data',
      name: 'Data',
      caption: 'Data: what this notebook uses',
      icon: dataIcon,
      notebook: () => model.state?.panel ?? null
    });
  }

  handleEvent(event: DragEvent): void {
    if (!hasFiles(event) || this.model.state === null) {
      return;
    }
    event.preventDefault();
    event.stopPropagation();
    this.toggleClass(OVER, event.type === 'dragover');
    if (event.type === 'drop') {
      void dropped(event).then(sources => openNewDataset(this.model, sources));
    }
  }

  protected override onAfterAttach(message: Message): void {
    super.onAfterAttach(message);
    for (const type of ['dragover', 'dragleave', 'drop']) {
      this.node.addEventListener(type, this);
    }
  }

  protected override onBeforeDetach(message: Message): void {
    for (const type of ['dragover', 'dragleave', 'drop']) {
      this.node.removeEventListener(type, this);
    }
    super.onBeforeDetach(message);
  }

  protected render(): JSX.Element {
    return <Data model={this.model} chooseRuntime={this.chooseRuntime} />;
  }
}

interface Props {
  model: DataModel;
  chooseRuntime: (accelerator: string) => void;
}

function Data({ model, chooseRuntime }: Props): JSX.Element {
  const [, redraw] = React.useReducer((count: number) => count + 1, 0);
  React.useEffect(() => {
    const onChange = (): void => redraw();
    model.changed.connect(onChange);
    return () => void model.changed.disconnect(onChange);
  }, [model]);
  const open = model.state !== null;
  return (
    <>
      <div className="mlabs-Data-header">
        <h2>Data</h2>
        {open && (
          <button type="button" className="mlabs-Button mlabs-mod-accent" onClick={() => openAddData(model)}>
            Add data
          </button>
        )}
      </div>
      <p className="mlabs-Visually-hidden" role="status">
        {model.said}
      </p>
      {model.error && <Trouble error={model.error} />}
      {open ? <Used model={model} /> : <Nowhere />}
      {open && <Upload model={model} />}
      {open && model.runtime && <Accelerator runtime={model.runtime} choose={chooseRuntime} />}
    </>
  );
}

function Used({ model }: { model: DataModel }): JSX.Element | null {
  const { found, parcels, error } = model;
  if (found === null) {
    return error ? null : <p className="mlabs-Data-note">Loading…</p>;
  }
  const coming = parcels.list.length + found.making.length;
  if (found.items.length + coming === 0) {
    return (
      <div className="mlabs-Data-empty">
        <dataIcon.react tag="span" aria-hidden="true" />
        <strong>This notebook uses no data yet</strong>
        <p>
          Add data finds what is published here, what is shared with you and what is yours. The files then lie beside
          the notebook, in data/, and it keeps them wherever it runs.
        </p>
      </div>
    );
  }
  return (
    <>
      {coming > 0 && (
        <ul className="mlabs-Data-list" aria-label="On their way">
          {parcels.list.map((parcel, at) => (
            <ParcelRow key={at} model={model} parcel={parcel} />
          ))}
          {found.making.map(made => (
            <MadeRow key={made.id} model={model} made={made} />
          ))}
        </ul>
      )}
      {found.items.length > 0 && (
        <>
          <h3>{found.lab === null ? 'In this notebook' : 'In this lab'}</h3>
          <ul className="mlabs-Data-list" aria-label="Datasets of this notebook">
            {found.items.map(item => (
              <Item
                key={item.dataset}
                model={model}
                item={item}
                preview={each => openAddData(model, lookedAt(each))}
              />
            ))}
          </ul>
        </>
      )}
    </>
  );
}

function Nowhere(): JSX.Element {
  return (
    <div className="mlabs-Data-empty">
      <dataIcon.react tag="span" aria-hidden="true" />
      <strong>No notebook is open</strong>
      <p>Open a notebook to see and add its data here.</p>
    </div>
  );
}

function Upload({ model }: { model: DataModel }): JSX.Element {
  const files = React.useRef<HTMLInputElement>(null);
  const folder = React.useRef<HTMLInputElement>(null);
  const onChosen = (event: React.ChangeEvent<HTMLInputElement>): void => {
    const chosen = [...(event.target.files ?? [])];
    event.target.value = '';
    if (chosen.length > 0) {
      openNewDataset(
        model,
        chosen.map(file => sourceOf(file))
      );
    }
  };
  return (
    <section className="mlabs-Data-upload" aria-label="Data of your own">
      <p>Drop files or a folder here, and they become a private dataset of yours.</p>
      {model.unfinished.length > 0 && (
        <p className="mlabs-Data-note" role="status">
          Here in part:{' '}
          {model.unfinished.map(({ path, offset, size }) => `${path} (${percent(offset, size)})`).join(', ')}. Choose
          the same again, and the upload goes on from there.
        </p>
      )}
      <input ref={files} type="file" multiple hidden onChange={onChosen} data-choose="files" />
      <input
        ref={folder}
        type="file"
        hidden
        onChange={onChosen}
        {...{ webkitdirectory: '' }}
        data-choose="folder"
      />
      <div className="mlabs-Data-actions">
        <button type="button" className="mlabs-Button" onClick={() => files.current?.click()}>
          Upload files…
        </button>
        <button type="button" className="mlabs-Button" onClick={() => folder.current?.click()}>
          Upload a folder…
        </button>
        <button type="button" className="mlabs-Button" onClick={() => openNewDataset(model, null)}>
          By address…
        </button>
      </div>
    </section>
  );
}

/** The Resources sidebar: what the kernel and the server use, beside what they may. */

import { UseSignal } from '@jupyterlab/ui-components';
import * as React from 'react';

import { advice } from '../errors';
import { resourcesIcon } from '../icons';
import { SidePanel } from '../side_panel';
import { RESOURCES_PANEL } from '../tokens';
import type { ResourcesModel } from './model';
import { points, type Row } from './series';

export class ResourcesPanel extends SidePanel<ResourcesModel> {
  constructor(model: ResourcesModel) {
    super(model, {
      id: RESOURCES_PANEL,
      className: 'mlabs-Resources',
      name: 'Resources',
      caption: 'Resources: memory, CPU, GPU and disk',
      icon: resourcesIcon,
      notebook: () => model.panel
    });
  }

  protected render(): JSX.Element {
    return <UseSignal signal={this.model.changed}>{() => <Content model={this.model} />}</UseSignal>;
  }
}

function Content({ model }: { model: ResourcesModel }): JSX.Element {
  const { rows, error, notebook } = model;
  return (
    <>
      <header>
        <h2>Resources</h2>
      </header>
      {error && (
        <div className="mlabs-Failure" role="alert">
          <strong>{error.message}</strong> {advice(error)}
        </div>
      )}
      {rows === null && !error && <p className="mlabs-Resources-note">Measuring…</p>}
      {rows !== null && <Table rows={rows} notebook={notebook} />}
    </>
  );
}

function Table({ rows, notebook }: { rows: Row[]; notebook: string | null }): JSX.Element {
  return (
    <>
      {/* Its rows are grids: not every browser takes it for a table then. */}
      <table role="table">
        <caption>
          {notebook === null
            ? 'All of this server. Open a notebook to see its kernel as well.'
            : `The kernel of ${notebook}, and all of this server with it.`}
        </caption>
        <thead>
          <tr>
            <th scope="col">What</th>
            <th scope="col">Used</th>
            <th scope="col">Limit</th>
            <td aria-hidden="true" />
          </tr>
        </thead>
        <tbody>
          {rows.map(row => (
            <tr key={row.name} role="row">
              <th scope="row" role="rowheader">
                {row.name}
              </th>
              <td role="cell">{row.value}</td>
              <td role="cell">{row.limit}</td>
              <td aria-hidden="true">
                <Plot past={row.past} />
              </td>
            </tr>
          ))}
        </tbody>
      </table>
      <p className="mlabs-Resources-note">The last two minutes. Nothing is measured while this is closed.</p>
    </>
  );
}

function Plot({ past }: { past: (number | null)[] }): JSX.Element {
  const share = past.at(-1) ?? 0;
  return (
    <svg viewBox="0 0 100 24" preserveAspectRatio="none" data-high={share > 0.9}>
      {points(past).map((line, index) => (
        <polyline key={index} points={line} vectorEffect="non-scaling-stroke" />
      ))}
    </svg>
  );
}

/** The fields of a publish. */

import * as React from 'react';

import { VISIBILITIES } from '../wording';
import { LICENSES, tagProblem } from './licenses';
import type { Details } from './publish';

export function Form(props: {
  details: Details;
  update: boolean;
  disabled: boolean;
  onChange: (details: Details) => void;
}): JSX.Element {
  const { details, onChange } = props;
  const id = React.useId();
  return (
    <fieldset className="mlabs-Form" disabled={props.disabled}>
      <label htmlFor={`${id}-title`}>Title</label>
      <input
        id={`${id}-title`}
        value={details.title}
        maxLength={200}
        required
        onChange={event => onChange({ ...details, title: event.target.value })}
      />
      <VisibilityChoice details={details} onChange={onChange} />
      <label htmlFor={`${id}-description`}>
        Description <small>optional</small>
      </label>
      <textarea
        id={`${id}-description`}
        rows={2}
        maxLength={10000}
        value={details.description}
        onChange={event => onChange({ ...details, description: event.target.value })}
      />
      <label htmlFor={`${id}-tags`}>
        Tags <small>optional, with commas between them</small>
      </label>
      <input
        id={`${id}-tags`}
        value={details.tags}
        aria-invalid={tagProblem(details.tags) !== ''}
        aria-describedby={`${id}-tags-problem`}
        onChange={event => onChange({ ...details, tags: event.target.value })}
      />
      <small id={`${id}-tags-problem`} className="mlabs-Form-problem" role="status">
        {tagProblem(details.tags)}
      </small>
      <label htmlFor={`${id}-license`}>License</label>
      <LicenseChoice id={`${id}-license`} details={details} onChange={onChange} />
      <label htmlFor={`${id}-message`}>
        {props.update ? 'What changed' : 'Note on this version'} <small>optional</small>
      </label>
      <input
        id={`${id}-message`}
        maxLength={1000}
        value={details.message}
        onChange={event => onChange({ ...details, message: event.target.value })}
      />
    </fieldset>
  );
}

function LicenseChoice(props: {
  id: string;
  details: Details;
  onChange: (details: Details) => void;
}): JSX.Element {
  const { id, details, onChange } = props;
  const listed = LICENSES.some(({ value }) => value === details.license);
  return (
    <select
      id={id}
      value={details.license}
      onChange={event => onChange({ ...details, license: event.target.value })}
    >
      {LICENSES.map(({ value, label }) => (
        <option key={value} value={value}>
          {label}
        </option>
      ))}
      {!listed && <option value={details.license}>{details.license}</option>}
    </select>
  );
}

function VisibilityChoice(props: { details: Details; onChange: (details: Details) => void }): JSX.Element {
  const { details, onChange } = props;
  const name = React.useId();
  return (
    <div className="mlabs-Choices" role="radiogroup" aria-label="Who can see it">
      {VISIBILITIES.map(({ value, label, sentence }) => (
        <label key={value} data-checked={details.visibility === value}>
          <input
            type="radio"
            name={name}
            value={value}
            checked={details.visibility === value}
            onChange={() => onChange({ ...details, visibility: value })}
          />
          <span>
            <strong>{label}</strong>
            <span>{sentence}</span>
          </span>
        </label>
      ))}
    </div>
  );
}

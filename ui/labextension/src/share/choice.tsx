/** A field with its label, and a choice of few. */

import * as React from 'react';

interface FieldProps {
  label: React.ReactNode;
  children: (id: string) => React.ReactNode;
}

export function Field({ label, children }: FieldProps): JSX.Element {
  const id = React.useId();
  return (
    <div className="mlabs-Field">
      <label htmlFor={id}>{label}</label>
      {children(id)}
    </div>
  );
}

interface ChoiceProps<Value extends string> {
  label: string;
  value: Value;
  choices: readonly { value: Value; label: string }[];
  onChange: (value: Value) => void;
}

export function Choice<Value extends string>({ label, value, choices, onChange }: ChoiceProps<Value>): JSX.Element {
  return (
    <Field label={label}>
      {id => (
        <select id={id} value={value} onChange={event => onChange(event.target.value as Value)}>
          {choices.map(choice => (
            <option key={choice.value} value={choice.value}>
              {choice.label}
            </option>
          ))}
        </select>
      )}
    </Field>
  );
}

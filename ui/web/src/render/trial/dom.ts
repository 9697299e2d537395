/** Makes the elements of the form. */
export function make<K extends keyof HTMLElementTagNameMap>(name: K, fields: Partial<HTMLElementTagNameMap[K]>): HTMLElementTagNameMap[K] {
  return Object.assign(document.createElement(name), fields);
}

export function labelled(control: HTMLElement, text: string): HTMLLabelElement {
  const label = document.createElement("label");
  label.append(text, " ", control);
  return label;
}

/**
 * A modal dialog around one React widget.
 *
 * JupyterLab's own Dialog opens one at a time: saving inside of it would wait forever for "File changed", which
 * is another one. This one lets JupyterLab's dialogs open above it.
 */

import type { ReactWidget } from '@jupyterlab/ui-components';
import type { Message } from '@lumino/messaging';
import { PanelLayout, Widget } from '@lumino/widgets';

const FOCUSABLE = 'a[href], :is(button, input, select, textarea):not(:disabled)';

export class Overlay extends Widget {
  /** What gets the focus back. */
  private before = document.activeElement;
  /** What had it last in here. */
  private last: HTMLElement;
  private readonly box = new Widget();

  constructor(body: ReactWidget, titleId: string) {
    super();
    this.addClass('mlabs-Overlay');
    this.addClass('jp-ThemedContainer');
    this.box.addClass('mlabs-Dialog');
    this.box.node.setAttribute('role', 'dialog');
    this.box.node.setAttribute('aria-modal', 'true');
    this.box.node.setAttribute('aria-labelledby', titleId);
    this.box.node.tabIndex = -1;
    this.last = this.box.node;
    const inner = (this.box.layout = new PanelLayout());
    inner.addWidget(body);
    const outer = (this.layout = new PanelLayout());
    outer.addWidget(this.box);
  }

  open(): void {
    Widget.attach(this, document.body);
  }

  override dispose(): void {
    if (this.isDisposed) {
      return;
    }
    super.dispose();
    if (this.before instanceof HTMLElement) {
      this.before.focus();
    }
  }

  handleEvent(event: Event): void {
    if (event instanceof KeyboardEvent) {
      this.onKey(event);
    } else if (event.type === 'focusin') {
      this.onFocus(event.target as HTMLElement);
    } else if (event.target === this.node) {
      // A press beside the dialog must not take the focus out of it.
      event.preventDefault();
    }
  }

  protected override onAfterAttach(message: Message): void {
    super.onAfterAttach(message);
    // On the document: the focus is on nothing while the button that had it is disabled.
    document.addEventListener('keydown', this, true);
    document.addEventListener('focusin', this, true);
    this.node.addEventListener('mousedown', this);
    this.box.node.focus();
  }

  protected override onBeforeDetach(message: Message): void {
    document.removeEventListener('keydown', this, true);
    document.removeEventListener('focusin', this, true);
    this.node.removeEventListener('mousedown', this);
    super.onBeforeDetach(message);
  }

  /** The palette gives the focus back to where it was once the command has begun: that is for later. */
  private onFocus(target: HTMLElement): void {
    if (this.node.contains(target)) {
      this.last = target;
    } else if (document.querySelector('.jp-Dialog') === null) {
      this.before = target;
      this.last.focus();
      if (document.activeElement !== this.last) {
        // It is gone, or disabled.
        this.box.node.focus();
      }
    }
  }

  private onKey(event: KeyboardEvent): void {
    if (document.querySelector('.jp-Dialog') !== null) {
      return;
    }
    if (event.key === 'Escape') {
      event.preventDefault();
      event.stopPropagation();
      this.dispose();
    } else if (event.key === 'Tab') {
      this.keepFocus(event);
    }
  }

  private keepFocus(event: KeyboardEvent): void {
    const stops = [...this.node.querySelectorAll<HTMLElement>(FOCUSABLE)].filter(stop => stop.tabIndex >= 0);
    const [first, last] = [stops[0], stops.at(-1)];
    const active = document.activeElement;
    const outside = !this.node.contains(active);
    if (event.shiftKey && (outside || active === first || active === this.box.node)) {
      event.preventDefault();
      last?.focus();
    } else if (!event.shiftKey && (outside || active === last)) {
      event.preventDefault();
      first?.focus();
    }
  }
}

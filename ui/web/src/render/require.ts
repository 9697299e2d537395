/** A small RequireJS: outputs made for Jupyter expect one. It knows Plotly; other modules would come from elsewhere. */
import { load } from "./load";

async function module(name: string): Promise<unknown> {
  if (!/^plotly/i.test(name)) throw new Error(`${name} would come from elsewhere, and is not loaded.`);
  await load("plotly");
  return (window as any).Plotly;
}

/** `asked` is told of each call and gives who hears that it failed, where the caller does not want to. */
export function offerRequire(asked: () => (error: Error) => void): void {
  const require = (names: string[] | string, done?: (...modules: unknown[]) => void, failed?: (error: Error) => void) => {
    const unheard = asked();
    Promise.all([names].flat().map(module)).then(
      (modules) => done?.(...modules),
      failed ?? unheard,
    );
  };
  const quiet = { config: () => require, undef: () => undefined, defined: () => false, specified: () => false };
  const shown = Object.assign(require, quiet);
  (window as any).require ??= shown;
  (window as any).requirejs ??= shown;
}

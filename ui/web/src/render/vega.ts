/** The viewer of Vega and Vega-Lite outputs; loaded when one comes into view. */
import embed from "vega-embed";
import { Error as OnlyErrors } from "vega";

declare global {
  interface Window {
    mlabsVega?: (place: HTMLElement, spec: object, dark: boolean) => Promise<void>;
  }
}

window.mlabsVega = async (place, spec, dark) => {
  await embed(place, spec as never, {
    actions: false,
    renderer: "svg",
    logLevel: OnlyErrors,
    ...(dark ? { theme: "dark" as const, config: { background: "transparent" } } : {}),
  });
};

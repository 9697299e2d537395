/** Brings a rendered notebook to life: outputs with scripts, viewers that load when needed, copying, its height. */
import { copyButtons } from "./copy";
import { tellHeight } from "./height";
import { islands } from "./islands";
import { links } from "./links";
import { blocked } from "./blocked";

function start(): void {
  tellHeight();
  blocked();
  copyButtons();
  links();
  islands();
}

if (document.readyState === "loading") document.addEventListener("DOMContentLoaded", start);
else start();

/** Brings a rendered notebook to life: outputs with scripts, viewers that load when needed, copying, its height. */
import { blocked } from "./blocked";
import { cells } from "./cells";
import { copyButtons } from "./copy";
import { foldLong, scrollByKeyboard } from "./fold";
import { tellHeight } from "./height";
import { islands } from "./islands";
import { links } from "./links";
import { hearPage } from "./place";

function start(): void {
  document.documentElement.classList.add("scripted");
  hearPage();
  foldLong();
  tellHeight();
  blocked();
  copyButtons();
  cells();
  links();
  islands();
  scrollByKeyboard();
}

if (document.readyState === "loading") document.addEventListener("DOMContentLoaded", start);
else start();

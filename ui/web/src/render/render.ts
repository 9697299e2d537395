/** What every rendered notebook can do: its keys and links, copying, folding, telling its height. */
import { blocked } from "./blocked";
import { cells } from "./cells";
import { copyButtons } from "./copy";
import { foldLong, scrollByKeyboard } from "./fold";
import { tellHeight } from "./height";
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
  scrollByKeyboard();
}

if (document.readyState === "loading") document.addEventListener("DOMContentLoaded", start);
else start();

/** Small things that app pages gain from JavaScript; every page reads well without. */
import { buildEmbeds } from "./islands/builder";
import { copyButtons } from "./islands/copy";
import { findInCopy } from "./islands/finder";
import { chooseTwo, submitOnChange } from "./islands/forms";
import { fitDocuments } from "./islands/frame";
import { closeMenus } from "./islands/menus";
import { markRead } from "./islands/news";
import { readDocument } from "./islands/reader";
import { followRun } from "./islands/run";
import { themeToggle } from "./islands/theme";
import { relativeTimes } from "./islands/time";
import { followFocus } from "./islands/strip";
import { uploadInPieces } from "./islands/upload";

fitDocuments();
followFocus();
document.addEventListener("DOMContentLoaded", () => {
  relativeTimes();
  themeToggle();
  copyButtons();
  closeMenus();
  submitOnChange();
  chooseTwo();
  readDocument();
  followRun();
  findInCopy();
  markRead();
  buildEmbeds();
  uploadInPieces();
});

/** Outputs with scripts, and viewers that load when needed: for documents that have some. */
import { islands } from "./islands";

if (document.readyState === "loading") document.addEventListener("DOMContentLoaded", islands);
else islands();

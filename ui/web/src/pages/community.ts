/** The pages of the community pool: its numbers, a tab that is lent, and a search that is followed. */
import { followNumbers } from "../community/page/numbers.ts";
import { lendTab } from "../community/page/lent_tab.ts";
import { followSearch } from "../community/page/search.ts";

document.addEventListener("DOMContentLoaded", () => {
  const pool = document.querySelector<HTMLElement>("[data-community]");
  if (pool) {
    followNumbers(pool);
    lendTab(pool);
  }
  const search = document.querySelector<HTMLElement>("[data-search]");
  if (search) followSearch(search);
});

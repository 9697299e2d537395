/** Whoever looks at a run that they were told of has read it: the notification is marked, and the bell says so. */

import { own } from "./own";

export function markRead(): void {
  const news = document.querySelector<HTMLElement>("[data-news]");
  if (!news) return;
  if (document.visibilityState === "visible") void send(news);
  else document.addEventListener("visibilitychange", markRead, { once: true });
}

async function send(news: HTMLElement): Promise<void> {
  const id = news.dataset.news;
  delete news.dataset.news;
  const answer = await fetch(news.dataset.newsRead ?? "", {
    method: "POST",
    headers: own({ "Content-Type": "application/json" }),
    body: JSON.stringify({ ids: [id] }),
  }).catch(() => null);
  if (answer?.ok) ring((await answer.json()).unread);
}

function ring(unread: number): void {
  const bell = document.querySelector<HTMLElement>("[data-bell]");
  const count = bell?.querySelector<HTMLElement>("[data-bell-count]");
  if (!bell || !count) return;
  count.hidden = unread === 0;
  count.textContent = unread < 100 ? String(unread) : "99+";
  const words = `${unread} unread notification${unread === 1 ? "" : "s"}`;
  bell.setAttribute("aria-label", unread ? words : "Notifications");
}

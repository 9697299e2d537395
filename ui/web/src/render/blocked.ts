/** Says, once for each site, that something was not loaded: outputs may need files from elsewhere. */
const sites = new Set<string>();

function name(address: string): string | null {
  try {
    return new URL(address).host || null;
  } catch {
    return null;
  }
}

export function blocked(): void {
  document.addEventListener("securitypolicyviolation", (event) => {
    const site = name(event.blockedURI);
    if (!site || sites.has(site) || sites.size > 20) return;
    sites.add(site);
    let note = document.querySelector(".blocked");
    if (!note) {
      note = document.createElement("p");
      note.className = "blocked";
      document.querySelector("main")?.append(note);
    }
    note.textContent = `Some outputs ask for files from ${[...sites].join(", ")}. Shared notebooks load nothing from elsewhere, so these parts may be missing.`;
  });
}

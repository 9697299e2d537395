/** Ids of runs: ULIDs, which sort by time. */
const LETTERS = "0123456789ABCDEFGHJKMNPQRSTVWXYZ";

export function ulid(now = Date.now()): string {
  const time = Array.from({ length: 10 }, (_, place) => LETTERS[Math.floor(now / 32 ** (9 - place)) % 32]);
  const chance = Array.from(crypto.getRandomValues(new Uint8Array(16)), (value) => LETTERS[value % 32]);
  return [...time, ...chance].join("");
}

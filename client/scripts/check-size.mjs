// Fails when the first load (scripts and styles that index.html asks for, and what those import
// statically) is more than the budget, as gzip sends it.
import { readFileSync } from "node:fs";
import { gzipSync } from "node:zlib";

const BUDGET = 80 * 1024;
const dist = new URL("../dist/", import.meta.url);
const html = readFileSync(new URL("index.html", dist), "utf8");
const names = new Set(
  [...html.matchAll(/(?:src|href)="\/(assets\/[^"]+\.(?:js|css))"/g)].map((m) => m[1]),
);
for (const name of names) {
  if (!name.endsWith(".js")) continue;
  const code = readFileSync(new URL(name, dist), "utf8");
  for (const match of code.matchAll(/(?:from|import)\s*["']\.\/([^"']+\.js)["']/g)) {
    names.add(`assets/${match[1]}`);
  }
}
let total = 0;
for (const name of names) {
  const size = gzipSync(readFileSync(new URL(name, dist)), { level: 9 }).length;
  total += size;
  console.log(`${String(size).padStart(7)}  ${name}`);
}
console.log(`${String(total).padStart(7)}  first load, of at most ${BUDGET}`);
if (names.size < 2 || total > BUDGET) {
  console.error("the first load is over its budget, or could not be found");
  process.exit(1);
}

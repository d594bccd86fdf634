// What a build must hold to, checked offline: the budget of the first load, no request to any other
// host, nothing that the Content-Security-Policy would refuse, an installable page.
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { gzipSync } from "node:zlib";

const BUDGET = 80 * 1024;
// Addresses that are names or part of error texts, and are never asked for.
const NAMES = [/^https?:\/\/www\.w3\.org\//, /^https:\/\/svelte\.dev\/e\//];

const dist = new URL("../dist/", import.meta.url);
const read = (name) => readFileSync(new URL(name, dist), "utf8");
const html = read("index.html");
const problems = [];
const expect = (condition, problem) => condition || problems.push(problem);

/** Scripts and styles that index.html asks for, and what those import statically. */
function firstLoad() {
  const names = new Set(
    [...html.matchAll(/(?:src|href)="\/(assets\/[^"]+\.(?:js|css))"/g)].map((match) => match[1]),
  );
  for (const name of names) {
    if (!name.endsWith(".js")) continue;
    for (const match of read(name).matchAll(/(?:from|import)\s*["'`]\.\/([^"'`]+\.js)["'`]/g)) {
      names.add(`assets/${match[1]}`);
    }
  }
  return names;
}

let total = 0;
for (const name of firstLoad()) {
  const size = gzipSync(readFileSync(new URL(name, dist)), { level: 9 }).length;
  total += size;
  console.log(`${String(size).padStart(7)}  ${name}`);
}
console.log(`${String(total).padStart(7)}  first load, of at most ${BUDGET}`);
expect(total > 1024 && total <= BUDGET, "the first load is over its budget, or was not found");

for (const name of readdirSync(dist, { recursive: true })) {
  if (!/\.(html|js|css|svg|webmanifest)$/.test(name)) continue;
  for (const [address] of read(name).matchAll(/https?:\/\/[a-z0-9][^\s"'`)<]*/gi)) {
    expect(
      NAMES.some((known) => known.test(address)),
      `${name} names another host: ${address}`,
    );
  }
}

expect(!/<script(?![^>]*\ssrc=)/.test(html), "index.html has an inline script");
expect(!/<style|\sstyle=|\son[a-z]+=/.test(html), "index.html has inline styles or handlers");
for (const pattern of [/<html lang=/, /<title>./, /name="description"/, /name="viewport"/]) {
  expect(pattern.test(html), `index.html lacks ${pattern.source}`);
}
expect(!/user-scalable=no|maximum-scale/.test(html), "index.html forbids zooming");
expect(/name="build" content="[0-9a-f]{16}"/.test(html), "index.html does not name its build");

const manifest = JSON.parse(read("manifest.webmanifest"));
for (const member of ["name", "short_name", "start_url", "display", "icons"]) {
  expect(member in manifest, `the manifest lacks ${member}`);
}
for (const icon of manifest.icons) {
  expect(existsSync(new URL(`.${icon.src}`, dist)), `the icon ${icon.src} is missing`);
}
expect(!read("service-worker.js").includes("__"), "the service worker was not filled in");

for (const problem of problems) console.error(problem);
process.exit(problems.length === 0 ? 0 : 1);

// Two small build plugins: files that name the build (version.json, the service worker's list of
// files to cache), and compressed variants of everything that compresses.
import { createHash } from "node:crypto";
import { readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { brotliCompressSync, constants, gzipSync } from "node:zlib";

import type { Plugin } from "vite";

const COMPRESSIBLE = /\.(html|js|css|svg|json|webmanifest|txt)$/;
const BUILD_MARK = "__BUILD__";
const FILES_MARK = "__FILES__";

/** Names the build after its content, for version.json, index.html and the service worker. */
export function buildFiles(): Plugin {
  return {
    name: "uttt-build-files",
    apply: "build",
    enforce: "post",
    generateBundle: {
      order: "post",
      handler(_options, bundle) {
        const html = bundle["index.html"];
        const worker = bundle["service-worker.js"];
        if (html?.type !== "asset" || worker?.type !== "chunk") {
          throw new Error("the build lacks index.html or the service worker");
        }
        const assets = Object.keys(bundle).filter((name) => name.startsWith("assets/"));
        const build = createHash("sha256")
          .update(assets.sort().join("\n") + String(html.source) + worker.code)
          .digest("hex")
          .slice(0, 16);
        html.source = String(html.source).replace(BUILD_MARK, build);
        const files = ["/", ...assets.map((name) => `/${name}`)];
        worker.code = worker.code
          .replace(BUILD_MARK, build)
          .replace(new RegExp(`["'\`]${FILES_MARK}["'\`]`), JSON.stringify(files));
        this.emitFile({
          type: "asset",
          fileName: "version.json",
          source: `${JSON.stringify({ build })}\n`,
        });
      },
    },
  };
}

/** Writes a .br and a .gz beside every file that gets smaller by it. */
export function precompress(): Plugin {
  let target = "dist";
  return {
    name: "uttt-precompress",
    apply: "build",
    configResolved(config) {
      target = config.build.outDir;
    },
    closeBundle() {
      for (const entry of readdirSync(target, { recursive: true, withFileTypes: true })) {
        if (!entry.isFile() || !COMPRESSIBLE.test(entry.name)) continue;
        const path = join(entry.parentPath, entry.name);
        const content = readFileSync(path);
        const params = { [constants.BROTLI_PARAM_QUALITY]: constants.BROTLI_MAX_QUALITY };
        const variants = {
          br: brotliCompressSync(content, { params }),
          gz: gzipSync(content, { level: 9 }),
        };
        for (const [suffix, variant] of Object.entries(variants)) {
          if (variant.length < content.length) writeFileSync(`${path}.${suffix}`, variant);
        }
      }
    },
  };
}

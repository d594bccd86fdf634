import { svelte } from "@sveltejs/vite-plugin-svelte";
import { defineConfig } from "vitest/config";

import { buildFiles, precompress } from "./scripts/vite-plugins.ts";

const server = process.env.UTTT_SERVER ?? "http://localhost:5556";
const proxy = { "/ws": { target: server, ws: true, changeOrigin: true } };

export default defineConfig({
  base: "/",
  plugins: [svelte(), buildFiles(), precompress()],
  server: { proxy },
  preview: { proxy },
  build: {
    target: "es2022",
    assetsInlineLimit: 0,
    modulePreload: { polyfill: false },
    rolldownOptions: {
      input: { index: "index.html", "service-worker": "service-worker/service-worker.ts" },
      output: {
        // The service worker must keep its address and sit at the root, where its scope begins.
        entryFileNames: (chunk) =>
          chunk.name === "service-worker" ? "[name].js" : "assets/[name]-[hash].js",
      },
    },
  },
  test: { include: ["src/**/*.test.ts"], environment: "node" },
});

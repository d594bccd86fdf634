import svelte from "eslint-plugin-svelte";
import { defineConfig } from "eslint/config";
import globals from "globals";
import ts from "typescript-eslint";

import svelteConfig from "./svelte.config.js";

export default defineConfig(
  { ignores: ["dist", "src/protocol/messages.ts"] },
  ts.configs.strict,
  svelte.configs.recommended,
  { languageOptions: { globals: { ...globals.browser } } },
  { files: ["scripts/**"], languageOptions: { globals: { ...globals.node } } },
  {
    files: ["**/*.svelte", "**/*.svelte.ts"],
    languageOptions: { parserOptions: { parser: ts.parser, svelteConfig } },
  },
  { rules: { eqeqeq: "error", "no-console": "error", "max-lines": ["error", 300] } },
  // A language is one file, a table of texts.
  { files: ["src/i18n/languages/*"], rules: { "max-lines": ["error", 450] } },
  { files: ["scripts/**"], rules: { "no-console": "off" } },
);

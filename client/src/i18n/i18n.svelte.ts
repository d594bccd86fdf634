// The texts in the language of the user. Every file in languages/ is a language; adding one adds
// it to the settings. All but English are loaded when they are needed.
import en, { type Dictionary } from "./languages/en.ts";

const loaders = import.meta.glob<Dictionary>(["./languages/*.ts", "!./languages/en.ts"], {
  import: "default",
});

function codeOf(path: string): string {
  return path.replace(/^.*\/|\.ts$/g, "");
}

/** The codes of all languages, as in `lang` attributes. */
export const LANGUAGES: readonly string[] = ["en", ...Object.keys(loaders).map(codeOf)].sort();

/** The language to use: the chosen one, else the first of the browser's that there is. */
export function negotiate(chosen: string | null, preferred: readonly string[]): string {
  const wanted = chosen === null ? preferred : [chosen, ...preferred];
  const known = wanted.map((tag) => tag.toLowerCase().split("-")[0] ?? "");
  return known.find((code) => LANGUAGES.includes(code)) ?? "en";
}

class Texts {
  t = $state.raw<Dictionary>(en);
  code = $state("en");

  /** Switches to a language; a language that cannot be loaded leaves the present one. */
  async use(code: string): Promise<void> {
    const load = loaders[`./languages/${code}.ts`];
    try {
      this.t = load ? await load() : en;
      this.code = load ? code : "en";
    } catch {
      return;
    }
    document.documentElement.lang = this.code;
    document.documentElement.dir = this.t.direction;
  }

  /** The name of a language in itself. */
  nameOf(code: string): string {
    return new Intl.DisplayNames([code], { type: "language" }).of(code) ?? code;
  }
}

export const i18n = new Texts();
